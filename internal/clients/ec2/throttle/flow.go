// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"hash/maphash"
	"maps"
	"slices"
	"time"
)

const (
	// flowTTL is how long a bucket keeps the rank of a node, and the last rank of a flow, after
	// the last call of it.
	flowTTL = 10 * time.Minute

	// flowPoll is how often unused ranks are removed.
	flowPoll = time.Minute

	// callsPerOwner is how many calls each object of a node makes in one turn of the flow, on
	// average. Calls that are repeated more often take another turn.
	callsPerOwner = 3
)

// A Flow orders the calls of one priority. Flows take turns, one node at a time. Within a flow, nodes
// are served in the order of their first calls, and all calls for a node precede those for the next
// one: a node is useful when it has all its ENIs.
type Flow struct {
	// Name of the flow. Calls without a name are one flow.
	Name string

	// Node for which the call is made. A call without a node is on its own.
	Node string

	// Urgent calls precede all other calls of the priority.
	Urgent bool

	// Failed is true if an earlier attempt failed. Such calls are a flow of their own, so that calls
	// that fail again and again, and the others, only delay each other by turns.
	Failed bool

	// Attaches is true if the ENI that CreateNetworkInterface creates is attached next. The call
	// waits while many calls to AttachNetworkInterface would precede that: an ENI that waits holds
	// an address.
	Attaches bool
}

// key returns the key of the flow and the node.
func (f Flow) key() flowNode {
	if f.Failed {
		return flowNode{flow: f.Name + "\x00failed"}
	}
	return flowNode{f.Name, f.Node}
}

// flows assigns ranks to the calls of a queue, by start-time fair queuing: a flow continues after its
// last rank, and not before the rank that is being served.
type flows struct {
	served uint64 // highest rank that got a token
	last   map[string]*rank
	nodes  map[flowNode]*rank
	purged time.Time
	seed   maphash.Seed // of the hashes of owners
}

// A flowNode is a node of a flow.
type flowNode struct{ flow, node string }

// A rank is the rank of a node, or the last rank of a flow.
type rank struct {
	rank uint64
	used time.Time
	// calls is how many calls have the rank of the node, or how many calls of the flow wait.
	calls int
	// owners are hashes of the owners of the node's calls.
	owners []uint64
}

// reusable reports whether another call of an owner can have the rank.
func (r *rank) reusable(owner uint64) bool {
	return !slices.Contains(r.owners, owner) || r.calls < callsPerOwner*len(r.owners)
}

func newFlows() *flows {
	return &flows{last: map[string]*rank{}, nodes: map[flowNode]*rank{}, seed: maphash.MakeSeed()}
}

func (f *flows) hash(owner string) uint64 { return maphash.String(f.seed, owner) }

// next returns the rank of the next call of a flow.
func (f *flows) next(key flowNode, owner string) uint64 {
	last := f.last[key.flow]
	if last == nil {
		return max(1, f.served)
	}
	if n := f.nodes[key]; n != nil && n.rank <= last.rank && n.reusable(f.hash(owner)) {
		return n.rank
	}
	return max(last.rank+1, f.served)
}

// join returns the rank of a call that begins to wait.
func (f *flows) join(r Request, now time.Time) uint64 {
	f.purge(now)
	key, owner := r.Flow.key(), f.hash(r.Owner)
	next := f.next(key, r.Owner)
	last := f.last[key.flow]
	if last == nil {
		last = &rank{}
		f.last[key.flow] = last
	}
	last.rank, last.used = max(last.rank, next), now
	last.calls++
	if key.node == "" {
		return next
	}
	n := f.nodes[key]
	if n == nil || n.rank != next {
		n = &rank{rank: next}
		f.nodes[key] = n
	}
	n.used = now
	n.calls++
	if !slices.Contains(n.owners, owner) {
		n.owners = append(n.owners, owner)
	}
	return next
}

// leave records that a call no longer waits. A flow does not pay for calls that were never made.
func (f *flows) leave(key flowNode) {
	last := f.last[key.flow]
	if last == nil {
		return
	}
	if last.calls--; last.calls <= 0 {
		last.calls, last.rank = 0, min(last.rank, f.served)
	}
}

// serve records that a call with a rank got a token.
func (f *flows) serve(r uint64) { f.served = max(f.served, r) }

// purge removes ranks that are not used.
func (f *flows) purge(now time.Time) {
	if now.Sub(f.purged) < flowPoll {
		return
	}
	f.purged = now
	unused := func(r *rank) bool { return now.Sub(r.used) > flowTTL && r.rank <= f.served }
	maps.DeleteFunc(f.last, func(_ string, r *rank) bool { return r.calls == 0 && unused(r) })
	maps.DeleteFunc(f.nodes, func(k flowNode, r *rank) bool {
		last := f.last[k.flow]
		return unused(r) || last == nil || r.rank > last.rank
	})
}
