// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/crossplane/crossplane-runtime/v2/pkg/gate"
)

func TestCRDGate(t *testing.T) {
	crd := func(change ...func(*apiextensionsv1.CustomResourceDefinition)) *apiextensionsv1.CustomResourceDefinition {
		c := &apiextensionsv1.CustomResourceDefinition{}
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
		"Deleting":    {reason: "The objects of a CRD that is being deleted are released.", args: crd(func(c *apiextensionsv1.CustomResourceDefinition) { c.DeletionTimestamp = new(metav1.Now()) }), want: true},
		"New":         {reason: "A new CRD is not served yet.", args: crd(func(c *apiextensionsv1.CustomResourceDefinition) { c.Status.Conditions = nil })},
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
			if _, err := (&crdGate{gate: g}).Reconcile(t.Context(), tc.args); err != nil {
				t.Fatal(err)
			}
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
