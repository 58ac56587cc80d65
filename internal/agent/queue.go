package agent

import (
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// A sleepy queue has no timer but those of what it was given for later. The usual
// ones wake up twice a second, for metrics of theirs, on every node.
type sleepy struct {
	workqueue.TypedInterface[reconcile.Request]

	limiter workqueue.TypedRateLimiter[reconcile.Request]

	mu sync.Mutex
	// later are those to be added at a time.
	later map[reconcile.Request]*alarm
}

type alarm struct {
	at    time.Time
	timer *time.Timer
}

var _ queue = &sleepy{}

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
	return &sleepy{
		TypedInterface: workqueue.NewTyped[reconcile.Request](),
		limiter:        limiter, later: map[reconcile.Request]*alarm{},
	}
}

// AddAfter adds a request after some time, or at the time that it is to be added
// anyway, if that is sooner.
func (q *sleepy) AddAfter(r reconcile.Request, d time.Duration) {
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
	if a, ok := q.later[r]; ok {
		if !at.Before(a.at) {
			return
		}
		a.timer.Stop()
	}
	a := &alarm{at: at}
	a.timer = time.AfterFunc(d, func() { q.ring(r, a) })
	q.later[r] = a
}

// ring adds what an alarm was set for, unless another took its place as it rang.
func (q *sleepy) ring(r reconcile.Request, a *alarm) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.later[r] == a {
		delete(q.later, r)
		q.Add(r)
	}
}

// AddRateLimited adds a request after a time that grows with each failure.
func (q *sleepy) AddRateLimited(r reconcile.Request) { q.AddAfter(r, q.limiter.When(r)) }

// Forget has a request begin anew with its failures.
func (q *sleepy) Forget(r reconcile.Request) { q.limiter.Forget(r) }

// NumRequeues returns how often a request has failed.
func (q *sleepy) NumRequeues(r reconcile.Request) int { return q.limiter.NumRequeues(r) }

// ShutDown ends the queue, and what was to be added later.
func (q *sleepy) ShutDown() {
	q.TypedInterface.ShutDown()
	q.silence()
}

// ShutDownWithDrain does so when everything in it is done.
func (q *sleepy) ShutDownWithDrain() {
	q.TypedInterface.ShutDownWithDrain()
	q.silence()
}

func (q *sleepy) silence() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for r, a := range q.later {
		a.timer.Stop()
		delete(q.later, r)
	}
}
