// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// Limits that keep a round short.
const (
	maxNodes, minNodes = 10, 6
	maxNodeENIs        = 3
	maxPairs           = 2
	maxENIs            = 24
	// maxPerNode leaves room on an instance for its primary ENI, foreign ENIs, and the
	// same number of ENIs that are being deleted.
	maxPerNode = 5
)

var groups = []string{"a", "b", "a", "b", "none"}

// change adds one random change that is possible.
func (p *planner) change() {
	if p.IntN(5) == 0 {
		p.errorCode() // close to this change
	}
	all := []struct {
		weight int
		try    func() bool
	}{
		{6, p.createNodeENI},
		{4, p.deleteNodeENI},
		{3, p.createAndDeleteNodeENI},
		{3, p.createSlowly},
		{4, p.changeSubnets},
		{3, p.changeCount},
		{2, p.changeDeleteOnTermination},
		{4, p.relabel},
		{3, p.addNode},
		{1, p.deleteNode},
		{3, p.terminateNode},
		{2, p.replaceNode},
		{2, p.registerAgain},
		{3, p.createPair},
		{1, p.createPairSlowly},
		{2, p.deletePair},
		{2, p.changePair},
		{3, p.deleteChildObject},
		{3, p.operatorDetaches},
		{2, p.operatorDeletes},
		{2, p.changeSelector},
		{2, p.slowRelease},
		{1, p.jump},
		{1, p.skew},
	}
	total := 0
	for _, c := range all {
		total += c.weight
	}
	for range 20 {
		at := p.IntN(total)
		for _, c := range all {
			if at -= c.weight; at < 0 {
				if c.try() {
					return
				}
				break
			}
		}
	}
}

// fits reports whether the model with one more change is within the limits. It does
// not change the model.
func (p *planner) fits(mutate, undo func()) bool {
	mutate()
	onOne, all := p.m.countENIs()
	undo()
	return onOne <= maxPerNode && all <= maxENIs
}

func (p *planner) createNodeENI() bool {
	if len(p.m.nodeENIs) >= maxNodeENIs {
		return false
	}
	e := p.newNodeENI()
	if !p.fits(func() { p.m.nodeENIs[e.name] = e }, func() { delete(p.m.nodeENIs, e.name) }) {
		return false
	}
	spec := *e
	p.add(step{
		what: fmt.Sprintf("create NodeENI %s for group %s in %s", e.name, e.group, strings.Join(e.subnets, ", ")),
		do:   func(ctx context.Context, w *world) error { return w.createNodeENI(ctx, spec) },
	}, func() { p.m.nodeENIs[e.name] = e })
	return true
}

func (p *planner) newNodeENI() *modelNodeENI {
	e := &modelNodeENI{name: fmt.Sprintf("n%d", p.m.next()), group: pick(p.Rand, groups[:2])}
	for _, i := range p.Perm(len(subnets))[:pick(p.Rand, []int{1, 2, 2, 3})] {
		e.subnets = append(e.subnets, subnets[i].id)
	}
	e.deviceIndex = pick(p.Rand, []int32{0, 0, 1, 2, 3})
	e.count = pick(p.Rand, []int32{0, 0, 0, 1, 2})
	e.deleteOnTermination = p.maybe()
	return e
}

// maybe returns true, false or unset.
func (p *planner) maybe() *bool {
	return pick(p.Rand, []*bool{nil, new(true), new(false)})
}

func (p *planner) deleteNodeENI() bool {
	if len(p.m.nodeENIs) < 2 {
		return false
	}
	name := pick(p.Rand, sorted(p.m.nodeENIs))
	p.add(step{what: "delete NodeENI " + name, do: func(ctx context.Context, w *world) error { return w.deleteNodeENI(ctx, name) }},
		func() { delete(p.m.nodeENIs, name) })
	return true
}

// createAndDeleteNodeENI deletes ENIs while they are being created, with or without
// killing the provider between.
func (p *planner) createAndDeleteNodeENI() bool {
	if !p.createNodeENI() {
		return false
	}
	if p.IntN(3) > 0 {
		p.kill()
	}
	p.deleteYoungest()
	return true
}

func (p *planner) deleteYoungest() {
	names := sorted(p.m.nodeENIs)
	name := slices.MaxFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	p.add(step{what: "delete NodeENI " + name + " again", do: func(ctx context.Context, w *world) error { return w.deleteNodeENI(ctx, name) }},
		func() { delete(p.m.nodeENIs, name) })
}

// createSlowly kills the provider while a create is in progress in EC2. EC2 completes
// it after the restarted provider has searched for the ENI, or also after the
// deletion of its object.
func (p *planner) createSlowly() bool {
	if !p.createAndKill() {
		return false
	}
	if p.IntN(2) == 0 {
		p.deleteYoungest()
	}
	return true
}

// createAndKill kills the provider while a create for a new NodeENI is in
// progress in EC2.
func (p *planner) createAndKill() bool {
	if len(p.m.nodeENIs) >= maxNodeENIs {
		return false
	}
	begun := p.slowCreate()
	if !p.createNodeENI() {
		return false
	}
	p.killDuringCreate(begun)
	p.startProvider()
	return true
}

// slowCreate delays creates in EC2 by a few seconds. The returned function reports
// whether one has begun.
func (p *planner) slowCreate() (begun func() bool) {
	return p.inject(ec2emulator.Fault{Action: createAction, Count: 1 + p.IntN(3), Delay: time.Duration(2000+p.IntN(1500)) * time.Millisecond})
}

// killDuringCreate kills the provider during a create and does not restart it.
func (p *planner) killDuringCreate(begun func() bool) {
	after := time.Duration(p.IntN(100)) * time.Millisecond
	p.add(step{what: killed + " " + after.String() + " after EC2 has begun on a create", do: func(ctx context.Context, w *world) error {
		for end := time.Now().Add(3 * time.Second); !begun() && time.Now().Before(end) && ctx.Err() == nil; {
			sleep(ctx, 5*time.Millisecond)
		}
		sleep(ctx, after)
		w.leader().kill()
		return nil
	}}, nil)
}

// startProvider starts the provider again.
func (p *planner) startProvider() {
	p.add(step{what: "start the provider", do: func(_ context.Context, w *world) error { return w.startAll() }}, nil)
}

func (p *planner) relabel() bool {
	n := p.m.nodes[pick(p.Rand, sorted(p.m.nodes))]
	before, after := n.group, pick(p.Rand, groups)
	if before == after || !p.fits(func() { n.group = after }, func() { n.group = before }) {
		return false
	}
	name := n.name
	p.add(step{
		what: fmt.Sprintf("move node %s to group %s", name, after),
		do:   func(ctx context.Context, w *world) error { return w.setGroup(ctx, name, after) },
	}, func() { n.group = after })
	return true
}

// changeSelector changes the node selector of a NodeENI.
func (p *planner) changeSelector() bool {
	if len(p.m.nodeENIs) == 0 {
		return false
	}
	e := p.m.nodeENIs[pick(p.Rand, sorted(p.m.nodeENIs))]
	before, after := e.group, pick(p.Rand, groups)
	if before == after || after == "none" || !p.fits(func() { e.group = after }, func() { e.group = before }) {
		return false
	}
	name := e.name
	p.add(step{
		what: fmt.Sprintf("change the selector of NodeENI %s to group %s", name, after),
		do:   func(ctx context.Context, w *world) error { return w.setSelector(ctx, name, after) },
	}, func() { e.group = after })
	return true
}

// mistypeSelector changes the selector of a NodeENI to match no node for a while. The
// provider must not release ENIs of several nodes. It is the first step of a round
// that starts in a converged world: all nodes are Ready and have their ENIs.
func (p *planner) mistypeSelector() bool {
	for _, name := range sorted(p.m.nodeENIs) {
		e := p.m.nodeENIs[name]
		on := map[string]bool{}
		for _, x := range p.m.expected() {
			if x.nodeENI == name {
				on[x.node] = true
			}
		}
		if len(on) < 2 {
			continue
		}
		group := e.group
		p.add(step{
			what: "the selector of NodeENI " + name + " is mistyped",
			do:   func(ctx context.Context, w *world) error { return w.setSelector(ctx, name, "typo") },
		}, nil)
		if p.IntN(3) == 0 {
			p.kill()
		}
		p.pause(time.Duration(200+p.IntN(2000)) * time.Millisecond)
		p.add(step{
			what: "the selector of NodeENI " + name + " is corrected",
			do:   func(ctx context.Context, w *world) error { return w.setSelector(ctx, name, group) },
		}, nil)
		return true
	}
	return false
}

func (p *planner) addNode() bool {
	if len(p.m.nodes) >= maxNodes {
		return false
	}
	n := &modelNode{name: fmt.Sprintf("node-%d", p.m.next()), zone: testbed.ZoneA, group: pick(p.Rand, groups)}
	if p.IntN(3) == 0 {
		n.zone = testbed.ZoneB
	}
	if !p.fits(func() { p.m.nodes[n.name] = n }, func() { delete(p.m.nodes, n.name) }) {
		n.group = "none"
	}
	made := *n
	p.add(step{
		what: fmt.Sprintf("add node %s of group %s in %s", n.name, n.group, n.zone),
		do:   func(ctx context.Context, w *world) error { return w.addNode(ctx, made) },
	}, func() { p.m.nodes[n.name] = n })
	return true
}
