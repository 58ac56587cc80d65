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
			reason: "A call that failed before follows the other calls of its flow, and does not delay other flows.",
			calls: []queued{
				{owner: "a1", flow: of("x", "a")},
				{owner: "b1", flow: of("x", "b")},
				{owner: "a2", flow: Flow{Name: "x", Node: "a", Failed: true}, after: 1},
				{owner: "k1", flow: of("y", "k"), after: 1},
			},
			want: "a1 k1 b1 a2",
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

// TestCreationWaitsForAttachments verifies that creations do not run ahead of attachments.
func TestCreationWaitsForAttachments(t *testing.T) {
	create := key
	create.Action = actionCreate
	attaches := Flow{Name: "x", Attaches: true}
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1) // 50 attachments, then 5 a second; 100 creations
		for i := range 50 {
			if l.Take(create, Request{Owner: fmt.Sprint(i), Flow: attaches}) > 0 || l.Take(key, Request{Owner: fmt.Sprint(i)}) > 0 {
				t.Fatal("\nWhile attachments have tokens, creations do not wait.")
			}
		}
		var got []time.Duration
		for i := range 40 { // calls of 8 seconds wait
			l.Take(key, Request{Owner: fmt.Sprint("waiting-", i)})
		}
		got = append(got,
			l.Take(create, Request{Owner: "a", Flow: attaches}),
			l.Take(create, Request{Owner: "b", Flow: attaches}),
			l.Take(create, Request{Owner: "alone", Flow: Flow{Name: "y"}}),
		)
		time.Sleep(3 * time.Second)
		for i := range 15 {
			if l.Take(key, Request{Owner: fmt.Sprint("waiting-", i)}) > 0 {
				t.Fatal("an attachment waits longer than its time")
			}
		}
		got = append(got, l.Take(create, Request{Owner: "a", Flow: attaches}))
		if diff := cmp.Diff([]time.Duration{3 * time.Second, 3200 * time.Millisecond, 0, 0}, got); diff != "" {
			t.Errorf("\nCreations wait until the attachments of 5 s wait. A creation without an attachment does not.\n-want, +got:\n%s", diff)
		}
	})
}

// TestFlowsAreForgotten verifies that a bucket does not keep the nodes of past rollouts.
func TestFlowsAreForgotten(t *testing.T) {
	now := time.Unix(0, 0)
	f := newFlows()
	for i := range 100 {
		f.serve(f.rank(Flow{Name: fmt.Sprint("flow-", i%3), Node: fmt.Sprint("node-", i)}, now))
	}
	f.rank(Flow{Name: "new"}, now.Add(2*flowTTL))
	if len(f.nodes) != 0 || len(f.last) != 1 {
		t.Errorf("\nRanks that were not used for %s are removed.\n%d nodes and %d flows are left, want 0 and 1", flowTTL, len(f.nodes), len(f.last))
	}
}
