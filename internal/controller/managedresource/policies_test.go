// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

func TestSaveExternalName(t *testing.T) {
	const o, c, l = xpv2.ManagementActionObserve, xpv2.ManagementActionCreate, xpv2.ManagementActionLateInitialize
	kept := map[string]string{"a": "of-a-user", networkingv1alpha1.AnnotationCreateUnanswered: "true"}
	cases := map[string]struct {
		reason string
		args   xpv2.ManagementPolicies
		want   map[string]string // stored annotations
	}{
		"LateInitialize": {reason: "With late initialization, the reconciler saves the external name.", args: xpv2.ManagementPolicies{o, c, l}, want: kept},
		"Otherwise":      {reason: "Without it, the external name is saved at once, and other annotations stay.", args: xpv2.ManagementPolicies{o, c}, want: map[string]string{"a": "of-a-user", meta.AnnotationKeyExternalName: "eni-1"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			scheme := runtime.NewScheme()
			if err := v1alpha1.SchemeBuilder.AddToScheme(scheme); err != nil {
				t.Fatal(err)
			}
			stored := &v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "eni", Annotations: kept}}
			kube := fake.NewClientBuilder().WithScheme(scheme).WithObjects(stored).Build()
			mg := &v1alpha1.NetworkInterface{}
			if err := kube.Get(t.Context(), client.ObjectKeyFromObject(stored), mg); err != nil {
				t.Fatal(err)
			}
			mg.Spec.ManagementPolicies = tc.args
			mg.Annotations = map[string]string{"a": "stale", meta.AnnotationKeyExternalName: "eni-1"}
			mg.Status.AtProvider.ID = "eni-1"
			if err := SaveExternalName(t.Context(), kube, mg); err != nil {
				t.Fatal(err)
			}
			got := &v1alpha1.NetworkInterface{}
			if err := kube.Get(t.Context(), client.ObjectKeyFromObject(stored), got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.GetAnnotations()); diff != "" {
				t.Errorf("\n%s\nSaveExternalName(...): -want, +got:\n%s", tc.reason, diff)
			}
			if mg.GetResourceVersion() != got.GetResourceVersion() || mg.Status.AtProvider.ID != "eni-1" {
				t.Errorf("\n%s\nThe object has version %s, want %s, and keeps its status", tc.reason, mg.GetResourceVersion(), got.GetResourceVersion())
			}
		})
	}
}
