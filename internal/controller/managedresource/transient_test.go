// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestPrepareStatus observes an object, sets conditions as the rest of the reconcile does, and
// writes the status.
func TestPrepareStatus(t *testing.T) {
	waits := networkingv1alpha1.NotReady(networkingv1alpha1.ReasonWaitingForNetworkInterface, "the network interface does not exist yet")
	full := networkingv1alpha1.NotReady(networkingv1alpha1.ReasonInstanceENILimit, "full")
	type want struct {
		Write bool
		After time.Duration // of the requeue
	}
	cases := map[string]struct {
		reason   string
		stored   []xpv2.Condition
		set      []xpv2.Condition
		override []xpv2.Condition
		age      time.Duration // since the first observation of the state
		deleted  bool
		want     want
	}{
		"Creating":      {reason: "A create that usually ends soon is not written.", set: []xpv2.Condition{xpv2.Creating(), xpv2.ReconcileSuccess()}},
		"CreatingStill": {reason: "A create that takes long is written.", set: []xpv2.Condition{xpv2.Creating(), xpv2.ReconcileSuccess()}, age: transientFor, want: want{Write: true}},
		"Waiting": {
			reason: "The wait for an ENI that is usually created soon is not written, and no poll is due.",
			set:    []xpv2.Condition{waits, xpv2.ReconcileSuccess()}, age: time.Second, want: want{After: transientFor - time.Second},
		},
		"WaitingStill": {reason: "A long wait is written.", set: []xpv2.Condition{waits, xpv2.ReconcileSuccess()}, age: transientFor, want: want{Write: true}},
		"Ready":        {reason: "The state that a user waits for is written.", set: []xpv2.Condition{xpv2.Available(), xpv2.ReconcileSuccess()}, want: want{Write: true}},
		"Failed":       {reason: "A failure is written.", set: []xpv2.Condition{xpv2.Creating(), xpv2.ReconcileError(errors.New("no"))}, want: want{Write: true}},
		"Overridden":   {reason: "The condition that is written counts, not the reconciler's.", set: []xpv2.Condition{xpv2.Creating(), xpv2.ReconcileSuccess()}, override: []xpv2.Condition{full}, want: want{Write: true}},
		"NotReady":     {reason: "The state after a cause that has ended is not written either.", stored: []xpv2.Condition{full, xpv2.ReconcileSuccess()}, set: []xpv2.Condition{xpv2.Creating(), xpv2.ReconcileSuccess()}},
		"WasReady":     {reason: "An object that was Ready shows at once that it is not.", stored: []xpv2.Condition{xpv2.Available()}, set: []xpv2.Condition{xpv2.Creating(), xpv2.ReconcileSuccess()}, want: want{Write: true}},
		"Deleted":      {reason: "The status of an object being deleted is written.", set: []xpv2.Condition{xpv2.Creating(), xpv2.ReconcileSuccess()}, deleted: true, want: want{Write: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			now := time.Now()
			since := NewStopwatch(func() time.Time { return now })
			mg := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Name: "a", UID: "a"}}
			since.Unchanged("a", string(tc.set[0].Reason))
			now = now.Add(tc.age)
			if tc.deleted {
				mg.DeletionTimestamp = &metav1.Time{Time: now}
			}
			mg.SetConditions(tc.stored...)

			ctx, s := withScope(t.Context())
			watchTransient(ctx, since, mg)
			overrideConditions(ctx, tc.override...)
			mg.SetConditions(tc.set...)
			got := want{Write: PrepareStatus(ctx, mg)}
			got.After = s.requeueAfter()
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nPrepareStatus(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
