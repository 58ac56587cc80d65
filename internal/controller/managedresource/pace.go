package managedresource

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/controller/quiet"
)

// heldPoll is how often a resource on its way out is looked at while something
// else has to go first. That something's going wakes it; this is for news that
// is missed.
const heldPoll = 5 * time.Second

// Paced lets the looks at resources of a kind come when their state asks for
// one. A look is one turn in the queues for EC2's request rate; where it was
// told to wait, the next one comes just then.
//
// Crossplane's reconciler asks to be called again with a growing delay, as
// after a failure, until a resource that is being deleted is gone: one that
// waited long for another to go would be looked at a minute after its own was
// deleted.
func Paced(inner reconcile.Reconciler, kind string) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
		ctx, turn := throttle.WithReservation(ctx, fmt.Sprintf("%s/%s", kind, req.NamespacedName))
		ctx = quiet.WithAmendment(ctx)
		result, err := inner.Reconcile(ctx, req)
		if wait := turn.End(); wait > 0 && err == nil {
			return reconcile.Result{RequeueAfter: wait}, nil
		}
		return result, err
	})
}
