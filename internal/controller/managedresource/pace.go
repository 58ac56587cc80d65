package managedresource

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// heldPoll is how often a resource on its way out is looked at while something
// else has to go first. That something's going wakes it; this is for news that
// is missed.
const heldPoll = 5 * time.Second

// Paced keeps the looks at a resource at the pace that its state asks for.
//
// A look is one turn in the queues for EC2's request rate; where it was told to
// wait, the next one comes just then.
//
// While a resource is being deleted Crossplane's reconciler asks to be called
// again with a growing delay, as after a failure, until the external resource
// is gone: one that waited long for another to go would be looked at a minute
// after its own was deleted. Here the pace is even. held says whether the
// resource waits for another.
func Paced[T resource.Managed](inner reconcile.Reconciler, c client.Reader, empty func() T, held func(T) bool) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
		mg := empty()
		ctx, turn := throttle.WithTurn(ctx, fmt.Sprintf("%T/%s", mg, req.NamespacedName))
		result, err := inner.Reconcile(ctx, req)
		if wait := turn.End(); wait > 0 && err == nil {
			return reconcile.Result{RequeueAfter: wait}, nil
		}
		if err != nil || !result.Requeue { //nolint:staticcheck // Crossplane's reconciler sets it
			return result, err
		}
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
