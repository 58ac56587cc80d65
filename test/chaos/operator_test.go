// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// Ownership tags of ENIs. They are literals and not the provider's constants: with
// changed tags the provider would lose all existing ENIs.
const (
	tagUID     = "networking.k8s.aws/mr-uid"
	tagObject  = "networking.k8s.aws/mr"
	tagNodeENI = "networking.k8s.aws/node-eni"
	tagNode    = "networking.k8s.aws/node"
	tagSlot    = "networking.k8s.aws/slot"
)

// tagCluster is the tag with the cluster of an ENI; otherCluster is another cluster.
const (
	tagCluster   = "networking.k8s.aws/cluster"
	otherCluster = "another-cluster"
)

// ownedByProvider reports whether the ENI was created by the provider under test.
func ownedByProvider(n ec2emulator.NetworkInterface) bool {
	return n.Tags[tagUID] != "" && n.Tags[tagCluster] != otherCluster
}

// keyOf returns the key of an ENI.
func keyOf(n ec2emulator.NetworkInterface) key {
	if e := n.Tags[tagNodeENI]; e != "" {
		return childKey(e, n.Tags[tagNode], n.Tags[tagSlot])
	}
	return key(n.Tags[tagObject])
}

// live returns the existing ENIs of the provider.
func (w *world) live() []ec2emulator.NetworkInterface {
	var out []ec2emulator.NetworkInterface
	for _, n := range w.EC2.State().NetworkInterfaces {
		if ownedByProvider(n) {
			out = append(out, n)
		}
	}
	return out
}

func (w *world) find(k key) (ec2emulator.NetworkInterface, bool) {
	for _, n := range w.live() {
		if keyOf(n) == k {
			return n, true
		}
	}
	return ec2emulator.NetworkInterface{}, false
}

// operatorDetaches detaches the ENI of a key, if it is attached.
func (w *world) operatorDetaches(ctx context.Context, k key) {
	n, ok := w.find(k)
	if !ok || n.Attachment == nil {
		return
	}
	// An error if the provider detached it first or the instance was terminated.
	_, _ = w.operator.DetachNetworkInterface(ctx, &awsec2.DetachNetworkInterfaceInput{AttachmentId: &n.Attachment.ID})
}

// operatorDeletes detaches and deletes the ENI of a key, unless the provider attaches it
// again first.
func (w *world) operatorDeletes(ctx context.Context, k key) {
	w.operatorDetaches(ctx, k)
	n, ok := w.find(k)
	if !ok {
		return
	}
	for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); sleep(ctx, time.Millisecond) {
		if _, err := w.operator.DeleteNetworkInterface(ctx, &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &n.ID}); err == nil {
			return
		}
	}
}
