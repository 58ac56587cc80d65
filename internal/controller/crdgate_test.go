// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/gate"
)

func TestCRDGate(t *testing.T) {
	crd := func(change ...func(*apiextensionsv1.CustomResourceDefinition)) *apiextensionsv1.CustomResourceDefinition {
		c := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: "ks.g"}}
		c.Spec.Group, c.Spec.Names.Kind = "g", "K"
		c.Spec.Versions = []apiextensionsv1.CustomResourceDefinitionVersion{{Name: "v1", Served: true}}
		c.Status.Conditions = []apiextensionsv1.CustomResourceDefinitionCondition{{Type: apiextensionsv1.Established, Status: apiextensionsv1.ConditionTrue}}
		for _, fn := range change {
			fn(c)
		}
		return c
	}
	cases := map[string]struct {
		reason string
		args   *apiextensionsv1.CustomResourceDefinition
		want   bool
	}{
		"Established": {reason: "The objects of an established CRD are reconciled.", args: crd(), want: true},
		"Deleting": {reason: "The objects of a CRD that is being deleted are released.", args: crd(func(c *apiextensionsv1.CustomResourceDefinition) {
			c.DeletionTimestamp, c.Finalizers = new(metav1.Now()), []string{apiextensionsv1.CustomResourceCleanupFinalizer}
		}), want: true},
		"New": {reason: "A new CRD is not served yet.", args: crd(func(c *apiextensionsv1.CustomResourceDefinition) { c.Status.Conditions = nil })},
		"NotAccepted": {reason: "A CRD whose names are taken is not served.", args: crd(func(c *apiextensionsv1.CustomResourceDefinition) {
			c.Status.Conditions[0].Status = apiextensionsv1.ConditionFalse
		})},
		"NotServed": {reason: "A version may not be served.", args: crd(func(c *apiextensionsv1.CustomResourceDefinition) { c.Spec.Versions[0].Served = false })},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			g := new(gate.Gate[schema.GroupVersionKind])
			opened := make(chan struct{}, 1)
			g.Register(func() { opened <- struct{}{} }, schema.GroupVersionKind{Group: "g", Version: "v1", Kind: "K"})
			reconcileCRDs(t, newCRDGate(fakeCRDs(t, tc.args), g), tc.args)
			if tc.want {
				<-opened
				return
			}
			if diff := cmp.Diff(0, len(opened)); diff != "" {
				t.Errorf("\n%s\nReconcile(...): opened: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestCRDGateCloses deletes a CRD before the CRD of a second kind is established.
func TestCRDGateCloses(t *testing.T) {
	crd := func(kind string) *apiextensionsv1.CustomResourceDefinition {
		c := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: kind}}
		c.Spec.Group, c.Spec.Names.Kind = "g", kind
		c.Spec.Versions = []apiextensionsv1.CustomResourceDefinitionVersion{{Name: "v1", Served: true}}
		c.Status.Conditions = []apiextensionsv1.CustomResourceDefinitionCondition{{Type: apiextensionsv1.Established, Status: apiextensionsv1.ConditionTrue}}
		return c
	}
	a, b := crd("A"), crd("B")
	c := fakeCRDs(t, a, b)
	g := new(gate.Gate[schema.GroupVersionKind])
	opened := make(chan struct{}, 1)
	g.Register(func() { opened <- struct{}{} }, schema.GroupVersionKind{Group: "g", Version: "v1", Kind: "A"}, schema.GroupVersionKind{Group: "g", Version: "v1", Kind: "B"})
	r := newCRDGate(c, g)

	reconcileCRDs(t, r, a)
	if err := c.Delete(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	reconcileCRDs(t, r, a, b)
	select {
	case <-opened:
		t.Fatal("\nA controller is not set up without one of its CRDs.\nReconcile(...): opened the gate")
	case <-time.After(50 * time.Millisecond):
	}
	if err := c.Create(t.Context(), crd("A")); err != nil {
		t.Fatal(err)
	}
	reconcileCRDs(t, r, a)
	<-opened
}

func fakeCRDs(t *testing.T, crds ...client.Object) client.Client {
	t.Helper()
	s := runtime.NewScheme()
	if err := apiextensionsv1.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(s).WithObjects(crds...).Build()
}

func reconcileCRDs(t *testing.T, r *crdGate, crds ...client.Object) {
	t.Helper()
	for _, c := range crds {
		if _, err := r.Reconcile(t.Context(), reconcile.Request{NamespacedName: client.ObjectKeyFromObject(c)}); err != nil {
			t.Fatal(err)
		}
	}
}
