package throttle

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A Priority orders those who wait for the same bucket. The lower goes first.
type Priority int

// What goes first is what gives something back: a node that is drained waits
// for its ENIs to be released.
const (
	PriorityRelease Priority = iota
	PriorityAttach
	PriorityCreate
	PriorityModify
	PriorityGarbage
)

// defaultPriority is the priority of an action for which nobody gave another.
func defaultPriority(action string) Priority {
	switch action {
	case "DetachNetworkInterface", "DeleteNetworkInterface":
		return PriorityRelease
	case "AttachNetworkInterface":
		return PriorityAttach
	case "CreateNetworkInterface":
		return PriorityCreate
	}
	if ReadOnly(action) {
		return PriorityAttach
	}
	return PriorityModify
}

// A Reservation is one look at one object: who asks, what he has paid for and not used
// yet, and for how long he was told to wait.
type Reservation struct {
	owner string

	mu       sync.Mutex
	reserved map[Key]int
	delay    time.Duration
	limiter  *Limiter
}

type reservationKey struct{}

// WithReservation returns a context whose calls are made on behalf of who. End must be
// called when it is over.
func WithReservation(ctx context.Context, who string) (context.Context, *Reservation) {
	t := &Reservation{owner: who, reserved: map[Key]int{}}
	return context.WithValue(ctx, reservationKey{}, t), t
}

// WithPriority returns a context whose calls have a priority other than that of
// their actions.
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

// WithoutReservation returns a context whose calls are made on behalf of many.
func WithoutReservation(ctx context.Context) context.Context {
	return context.WithValue(ctx, reservationKey{}, (*Reservation)(nil))
}

// FromContext returns the turn of a context, or nil.
func FromContext(ctx context.Context) *Reservation {
	t, _ := ctx.Value(reservationKey{}).(*Reservation)
	return t
}

// Owner returns on whose behalf the calls are made.
func (t *Reservation) Owner() string { return t.owner }

// Reserve takes a token now, for a call that comes later in the turn. It returns a
// WaitError if there is none: then come back, the place in the queue is kept.
func (t *Reservation) Reserve(l *Limiter, k Key, p Priority) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reserved[k] > 0 {
		return nil
	}
	if wait := l.Take(k, t.owner, p); wait > 0 {
		t.delay = max(t.delay, wait)
		return &RateLimitError{Action: k.Action, After: wait}
	}
	t.limiter = l
	t.reserved[k]++
	return nil
}

// Consume says whether a call was paid for in advance, and uses that up.
func (t *Reservation) Consume(k Key) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reserved[k] == 0 {
		return false
	}
	t.reserved[k]--
	return true
}

// DelayRequeue notes that a call was told to wait.
func (t *Reservation) DelayRequeue(wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.delay = max(t.delay, wait)
}

// End gives back what was paid for and not used, and returns for how long the
// longest wait of the turn was, 0 if there was none.
func (t *Reservation) End() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, n := range t.reserved {
		for range n {
			t.limiter.Cancel(k)
		}
	}
	clear(t.reserved)
	return t.delay
}

// A RateLimitError says that a call was not made, because it would have exceeded
// this provider's share of EC2's request rate, and when to come back.
type RateLimitError struct {
	Action string
	After  time.Duration
}

func (e *RateLimitError) Error() string {
	return fmt.Sprintf("%s has to wait: this provider's share of EC2's request rate is used up", e.Action)
}
