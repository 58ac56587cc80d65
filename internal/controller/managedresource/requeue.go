// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// WithRequeueFloor returns a reconciler that requeues a resource after the delay that
// its external client or EC2's rate limit requested, in place of the delay that inner
// returns. Each reconcile is one Turn in the queues for EC2's request rate.
//
// Crossplane's reconciler requeues a resource being deleted with exponential backoff. A
// resource that was blocked for long would be observed a minute after its ENI was
// deleted.
func WithRequeueFloor(inner reconcile.Reconciler, kind string) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
		ctx, turn := throttle.WithReservation(ctx, fmt.Sprintf("%s/%s", kind, req.NamespacedName))
		ctx, s := withScope(ctx)
		result, err := inner.Reconcile(ctx, req)
		if d := max(turn.End(), s.requeueAfter()); d > 0 && err == nil {
			return reconcile.Result{RequeueAfter: d}, nil
		}
		return result, err
	})
}
