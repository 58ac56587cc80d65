// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestRestoreEtcd restores a backup twice.
func TestRestoreEtcd(t *testing.T) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		t.Skip("this test needs kube-apiserver and etcd: set KUBEBUILDER_ASSETS to the directory that has them")
	}
	if testing.Short() {
		t.Skip("this test restarts both servers twice: make e2e runs it")
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
	node := func(name string) *corev1.Node { return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}} }
	// A server that was just started may not be ready yet.
	eventually := func(f func() error) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			if err := f(); err == nil {
				return
			} else if time.Now().After(end) {
				t.Fatal(err)
			}
		}
	}
	create := func(name string) {
		t.Helper()
		eventually(func() error {
			if err := kube.Create(t.Context(), node(name)); !kerrors.IsAlreadyExists(err) {
				return err
			}
			return nil
		})
	}
	create("before")
	backup, err := c.SaveEtcd(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		create("after")
		stopped := false
		if err := c.RestoreEtcd(t.Context(), backup, func() { stopped = true }); err != nil {
			t.Fatal(err)
		}
		if !stopped {
			t.Error("\nRestoreEtcd calls the callback while both servers are stopped.")
		}
		eventually(func() error { return kube.Get(t.Context(), client.ObjectKey{Name: "before"}, node("before")) })
		if err := kube.Get(t.Context(), client.ObjectKey{Name: "after"}, node("after")); !kerrors.IsNotFound(err) {
			t.Errorf("\nRestoreEtcd removes objects that were created after the backup: %v", err)
		}
	}
}
