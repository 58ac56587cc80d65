// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"cmp"
	"slices"

	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// zoneUnknown is the zone of a node without the zone label, if EC2 does not return its instance.
const zoneUnknown = "zone unknown"

// selected reports whether the NodeENI selects a node.
func (s *state) selected() bool {
	return slices.ContainsFunc(s.nodes, func(n eni.Node) bool { return !n.Deselected })
}

// withoutSubnet returns the nodes without a subnet in their zone, with their zones, sorted.
func (s *state) withoutSubnet() []string {
	several := s.severalVPCs()
	var out []string
	for _, n := range s.nodes {
		if s.lacksSubnet(n) {
			out = append(out, n.Name+" ("+place(n.Zone, n.VPCID, several)+")")
		}
	}
	slices.Sort(out)
	return out
}

func (s *state) lacksSubnet(n eni.Node) bool {
	_, ok := slices.BinarySearch(s.plan.WithoutSubnet, n.Name)
	return ok
}

// unusedSubnets returns the subnets in the zone of no selected node, with their zones.
func (s *state) unusedSubnets() []string {
	several := s.severalVPCs()
	var out []string
	for _, n := range s.resolution.subnets {
		if slices.Contains(s.plan.UnusedSubnets, n.ID) {
			out = append(out, n.ID+" ("+place(n.Zone, n.VPCID, several)+")")
		}
	}
	return out
}

// severalVPCs reports whether the subnets, and the nodes without a subnet, are in several VPCs.
func (s *state) severalVPCs() bool {
	all := s.resolution.subnets
	if len(all) == 0 {
		return false
	}
	differs := func(vpc string) bool { return vpc != "" && vpc != all[0].VPCID }
	return slices.ContainsFunc(all, func(n eni.Subnet) bool { return differs(n.VPCID) }) ||
		slices.ContainsFunc(s.nodes, func(n eni.Node) bool { return differs(n.VPCID) && s.lacksSubnet(n) })
}

// place describes a zone, and a VPC if there are several.
func place(zone, vpc string, several bool) string {
	zone = cmp.Or(zone, zoneUnknown)
	if vpc == "" || !several {
		return zone
	}
	return zone + " of " + vpc
}

// withoutSubnetMessage names the nodes without a subnet in their zone, and the zones of the subnets.
func withoutSubnetMessage(s *state) string {
	out := "no configured subnet is in the zone of: " + managedresource.FirstNames(s.withoutSubnet())
	several := s.severalVPCs()
	var zones []string
	for _, n := range s.resolution.subnets {
		zones = append(zones, place(n.Zone, n.VPCID, several))
	}
	slices.Sort(zones)
	if zones = slices.Compact(zones); len(zones) > 0 {
		out += "; the subnets are in: " + managedresource.FirstNames(zones)
	}
	return out
}
