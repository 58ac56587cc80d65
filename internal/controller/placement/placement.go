// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// AttachedInterfaces returns the ENIs on an instance with their device indexes.
func AttachedInterfaces(ctx context.Context, c *ec2.Client, instanceID string, consistency ec2.Consistency) ([]eni.Occupant, error) {
	attached, err := c.InstanceInterfaces(ctx, instanceID, consistency)
	if err != nil {
		return nil, err
	}
	out := make([]eni.Occupant, len(attached))
	for i, o := range attached {
		out[i] = eni.Occupant{
			NetworkInterfaceID: o.NetworkInterfaceID, NetworkCardIndex: o.NetworkCardIndex, DeviceIndex: o.DeviceIndex,
			Ours: c.HasOwner(o.NetworkInterfaceID),
		}
	}
	return out, nil
}

// Limits returns how many ENIs an instance supports, and how many of them are reserved for others.
// node is the name of its Node, or empty if it is not known.
func Limits(ctx context.Context, c *ec2.Client, kube client.Reader, reserves eni.Reserves, instanceType, node string) (eni.Limits, error) {
	t, err := c.InstanceType(ctx, instanceType)
	if err != nil {
		return eni.Limits{}, err
	}
	l := eni.Limits{Total: t.MaxNetworkInterfaces, Cards: t.CardLimits}
	l.Reserved, err = reserved(ctx, kube, reserves, instanceType, node)
	return l, err
}

// reserved returns how many ENIs are reserved on a node. Without the Node only its instance type is
// known.
func reserved(ctx context.Context, kube client.Reader, reserves eni.Reserves, instanceType, node string) (int32, error) {
	if len(reserves) == 0 {
		return 0, nil
	}
	labels := map[string]string{corev1.LabelInstanceTypeStable: instanceType}
	if node != "" {
		n := &corev1.Node{}
		if err := kube.Get(ctx, client.ObjectKey{Name: node}, n); client.IgnoreNotFound(err) != nil {
			return 0, errors.Wrapf(err, "cannot get Node %q", node)
		}
		maps.Copy(labels, n.Labels)
	}
	return reserves.For(labels), nil
}

// NodeENIOrder returns a function that compares two NodeENIs, given by name, by creation time.
// NodeENIs that compete for attachments on nodes are served in this order.
func NodeENIOrder(ctx context.Context, c client.Reader) (func(a, b string) int, error) {
	all := &networkingv1alpha1.NodeENIList{}
	if err := c.List(ctx, all, client.UnsafeDisableDeepCopy); err != nil {
		return nil, errors.Wrap(err, "cannot list NodeENIs")
	}
	created := map[string]metav1.Time{}
	for i := range all.Items {
		created[all.Items[i].GetName()] = all.Items[i].GetCreationTimestamp()
	}
	return func(a, b string) int {
		at, bt := created[a], created[b]
		return cmp.Or(at.Compare(bt.Time), strings.Compare(a, b))
	}, nil
}

// An IndexRange has the desired device index of an ENI, and the first and last desired
// device index of its NodeENI's ENIs on the node.
type IndexRange struct{ Index, First, Last int32 }

// DeviceIndexes returns the IndexRange in the annotation of an object of a NodeENI with
// several ENIs on a node, and whether there is one.
func DeviceIndexes(o client.Object) (IndexRange, bool) {
	var r IndexRange
	n, err := fmt.Sscanf(o.GetAnnotations()[networkingv1alpha1.AnnotationDeviceIndexes], "%d of %d-%d", &r.Index, &r.First, &r.Last)
	return r, err == nil && n == 3
}
