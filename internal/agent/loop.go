// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/util/uuid"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// loop reconciles the requests of a queue until it is shut down, one at a time because
// two links may be configured with the same name. It records its progress.
func loop(ctx context.Context, q queue, r reconcile.Reconciler, p *progress) {
	for {
		req, down := q.Get()
		if down {
			return
		}
		if req != probe() {
			process(ctx, q, r, req)
		}
		q.Done(req)
		p.record()
	}
}

// process reconciles a request, and requeues it according to the result.
func process(ctx context.Context, q queue, r reconcile.Reconciler, req reconcile.Request) {
	l := log.FromContext(ctx).WithValues("reconcileID", uuid.NewUUID())
	if req.Name != "" {
		l = l.WithValues("hostInterface", req.Name)
	}
	result, err := recoverPanic(log.IntoContext(ctx, l), r, req)
	switch {
	case err != nil:
		q.AddRateLimited(req)
		// A reconcile that is interrupted by the shutdown has not failed.
		if ctx.Err() == nil {
			l.Error(err, "Reconciler error")
		}
	case result.RequeueAfter > 0:
		q.Forget(req)
		q.AddAfter(req, result.RequeueAfter)
	case result.Requeue: //nolint:staticcheck // crossplane-runtime's SilentlyRequeueOnConflict uses it.
		q.AddRateLimited(req)
	default:
		q.Forget(req)
	}
}

// recoverPanic returns a panic as an error: one HostInterface must not block the others.
func recoverPanic(ctx context.Context, r reconcile.Reconciler, req reconcile.Request) (_ reconcile.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			for _, handle := range utilruntime.PanicHandlers {
				handle(ctx, p)
			}
			err = errors.Errorf("panic: %v", p)
		}
	}()
	return r.Reconcile(ctx, req)
}
