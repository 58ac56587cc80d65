// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package statuswriter_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/statuswriter"
)

// TestTransitionTimes sets conditions of a managed resource as one reconcile does.
func TestTransitionTimes(t *testing.T) {
	then := metav1.NewTime(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
	since := func(c xpv2.Condition) xpv2.Condition {
		c.LastTransitionTime = then
		return c
	}
	type want struct {
		Writes int
		Since  bool // the transition time is unchanged
	}
	cases := map[string]struct {
		reason string
		set    []xpv2.Condition // in this order
		want   want
	}{
		"Back":    {reason: "A condition that changes and changes back is not written.", set: []xpv2.Condition{xpv2.Available(), xpv2.Deleting()}, want: want{Since: true}},
		"Same":    {reason: "A condition that is set again is not written.", set: []xpv2.Condition{xpv2.Deleting()}, want: want{Since: true}},
		"Changed": {reason: "A transition is written with its time.", set: []xpv2.Condition{xpv2.Deleting(), xpv2.Available()}, want: want{Writes: 1}},
		"Message": {reason: "Another message is written with its time too.", set: []xpv2.Condition{xpv2.Available(), xpv2.Deleting().WithMessage("waits")}, want: want{Writes: 1}},
		"Other":   {reason: "A change of another condition keeps this one's time.", set: []xpv2.Condition{xpv2.Available(), xpv2.Deleting(), xpv2.ReconcileSuccess()}, want: want{Writes: 1, Since: true}},
	}
	for name, tc := range cases {
		for _, o := range []client.Object{&ec2v1alpha1.NetworkInterface{}, &ec2v1alpha1.NetworkInterfaceAttachment{}} {
			t.Run(name, func(t *testing.T) {
				type managed interface {
					client.Object
					SetConditions(c ...xpv2.Condition)
					GetCondition(t xpv2.ConditionType) xpv2.Condition
				}
				mg, ok := o.DeepCopyObject().(managed)
				if !ok {
					t.Fatal("the object has no conditions")
				}
				mg.SetNamespace("ns")
				mg.SetName("one")
				mg.SetConditions(since(xpv2.Deleting()))
				s := runtime.NewScheme()
				if err := ec2v1alpha1.SchemeBuilder.AddToScheme(s); err != nil {
					t.Fatal(err)
				}
				got := want{}
				c := statuswriter.Wrap(fake.NewClientBuilder().WithScheme(s).WithObjects(mg).WithStatusSubresource(mg).WithInterceptorFuncs(interceptor.Funcs{
					SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
						got.Writes++
						return c.SubResource(sub).Update(ctx, o, opts...)
					},
				}).Build(), nil)
				if err := c.Get(t.Context(), client.ObjectKeyFromObject(mg), mg); err != nil {
					t.Fatal(err)
				}
				for _, cond := range tc.set {
					mg.SetConditions(cond)
				}
				if err := c.Status().Update(t.Context(), mg); err != nil {
					t.Fatal(err)
				}
				ready := mg.GetCondition(xpv2.TypeReady)
				got.Since = ready.LastTransitionTime.Equal(&then)
				if diff := cmp.Diff(tc.want, got); diff != "" || (name != "Changed" && ready.Status != corev1.ConditionFalse) {
					t.Errorf("\n%s\nStatus().Update(...): -want, +got:\n%s", tc.reason, diff)
				}
			})
		}
	}
}
