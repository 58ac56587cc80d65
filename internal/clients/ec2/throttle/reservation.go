// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A Priority orders the waiters of a bucket. Lower values are served first.
type Priority int

// Actions whose calls depend on each other.
const (
	actionCreate = "CreateNetworkInterface"
	actionAttach = "AttachNetworkInterface"
)

// Calls that release resources come first: a drained node waits until its ENIs are
// detached.
const (
	PriorityRelease Priority = iota
	PriorityAttach
	PriorityCreate
	PriorityModify
	PriorityGarbage
)

// defaultPriority returns the priority of an action without WithPriority.
func defaultPriority(action string) Priority {
	switch action {
	case "DetachNetworkInterface", "DeleteNetworkInterface":
		return PriorityRelease
	case actionAttach:
		return PriorityAttach
	case actionCreate:
		return PriorityCreate
	}
	if ReadOnly(action) {
		return PriorityAttach
	}
	return PriorityModify
}

// A Reservation holds the tokens that one reconcile of one object has reserved and not
// consumed, and the longest delay that the limiter has imposed on it.
type Reservation struct {
	owner string

	mu       sync.Mutex
	reserved map[Key]int
	delay    time.Duration
	limiter  *Limiter
	flow     func() Flow
}

type reservationKey struct{}

// WithReservation returns a context whose calls take tokens in the name of owner. The
// caller must call End.
func WithReservation(ctx context.Context, owner string) (context.Context, *Reservation) {
	r := &Reservation{owner: owner, reserved: map[Key]int{}}
	return context.WithValue(ctx, reservationKey{}, r), r
}

// WithPriority returns a context whose calls have priority p instead of their actions'
// default.
func WithPriority(ctx context.Context, p Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

type priorityKey struct{}

// PriorityOf returns the priority of an action in a context.
func PriorityOf(ctx context.Context, action string) Priority {
	if p, ok := ctx.Value(priorityKey{}).(Priority); ok {
		return p
	}
	return defaultPriority(action)
}

// WithoutReservation returns a context for calls that serve several callers.
func WithoutReservation(ctx context.Context) context.Context {
	return context.WithValue(ctx, reservationKey{}, (*Reservation)(nil))
}

// FromContext returns the reservation of a context, or nil.
func FromContext(ctx context.Context) *Reservation {
	r, _ := ctx.Value(reservationKey{}).(*Reservation)
	return r
}

// SetFlow sets the flow of the calls that follow. It is computed for the first call that takes a
// token, once. A nil Reservation has no flow.
func (r *Reservation) SetFlow(f func() Flow) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flow = sync.OnceValue(f)
}

// Request returns the request of a call with a priority.
func (r *Reservation) Request(p Priority) Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.request(p)
}

func (r *Reservation) request(p Priority) Request {
	q := Request{Owner: r.owner, Priority: p}
	if r.flow != nil {
		q.Flow = r.flow()
	}
	return q
}

// Reserve takes a token for a later call of the same reconcile. It returns a
// RateLimitError if none is available; the owner keeps its position in the queue until it
// retries.
func (r *Reservation) Reserve(l *Limiter, k Key, p Priority) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reserved[k] > 0 {
		return nil
	}
	if wait := l.Take(k, r.request(p)); wait > 0 {
		r.delay = max(r.delay, wait)
		return &RateLimitError{Action: k.Action, After: wait}
	}
	r.limiter = l
	r.reserved[k]++
	return nil
}

// Consume uses a reserved token and reports whether there was one.
func (r *Reservation) Consume(k Key) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reserved[k] == 0 {
		return false
	}
	r.reserved[k]--
	return true
}

// DelayRequeue records a delay before which the object need not be requeued.
func (r *Reservation) DelayRequeue(wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = max(r.delay, wait)
}

// End cancels the tokens that were reserved and not consumed, and returns the longest
// recorded delay, or 0.
func (r *Reservation) End() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, n := range r.reserved {
		for range n {
			r.limiter.Cancel(k)
		}
	}
	clear(r.reserved)
	return r.delay
}

// A RateLimitError is the error of a call that was not sent because it would have exceeded
// this provider's share of EC2's request rate. Retry it after After.
type RateLimitError struct {
	Action string
	After  time.Duration
}

// Error implements error.
func (e *RateLimitError) Error() string {
	return fmt.Sprintf("%s is throttled by the provider: its share of EC2's request rate (--ec2-share) is used up", e.Action)
}
