package quiet

import (
	"context"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// An Amendment is what one reconcile still wants to say in the status that
// another hand writes at its end. Crossplane's reconciler marks every failed
// create as Creating, whatever the create has found out about the reason; to
// write that afterwards would be one more write, and a condition that flaps.
type Amendment struct {
	mu    sync.Mutex
	amend func(o client.Object)
}

type amendmentKey struct{}

// WithAmendment returns a context whose status writes can be amended.
func WithAmendment(ctx context.Context) context.Context {
	return context.WithValue(ctx, amendmentKey{}, &Amendment{})
}

// Amend has fn change each object whose status is written with ctx from now on,
// just before it is. Outside of WithAmendment it does nothing.
func Amend(ctx context.Context, fn func(o client.Object)) {
	if a, ok := ctx.Value(amendmentKey{}).(*Amendment); ok {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.amend = fn
	}
}

func amend(ctx context.Context, o client.Object) {
	a, ok := ctx.Value(amendmentKey{}).(*Amendment)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.amend != nil {
		a.amend(o)
	}
}
