// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"cmp"
	"slices"
)

// A retainedPool has the ENIs without a node, and the ENIs that lose their node, for nodes
// without an ENI in the same slot.
type retainedPool struct {
	r *Request
	// free are the ENIs without a node.
	free []Existing
	// leaving are the ENIs of terminated and deleted nodes, which are detached first.
	leaving []Existing
	// reserved are the names of the leaving ENIs for which a node waits.
	reserved map[string]bool
}

// newRetainedPool returns the pool of a request. It is empty if nothing is retained.
func newRetainedPool(r *Request, nodes []Node, found []Existing) *retainedPool {
	p := &retainedPool{r: r, reserved: map[string]bool{}}
	if r.Retain == 0 {
		return p
	}
	ends := map[string]bool{}
	for _, n := range nodes {
		ends[n.UID] = n.Gone || n.Ending
	}
	for _, e := range found {
		switch {
		case !r.retains(e):
		case e.isRetained():
			p.free = append(p.free, e)
		case ends[e.NodeUID] && !e.Detached:
			p.leaving = append(p.leaving, e)
		}
	}
	last := func(a, b Existing) int {
		return cmp.Or(cmp.Compare(b.RetainedSince, a.RetainedSince), cmp.Compare(a.Name, b.Name))
	}
	slices.SortFunc(p.free, last)
	slices.SortFunc(p.leaving, last)
	return p
}

// retains reports whether an ENI is kept without a node: it exists, and its slot is a slot of
// the request.
func (r *Request) retains(e Existing) bool {
	known := slices.ContainsFunc(r.Subnets, func(s Subnet) bool { return s.ID == e.SubnetID })
	return r.Retain > 0 && !e.Unmade && !e.Deleting && (known || r.Incomplete) && e.Position < max(1, r.PerSubnet)
}

// isRetained reports whether an ENI has no node and is not attached.
func (e Existing) isRetained() bool { return e.RetainedSince != "" && e.Detached }

// take assigns to a new child the ENI of its slot: the ENI that the same node had, or the ENI
// that was retained last. It reports whether the child has to wait for the ENI of a
// terminated or deleted node.
func (p *retainedPool) take(c *Child) (wait bool) {
	slot := func(e Existing) bool { return e.SubnetID == c.SubnetID && e.Position == c.Position }
	i := slices.IndexFunc(p.free, func(e Existing) bool { return slot(e) && e.LastNodeUID == c.NodeUID })
	if i < 0 {
		i = slices.IndexFunc(p.free, slot)
	}
	if i >= 0 {
		c.Name = p.free[i].Name
		p.free = slices.Delete(p.free, i, i+1)
		return false
	}
	if i = slices.IndexFunc(p.leaving, slot); i >= 0 {
		p.reserved[p.leaving[i].Name] = true
		p.leaving = slices.Delete(p.leaving, i, i+1)
		return true
	}
	return false
}

// has reports whether an ENI of a subnet is free.
func (p *retainedPool) has(subnetID string) bool {
	return slices.ContainsFunc(p.free, func(e Existing) bool { return e.SubnetID == subnetID })
}

// retain sorts the free ENIs, and the children that lose their node, into Retain and Release.
// It releases the ENIs that were retained first if there are too many.
func (p *retainedPool) retain(plan *Plan, losing []Existing) {
	room := p.r.Retain
	for _, e := range losing {
		if p.reserved[e.Name] {
			room++ // a node takes it over
		}
	}
	all := slices.Concat(losing, p.free) // the last first
	slices.SortStableFunc(all[:len(losing)], func(a, b Existing) int {
		return -compareBool(p.reserved[a.Name], p.reserved[b.Name])
	})
	for i, e := range all {
		if i >= room {
			plan.Release = append(plan.Release, e.Name)
			continue
		}
		plan.Retain = append(plan.Retain, Child{
			Name: e.Name, NodeName: e.NodeName, NodeUID: cmp.Or(e.NodeUID, e.LastNodeUID), SubnetID: e.SubnetID, Position: e.Position,
			Retained: true, RetainedSince: cmp.Or(e.RetainedSince, p.r.Now),
		})
		if !e.Detached && !e.Detaching {
			plan.Detach = append(plan.Detach, e.Name)
		}
	}
}
