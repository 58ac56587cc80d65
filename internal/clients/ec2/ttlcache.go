// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// TTLs of responses that seldom change.
const (
	subnetTTL       = 10 * time.Minute // free addresses have a TTL of their own
	elasticIPTTL    = 10 * time.Minute
	groupTTL        = 10 * time.Minute
	freeTTL         = 30 * time.Second // free addresses, associations of Elastic IPs and adoptable ENIs
	instanceTypeTTL = 24 * time.Hour   // limits of a type do not change

	// notFoundTTL is the TTL of an empty response.
	notFoundTTL = 10 * time.Second
)

// A ttlCache caches values for a time and deduplicates concurrent fetches of a key. Errors
// are not cached.
type ttlCache[T any] struct {
	ttl    time.Duration
	flight singleflight.Group

	mu      sync.Mutex
	entries map[string]cacheEntry[T]
	swept   time.Time
	clears  int // a fetch that began before a clear is not stored
}

type cacheEntry[T any] struct {
	value   T
	expires time.Time
}

func newTTLCache[T any](ttl time.Duration) *ttlCache[T] {
	return &ttlCache[T]{ttl: ttl, entries: map[string]cacheEntry[T]{}}
}

// get returns the value of key, from the cache or by fetch. fetch also returns the value's
// TTL; 0 is the cache's default. fetch runs with the context of the first caller; if that
// is cancelled, another caller fetches again.
func (m *ttlCache[T]) get(ctx context.Context, key string, fetch func(context.Context) (T, time.Duration, error)) (T, error) {
	for {
		v, clears, ok := m.lookup(key)
		if ok {
			return v, nil
		}
		// A caller after a clear does not share a fetch from before.
		fetched := m.flight.DoChan(strconv.Itoa(clears)+" "+key, func() (any, error) {
			if v, _, ok := m.lookup(key); ok {
				return v, nil
			}
			v, ttl, err := fetch(ctx)
			if err != nil {
				return v, err
			}
			if ttl == 0 {
				ttl = m.ttl
			}
			m.storeUnlessCleared(key, v, ttl, clears)
			return v, nil
		})
		select {
		case <-ctx.Done():
			var zero T
			return zero, ctx.Err()
		case r := <-fetched:
			cancelled := errors.Is(r.Err, context.Canceled) || errors.Is(r.Err, context.DeadlineExceeded)
			if cancelled && r.Shared && ctx.Err() == nil {
				continue // the fetching caller was cancelled, not this caller
			}
			t, _ := r.Val.(T)
			return t, r.Err
		}
	}
}

// lookup returns the cached value of key, if any, and how often the cache has been cleared.
func (m *ttlCache[T]) lookup(key string) (v T, clears int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.entries[key]
	if !ok || time.Now().After(a.expires) {
		return v, m.clears, false
	}
	return a.value, m.clears, true
}

// clear drops all entries. The results of fetches that are in progress are not stored.
func (m *ttlCache[T]) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.entries)
	m.clears++
}

// storeUnlessCleared stores a value if the cache has been cleared no more often than clears.
func (m *ttlCache[T]) storeUnlessCleared(key string, v T, ttl time.Duration, clears int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if clears == m.clears {
		m.storeLocked(key, v, ttl)
	}
}

func (m *ttlCache[T]) store(key string, v T, ttl time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.storeLocked(key, v, ttl)
}

func (m *ttlCache[T]) storeLocked(key string, v T, ttl time.Duration) {
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
