// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/controller/placement"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// IndexInstance indexes NetworkInterfaces by the instance they are created for.
const IndexInstance = "metadata.annotations.instance-id"

// ByInstance returns the index key of IndexInstance.
func ByInstance(o client.Object) []string {
	if id := o.GetAnnotations()[networkingv1alpha1.AnnotationInstanceID]; id != "" {
		return []string{id}
	}
	return nil
}

// noRoom returns the condition of a NetworkInterface whose instance is full: an ENI that
// cannot be attached would only use an address. It returns false if the ENI can be
// created. creating are the objects whose ENIs are being created for the instance.
func (e *external) noRoom(ctx context.Context, mg *v1alpha1.NetworkInterface, creating map[types.UID]bool) (xpv2.Condition, bool, error) {
	id := mg.GetAnnotations()[networkingv1alpha1.AnnotationInstanceID]
	if id == "" || mg.GetLabels()[networkingv1alpha1.LabelNodeENI] == "" {
		return xpv2.Condition{}, false, nil
	}
	i, err := e.ec2.Instance(ctx, id)
	if err != nil || i.ID == "" || i.Terminated() {
		return xpv2.Condition{}, false, err // the NodeENI controller deletes the children of a terminated instance
	}
	limits, err := placement.Limits(ctx, e.ec2, e.cached, e.reserves, i.Type, mg.GetLabels()[networkingv1alpha1.LabelNode])
	if err != nil {
		return xpv2.Condition{}, false, err
	}
	var s eni.Slot
	var there, ahead []eni.Occupant
	for _, consistency := range []ec2.Consistency{ec2.Cached, ec2.Fresh} {
		if there, err = placement.AttachedInterfaces(ctx, e.ec2, id, consistency); err != nil {
			return xpv2.Condition{}, false, err
		}
		there = slices.DeleteFunc(there, func(o eni.Occupant) bool { return e.released[o.NetworkInterfaceID] })
		if ahead, err = e.ahead(ctx, mg, id, there, creating); err != nil {
			return xpv2.Condition{}, false, err
		}
		s = eni.FindSlot(append(ahead, there...), limits, eni.SlotRequest{NetworkCardIndex: card(mg)})
		if !s.Full {
			return xpv2.Condition{}, false, nil
		}
	}
	what := "instance " + id
	if node := mg.GetLabels()[networkingv1alpha1.LabelNode]; node != "" {
		what += " (node " + node + ")"
	}
	s.Coming = int32(len(ahead)) //nolint:gosec // a few
	return managedresource.InstanceFull(s, what, i.Type, card(mg), "no network interface is created; "), true, nil
}

// ahead returns the ENIs that are attached to an instance before mg's ENI: ENIs that exist
// and are not attached yet, and ENIs that are created first. All NetworkInterfaces of an
// instance use the same order, so that no more ENIs are created than can be attached.
func (e *external) ahead(ctx context.Context, mg *v1alpha1.NetworkInterface, instanceID string, there []eni.Occupant, creating map[types.UID]bool) ([]eni.Occupant, error) {
	l := &v1alpha1.NetworkInterfaceList{}
	if err := e.cached.List(ctx, l, client.MatchingFields{IndexInstance: instanceID}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, errors.Wrapf(err, "cannot list the NetworkInterfaces of instance %q", instanceID)
	}
	attached := map[string]bool{}
	for _, o := range there {
		attached[o.NetworkInterfaceID] = true
	}
	order, err := placement.NodeENIOrder(ctx, e.cached)
	if err != nil {
		return nil, err
	}
	out := unseenSiblings(mg, l.Items)
	for i := range l.Items {
		o := &l.Items[i]
		id := meta.GetExternalName(o)
		if o.GetUID() == mg.GetUID() || meta.WasDeleted(o) || attached[id] {
			continue
		}
		if id != "" || creating[o.GetUID()] || precedes(o, mg, order) {
			out = append(out, eni.Occupant{NetworkInterfaceID: id, NetworkCardIndex: card(o), Ours: true})
		}
	}
	return out, nil
}

// unseenSiblings returns the ENIs of the same NodeENI that precede mg's ENI on the node, and
// whose objects the cache does not have yet: the NodeENI controller creates the objects of a
// node in parallel. The annotation of each object has their number.
func unseenSiblings(mg *v1alpha1.NetworkInterface, all []v1alpha1.NetworkInterface) []eni.Occupant {
	own, ok := placement.DeviceIndexes(mg)
	if !ok {
		return nil
	}
	unseen := own.Index - own.First
	for i := range all {
		o := &all[i]
		if o.GetUID() == mg.GetUID() || o.GetLabels()[networkingv1alpha1.LabelNodeENI] != mg.GetLabels()[networkingv1alpha1.LabelNodeENI] {
			continue
		}
		// An object with other indexes is of an earlier spec, and about to be changed.
		if r, ok := placement.DeviceIndexes(o); !ok || r.First != own.First || r.Last != own.Last || r.Index < own.Index {
			unseen--
		}
	}
	var out []eni.Occupant
	for range max(0, unseen) {
		out = append(out, eni.Occupant{NetworkCardIndex: card(mg), Ours: true})
	}
	return out
}

// precedes reports whether a is created before b, for two NetworkInterfaces that compete
// for a network card: by the order of their NodeENIs, and by device index within one
// NodeENI, which is the same on every node. A NetworkInterface that EC2 rejects does not
// delay others.
func precedes(a, b *v1alpha1.NetworkInterface, order func(a, b string) int) bool {
	if card(a) != card(b) || a.GetCondition(xpv2.TypeSynced).Status == corev1.ConditionFalse {
		return false
	}
	ar, _ := placement.DeviceIndexes(a)
	br, _ := placement.DeviceIndexes(b)
	of := networkingv1alpha1.LabelNodeENI
	return cmp.Or(order(a.GetLabels()[of], b.GetLabels()[of]), cmp.Compare(ar.Index, br.Index), strings.Compare(a.GetName(), b.GetName())) < 0
}

// card returns the network card for which a NetworkInterface is created.
func card(mg *v1alpha1.NetworkInterface) int32 {
	n, err := strconv.ParseInt(mg.GetAnnotations()[networkingv1alpha1.AnnotationNetworkCardIndex], 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}

// waitsForRoom reports whether a NetworkInterface is not created because its instance is
// full.
func waitsForRoom(mg *v1alpha1.NetworkInterface) bool {
	return mg.GetCondition(xpv2.TypeReady).Reason == networkingv1alpha1.ReasonInstanceENILimit && !meta.WasDeleted(mg)
}
