// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/podnetwork"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// networkName returns the name of the network on the links of an ordinal.
func networkName(n *v1alpha1.NodeENI, ordinal int) string {
	name := ptr.Deref(n.Spec.Network.Name, n.GetName())
	if oneLinkPerNode(&n.Spec) {
		return name
	}
	return fmt.Sprintf("%s-%d", name, ordinal)
}

// oneLinkPerNode reports whether a NodeENI attaches at most one ENI to a node, whatever
// subnets EC2 returns.
func oneLinkPerNode(s *v1alpha1.NodeENISpec) bool {
	return perSubnet(s) == 1 && oneSubnetPerNode(s)
}

// perSubnet returns the number of ENIs of a node in each subnet.
func perSubnet(s *v1alpha1.NodeENISpec) int { return max(1, int(ptr.Deref(s.Count, 1))) }

func oneSubnetPerNode(s *v1alpha1.NodeENISpec) bool {
	return s.SubnetPolicy == v1alpha1.SubnetPolicyOnePerZone || (s.SubnetSelector == nil && len(ids(s))+len(names(s)) == 1)
}

// linksPerNode returns how many ENIs a node can get.
func linksPerNode(s *v1alpha1.NodeENISpec, subnets []eni.Subnet) int {
	if oneSubnetPerNode(s) {
		return perSubnet(s)
	}
	zones, most := map[string]int{}, 0
	for _, o := range subnets {
		zones[o.Zone]++
		most = max(most, zones[o.Zone])
	}
	return most * perSubnet(s)
}

// byResource reports whether pods request the devices of a network by resource. Then the
// NetworkAttachmentDefinition is complete, and nodes have no file.
func byResource(h *v1alpha1.HostConfig) bool {
	return h.Driver == v1alpha1.DriverDPDK || h.ResourceName != nil
}

// hostNetwork returns the network for pods on the link of a child, or nil.
func hostNetwork(n *v1alpha1.NodeENI, c eni.Child, h *v1alpha1.HostConfig) *v1alpha1.HostNetwork {
	if n.Spec.Network == nil || byResource(h) {
		return nil
	}
	w := &v1alpha1.HostNetwork{Name: networkName(n, c.Ordinal), PodNetwork: *n.Spec.Network.PodNetwork.DeepCopy()}
	w.IPAM.Range, w.IPAM.NodePrefixLength = c.PodRange, nil
	return w
}

// needsPrefix reports whether the network of a NodeENI needs an IPv4 prefix that
// spec.addresses does not request.
func needsPrefix(s *v1alpha1.NodeENISpec) bool {
	if s.Network == nil || s.Network.IPAM.Source != v1alpha1.IPAMSourcePrefix {
		return false
	}
	a := ptr.Deref(s.Addresses, v1alpha1.NodeENIAddresses{})
	return ptr.Deref(a.IPv4PrefixCount, 0) == 0 && ptr.Deref(a.IPv6PrefixCount, 0) == 0
}

// assignRanges assigns each child a part of the network's range.
func assignRanges(n *v1alpha1.NodeENI, s *state) error {
	if n.Spec.Network == nil || n.Spec.Network.IPAM.Source != v1alpha1.IPAMSourceRange {
		return nil
	}
	whole, err := netip.ParsePrefix(n.Spec.Network.IPAM.Range)
	if err != nil {
		return errors.Wrap(err, "spec.network.ipam.range is invalid")
	}
	have := map[string]netip.Prefix{}
	for name, at := range s.attachments {
		if at.Spec.Host == nil || at.Spec.Host.Network == nil {
			continue
		}
		if p, err := netip.ParsePrefix(at.Spec.Host.Network.IPAM.Range); err == nil {
			have[name] = p
		}
	}
	s.withoutRange = eni.AssignRanges(whole, int(ptr.Deref(n.Spec.Network.IPAM.NodePrefixLength, 0)), s.plan.Apply, have)
	return nil
}

// sizePools sets the number of IPv4 prefixes of each child, from the report of its node.
func sizePools(n *v1alpha1.NodeENI, s *state) {
	if n.Spec.Network == nil || n.Spec.Network.IPAM.IPv4Prefixes == nil {
		return
	}
	pool := n.Spec.Network.IPAM.IPv4Prefixes
	smallest, largest := max(1, int(pool.Min)), int(pool.Max)
	for i := range s.plan.Apply {
		c := &s.plan.Apply[i]
		ni, h := s.interfaces[c.Name], s.hosts[c.Name]
		size := smallest
		switch {
		case ni != nil && reportsPool(h, pool):
			size = eni.PoolSize(smallest, largest, int(*h.Status.Network.DesiredIPv4Prefixes), len(ni.Status.AtProvider.IPv4Prefixes), len(h.Status.Network.IdleIPv4Prefixes))
		case ni != nil:
			// Without a current report the size is kept.
			size = min(max(smallest, int(ptr.Deref(ni.Spec.ForProvider.IPv4PrefixCount, 0))), largest)
		}
		c.IPv4Prefixes = int32(size) //nolint:gosec // bounded by the CRD
	}
}

// reportsPool reports whether a HostInterface has a report about a pool: a report about earlier
// bounds would make the pool grow or shrink for nothing.
func reportsPool(h *v1alpha1.HostInterface, pool *v1alpha1.PrefixPool) bool {
	if h == nil || h.Status.Network == nil || h.Status.Network.DesiredIPv4Prefixes == nil || h.Status.ObservedGeneration != h.GetGeneration() {
		return false
	}
	n := h.Spec.Config.Network
	return n != nil && equality.Semantic.DeepEqual(n.IPAM.IPv4Prefixes, pool)
}

// applyNetwork makes the NetworkAttachmentDefinitions match the spec, and sets the condition
// NetworkDefined.
func (r *Reconciler) applyNetwork(ctx context.Context, n *v1alpha1.NodeENI, s *state) error {
	if n.Spec.Network == nil {
		err := r.networks.Delete(ctx, n)
		n.Status.Conditions = slices.DeleteFunc(n.Status.Conditions, func(c xpv2.Condition) bool { return c.Type == v1alpha1.TypeNetworkDefined })
		return err
	}
	definitions, waiting := definitionsOf(n, s)
	c, err := r.networks.Apply(ctx, n, definitions)
	if err != nil {
		return err
	}
	switch {
	case c.Status != corev1.ConditionTrue:
	case waiting:
		c = v1alpha1.NetworkNotDefined(v1alpha1.ReasonWaitingForResource, "no agent has reported the resource of the devices yet (status.resource of a HostInterface)")
	case len(s.withoutRange) > 0:
		c = v1alpha1.NetworkNotDefined(v1alpha1.ReasonRangeExhausted, fmt.Sprintf("spec.network.ipam.range %s has no part for %d interfaces: use a larger range or a longer nodePrefixLength", n.Spec.Network.IPAM.Range, len(s.withoutRange)))
	}
	setConditions(n, c)
	return nil
}

// definitionsOf returns the NetworkAttachmentDefinitions of a NodeENI, and whether
// definitions by resource wait for an agent.
func definitionsOf(n *v1alpha1.NodeENI, s *state) (out []podnetwork.Definition, waiting bool) {
	h := hostConfig(&n.Spec)
	if !byResource(h) {
		for i := range linksPerNode(&n.Spec, s.resolution.subnets) {
			out = append(out, podnetwork.Definition{Name: networkName(n, i)})
		}
		return out, false
	}
	resource := reportedResource(s)
	if resource == "" {
		return nil, true
	}
	name := ptr.Deref(n.Spec.Network.Name, n.GetName())
	return []podnetwork.Definition{{Name: name, Resource: resource, Config: deviceConfig(name, n.Spec.Network.IPAM.Source)}}, false
}

// reportedResource returns the resource that agents report, with its prefix.
func reportedResource(s *state) string {
	found := ""
	for _, h := range s.hosts {
		if r := h.Status.Resource; r != "" && (found == "" || r < found) {
			found = r
		}
	}
	return found
}

// deviceConfig returns the CNI configuration of a device that a pod has requested by
// resource. Multus adds the PCI address.
func deviceConfig(name string, source v1alpha1.IPAMSource) string {
	ipam := "{}"
	if source == v1alpha1.IPAMSourceDHCP {
		ipam = `{"type": "dhcp"}`
	}
	return fmt.Sprintf(`{"cniVersion": "1.0.0", "name": %q, "type": %q, "ipam": %s}`, name, v1alpha1.NetworkTypeHostDevice, ipam)
}

// undefinedNetwork returns the condition of a network that is not defined, or nil.
func undefinedNetwork(n *v1alpha1.NodeENI) *xpv2.Condition {
	if c := n.GetCondition(v1alpha1.TypeNetworkDefined); c.Status == corev1.ConditionFalse {
		return &c
	}
	return nil
}
