// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"context"
	"slices"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/placement"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// competitors sets the device indexes that are reserved for other ENIs of NodeENIs on the
// same network card of the node: for the other ENIs of the attachment's own NodeENI, and
// of NodeENIs that were created before it. A NodeENI then has the same indexes on every
// node, whatever the order of the attach calls.
func (e *external) competitors(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, there []eni.Occupant, r *eni.SlotRequest) error {
	mine := mg.GetLabels()[networkingv1alpha1.LabelNodeENI]
	if mine == "" || mg.Spec.ForProvider.NodeName == nil {
		return nil
	}
	l := &v1alpha1.NetworkInterfaceAttachmentList{}
	if err := e.kube.List(ctx, l, client.InNamespace(mg.GetNamespace()), client.MatchingFields{indexNode: *mg.Spec.ForProvider.NodeName}, client.UnsafeDisableDeepCopy); err != nil {
		return errors.Wrap(err, "cannot list the attachments of the node")
	}
	byNodeENI := map[string]*claim{mine: {}}
	for i := range l.Items {
		a := &l.Items[i]
		name := a.GetLabels()[networkingv1alpha1.LabelNodeENI]
		if name == "" || a.GetUID() == mg.GetUID() || meta.WasDeleted(a) || ptr.Deref(a.Spec.ForProvider.NetworkCardIndex, 0) != r.NetworkCardIndex {
			continue
		}
		on, err := e.isOn(ctx, a, there)
		if err != nil {
			return err
		}
		if byNodeENI[name] == nil {
			byNodeENI[name] = &claim{}
		}
		byNodeENI[name].add(a, on)
	}
	byNodeENI[mine].add(mg, true)
	r.Siblings = byNodeENI[mine].unplaced()
	delete(byNodeENI, mine)
	if len(byNodeENI) == 0 {
		return nil
	}
	ahead, err := e.createdBefore(ctx, mine, byNodeENI)
	for _, name := range ahead {
		r.Ahead = append(r.Ahead, byNodeENI[name].unplaced())
	}
	return err
}

// createdBefore returns the names of the NodeENIs that were created before the given one,
// in the order of creation.
func (e *external) createdBefore(ctx context.Context, name string, among map[string]*claim) ([]string, error) {
	order, err := placement.NodeENIOrder(ctx, e.kube)
	if err != nil {
		return nil, err
	}
	var out []string
	for other := range among {
		if order(other, name) < 0 {
			out = append(out, other)
		}
	}
	slices.SortFunc(out, order)
	return out, nil
}

// A claim is the set of device indexes that the ENIs of a NodeENI get on a node.
type claim struct {
	desired, placed []int32
}

// add adds an attachment. An ENI that is or was on the instance has an assigned index. The
// annotation of each attachment has the number of ENIs, as their objects may not exist
// yet.
func (c *claim) add(a *v1alpha1.NetworkInterfaceAttachment, on bool) {
	p := a.Spec.ForProvider
	r, ok := placement.DeviceIndexes(a)
	if !ok || r.Last-r.First >= maxSiblings {
		its := max(1, ptr.Deref(p.MinDeviceIndex, 1))
		r = placement.IndexRange{Index: its, First: its, Last: its}
	}
	for i := r.First; i <= r.Last; i++ {
		c.desired = append(c.desired, i)
	}
	switch {
	case on:
		c.placed = append(c.placed, r.Index)
	case p.DeviceIndex != nil:
		c.placed = append(c.placed, r.Index)
		c.desired = append(c.desired, *p.DeviceIndex) // it is attached at this index again
	}
}

// unplaced returns the indexes of the ENIs without an assigned index.
func (c *claim) unplaced() []int32 {
	out := slices.DeleteFunc(slices.Clone(c.desired), func(i int32) bool { return slices.Contains(c.placed, i) })
	slices.Sort(out)
	return slices.Compact(out)
}

// isOn reports whether the ENI of an attachment is on the instance, even if the attachment
// has not recorded it yet.
func (e *external) isOn(ctx context.Context, a *v1alpha1.NetworkInterfaceAttachment, there []eni.Occupant) (bool, error) {
	if a.Spec.ForProvider.InterfaceRef() == nil {
		return false, nil
	}
	n := &v1alpha1.NetworkInterface{}
	if err := e.kube.Get(ctx, refKey(a), n); client.IgnoreNotFound(err) != nil {
		return false, errors.Wrapf(err, "cannot get NetworkInterface %q", a.Spec.ForProvider.InterfaceRef().Name)
	}
	id := meta.GetExternalName(n)
	return id != "" && slices.ContainsFunc(there, func(o eni.Occupant) bool { return o.NetworkInterfaceID == id }), nil
}

// maxSiblings limits the number read from an annotation: no instance has more ENIs.
const maxSiblings = 128
