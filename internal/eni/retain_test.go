// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// retained returns an ENI without a node.
func retained(name, subnet, since, lastNode string) eni.Existing {
	return eni.Existing{Name: name, SubnetID: subnet, Detached: true, RetainedSince: since, LastNodeUID: lastNode}
}

// held returns the ENI of a node.
func held(name, subnet, node string) eni.Existing {
	return eni.Existing{Name: name, SubnetID: subnet, NodeName: node, NodeUID: node, Attached: true}
}

func TestRetain(t *testing.T) {
	const s = "subnet-a"
	subnets := []eni.Subnet{{ID: s, Zone: "a", VPCID: "vpc"}}
	node := func(name string, m ...func(*eni.Node)) eni.Node {
		n := eni.Node{Name: name, UID: name, InstanceID: "i-" + name, Zone: "a", VPCID: "vpc", Ready: true}
		for _, f := range m {
			f(&n)
		}
		return n
	}
	gone := func(n *eni.Node) { n.Gone = true }
	ending := func(n *eni.Node) { n.Missing, n.Ending = true, true }
	missing := func(n *eni.Node) { n.Missing = true }
	deselected := func(n *eni.Node) { n.Deselected = true }
	type want struct {
		Apply, Retain map[string]string // node by ENI, and the time
		Release       []string
		Detach        []string
		Waiting       []string
		Keep, Held    []string
	}
	cases := map[string]struct {
		reason  string
		request eni.Request
		nodes   []eni.Node
		found   []eni.Existing
		want    want
	}{
		"Off": {
			reason: "Without spec.retain the ENI of a terminated node is deleted.",
			nodes:  []eni.Node{node("n1", gone)}, found: []eni.Existing{held("e1", s, "n1")},
			want: want{Release: []string{"e1"}},
		},
		"Removed": {
			reason: "Without spec.retain retained ENIs are deleted.",
			found:  []eni.Existing{retained("e1", s, "1", "n1")},
			want:   want{Release: []string{"e1"}},
		},
		"Terminated": {
			reason: "The ENI of a terminated node is detached and retained.", request: eni.Request{Retain: 1},
			nodes: []eni.Node{node("n1", gone)}, found: []eni.Existing{held("e1", s, "n1")},
			want: want{Retain: map[string]string{"e1": "now"}, Detach: []string{"e1"}},
		},
		"Detaching": {
			reason: "The deletion of the attachment is not repeated.", request: eni.Request{Retain: 1},
			nodes: []eni.Node{node("n1", gone)}, found: []eni.Existing{{Name: "e1", SubnetID: s, NodeName: "n1", NodeUID: "n1", Detaching: true, RetainedSince: "5"}},
			want: want{Retain: map[string]string{"e1": "5"}},
		},
		"Last": {
			reason: "A new node takes over the ENI that was retained last.", request: eni.Request{Retain: 3},
			nodes: []eni.Node{node("n2")}, found: []eni.Existing{retained("e1", s, "1", "n0"), retained("e2", s, "2", "n1")},
			want: want{Apply: map[string]string{"e2": "n2"}, Retain: map[string]string{"e1": "1"}},
		},
		"Own": {
			reason: "A node that is selected again takes over its own ENI.", request: eni.Request{Retain: 3},
			nodes: []eni.Node{node("n0")}, found: []eni.Existing{retained("e1", s, "1", "n0"), retained("e2", s, "2", "n1")},
			want: want{Apply: map[string]string{"e1": "n0"}, Retain: map[string]string{"e2": "2"}},
		},
		"OtherPosition": {
			reason: "An ENI is taken over in its position only.", request: eni.Request{Retain: 3, PerSubnet: 2},
			nodes: []eni.Node{node("n1")}, found: []eni.Existing{{Name: "e1", SubnetID: s, Position: 1, Detached: true, RetainedSince: "1", LastNodeUID: "n0"}},
			want: want{Apply: map[string]string{"e1": "n1", eni.ChildName("", "n1", s): "n1"}},
		},
		"OtherZone": {
			reason: "An ENI is taken over in its zone only.", request: eni.Request{Retain: 3},
			nodes: []eni.Node{node("n1", func(n *eni.Node) { n.Zone = "b" })}, found: []eni.Existing{retained("e1", s, "1", "n0")},
			want: want{Retain: map[string]string{"e1": "1"}},
		},
		"Waiting": {
			reason: "A new node waits for the ENI of a terminated node.", request: eni.Request{Retain: 1},
			nodes: []eni.Node{node("n1", gone), node("n2")}, found: []eni.Existing{held("e1", s, "n1")},
			want: want{Retain: map[string]string{"e1": "now"}, Detach: []string{"e1"}, Waiting: []string{"n2"}},
		},
		"Ending": {
			reason: "A new node waits for the ENI of a deleted node.", request: eni.Request{Retain: 1},
			nodes: []eni.Node{node("n1", ending), node("n2")}, found: []eni.Existing{held("e1", s, "n1")},
			want: want{Keep: []string{"e1"}, Waiting: []string{"n2"}},
		},
		"Unconfirmed": {
			reason: "It does not wait while the termination is not confirmed, which can take until an outage of EC2 ends.", request: eni.Request{Retain: 1},
			nodes: []eni.Node{node("n1", missing), node("n2")}, found: []eni.Existing{held("e1", s, "n1")},
			want: want{Keep: []string{"e1"}, Apply: map[string]string{eni.ChildName("", "n2", s): "n2"}},
		},
		"Deselected": {
			reason: "A new node does not wait for a node that still runs.", request: eni.Request{Retain: 1},
			nodes: []eni.Node{node("n1", deselected), node("n2")}, found: []eni.Existing{held("e1", s, "n1")},
			want: want{Retain: map[string]string{"e1": "now"}, Detach: []string{"e1"}, Apply: map[string]string{eni.ChildName("", "n2", s): "n2"}},
		},
		"Rollout": {
			reason: "Deselected nodes lose their ENIs within maxUnavailable.", request: eni.Request{Retain: 2, MaxUnavailable: 1, Confirmed: true},
			nodes: []eni.Node{node("n1", deselected), node("n2", deselected)}, found: []eni.Existing{held("e1", s, "n1"), held("e2", s, "n2")},
			want: want{Retain: map[string]string{"e1": "now"}, Detach: []string{"e1"}, Held: []string{"e2"}},
		},
		"RolloutDetaching": {
			reason: "A node whose ENI is being detached counts as unavailable.", request: eni.Request{Retain: 2, MaxUnavailable: 1, Confirmed: true},
			nodes: []eni.Node{node("n1", deselected), node("n2", deselected)},
			found: []eni.Existing{held("e1", s, "n1"), {Name: "e2", SubnetID: s, NodeName: "n2", NodeUID: "n2", Detaching: true, RetainedSince: "5"}},
			want:  want{Retain: map[string]string{"e2": "5"}, Held: []string{"e1"}},
		},
		"Full": {
			reason: "Beyond the maximum, the ENIs that were retained first are deleted.", request: eni.Request{Retain: 2},
			nodes: []eni.Node{node("n3", gone)}, found: []eni.Existing{retained("e1", s, "1", "n1"), retained("e2", s, "2", "n2"), held("e3", s, "n3")},
			want: want{Retain: map[string]string{"e2": "2", "e3": "now"}, Detach: []string{"e3"}, Release: []string{"e1"}},
		},
		"FullWaiting": {
			reason: "An ENI for which a node waits is not one of the maximum.", request: eni.Request{Retain: 1},
			nodes: []eni.Node{node("n1", gone), node("n2", gone), node("n3")}, found: []eni.Existing{held("e1", s, "n1"), held("e2", s, "n2")},
			want: want{Retain: map[string]string{"e1": "now", "e2": "now"}, Detach: []string{"e1", "e2"}, Waiting: []string{"n3"}},
		},
		"SubnetRemoved": {
			reason: "The ENI of a slot that the NodeENI does not have any more is deleted.", request: eni.Request{Retain: 2},
			found: []eni.Existing{retained("e1", "subnet-x", "1", "n1"), {Name: "e2", SubnetID: s, Position: 1, Detached: true, RetainedSince: "1"}},
			want:  want{Release: []string{"e1", "e2"}},
		},
		"Incomplete": {
			reason: "Nothing is deleted while a subnet is not resolved.", request: eni.Request{Retain: 2, Incomplete: true},
			found: []eni.Existing{retained("e1", "subnet-x", "1", "n1")},
			want:  want{Retain: map[string]string{"e1": "1"}},
		},
		"Unmade": {
			reason: "A child without an ENI has nothing to retain.", request: eni.Request{Retain: 2},
			nodes: []eni.Node{node("n1", gone)}, found: []eni.Existing{{Name: "e1", SubnetID: s, NodeName: "n1", NodeUID: "n1", Unmade: true}},
			want: want{Release: []string{"e1"}},
		},
		"Deleting": {
			reason: "An ENI that is being deleted is not taken over.", request: eni.Request{Retain: 2},
			nodes: []eni.Node{node("n1")}, found: []eni.Existing{{Name: "e1", SubnetID: s, Detached: true, Deleting: true, RetainedSince: "1", LastNodeUID: "n0"}},
			want: want{Apply: map[string]string{eni.ChildName("", "n1", s): "n1"}},
		},
		"NameTaken": {
			reason: "A node whose first ENI another node has taken over gets an ENI of another name.", request: eni.Request{Retain: 2},
			nodes: []eni.Node{node("n1"), node("n2")}, found: []eni.Existing{held(eni.ChildName("", "n1", s), s, "n2")},
			want: want{Apply: map[string]string{eni.ChildName("", "n1", s): "n2", eni.ChildName("", "n1", s+"#1"): "n1"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := tc.request
			r.Subnets, r.Now = subnets, "now"
			p := eni.PlanChildren(r, tc.nodes, tc.found)
			got := want{Release: p.Release, Detach: p.Detach, Waiting: p.Waiting, Keep: p.Keep, Held: p.Held}
			for _, c := range p.Apply {
				if got.Apply == nil {
					got.Apply = map[string]string{}
				}
				got.Apply[c.Name] = c.NodeName
			}
			for _, c := range p.Retain {
				if got.Retain == nil {
					got.Retain = map[string]string{}
				}
				got.Retain[c.Name] = c.RetainedSince
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nPlanChildren(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// A fleet simulates the objects and instances of a NodeENI with spec.retain.
type fleet struct {
	r     eni.Request
	nodes map[string]*eni.Node
	enis  map[string]*eni.Existing
	clock int
}

// apply carries out a plan, except the parts that a crash prevents.
func (f *fleet) apply(p eni.Plan, random *rand.Rand) {
	survives := func() bool { return random.IntN(8) > 0 }
	for _, c := range p.Apply {
		e := f.enis[c.Name]
		switch {
		case !survives():
		case e == nil:
			f.enis[c.Name] = &eni.Existing{Name: c.Name, SubnetID: c.SubnetID, Position: c.Position, NodeName: c.NodeName, NodeUID: c.NodeUID}
		case e.Detaching:
		default:
			*e = eni.Existing{Name: c.Name, SubnetID: c.SubnetID, Position: c.Position, NodeName: c.NodeName, NodeUID: c.NodeUID}
		}
	}
	for _, c := range p.Retain {
		if e := f.enis[c.Name]; survives() {
			e.RetainedSince = c.RetainedSince
			e.Detaching = e.Detaching || slices.Contains(p.Detach, c.Name)
		}
	}
	for _, name := range p.Release {
		if survives() {
			delete(f.enis, name)
		}
	}
	for _, e := range f.enis {
		if e.Detaching && random.IntN(2) == 0 {
			e.Detaching, e.Detached = false, true
			e.LastNodeUID, e.NodeUID, e.NodeName = e.NodeUID, "", ""
		}
	}
}

// TestRetainProperty changes a fleet at random: no ENI has two nodes, no node two ENIs of a
// slot, no ENI is lost, and no more ENIs are retained than allowed.
func TestRetainProperty(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		f := &fleet{nodes: map[string]*eni.Node{}, enis: map[string]*eni.Existing{}}
		f.r = eni.Request{
			NodeENI: "n", Subnets: []eni.Subnet{{ID: "s0", Zone: "a"}, {ID: "s1", Zone: "b"}, {ID: "s2", Zone: "a"}},
			Retain: 1 + random.IntN(4), PerSubnet: 1 + random.IntN(2), OnePerZone: random.IntN(2) == 0, Confirmed: true,
		}
		for step := range 120 {
			f.clock++
			f.change(random, step)
			found := make([]eni.Existing, 0, len(f.enis))
			for _, e := range f.enis {
				found = append(found, *e)
			}
			nodes := make([]eni.Node, 0, len(f.nodes))
			for _, n := range f.nodes {
				nodes = append(nodes, *n)
			}
			f.r.Now = fmt.Sprintf("%04d", f.clock)
			p := eni.PlanChildren(f.r, nodes, found)
			if fault := f.check(p); fault != "" {
				t.Fatalf("seed %d, step %d: %s\n%+v", seed, step, fault, p)
			}
			f.apply(p, random)
		}
	}
}

// change adds, ends or deselects a node.
func (f *fleet) change(random *rand.Rand, step int) {
	var names []string
	for name := range f.nodes {
		names = append(names, name)
	}
	slices.Sort(names)
	switch n := len(names); {
	case n < 5 && random.IntN(3) > 0:
		name := fmt.Sprintf("node%d", step)
		f.nodes[name] = &eni.Node{Name: name, UID: name, InstanceID: "i-" + name, Zone: []string{"a", "b"}[random.IntN(2)], Ready: true}
	case n > 0 && random.IntN(2) == 0:
		f.nodes[names[random.IntN(n)]].Gone = true
	case n > 0 && random.IntN(3) == 0:
		o := f.nodes[names[random.IntN(n)]]
		o.Deselected = !o.Deselected
	}
}

// check returns the fault of a plan, or "".
func (f *fleet) check(p eni.Plan) string {
	used := map[string]string{}
	use := func(name, how string) string {
		if used[name] != "" {
			return name + " is both " + used[name] + " and " + how
		}
		used[name] = how
		return ""
	}
	slots := map[string]bool{}
	for _, c := range p.Apply {
		if fault := use(c.Name, "applied for "+c.NodeName); fault != "" {
			return fault
		}
		slot := fmt.Sprint(c.NodeUID, c.SubnetID, c.Position)
		if slots[slot] {
			return "slot " + slot + " has two ENIs"
		}
		slots[slot] = true
		e := f.enis[c.Name]
		if e != nil && e.NodeUID != "" && e.NodeUID != c.NodeUID {
			return c.Name + " moves from " + e.NodeUID + " to " + c.NodeUID + " while it is attached"
		}
		if e != nil && (e.SubnetID != c.SubnetID || e.Position != c.Position) {
			return c.Name + " changes its slot"
		}
	}
	for _, c := range p.Retain {
		if fault := use(c.Name, "retained"); fault != "" {
			return fault
		}
	}
	for _, name := range slices.Concat(p.Release, p.Held, p.Keep) {
		if fault := use(name, "released, held or kept"); fault != "" {
			return fault
		}
	}
	for name := range f.enis {
		if used[name] == "" {
			return name + " is in no list of the plan"
		}
	}
	if len(p.Retain) > f.r.Retain+len(p.Waiting) {
		return fmt.Sprintf("%d ENIs are retained, at most %d are allowed, and %d nodes wait", len(p.Retain), f.r.Retain, len(p.Waiting))
	}
	return ""
}
