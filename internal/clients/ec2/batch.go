// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

const (
	// maxFilterValues is EC2's limit of values in one filter.
	maxFilterValues = 200

	// A batch is sent batchWindow after its first key, so that concurrent gets share a
	// call, but no sooner than batchInterval after the previous batch, which bounds the
	// rate of calls.
	batchWindow   = 5 * time.Millisecond
	batchInterval = 200 * time.Millisecond

	// batchTimeout bounds one batch, its wait for a token included.
	batchTimeout = 30 * time.Second

	// batchMaxWait is how long a caller waits for a batch before it is requeued.
	batchMaxWait = 5 * time.Second
)

// A batcher merges concurrent gets of single resources into describe calls with filters.
// Unlike EC2's id parameters, filters do not fail if a resource does not exist.
type batcher[T any] struct {
	describe func(ctx context.Context, keys []string) (map[string]T, error)
	observe  func(n int)
	detached detacher // nil: a batch is not cancelled

	mu      sync.Mutex
	open    *batch[T]
	running map[*batch[T]]bool
	started time.Time
}

// A batch is the set of keys that one call describes.
type batch[T any] struct {
	keys map[string]bool

	done    chan struct{}
	asOf    time.Time
	answers map[string]T
	errs    map[string]error
}

// get returns the resource with a key, whether it exists, and the time of the call.
func (b *batcher[T]) get(ctx context.Context, key string) (T, bool, time.Time, error) {
	r := b.join(ctx, key)
	timeout := time.NewTimer(batchMaxWait)
	defer timeout.Stop()
	var zero T
	if err := r.wait(ctx, timeout); err != nil {
		return zero, false, time.Time{}, err
	}
	if err := r.errs[key]; err != nil {
		return zero, false, r.asOf, err
	}
	v, ok := r.answers[key]
	return v, ok, r.asOf, nil
}

// getAll returns the resources that exist by key. It joins calls in flight that include a
// key.
func (b *batcher[T]) getAll(ctx context.Context, keys []string) (map[string]T, error) {
	timeout := time.NewTimer(batchMaxWait)
	defer timeout.Stop()
	out := make(map[string]T, len(keys))
	for r, keys := range b.joinAll(ctx, keys) {
		if err := r.wait(ctx, timeout); err != nil {
			return nil, err
		}
		for _, key := range keys {
			if err := r.errs[key]; err != nil {
				return nil, err
			}
			if v, ok := r.answers[key]; ok {
				out[key] = v
			}
		}
	}
	return out, nil
}

// wait waits for the result of a batch, the timeout or the end of ctx.
func (r *batch[T]) wait(ctx context.Context, timeout *time.Timer) error {
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timeout.C:
		return &throttle.RateLimitError{Action: "Describe", After: batchMaxWait}
	}
}

// join adds a key to the open batch, or opens a batch.
func (b *batcher[T]) join(ctx context.Context, key string) *batch[T] {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.joinLocked(ctx, key)
}

// joinAll adds each key to the open batch, unless a running batch has it. It returns the
// batches with their keys.
func (b *batcher[T]) joinAll(ctx context.Context, keys []string) map[*batch[T]][]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[*batch[T]][]string{}
	for _, key := range keys {
		r := b.runningLocked(key)
		if r == nil {
			r = b.joinLocked(ctx, key)
		}
		out[r] = append(out[r], key)
	}
	return out
}

func (b *batcher[T]) runningLocked(key string) *batch[T] {
	for r := range b.running {
		if r.keys[key] {
			return r
		}
	}
	return nil
}

func (b *batcher[T]) joinLocked(ctx context.Context, key string) *batch[T] {
	if b.open == nil {
		b.open = &batch[T]{keys: map[string]bool{}, done: make(chan struct{}), errs: map[string]error{}, answers: map[string]T{}}
		wait := max(batchWindow, time.Until(b.started.Add(batchInterval)))
		// The batch outlives the caller that opens it.
		ctx, cancel := b.detach(throttle.WithoutReservation(ctx))
		go func(open *batch[T]) {
			defer cancel()
			b.run(ctx, open, wait)
		}(b.open)
	}
	b.open.keys[key] = true
	return b.open
}

func (b *batcher[T]) detach(ctx context.Context) (context.Context, context.CancelFunc) {
	if b.detached == nil {
		return detach(ctx)
	}
	return b.detached(ctx)
}

func (b *batcher[T]) run(ctx context.Context, r *batch[T], wait time.Duration) {
	_ = sleep(ctx, wait) // if ctx ends, describe fails with its error
	b.mu.Lock()
	b.open = nil
	if b.running == nil {
		b.running = map[*batch[T]]bool{}
	}
	b.running[r] = true
	b.started = time.Now()
	r.asOf = b.started
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.running, r)
		close(r.done)
	}()

	ctx, cancel := context.WithTimeout(ctx, batchTimeout)
	defer cancel()
	keys := make([]string, 0, len(r.keys))
	for k := range r.keys {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for chunk := range slices.Chunk(keys, maxFilterValues) {
		b.observe(len(chunk))
		found, err := b.describe(ctx, chunk)
		for _, k := range chunk {
			if err != nil {
				r.errs[k] = err
			} else if v, ok := found[k]; ok {
				r.answers[k] = v
			}
		}
	}
}
