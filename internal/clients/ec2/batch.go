package ec2

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

const (
	// maxFilterValues is how many values EC2 takes in one filter.
	maxFilterValues = 200

	// A batch is closed batchSettle after its first question, so that those
	// asked together go together, but no sooner than batchGap after the last
	// one was: that bounds the calls, not the questions.
	batchWindow   = 5 * time.Millisecond
	batchInterval = 200 * time.Millisecond

	// batchTimeout bounds one batch, its wait for a token included.
	batchTimeout = 30 * time.Second

	// batchMaxWait is for how long one who asks waits for his answer before
	// he is told to come back.
	batchMaxWait = 5 * time.Second
)

// A batcher answers questions about single things with describe calls about
// many. Unlike EC2's lists of ids, filters do not fail on one that does not
// exist.
type batcher[T any] struct {
	describe func(ctx context.Context, keys []string) (map[string]T, error)
	observe  func(n int)
	detached detacher // nil: a batch ends by itself only

	mu      sync.Mutex
	open    *batch[T]
	running map[*batch[T]]bool
	started time.Time
}

// A batch is one round of questions.
type batch[T any] struct {
	keys map[string]bool

	done    chan struct{}
	asOf    time.Time
	answers map[string]T
	errs    map[string]error
}

// get returns what EC2 says of key now, whether there is such a thing, and when
// EC2 was asked.
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

// getAll returns what EC2 says of those of keys that there are. Where somebody
// has asked for one and has no answer yet, that answer will do.
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

// wait waits for the answers to a batch, until the timeout or the end of ctx.
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

// join adds a question to the batch that is open, or opens one.
func (b *batcher[T]) join(ctx context.Context, key string) *batch[T] {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.joinLocked(ctx, key)
}

// joinAll adds each question to the batch that is open, unless it is in one that
// is under way. It returns the batches, with what was asked for in each.
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
		// Whoever asks first may give up; the others still want an answer.
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
