// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// A lazyQueue is a rate-limited queue without workqueue's periodic timers for metrics,
// which would wake up every node twice a second.
type lazyQueue struct {
	workqueue.TypedInterface[reconcile.Request]

	limiter workqueue.TypedRateLimiter[reconcile.Request]

	mu sync.Mutex
	// delayed are the requests to be added later.
	delayed map[reconcile.Request]*delayedAdd
}

type delayedAdd struct {
	at    time.Time
	timer *time.Timer
}

var _ queue = &lazyQueue{}

// Backoff of a failed request. The maximum of controller-runtime's limiter is 15 minutes,
// which would delay the recovery from an outage of the API server.
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

// AddAfter adds a request after a duration, or earlier if it is already due earlier.
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

// fire adds a delayed request, unless another timer has replaced it.
func (q *lazyQueue) fire(r reconcile.Request, a *delayedAdd) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.delayed[r] == a {
		delete(q.delayed, r)
		q.Add(r)
	}
}

// AddRateLimited adds a request after its backoff.
func (q *lazyQueue) AddRateLimited(r reconcile.Request) { q.AddAfter(r, q.limiter.When(r)) }

// Forget resets the backoff of a request.
func (q *lazyQueue) Forget(r reconcile.Request) { q.limiter.Forget(r) }

// NumRequeues returns how often a request has failed.
func (q *lazyQueue) NumRequeues(r reconcile.Request) int { return q.limiter.NumRequeues(r) }

// ShutDown shuts down the queue, and drops delayed requests.
func (q *lazyQueue) ShutDown() {
	q.TypedInterface.ShutDown()
	q.stopTimers()
}

// ShutDownWithDrain shuts down the queue after its requests are done.
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
