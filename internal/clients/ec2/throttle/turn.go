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

// priorityOf is the priority of an action for which nobody gave another.
func priorityOf(action string) Priority {
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

// A Turn is one look at one object: who asks, what he has paid for and not used
// yet, and for how long he was told to wait.
type Turn struct {
	who string

	mu      sync.Mutex
	paid    map[Key]int
	wait    time.Duration
	limiter *Limiter
}

type turnKey struct{}

// WithTurn returns a context whose calls are made on behalf of who. End must be
// called when it is over.
func WithTurn(ctx context.Context, who string) (context.Context, *Turn) {
	t := &Turn{who: who, paid: map[Key]int{}}
	return context.WithValue(ctx, turnKey{}, t), t
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
	return priorityOf(action)
}

// WithoutTurn returns a context whose calls are made on behalf of many.
func WithoutTurn(ctx context.Context) context.Context {
	return context.WithValue(ctx, turnKey{}, (*Turn)(nil))
}

// TurnOf returns the turn of a context, or nil.
func TurnOf(ctx context.Context) *Turn {
	t, _ := ctx.Value(turnKey{}).(*Turn)
	return t
}

// Who returns on whose behalf the calls are made.
func (t *Turn) Who() string { return t.who }

// Pay takes a token now, for a call that comes later in the turn. It returns a
// WaitError if there is none: then come back, the place in the queue is kept.
func (t *Turn) Pay(l *Limiter, k Key, p Priority) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.paid[k] > 0 {
		return nil
	}
	if wait := l.Take(k, t.who, p); wait > 0 {
		t.wait = max(t.wait, wait)
		return &WaitError{Action: k.Action, After: wait}
	}
	t.limiter = l
	t.paid[k]++
	return nil
}

// Use says whether a call was paid for in advance, and uses that up.
func (t *Turn) Use(k Key) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.paid[k] == 0 {
		return false
	}
	t.paid[k]--
	return true
}

// Told notes that a call was told to wait.
func (t *Turn) Told(wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wait = max(t.wait, wait)
}

// End gives back what was paid for and not used, and returns for how long the
// longest wait of the turn was, 0 if there was none.
func (t *Turn) End() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, n := range t.paid {
		for range n {
			t.limiter.GiveBack(k)
		}
	}
	clear(t.paid)
	return t.wait
}

// A WaitError says that a call was not made, because it would have exceeded
// this provider's share of EC2's request rate, and when to come back.
type WaitError struct {
	Action string
	After  time.Duration
}

func (e *WaitError) Error() string {
	return fmt.Sprintf("%s has to wait: this provider's share of EC2's request rate is used up", e.Action)
}
