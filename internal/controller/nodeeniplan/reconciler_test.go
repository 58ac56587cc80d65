// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeniplan

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterfaceattachment"
	"github.com/nodeeni/provider-aws-eni/internal/controller/nodeeni"
)

func TestReconcile(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	complete := func(age time.Duration, ttl *int32) *v1alpha1.NodeENIPlan {
		p := &v1alpha1.NodeENIPlan{ObjectMeta: metav1.ObjectMeta{Name: "p", Generation: 1}, Spec: v1alpha1.NodeENIPlanSpec{NodeENI: "data", TTLSecondsAfterFinished: ttl}}
		p.Status.CompletionTime, p.Status.ObservedGeneration = new(metav1.NewTime(now.Add(-age))), 1
		p.SetConditions(v1alpha1.Planned())
		return p
	}
	edited := complete(0, nil)
	edited.Generation = 2
	type want struct {
		result  reconcile.Result
		planned int
		status  corev1.ConditionStatus
		message string
		deleted bool
	}
	cases := map[string]struct {
		reason string
		plan   *v1alpha1.NodeENIPlan
		early  bool
		err    error
		want   want
	}{
		"New": {
			reason: "A plan is computed, and kept for ten minutes.",
			plan:   &v1alpha1.NodeENIPlan{ObjectMeta: metav1.ObjectMeta{Name: "p"}},
			want:   want{result: reconcile.Result{RequeueAfter: 10 * time.Minute}, planned: 1, status: corev1.ConditionTrue},
		},
		"Early": {
			reason: "A plan waits for the other controllers, whose indexes it uses.",
			plan:   &v1alpha1.NodeENIPlan{ObjectMeta: metav1.ObjectMeta{Name: "p"}},
			early:  true,
			want:   want{result: reconcile.Result{RequeueAfter: 500 * time.Millisecond}, status: corev1.ConditionUnknown},
		},
		"Complete": {
			reason: "A plan is computed once.",
			plan:   complete(4*time.Minute, nil),
			want:   want{result: reconcile.Result{RequeueAfter: 6 * time.Minute}, status: corev1.ConditionTrue},
		},
		"Edited": {
			reason: "A plan whose spec has changed is computed again.",
			plan:   edited,
			want:   want{result: reconcile.Result{RequeueAfter: 10 * time.Minute}, planned: 1, status: corev1.ConditionTrue},
		},
		"TTL": {
			reason: "A plan is deleted after its TTL.",
			plan:   complete(10*time.Minute, nil),
			want:   want{deleted: true},
		},
		"OwnTTL": {
			reason: "A plan may have a TTL of its own.",
			plan:   complete(31*time.Second, new(int32(30))),
			want:   want{deleted: true},
		},
		"Failed": {
			reason: "An error is the result of the plan.",
			plan:   &v1alpha1.NodeENIPlan{ObjectMeta: metav1.ObjectMeta{Name: "p"}},
			err:    errors.New(`NodeENI "dtaa" does not exist`),
			want:   want{result: reconcile.Result{RequeueAfter: 10 * time.Minute}, planned: 1, status: corev1.ConditionFalse, message: `NodeENI "dtaa" does not exist`},
		},
		"Throttled": {
			reason: "A plan that EC2's request rate delays is computed again.",
			plan:   &v1alpha1.NodeENIPlan{ObjectMeta: metav1.ObjectMeta{Name: "p"}},
			err:    &throttle.RateLimitError{Action: "DescribeInstances", After: 5 * time.Second},
			want:   want{result: reconcile.Result{RequeueAfter: 5 * time.Second}, planned: 1, status: corev1.ConditionUnknown},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := fake.NewClientBuilder().WithScheme(scheme(t)).WithStatusSubresource(&v1alpha1.NodeENIPlan{}).WithObjects(tc.plan).Build()
			planned := 0
			r := &Reconciler{client: c, now: func() time.Time { return now }, ready: func() bool { return !tc.early }, plan: func(context.Context, *v1alpha1.NodeENIPlanSpec) (*v1alpha1.NodeENIPlanStatus, error) {
				planned++
				return &v1alpha1.NodeENIPlanStatus{}, tc.err
			}}
			key := types.NamespacedName{Name: "p"}
			result, err := r.Reconcile(t.Context(), reconcile.Request{NamespacedName: key})
			if err != nil {
				t.Fatal(err)
			}
			p := &v1alpha1.NodeENIPlan{}
			err = c.Get(t.Context(), key, p)
			got := want{result: result, planned: planned, deleted: kerrors.IsNotFound(err)}
			if !got.deleted {
				got.status, got.message = p.GetCondition(v1alpha1.TypePlanned).Status, p.GetCondition(v1alpha1.TypePlanned).Message
			}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("\n%s\nReconcile(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestFail distinguishes errors of one ENI from errors of EC2.
func TestFail(t *testing.T) {
	j := &job{}
	if err := j.fail(awserr.NewUnresolved("subnet does not exist")); err != nil || j.entry.Action != v1alpha1.PlanWait || j.entry.Message != "subnet does not exist" {
		t.Errorf("\nAn ENI waits for the correction of its spec.\ngot %v, %s, %q", err, j.entry.Action, j.entry.Message)
	}
	if err := j.fail(&throttle.RateLimitError{Action: "DescribeInstances"}); err == nil {
		t.Error("\nA plan without the state of EC2 is not complete.")
	}
}

func TestOtherIndex(t *testing.T) {
	attach := []string{ec2.ActionAttach}
	cases := map[string]struct {
		reason string
		at     networkinterfaceattachment.Preview
		want   string
	}{
		"Free":     {reason: "The ENI gets the index of the spec.", at: networkinterfaceattachment.Preview{DeviceIndex: new(int32(2)), Calls: attach}},
		"Used":     {reason: "The index of the spec is in use.", at: networkinterfaceattachment.Preview{DeviceIndex: new(int32(4)), Calls: attach}, want: "device index 2 is in use: 4 is the next free one"},
		"Attached": {reason: "An ENI that remains attached is not moved.", at: networkinterfaceattachment.Preview{DeviceIndex: new(int32(4))}},
		"Card":     {reason: "Device indexes of another network card are others.", at: networkinterfaceattachment.Preview{DeviceIndex: new(int32(4)), NetworkCardIndex: new(int32(1)), Calls: attach}},
		"None":     {reason: "There is no index yet.", at: networkinterfaceattachment.Preview{Calls: attach}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := otherIndex(2, &tc.at); got != tc.want {
				t.Errorf("\n%s\notherIndex(...): %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}

// TestProblems verifies which problems of NodeENIs a plan has.
func TestProblems(t *testing.T) {
	n := &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data"}}
	will := &nodeeni.Preview{Problems: []string{"old", "new"}}
	cases := map[string]struct {
		reason string
		scope  scope
		want   []string
	}{
		"Changed":  {reason: "All problems of a NodeENI that changes.", scope: scope{before: n, after: n.DeepCopy(), was: &nodeeni.Preview{Problems: []string{"old"}}, will: will}, want: []string{"old", "new"}},
		"Labels":   {reason: "If only labels change, what they cause, with the NodeENI.", scope: scope{before: n, after: n, was: &nodeeni.Preview{Problems: []string{"old"}}, will: will}, want: []string{"NodeENI data: new"}},
		"NoBefore": {reason: "All problems, if those before the change are not known.", scope: scope{before: n, after: n, will: will}, want: []string{"NodeENI data: old", "NodeENI data: new"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.scope.problems()); diff != "" {
				t.Errorf("\n%s\nproblems(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestStatusIsBounded(t *testing.T) {
	var r result
	for i := range maxENIs + 10 {
		a := v1alpha1.PlanKeep
		if i >= maxENIs {
			a = v1alpha1.PlanRelease
		}
		r.enis = append(r.enis, v1alpha1.PlannedENI{Action: a, Node: "node"})
	}
	r.count("DetachNetworkInterface", 3, 1500*time.Millisecond)
	r.count("DetachNetworkInterface", 4, time.Second)
	s := r.status()
	released := 0
	for _, e := range s.ENIs {
		if e.Action == v1alpha1.PlanRelease {
			released++
		}
	}
	if len(s.ENIs) != maxENIs || !s.Truncated || released != 10 || s.Totals.Keep != maxENIs || s.Totals.Release != 10 {
		t.Errorf("\nENIs that remain as they are, are left out first. The totals include all.\n%d ENIs, truncated %t, %d released, totals %+v", len(s.ENIs), s.Truncated, released, s.Totals)
	}
	if want := []v1alpha1.PlannedCalls{{Action: "DetachNetworkInterface", Count: 7, Seconds: 2}}; !cmp.Equal(want, s.Calls) || s.Seconds != 2 {
		t.Errorf("\nCalls of several clients are made at the same time.\n%+v in %d s", s.Calls, s.Seconds)
	}
}
