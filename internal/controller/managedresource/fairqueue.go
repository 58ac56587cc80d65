// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"container/heap"
	"context"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"

	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
)

// FairControllerOptions returns the options of the controller of a kind of managed resource. Its workers
// are shared fairly among the provider configs and regions of the objects. o.MaxConcurrentReconciles is
// the limit of one provider config and region. of is an empty object, region returns the region of an
// object, nil for the default.
func FairControllerOptions[T resource.ModernManaged](mgr ctrl.Manager, o options.Options, kind string, of T, region func(T) *string) controller.Options {
	co := ControllerOptions(o)
	g := newWorkerGate(co.MaxConcurrentReconciles)
	usePriority := ptr.Deref(mgr.GetControllerOptions().UsePriorityQueue, true)
	co.MaxConcurrentReconciles = g.total
	co.NewQueue = func(name string, l workqueue.TypedRateLimiter[reconcile.Request]) workqueue.TypedRateLimitingInterface[reconcile.Request] {
		var inner priorityqueue.PriorityQueue[reconcile.Request]
		if usePriority {
			inner = priorityqueue.New(name, func(opts *priorityqueue.Opts[reconcile.Request]) {
				opts.Log, opts.RateLimiter = mgr.GetLogger().WithValues("controller", name), l
			})
		} else {
			inner = fifo{workqueue.NewTypedRateLimitingQueueWithConfig(l, workqueue.TypedRateLimitingQueueConfig[reconcile.Request]{Name: name})}
		}
		q := newFairQueue(inner, g, accountOf(mgr.GetCache(), of, region))
		// A second manager in one process has its own, unregistered gauge.
		_ = ctrlmetrics.Registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "provider_aws_eni", Name: "waiting_reconciles",
			Help:        "Reconciles that are due and wait for a worker of the controller.",
			ConstLabels: prometheus.Labels{"kind": kind},
		}, q.length))
		return q
	}
	return co
}

// accountOf returns a function that returns the provider config and region of a request's object, or ""
// if the object does not exist. The provider config stands for the account. c is the cache: a read of
// package statuswriter's client waits until the cache has the client's last write, and would delay the queue.
func accountOf[T resource.ModernManaged](c client.Reader, of T, region func(T) *string) func(reconcile.Request) string {
	return func(r reconcile.Request) string {
		mg, ok := of.DeepCopyObject().(T)
		if !ok || c.Get(context.Background(), r.NamespacedName, mg) != nil { //nolint:forbidigo // a queue has no context
			return ""
		}
		config := configKeyOf(mg)
		if config == "" {
			return ""
		}
		return config + "/" + ptr.Deref(region(mg), "")
	}
}

// A fairQueue shares the workers of a controller among the accounts and regions of its objects. It holds
// the items of inner that are due, in the order of inner for each account and region, until the account
// and region may occupy another worker. While an item waits here, inner adds the object to its own items
// again when it changes, as it does while the object is reconciled.
type fairQueue struct {
	priorityqueue.PriorityQueue[reconcile.Request]

	account func(reconcile.Request) string

	mu       sync.Mutex
	changed  *sync.Cond // an item was added, a worker became free, or the queue was shut down
	gate     *workerGate
	waiting  map[string]*dueItems
	running  map[reconcile.Request]string
	sequence uint64
	stopped  bool
}

// newFairQueue returns a queue, and starts the goroutine that takes items from inner until inner is shut
// down. account returns the account and region of an item.
func newFairQueue(inner priorityqueue.PriorityQueue[reconcile.Request], g *workerGate, account func(reconcile.Request) string) *fairQueue {
	q := &fairQueue{PriorityQueue: inner, account: account, gate: g, waiting: map[string]*dueItems{}, running: map[reconcile.Request]string{}}
	q.changed = sync.NewCond(&q.mu)
	go q.receive()
	return q
}

// receive moves items from the inner queue to the waiting items.
func (q *fairQueue) receive() {
	for {
		r, priority, stopped := q.PriorityQueue.GetWithPriority()
		if stopped {
			q.mu.Lock()
			q.stopped = true
			q.changed.Broadcast()
			q.mu.Unlock()
			return
		}
		account := q.account(r)
		q.mu.Lock()
		if q.waiting[account] == nil {
			q.waiting[account] = &dueItems{}
		}
		q.sequence++
		heap.Push(q.waiting[account], dueItem{request: r, priority: priority, sequence: q.sequence})
		q.changed.Signal()
		q.mu.Unlock()
	}
}

// Get returns the next item whose account may occupy another worker.
func (q *fairQueue) Get() (reconcile.Request, bool) {
	r, _, stopped := q.GetWithPriority()
	return r, stopped
}

// GetWithPriority returns the next item whose account may occupy another worker, and its priority.
func (q *fairQueue) GetWithPriority() (reconcile.Request, int, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.stopped {
		if account, ok := q.next(); ok {
			return q.occupy(account)
		}
		q.changed.Wait()
	}
	return reconcile.Request{}, 0, true
}

// next returns the account of the first item that may occupy a worker.
func (q *fairQueue) next() (account string, ok bool) {
	var first dueItem
	for a, items := range q.waiting {
		if !q.gate.admits(a) {
			continue
		}
		if !ok || (*items)[0].precedes(first) {
			account, first, ok = a, (*items)[0], true
		}
	}
	return account, ok
}

// occupy takes the first item of an account.
func (q *fairQueue) occupy(account string) (reconcile.Request, int, bool) {
	items := q.waiting[account]
	i, _ := heap.Pop(items).(dueItem)
	if items.Len() == 0 {
		delete(q.waiting, account)
	}
	q.running[i.request] = account
	q.gate.enter(account)
	return i.request, i.priority, false
}

// Done marks an item as processed. Its worker is free.
func (q *fairQueue) Done(r reconcile.Request) {
	q.mu.Lock()
	if account, ok := q.running[r]; ok {
		delete(q.running, r)
		q.gate.leave(account)
		q.changed.Signal()
	}
	q.mu.Unlock()
	q.PriorityQueue.Done(r)
}

// Len returns the number of items that are due.
func (q *fairQueue) Len() int { return q.PriorityQueue.Len() + int(q.length()) }

// length returns the number of items that wait for a worker.
func (q *fairQueue) length() float64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for _, items := range q.waiting {
		n += items.Len()
	}
	return float64(n)
}

// A dueItem is an item that waits for a worker.
type dueItem struct {
	request  reconcile.Request
	priority int
	sequence uint64
}

func (i dueItem) precedes(o dueItem) bool {
	if i.priority != o.priority {
		return i.priority > o.priority
	}
	return i.sequence < o.sequence
}

// dueItems is a heap.
type dueItems []dueItem

func (d *dueItems) Len() int           { return len(*d) }
func (d *dueItems) Less(i, j int) bool { return (*d)[i].precedes((*d)[j]) }
func (d *dueItems) Swap(i, j int)      { (*d)[i], (*d)[j] = (*d)[j], (*d)[i] }

// Push implements heap.Interface.
func (d *dueItems) Push(x any) {
	if i, ok := x.(dueItem); ok {
		*d = append(*d, i)
	}
}

// Pop implements heap.Interface.
func (d *dueItems) Pop() any {
	last := len(*d) - 1
	i := (*d)[last]
	*d = (*d)[:last]
	return i
}

// fifo is a queue without priorities.
type fifo struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]
}

// AddWithOpts adds items. Their priority is ignored.
func (f fifo) AddWithOpts(o priorityqueue.AddOpts, items ...reconcile.Request) {
	for _, i := range items {
		switch {
		case o.After > 0:
			f.AddAfter(i, o.After)
		case o.RateLimited:
			f.AddRateLimited(i)
		default:
			f.Add(i)
		}
	}
}

// GetWithPriority returns the next item, whose priority is 0.
func (f fifo) GetWithPriority() (reconcile.Request, int, bool) {
	r, stopped := f.Get()
	return r, 0, stopped
}
