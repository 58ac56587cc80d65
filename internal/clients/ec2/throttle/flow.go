// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"maps"
	"time"
)

const (
	// flowTTL is how long a bucket keeps the rank of a node, and the last rank of a flow, after
	// the last call of it.
	flowTTL = 10 * time.Minute

	// flowPoll is how often unused ranks are removed.
	flowPoll = time.Minute
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

	// Failed is true if an earlier attempt failed. The call follows the waiting calls of the
	// flow, so that calls that fail again and again do not delay others.
	Failed bool

	// Attaches is true if the ENI that CreateNetworkInterface creates is attached next. The call
	// waits while many calls to AttachNetworkInterface wait: an ENI that waits holds an address.
	Attaches bool
}

// flows assigns ranks to the calls of a bucket, by start-time fair queuing: a flow continues after its
// last rank, and not before the rank that is being served.
type flows struct {
	served uint64 // highest rank that got a token
	last   map[string]*rank
	nodes  map[flowNode]*rank
	purged time.Time
}

// A flowNode is a node of a flow.
type flowNode struct{ flow, node string }

// A rank is the rank of a node, or the last rank of a flow.
type rank struct {
	rank uint64
	used time.Time
}

func newFlows() *flows {
	return &flows{last: map[string]*rank{}, nodes: map[flowNode]*rank{}}
}

// rank returns the rank of a call.
func (f *flows) rank(c Flow, now time.Time) uint64 {
	f.purge(now)
	key := flowNode{c.Name, c.Node}
	if n := f.nodes[key]; n != nil && !c.Failed {
		n.used = now
		return n.rank
	}
	last := f.last[c.Name]
	if last == nil {
		last = &rank{}
		f.last[c.Name] = last
	}
	last.rank, last.used = max(last.rank+1, f.served), now
	if c.Node != "" && !c.Failed {
		f.nodes[key] = &rank{rank: last.rank, used: now}
	}
	return last.rank
}

// serve records that a call with a rank got a token.
func (f *flows) serve(r uint64) { f.served = max(f.served, r) }

// purge removes ranks that are unused.
func (f *flows) purge(now time.Time) {
	if now.Sub(f.purged) < flowPoll {
		return
	}
	f.purged = now
	unused := func(r *rank) bool { return now.Sub(r.used) > flowTTL }
	maps.DeleteFunc(f.nodes, func(_ flowNode, r *rank) bool { return unused(r) })
	maps.DeleteFunc(f.last, func(_ string, r *rank) bool { return unused(r) && r.rank <= f.served })
}
