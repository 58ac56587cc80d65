// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"math"
	"time"
)

const (
	// approach is the time from a throttled call until the pace is again the rate that EC2 granted
	// before it. It starts with the fraction caution of that rate.
	approach = 35 * time.Second
	caution  = 0.75

	// After approach, the pace exceeds that rate: it doubles within growth, and from then on in each
	// half of growth.
	growth = 18 * time.Second

	// A throttled call with fewer than fewAnswers answers since the last one reduces the pace to the
	// fraction again: EC2 grants far less than before.
	fewAnswers = 3
	again      = 0.35

	// The rate that EC2 granted is known only from answers within measurable or more.
	measurable = 3 * time.Second

	// The pace never falls below the fraction minPace of the configured rate.
	minPace = 0.05
)

// A pace is the rate at which a bucket is refilled. EC2 throttles calls below its published rate if other
// clients use the account's rate, or if AWS has lowered it. The pace then follows the rate that EC2
// grants: EC2's bucket is empty when it throttles a call, so that the answers between two throttled
// calls show how many tokens EC2 has added in between.
type pace struct {
	full  float64 // per second, as configured
	limit float64 // per second; full, or more if the pace is to find a rate above it

	from, goal float64       // per second: the pace grows from one to the other, and then exceeds it
	grown      time.Duration // for which it has grown
	answers    int           // since reduced
	reduced    time.Time     // time of the last reduction
}

func newPace(full, limit float64) pace {
	return pace{full: full, limit: limit, from: full, goal: full, grown: approach}
}

// perSecond returns the present rate.
func (p *pace) perSecond() float64 {
	r := p.goal
	if left := 1 - p.grown.Seconds()/approach.Seconds(); left > 0 {
		r -= (p.goal - p.from) * left * left * left
	} else {
		x := min((p.grown-approach).Seconds()/growth.Seconds(), 10)
		doublings := x * x
		if x > 1 {
			doublings = 2*x - 1
		}
		r *= math.Exp2(doublings)
	}
	return min(max(r, minPace*p.full), p.limit)
}

// steady reports whether the pace has reached its limit.
func (p *pace) steady() bool { return p.grown >= approach && p.perSecond() >= p.limit }

// advance lets time pass. A pace at the configured rate or above grows only while calls wait for tokens:
// calls that are few show nothing about EC2's rate.
func (p *pace) advance(d time.Duration, waiting bool) {
	if waiting || p.perSecond() < p.full {
		p.grown = min(p.grown+d, time.Hour)
	}
}

// timeFor returns after which time a number of tokens is available, if EC2 throttles no more calls.
func (p *pace) timeFor(tokens float64) time.Duration {
	const step, steps = time.Second, 120
	q, total := *p, time.Duration(0)
	for range steps {
		r := q.perSecond()
		if tokens <= r*step.Seconds() || q.steady() {
			break
		}
		tokens -= r * step.Seconds()
		q.grown += step
		total += step
	}
	return total + time.Duration(tokens/q.perSecond()*float64(time.Second))
}

// throttled reduces the pace after EC2 has throttled a call that was sent at a time. A call that was sent
// before the last reduction shows nothing new.
func (p *pace) throttled(sent, now time.Time) {
	if sent.Before(p.reduced) {
		return
	}
	r := p.perSecond()
	switch since := now.Sub(p.reduced); {
	case p.reduced.IsZero():
		p.goal, p.from = r, caution*r
	case p.answers < fewAnswers:
		p.goal, p.from = again*r, again*r
	default:
		granted := r
		if since >= measurable {
			granted = min(max(float64(p.answers)/since.Seconds(), r/2), r)
		}
		p.goal, p.from = granted, caution*granted
	}
	p.goal = max(p.goal, minPace*p.full)
	p.grown, p.answers, p.reduced = 0, 0, now
}
