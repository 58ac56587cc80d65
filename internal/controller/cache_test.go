// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

func TestSlim(t *testing.T) {
	made := func() *ec2v1alpha1.NetworkInterface {
		id := []byte("eni-0123456789abcdef0") // A string of its own each time.
		ni := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{
			Name: "a", ResourceVersion: "17", Labels: map[string]string{string([]byte("key")): string(id)},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}, Finalizers: []string{string([]byte("finalizer"))},
		}}
		ni.Status.AtProvider.ID = string(id)
		ni.Spec.ForProvider.Description = new(string(id))
		return ni
	}
	want := made()
	want.ManagedFields = nil
	one, two := made(), made()
	for _, ni := range []*ec2v1alpha1.NetworkInterface{one, two} {
		if _, err := Slim(ni); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, ni); diff != "" {
			t.Errorf("Nothing of an object changes but who set what.\n-want, +got:\n%s", diff)
		}
	}
	at := unsafe.StringData(one.Status.AtProvider.ID)
	for what, s := range map[string]string{
		"another object's": two.Status.AtProvider.ID, "a label's": one.Labels["key"], "a pointer's": *two.Spec.ForProvider.Description,
	} {
		if unsafe.StringData(s) != at {
			t.Errorf("A text that is %s too is kept once.", what)
		}
	}
	if o, err := Slim("not an object"); o != "not an object" || err != nil {
		t.Errorf("Other values are not changed: %v, %v", o, err)
	}
}
