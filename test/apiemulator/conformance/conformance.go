// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package conformance verifies the behaviour of an API server on which controllers rely. It is run against
// kube-apiserver and against its emulator.
package conformance

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// namespace of the objects.
const namespace = "default"

// Check runs all checks against the API server of c, which has the CRDs and the namespace default. It
// deletes the objects that it creates.
func Check(t *testing.T, c client.WithWatch) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, client.WithWatch){
		"Create": checkCreate, "Update": checkUpdate, "Status": checkStatus, "Patch": checkPatch, "Apply": checkApply,
		"Finalizers": checkFinalizers, "Lists": checkLists, "Watch": checkWatch, "WatchSelector": checkWatchSelector, "Metadata": checkMetadata,
	} {
		t.Run(name, func(t *testing.T) { check(t, c) })
	}
}

// eni returns a NetworkInterface.
func eni(name string) *ec2v1alpha1.NetworkInterface {
	n := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"conformance": "a"}}}
	n.Spec.ForProvider.SubnetID = new(ec2v1alpha1.SubnetID("subnet-0123456789abcdef0"))
	return n
}

// create creates an object that is deleted at the end.
func create[T client.Object](t *testing.T, c client.Client, o T) T {
	t.Helper()
	if err := c.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Delete(context.WithoutCancel(t.Context()), o) }) // a check may have deleted it
	return o
}

func checkCreate(t *testing.T, c client.WithWatch) {
	t.Helper()
	n := create(t, c, eni("create"))
	if n.GetUID() == "" || n.GetResourceVersion() == "" || n.GetGeneration() != 1 || n.CreationTimestamp.IsZero() {
		t.Errorf("the metadata is %+v", n.ObjectMeta)
	}
	if p := n.GetManagementPolicies(); len(p) != 1 || p[0] != xpv2.ManagementActionAll {
		t.Errorf("the default of managementPolicies is not set: %v", p)
	}
	if err := c.Create(t.Context(), eni("create")); !kerrors.IsAlreadyExists(err) {
		t.Errorf("a second object of the name: %v", err)
	}
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "nothing"}, eni("x")); !kerrors.IsNotFound(err) {
		t.Errorf("an object that does not exist: %v", err)
	}
	secret := create(t, c, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "create"}, StringData: map[string]string{"a": "b"}})
	if string(secret.Data["a"]) != "b" || len(secret.StringData) != 0 {
		t.Errorf("stringData of a Secret becomes %v, stringData %v", secret.Data, secret.StringData)
	}
	g := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: "conformance-"}}
	if create(t, c, g); len(g.GetName()) <= len("conformance-") {
		t.Errorf("the generated name is %q", g.GetName())
	}
}

func checkUpdate(t *testing.T, c client.WithWatch) {
	t.Helper()
	n := create(t, c, eni("update"))
	stale := n.DeepCopy()
	version := n.GetResourceVersion()
	if err := c.Update(t.Context(), n); err != nil || n.GetResourceVersion() != version {
		t.Errorf("an update without a change makes version %s of %s: %v", n.GetResourceVersion(), version, err)
	}
	n.Labels["b"] = "c"
	if err := c.Update(t.Context(), n); err != nil || n.GetGeneration() != 1 || n.GetResourceVersion() == version {
		t.Errorf("a change of a label makes generation %d, version %s of %s: %v", n.GetGeneration(), n.GetResourceVersion(), version, err)
	}
	n.Spec.ForProvider.Description = new("d")
	n.Status.AtProvider.ID = "eni-1"
	if err := c.Update(t.Context(), n); err != nil || n.GetGeneration() != 2 || n.Status.AtProvider.ID != "" {
		t.Errorf("a change of the spec makes generation %d, and changes the status to %q: %v", n.GetGeneration(), n.Status.AtProvider.ID, err)
	}
	stale.Labels["b"] = "d"
	if err := c.Update(t.Context(), stale); !kerrors.IsConflict(err) {
		t.Errorf("an update of a stale object: %v", err)
	}
}

func checkStatus(t *testing.T, c client.WithWatch) {
	t.Helper()
	n := create(t, c, eni("status"))
	n.Status.AtProvider.ID = "eni-1"
	n.Spec.ForProvider.Description = new("d")
	if err := c.Status().Update(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if n.Status.AtProvider.ID != "eni-1" || n.Spec.ForProvider.Description != nil || n.GetGeneration() != 1 {
		t.Errorf("an update of the status makes %+v", n)
	}
	n.Labels["b"] = "c"
	if err := c.Update(t.Context(), n); err != nil || n.Status.AtProvider.ID != "eni-1" {
		t.Errorf("an update of a label changes the status to %q: %v", n.Status.AtProvider.ID, err)
	}
}

func checkPatch(t *testing.T, c client.WithWatch) {
	t.Helper()
	n := create(t, c, eni("patch"))
	before := n.DeepCopy()
	n.Annotations = map[string]string{"a": "b"}
	delete(n.Labels, "conformance")
	if err := c.Patch(t.Context(), n, client.MergeFrom(before)); err != nil || n.Annotations["a"] != "b" || len(n.Labels) != 0 {
		t.Errorf("a merge patch makes annotations %v, labels %v: %v", n.Annotations, n.Labels, err)
	}
	before.Annotations = nil
	n = before.DeepCopy()
	n.Annotations = map[string]string{"a": "c"}
	if err := c.Patch(t.Context(), n, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); !kerrors.IsConflict(err) {
		t.Errorf("a merge patch of a stale object: %v", err)
	}
}

// applied returns the fields of a NetworkInterface to apply.
func applied(name string, finalizers []any, forProvider map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": ec2v1alpha1.SchemeGroupVersion.String(), "kind": ec2v1alpha1.NetworkInterfaceKind,
		"metadata": map[string]any{"namespace": namespace, "name": name, "finalizers": finalizers}, "spec": map[string]any{"forProvider": forProvider},
	}}
}

func checkApply(t *testing.T, c client.WithWatch) {
	t.Helper()
	apply := func(finalizers []any, forProvider map[string]any) *ec2v1alpha1.NetworkInterface {
		t.Helper()
		if err := c.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(applied("apply", finalizers, forProvider)), client.FieldOwner("conformance"), client.ForceOwnership); err != nil {
			t.Fatal(err)
		}
		n := eni("apply")
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	subnet := "subnet-0123456789abcdef0"
	n := apply([]any{"example.org/a"}, map[string]any{"subnetId": subnet, "description": "d", "tags": map[string]any{"a": "1", "b": "2"}})
	if n.GetGeneration() != 1 || *n.Spec.ForProvider.Description != "d" || len(n.GetManagementPolicies()) != 1 {
		t.Errorf("an apply creates %+v", n)
	}
	version := n.GetResourceVersion()
	if n = apply([]any{"example.org/a"}, map[string]any{"subnetId": subnet, "description": "d", "tags": map[string]any{"a": "1", "b": "2"}}); n.GetResourceVersion() != version {
		t.Errorf("an apply without a change makes version %s of %s", n.GetResourceVersion(), version)
	}
	n.Spec.ForProvider.SourceDestCheck = new(false)
	n.Finalizers = append(n.Finalizers, "example.org/b")
	if err := c.Update(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	n = apply([]any{"example.org/a"}, map[string]any{"subnetId": subnet, "tags": map[string]any{"a": "1"}})
	if p := n.Spec.ForProvider; p.Description != nil || len(p.Tags) != 1 || p.SourceDestCheck == nil || len(n.Finalizers) != 2 {
		t.Errorf("an apply removes the fields of its manager, and no others: %+v, finalizers %v", p, n.Finalizers)
	}
	n.Finalizers = nil
	if err := c.Update(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(t.Context(), n); err != nil {
		t.Fatal(err)
	}
}

func checkFinalizers(t *testing.T, c client.WithWatch) {
	t.Helper()
	n := eni("finalizers")
	n.Finalizers = []string{"example.org/a"}
	create(t, c, n)
	if err := c.Delete(t.Context(), n, client.Preconditions{UID: new(n.GetUID() + "x")}); !kerrors.IsConflict(err) {
		t.Errorf("a deletion of another UID: %v", err)
	}
	if err := c.Delete(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(n), n); err != nil || n.GetDeletionTimestamp() == nil || n.GetGeneration() != 2 {
		t.Errorf("an object with a finalizer is being deleted: %+v, %v", n.ObjectMeta, err)
	}
	n.Finalizers = nil
	if err := c.Update(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(n), n); !kerrors.IsNotFound(err) {
		t.Errorf("an object without finalizers is deleted: %v", err)
	}
}

func checkLists(t *testing.T, c client.WithWatch) {
	t.Helper()
	var want []string
	for i := range 7 {
		n := eni(fmt.Sprintf("list-%d", i))
		n.Labels["list"] = "yes"
		create(t, c, n)
		want = append(want, n.Name)
	}
	var got []string
	l := &ec2v1alpha1.NetworkInterfaceList{}
	for pages := 0; ; pages++ {
		if err := c.List(t.Context(), l, client.InNamespace(namespace), client.MatchingLabels{"list": "yes"}, client.Limit(3), client.Continue(l.Continue)); err != nil {
			t.Fatal(err)
		}
		for i := range l.Items {
			got = append(got, l.Items[i].Name)
		}
		if l.Continue == "" {
			break
		}
		if pages > 3 {
			t.Fatal("the list does not end")
		}
	}
	if !slices.Equal(want, got) {
		t.Errorf("the pages have %v, want %v", got, want)
	}
	if err := c.List(t.Context(), l, client.InNamespace("kube-system"), client.MatchingLabels{"list": "yes"}); err != nil || len(l.Items) != 0 {
		t.Errorf("another namespace has %d: %v", len(l.Items), err)
	}
	if err := c.List(t.Context(), l, client.InNamespace(namespace), client.MatchingFields{"metadata.name": "list-3"}); err != nil || len(l.Items) != 1 {
		t.Errorf("%d have the name: %v", len(l.Items), err)
	}
}

// next returns the verb and name of the next event.
func next(t *testing.T, w watch.Interface) string {
	t.Helper()
	select {
	case e, ok := <-w.ResultChan():
		if !ok {
			return "closed"
		}
		o, isObject := e.Object.(client.Object)
		if !isObject {
			return string(e.Type)
		}
		return string(e.Type) + " " + o.GetName()
	case <-time.After(10 * time.Second):
		return "nothing"
	}
}

func checkWatch(t *testing.T, c client.WithWatch) {
	t.Helper()
	n := create(t, c, eni("watch"))
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if err := c.List(t.Context(), l, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	w, err := c.Watch(t.Context(), l, client.InNamespace(namespace), &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: l.ResourceVersion}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	n.Labels["b"] = "c"
	if err := c.Update(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	create(t, c, eni("watch-2"))
	if err := c.Delete(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"MODIFIED watch", "ADDED watch-2", "DELETED watch"} {
		if got := next(t, w); got != want {
			t.Errorf("the next event is %s, want %s", got, want)
		}
	}
}

func checkWatchSelector(t *testing.T, c client.WithWatch) {
	t.Helper()
	n := create(t, c, eni("selected"))
	w, err := c.Watch(t.Context(), &ec2v1alpha1.NetworkInterfaceList{}, client.InNamespace(namespace), client.MatchingLabels{"selected": "yes"})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	for _, value := range []string{"yes", "no", "yes"} {
		n.Labels["selected"] = value
		if err := c.Update(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"ADDED selected", "DELETED selected", "ADDED selected"} {
		if got := next(t, w); got != want {
			t.Errorf("the next event is %s, want %s", got, want)
		}
	}
}

func checkMetadata(t *testing.T, c client.WithWatch) {
	t.Helper()
	create(t, c, eni("metadata"))
	p := &metav1.PartialObjectMetadata{}
	p.SetGroupVersionKind(ec2v1alpha1.NetworkInterfaceGroupVersionKind)
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "metadata"}, p); err != nil || p.Labels["conformance"] != "a" {
		t.Errorf("the metadata is %+v: %v", p.ObjectMeta, err)
	}
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "conformance"}, Spec: corev1.NodeSpec{ProviderID: "aws:///a/i-1"}}
	create(t, c, n)
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
	if err := c.Status().Update(t.Context(), n); err != nil || len(n.Status.Conditions) != 1 || n.Spec.ProviderID != "aws:///a/i-1" {
		t.Errorf("a Node, which is sent as protobuf, is %+v: %v", n, err)
	}
	h := &v1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Name: "conformance"}}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(h), h); !kerrors.IsNotFound(err) {
		t.Errorf("a kind without objects: %v", err)
	}
}
