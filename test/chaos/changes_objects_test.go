// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"slices"
)

func (p *planner) createPair() bool {
	if len(p.m.pairs) >= maxPairs {
		return false
	}
	n := p.m.nodes[pick(p.Rand, sorted(p.m.nodes))]
	x := &modelPair{name: fmt.Sprintf("pair-%d", p.m.next()), node: n.name, attached: true, byInstance: p.IntN(2) == 0, host: p.IntN(2) == 0, deleteOnTermination: p.maybe()}
	for _, i := range p.Perm(len(subnets)) {
		if subnets[i].zone == n.zone {
			x.subnet = subnets[i].id
		}
	}
	if !p.fits(func() { p.m.pairs[x.name] = x }, func() { delete(p.m.pairs, x.name) }) {
		return false
	}
	made, attachmentFirst := *x, p.IntN(3) == 0
	p.add(step{
		what: fmt.Sprintf("create pair %s for node %s in %s", x.name, x.node, x.subnet),
		do:   func(ctx context.Context, w *world) error { return w.createPair(ctx, made, attachmentFirst) },
	}, func() { p.m.pairs[x.name] = x })
	return true
}

// createPairSlowly deletes a pair while the provider is stopped and its create is in
// progress in EC2.
func (p *planner) createPairSlowly() bool {
	if len(p.m.pairs) >= maxPairs {
		return false
	}
	before := sorted(p.m.pairs)
	begun := p.slowCreate()
	if !p.createPair() {
		return false
	}
	p.killDuringCreate(begun)
	if p.IntN(3) == 0 {
		p.skew()
	}
	for _, name := range sorted(p.m.pairs) {
		if !slices.Contains(before, name) {
			p.deletePairNamed(name)
		}
	}
	p.startProvider()
	return true
}

func (p *planner) deletePair() bool {
	if len(p.m.pairs) == 0 {
		return false
	}
	p.deletePairNamed(pick(p.Rand, sorted(p.m.pairs)))
	return true
}

func (p *planner) deletePairNamed(name string) {
	order := p.IntN(3)
	p.add(step{
		what: "delete pair " + name,
		do:   func(ctx context.Context, w *world) error { return w.deletePairs(ctx, []string{name}, order) },
	}, func() { delete(p.m.pairs, name) })
}

// changePair deletes only the attachment of a pair, or creates it again.
func (p *planner) changePair() bool {
	if len(p.m.pairs) == 0 {
		return false
	}
	x := p.m.pairs[pick(p.Rand, sorted(p.m.pairs))]
	if x.attached {
		name := x.name
		p.add(step{
			what: "delete only the attachment of pair " + name,
			do:   func(ctx context.Context, w *world) error { return w.deletePairAttachment(ctx, name) },
		}, func() { x.attached = false })
		return true
	}
	made := *x
	p.add(step{
		what: "create the attachment of pair " + x.name + " again",
		do:   func(ctx context.Context, w *world) error { return w.createPairAttachment(ctx, made) },
	}, func() { x.attached = true })
	return true
}

// child returns a random ENI of a NodeENI.
func (p *planner) child() (key, bool) {
	var all []key
	expected := p.m.expected()
	for _, k := range sorted(expected) {
		if expected[k].nodeENI != "" {
			all = append(all, k)
		}
	}
	if len(all) == 0 {
		return "", false
	}
	return pick(p.Rand, all), true
}

// deleteChildObject deletes one of the two objects of an ENI of a NodeENI, which
// creates it again.
func (p *planner) deleteChildObject() bool {
	k, ok := p.child()
	if !ok {
		return false
	}
	if p.IntN(2) == 0 {
		p.add(step{
			what: "delete the attachment object of " + string(k), detaches: []key{k},
			do: func(ctx context.Context, w *world) error { return w.deleteChildAttachment(ctx, k) },
		}, nil)
		return true
	}
	p.add(step{
		what: "delete the interface object of " + string(k), deletes: []key{k},
		do: func(ctx context.Context, w *world) error { return w.deleteChildInterface(ctx, k) },
	}, nil)
	return true
}

// operatorDetaches detaches an ENI as a user of the EC2 console.
func (p *planner) operatorDetaches() bool {
	k, ok := p.child()
	if !ok || p.m.mode.defaultPoll { // only a poll observes it
		return false
	}
	p.add(step{
		what: "a user detaches the ENI of " + string(k) + " in EC2",
		do: func(ctx context.Context, w *world) error {
			w.operatorDetaches(ctx, k)
			return nil
		},
	}, nil)
	return true
}

// operatorDeletes detaches and deletes an ENI as a user of the EC2 console. The
// provider may attach it again before it is deleted.
func (p *planner) operatorDeletes() bool {
	k, ok := p.child()
	if !ok || p.m.mode.defaultPoll { // only a poll observes it
		return false
	}
	p.add(step{
		what: "a user detaches and deletes the ENI of " + string(k) + " in EC2",
		do: func(ctx context.Context, w *world) error {
			w.operatorDeletes(ctx, k)
			return nil
		},
	}, nil)
	return true
}
