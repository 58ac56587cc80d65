package throttle

import (
	"cmp"
	"slices"
	"time"
)

const (
	// waiterTTL is for how long past its turn a place in the queue is kept
	// for one who does not come.
	waiterTTL = 30 * time.Second

	// Each refused call multiplies the rate by decrease, but a burst of them
	// counts once in decreaseEvery; each increaseEvery without one adds
	// increase of the full rate, up to it. It never falls below lowest.
	decrease      = 0.6
	decreaseEvery = time.Second
	increase      = 0.05
	increaseEvery = 2 * time.Second
	minFactor     = 0.05
)

// A Rate is the size of a token bucket: Burst calls at once, and PerSecond more
// with each second.
type Rate struct {
	Burst     float64
	PerSecond float64
}

// scaled returns the rate's share s; at least one call must fit.
func (r Rate) scaled(s float64) Rate {
	return Rate{Burst: max(1, r.Burst*s), PerSecond: r.PerSecond * s}
}

// A bucket holds the tokens of one action, and who waits for them.
type bucket struct {
	full      Rate    // what it may grow to
	factor    float64 // of full.PerSecond, what is in force; 1 unless calls were refused
	tokens    float64
	updated   time.Time // when tokens and factor were last brought up to date
	decreased time.Time
	increased time.Time

	// queue has the places in order, and places the same by whose they are.
	// No place expires before expiry.
	queue   []*waiter
	waiters map[string]*waiter
	expiry  time.Time
	seq     uint64
}

// A waiter is one caller's in the queue.
type waiter struct {
	owner    string
	priority Priority
	seq      uint64
	since    time.Time // when he first asked
	expires  time.Time
}

func newBucket(full Rate, now time.Time) *bucket {
	return &bucket{full: full, factor: 1, tokens: full.Burst, updated: now, increased: now, waiters: map[string]*waiter{}}
}

func (b *bucket) perSecond() float64 { return b.full.PerSecond * b.factor }

// advance brings the bucket up to now.
func (b *bucket) advance(now time.Time) {
	if d := now.Sub(b.updated); d > 0 {
		b.tokens = min(b.full.Burst, b.tokens+d.Seconds()*b.perSecond())
		b.updated = now
	}
	if steps := int(now.Sub(b.increased) / increaseEvery); steps > 0 {
		b.factor = min(1, b.factor+float64(steps)*increase)
		b.increased = b.increased.Add(time.Duration(steps) * increaseEvery)
	}
	if len(b.queue) > 0 && now.After(b.expiry) {
		b.expire(now)
	}
}

// expire gives up the places of those who did not come.
func (b *bucket) expire(now time.Time) {
	b.expiry = time.Time{}
	b.queue = slices.DeleteFunc(b.queue, func(p *waiter) bool {
		if now.After(p.expires) {
			delete(b.waiters, p.owner)
			return true
		}
		b.trackExpiry(p)
		return false
	})
}

// trackExpiry notes when a place may expire.
func (b *bucket) trackExpiry(p *waiter) {
	if b.expiry.IsZero() || p.expires.Before(b.expiry) {
		b.expiry = p.expires
	}
}

// index returns where in the queue a place is, or would be.
func (b *bucket) index(p *waiter) int {
	i, _ := slices.BinarySearchFunc(b.queue, p, func(a, b *waiter) int {
		return cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(a.seq, b.seq))
	})
	return i
}

func (b *bucket) remove(p *waiter) {
	i := b.index(p)
	b.queue = slices.Delete(b.queue, i, i+1)
	delete(b.waiters, p.owner)
	if len(b.queue) == 0 {
		b.expiry = time.Time{}
	}
}

// take takes a token for who and says for how long he waited for it, or after
// how long to come back. One who comes back has kept his place; those before him
// have theirs even while they are not here.
func (b *bucket) take(who string, priority Priority, now time.Time) (wait, waited time.Duration) {
	b.advance(now)
	since := now
	p, ok := b.waiters[who]
	if ok && p.priority != priority {
		since = p.since
		b.remove(p)
		ok = false
	}
	if !ok {
		b.seq++
		p = &waiter{owner: who, priority: priority, seq: b.seq, since: since}
		b.queue = slices.Insert(b.queue, b.index(p), p)
		b.waiters[who] = p
	}
	short := float64(b.index(p)+1) - b.tokens
	if short <= epsilon {
		b.tokens--
		b.remove(p)
		return 0, now.Sub(p.since)
	}
	wait = time.Duration(short / b.perSecond() * float64(time.Second))
	wait = max(wait, time.Millisecond)
	p.expires = now.Add(wait + waiterTTL)
	b.trackExpiry(p)
	return wait, 0
}

// epsilon makes up for the rounding of times to nanoseconds: one who comes back
// when he was told to is not sent away again for a millionth of a token.
const epsilon = 1e-6

// leave gives up who's place.
func (b *bucket) leave(who string) {
	if p, ok := b.waiters[who]; ok {
		b.remove(p)
	}
}

// cancel returns a token that was not used.
func (b *bucket) cancel(now time.Time) {
	b.advance(now)
	b.tokens = min(b.full.Burst, b.tokens+1)
}

// throttled slows down: AWS let a call not pass, so others share the rate with us
// or it is less than we think.
func (b *bucket) throttled(now time.Time) {
	b.advance(now)
	b.tokens = min(b.tokens, 0)
	b.increased = now
	if now.Sub(b.decreased) < decreaseEvery {
		return
	}
	b.decreased = now
	b.factor = max(minFactor, b.factor*decrease)
}

// drain takes all tokens away: after an outage nobody starts with a burst.
func (b *bucket) drain(now time.Time) {
	b.advance(now)
	b.tokens = min(b.tokens, 0)
}

// merge takes over what another bucket of the action lacks, and its queue.
func (b *bucket) merge(o *bucket, now time.Time) {
	b.advance(now)
	o.advance(now)
	b.tokens -= o.full.Burst - o.tokens
	b.factor = min(b.factor, o.factor)
	for _, p := range o.queue {
		if _, ok := b.waiters[p.owner]; ok {
			continue
		}
		b.seq++
		p.seq = b.seq
		b.queue = slices.Insert(b.queue, b.index(p), p)
		b.waiters[p.owner] = p
		b.trackExpiry(p)
	}
}
