// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"cmp"
	"context"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/cni"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A groupKey identifies a group of nodes.
type groupKey struct {
	instanceType string
	ours         int32
}

// A load is the number of the provider's ENIs of a node on network card 0.
type load struct {
	enis    int32
	tainted bool // all of them are of NodeENIs with a startup taint
	mine    bool // one of them is of the config
}

// groups returns the groups of nodes that have ENIs of a config, attached or not. tainted has the
// NodeENIs with a startup taint.
func (r *CNIConflict) groups(ctx context.Context, pc apiConfig, tainted map[string]bool) ([]cni.NodeGroup, error) {
	byName, byInstance, err := r.loads(ctx, pc, tainted)
	if err != nil || len(byName)+len(byInstance) == 0 {
		return nil, err
	}
	nodes := &corev1.NodeList{}
	if err := r.client.List(ctx, nodes, client.UnsafeDisableDeepCopy); err != nil {
		return nil, errors.Wrap(err, "cannot list Nodes")
	}
	groups := map[groupKey]*cni.NodeGroup{}
	for i := range nodes.Items {
		n := &nodes.Items[i]
		l := merged(byName[n.Name], byInstance[eni.InstanceID(n.Spec.ProviderID)])
		k := groupKey{instanceType: n.Labels[corev1.LabelInstanceTypeStable], ours: l.enis}
		if !l.mine || k.instanceType == "" {
			continue
		}
		g := groups[k]
		if g == nil {
			g = &cni.NodeGroup{InstanceType: k.instanceType, Ours: l.enis, Example: n.Name, Tainted: true}
			groups[k] = g
		}
		g.Nodes++
		g.Example = min(g.Example, n.Name)
		g.Tainted = g.Tainted && l.tainted
	}
	out := make([]cni.NodeGroup, 0, len(groups))
	for _, g := range groups {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b cni.NodeGroup) int {
		return cmp.Or(cmp.Compare(a.InstanceType, b.InstanceType), cmp.Compare(a.Ours, b.Ours))
	})
	out = out[:min(len(out), v1alpha1.MaxNodeGroups)]
	r.complete(ctx, pc, out)
	return out, nil
}

// loads counts the provider's ENIs by the name of their node, and by their instance if only it is
// in the spec.
func (r *CNIConflict) loads(ctx context.Context, pc apiConfig, tainted map[string]bool) (byName, byInstance map[string]load, err error) {
	all := &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	if err := r.client.List(ctx, all, client.UnsafeDisableDeepCopy); err != nil {
		return nil, nil, errors.Wrap(err, "cannot list NetworkInterfaceAttachments")
	}
	byName, byInstance = map[string]load{}, map[string]load{}
	for i := range all.Items {
		a := &all.Items[i]
		ref := a.GetProviderConfigReference()
		if meta.WasDeleted(a) || ref == nil || ptr.Deref(a.Spec.ForProvider.NetworkCardIndex, 0) != 0 {
			continue
		}
		one := load{enis: 1, tainted: tainted[a.Labels[v1alpha1.LabelNodeENI]], mine: r.uses(pc, *ref, a.Namespace)}
		if name := ptr.Deref(a.Spec.ForProvider.NodeName, ""); name != "" {
			byName[name] = merged(byName[name], one)
		} else if id := ptr.Deref(a.Spec.ForProvider.InstanceID, a.Status.AtProvider.InstanceID); id != "" {
			byInstance[id] = merged(byInstance[id], one)
		}
	}
	return byName, byInstance, nil
}

// merged returns the sum of two loads.
func merged(a, b load) load {
	switch {
	case a.enis == 0:
		return b
	case b.enis == 0:
		return a
	}
	return load{enis: a.enis + b.enis, tainted: a.tainted && b.tainted, mine: a.mine || b.mine}
}

// complete adds the limits of the instance types, and max-pods of the examples. What is not known
// stays 0.
func (r *CNIConflict) complete(ctx context.Context, pc apiConfig, groups []cni.NodeGroup) {
	types, typesErr := r.types(ctx, ec2.ConfigReference{Kind: r.kind, Namespace: pc.GetNamespace(), Name: pc.GetName()})
	for i := range groups {
		g := &groups[i]
		n := &corev1.Node{}
		if err := r.uncached.Get(ctx, client.ObjectKey{Name: g.Example}, n); err == nil {
			g.MaxPods = int32(min(math.MaxInt32, n.Status.Capacity.Pods().Value())) //nolint:gosec // see min
		}
		if typesErr != nil {
			continue
		}
		t, err := types.InstanceType(ctx, g.InstanceType)
		if err != nil {
			continue
		}
		g.Limit, g.Addresses = t.MaxNetworkInterfaces, t.AddressesPerInterface
		if len(t.CardLimits) > 1 {
			g.Limit = t.CardLimits[0]
		}
	}
}
