package ec2

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// How long answers that seldom change are remembered.
const (
	subnetTTL       = 10 * time.Minute // but for free addresses, which are asked for by themselves
	groupTTL        = 10 * time.Minute
	freeTTL         = 30 * time.Second // free addresses, and ENIs that wait to be taken over
	instanceTypeTTL = 24 * time.Hour   // a type's limits do not change

	// notFoundTTL bounds how often an answer of "nothing there" is asked again.
	notFoundTTL = 10 * time.Second
)

// A ttlCache remembers answers for a time and asks each question once at a time.
// Errors are not remembered.
type ttlCache[T any] struct {
	ttl    time.Duration
	flight singleflight.Group

	mu      sync.Mutex
	entries map[string]cacheEntry[T]
	swept   time.Time
}

type cacheEntry[T any] struct {
	value   T
	expires time.Time
}

func newTTLCache[T any](ttl time.Duration) *ttlCache[T] {
	return &ttlCache[T]{ttl: ttl, entries: map[string]cacheEntry[T]{}}
}

// get returns the answer to the question key, from memory or by ask. ask also
// says for how long the answer holds; 0 means the memo's own time. The question
// is asked with the context of whoever asks first; when that one gives up, the
// next asks again.
func (m *ttlCache[T]) get(ctx context.Context, key string, ask func(context.Context) (T, time.Duration, error)) (T, error) {
	for {
		if v, ok := m.lookup(key); ok {
			return v, nil
		}
		asked := m.flight.DoChan(key, func() (any, error) {
			if v, ok := m.lookup(key); ok {
				return v, nil
			}
			v, ttl, err := ask(ctx)
			if err != nil {
				return v, err
			}
			if ttl == 0 {
				ttl = m.ttl
			}
			m.store(key, v, ttl)
			return v, nil
		})
		select {
		case <-ctx.Done():
			var zero T
			return zero, ctx.Err()
		case r := <-asked:
			gaveUp := errors.Is(r.Err, context.Canceled) || errors.Is(r.Err, context.DeadlineExceeded)
			if gaveUp && r.Shared && ctx.Err() == nil {
				continue // the one who asked gave up, not we
			}
			t, _ := r.Val.(T)
			return t, r.Err
		}
	}
}

func (m *ttlCache[T]) lookup(key string) (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.entries[key]
	if !ok || time.Now().After(a.expires) {
		var zero T
		return zero, false
	}
	return a.value, true
}

func (m *ttlCache[T]) store(key string, v T, ttl time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if now.Sub(m.swept) > time.Minute {
		for k, a := range m.entries {
			if now.After(a.expires) {
				delete(m.entries, k)
			}
		}
		m.swept = now
	}
	m.entries[key] = cacheEntry[T]{value: v, expires: now.Add(ttl)}
}
