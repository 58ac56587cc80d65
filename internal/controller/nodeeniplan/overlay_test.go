// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeniplan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis"
	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/networkinterface"
)

func scheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(s), apis.AddToScheme(s)); err != nil {
		t.Fatal(err)
	}
	return s
}

// ni returns a NetworkInterface of a NodeENI for an instance.
func ni(name, nodeENI, instance string) *ec2v1alpha1.NetworkInterface {
	return &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{
		Namespace: "system", Name: name, Labels: map[string]string{v1alpha1.LabelNodeENI: nodeENI},
		Annotations: map[string]string{v1alpha1.AnnotationInstanceID: instance},
	}}
}

func TestOverlay(t *testing.T) {
	c := fake.NewClientBuilder().WithScheme(scheme(t)).
		WithIndex(&ec2v1alpha1.NetworkInterface{}, networkinterface.IndexInstance, networkinterface.ByInstance).
		WithObjects(ni("kept", "data", "i-1"), ni("moved", "data", "i-1"), ni("gone", "data", "i-1"), ni("other", "mgmt", "i-2")).Build()
	o := newOverlay(c, indexes())
	added := ni("added", "data", "i-1")
	added.Namespace = "team"
	if err := errors.Join(o.put(ni("moved", "data", "i-2")), o.remove(ni("gone", "data", "i-1")), o.put(ni("new", "data", "i-1")), o.put(added)); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		reason string
		opts   []client.ListOption
		want   []string
	}{
		"All":       {reason: "Objects are replaced, removed and added.", want: []string{"added i-1", "kept i-1", "moved i-2", "new i-1", "other i-2"}},
		"Index":     {reason: "An index selects among the objects of the overlay, too.", opts: []client.ListOption{client.MatchingFields{networkinterface.IndexInstance: "i-1"}}, want: []string{"added i-1", "kept i-1", "new i-1"}},
		"Labels":    {reason: "So do labels.", opts: []client.ListOption{client.MatchingLabels{v1alpha1.LabelNodeENI: "mgmt"}}, want: []string{"other i-2"}},
		"Namespace": {reason: "And a namespace.", opts: []client.ListOption{client.InNamespace("team")}, want: []string{"added i-1"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			l := &ec2v1alpha1.NetworkInterfaceList{}
			if err := o.List(t.Context(), l, tc.opts...); err != nil {
				t.Fatal(err)
			}
			got := map[string]bool{}
			for i := range l.Items {
				got[l.Items[i].GetName()+" "+l.Items[i].GetAnnotations()[v1alpha1.AnnotationInstanceID]] = true
			}
			want := map[string]bool{}
			for _, w := range tc.want {
				want[w] = true
			}
			if diff := cmp.Diff(want, got); diff != "" || len(l.Items) != len(tc.want) {
				t.Errorf("\n%s\nList(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestOverlayGet(t *testing.T) {
	c := fake.NewClientBuilder().WithScheme(scheme(t)).WithObjects(ni("kept", "data", "i-1"), ni("moved", "data", "i-1"), ni("gone", "data", "i-1")).Build()
	o := newOverlay(c, indexes())
	moved := ni("moved", "data", "i-2")
	if err := errors.Join(o.put(moved), o.remove(ni("gone", "data", "i-1"))); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"kept": "i-1", "moved": "i-2"} {
		got := &ec2v1alpha1.NetworkInterface{}
		if err := o.Get(t.Context(), client.ObjectKey{Namespace: "system", Name: name}, got); err != nil || got.GetAnnotations()[v1alpha1.AnnotationInstanceID] != want {
			t.Errorf("Get(%s): instance %s, %v, want %s", name, got.GetAnnotations()[v1alpha1.AnnotationInstanceID], err, want)
		}
		got.Annotations[v1alpha1.AnnotationInstanceID] = "changed"
	}
	if moved.GetAnnotations()[v1alpha1.AnnotationInstanceID] != "i-2" {
		t.Error("Get returns a copy")
	}
	if err := o.Get(t.Context(), client.ObjectKey{Namespace: "system", Name: "gone"}, &ec2v1alpha1.NetworkInterface{}); !kerrors.IsNotFound(err) {
		t.Errorf("Get(gone): %v, want not found", err)
	}
}

// TestOverlayWritesNothing calls each method that writes.
func TestOverlayWritesNothing(t *testing.T) {
	o := newOverlay(fake.NewClientBuilder().WithScheme(scheme(t)).WithObjects(ni("a", "data", "i-1")).Build(), nil)
	n := ni("a", "data", "i-1")
	patch := client.MergeFrom(n.DeepCopy())
	for name, err := range map[string]error{
		"Create": o.Create(t.Context(), ni("b", "data", "i-1")), "Update": o.Update(t.Context(), n), "Patch": o.Patch(t.Context(), n, patch),
		"Delete": o.Delete(t.Context(), n), "DeleteAllOf": o.DeleteAllOf(t.Context(), n), "Apply": o.Apply(t.Context(), nil),
		"Status.Update": o.Status().Update(t.Context(), n), "Status.Patch": o.Status().Patch(t.Context(), n, patch), "Status.Create": o.Status().Create(t.Context(), n, n),
		"Status.Apply": o.Status().Apply(t.Context(), nil), "SubResource.Get": o.SubResource("status").Get(t.Context(), n, n),
	} {
		if !errors.Is(err, errReadOnly) {
			t.Errorf("%s: %v, want %v", name, err, errReadOnly)
		}
	}
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if err := o.put(n); err != nil {
		t.Fatal(err)
	}
	if err := o.List(t.Context(), l, client.MatchingFields{"spec.unknown": "x"}); err == nil {
		t.Error("a list by an unknown index fails")
	}
}

func TestMerge(t *testing.T) {
	with := func(change func(n *ec2v1alpha1.NetworkInterface)) *ec2v1alpha1.NetworkInterface {
		n := ni("a", "data", "i-1")
		change(n)
		return n
	}
	before := with(func(n *ec2v1alpha1.NetworkInterface) {
		n.Spec.ForProvider.Description = new("old")
		n.Spec.ForProvider.Tags = map[string]string{"team": "red"}
	})
	have := before.DeepCopy()
	have.Spec.ForProvider.PrivateIP = new(ec2v1alpha1.IPv4Address("10.0.0.5"))
	have.Spec.ForProvider.Tags["cost"] = "1"
	have.Status.AtProvider.ID = "eni-1"
	have.UID = "uid"
	after := with(func(n *ec2v1alpha1.NetworkInterface) { n.Spec.ForProvider.Description = new("new") })
	want := have.DeepCopy()
	want.Spec.ForProvider.Description = new("new")
	want.Spec.ForProvider.Tags = map[string]string{"cost": "1"}

	got, err := merge(before, after, have)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("\nChanged fields are set, removed fields are removed, and the fields of others and the status remain.\nmerge(...): -want, +got:\n%s", diff)
	}
	if got, err := merge(before, after, nil); err != nil || got != after {
		t.Errorf("merge(..., nil): %v, %v, want the object to create", got, err)
	}
}
