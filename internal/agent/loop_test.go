// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// TestLoop checks when a request is reconciled again.
func TestLoop(t *testing.T) {
	failed, newer := errors.New("no"), kerrors.NewConflict(schema.GroupResource{}, "a", nil)
	cases := map[string]struct {
		reason string
		answer func() (reconcile.Result, error)
		want   time.Duration
		times  int
	}{
		"Done":     {reason: "A successful request is not requeued.", answer: func() (reconcile.Result, error) { return reconcile.Result{}, nil }, times: 1},
		"After":    {reason: "RequeueAfter requeues after that time.", answer: func() (reconcile.Result, error) { return reconcile.Result{RequeueAfter: time.Hour}, nil }, times: 2, want: time.Hour},
		"Conflict": {reason: "A conflict is requeued with backoff.", answer: func() (reconcile.Result, error) { return requeueConflict(newer) }, times: 2, want: time.Minute},
		"Failed":   {reason: "A failed request is requeued with backoff, regardless of RequeueAfter.", answer: func() (reconcile.Result, error) { return reconcile.Result{RequeueAfter: time.Second}, failed }, times: 2, want: time.Minute},
		"Panic":    {reason: "A panic is a failure of the request only.", answer: func() (reconcile.Result, error) { panic("no") }, times: 2, want: time.Minute},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](time.Minute, time.Minute))
				began, times, last := time.Now(), 0, time.Duration(0)
				go loop(t.Context(), q, reconcile.Func(func(context.Context, reconcile.Request) (reconcile.Result, error) {
					if times++; times == 1 {
						return tc.answer()
					}
					last = time.Since(began)
					return reconcile.Result{}, nil
				}), newProgress())
				q.Add(request("a"))
				time.Sleep(2 * time.Hour)
				q.ShutDown()
				synctest.Wait()
				if diff := cmp.Diff(tc.times, times); diff != "" {
					t.Errorf("%s Times: -want, +got:\n%s", tc.reason, diff)
				}
				if diff := cmp.Diff(tc.want, last); diff != "" {
					t.Errorf("%s Time of the second reconcile: -want, +got:\n%s", tc.reason, diff)
				}
			})
		})
	}
}
