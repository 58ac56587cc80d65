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

// Subnets of two zones; a2 has the most free addresses of its zone.
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

func gone(n *eni.Node)    { n.Gone = true }
func missing(n *eni.Node) { n.Missing = true }
func unborn(n *eni.Node)  { n.InstanceID = "" }

func child(n eni.Node, s eni.Subnet, ordinal int, index int32) eni.Child {
	return eni.Child{Name: eni.ChildName(nodeENI, n.UID, s.ID), NodeName: n.Name, NodeUID: n.UID, InstanceID: n.InstanceID, SubnetID: s.ID, Ordinal: ordinal, MinDeviceIndex: index}
}

func there(n eni.Node, s eni.Subnet, change ...func(*eni.Existing)) eni.Existing {
	e := eni.Existing{Name: eni.ChildName(nodeENI, n.UID, s.ID), NodeName: n.Name, NodeUID: n.UID, SubnetID: s.ID, Attached: true}
	for _, fn := range change {
		fn(&e)
	}
	return e
}

func deleting(e *eni.Existing) { e.Deleting = true }

func unmade(e *eni.Existing) { e.Unmade = true }

func full(s eni.Subnet) eni.Subnet { s.Full = true; return s }

func called(name string) func(*eni.Existing) {
	return func(e *eni.Existing) { e.Name = name }
}

// sortedNames are the names of children that a plan lists, in its order.
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
		"NoNodes": {
			reason: "Without nodes there is nothing to do, and no subnet is in any node's zone.",
			args:   args{request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1}},
			want:   eni.Plan{UnusedSubnets: []string{a1.ID}},
		},
		"NoSubnets": {
			reason: "A node for which there is no subnet is named.",
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
			reason: "EC2 attaches within a zone, so a subnet of another zone is never tried.",
			args:   args{request: eni.Request{Subnets: []eni.Subnet{a1, b1}, BaseIndex: 1}, nodes: []eni.Node{n1, n3}},
			want:   eni.Plan{Apply: children(child(n1, a1, 0, 1), child(n3, b1, 0, 1))},
		},
		"ZoneWithoutSubnet": {
			reason: "A node in a zone without a subnet is named, and a subnet in a zone without a node too.",
			args:   args{request: eni.Request{Subnets: []eni.Subnet{b1}, BaseIndex: 1}, nodes: []eni.Node{n2, n1}},
			want:   eni.Plan{WithoutSubnet: []string{"n1", "n2"}, UnusedSubnets: []string{b1.ID}},
		},
		"OtherVPC": {
			reason: "A subnet of another VPC is not used, though it is in a zone of the same name.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{{ID: "subnet-x", Zone: "a", VPCID: "other"}}, BaseIndex: 1},
				nodes:   []eni.Node{n1},
			},
			want: eni.Plan{WithoutSubnet: []string{"n1"}, UnusedSubnets: []string{"subnet-x"}},
		},
		"UnknownVPC": {
			reason: "While a node's VPC is not known the zone decides.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{node("n1", "a", func(n *eni.Node) { n.VPCID = "" })},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}},
		},
		"UnknownOfTwoVPCs": {
			reason: "A node of an unknown VPC keeps its children, and gets none, where the subnets are in two.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1, {ID: "subnet-x", Zone: "a", VPCID: "other"}}, BaseIndex: 1},
				nodes:   []eni.Node{node("n1", "a", func(n *eni.Node) { n.VPCID = "" })}, found: []eni.Existing{there(n1, a2)},
			},
			want: eni.Plan{WithoutSubnet: []string{"n1"}, Keep: []string{there(n1, a2).Name}, UnusedSubnets: []string{a1.ID, "subnet-x"}},
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
			reason: "A node that is no EC2 instance gets no children, keeps what it has, and is not waited for.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1, node("n2", "a", func(n *eni.Node) { n.InstanceID, n.OtherProviderID = "", "eks-hybrid:///r/c/mi-1" })},
				found:   []eni.Existing{there(n2, a1)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}, NotEC2: []string{"n2"}, Keep: []string{there(n2, a1).Name}},
		},
		"OtherRegion": {
			reason: "A node of another region gets no children, and keeps what it has.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1, node("n2", "a", func(n *eni.Node) { n.OtherRegion = "eu-west-1" })},
				found:   []eni.Existing{there(n2, a1)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}, OtherRegion: []string{"n2"}, Keep: []string{there(n2, a1).Name}},
		},
		"Steady": {
			reason: "Children that are as they should be are applied again, and none is released.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a1)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}},
		},
		"OnePerZone": {
			reason: "OnePerZone gives a node one ENI, in the subnet with the most free addresses.",
			args:   args{request: eni.Request{Subnets: []eni.Subnet{a1, a2, b1}, OnePerZone: true, BaseIndex: 1}, nodes: []eni.Node{n1, n3}},
			want:   eni.Plan{Apply: children(child(n1, a2, 0, 1), child(n3, b1, 0, 1))},
		},
		"OnePerZoneTie": {
			reason: "Between subnets that are as free the first named wins, so that the choice is the same each time.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1, {ID: "subnet-a3", Zone: "a", VPCID: "vpc", FreeAddresses: 10}}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}},
		},
		"OnePerZoneSpreads": {
			reason: "What one node is given is counted as taken for the next: subnets fill evenly.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1, {ID: "subnet-a3", Zone: "a", VPCID: "vpc", FreeAddresses: a1.FreeAddresses}}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1, n2},
			},
			want: eni.Plan{Apply: children(child(n1, a1, 0, 1), child(n2, eni.Subnet{ID: "subnet-a3"}, 0, 1))},
		},
		"OnePerZoneFull": {
			reason: "A child that waits for an address in a full subnet moves to the next one, and the child that waited goes.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{full(a2), a1}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a2, unmade)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}, Release: []string{there(n1, a2).Name}},
		},
		"OnePerZoneFullButThere": {
			reason: "An ENI that exists stays in its subnet, full or not.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{full(a2), a1}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a2)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a2, 0, 1)}},
		},
		"OnePerZoneAllFull": {
			reason: "Where every subnet is full a child waits where it is.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{full(a1), full(a2)}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a2, unmade)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a2, 0, 1)}},
		},
		"OnePerZoneSticks": {
			reason: "An ENI that a node has under OnePerZone stays, whichever subnet is freer now.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1, a2}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a1)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}},
		},
		"OnePerZoneDeletingDoesNotStick": {
			reason: "An ENI on its way out does not hold a node to its subnet.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1, a2}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a1, deleting)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a2, 0, 1)}},
		},
		"OnePerZoneFromAll": {
			reason: "When All becomes OnePerZone the ENI in the first subnet stays and the others go.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1, a2}, OnePerZone: true, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a1), there(n1, a2)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}, Release: sortedNames(there(n1, a2))},
		},
		"SubnetRemoved": {
			reason: "An ENI in a subnet that is no longer named is released.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a2}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a1), there(n1, a2)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a2, 0, 1)}, Release: sortedNames(there(n1, a1))},
		},
		"AlreadyReleased": {
			reason: "What is on its way out is not released again.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a2}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a1, deleting)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a2, 0, 1)}},
		},
		"NodeNoLongerMatches": {
			reason: "A node that does not match any more loses its ENIs.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a1), there(n2, a1)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}, Release: sortedNames(there(n2, a1))},
		},
		"NoProviderID": {
			reason: "A node without providerID is waited for, and what it has is kept.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{node("n1", "a", unborn)}, found: []eni.Existing{there(n1, a1)},
			},
			want: eni.Plan{Keep: sortedNames(there(n1, a1)), WithoutProviderID: []string{"n1"}, UnusedSubnets: []string{a1.ID}},
		},
		"NoZone": {
			reason: "What a node has is kept while its zone is unknown.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{node("n1", "")}, found: []eni.Existing{there(n1, a1)},
			},
			want: eni.Plan{Keep: sortedNames(there(n1, a1)), WithoutSubnet: []string{"n1"}, UnusedSubnets: []string{a1.ID}},
		},
		"MissingNode": {
			reason: "The ENIs of a deleted Node whose instance may run are left as they are.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{node("n1", "a", missing)}, found: []eni.Existing{there(n1, a1)},
			},
			want: eni.Plan{Keep: sortedNames(there(n1, a1)), UnusedSubnets: []string{a1.ID}},
		},
		"GoneNode": {
			reason: "A terminated instance frees its ENIs at once.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{node("n1", "a", missing, gone)}, found: []eni.Existing{there(n1, a1)},
			},
			want: eni.Plan{Release: sortedNames(there(n1, a1)), UnusedSubnets: []string{a1.ID}},
		},
		"RegisteredAgain": {
			reason: "A node that registers again keeps the children made under its earlier UID, by their names.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a1, called("data-earlier"))},
			},
			want: eni.Plan{Apply: []eni.Child{{Name: "data-earlier", NodeName: "n1", NodeUID: n1.UID, InstanceID: n1.InstanceID, SubnetID: a1.ID, MinDeviceIndex: 1}}},
		},
		"DoubleChild": {
			reason: "Of two children in one subnet of one node, one stays.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a1, called("data-earlier")), there(n1, a1, called("data-later"))},
			},
			want: eni.Plan{
				Apply:   []eni.Child{{Name: "data-earlier", NodeName: "n1", NodeUID: n1.UID, InstanceID: n1.InstanceID, SubnetID: a1.ID, MinDeviceIndex: 1}},
				Release: []string{"data-later"},
			},
		},
		"MadeAnew": {
			reason: "A wanted child on its way out is wanted again under the same name.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a1}, BaseIndex: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a1, deleting)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a1, 0, 1)}},
		},
		"Incomplete": {
			reason: "While some subnet cannot be found, no node that matches loses an ENI: it may be that subnet's.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a2}, BaseIndex: 1, Incomplete: true},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a1)},
			},
			want: eni.Plan{Apply: []eni.Child{child(n1, a2, 0, 1)}, Keep: sortedNames(there(n1, a1))},
		},
		"IncompleteOtherNode": {
			reason: "A node that does not match loses its ENIs though some subnet cannot be found.",
			args: args{
				request: eni.Request{BaseIndex: 1, Incomplete: true},
				found:   []eni.Existing{there(n1, a1)},
			},
			want: eni.Plan{Release: sortedNames(there(n1, a1))},
		},
		"IncompleteGoneNode": {
			reason: "A terminated instance frees its ENIs though some subnet cannot be found.",
			args: args{
				request: eni.Request{BaseIndex: 1, Incomplete: true},
				nodes:   []eni.Node{node("n1", "a", gone)}, found: []eni.Existing{there(n1, a1)},
			},
			want: eni.Plan{Release: sortedNames(there(n1, a1))},
		},
		"MaxUnavailable": {
			reason: "With maxUnavailable 1 one node loses its ENIs and the next waits.",
			args: args{
				request: eni.Request{Subnets: []eni.Subnet{a2}, BaseIndex: 1, MaxUnavailable: 1},
				nodes:   []eni.Node{n1, n2}, found: []eni.Existing{there(n2, a1), there(n1, a1)},
			},
			want: eni.Plan{
				Apply:   children(child(n1, a2, 0, 1), child(n2, a2, 0, 1)),
				Release: sortedNames(there(n1, a1)), Held: sortedNames(there(n2, a1)),
			},
		},
		"MaxUnavailableSameNode": {
			reason: "maxUnavailable counts nodes, not ENIs: a node that loses one may lose another.",
			args: args{
				request: eni.Request{BaseIndex: 1, MaxUnavailable: 1},
				nodes:   []eni.Node{n1}, found: []eni.Existing{there(n1, a1), there(n1, a2)},
			},
			want: eni.Plan{Release: sortedNames(there(n1, a1), there(n1, a2)), WithoutSubnet: []string{"n1"}},
		},
		"MaxUnavailableUnderWay": {
			reason: "A node whose ENI is on its way out counts against maxUnavailable, wherever it sorts.",
			args: args{
				request: eni.Request{BaseIndex: 1, MaxUnavailable: 1},
				nodes:   []eni.Node{n1, n2}, found: []eni.Existing{there(n1, a1), there(n2, a1, deleting)},
			},
			want: eni.Plan{Held: sortedNames(there(n1, a1)), WithoutSubnet: []string{"n1", "n2"}},
		},
		"MaxUnavailableGoneNode": {
			reason: "Nodes that are gone do not wait, and nobody waits for them.",
			args: args{
				request: eni.Request{BaseIndex: 1, MaxUnavailable: 1},
				nodes:   []eni.Node{node("n0", "a", gone), n1}, found: []eni.Existing{there(node("n0", "a"), a1), there(n1, a1)},
			},
			want: eni.Plan{Release: sortedNames(there(node("n0", "a"), a1), there(n1, a1)), WithoutSubnet: []string{"n1"}},
		},
		"NoBound": {
			reason: "Without maxUnavailable all go at once.",
			args: args{
				request: eni.Request{BaseIndex: 1},
				nodes:   []eni.Node{n1, n2}, found: []eni.Existing{there(n1, a1), there(n2, a1)},
			},
			want: eni.Plan{Release: sortedNames(there(n1, a1), there(n2, a1)), WithoutSubnet: []string{"n1", "n2"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.args.request.NodeENI = nodeENI
			// Each child knows how many there are for its node.
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

// children are sorted by name, as a plan has them.
func children(cs ...eni.Child) []eni.Child {
	slices.SortFunc(cs, func(a, b eni.Child) int { return strings.Compare(a.Name, b.Name) })
	return cs
}

// A plan that has been carried out leaves nothing to do.
func TestPlanChildrenSettles(t *testing.T) {
	nodes := []eni.Node{node("n1", "a"), node("n2", "a"), node("n3", "b")}
	for _, onePerZone := range []bool{false, true} {
		r := eni.Request{NodeENI: nodeENI, Subnets: []eni.Subnet{a1, a2, b1}, OnePerZone: onePerZone, BaseIndex: 1}
		first := eni.PlanChildren(r, nodes, nil)
		var found []eni.Existing
		for _, c := range first.Apply {
			found = append(found, eni.Existing{Name: c.Name, NodeName: c.NodeName, NodeUID: c.NodeUID, SubnetID: c.SubnetID, Attached: true})
		}
		if diff := cmp.Diff(first, eni.PlanChildren(r, nodes, found)); diff != "" {
			t.Errorf("\nA plan that has been carried out is planned again (OnePerZone %t): -want, +got:\n%s", onePerZone, diff)
		}
	}
}

// The names are a contract: another name for the same child would be another ENI.
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
			reason: "A child is named after its NodeENI, and told apart by a hash.",
			args:   args{"data", "uid", "subnet-1"},
			want:   "data-94d71d8db0",
		},
		"Long": {
			reason: "A long name is cut, so that the child's fits a label.",
			args:   args{strings.Repeat("n", 63), "uid", "subnet-1"},
			want:   strings.Repeat("n", 52) + "-e0a776432c",
		},
		"CutAtDash": {
			reason: "A name is not cut so that it ends in two dashes or a dot and a dash.",
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
			t.Errorf("\nTwo children never share a name.\nChildName(%q): %q, as of %q", args, got, other)
		}
		seen[got] = fmt.Sprint(args)
	}
}

func TestAltName(t *testing.T) {
	if diff := cmp.Diff("data-1", eni.AltName("data", 1)); diff != "" {
		t.Errorf("\nA link's alternative name is its NodeENI's and its place among the node's.\nAltName(...): -want, +got:\n%s", diff)
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
