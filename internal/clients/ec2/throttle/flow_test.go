// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A queued is a call that waits; it arrives after a number of calls were served.
type queued struct {
	after int
	owner string
	flow  Flow
	p     Priority
}

// serve returns the order in which the calls get their tokens.
func serve(t *testing.T, calls []queued) string {
	t.Helper()
	var out []string
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(0.02) // one call, then one in ten seconds
		l.Take(key, Request{Owner: "first", Flow: Flow{Name: "other"}})
		waiting := map[string]Request{}
		for len(out) < len(calls) {
			for _, c := range calls {
				if c.after == len(out) && !strings.Contains(strings.Join(out, " ")+" ", c.owner+" ") {
					waiting[c.owner] = Request{Owner: c.owner, Flow: c.flow, Priority: c.p}
				}
			}
			for _, c := range calls { // in their order: all have a position before the next token
				if r, ok := waiting[c.owner]; ok {
					l.Take(key, r)
				}
			}
			time.Sleep(10 * time.Second)
			for owner, r := range waiting {
				if l.Take(key, r) == 0 {
					out = append(out, owner)
					delete(waiting, owner)
				}
			}
		}
	})
	return strings.Join(out, " ")
}

func TestFlows(t *testing.T) {
	of := func(name, node string) Flow { return Flow{Name: name, Node: node} }
	cases := map[string]struct {
		reason string
		calls  []queued
		want   string
	}{
		"Nodes": {
			reason: "A node is completed before the next one, in the order of their first calls.",
			calls:  []queued{{owner: "a1", flow: of("x", "a")}, {owner: "b1", flow: of("x", "b")}, {owner: "c1", flow: of("x", "c")}, {owner: "b2", flow: of("x", "b")}, {owner: "a2", flow: of("x", "a")}},
			want:   "a1 a2 b1 b2 c1",
		},
		"LateCall": {
			reason: "A later call for a node precedes the calls for nodes that are not served yet.",
			calls:  []queued{{owner: "a1", flow: of("x", "a")}, {owner: "b1", flow: of("x", "b")}, {owner: "c1", flow: of("x", "c")}, {owner: "a2", flow: of("x", "a"), after: 1}},
			want:   "a1 a2 b1 c1",
		},
		"TwoFlows": {
			reason: "Two flows, such as two zones, take turns.",
			calls:  []queued{{owner: "a1", flow: of("x", "a")}, {owner: "b1", flow: of("x", "b")}, {owner: "c1", flow: of("x", "c")}, {owner: "k1", flow: of("y", "k")}, {owner: "l1", flow: of("y", "l")}, {owner: "m1", flow: of("y", "m")}},
			want:   "a1 k1 b1 l1 c1 m1",
		},
		"NewFlow": {
			reason: "A flow that begins later takes turns from then on: it does not precede the others until it has caught up.",
			calls: []queued{
				{owner: "a1", flow: of("x", "a")},
				{owner: "b1", flow: of("x", "b")},
				{owner: "c1", flow: of("x", "c")},
				{owner: "d1", flow: of("x", "d")},
				{owner: "k1", flow: of("y", "k"), after: 2},
				{owner: "l1", flow: of("y", "l"), after: 2},
				{owner: "m1", flow: of("y", "m"), after: 2},
			},
			want: "a1 b1 k1 c1 l1 d1 m1",
		},
		"Urgent": {
			reason: "A node for which pods wait precedes others.",
			calls:  []queued{{owner: "a1", flow: of("x", "a")}, {owner: "b1", flow: of("x", "b")}, {owner: "k1", flow: Flow{Name: "y", Node: "k", Urgent: true}}, {owner: "k2", flow: Flow{Name: "y", Node: "k", Urgent: true}}},
			want:   "k1 k2 a1 b1",
		},
		"Failed": {
			reason: "Calls that failed before, and the others, take turns: neither delays the other for long.",
			calls: []queued{
				{owner: "a1", flow: of("x", "a")},
				{owner: "b1", flow: of("x", "b")},
				{owner: "a2", flow: Flow{Name: "x", Node: "a", Failed: true}, after: 1},
				{owner: "c2", flow: Flow{Name: "x", Node: "c", Failed: true}, after: 1},
				{owner: "d2", flow: Flow{Name: "x", Node: "d", Failed: true}, after: 1},
				{owner: "e1", flow: of("x", "e"), after: 2},
			},
			want: "a1 a2 b1 c2 d2 e1",
		},
		"Priority": {
			reason: "A higher priority precedes all flows.",
			calls:  []queued{{owner: "a1", flow: Flow{Name: "x", Node: "a", Urgent: true}, p: PriorityAttach}, {owner: "b1", flow: of("x", "b"), p: PriorityRelease}},
			want:   "b1 a1",
		},
		"NoFlow": {
			reason: "Calls without a flow are served in their order.",
			calls:  []queued{{owner: "a"}, {owner: "b"}, {owner: "c"}},
			want:   "a b c",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := serve(t, tc.calls); got != tc.want {
				t.Errorf("\n%s\ngot %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

// TestCreationWaitsForAttachments verifies that creations do not run ahead of the attachments that
// precede theirs.
func TestCreationWaitsForAttachments(t *testing.T) {
	create := key
	create.Action = actionCreate
	attaches := Flow{Name: "x", Attaches: true}
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1) // 50 attachments, then 5 a second; 100 creations
		for i := range 50 {
			r := Request{Owner: fmt.Sprint(i), Flow: Flow{Name: "x", Node: fmt.Sprint(i), Attaches: true}, Priority: PriorityAttach}
			if l.Take(create, r) > 0 || l.Take(key, r) > 0 {
				t.Fatal("\nWhile attachments have tokens, creations do not wait.")
			}
		}
		var got []time.Duration
		for i := range 40 { // calls of 8 seconds wait
			l.Take(key, Request{Owner: fmt.Sprint("waiting-", i), Flow: Flow{Name: "x"}, Priority: PriorityAttach})
		}
		got = append(got,
			l.Take(create, Request{Owner: "a", Flow: attaches}),
			l.Take(create, Request{Owner: "b", Flow: attaches}),
			l.Take(create, Request{Owner: "alone", Flow: Flow{Name: "y"}}),
			l.Take(create, Request{Owner: "urgent", Flow: Flow{Name: "z", Attaches: true, Urgent: true}}),
			l.Take(create, Request{Owner: "other flow", Flow: Flow{Name: "z", Attaches: true}}),
		)
		time.Sleep(3 * time.Second)
		for i := range 15 {
			if l.Take(key, Request{Owner: fmt.Sprint("waiting-", i), Flow: Flow{Name: "x"}, Priority: PriorityAttach}) > 0 {
				t.Fatal("an attachment waits longer than its time")
			}
		}
		got = append(got, l.Take(create, Request{Owner: "a", Flow: attaches}))
		if diff := cmp.Diff([]time.Duration{3 * time.Second, 3200 * time.Millisecond, 0, 0, 0, 0}, got); diff != "" {
			t.Errorf("\nCreations wait until the attachments of 5 s precede theirs. A creation without an attachment does not, nor one whose attachment is urgent, or in another flow.\n-want, +got:\n%s", diff)
		}
	})
}

// TestRanks verifies the ranks of calls.
func TestRanks(t *testing.T) {
	now := time.Unix(0, 0)
	call := func(f *flows, flow, node, owner string) uint64 {
		return f.join(Request{Owner: owner, Flow: Flow{Name: flow, Node: node}}, now)
	}
	served := func(f *flows, flow, node, owner string) {
		f.serve(call(f, flow, node, owner))
		f.leave(flowNode{flow, node})
	}
	cases := map[string]struct {
		reason string
		ranks  func(f *flows) []uint64
		want   []uint64
	}{
		"Owners": {
			reason: "All objects of a node have its rank, also after it was served.",
			ranks: func(f *flows) []uint64 {
				a := call(f, "x", "a", "1")
				b := call(f, "x", "b", "2")
				f.serve(a)
				return []uint64{a, b, call(f, "x", "a", "3"), call(f, "x", "a", "4"), call(f, "x", "c", "5")}
			},
			want: []uint64{1, 2, 1, 1, 3},
		},
		"Repeated": {
			reason: "A call that is repeated again and again takes other turns.",
			ranks: func(f *flows) []uint64 {
				call(f, "x", "b", "2")
				var out []uint64
				for range 2*callsPerOwner + 1 {
					out = append(out, call(f, "x", "a", "1"))
				}
				return out
			},
			want: []uint64{2, 2, 2, 3, 3, 3, 4},
		},
		"Failed": {
			reason: "Calls that failed take turns of their own, and the others do not wait for them.",
			ranks: func(f *flows) []uint64 {
				served(f, "x", "a", "1")
				call(f, "x", "b", "2")
				var out []uint64
				for range 3 {
					out = append(out, f.join(Request{Owner: "1", Flow: Flow{Name: "x", Node: "a", Failed: true}}, now))
				}
				return append(out, call(f, "x", "c", "3"))
			},
			want: []uint64{1, 2, 3, 3},
		},
		"Idle": {
			reason: "A flow that had no calls for a time does not catch up.",
			ranks: func(f *flows) []uint64 {
				served(f, "x", "a", "1")
				for i := range 9 {
					served(f, "y", fmt.Sprint(i), fmt.Sprint(i))
				}
				return []uint64{call(f, "x", "b", "2"), call(f, "x", "c", "3")}
			},
			want: []uint64{9, 10},
		},
		"Abandoned": {
			reason: "A flow does not pay for calls that were never made.",
			ranks: func(f *flows) []uint64 {
				served(f, "x", "a", "1")
				call(f, "x", "b", "2")
				call(f, "x", "c", "3")
				f.leave(flowNode{"x", "b"})
				f.leave(flowNode{"x", "c"})
				return []uint64{call(f, "x", "d", "4"), call(f, "x", "c", "3")}
			},
			want: []uint64{2, 3},
		},
		"Waiting": {
			reason: "The rank of a node is kept while the node waits, however long that takes.",
			ranks: func(f *flows) []uint64 {
				call(f, "x", "a", "1")
				b := call(f, "x", "b", "2")
				call(f, "x", "c", "3")
				f.purge(now.Add(10 * flowTTL))
				return []uint64{b, call(f, "x", "b", "4")}
			},
			want: []uint64{2, 2},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.ranks(newFlows())); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestWaitIsBounded verifies that a waiter does not wait as if EC2 throttled for ever.
func TestWaitIsBounded(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBucket(Rate{Burst: 1, PerSecond: 5}, 5, now)
	b.tokens, b.pace.from, b.pace.goal, b.pace.grown = 0, minPace*5, minPace*5, 0
	var last time.Duration
	for i := range 1000 {
		last, _ = b.take(Request{Owner: fmt.Sprint(i)}, now, noHold)
	}
	if want := 69*time.Second + 200*time.Second; last.Round(time.Second) != want {
		t.Errorf("\nThe rate recovers within 90 s, and 1,000 calls take 69 s longer. At the full rate 1,000 calls take 200 s.\nthe last waits for %s, want %s", last, want)
	}
}

// TestFlowsAreForgotten verifies that a queue does not keep the nodes of past rollouts.
func TestFlowsAreForgotten(t *testing.T) {
	now := time.Unix(0, 0)
	f := newFlows()
	for i := range 100 {
		r := Request{Owner: fmt.Sprint(i), Flow: Flow{Name: fmt.Sprint("flow-", i%3), Node: fmt.Sprint("node-", i)}}
		f.serve(f.join(r, now))
		f.leave(r.Flow.key())
	}
	f.join(Request{Flow: Flow{Name: "new"}}, now.Add(2*flowTTL))
	if len(f.nodes) != 0 || len(f.last) != 1 {
		t.Errorf("\nRanks that were not used for %s are removed.\n%d nodes and %d flows are left, want 0 and 1", flowTTL, len(f.nodes), len(f.last))
	}
}
