// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestReadinessDenied has an API server that denies changes of nodes: the condition Synced has
// the reason, and the children are applied.
func TestReadinessDenied(t *testing.T) {
	w := newWorld(t, poolNodeENI(func(n *v1alpha1.NodeENI) { n.Spec.Readiness = &v1alpha1.NodeENIReadiness{} }), poolNode("n1"))
	w.client = interceptor.NewClient(w.kube, interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			if _, ok := o.(*corev1.Node); ok {
				return kerrors.NewForbidden(corev1.Resource("nodes"), o.GetName(), nil)
			}
			return c.SubResource(sub).Patch(ctx, o, p, opts...)
		},
	})
	name := types.NamespacedName{Name: "data"}
	if _, err := w.Reconcile(t.Context(), reconcile.Request{NamespacedName: name}); !kerrors.IsForbidden(err) {
		t.Errorf("The reconcile is repeated: %v", err)
	}
	n := &v1alpha1.NodeENI{}
	if err := w.kube.Get(t.Context(), name, n); err != nil {
		t.Fatal(err)
	}
	if c := n.GetCondition(xpv2.TypeSynced); c.Status != corev1.ConditionFalse || !strings.Contains(c.Message, `cannot update the readiness of node "n1"`) {
		t.Errorf("Synced has the reason: %v", c)
	}
	if n.Status.Desired != 1 {
		t.Errorf("The NodeENI has %d children, want 1", n.Status.Desired)
	}
}

func TestHostReadiness(t *testing.T) {
	n := nodeENI(v1alpha1.NodeENISpec{Readiness: &v1alpha1.NodeENIReadiness{Resource: &v1alpha1.NodeENIResource{}}})
	for siblings, want := range map[int]int32{0: 1, 1: 1, 3: 3, 5000: 1024} {
		c := aChild
		c.Siblings = siblings
		w := &v1alpha1.HostReadiness{Resource: "networking.k8s.aws/data", Capacity: 250, Interfaces: want}
		if diff := cmp.Diff(w, hostReadiness(n, c)); diff != "" {
			t.Errorf("\nThe resource needs each of the node's %d interfaces, within the bounds of the CRD.\nhostReadiness(...): -want, +got:\n%s", siblings, diff)
		}
	}
}

func TestUnready(t *testing.T) {
	ready := []xpv2.Condition{v1alpha1.Ready(v1alpha1.ReasonConfigured, "")}
	cases := map[string]struct {
		reason     string
		conditions []xpv2.Condition
		want       string
	}{
		"Ready":         {reason: "A configured interface without other conditions is ready."},
		"Offered":       {reason: "An interface whose device pods can get is ready.", conditions: []xpv2.Condition{v1alpha1.Offered("")}},
		"NotOffered":    {reason: "A device that pods cannot get is not ready.", conditions: []xpv2.Condition{v1alpha1.NotOffered(v1alpha1.ReasonNotInFile, "")}, want: "NotInFile"},
		"Advertised":    {reason: "An interface whose resource the kubelet has is ready.", conditions: []xpv2.Condition{v1alpha1.ResourceAdvertised("")}},
		"NotAdvertised": {reason: "Without the resource that pods request, the node is not ready.", conditions: []xpv2.Condition{v1alpha1.ResourceNotAdvertised(v1alpha1.ReasonNoKubeletDirectory, "")}, want: "NoKubeletDirectory"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			at, h := &ec2v1alpha1.NetworkInterfaceAttachment{}, &v1alpha1.HostInterface{}
			at.Status.AtProvider.Status = "attached"
			h.Status.ObservedGeneration = 1
			h.SetConditions(append(tc.conditions, ready...)...)
			s := &state{attachments: map[string]*ec2v1alpha1.NetworkInterfaceAttachment{"c": at}, hosts: map[string]*v1alpha1.HostInterface{"c": h}}
			if got, _ := s.unready("c", "boot"); got != tc.want {
				t.Errorf("\n%s\nunready(...): want %q, got %q", tc.reason, tc.want, got)
			}
		})
	}
}
