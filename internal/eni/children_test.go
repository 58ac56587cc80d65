// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

const nodeENI = "data"

// Subnets in two zones; a2 has the most free addresses in its zone.
var (
	a1 = eni.Subnet{ID: "subnet-a1", Zone: "a", VPCID: "vpc", FreeAddresses: 10}
	a2 = eni.Subnet{ID: "subnet-a2", Zone: "a", VPCID: "vpc", FreeAddresses: 20}
	b1 = eni.Subnet{ID: "subnet-b1", Zone: "b", VPCID: "vpc", FreeAddresses: 30}
)

func node(name, zone string, change ...func(*eni.Node)) eni.Node {
	n := eni.Node{Name: name, UID: "uid-" + name, InstanceID: "i-" + name, Zone: zone, VPCID: "vpc"}
	for _, fn := range change {
		fn(&n)
	}
	return n
}

func terminated(n *eni.Node)      { n.Gone = true }
func missing(n *eni.Node)         { n.Missing = true }
func withoutInstance(n *eni.Node) { n.InstanceID = "" }

func child(n eni.Node, s eni.Subnet, ordinal int, index int32) eni.Child {
	return eni.Child{Name: eni.ChildName(nodeENI, n.UID, s.ID), NodeName: n.Name, NodeUID: n.UID, InstanceID: n.InstanceID, SubnetID: s.ID, Ordinal: ordinal, MinDeviceIndex: index}
}

func existing(n eni.Node, s eni.Subnet, change ...func(*eni.Existing)) eni.Existing {
	e := eni.Existing{Name: eni.ChildName(nodeENI, n.UID, s.ID), NodeName: n.Name, NodeUID: n.UID, SubnetID: s.ID, Attached: true}
	for _, fn := range change {
		fn(&e)
	}
	return e
}

// nth is a child at a position in its subnet.
func nth(n eni.Node, s eni.Subnet, position, ordinal int, index int32) eni.Child {
	c := child(n, s, ordinal, index)
	c.Name, c.Position = eni.ChildName(nodeENI, n.UID, eni.SlotName(s.ID, position)), position
	return c
}

// at is the position of an existing child in its subnet.
func at(n eni.Node, s eni.Subnet, position int) func(*eni.Existing) {
	return func(e *eni.Existing) {
		e.Name, e.Position = eni.ChildName(nodeENI, n.UID, eni.SlotName(s.ID, position)), position
	}
}

func deleting(e *eni.Existing) { e.Deleting = true }

func unmade(e *eni.Existing) { e.Unmade = true }

func full(s eni.Subnet) eni.Subnet { s.Full = true; return s }

func named(name string) func(*eni.Existing) {
	return func(e *eni.Existing) { e.Name = name }
}

// sortedNames returns the names of children, sorted as in a plan.
func sortedNames(es ...eni.Existing) []string {
	var out []string
	for _, e := range es {
		out = append(out, e.Name)
	}
	slices.Sort(out)
	return out
}

func TestPlanChildren(t *testing.T) {
	n1, n2, n3 := node("n1", "a"), node("n2", "a"), node("n3", "b")

	type args struct {
		request eni.Request
		nodes   []eni.Node
		found   []eni.Existing
	}
	cases := map[string]struct {
		reason string
		args   args
		want   eni.Plan
	}{
		"Count": {
			reason: "A node gets several ENIs in each subnet: the first of each subnet have the lowest indexes, as without a count.",
			args:   args{request: eni.Request{Subnets: []eni.Subnet{a1, a2}, PerSubnet: 2, BaseIndex: 2}, nodes: []eni.Node{n1}},
			want:   eni.Plan{Apply: children(nth(n1, a1, 0, 0, 2), nth(n1, a2, 0, 1, 3), nth(n1, a1, 1, 2, 4), nth(n1, a2, 1, 3, 5))},
		},
		"CountGrows": {
			reason: "The ENI of an earlier count keeps its name, which another UID of the node may have determined, and the index.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, PerSubnet: 2, BaseIndex: 1}, nodes: []eni.Node{n1},
				found: []eni.Existing{existing(n1, a1, named("data-old"))},
			},
			want: eni.Plan{Apply: children(nth(n1, a1, 1, 1, 2), func() eni.Child { c := child(n1, a1, 0, 1); c.Name = "data-old"; return c }())},
		},
		"CountShrinks": {
			reason: "With a lower count the last ENI is released, and the first stays.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1, MaxUnavailable: 1}, nodes: []eni.Node{n1, n2},
				found: []eni.Existing{existing(n1, a1), existing(n1, a1, at(n1, a1, 1)), existing(n2, a1), existing(n2, a1, at(n2, a1, 1))},
			},
			want: eni.Plan{
				Apply:   children(child(n1, a1, 0, 1), child(n2, a1, 0, 1)),
				Release: []string{eni.ChildName(nodeENI, n1.UID, eni.SlotName(a1.ID, 1))},
				Held:    []string{eni.ChildName(nodeENI, n2.UID, eni.SlotName(a1.ID, 1))},
			},
		},
		"CountOnePerZone": {
			reason: "All ENIs of a node are in the subnet with the most free addresses.",
			args:   args{request: eni.Request{Subnets: []eni.Subnet{a1, a2}, PerSubnet: 2, OnePerZone: true, BaseIndex: 1}, nodes: []eni.Node{n1}},
			want:   eni.Plan{Apply: children(nth(n1, a2, 0, 0, 1), nth(n1, a2, 1, 1, 2))},
		},
		"CountFull": {
			reason: "A node keeps its subnet when it is full, if one of its ENIs was created there.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{full(a1), a2}, PerSubnet: 2, OnePerZone: true, BaseIndex: 1}, nodes: []eni.Node{n1},
				found: []eni.Existing{existing(n1, a1, unmade), existing(n1, a1, at(n1, a1, 1))},
			},
			want: eni.Plan{Apply: children(nth(n1, a1, 0, 0, 1), nth(n1, a1, 1, 1, 2))},
		},
		"NoNodes": {
			reason: "Without nodes there is nothing to do, and no subnet is in any node's zone.",
			args:   args{request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1}},
			want:   eni.Plan{UnusedSubnets: []string{a1.ID}},
		},
		"NoSubnets": {
			reason: "A node without a subnet is reported.",
			args:   args{request: eni.Request{BaseIndex: 1}, nodes: []eni.Node{n1}},
			want:   eni.Plan{WithoutSubnet: []string{"n1"}},
		},
		"OneSubnet": {
			reason: "A node gets an ENI in the subnet of its zone, at the base device index or above.",
			args:   args{request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 2}, nodes: []eni.Node{n1}},
			want:   eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 2)}},
		},
		"SubnetsInOrder": {
			reason: "The i-th subnet of a node's zone gets the base device index plus i.",
			args:   args{request: eni.Request{Subnets: []eni.Subnet{a2, b1, a1}, BaseIndex: 2}, nodes: []eni.Node{n1}},
			want: eni.Plan{
				Apply:         children(child(n1, a2, 0, 2), child(n1, a1, 1, 3)),
				UnusedSubnets: []string{b1.ID},
			},
		},
		"OnlyOwnZone": {
			reason: "EC2 attaches ENIs within a zone, so a subnet in another zone is never used.",
			args:   args{request: eni.Request{Subnets: []eni.Subnet{a1, b1}, BaseIndex: 1}, nodes: []eni.Node{n1, n3}},
			want:   eni.Plan{Apply: children(child(n1, a1, 0, 1), child(n3, b1, 0, 1))},
		},
		"ZoneWithoutSubnet": {
			reason: "A node in a zone without a subnet and a subnet in a zone without a node are reported.",
			args:   args{request: eni.Request{Subnets: []eni.Subnet{b1}, BaseIndex: 1}, nodes: []eni.Node{n2, n1}},
			want:   eni.Plan{WithoutSubnet: []string{"n1", "n2"}, UnusedSubnets: []string{b1.ID}},
		},
		"OtherVPC": {
			reason: "A subnet of another VPC is not used, even in the same zone.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{{ID: "subnet-x", Zone: "a", VPCID: "other"}}, BaseIndex: 1},
				nodes:   []eni.Node{n1},
			},
			want: eni.Plan{WithoutSubnet: []string{"n1"}, UnusedSubnets: []string{"subnet-x"}},
		},
		"UnknownVPC": {
			reason: "While a node's VPC is unknown, subnets are matched by zone.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{node("n1", "a", func(n *eni.Node) { n.VPCID = "" })},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}},
		},
		"UnknownOfTwoVPCs": {
			reason: "If the subnets are in two VPCs, a node in an unknown VPC keeps its children and gets no new ones.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1, {ID: "subnet-x", Zone: "a", VPCID: "other"}}, BaseIndex: 1},
				nodes:   []eni.Node{node("n1", "a", func(n *eni.Node) { n.VPCID = "" })}, found: []eni.Existing{existing(n1, a2)},
			},
			want: eni.Plan{WithoutSubnet: []string{"n1"}, Keep: []string{existing(n1, a2).Name}, UnusedSubnets: []string{a1.ID, "subnet-x"}},
		},
		"TwoVPCs": {
			reason: "Each node has its ENIs in its own VPC.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1, {ID: "subnet-x", Zone: "a", VPCID: "other"}}, BaseIndex: 1},
				nodes:   []eni.Node{n1, node("n2", "a", func(n *eni.Node) { n.VPCID = "other" })},
			},
			want: eni.Plan{Apply: children(child(n1, a1, 0, 1), child(n2, eni.Subnet{ID: "subnet-x"}, 0, 1))},
		},
		"NotEC2": {
			reason: "A node that is not an EC2 instance gets no children, keeps existing ones, and is not pending.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1, node("n2", "a", func(n *eni.Node) { n.InstanceID, n.OtherProviderID = "", "eks-hybrid:///r/c/mi-1" })},
				found:   []eni.Existing{existing(n2, a1)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}, NotEC2: []string{"n2"}, Keep: []string{existing(n2, a1).Name}},
		},
		"OtherRegion": {
			reason: "A node in another region gets no children and keeps existing ones.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1, node("n2", "a", func(n *eni.Node) { n.OtherRegion = "eu-west-1" })},
				found:   []eni.Existing{existing(n2, a1)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}, OtherRegion: []string{"n2"}, Keep: []string{existing(n2, a1).Name}},
		},
		"Steady": {
			reason: "Existing desired children are applied again, and none is released.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a1)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}},
		},
		"OnePerZone": {
			reason: "With OnePerZone a node gets one ENI, in the subnet with the most free addresses.",
			args:   args{request: eni.Request{Subnets: []eni.Subnet{a1, a2, b1}, OnePerZone: true, BaseIndex: 1}, nodes: []eni.Node{n1, n3}},
			want:   eni.Plan{Apply: children(child(n1, a2, 0, 1), child(n3, b1, 0, 1))},
		},
		"OnePerZoneTie": {
			reason: "Among subnets with as many free addresses the first is used, so that the result is deterministic.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1, {ID: "subnet-a3", Zone: "a", VPCID: "vpc", FreeAddresses: 10}}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}},
		},
		"OnePerZoneSpreads": {
			reason: "An address planned for one node is not free for the next: nodes spread over the subnets.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1, {ID: "subnet-a3", Zone: "a", VPCID: "vpc", FreeAddresses: a1.FreeAddresses}}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1, n2},
			},
			want: eni.Plan{Apply: children(child(n1, a1, 0, 1), child(n2, eni.Subnet{ID: "subnet-a3"}, 0, 1))},
		},
		"OnePerZoneFull": {
			reason: "A child without an ENI in a full subnet is replaced by a child in another subnet.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{full(a2), a1}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a2, unmade)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}, Release: []string{existing(n1, a2).Name}},
		},
		"OnePerZoneFullButThere": {
			reason: "An existing ENI stays in its subnet, full or not.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{full(a2), a1}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a2)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a2, 0, 1)}},
		},
		"OnePerZoneAllFull": {
			reason: "If every subnet is full, a child stays in its subnet.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{full(a1), full(a2)}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a2, unmade)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a2, 0, 1)}},
		},
		"OnePerZoneSticks": {
			reason: "With OnePerZone an existing ENI stays, even if another subnet has more free addresses.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1, a2}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a1)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}},
		},
		"OnePerZoneDeletingDoesNotStick": {
			reason: "An ENI that is being deleted does not bind a node to its subnet.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1, a2}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a1, deleting)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a2, 0, 1)}},
		},
		"OnePerZoneFromAll": {
			reason: "When All is changed to OnePerZone, the ENI in the first subnet stays and the others are released.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1, a2}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a1), existing(n1, a2)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}, Release: sortedNames(existing(n1, a2))},
		},
		"SubnetRemoved": {
			reason: "An ENI in a subnet that was removed from the spec is released.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a2}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a1), existing(n1, a2)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a2, 0, 1)}, Release: sortedNames(existing(n1, a1))},
		},
		"AlreadyReleased": {
			reason: "A child that is being deleted is not released again.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a2}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a1, deleting)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a2, 0, 1)}},
		},
		"NodeNoLongerMatches": {
			reason: "The ENIs of a node that no longer matches are released.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a1), existing(n2, a1)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}, Release: sortedNames(existing(n2, a1))},
		},
		"NoProviderID": {
			reason: "A node without providerID is pending, and its children are kept.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{node("n1", "a", withoutInstance)}, found: []eni.Existing{existing(n1, a1)},
			},
			want: eni.Plan{Keep: sortedNames(existing(n1, a1)), WithoutProviderID: []string{"n1"}, UnusedSubnets: []string{a1.ID}},
		},
		"NoZone": {
			reason: "The children of a node in an unknown zone are kept.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{node("n1", "")}, found: []eni.Existing{existing(n1, a1)},
			},
			want: eni.Plan{Keep: sortedNames(existing(n1, a1)), WithoutSubnet: []string{"n1"}, UnusedSubnets: []string{a1.ID}},
		},
		"MissingNode": {
			reason: "The ENIs of a deleted Node whose instance may be running are kept.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{node("n1", "a", missing)}, found: []eni.Existing{existing(n1, a1)},
			},
			want: eni.Plan{Keep: sortedNames(existing(n1, a1)), UnusedSubnets: []string{a1.ID}},
		},
		"GoneNode": {
			reason: "The ENIs of a terminated instance are released.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{node("n1", "a", missing, terminated)}, found: []eni.Existing{existing(n1, a1)},
			},
			want: eni.Plan{Release: sortedNames(existing(n1, a1)), UnusedSubnets: []string{a1.ID}},
		},
		"RegisteredAgain": {
			reason: "A node that registers again keeps the children created with its earlier UID, by their names.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a1, named("data-earlier"))},
			},
			want: eni.Plan{Apply: []eni.Child{{Name: "data-earlier", NodeName: "n1", NodeUID: n1.UID, InstanceID: n1.InstanceID, SubnetID: a1.ID, MinDeviceIndex: 1}}},
		},
		"DoubleChild": {
			reason: "Of two children of a node in one subnet, one stays.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a1, named("data-earlier")), existing(n1, a1, named("data-later"))},
			},
			want: eni.Plan{
				Apply:   []eni.Child{{Name: "data-earlier", NodeName: "n1", NodeUID: n1.UID, InstanceID: n1.InstanceID, SubnetID: a1.ID, MinDeviceIndex: 1}},
				Release: []string{"data-later"},
			},
		},
		"MadeAnew": {
			reason: "A desired child that is being deleted is applied again with the same name.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a1, deleting)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}},
		},
		"Incomplete": {
			reason: "While a subnet is unresolved, no ENI of a matching node is released: it may be in that subnet.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a2}, BaseIndex: 1, Incomplete: true},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a1)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a2, 0, 1)}, Keep: sortedNames(existing(n1, a1))},
		},
		"IncompleteOtherNode": {
			reason: "While a subnet is unresolved, the ENIs of a node that no longer matches are released.",
			args: args{
				request: eni.Request{BaseIndex: 1, Incomplete: true},
				found:   []eni.Existing{existing(n1, a1)},
			},
			want: eni.Plan{Release: sortedNames(existing(n1, a1))},
		},
		"IncompleteGoneNode": {
			reason: "While a subnet is unresolved, the ENIs of a terminated instance are released.",
			args: args{
				request: eni.Request{BaseIndex: 1, Incomplete: true},
				nodes:   []eni.Node{node("n1", "a", terminated)}, found: []eni.Existing{existing(n1, a1)},
			},
			want: eni.Plan{Release: sortedNames(existing(n1, a1))},
		},
		"MaxUnavailable": {
			reason: "With maxUnavailable 1 the ENIs of one node are released and the ENIs of the next are held.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a2}, BaseIndex: 1, MaxUnavailable: 1},
				nodes:   []eni.Node{n1, n2}, found: []eni.Existing{existing(n2, a1), existing(n1, a1)},
			},
			want: eni.Plan{
				Apply:   children(child(n1, a2, 0, 1), child(n2, a2, 0, 1)),
				Release: sortedNames(existing(n1, a1)), Held: sortedNames(existing(n2, a1)),
			},
		},
		"MaxUnavailableSameNode": {
			reason: "maxUnavailable counts nodes, not ENIs: several ENIs of one node may be released.",
			args: args{
				request: eni.Request{BaseIndex: 1, MaxUnavailable: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{existing(n1, a1), existing(n1, a2)},
			},
			want: eni.Plan{Release: sortedNames(existing(n1, a1), existing(n1, a2)), WithoutSubnet: []string{"n1"}},
		},
		"MaxUnavailableUnderWay": {
			reason: "A node whose ENI is being deleted counts against maxUnavailable, regardless of its name.",
			args: args{
				request: eni.Request{BaseIndex: 1, MaxUnavailable: 1},
				nodes:   []eni.Node{n1, n2}, found: []eni.Existing{existing(n1, a1), existing(n2, a1, deleting)},
			},
			want: eni.Plan{Held: sortedNames(existing(n1, a1)), WithoutSubnet: []string{"n1", "n2"}},
		},
		"MaxUnavailableGoneNode": {
			reason: "Terminated nodes are neither held nor counted.",
			args: args{
				request: eni.Request{BaseIndex: 1, MaxUnavailable: 1},
				nodes:   []eni.Node{node("n0", "a", terminated), n1}, found: []eni.Existing{existing(node("n0", "a"), a1), existing(n1, a1)},
			},
			want: eni.Plan{Release: sortedNames(existing(node("n0", "a"), a1), existing(n1, a1)), WithoutSubnet: []string{"n1"}},
		},
		"NoBound": {
			reason: "Without maxUnavailable all are released at once.",
			args: args{
				request: eni.Request{BaseIndex: 1},
				nodes:   []eni.Node{n1, n2}, found: []eni.Existing{existing(n1, a1), existing(n2, a1)},
			},
			want: eni.Plan{Release: sortedNames(existing(n1, a1), existing(n2, a1)), WithoutSubnet: []string{"n1", "n2"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.args.request.NodeENI = nodeENI
			// Siblings is the number of children per node.
			for i, c := range tc.want.Apply {
				for _, other := range tc.want.Apply {
					if other.NodeUID == c.NodeUID {
						tc.want.Apply[i].Siblings++
					}
				}
			}
			got := eni.PlanChildren(tc.args.request, tc.args.nodes, tc.args.found)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nPlanChildren(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// children returns children sorted by name, as in a plan.
func children(cs ...eni.Child) []eni.Child {
	slices.SortFunc(cs, func(a, b eni.Child) int { return strings.Compare(a.Name, b.Name) })
	return cs
}

// TestPlanChildrenSettles verifies that an executed plan requires no further change.
func TestPlanChildrenSettles(t *testing.T) {
	nodes := []eni.Node{node("n1", "a"), node("n2", "a"), node("n3", "b")}
	for i := range 4 {
		onePerZone, each := i%2 == 1, 1+i/2
		r := eni.Request{NodeENI: nodeENI, Subnets: []eni.Subnet{a1, a2, b1}, PerSubnet: each, OnePerZone: onePerZone, BaseIndex: 1}
		first := eni.PlanChildren(r, nodes, nil)
		var found []eni.Existing
		for _, c := range first.Apply {
			found = append(found, eni.Existing{Name: c.Name, NodeName: c.NodeName, NodeUID: c.NodeUID, SubnetID: c.SubnetID, Position: c.Position, Attached: true})
		}
		if diff := cmp.Diff(first, eni.PlanChildren(r, nodes, found)); diff != "" {
			t.Errorf("\nAn executed plan leaves a change (OnePerZone %t, %d per subnet): -want, +got:\n%s", onePerZone, each, diff)
		}
	}
}

// TestChildName pins the names: another name for the same child would create another ENI.
func TestChildName(t *testing.T) {
	type args struct {
		nodeENI, nodeUID, subnetID string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   string
	}{
		"Short": {
			reason: "A child's name is its NodeENI's name and a hash.",
			args:   args{"data", "uid", "subnet-1"},
			want:   "data-94d71d8db0",
		},
		"Long": {
			reason: "A long name is truncated to fit a label value.",
			args:   args{strings.Repeat("n", 63), "uid", "subnet-1"},
			want:   strings.Repeat("n", 52) + "-e0a776432c",
		},
		"CutAtDash": {
			reason: "A truncated name does not end in two dashes or a dot and a dash.",
			args:   args{strings.Repeat("n", 50) + ".-xyz", "uid", "subnet-1"},
			want:   strings.Repeat("n", 50) + "-adbfbc6822",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := eni.ChildName(tc.args.nodeENI, tc.args.nodeUID, tc.args.subnetID)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nChildName(...): -want, +got:\n%s", tc.reason, diff)
			}
			if len(got) > 63 {
				t.Errorf("\n%s\nChildName(...): %d characters, want at most 63", tc.reason, len(got))
			}
		})
	}
}

func TestChildNamesDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, args := range [][3]string{
		{"a", "b", "c"},
		{"a", "b", "d"},
		{"a", "d", "c"},
		{"d", "b", "c"},
		{"a", "bc", ""},
		{strings.Repeat("n", 60) + "a", "b", "c"},
		{strings.Repeat("n", 60) + "b", "b", "c"},
	} {
		got := eni.ChildName(args[0], args[1], args[2])
		if other, ok := seen[got]; ok {
			t.Errorf("\nTwo children have the same name.\nChildName(%q): %q, as for %q", args, got, other)
		}
		seen[got] = fmt.Sprint(args)
	}
}

func TestAltNames(t *testing.T) {
	cases := map[string]struct {
		reason  string
		name    string
		ordinal int
		want    []string
	}{
		"Short":   {reason: "An alternative name is the NodeENI's name and the ordinal.", name: "data", ordinal: 1, want: []string{"data-1"}},
		"Longest": {reason: "A name of 13 characters fits into the name of a link.", name: "thirteenchars", want: []string{"thirteenchars-0"}},
		"Long":    {reason: "A longer name is preceded by a short one.", name: "multus-eni-config", want: []string{"multus_hfdgkb-0", "multus-eni-config-0"}},
		"Longer":  {reason: "A name of 14 characters does not.", name: "fourteen-chars", want: []string{"fourte_tju2nh-0", "fourteen-chars-0"}},
		"Ordinal": {reason: "The hash is the same for each ordinal.", name: "multus-eni-config", ordinal: 1, want: []string{"multus_hfdgkb-1", "multus-eni-config-1"}},
		"Digits":  {reason: "A longer ordinal leaves less of the name.", name: "multus-eni-config", ordinal: 12, want: []string{"multu_hfdgkb-12", "multus-eni-config-12"}},
		"Hyphen":  {reason: "The beginning does not end with a hyphen.", name: "pod-a-network-of-nodes", ordinal: 0, want: []string{"pod-a_s6s9ud-0", "pod-a-network-of-nodes-0"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := eni.AltNames(tc.name, tc.ordinal)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nAltNames(...): -want, +got:\n%s", tc.reason, diff)
			}
			if len(got[0]) > 15 {
				t.Errorf("The first name has %d characters: %s", len(got[0]), got[0])
			}
		})
	}
	seen := map[string]string{}
	for i := range 5000 {
		name := fmt.Sprintf("multus-network-of-team-%d", i)
		for ordinal := range 2 {
			short := eni.AltNames(name, ordinal)[0]
			if other := seen[short]; other != "" {
				t.Errorf("%s and %s have the same name %s", name, other, short)
			}
			seen[short] = name
		}
	}
}

func ExamplePlanChildren() {
	plan := eni.PlanChildren(
		eni.Request{
			NodeENI: "data",
			Subnets: []eni.Subnet{
				{ID: "subnet-1", Zone: "us-east-1a", VPCID: "vpc-1"},
				{ID: "subnet-2", Zone: "us-east-1a", VPCID: "vpc-1"},
				{ID: "subnet-3", Zone: "us-east-1c", VPCID: "vpc-1"},
			},
			BaseIndex: 2,
		},
		[]eni.Node{
			{Name: "node-a", UID: "1", InstanceID: "i-1", Zone: "us-east-1a", VPCID: "vpc-1"},
			{Name: "node-b", UID: "2", InstanceID: "i-2", Zone: "us-east-1b", VPCID: "vpc-1"},
			{Name: "node-c", UID: "3", Zone: "us-east-1c"},
		},
		[]eni.Existing{
			{Name: "data-of-a-node-that-was-relabelled", NodeName: "node-d", NodeUID: "4", SubnetID: "subnet-1", Attached: true},
		},
	)
	for _, c := range plan.Apply {
		fmt.Println("apply:", c.NodeName, c.SubnetID, "at device index", c.MinDeviceIndex, "or above")
	}
	fmt.Println("release:", plan.Release)
	fmt.Println("without providerID:", plan.WithoutProviderID)
	fmt.Println("without a subnet:", plan.WithoutSubnet)
	fmt.Println("unused:", plan.UnusedSubnets)
	// Unordered output:
	// apply: node-a subnet-1 at device index 2 or above
	// apply: node-a subnet-2 at device index 3 or above
	// release: [data-of-a-node-that-was-relabelled]
	// without providerID: [node-c]
	// without a subnet: [node-b]
	// unused: [subnet-3]
}

func TestParseSlot(t *testing.T) {
	type want struct {
		Subnet   string
		Position int
	}
	cases := map[string]struct {
		reason string
		want   want
	}{
		"subnet-1":    {reason: "The first ENI of a subnet has the subnet's id alone, as in earlier versions.", want: want{"subnet-1", 0}},
		"subnet-1.1":  {reason: "A further ENI has its position.", want: want{"subnet-1", 1}},
		"subnet-1.31": {reason: "The position may have several digits.", want: want{"subnet-1", 31}},
		"subnet-1.0":  {reason: "The first ENI has no other name."},
		"subnet-1.01": {reason: "A position has one spelling."},
		"subnet-1.-1": {reason: "A position is not negative."},
		"subnet-1.x":  {reason: "A position is a number."},
		"":            {reason: "Without a label there is no slot."},
	}
	for slot, tc := range cases {
		t.Run(slot, func(t *testing.T) {
			subnet, position := eni.ParseSlot(slot)
			if diff := cmp.Diff(tc.want, want{subnet, position}); diff != "" {
				t.Errorf("\n%s\nParseSlot(%q): -want, +got:\n%s", tc.reason, slot, diff)
			}
			if tc.want.Subnet != "" && eni.SlotName(subnet, position) != slot {
				t.Errorf("SlotName(%q, %d): want %q", subnet, position, slot)
			}
		})
	}
}
