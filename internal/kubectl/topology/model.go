// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// UnknownZone is the name of the zone of nodes without a zone, and of deleted nodes.
const UnknownZone = "unknown zone"

// A Map is the zones of a cluster with their nodes and ENIs.
type Map struct {
	// Zones, sorted by name; UnknownZone is the last.
	Zones []Zone
	// Retained are the ENIs without a node.
	Retained []ENI
	// Idle are the names of the NodeENIs without nodes and ENIs.
	Idle []string
}

// A Zone is an availability zone.
type Zone struct {
	Name string
	// Nodes, sorted by name.
	Nodes []Node
}

// A Node is a node that a NodeENI selects, or that has an ENI of a NodeENI.
type Node struct {
	Name string
	// Instance and Type are empty if they are not known.
	Instance, Type string
	// Deleted is true if the cluster does not have the node.
	Deleted bool
	// ENIs, sorted by network card and device index. Missing ENIs are the last.
	ENIs []ENI
}

// Of returns the map of the NodeENIs with the given names, or of all NodeENIs without names.
func Of(f *fleet.Fleet, names ...string) *Map {
	b := newBuilder(f)
	for i := range f.NodeENIs {
		if n := &f.NodeENIs[i]; len(names) == 0 || slices.Contains(names, n.Name) {
			b.add(f, n)
		}
	}
	return b.build()
}

// A builder collects the nodes of a map.
type builder struct {
	objects map[string]*corev1.Node
	nodes   map[string]*Node
	out     Map
}

func newBuilder(f *fleet.Fleet) *builder {
	b := &builder{objects: make(map[string]*corev1.Node, len(f.Nodes)), nodes: map[string]*Node{}}
	for i := range f.Nodes {
		b.objects[f.Nodes[i].Name] = &f.Nodes[i]
	}
	return b
}

// add adds the ENIs of a NodeENI, and the nodes that have none.
func (b *builder) add(f *fleet.Fleet, n *v1alpha1.NodeENI) {
	children, has := f.Children(n.Name), map[string]bool{}
	for i := range children {
		c := &children[i]
		if c.Node == "" {
			b.out.Retained = append(b.out.Retained, eniOf(c, c.Interface.Status.AtProvider.AvailabilityZone))
			continue
		}
		has[c.Node] = true
		node := b.node(c.Node)
		node.ENIs = append(node.ENIs, eniOf(c, b.zone(c.Node)))
	}
	selected := f.Selected(n)
	for _, name := range selected {
		if !has[name] {
			node := b.node(name)
			node.ENIs = append(node.ENIs, missing(f, n, name, b.zone(name)))
		}
	}
	if len(children)+len(selected) == 0 {
		b.out.Idle = append(b.out.Idle, clean(n.Name))
	}
}

// node returns a node by name, which it adds if it is new.
func (b *builder) node(name string) *Node {
	if n := b.nodes[name]; n != nil {
		return n
	}
	n := &Node{Name: clean(name), Deleted: true}
	if o := b.objects[name]; o != nil {
		n.Deleted, n.Instance, n.Type = false, clean(eni.InstanceID(o.Spec.ProviderID)), clean(o.Labels[corev1.LabelInstanceTypeStable])
	}
	b.nodes[name] = n
	return n
}

// zone returns the zone of a node, or "".
func (b *builder) zone(node string) string {
	if o := b.objects[node]; o != nil {
		return clean(o.Labels[corev1.LabelTopologyZone])
	}
	return ""
}

// build returns the sorted map.
func (b *builder) build() *Map {
	zones := map[string][]Node{}
	for name, n := range b.nodes {
		zone := b.zone(name)
		slices.SortFunc(n.ENIs, compare)
		zones[zone] = append(zones[zone], *n)
	}
	for name, nodes := range zones {
		slices.SortFunc(nodes, func(a, b Node) int { return cmp.Compare(a.Name, b.Name) })
		b.out.Zones = append(b.out.Zones, Zone{Name: name, Nodes: nodes})
	}
	slices.SortFunc(b.out.Zones, func(a, b Zone) int {
		return cmp.Or(last(a.Name == "", b.Name == ""), cmp.Compare(a.Name, b.Name))
	})
	if n := len(b.out.Zones); n > 0 && b.out.Zones[n-1].Name == "" {
		b.out.Zones[n-1].Name = UnknownZone
	}
	slices.SortFunc(b.out.Retained, compare)
	return &b.out
}

// last orders an element of which the property is true after one of which it is false.
func last(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// missing returns the place of an ENI that a selected node does not have.
func missing(f *fleet.Fleet, n *v1alpha1.NodeENI, node, zone string) ENI {
	e := ENI{NodeENI: clean(n.Name), State: Missing, Problem: clean(f.WithoutENI(n, node))}
	e.detail("NodeENI", n.Name)
	e.detail("Node", node)
	e.detail("Zone", zone)
	e.detail("State", string(Missing))
	e.detail("Problem", e.Problem)
	return e
}

// Totals are the numbers of a map.
type Totals struct {
	Zones, Nodes, ENIs int
	States             map[State]int
}

// Totals counts the zones, nodes and ENIs.
func (m *Map) Totals() Totals {
	t := Totals{Zones: len(m.Zones), States: map[State]int{}}
	for _, z := range m.Zones {
		t.Nodes += len(z.Nodes)
		for i := range z.Nodes {
			t.ENIs += count(z.Nodes[i].ENIs, t.States)
		}
	}
	t.ENIs += count(m.Retained, t.States)
	return t
}

// count adds the states of ENIs, and returns how many ENIs are not missing.
func count(enis []ENI, states map[State]int) int {
	n := 0
	for i := range enis {
		states[enis[i].State]++
		if enis[i].State != Missing {
			n++
		}
	}
	return n
}

// String returns the numbers in a sentence.
func (t Totals) String() string {
	var states []string
	for _, s := range States() {
		if n := t.States[s]; n > 0 && s != Missing {
			states = append(states, fmt.Sprintf("%d %s", n, s))
		}
	}
	out := plural(t.Zones, "zone") + ", " + plural(t.Nodes, "node") + ", " + plural(t.ENIs, "ENI")
	if len(states) > 0 {
		out += ": " + strings.Join(states, ", ")
	}
	if n := t.States[Missing]; n > 0 {
		out += fmt.Sprintf("; %d missing", n)
	}
	return out
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// ratio returns how many of the ENIs are ready.
func ratio(enis []ENI) string {
	states := map[State]int{}
	count(enis, states)
	return fmt.Sprintf("%d of %d", states[Ready], len(enis))
}

// enis returns the ENIs of all nodes of a zone.
func (z *Zone) enis() []ENI {
	var out []ENI
	for i := range z.Nodes {
		out = append(out, z.Nodes[i].ENIs...)
	}
	return out
}

// about returns a line about the instance of a node.
func (n *Node) about() string {
	if n.Deleted {
		return "deleted node"
	}
	return strings.TrimSpace(cmp.Or(n.Instance, "no instance") + " " + n.Type)
}

// text returns the details of a node, a line each.
func (n *Node) text(zone string) string {
	var e ENI
	e.detail("Node", n.Name)
	e.detail("Zone", zone)
	e.detail("Instance", n.about())
	e.detail("Configured ENIs", ratio(n.ENIs))
	return e.Text()
}
