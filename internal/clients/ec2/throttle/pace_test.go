// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// An account has EC2's token bucket of one action, which a neighbour uses as well.
type account struct {
	perSecond float64
	neighbour float64 // calls per second of the neighbour

	tokens, calls float64
	updated       time.Time
	available     float64 // tokens that the neighbour has not used
}

// advance adds tokens, and has the neighbour make its calls.
func (a *account) advance(now time.Time) {
	d := now.Sub(a.updated).Seconds()
	a.updated = now
	a.tokens = min(50, a.tokens+a.perSecond*d)
	a.available += (a.perSecond - a.neighbour) * d
	for a.calls += a.neighbour * d; a.calls >= 1; a.calls-- {
		if a.tokens >= 1 {
			a.tokens--
		}
	}
}

func (a *account) call(now time.Time) bool {
	a.advance(now)
	if a.tokens < 1 {
		return false
	}
	a.tokens--
	return true
}

// An outcome is what a client got in a time.
type outcome struct {
	answered, throttled int
	available           float64
}

func (o outcome) utilization() float64 { return float64(o.answered) / o.available }

func (o outcome) throttledShare() float64 {
	return float64(o.throttled) / float64(max(1, o.throttled+o.answered))
}

// saturate makes as many calls for a time as the limiter allows, each with a latency of 200 ms.
func saturate(l *Limiter, a *account, d time.Duration) outcome {
	var o outcome
	before, until := a.available, time.Now().Add(d)
	for i := 0; time.Now().Before(until); i++ {
		wait := l.Take(key, Request{Owner: "a", Priority: PriorityAttach})
		// Another call always waits.
		l.Take(key, Request{Owner: "b", Priority: PriorityGarbage})
		if wait > 0 {
			time.Sleep(min(wait, 200*time.Millisecond))
			a.advance(time.Now())
			continue
		}
		sent := time.Now()
		ok := a.call(sent)
		if ok {
			o.answered++
		} else {
			o.throttled++
		}
		time.AfterFunc(200*time.Millisecond, func() {
			if ok {
				l.Answered(key)
			} else {
				l.Throttled(key, sent)
			}
		})
	}
	a.advance(time.Now())
	o.available = a.available - before
	return o
}

// TestPace saturates a bucket of EC2 whose rate differs from the published one.
func TestPace(t *testing.T) {
	cases := map[string]struct {
		reason   string
		adaptive bool
		raise    float64 // of the published rate
		// The neighbour uses a random share from 0 to 90 % of the rate, for 30 to 90 s each.
		noise bool
		// settle is the time before the throughput is measured.
		settle time.Duration
	}{
		"Raised":   {reason: "A rate that AWS has raised is found within a minute.", adaptive: true, raise: 4, settle: time.Minute},
		"Lowered":  {reason: "A rate that AWS has lowered is found within a minute.", raise: 1. / 3, settle: time.Minute},
		"Adaptive": {reason: "The same with the permission to exceed the share.", adaptive: true, raise: 1. / 3, settle: time.Minute},
		"Noise":    {reason: "The rate that a neighbour leaves is used.", adaptive: true, raise: 1, noise: true},
	}
	for name, tc := range cases {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					random := rand.New(rand.NewPCG(seed, 1))
					l := NewLimiter(1)
					l.Adaptive = tc.adaptive
					a := &account{perSecond: 5, tokens: 50, updated: time.Now()}
					saturate(l, a, time.Minute)
					a.perSecond *= tc.raise
					saturate(l, a, tc.settle)
					var all outcome
					for range 60 {
						d := time.Minute
						if tc.noise {
							a.neighbour, d = a.perSecond*0.9*random.Float64(), 30*time.Second+time.Duration(random.Int64N(int64(time.Minute)))
						}
						o := saturate(l, a, d)
						all.answered, all.throttled, all.available = all.answered+o.answered, all.throttled+o.throttled, all.available+o.available
					}
					t.Logf("%.1f %% of the available calls, %.1f %% throttled", 100*all.utilization(), 100*all.throttledShare())
					if all.utilization() < 0.9 || all.throttledShare() >= 0.02 {
						t.Errorf("\n%s\n%.1f %% of the available calls, %.1f %% throttled", tc.reason, 100*all.utilization(), 100*all.throttledShare())
					}
				})
			})
		}
	}
}

// TestPaceRecovers ends the neighbour's calls.
func TestPaceRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1)
		a := &account{perSecond: 5, tokens: 50, updated: time.Now()}
		a.neighbour = 4.5
		saturate(l, a, 5*time.Minute)
		a.neighbour = 0
		saturate(l, a, time.Minute)
		if o := saturate(l, a, time.Minute); o.utilization() < 0.9 {
			t.Errorf("\nA minute after the end of a neighbour's calls the pace is the whole rate: %.1f %% of it", 100*o.utilization())
		}
	})
}

// TestPaceIdle makes few calls for an hour.
func TestPaceIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1)
		l.Adaptive = true
		for range 60 {
			l.Take(key, Request{Owner: "a", Priority: PriorityAttach})
			time.Sleep(time.Minute)
		}
		if got := l.States()[0].PerSecond; got != 5 {
			t.Errorf("\nThe rate does not grow while no call waits: a burst would then be throttled.\nPerSecond: %g, want 5", got)
		}
	})
}
