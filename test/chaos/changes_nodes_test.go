package chaos

import (
	"context"
	"fmt"
)

// leave takes a node and the pairs on it out of the model. Pairs have to be
// deleted by whoever wrote them.
func (p *planner) leave(name string) (pairs []string) {
	for _, x := range p.m.pairsOn(name) {
		pairs = append(pairs, x.name)
	}
	return pairs
}

func (p *planner) forget(name string, pairs []string) {
	delete(p.m.nodes, name)
	for _, x := range pairs {
		delete(p.m.pairs, x)
	}
}

// deleteNode deletes a Node whose instance goes on: its ENIs go too, after the
// grace period.
func (p *planner) deleteNode() bool {
	if len(p.m.nodes) <= leastNodes {
		return false
	}
	name := pick(p.Rand, sorted(p.m.nodes))
	pairs := p.leave(name)
	p.add(step{
		what: fmt.Sprintf("delete node %s, its instance runs on; delete pairs %v", name, pairs), unwell: []string{name},
		do: func(ctx context.Context, w *world) error {
			if err := w.deleteNode(ctx, name); err != nil {
				return err
			}
			return w.deletePairs(ctx, pairs, 0)
		},
	}, func() { p.forget(name, pairs) })
	return true
}

// terminateNode terminates an instance; its Node stays for a while or not.
func (p *planner) terminateNode() bool {
	if len(p.m.nodes) <= leastNodes {
		return false
	}
	name := pick(p.Rand, sorted(p.m.nodes))
	pairs := p.leave(name)
	p.add(step{
		what: "terminate the instance of node " + name, unwell: []string{name},
		do: func(ctx context.Context, w *world) error { return w.terminate(ctx, name) },
	}, func() { p.forget(name, pairs) })
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

// replaceNode terminates an instance and has another one take the node's name.
func (p *planner) replaceNode() bool {
	name := pick(p.Rand, sorted(p.m.nodes))
	n := *p.m.nodes[name]
	pairs := p.leave(name)
	var children []key
	for k, w := range p.m.expected() {
		if w.node == name {
			children = append(children, k)
		}
	}
	p.add(step{
		what: fmt.Sprintf("replace node %s by one of the same name; delete pairs %v", name, pairs), unwell: []string{name},
		lets: children, // the same names for ENIs of another instance
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

// registerAgain has a kubelet register its node anew: another UID, the same
// instance. Its ENIs stay.
func (p *planner) registerAgain() bool {
	name := pick(p.Rand, sorted(p.m.nodes))
	p.add(step{
		what: "node " + name + " registers again",
		do:   func(ctx context.Context, w *world) error { return w.registerAgain(ctx, name) },
	}, nil)
	return true
}
