// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"cmp"
	"slices"
)

// maxDeviceIndex is the highest device index of a NetworkInterfaceAttachment. No
// instance type supports that many ENIs.
const maxDeviceIndex = 63

// PlanChildren computes the desired ENIs, given the matching nodes and the observed
// children. A node that is not in nodes no longer matches.
func PlanChildren(r Request, nodes []Node, found []Existing) Plan {
	var p Plan
	desired := map[string]bool{}
	used := map[string]bool{}
	byNode := map[string][]Existing{}
	owners := map[string]string{}
	for _, e := range found {
		byNode[e.NodeUID] = append(byNode[e.NodeUID], e)
		if owners[e.Name] = e.NodeUID; e.isRetained() {
			owners[e.Name] = noNode
		}
	}
	hold := map[string]bool{} // nodes whose children are neither applied nor released
	r.Subnets = slices.Clone(r.Subnets)
	pool := newRetainedPool(&r, nodes, found)
	for _, n := range nodes {
		switch {
		case n.Gone, n.Deselected:
			continue
		case n.Missing:
			hold[n.UID] = true
			continue
		case n.OtherProviderID != "":
			p.NotEC2 = append(p.NotEC2, n.Name)
			hold[n.UID] = true
			continue
		case n.OtherRegion != "":
			p.OtherRegion = append(p.OtherRegion, n.Name)
			hold[n.UID] = true
			continue
		case n.InstanceID == "":
			p.WithoutProviderID = append(p.WithoutProviderID, n.Name)
			hold[n.UID] = true
			continue
		case n.Zone == "", n.VPCID == "" && r.severalVPCs(): // not known from the node or EC2
			p.WithoutSubnet = append(p.WithoutSubnet, n.Name)
			hold[n.UID] = true
			continue
		}
		subnets := usable(r, n)
		for _, s := range subnets {
			used[s.ID] = true
		}
		if len(subnets) == 0 {
			p.WithoutSubnet = append(p.WithoutSubnet, n.Name)
		}
		if r.OnePerZone {
			subnets = r.pick(subnets, byNode[n.UID], pool)
		}
		for _, c := range r.childrenOf(n, subnets, byNode[n.UID], owners) {
			if owners[c.Name] != n.UID && pool.take(&c) {
				p.Waiting = append(p.Waiting, n.Name)
				continue
			}
			desired[c.Name] = true
			p.Apply = append(p.Apply, c)
		}
	}
	for _, s := range r.Subnets {
		if !used[s.ID] {
			p.UnusedSubnets = append(p.UnusedSubnets, s.ID)
		}
	}
	p.release(r, nodes, found, desired, hold, pool)
	byName := func(a, b Child) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(p.Apply, byName)
	slices.SortFunc(p.Retain, byName)
	slices.Sort(p.Waiting)
	slices.Sort(p.WithoutProviderID)
	slices.Sort(p.WithoutSubnet)
	slices.Sort(p.NotEC2)
	slices.Sort(p.OtherRegion)
	return p
}

// noNode is the owner of an ENI without a node.
const noNode = "-"

// childrenOf returns the desired children of a node. owners has the UID of the node of each
// existing child. The first ENI of each subnet precedes all second ENIs: a change of their
// number keeps the ordinals of the others.
func (r *Request) childrenOf(n Node, subnets []Subnet, have []Existing, owners map[string]string) []Child {
	var out []Child
	each := max(1, r.PerSubnet)
	for position := range each {
		for _, s := range subnets {
			i := len(out)
			out = append(out, Child{
				Name: name(*r, n, s, position, have, owners), NodeName: n.Name, NodeUID: n.UID, SubnetID: s.ID, Position: position, InstanceID: n.InstanceID,
				Ordinal: i, MinDeviceIndex: min(r.BaseIndex+int32(i), maxDeviceIndex), Siblings: each * len(subnets), //nolint:gosec // a few ENIs
			})
		}
	}
	return out
}

// release sorts the children that are not desired into Release, Retain, Held and Keep.
func (p *Plan) release(r Request, nodes []Node, found []Existing, desired, hold map[string]bool, pool *retainedPool) {
	// MaxUnavailable counts the nodes that exist, Ready or not: the pods of a node that
	// registers again or is temporarily unreachable are still running.
	matching, healthy := map[string]bool{}, map[string]bool{}
	for _, n := range nodes {
		matching[n.UID] = !n.Gone && !n.Deselected
		healthy[n.UID] = matching[n.UID] || (n.Deselected && !n.Gone)
	}
	unavailable := map[string]bool{}
	var leaving []Existing
	for _, e := range found {
		switch {
		case desired[e.Name], e.isRetained() && r.retains(e):
		case hold[e.NodeUID], r.Incomplete && matching[e.NodeUID]:
			p.Keep = append(p.Keep, e.Name)
		default:
			leaving = append(leaving, e)
			if (e.Deleting || e.Detaching) && healthy[e.NodeUID] {
				unavailable[e.NodeUID] = true
			}
		}
	}
	slices.SortFunc(leaving, func(a, b Existing) int {
		return cmp.Or(cmp.Compare(a.NodeName, b.NodeName), cmp.Compare(a.Name, b.Name))
	})
	unconfirmed := r.unconfirmed(nodes, found, leaving)
	p.Unconfirmed = len(unconfirmed)
	var losing []Existing
	for _, e := range leaving {
		bounded := r.MaxUnavailable > 0 && healthy[e.NodeUID] && !unavailable[e.NodeUID]
		if (unconfirmed[e.NodeUID] && !e.Deleting) || (bounded && len(unavailable) >= r.MaxUnavailable) {
			p.Held = append(p.Held, e.Name)
			continue
		}
		if healthy[e.NodeUID] {
			unavailable[e.NodeUID] = true
		}
		switch {
		case r.retains(e):
			losing = append(losing, e)
		case !e.Deleting:
			p.Release = append(p.Release, e.Name)
		}
	}
	pool.retain(p, losing)
	slices.Sort(p.Release)
	slices.Sort(p.Detach)
	slices.Sort(p.Keep)
	slices.Sort(p.Held)
}

// unconfirmed returns the nodes, by UID, whose children are held because a change deselected
// several nodes that have more than half of all children. Children that are being deleted
// count: a client that changes the labels of many nodes changes one after another.
func (r *Request) unconfirmed(nodes []Node, found, leaving []Existing) map[string]bool {
	if r.Confirmed {
		return nil
	}
	deselected := map[string]bool{}
	for _, n := range nodes {
		if n.Deselected && !n.Gone {
			deselected[n.UID] = true
		}
	}
	losing, held, children, all := map[string]bool{}, map[string]bool{}, 0, 0
	for _, e := range found {
		if !e.isRetained() && !e.Unmade {
			all++
		}
	}
	for _, e := range leaving {
		if !deselected[e.NodeUID] {
			continue
		}
		losing[e.NodeUID] = true
		children++
		if !e.Deleting {
			held[e.NodeUID] = true
		}
	}
	if len(losing) < 2 || (2*children <= all && !r.Held) {
		return nil
	}
	return held
}

// usable returns the subnets from which an ENI can be attached to the node: EC2
// attaches ENIs only within a zone.
func usable(r Request, n Node) []Subnet {
	var out []Subnet
	for _, s := range r.Subnets {
		if s.Zone == n.Zone && (n.VPCID == "" || s.VPCID == n.VPCID) {
			out = append(out, s)
		}
	}
	return out
}

// severalVPCs reports whether the subnets are in several VPCs. A node in an unknown VPC
// could then get an ENI that EC2 cannot attach to it.
func (r *Request) severalVPCs() bool {
	return slices.ContainsFunc(r.Subnets, func(s Subnet) bool { return s.VPCID != r.Subnets[0].VPCID })
}

// pick returns the subnet of a node under OnePerZone: the subnet of its existing ENI,
// else a subnet with a retained ENI, else the subnet with the most free addresses, else the
// first. A child without an ENI moves from a full subnet to a subnet that is not full. The
// picked subnet's free addresses are decremented, so that nodes spread over the subnets.
func (r *Request) pick(subnets []Subnet, have []Existing, pool *retainedPool) []Subnet {
	if len(subnets) == 0 {
		return nil
	}
	best, waiting := -1, -1
	for i, s := range subnets {
		here := func(e Existing) bool { return e.SubnetID == s.ID && !e.Deleting }
		made := func(e Existing) bool { return here(e) && !e.Unmade }
		switch {
		case slices.ContainsFunc(have, made), !s.Full && slices.ContainsFunc(have, here):
			return []Subnet{s}
		case slices.ContainsFunc(have, here):
			waiting = i
		}
		if !s.Full && (best < 0 || s.FreeAddresses > subnets[best].FreeAddresses) {
			best = i
		}
	}
	switch retained := slices.IndexFunc(subnets, func(s Subnet) bool { return pool.has(s.ID) }); {
	case retained >= 0 && waiting < 0:
		return []Subnet{subnets[retained]}
	case best < 0 && waiting >= 0:
		best = waiting
	case best < 0:
		best = 0
	}
	for i := range r.Subnets {
		if r.Subnets[i].ID == subnets[best].ID {
			r.Subnets[i].FreeAddresses -= int32(max(1, r.PerSubnet)) //nolint:gosec // a few ENIs
		}
	}
	return []Subnet{subnets[best]}
}
