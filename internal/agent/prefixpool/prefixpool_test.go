// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package prefixpool

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	cool  = 2 * time.Minute
	guard = DefaultGuard
)

func nth(i int) netip.Prefix { return netip.MustParsePrefix(fmt.Sprintf("10.0.1.%d/28", 16*i)) }

// addresses returns the first n addresses of a prefix.
func addresses(p netip.Prefix, n int) []netip.Addr {
	var out []netip.Addr
	for a := p.Addr(); n > 0; a, n = a.Next(), n-1 {
		out = append(out, a)
	}
	return out
}

func TestDecide(t *testing.T) {
	pool := Pool{Min: 1, Max: 3, MinFree: 4, CoolDown: cool, Guard: guard}
	offered := func(netip.Prefix) bool { return false }
	// A step is one decision, after a time.
	type step struct {
		after     time.Duration
		assigned  []netip.Prefix
		allocated []netip.Addr
		idle      []netip.Prefix
		offered   bool

		active  []netip.Prefix
		desired int
		retired []netip.Prefix
		next    time.Duration
	}
	one, two := []netip.Prefix{nth(1)}, []netip.Prefix{nth(1), nth(2)}
	cases := map[string]struct {
		reason string
		pool   Pool
		steps  []step
	}{
		"Enough": {reason: "With free addresses above the low-water mark nothing changes.", pool: pool, steps: []step{
			{assigned: one, allocated: addresses(nth(1), 12), active: one, desired: 1},
		}},
		"Grow": {reason: "Below the low-water mark one more prefix is requested.", pool: pool, steps: []step{
			{assigned: one, allocated: addresses(nth(1), 13), active: one, desired: 2},
			{assigned: two, allocated: addresses(nth(1), 13), active: two, desired: 2},
		}},
		"Full": {reason: "A pool never exceeds its largest size.", pool: Pool{Min: 1, Max: 1, MinFree: 4, Guard: guard}, steps: []step{
			{assigned: one, allocated: addresses(nth(1), 16), active: one, desired: 1},
		}},
		"Return": {reason: "An unused prefix is withdrawn after the cool-down, and idle after the guard.", pool: pool, steps: []step{
			{assigned: two, active: two, desired: 2, next: cool},
			{after: cool, assigned: two, active: one, desired: 2, next: guard},
			{after: guard, assigned: two, active: one, desired: 1, retired: []netip.Prefix{nth(2)}},
			{assigned: two, idle: []netip.Prefix{nth(2)}, active: one, desired: 1, retired: []netip.Prefix{nth(2)}},
			{assigned: one, active: one, desired: 1},
		}},
		"Needed": {reason: "A withdrawn prefix that is needed is active again.", pool: pool, steps: []step{
			{assigned: two, active: two, desired: 2, next: cool},
			{after: cool, assigned: two, active: one, desired: 2, next: guard},
			{after: guard / 2, assigned: two, allocated: addresses(nth(1), 13), active: two, desired: 2},
			{after: guard, assigned: two, allocated: addresses(nth(1), 13), active: two, desired: 2},
		}},
		"IdleNeeded": {reason: "An idle prefix is not active again: another prefix is requested.", pool: pool, steps: []step{
			{assigned: two, idle: []netip.Prefix{nth(2)}, allocated: addresses(nth(1), 13), active: one, desired: 2, retired: []netip.Prefix{nth(2)}},
		}},
		"LateAllocation": {reason: "A pod that read the configuration before the withdrawal keeps its prefix.", pool: pool, steps: []step{
			{assigned: two, active: two, desired: 2, next: cool},
			{after: cool, assigned: two, active: one, desired: 2, next: guard},
			{after: time.Minute, assigned: two, allocated: addresses(nth(2), 1), active: two, desired: 2, next: cool}, // of the other prefix
		}},
		"StillOffered": {reason: "The guard begins when the configuration was written.", pool: pool, steps: []step{
			{assigned: two, active: two, desired: 2, next: cool},
			{after: cool, assigned: two, offered: true, active: one, desired: 2, next: guard},
			{after: guard, assigned: two, offered: true, active: one, desired: 2, next: guard},
			{after: guard, assigned: two, active: one, desired: 1, retired: []netip.Prefix{nth(2)}},
		}},
		"CoolDownStartsAgain": {reason: "A prefix that is used during the cool-down starts it again.", pool: pool, steps: []step{
			{assigned: two, active: two, desired: 2, next: cool},
			{after: cool / 2, assigned: two, allocated: addresses(nth(2), 1), active: two, desired: 2, next: cool},
			{after: cool / 2, assigned: two, active: two, desired: 2, next: cool},
		}},
		"Min": {reason: "The smallest size is kept.", pool: Pool{Min: 2, Max: 3, MinFree: 4, Guard: guard}, steps: []step{
			{assigned: two, active: two, desired: 2},
		}},
		"Lowered": {reason: "A prefix beyond a lowered largest size is withdrawn once it is unused.", pool: Pool{Min: 1, Max: 1, MinFree: 20, Guard: guard}, steps: []step{
			{assigned: two, allocated: addresses(nth(2), 1), active: []netip.Prefix{nth(2)}, desired: 2, next: guard},
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, now := &State{}, time.Unix(1e9, 0)
			for i, st := range tc.steps {
				now = now.Add(st.after)
				o := Observation{Prefixes: st.assigned, Allocated: st.allocated, Idle: st.idle, Offered: offered, Now: now}
				if st.offered {
					o.Offered = func(netip.Prefix) bool { return true }
				}
				want := Decision{Active: st.active, Desired: st.desired, Idle: st.retired, RequeueAfter: st.next}
				compare := cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
				if diff := cmp.Diff(want, s.Decide(tc.pool, o), compare); diff != "" {
					t.Errorf("%s Step %d: -want, +got:\n%s", tc.reason, i, diff)
				}
			}
		})
	}
}

// TestNoAddressTwice runs a node, pods and EC2 for hours at random: pods read the
// configuration up to four minutes before they allocate, the provider acts on old reports,
// EC2 assigns a returned prefix to the ENI again or to another ENI, and the agent restarts.
// No pod has an address that is not assigned to its ENI.
func TestNoAddressTwice(t *testing.T) {
	most, returned := 0, 0
	for seed := range uint64(60) {
		w := newWorld(seed, guard)
		if bad := w.run(); bad != "" {
			t.Fatal(bad)
		}
		most, returned = max(most, w.most), returned+w.returned
	}
	if most < 4 || returned < 60 {
		t.Errorf("The pools grew to %d prefixes and returned %d: the test shows nothing.", most, returned)
	}
}

// TestGuard runs the same without the guard, and with a shorter guard than the start of a pod:
// pods then have addresses that are not assigned.
func TestGuard(t *testing.T) {
	for _, short := range []time.Duration{0, time.Minute} {
		found := false
		for seed := range uint64(60) {
			found = found || newWorld(seed, short).run() != ""
		}
		if !found {
			t.Errorf("With a guard of %s, TestNoAddressTwice finds nothing.", short)
		}
	}
}

type start struct {
	at      time.Time
	offered []netip.Prefix
}

// A world is a node with a pool, and EC2.
type world struct {
	seed  uint64
	r     *rand.Rand
	now   time.Time
	pool  Pool
	state *State

	assigned []netip.Prefix // in EC2
	seen     []netip.Prefix // in the spec of the HostInterface
	file     []netip.Prefix
	idle     []netip.Prefix // in the status
	desired  int
	pods     map[netip.Addr]bool
	starting []start

	most, returned int
}

func newWorld(seed uint64, guard time.Duration) *world {
	return &world{
		seed: seed, r: rand.New(rand.NewPCG(seed, seed)), now: time.Unix(1e9, 0), state: &State{}, pods: map[netip.Addr]bool{},
		pool: Pool{Min: 1, Max: 6, MinFree: 4, CoolDown: time.Minute, Guard: guard}, assigned: []netip.Prefix{nth(1)}, seen: []netip.Prefix{nth(1)},
	}
}

// run runs the world, and returns the problem of the first pod with a wrong address, or "".
func (w *world) run() string {
	for range 600 {
		w.step()
		if bad := w.check(); bad != "" {
			return fmt.Sprintf("seed %d after %s: %s", w.seed, w.now.Sub(time.Unix(1e9, 0)), bad)
		}
	}
	return ""
}

func (w *world) step() {
	w.now = w.now.Add(time.Duration(w.r.IntN(40)) * time.Second)
	switch w.r.IntN(10) {
	case 0, 1:
		for range w.r.IntN(12) {
			w.starting = append(w.starting, start{at: w.now.Add(time.Duration(w.r.IntN(240)) * time.Second), offered: slices.Clone(w.file)})
		}
	case 2:
		for a := range w.pods {
			if w.r.IntN(2) == 0 {
				delete(w.pods, a)
			}
		}
	case 3:
		w.provide()
	case 4:
		w.seen = slices.Clone(w.assigned) // the report of EC2 arrives late
	case 5:
		if w.r.IntN(5) == 0 {
			w.state = &State{} // a restart of the agent
		}
	default:
		w.reconcile()
	}
	w.allocate()
}

// allocate completes the starts of pods that are due.
func (w *world) allocate() {
	w.starting = slices.DeleteFunc(w.starting, func(s start) bool {
		if s.at.After(w.now) {
			return false
		}
		for _, p := range s.offered {
			for _, a := range addresses(p, addressesOfPrefix) {
				if !w.pods[a] {
					w.pods[a] = true
					return true
				}
			}
		}
		return true // no free address: the kubelet starts the pod again
	})
}

// reconcile is the agent: it decides, writes the file, and reports.
func (w *world) reconcile() {
	var allocated []netip.Addr
	for a := range w.pods {
		allocated = append(allocated, a)
	}
	idle := slices.DeleteFunc(slices.Clone(w.idle), func(p netip.Prefix) bool { return !slices.Contains(w.seen, p) })
	d := w.state.Decide(w.pool, Observation{
		Prefixes: w.seen, Allocated: allocated, Idle: idle, Now: w.now, Offered: func(p netip.Prefix) bool { return slices.Contains(w.file, p) },
	})
	w.file, w.idle, w.desired = d.Active, d.Idle, d.Desired
	w.most = max(w.most, len(d.Active))
}

// provide is the provider: it unassigns idle prefixes by the current report, and assigns
// others. EC2 prefers the prefix that was returned last.
func (w *world) provide() {
	active := len(w.assigned) - len(w.idle)
	if active >= w.desired {
		before := len(w.assigned)
		w.assigned = slices.DeleteFunc(w.assigned, func(p netip.Prefix) bool { return slices.Contains(w.idle, p) })
		w.returned += before - len(w.assigned)
	}
	for i := 1; i < 15 && len(w.assigned) < w.desired; i++ {
		if p := nth(i); !slices.Contains(w.assigned, p) {
			w.assigned = append(w.assigned, p)
		}
	}
}

// check returns the problem of a pod whose address is not assigned to the ENI, or "".
func (w *world) check() string {
	for a := range w.pods {
		if !slices.ContainsFunc(w.assigned, func(p netip.Prefix) bool { return p.Contains(a) }) {
			return fmt.Sprintf("a pod has %s, and EC2 has assigned %v", a, w.assigned)
		}
	}
	return ""
}
