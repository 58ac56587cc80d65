// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package prefixpool decides which IPv4 prefixes of an ENI pods may use, how many the node
// needs, and which can be returned to the subnet. It is pure: its caller observes the
// allocations, and writes the decision.
//
//	active ──unused and not needed for CoolDown──▶ withdrawn ──unused for Guard──▶ idle
//	   ▲                                               │                            │
//	   └───────────────── needed ──────────────────────┘       the provider unassigns it
//
// An idle prefix is never active again before it was unassigned: the provider may be
// unassigning it at any moment. A pod can therefore never get an address that EC2 then
// gives to another ENI.
package prefixpool

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// DefaultGuard is the time between the withdrawal of a prefix and its return. A pod that is
// starting may have read the configuration before the withdrawal; the kubelet limits a start
// to four minutes.
const DefaultGuard = 5 * time.Minute

// Defaults of a pool.
const (
	DefaultMinFree  = 4
	DefaultCoolDown = 5 * time.Minute
)

// addressesOfPrefix is the number of addresses of a prefix that EC2 delegates.
const addressesOfPrefix = 16

// A Pool has the bounds of a pool, with defaults applied.
type Pool struct {
	Min, Max, MinFree int
	CoolDown, Guard   time.Duration
}

// A State is the state of a pool between decisions. A restart of the agent loses it, which
// only makes waiting times longer.
type State struct {
	surplus, withdrawn map[netip.Prefix]time.Time
}

// An Observation is what the agent observes.
type Observation struct {
	// Prefixes that EC2 has assigned to the ENI.
	Prefixes []netip.Prefix
	// Allocated are the addresses of pods.
	Allocated []netip.Addr
	// Idle are the prefixes that the status lists as idle.
	Idle []netip.Prefix
	// Offered reports whether the configuration that pods read has a prefix.
	Offered func(netip.Prefix) bool
	Now     time.Time
}

// A Decision is the result for one observation.
type Decision struct {
	// Active are the prefixes that pods may use.
	Active []netip.Prefix
	// Desired is the number of prefixes that the node needs, without idle ones.
	Desired int
	// Idle are the prefixes that can be unassigned.
	Idle []netip.Prefix
	// RequeueAfter is the time until the next change without an event; 0 if there is none.
	RequeueAfter time.Duration
}

// Decide returns the decision for an observation, and updates the state.
func (s *State) Decide(p Pool, o Observation) Decision {
	if s.surplus == nil {
		s.surplus, s.withdrawn = map[netip.Prefix]time.Time{}, map[netip.Prefix]time.Time{}
	}
	prefixes := slices.SortedFunc(slices.Values(o.Prefixes), comparePrefixes)
	used := map[netip.Prefix]int{}
	for _, a := range o.Allocated {
		for _, x := range prefixes {
			if x.Contains(a) {
				used[x]++
			}
		}
	}
	var d Decision
	var active, withdrawn []netip.Prefix
	free := 0
	for _, x := range prefixes {
		_, was := s.withdrawn[x]
		switch {
		case slices.Contains(o.Idle, x):
			d.Idle = append(d.Idle, x)
		case was && used[x] == 0:
			withdrawn = append(withdrawn, x)
		default:
			delete(s.withdrawn, x)
			active = append(active, x)
			free += addressesOfPrefix - used[x]
		}
	}
	for free < p.MinFree && len(withdrawn) > 0 {
		delete(s.withdrawn, withdrawn[0])
		active, withdrawn = append(active, withdrawn[0]), withdrawn[1:]
		free += addressesOfPrefix
	}
	grow := 0
	for free < p.MinFree && len(active)+len(withdrawn)+grow < p.Max {
		grow++
		free += addressesOfPrefix
	}
	if grow == 0 {
		active, withdrawn = s.withdraw(p, o.Now, active, withdrawn, used, free)
	} else {
		clear(s.surplus)
	}
	s.retire(p, o, withdrawn, &d)
	s.forget(prefixes)
	d.Active = slices.SortedFunc(slices.Values(active), comparePrefixes)
	d.Desired = max(p.Min, len(active)+len(s.withdrawn)+grow)
	d.RequeueAfter = s.next(p, o.Now)
	return d
}

// withdraw withdraws active prefixes that were unused and not needed for the cool-down, the
// highest first. At least Min prefixes stay.
func (s *State) withdraw(p Pool, now time.Time, active, withdrawn []netip.Prefix, used map[netip.Prefix]int, free int) (still, out []netip.Prefix) {
	left := len(active) + len(withdrawn)
	surplus := map[netip.Prefix]bool{}
	for _, x := range slices.Backward(slices.SortedFunc(slices.Values(active), comparePrefixes)) {
		if used[x] > 0 || left <= p.Min || len(active) == 1 || (left <= p.Max && free-addressesOfPrefix < p.MinFree) {
			continue
		}
		surplus[x] = true
		left--
		free -= addressesOfPrefix
		since, was := s.surplus[x]
		if !was {
			since = now
			s.surplus[x] = now
		}
		if now.Sub(since) < p.CoolDown {
			continue
		}
		active = slices.DeleteFunc(active, func(o netip.Prefix) bool { return o == x })
		withdrawn = append(withdrawn, x)
		s.withdrawn[x] = now
		delete(s.surplus, x)
	}
	for x := range s.surplus {
		if !surplus[x] {
			delete(s.surplus, x)
		}
	}
	return active, withdrawn
}

// retire makes withdrawn prefixes idle after the guard, which begins when the configuration
// has been written without them.
func (s *State) retire(p Pool, o Observation, withdrawn []netip.Prefix, d *Decision) {
	for _, x := range withdrawn {
		if o.Offered(x) {
			s.withdrawn[x] = o.Now
			continue
		}
		if o.Now.Sub(s.withdrawn[x]) >= p.Guard {
			d.Idle = append(d.Idle, x)
			delete(s.withdrawn, x)
		}
	}
	slices.SortFunc(d.Idle, comparePrefixes)
}

// forget drops the state of prefixes that are not assigned.
func (s *State) forget(assigned []netip.Prefix) {
	for _, m := range []map[netip.Prefix]time.Time{s.surplus, s.withdrawn} {
		for x := range m {
			if !slices.Contains(assigned, x) {
				delete(m, x)
			}
		}
	}
}

// next returns the time until the next cool-down or guard ends.
func (s *State) next(p Pool, now time.Time) time.Duration {
	var out time.Duration
	earliest := func(m map[netip.Prefix]time.Time, after time.Duration) {
		for _, since := range m {
			if left := max(since.Add(after).Sub(now), time.Millisecond); out == 0 || left < out {
				out = left
			}
		}
	}
	earliest(s.surplus, p.CoolDown)
	earliest(s.withdrawn, p.Guard)
	return out
}

func comparePrefixes(a, b netip.Prefix) int {
	return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
}
