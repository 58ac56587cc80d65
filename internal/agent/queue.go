package agent

import (
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// A lazyQueue queue has no timer but those of what it was given for later. The usual
// ones wake up twice a second, for metrics of theirs, on every node.
type lazyQueue struct {
	workqueue.TypedInterface[reconcile.Request]

	limiter workqueue.TypedRateLimiter[reconcile.Request]

	mu sync.Mutex
	// delayed are those to be added at a time.
	delayed map[reconcile.Request]*delayedAdd
}

type delayedAdd struct {
	at    time.Time
	timer *time.Timer
}

var _ queue = &lazyQueue{}

// How long a request that failed waits: from firstBackoff, doubled with each
// failure, to lastBackoff. controller-runtime's own limiter ends at a quarter of an
// hour, which after an outage of the API server is a quarter of an hour too long.
const (
	firstBackoff = 5 * time.Millisecond
	lastBackoff  = 30 * time.Second
)

func newLimiter() workqueue.TypedRateLimiter[reconcile.Request] {
	return workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstBackoff, lastBackoff)
}

func newQueue(limiter workqueue.TypedRateLimiter[reconcile.Request]) queue {
	return &lazyQueue{
		TypedInterface: workqueue.NewTyped[reconcile.Request](),
		limiter:        limiter, delayed: map[reconcile.Request]*delayedAdd{},
	}
}

// AddAfter adds a request after some time, or at the time that it is to be added
// anyway, if that is sooner.
func (q *lazyQueue) AddAfter(r reconcile.Request, d time.Duration) {
	if d <= 0 {
		q.Add(r)
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ShuttingDown() {
		return
	}
	at := time.Now().Add(d)
	if a, ok := q.delayed[r]; ok {
		if !at.Before(a.at) {
			return
		}
		a.timer.Stop()
	}
	a := &delayedAdd{at: at}
	a.timer = time.AfterFunc(d, func() { q.fire(r, a) })
	q.delayed[r] = a
}

// fire adds what an alarm was set for, unless another took its place as it rang.
func (q *lazyQueue) fire(r reconcile.Request, a *delayedAdd) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.delayed[r] == a {
		delete(q.delayed, r)
		q.Add(r)
	}
}

// AddRateLimited adds a request after a time that grows with each failure.
func (q *lazyQueue) AddRateLimited(r reconcile.Request) { q.AddAfter(r, q.limiter.When(r)) }

// Forget has a request begin anew with its failures.
func (q *lazyQueue) Forget(r reconcile.Request) { q.limiter.Forget(r) }

// NumRequeues returns how often a request has failed.
func (q *lazyQueue) NumRequeues(r reconcile.Request) int { return q.limiter.NumRequeues(r) }

// ShutDown ends the queue, and what was to be added later.
func (q *lazyQueue) ShutDown() {
	q.TypedInterface.ShutDown()
	q.stopTimers()
}

// ShutDownWithDrain does so when everything in it is done.
func (q *lazyQueue) ShutDownWithDrain() {
	q.TypedInterface.ShutDownWithDrain()
	q.stopTimers()
}

func (q *lazyQueue) stopTimers() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for r, a := range q.delayed {
		a.timer.Stop()
		delete(q.delayed, r)
	}
}
