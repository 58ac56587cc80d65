// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
)

// pairNames returns the names of the pairs on a node. The step that removes the node
// must delete them, because no controller does.
func (p *planner) pairNames(name string) (pairs []string) {
	for _, x := range p.m.pairsOn(name) {
		pairs = append(pairs, x.name)
	}
	return pairs
}

func (p *planner) removeNode(name string, pairs []string) {
	delete(p.m.nodes, name)
	for _, x := range pairs {
		delete(p.m.pairs, x)
	}
}

// deleteNode deletes a Node whose instance keeps running. The provider must delete
// its ENIs after the grace period.
func (p *planner) deleteNode() bool {
	if len(p.m.nodes) <= minNodes {
		return false
	}
	name := pick(p.Rand, sorted(p.m.nodes))
	pairs := p.pairNames(name)
	p.add(step{
		what: fmt.Sprintf("delete node %s, its instance keeps running; delete pairs %v", name, pairs), unresponsive: []string{name},
		do: func(ctx context.Context, w *world) error {
			if err := w.deleteNode(ctx, name); err != nil {
				return err
			}
			return w.deletePairs(ctx, pairs, 0)
		},
	}, func() { p.removeNode(name, pairs) })
	return true
}

// terminateNode terminates an instance and deletes its Node, sometimes later.
func (p *planner) terminateNode() bool {
	if len(p.m.nodes) <= minNodes {
		return false
	}
	name := pick(p.Rand, sorted(p.m.nodes))
	pairs := p.pairNames(name)
	p.add(step{
		what: "terminate the instance of node " + name, unresponsive: []string{name},
		do: func(ctx context.Context, w *world) error { return w.terminate(ctx, name) },
	}, func() { p.removeNode(name, pairs) })
	if p.IntN(2) == 0 {
		p.kill()
	}
	order := p.IntN(3)
	p.add(step{
		what: fmt.Sprintf("delete node %s and pairs %v", name, pairs),
		do: func(ctx context.Context, w *world) error {
			if err := w.deleteNode(ctx, name); err != nil {
				return err
			}
			return w.deletePairs(ctx, pairs, order)
		},
	}, nil)
	return true
}

// replaceNode terminates an instance and adds another one with the same node name.
func (p *planner) replaceNode() bool {
	name := pick(p.Rand, sorted(p.m.nodes))
	n := *p.m.nodes[name]
	pairs := p.pairNames(name)
	var children []key
	for k, w := range p.m.expected() {
		if w.node == name {
			children = append(children, k)
		}
	}
	p.add(step{
		what: fmt.Sprintf("replace node %s by one of the same name; delete pairs %v", name, pairs), unresponsive: []string{name},
		deletes: children, // the new instance needs ENIs of the same keys
		do: func(ctx context.Context, w *world) error {
			for _, f := range []func(context.Context, string) error{w.terminate, w.deleteNode} {
				if err := f(ctx, name); err != nil {
					return err
				}
			}
			if err := w.addNode(ctx, n); err != nil {
				return err
			}
			return w.deletePairs(ctx, pairs, 0)
		},
	}, func() {
		p.m.nodes[name].instance++
		for _, x := range pairs {
			delete(p.m.pairs, x)
		}
	})
	return true
}

// registerAgain deletes a Node and registers it again with the same instance and
// another UID. Its ENIs must stay.
func (p *planner) registerAgain() bool {
	name := pick(p.Rand, sorted(p.m.nodes))
	p.add(step{
		what: "node " + name + " registers again",
		do:   func(ctx context.Context, w *world) error { return w.registerAgain(ctx, name) },
	}, nil)
	return true
}
