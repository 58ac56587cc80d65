// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"

	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// adopt assigns existing ENIs to new children: ENIs that aws-multi-eni-controller created
// for a NodeENI of the same name, ENIs that a user tagged for adoption, and orphaned ENIs
// of this NodeENI. It calls EC2 only if the plan has new children.
func (r *Reconciler) adopt(ctx context.Context, c cloud, n *v1alpha1.NodeENI, s *state) error {
	made := func(name string) bool { return s.interfaces[name] != nil || s.attachments[name] != nil }
	fresh := false
	for _, child := range s.plan.Apply {
		fresh = fresh || !made(child.Name)
	}
	if !fresh {
		return nil
	}
	var found []eni.Adoptable
	for _, tag := range []string{eni.TagPredecessor, eni.TagAdopt} {
		enis, err := c.Adoptable(ctx, tag, n.GetName())
		if err != nil {
			return err
		}
		for i := range enis {
			a := eni.Adoptable{ID: ptr.Deref(enis[i].NetworkInterfaceId, ""), SubnetID: ptr.Deref(enis[i].SubnetId, "")}
			if at := enis[i].Attachment; at != nil {
				a.InstanceID = ptr.Deref(at.InstanceId, "")
			}
			found = append(found, a)
		}
	}
	orphans, err := r.orphanedENIs(ctx, c, n, s, made)
	if err != nil {
		return err
	}
	eni.AdoptInto(s.plan.Apply, append(found, orphans...), made)
	return nil
}

// orphanedENIs returns the ENIs that this cluster created for the NodeENI, for a node and
// slot without an object, and whose own object no longer exists. A restore from an older
// backup causes this.
func (r *Reconciler) orphanedENIs(ctx context.Context, c cloud, n *v1alpha1.NodeENI, s *state, made func(string) bool) ([]eni.Adoptable, error) {
	type slot struct{ node, name string }
	open := map[slot]bool{}
	for _, child := range s.plan.Apply {
		if !made(child.Name) {
			open[slot{child.NodeName, eni.SlotName(child.SubnetID, child.Position)}] = true
		}
	}
	enis, err := c.NodeENINetworkInterfaces(ctx, eni.TagNodeENI, n.GetName())
	if err != nil {
		return nil, err
	}
	var out []eni.Adoptable
	for i := range enis {
		view := eniview.Interface(&enis[i])
		a := eni.Adoptable{ID: view.ID, SubnetID: ptr.Deref(enis[i].SubnetId, ""), Node: view.Tags[eni.TagNode], Slot: view.Tags[eni.TagSlot]}
		if subnet, _ := eni.ParseSlot(a.Slot); !open[slot{a.Node, a.Slot}] || subnet != a.SubnetID {
			continue
		}
		owner, err := managedresource.OwnerOf(ctx, r.client, r.uncached, view.Tags)
		if err != nil {
			return nil, err
		}
		actor := eni.Actor{Cluster: r.o.Cluster, Namespace: r.o.Namespace, Adopts: view.ID, Owner: owner}
		if eni.CheckOwner(actor, view) != nil {
			continue
		}
		// The list may be older than the deletion of the ENI.
		now, err := c.NetworkInterfaceFresh(ctx, view.ID)
		if err != nil {
			return nil, err
		}
		if now == nil || eniview.Tags(now.TagSet)[eni.TagUID] != view.Tags[eni.TagUID] {
			continue
		}
		view = eniview.Interface(now)
		if view.Attachment != nil {
			a.InstanceID = view.Attachment.InstanceID
		}
		out = append(out, a)
	}
	return out, nil
}

// adopted returns the id of the ENI that a new child adopts, or that an existing child has
// adopted and still has; "" otherwise. If a user deleted the adopted ENI and the object
// has another one, its external name must not be overwritten.
func adopted(c eni.Child, have *ec2v1alpha1.NetworkInterface) string {
	if have == nil {
		return c.Adopt
	}
	if id := have.GetAnnotations()[v1alpha1.AnnotationAdopted]; id != "" && id == meta.GetExternalName(have) {
		return id
	}
	return ""
}
