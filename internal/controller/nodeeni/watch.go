// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

const (
	// Changes of children are debounced into one reconcile: for at least childDelay.
	childDelay = 100 * time.Millisecond

	// With many children the delay is delayPerChild for each, at most maxStatusDelay. Each
	// reconcile in a rollout writes the status: 200 ENIs become Ready within a minute, and
	// need a write per second, not one each.
	delayPerChild  = 5 * time.Millisecond
	maxStatusDelay = time.Second

	// The delay is reconcileShare times as long as the last reconcile took, at most
	// maxChildDelay. A NodeENI with thousands of changing children then keeps a processor
	// busy for a tenth of the time.
	reconcileShare = 10
	maxChildDelay  = 5 * time.Second
)

// debounce records the delay of each NodeENI, from its last reconcile.
type debounce struct {
	mu   sync.Mutex
	last map[string]time.Duration
}

func newDebounce() *debounce { return &debounce{last: map[string]time.Duration{}} }

// record records how long a reconcile of a number of children took.
func (p *debounce) record(name string, took time.Duration, children int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last[name] = max(min(reconcileShare*took, maxChildDelay), min(time.Duration(children)*delayPerChild, maxStatusDelay))
}

func (p *debounce) forget(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.last, name)
}

// delay returns the delay of the next reconcile after a change of a child.
func (p *debounce) delay(name string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(childDelay, p.last[name])
}

// childHandler enqueues the NodeENI of a child object after the debounce delay.
func childHandler(p *debounce) handler.EventHandler {
	enqueue := func(o client.Object, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
		if n := o.GetLabels()[v1alpha1.LabelNodeENI]; n != "" {
			q.AddAfter(reconcile.Request{NamespacedName: types.NamespacedName{Name: n}}, p.delay(n))
		}
	}
	return handler.Funcs{
		CreateFunc: func(_ context.Context, e event.CreateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(e.Object, q)
		},
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			if e.ObjectOld.GetResourceVersion() != e.ObjectNew.GetResourceVersion() {
				enqueue(e.ObjectNew, q)
			}
		},
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(e.Object, q)
		},
	}
}

// nodeHandler enqueues the NodeENIs that select a node, before or after its change.
func nodeHandler(c client.Reader) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
		l := &v1alpha1.NodeENIList{}
		if err := c.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
			return nil // a read from the cache fails only on shutdown
		}
		var rs []reconcile.Request
		for i := range l.Items {
			if eni.Selects(&l.Items[i].Spec, o.GetLabels()) {
				rs = append(rs, reconcile.Request{NamespacedName: types.NamespacedName{Name: l.Items[i].GetName()}})
			}
		}
		return rs
	})
}

// configHandler enqueues the NodeENIs that use a provider config.
func configHandler(c client.Reader) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
		kind := v1alpha1.ProviderConfigKind
		if _, ok := o.(*v1alpha1.ClusterProviderConfig); ok {
			kind = v1alpha1.ClusterProviderConfigKind
		}
		l := &v1alpha1.NodeENIList{}
		if err := c.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
			return nil // a read from the cache fails only on shutdown
		}
		var rs []reconcile.Request
		for i := range l.Items {
			if ref := eni.ConfigReference(&l.Items[i]); ref.Kind == kind && ref.Name == o.GetName() {
				rs = append(rs, reconcile.Request{NamespacedName: types.NamespacedName{Name: l.Items[i].GetName()}})
			}
		}
		return rs
	})
}

// nodeChanged passes changes of the node fields that placement and readiness use: labels,
// including the zone, providerID, readiness, boot, startup taints and deletion. It drops
// heartbeats.
func nodeChanged() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok := e.ObjectOld.(*corev1.Node)
		if !ok {
			return false
		}
		after, ok := e.ObjectNew.(*corev1.Node)
		return ok && (before.Spec.ProviderID != after.Spec.ProviderID ||
			!maps.Equal(before.GetLabels(), after.GetLabels()) ||
			ready(before) != ready(after) ||
			before.Status.NodeInfo.BootID != after.Status.NodeInfo.BootID ||
			!equality.Semantic.DeepEqual(startupTaints(before), startupTaints(after)) ||
			!equality.Semantic.DeepEqual(readinessConditions(before), readinessConditions(after)) ||
			(before.GetDeletionTimestamp() == nil) != (after.GetDeletionTimestamp() == nil))
	}}
}

func ready(n *corev1.Node) bool {
	for _, c := range n.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
