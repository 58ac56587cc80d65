// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// An updater returns that the ENI differs from the spec.
type updater struct {
	managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface]

	err error
}

func (updater) Observe(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalObservation, error) {
	return managed.ExternalObservation{ResourceExists: true}, nil
}

func (u updater) Update(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalUpdate, error) {
	return managed.ExternalUpdate{}, u.err
}

// TestUpdateSettles observes an object after an update that EC2's response does not
// contain.
func TestUpdateSettles(t *testing.T) {
	errBoom := errors.New("boom")
	type want struct {
		UpToDate bool
		Again    time.Duration
	}
	cases := map[string]struct {
		reason string
		err    error
		tries  int // of the update, each 2 s after the one before; 0: one
		after  time.Duration
		edit   func(mg *ec2v1alpha1.NetworkInterface)
		want   want
	}{
		"AtOnce":  {reason: "The update is not repeated while the response may be stale.", after: 500 * time.Millisecond, want: want{UpToDate: true, Again: settlePoll}},
		"Ending":  {reason: "It is observed again at the end of that time.", after: 1900 * time.Millisecond, want: want{UpToDate: true, Again: 100 * time.Millisecond}},
		"Later":   {reason: "An update that had no effect is repeated.", after: 2 * time.Second},
		"Edited":  {reason: "An update to a new spec does not wait.", after: 500 * time.Millisecond, edit: func(mg *ec2v1alpha1.NetworkInterface) { mg.Generation++ }},
		"Other":   {reason: "An update of another object does not wait.", after: 500 * time.Millisecond, edit: func(mg *ec2v1alpha1.NetworkInterface) { mg.UID = "other" }},
		"Failed":  {reason: "A failed update is repeated at once.", err: errBoom, after: 500 * time.Millisecond},
		"Twice":   {reason: "An update without effect is repeated with a backoff.", tries: 2, after: 5 * time.Second, want: want{UpToDate: true, Again: 10 * time.Second}},
		"Again":   {reason: "It is repeated when the backoff ends.", tries: 2, after: 15 * time.Second},
		"Forever": {reason: "The backoff grows.", tries: 20, after: time.Minute, want: want{UpToDate: true, Again: 9 * time.Minute}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mg := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{UID: "uid", Generation: 1}}
				c := withBackoff(t, updater{err: tc.err})
				for i := range max(1, tc.tries) {
					if i > 0 {
						time.Sleep(2 * time.Second)
					}
					if _, err := c.Update(t.Context(), mg); !errors.Is(err, tc.err) {
						t.Fatal(err)
					}
				}
				time.Sleep(tc.after)
				if tc.edit != nil {
					tc.edit(mg)
				}
				ctx, s := withScope(t.Context())
				obs, err := c.Observe(ctx, mg)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, want{UpToDate: obs.ResourceUpToDate, Again: s.requeueAfter()}); diff != "" {
					t.Errorf("\n%s\nObserve(...): -want, +got:\n%s", tc.reason, diff)
				}
			})
		})
	}
}

// TestUnconfirmed tests Synced while EC2 does not return an update.
func TestUnconfirmed(t *testing.T) {
	before := xpv2.ReconcileSuccess().WithObservedGeneration(7)
	failed := xpv2.ReconcileError(errors.New("boom")).WithObservedGeneration(8)
	type want struct {
		Status     corev1.ConditionStatus
		Reason     xpv2.ConditionReason
		Generation int64
	}
	cases := map[string]struct {
		reason string
		before xpv2.Condition
		tries  int
		want   want
	}{
		"Updated":     {reason: "Until EC2 returns the update, Synced keeps its generation.", before: before, tries: 1, want: want{Status: corev1.ConditionTrue, Reason: xpv2.ReasonReconcileSuccess, Generation: 7}},
		"First":       {reason: "A first update has no observedGeneration until it is confirmed.", before: xpv2.Condition{Status: corev1.ConditionUnknown}, tries: 1, want: want{Status: corev1.ConditionTrue, Reason: xpv2.ReasonReconcileSuccess}},
		"AfterError":  {reason: "An error stays until the next update is confirmed.", before: failed, tries: 1, want: want{Status: corev1.ConditionFalse, Reason: xpv2.ReasonReconcileError, Generation: 8}},
		"Ineffective": {reason: "An update that has no effect twice is an error.", before: before, tries: 2, want: want{Status: corev1.ConditionFalse, Reason: networkingv1alpha1.ReasonUpdateIneffective}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := unconfirmed(tc.before, tc.tries, "description")
			if diff := cmp.Diff(tc.want, want{Status: c.Status, Reason: c.Reason, Generation: c.ObservedGeneration}); diff != "" {
				t.Errorf("\n%s\nunconfirmed(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
