// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestPredecessor reconciles a NodeENI that aws-multi-eni-controller manages and writes: it
// removes the conditions with each write.
func TestPredecessor(t *testing.T) {
	s := runtime.NewScheme()
	if err := v1alpha1.SchemeBuilder.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	for reason, deleted := range map[string]bool{"A NodeENI is not changed.": false, "A NodeENI that is being deleted is not changed either.": true} {
		n := nodeENI(v1alpha1.NodeENISpec{})
		n.SetFinalizers([]string{v1alpha1.FinalizerMultiENIController})
		n.Status.Attachments = []v1alpha1.NodeENIAttachment{{NodeID: "n1", ENIID: "eni-1", DPDKBound: true}}
		writes := 0
		c := fake.NewClientBuilder().WithScheme(s).WithStatusSubresource(n).WithObjects(n).WithInterceptorFuncs(interceptor.Funcs{
			SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
				writes++
				return c.SubResource(sub).Update(ctx, o, opts...)
			},
		}).Build()
		if deleted {
			if err := c.Delete(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		r := &Reconciler{client: c, uncached: c, now: func() time.Time { return now }} // nothing else is used
		key := types.NamespacedName{Name: n.GetName()}
		for range 10 {
			if _, err := r.Reconcile(t.Context(), reconcile.Request{NamespacedName: key}); err != nil {
				t.Fatal(err)
			}
			if err := c.Get(t.Context(), key, n); err != nil {
				t.Fatal(err)
			}
			if got := n.GetCondition("Synced"); now.Second() == 0 && (got.Status != corev1.ConditionFalse || got.Reason != v1alpha1.ReasonManagedByMultiENIController) {
				t.Errorf("\n%s\nSynced: %+v", reason, got)
			}
			old := n.DeepCopy()
			old.Status.Conditions = nil
			if err := c.Status().Update(t.Context(), old); err != nil {
				t.Fatal(err)
			}
			writes--
			now = now.Add(10 * time.Second)
		}
		if diff := cmp.Diff(2, writes); diff != "" {
			t.Errorf("\n%s Two controllers that revert each other's writes make one write a minute.\nwrites in 100 s: -want, +got:\n%s", reason, diff)
		}
		if diff := cmp.Diff([]v1alpha1.NodeENIAttachment{{NodeID: "n1", ENIID: "eni-1", DPDKBound: true}}, n.Status.Attachments); diff != "" {
			t.Errorf("\n%s Its attachments are what aws-multi-eni-controller knows of its ENIs.\n-want, +got:\n%s", reason, diff)
		}
		if len(n.GetFinalizers()) != 1 {
			t.Errorf("\n%s\nfinalizers: %v", reason, n.GetFinalizers())
		}
	}
}
