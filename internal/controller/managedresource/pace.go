package managedresource

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	xpevent "github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// heldPoll is how often a resource on its way out is looked at while something
// else has to go first. That something's going wakes it; this is for news that
// is missed.
const heldPoll = 5 * time.Second

// reasonDeleted is the event with which Crossplane's reconciler says that it
// asked for a deletion, at each look until the resource is gone.
const reasonDeleted xpevent.Reason = "DeletedExternalResource"

// Paced keeps the looks at a resource that is being deleted at an even pace.
// Crossplane's reconciler asks to be called again with a growing delay, as
// after a failure, until the external resource is gone: one that waited long
// for another to go would be looked at a minute after its own was deleted.
// held says whether it waits for another.
func Paced[T resource.Managed](inner reconcile.Reconciler, c client.Reader, empty func() T, held func(T) bool) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
		result, err := inner.Reconcile(ctx, req)
		if err != nil || !result.Requeue { //nolint:staticcheck // Crossplane's reconciler sets it
			return result, err
		}
		mg := empty()
		if err := c.Get(ctx, req.NamespacedName, mg); err != nil {
			return result, nil //nolint:nilerr // gone, or the cache is closed: the old way will do
		}
		if !meta.WasDeleted(mg) || mg.GetCondition(xpv2.TypeSynced).Status != corev1.ConditionTrue {
			return result, nil // failures back off
		}
		if held(mg) {
			return reconcile.Result{RequeueAfter: heldPoll}, nil
		}
		return reconcile.Result{RequeueAfter: transitPoll}, nil
	})
}

// Once drops the event of a deletion that is only being waited for.
func Once[T resource.Managed](waiting func(T) bool) xpevent.FilterFn {
	return func(o runtime.Object, e xpevent.Event) bool {
		mg, ok := o.(T)
		return !ok || e.Reason != reasonDeleted || !waiting(mg)
	}
}
