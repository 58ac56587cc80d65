// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"os"
	"testing"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestReset resets a control plane that has a namespace, an object with a finalizer
// in it, and RBAC objects.
func TestReset(t *testing.T) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		t.Skip("this test needs kube-apiserver and etcd: set KUBEBUILDER_ASSETS to the directory that has them")
	}
	c, err := StartControlPlane(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Stop()
	kube, err := client.New(c.Config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	baseline, err := c.Baseline(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		held := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "tenant", Name: "held", Finalizers: []string{"example.org/held"}}}
		for _, o := range []client.Object{
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "tenant"}}, held,
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: Namespace}},
			&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node"}},
		} {
			if err := kube.Create(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		if err := ApplyRBAC(t.Context(), kube); err != nil {
			t.Fatal(err)
		}
		if err := kube.Delete(t.Context(), held); err != nil {
			t.Fatal(err)
		}
		if err := c.Reset(t.Context(), baseline); err != nil {
			t.Fatal(err)
		}
		if err := kube.Get(t.Context(), client.ObjectKey{Name: "tenant"}, &corev1.Namespace{}); !kerrors.IsNotFound(err) {
			t.Errorf("\nReset deletes a namespace with its objects: %v", err)
		}
		if err := kube.Get(t.Context(), client.ObjectKey{Name: "default"}, &corev1.Namespace{}); err != nil {
			t.Errorf("\nReset keeps the namespaces of the baseline: %v", err)
		}
	}
}
