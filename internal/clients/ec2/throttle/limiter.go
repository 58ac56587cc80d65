package throttle

import (
	"maps"
	"sync"
	"time"
)

// A Key names a token bucket as EC2 keeps them.
type Key struct {
	Account  string
	Region   string
	Endpoint string // host of an endpoint that is not AWS's own
	Tenant   string // whose calls are counted apart, if they are
	Action   string
}

// withoutAction returns the key without its action.
func (k Key) withoutAction() Key {
	k.Action = ""
	return k
}

// A Limiter keeps the buckets. It is safe for concurrent use.
type Limiter struct {
	share float64
	rate  func(action string) Rate

	// ObserveWait is called with each token that is taken: for how long it was
	// waited for since it was first asked for, in however many visits. Set it
	// before the first use; it must not call the Limiter.
	ObserveWait func(k Key, d time.Duration)

	mu      sync.Mutex
	buckets map[Key]*bucket
}

// NewLimiter returns a Limiter that uses a share of EC2's rates, greater than 0
// and at most 1, so that other programs of the account have the rest.
func NewLimiter(share float64) *Limiter {
	return &Limiter{share: share, rate: PublishedRate, ObserveWait: func(Key, time.Duration) {}, buckets: map[Key]*bucket{}}
}

// Take takes a token for one call by who, and returns 0; or it returns after
// how long to ask again, and keeps who's place in the queue until then.
func (l *Limiter) Take(k Key, who string, p Priority) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	wait, waited := l.bucket(k, now).take(who, p, now)
	if wait == 0 {
		l.ObserveWait(k, waited)
	}
	return wait
}

// Leave gives up who's place in the queue.
func (l *Limiter) Leave(k Key, who string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.buckets[k]; ok {
		b.advance(time.Now())
		b.leave(who)
	}
}

// Cancel returns a token that was taken and not used.
func (l *Limiter) Cancel(k Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b, ok := l.buckets[k]; ok {
		b.cancel(time.Now())
	}
}

// Merge counts the calls of one place at another one from now on: the tokens that
// its buckets lack, and the callers in their queues. The actions of the keys do not
// matter.
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

// Throttled tells that EC2 let a call not pass because of its rate.
func (l *Limiter) Throttled(k Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.bucket(k, now).throttled(now)
}

// Drain takes away all tokens of the place of a key, whatever the action, so that
// what has piled up during an outage does not come as a burst after it.
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

// A BucketState is the state of one bucket.
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
		out = append(out, BucketState{Key: k, Tokens: b.tokens, PerSecond: b.perSecond(), Waiting: len(b.queue)})
	}
	return out
}

func (l *Limiter) bucket(k Key, now time.Time) *bucket {
	b, ok := l.buckets[k]
	if !ok {
		b = newBucket(l.rate(k.Action).scaled(l.share), now)
		l.buckets[k] = b
	}
	return b
}
