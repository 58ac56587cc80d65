// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// A nodeStatus is the state of a node of a NodeENI.
type nodeStatus struct {
	// NodeENI is empty for network interfaces without one.
	NodeENI string `json:"nodeEni"`
	// Node is empty for the retained ENIs of the NodeENI.
	Node  string      `json:"node"`
	Ready int         `json:"ready"`
	Total int         `json:"total"`
	ENIs  []eniStatus `json:"enis,omitempty"`
	// Problem is why the node is not ready, or empty.
	Problem string `json:"problem,omitempty"`

	deletion string // that the NodeENI is being deleted, or empty
}

// An eniStatus is the state of one network interface.
type eniStatus struct {
	Name        string `json:"name"`
	ENI         string `json:"eni,omitempty"`
	Subnet      string `json:"subnet,omitempty"`
	DeviceIndex int32  `json:"deviceIndex,omitempty"`
	Link        string `json:"link,omitempty"`
	State       string `json:"state"`
	// Object has the condition that is the problem.
	Object  string `json:"object,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// statusOf returns the state of each node of the NodeENIs with the given names, or of all
// NodeENIs without names.
func statusOf(f *fleet.Fleet, names ...string) []nodeStatus {
	out := []nodeStatus{}
	for i := range f.NodeENIs {
		if n := &f.NodeENIs[i]; len(names) == 0 || slices.Contains(names, n.Name) {
			out = append(out, nodesOf(f, n)...)
		}
	}
	if len(names) == 0 {
		out = append(out, standaloneOf(f)...)
	}
	return out
}

// standaloneOf returns the state of each network interface without a NodeENI.
func standaloneOf(f *fleet.Fleet) []nodeStatus {
	var out []nodeStatus
	for _, c := range f.Standalone() {
		s := nodeStatus{Node: c.Node}
		s.add(&c)
		out = append(out, s)
	}
	return out
}

// nodesOf returns the state of each node that a NodeENI selects, or that has an ENI of it.
func nodesOf(f *fleet.Fleet, n *v1alpha1.NodeENI) []nodeStatus {
	children := map[string][]fleet.Child{}
	var nodes []string
	for _, c := range f.Children(n.Name) {
		children[c.Node] = append(children[c.Node], c)
		nodes = append(nodes, c.Node)
	}
	nodes = append(nodes, f.Selected(n)...)
	slices.Sort(nodes)
	var out []nodeStatus
	for _, node := range slices.Compact(nodes) {
		s := nodeStatus{NodeENI: n.Name, Node: node, deletion: fleet.Deletion(n)}
		for i := range children[node] {
			s.add(&children[node][i])
		}
		s.Problem = join(s.deletion, cmp.Or(s.Problem, problemOf(f, n, node, len(s.ENIs))))
		out = append(out, s)
	}
	if len(out) == 0 {
		out = append(out, nodeStatus{NodeENI: n.Name, Problem: join(fleet.Deletion(n), withoutNodes(f, n))})
	}
	return out
}

// problemOf returns why a NodeENI is not ready on a node if that is no problem of its ENIs, or "".
func problemOf(f *fleet.Fleet, n *v1alpha1.NodeENI, node string, enis int) string {
	switch {
	case enis == 0:
		return f.WithoutENI(n, node)
	case node == "": // retained
		return ""
	case f.Node(node) == nil:
		return cmp.Or(fleet.WithoutNode(n, node), "node "+node+" does not exist")
	}
	if c := f.Held(n, node); c != nil {
		return string(c.Reason) + ": " + c.Message
	}
	if p := fleet.SpecProblem(n); p != nil {
		return p.String()
	}
	if fleet.Unobserved(n) || n.DeletionTimestamp != nil {
		return f.ProviderFailure
	}
	return ""
}

// join joins the problems that are not empty.
func join(problems ...string) string {
	return strings.Join(slices.DeleteFunc(problems, func(s string) bool { return s == "" }), "; ")
}

// add adds a network interface of the node.
func (s *nodeStatus) add(c *fleet.Child) {
	e := eniStatus{Name: c.Name, ENI: c.ENI(), Subnet: c.Subnet(), DeviceIndex: c.DeviceIndex(), Link: c.Link(), State: c.State()}
	if p := c.Problem(); p != nil {
		e.Object, e.Problem = p.Object, p.String()
	} else if c.Reported != "" {
		e.Object, e.Problem = "nodeeni/"+c.NodeENI, c.Reported
	}
	s.Problem = cmp.Or(s.Problem, e.Problem)
	s.Total++
	if c.Ready() {
		s.Ready++
	}
	s.ENIs = append(s.ENIs, e)
}

// withoutNodes returns why a NodeENI has no node.
func withoutNodes(f *fleet.Fleet, n *v1alpha1.NodeENI) string {
	if c := n.GetCondition(xpv2.TypeReady); c.Reason != "" {
		return strings.TrimSuffix(string(c.Reason)+": "+c.Message, ": ")
	}
	return f.WithoutENI(n, "")
}

// statusTable returns the state as a table, one line for each node, or with wide for each ENI.
func statusTable(all []nodeStatus, wide bool) table {
	if wide {
		return wideTable(all)
	}
	t := table{header: []string{"NODEENI", "NODE", "READY", "ENIS", "PROBLEM"}}
	for _, s := range all {
		t.add(s.mark(), orDash(s.NodeENI), orDash(s.Node), s.ratio(), orDash(s.list()), s.Problem)
	}
	return t
}

// wideTable returns a line for each ENI.
func wideTable(all []nodeStatus) table {
	t := table{header: []string{"NODEENI", "NODE", "ENI", "INDEX", "LINK", "SUBNET", "STATE", "OBJECT", "PROBLEM"}}
	for _, s := range all {
		own := slices.ContainsFunc(s.ENIs, func(e eniStatus) bool { return e.Problem != "" })
		for _, e := range s.ENIs {
			switch {
			case own:
				e.Problem = join(s.deletion, e.Problem)
			case s.Problem != "": // of the NodeENI
				e.Object, e.Problem = "nodeeni/"+s.NodeENI, s.Problem
			}
			mark := markGood
			if e.Problem != "" {
				mark = markBad
			}
			t.add(mark, orDash(s.NodeENI), orDash(s.Node), orDash(e.ENI), index(e.DeviceIndex), orDash(e.Link), orDash(e.Subnet), e.State, orDash(e.Object), e.Problem)
		}
		if len(s.ENIs) == 0 {
			t.add(s.mark(), orDash(s.NodeENI), orDash(s.Node), "-", "-", "-", "-", "-", "nodeeni/"+s.NodeENI, s.Problem)
		}
	}
	return t
}

// ratio returns how many of the ENIs are ready.
func (s *nodeStatus) ratio() string {
	if s.Node == "" {
		return "-"
	}
	return fmt.Sprintf("%d/%d", s.Ready, s.Total)
}

// list returns the ENIs with their device indexes or states.
func (s *nodeStatus) list() string {
	out := make([]string, 0, len(s.ENIs))
	for _, e := range s.ENIs {
		id := e.ENI
		if id == "" {
			id = e.Name
		}
		switch e.State {
		case "ready", "attached":
			id += fmt.Sprintf("@%d", e.DeviceIndex)
		default:
			id += "(" + e.State + ")"
		}
		out = append(out, id)
	}
	return strings.Join(out, ",")
}

func (s *nodeStatus) mark() mark {
	switch {
	case s.Problem == "":
		return markGood
	case s.Node == "":
		return markNone
	default:
		return markBad
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func index(i int32) string {
	if i == 0 {
		return "-"
	}
	return fmt.Sprint(i)
}
