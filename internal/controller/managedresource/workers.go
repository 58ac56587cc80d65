// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"sync"
	"time"

	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
)

// workerPoll is the requeue delay of an object whose account and region use all workers that they may.
const workerPoll = 200 * time.Millisecond

// A workerGate shares the workers of a controller among accounts and regions, so that a slow one does
// not occupy all of them. A controller has twice as many workers as one account and region may occupy. A
// quarter of all workers is kept for accounts and regions that occupy none.
type workerGate struct {
	most, total int

	mu      sync.Mutex
	running map[string]int
	busy    int
}

// newWorkerGate returns the gate of a controller in which one account and region may occupy a number of
// workers.
func newWorkerGate(most int) *workerGate {
	return &workerGate{most: most, total: workers(most), running: map[string]int{}}
}

// workers returns the number of a controller's workers.
func workers(most int) int { return 2 * most }

// enter reports whether a reconcile for an account and region may occupy a worker. If it may, it must
// call leave.
func (g *workerGate) enter(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n := g.running[key]; n > 0 && (n >= g.most || g.total-g.busy <= g.most/2) {
		return false
	}
	g.running[key]++
	g.busy++
	return true
}

func (g *workerGate) leave(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy--
	if g.running[key]--; g.running[key] == 0 {
		delete(g.running, key)
	}
}

// WithFairWorkers returns a connector that requeues an object if its account and region occupy all
// workers that they may. most is the number of workers for one account and region. region returns the
// region of an object, nil for the default.
func WithFairWorkers[T resource.ModernManaged](inner managed.TypedExternalConnector[T], most int, region func(T) *string) managed.TypedExternalConnector[T] {
	g := newWorkerGate(max(1, most))
	return managed.TypedExternalConnectorFn[T](func(ctx context.Context, mg T) (managed.TypedExternalClient[T], error) {
		ref, err := ConfigReference(mg)
		if err != nil {
			return nil, err
		}
		key := ref.String() + "/" + ptr.Deref(region(mg), "")
		if !g.enter(key) {
			RequeueAfter(ctx, workerPoll)
			return nil, errRequeue(mg)
		}
		c, err := inner.Connect(ctx, mg)
		if err != nil {
			g.leave(key)
			return nil, err
		}
		return &fairClient[T]{TypedExternalClient: c, leave: sync.OnceFunc(func() { g.leave(key) })}, nil
	})
}

// fairClient leaves the gate when the reconciler disconnects it, which it does at the end of each
// reconcile.
type fairClient[T resource.Managed] struct {
	managed.TypedExternalClient[T]

	leave func()
}

// Disconnect closes the inner client.
func (c *fairClient[T]) Disconnect(ctx context.Context) error {
	defer c.leave()
	return errors.Wrap(c.TypedExternalClient.Disconnect(ctx), "cannot disconnect")
}
