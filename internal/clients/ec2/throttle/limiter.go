// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"maps"
	"sync"
	"time"
)

// A Key identifies a token bucket, as EC2 keeps them.
type Key struct {
	Account  string
	Region   string
	Endpoint string // host of an endpoint that is not AWS's own
	Tenant   string // set if the calls of a tenant are counted separately
	Action   string
}

// withoutAction returns the key without its action.
func (k Key) withoutAction() Key {
	k.Action = ""
	return k
}

// maxRaise bounds how far an adaptive Limiter exceeds its share.
const maxRaise = 100

// A Limiter holds the token buckets. It is safe for concurrent use.
type Limiter struct {
	share float64
	rate  func(action string) Rate

	// ObserveWait is called for each token that is taken with the time since its
	// owner's first Take, retries included. Set it before the first use. It must not
	// call the Limiter.
	ObserveWait func(k Key, d time.Duration)

	// Adaptive is true if the Limiter exceeds its share while calls wait and EC2 throttles
	// none, to find the rate that AWS has raised. Set it before the first use.
	Adaptive bool

	mu      sync.Mutex
	buckets map[Key]*bucket
}

// NewLimiter returns a Limiter that uses a share of EC2's published rates, greater than 0
// and at most 1. The rest is left to other programs of the account.
func NewLimiter(share float64) *Limiter {
	return &Limiter{share: share, rate: PublishedRate, ObserveWait: func(Key, time.Duration) {}, buckets: map[Key]*bucket{}}
}

// TimeFor returns how long calls of an action take at least, from a full bucket.
func (l *Limiter) TimeFor(action string, calls int) time.Duration {
	r := l.rate(action).scaled(l.share)
	return time.Duration(max(0, float64(calls)-r.Burst) / r.PerSecond * float64(time.Second))
}

// A Request describes the token that a call needs.
type Request struct {
	// Owner of the call. An owner has one position in a queue.
	Owner    string
	Priority Priority
	Flow     Flow
}

// Take takes a token for one call and returns 0, or it returns after which time to retry and keeps
// the owner's position in the queue until then.
func (l *Limiter) Take(k Key, r Request) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	wait, waited := l.bucket(k, now).take(r, now, l.hold(k, r, now))
	if wait == 0 {
		l.ObserveWait(k, waited)
	}
	return wait
}

// hold returns the hold of a call.
func (l *Limiter) hold(k Key, r Request, now time.Time) func(int) time.Duration {
	if !r.Flow.Attaches || k.Action != actionCreate {
		return noHold
	}
	k.Action = actionAttach
	return l.bucket(k, now).holdFor(r, now)
}

// Leave removes owner from the queue.
func (l *Limiter) Leave(k Key, owner string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.buckets[k]; ok {
		b.advance(time.Now())
		b.leave(owner)
	}
}

// Cancel returns an unused token to its bucket.
func (l *Limiter) Cancel(k Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.buckets[k]; ok {
		b.cancel(time.Now())
	}
}

// Merge moves the missing tokens and the queues of one account and region to the buckets of
// another. The actions of the keys are ignored.
func (l *Limiter) Merge(from, to Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if from.withoutAction() == to.withoutAction() {
		return
	}
	now := time.Now()
	for k, b := range l.buckets {
		if k.withoutAction() != from.withoutAction() {
			continue
		}
		k.Account, k.Region, k.Endpoint, k.Tenant = to.Account, to.Region, to.Endpoint, to.Tenant
		l.bucket(k, now).merge(b, now)
	}
	maps.DeleteFunc(l.buckets, func(k Key, _ *bucket) bool { return k.withoutAction() == from.withoutAction() })
}

// Forget drops the buckets of a tenant.
func (l *Limiter) Forget(tenant string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.buckets, func(k Key, _ *bucket) bool { return tenant != "" && k.Tenant == tenant })
}

// Throttled lowers the rate of a bucket after EC2 has throttled a call that was sent at a time.
func (l *Limiter) Throttled(k Key, sent time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.bucket(k, now).throttled(sent, now)
}

// Answered records that EC2 has answered a call, which took a token of EC2's bucket.
func (l *Limiter) Answered(k Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bucket(k, time.Now()).pace.answers++
}

// Drain removes all tokens of all actions of a key's account and region, so that the calls
// that were held back during an outage do not follow it as a burst.
func (l *Limiter) Drain(k Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for other, b := range l.buckets {
		if other.withoutAction() == k.withoutAction() {
			b.drain(now)
		}
	}
}

// A BucketState is the state of one bucket, for metrics.
type BucketState struct {
	Key

	Tokens    float64
	PerSecond float64
	Waiting   int
}

// States returns the state of every bucket.
func (l *Limiter) States() []BucketState {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	out := make([]BucketState, 0, len(l.buckets))
	for k, b := range l.buckets {
		b.advance(now)
		out = append(out, BucketState{Key: k, Tokens: b.tokens, PerSecond: b.pace.perSecond(), Waiting: len(b.queue)})
	}
	return out
}

func (l *Limiter) bucket(k Key, now time.Time) *bucket {
	b, ok := l.buckets[k]
	if !ok {
		full := l.rate(k.Action).scaled(l.share)
		limit := full.PerSecond
		if l.Adaptive {
			limit *= maxRaise
		}
		b = newBucket(full, limit, now)
		l.buckets[k] = b
	}
	return b
}
