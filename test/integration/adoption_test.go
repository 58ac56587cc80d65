// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestAdoption adopts existing ENIs: by the tags of aws-multi-eni-controller, and by
// the adoption tag. None is created or detached.
func TestAdoption(t *testing.T) {
	e := newEnv(t, options{})
	node := e.node("node-1")
	const subnet, other = "subnet-0f59b4f14737be9ad", "subnet-abcdef1234567890"
	on := func(index int) *ec2emulator.Attachment {
		return &ec2emulator.Attachment{InstanceID: instanceID(node), DeviceIndex: index}
	}
	if err := e.EC2.Seed(ec2emulator.Seed{NetworkInterfaces: []ec2emulator.NetworkInterface{
		{ID: "eni-0000000000000000a", SubnetID: subnet, SecurityGroupIDs: []string{"sg-0a000000000000001"}, Attachment: on(2), Tags: map[string]string{
			"NodeENI": "multus-eni-config", "Node": "node-1", "SubnetID": subnet, "kubernetes.io/cluster/managed-by": "nodeeni-controller",
		}},
		{ID: "eni-0000000000000000b", SubnetID: other, SecurityGroupIDs: []string{"sg-05da196f3314d4af8"}, Tags: map[string]string{"networking.k8s.aws/adopt": "default/by-tag", "made-by": "hand"}},
		{ID: "eni-0000000000000000c", SubnetID: other, SecurityGroupIDs: []string{"sg-05da196f3314d4af8"}, Tags: map[string]string{"NodeENI": "another"}},
	}}); err != nil {
		t.Fatal(err)
	}
	from := e.EC2.Mark()

	t.Log("a NodeENI adopts the ENI that aws-multi-eni-controller created for a NodeENI of the same name")
	e.apply(head("multus-eni-config") + "  subnetID: " + subnet + "\n  securityGroupIDs: [sg-05da196f3314d4af8]\n  deviceIndex: 2\n")
	e.eventually(20*time.Second, e.ready("multus-eni-config", 1))
	e.stays(from, node, "eni-0000000000000000a", 2)

	t.Log("a NetworkInterface adopts the ENI with an adoption tag of its name")
	e.apply(interfaceYAML("by-tag", "", forProvider+"    subnetId: "+other+"\n"))
	e.eventually(20*time.Second, func() error {
		n, _ := e.EC2.NetworkInterface("eni-0000000000000000b")
		if n.Tags["networking.k8s.aws/mr"] != "default/by-tag" || n.Tags["made-by"] != "hand" {
			return fmt.Errorf("the ENI has tags %v", n.Tags)
		}
		return nil
	})
	if n := len(e.EC2.Since(from, ec2emulator.ByAction("CreateNetworkInterface"))); n != 0 {
		t.Errorf("%d ENIs were created, want none", n)
	}
	if n, _ := e.EC2.NetworkInterface("eni-0000000000000000c"); n.Tags["networking.k8s.aws/mr"] != "" {
		t.Errorf("the ENI of another NodeENI was adopted: %v", n.Tags)
	}

	t.Log("the adopted ENI is updated with the NodeENI's spec, and deleted with the NodeENI")
	e.change("multus-eni-config", func(s *v1alpha1.NodeENISpec) { s.Description = new("taken over") })
	e.eventually(20*time.Second, func() error {
		n, _ := e.EC2.NetworkInterface("eni-0000000000000000a")
		if n.Description != "taken over" {
			return fmt.Errorf("the ENI has description %q", n.Description)
		}
		return nil
	})
	e.stays(from, node, "eni-0000000000000000a", 2)
	e.delete(e.nodeENI("multus-eni-config"))
	e.eventually(20*time.Second, func() error {
		if n, ok := e.EC2.NetworkInterface("eni-0000000000000000a"); ok && ec2emulator.Exists(n) {
			return fmt.Errorf("the ENI still exists: %+v", n.Attachment)
		}
		return nil
	})
}

// stays fails if an ENI is not attached at a device index, or if any ENI was created,
// attached, detached or deleted.
func (e *env) stays(from ec2emulator.Mark, node *corev1.Node, id string, index int) {
	e.t.Helper()
	if got := e.attachedTo(node)[index]; got.ID != id {
		e.t.Errorf("device index %d has %q, want %s", index, got.ID, id)
	}
	for _, action := range []string{"CreateNetworkInterface", "AttachNetworkInterface", "DetachNetworkInterface", "DeleteNetworkInterface"} {
		if n := len(e.EC2.Since(from, ec2emulator.ByAction(action))); n != 0 {
			e.t.Errorf("%d calls of %s, want none", n, action)
		}
	}
}
