// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// waiterTTL is how long a waiter keeps its position after its token has become available.
const waiterTTL = 30 * time.Second

// A Rate describes a token bucket of size Burst that is refilled with PerSecond tokens a
// second.
type Rate struct {
	Burst     float64
	PerSecond float64
}

// scaled returns the share s of a rate, with a burst of at least one call.
func (r Rate) scaled(s float64) Rate {
	return Rate{Burst: max(1, r.Burst*s), PerSecond: r.PerSecond * s}
}

// A bucket holds the tokens of one action and the queue of its waiters.
type bucket struct {
	full    Rate // the configured rate
	pace    pace
	tokens  float64
	updated time.Time // time of the last refill

	// queue has the waiters in order, waiters the same waiters by owner. No waiter
	// expires before expiry.
	queue   []*waiter
	waiters map[string]*waiter
	expiry  time.Time
	seq     uint64
	flows   map[class]*flows
}

// A class groups calls by priority and urgency. Flows only order the calls of one class.
type class struct {
	priority Priority
	urgent   bool
}

// A waiter is an owner's position in the queue.
type waiter struct {
	Request

	rank    uint64 // among the waiters of the same class
	seq     uint64
	since   time.Time // first Take
	expires time.Time
}

// newBucket returns a full bucket. limit is the highest rate per second that its pace may find.
func newBucket(full Rate, limit float64, now time.Time) *bucket {
	return &bucket{full: full, pace: newPace(full.PerSecond, limit), tokens: full.Burst, updated: now, waiters: map[string]*waiter{}, flows: map[class]*flows{}}
}

// flowsOf returns the flows of a request's class.
func (b *bucket) flowsOf(r Request) *flows {
	c := class{r.Priority, r.Flow.Urgent}
	f := b.flows[c]
	if f == nil {
		f = newFlows()
		b.flows[c] = f
	}
	return f
}

// advance refills the bucket up to now.
func (b *bucket) advance(now time.Time) {
	if d := now.Sub(b.updated); d > 0 {
		b.tokens = min(b.full.Burst, b.tokens+d.Seconds()*b.pace.perSecond())
		b.updated = now
		b.pace.advance(d, len(b.queue) > 0)
	}
	if len(b.queue) > 0 && now.After(b.expiry) {
		b.expire(now)
	}
}

// expire removes waiters that have not retried in time.
func (b *bucket) expire(now time.Time) {
	b.expiry = time.Time{}
	b.queue = slices.DeleteFunc(b.queue, func(p *waiter) bool {
		if now.After(p.expires) {
			delete(b.waiters, p.Owner)
			b.flowsOf(p.Request).leave(p.Flow.key())
			return true
		}
		b.trackExpiry(p)
		return false
	})
}

// trackExpiry updates expiry with a waiter's.
func (b *bucket) trackExpiry(p *waiter) {
	if b.expiry.IsZero() || p.expires.Before(b.expiry) {
		b.expiry = p.expires
	}
}

// index returns the position of a waiter in the queue, or where to insert it.
func (b *bucket) index(p *waiter) int {
	i, _ := slices.BinarySearchFunc(b.queue, p, func(a, b *waiter) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), first(a.Flow.Urgent, b.Flow.Urgent), cmp.Compare(a.rank, b.rank), cmp.Compare(a.seq, b.seq))
	})
	return i
}

func (b *bucket) remove(p *waiter) {
	i := b.index(p)
	b.queue = slices.Delete(b.queue, i, i+1)
	delete(b.waiters, p.Owner)
	b.flowsOf(p.Request).leave(p.Flow.key())
	if len(b.queue) == 0 {
		b.expiry = time.Time{}
	}
}

// first compares two values: true precedes false.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}

// add adds a waiter to the queue.
func (b *bucket) add(p *waiter, now time.Time) {
	b.seq++
	p.seq, p.rank = b.seq, b.flowsOf(p.Request).join(p.Request, now)
	b.queue = slices.Insert(b.queue, b.index(p), p)
	b.waiters[p.Owner] = p
}

// take takes a token and returns how long its owner has waited for it, or it returns after which time
// to retry. Waiters keep their position between retries, and tokens are kept for the waiters
// ahead. With a token, hold returns how long the waiter at a position of the queue must wait
// nevertheless.
func (b *bucket) take(r Request, now time.Time, hold func(position int) time.Duration) (wait, waited time.Duration) {
	b.advance(now)
	since := now
	p, ok := b.waiters[r.Owner]
	if ok && (p.Priority != r.Priority || p.Flow.Urgent != r.Flow.Urgent) {
		since = p.since
		b.remove(p)
		ok = false
	}
	if !ok {
		p = &waiter{Request: r, since: since}
		b.add(p, now)
	}
	position := b.index(p)
	short := float64(position+1) - b.tokens
	wait = hold(position)
	if short <= epsilon && wait <= 0 {
		b.tokens--
		b.flowsOf(p.Request).serve(p.rank)
		b.remove(p)
		return 0, now.Sub(p.since)
	}
	wait = max(wait, b.pace.timeFor(short), time.Millisecond)
	p.expires = now.Add(wait + waiterTTL)
	b.trackExpiry(p)
	return wait, 0
}

// noHold is the hold of calls that need nothing but a token.
func noHold(int) time.Duration { return 0 }

// maxLead is the longest time that the attachment of an ENI may wait behind other attachments before
// the ENI is created.
const maxLead = 5 * time.Second

// holdFor returns how long a creation waits at a position of its queue, so that the attachment of its
// ENI would wait for maxLead at most. b is the bucket of the attachments.
func (b *bucket) holdFor(r Request, now time.Time) func(position int) time.Duration {
	b.advance(now)
	r.Priority = PriorityAttach
	then := &waiter{Request: r, rank: b.flowsOf(r).next(r.Flow.key(), r.Owner), seq: math.MaxUint64}
	excess := float64(b.index(then)) - max(0, b.tokens) - max(1, maxLead.Seconds()*b.pace.perSecond())
	return func(position int) time.Duration { return b.pace.timeFor(excess + float64(position)) }
}

// epsilon compensates for rounding to nanoseconds, so that a retry at the returned time
// gets its token.
const epsilon = 1e-6

// leave removes an owner from the queue.
func (b *bucket) leave(owner string) {
	if p, ok := b.waiters[owner]; ok {
		b.remove(p)
	}
}

// cancel returns an unused token to the bucket.
func (b *bucket) cancel(now time.Time) {
	b.advance(now)
	b.tokens = min(b.full.Burst, b.tokens+1)
}

// throttled lowers the rate after EC2 has throttled a call that was sent at a time.
func (b *bucket) throttled(sent, now time.Time) {
	b.advance(now)
	b.tokens = min(b.tokens, 0)
	b.pace.throttled(sent, now)
}

// drain removes all tokens, so that no burst follows an outage.
func (b *bucket) drain(now time.Time) {
	b.advance(now)
	b.tokens = min(b.tokens, 0)
}

// merge adds another bucket's missing tokens and its queue to this bucket.
func (b *bucket) merge(o *bucket, now time.Time) {
	b.advance(now)
	o.advance(now)
	b.tokens -= o.full.Burst - o.tokens
	if o.pace.perSecond() < b.pace.perSecond() {
		b.pace = o.pace
	}
	for _, p := range o.queue {
		if _, ok := b.waiters[p.Owner]; ok {
			continue
		}
		b.add(p, now)
		b.trackExpiry(p)
	}
}
