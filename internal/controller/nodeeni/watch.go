package nodeeni

import (
	"context"
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
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
	// Changes of many children are gathered into one look at them all: at
	// least childDelay, and for as long as lookShare looks took, at most
	// maxChildDelay. So a NodeENI with thousands of children that all change
	// keeps a processor busy for a tenth of the time.
	childDelay    = 100 * time.Millisecond
	lookShare     = 10
	maxChildDelay = 5 * time.Second
)

// pace knows how long the last look at each NodeENI took.
type pace struct {
	mu   sync.Mutex
	last map[string]time.Duration
}

func newPace() *pace { return &pace{last: map[string]time.Duration{}} }

func (p *pace) took(name string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last[name] = d
}

func (p *pace) forget(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.last, name)
}

// delay returns for how long to gather changes.
func (p *pace) delay(name string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return min(max(childDelay, lookShare*p.last[name]), maxChildDelay)
}

// childHandler asks for the NodeENI that an object was made for.
func childHandler(p *pace) handler.EventHandler {
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

// nodeHandler asks for the NodeENIs that select a node, or did before it
// changed.
func nodeHandler(c client.Reader) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
		l := &v1alpha1.NodeENIList{}
		if err := c.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
			return nil // the cache answers from memory; it fails only on shutdown
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

// configHandler asks for the NodeENIs that use a provider config.
func configHandler(c client.Reader) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
		kind := v1alpha1.ProviderConfigKind
		if _, ok := o.(*v1alpha1.ClusterProviderConfig); ok {
			kind = v1alpha1.ClusterProviderConfigKind
		}
		l := &v1alpha1.NodeENIList{}
		if err := c.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
			return nil // the cache answers from memory; it fails only on shutdown
		}
		var rs []reconcile.Request
		for i := range l.Items {
			if ref := configReference(&l.Items[i]); ref.Kind == kind && ref.Name == o.GetName() {
				rs = append(rs, reconcile.Request{NamespacedName: types.NamespacedName{Name: l.Items[i].GetName()}})
			}
		}
		return rs
	})
}

// nodeChanged passes what placement reads of a node: labels (the zone among
// them), the instance, readiness and deletion. A heartbeat is none of these.
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
