// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package podnetwork

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

const labelled = "team"

func namespace(name string, labels map[string]string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
}

func nodeENI(network *v1alpha1.NodeENINetwork) *v1alpha1.NodeENI {
	n := &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data", UID: "uid-data"}}
	n.Spec.Network = network
	return n
}

// definition returns an object with a configuration and a controller.
func definition(ns, name, config, owner string, change ...func(u *unstructured.Unstructured)) *unstructured.Unstructured {
	n := nodeENI(nil)
	n.Name, n.UID = owner, types.UID("uid-"+owner)
	u := desiredObject(n, client.ObjectKey{Namespace: ns, Name: name}, Definition{Name: name, Config: config})
	if owner == "" {
		u.SetOwnerReferences(nil)
		u.SetLabels(nil)
	}
	for _, c := range change {
		c(u)
	}
	return u
}

func TestApply(t *testing.T) {
	none := []Definition{{Name: "net"}}
	a := &v1alpha1.NodeENINetwork{Namespaces: []string{"a"}}
	cases := map[string]struct {
		reason    string
		network   *v1alpha1.NodeENINetwork
		desired   []Definition
		objects   []client.Object
		condition xpv2.Condition
		// want is each object's configuration, resource, and controller.
		want map[string][]string
	}{
		"Create": {
			reason: "Each namespace gets a definition without a configuration.", network: &v1alpha1.NodeENINetwork{Namespaces: []string{"a"}, NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{labelled: "x"}}},
			desired: none, condition: v1alpha1.NetworkDefined(), want: map[string][]string{"a/net": {"", "", "data"}, "b/net": {"", "", "data"}},
		},
		"Resource": {
			reason: "A definition of devices is complete.", network: a, desired: []Definition{{Name: "net", Config: "{}", Resource: "intel.com/data"}},
			condition: v1alpha1.NetworkDefined(), want: map[string][]string{"a/net": {"{}", "intel.com/data", "data"}},
		},
		"Drift": {
			reason: "A configuration that another client has added is removed.", network: a, desired: none,
			objects: []client.Object{definition("a", "net", `{"type": "bridge"}`, "data")}, condition: v1alpha1.NetworkDefined(), want: map[string][]string{"a/net": {"", "", "data"}},
		},
		"Relabel": {
			reason: "A definition without its label is found by its name, and corrected.", network: a, desired: none,
			objects:   []client.Object{definition("a", "net", "", "data", func(u *unstructured.Unstructured) { u.SetLabels(map[string]string{"k": "v"}) })},
			condition: v1alpha1.NetworkDefined(), want: map[string][]string{"a/net": {"", "", "data"}},
		},
		"Foreign": {
			reason: "A definition without a controller is not changed.", network: a, desired: none, objects: []client.Object{definition("a", "net", "{}", "")},
			condition: v1alpha1.NetworkNotDefined(v1alpha1.ReasonNetworkNameTaken, "these NetworkAttachmentDefinitions exist and are not controlled by this NodeENI: a/net; delete them, or set another spec.network.name"),
			want:      map[string][]string{"a/net": {"{}", "", ""}},
		},
		"OtherOwner": {
			reason: "The definition of another NodeENI is not changed, also with this NodeENI's label.", network: a, desired: none,
			objects: []client.Object{definition("a", "net", "{}", "other", func(u *unstructured.Unstructured) {
				u.SetLabels(map[string]string{v1alpha1.LabelNodeENI: "data"})
			})},
			condition: v1alpha1.NetworkNotDefined(v1alpha1.ReasonNetworkNameTaken, "these NetworkAttachmentDefinitions exist and are not controlled by this NodeENI: a/net; delete them, or set another spec.network.name"),
			want:      map[string][]string{"a/net": {"{}", "", "other"}},
		},
		"Leave": {
			reason: "A definition in a namespace that is no longer selected is deleted; a foreign one is not.", network: a, desired: none,
			objects:   []client.Object{definition("b", "net", "", "data"), definition("b", "other", "{}", "")},
			condition: v1alpha1.NetworkDefined(), want: map[string][]string{"a/net": {"", "", "data"}, "b/other": {"{}", "", ""}},
		},
		"Rename": {
			reason: "A changed name replaces the definition.", network: a, desired: []Definition{{Name: "new"}}, objects: []client.Object{definition("a", "net", "", "data")},
			condition: v1alpha1.NetworkDefined(), want: map[string][]string{"a/new": {"", "", "data"}},
		},
		"Missing": {
			reason: "A namespace that does not exist is reported; the others get their definitions.", network: &v1alpha1.NodeENINetwork{Namespaces: []string{"a", "x"}}, desired: none,
			condition: v1alpha1.NetworkNotDefined(v1alpha1.ReasonNamespaceNotFound, "these namespaces of spec.network.namespaces do not exist: x"), want: map[string][]string{"a/net": {"", "", "data"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, tc.objects...)
			d := New(c, c)
			d.Watched(func() bool { return true })
			got, err := d.Apply(t.Context(), nodeENI(tc.network), tc.desired)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Equal(tc.condition) {
				t.Errorf("%s\nwant %v, got %v", tc.reason, tc.condition, got)
			}
			if diff := cmp.Diff(tc.want, contents(t, c)); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestUnavailable(t *testing.T) {
	c := newClient(t)
	d := New(c, c)
	n := nodeENI(&v1alpha1.NodeENINetwork{Namespaces: []string{"a"}})
	reason := func() xpv2.ConditionReason {
		t.Helper()
		got, err := d.Apply(t.Context(), n, []Definition{{Name: "net"}})
		if err != nil || d.Delete(t.Context(), n) != nil {
			t.Fatal(err)
		}
		return got.Reason
	}
	if got := reason(); got != v1alpha1.ReasonMultusNotInstalled {
		t.Errorf("Without the CRD nothing is read: %s", got)
	}
	d.Watched(func() bool { return false })
	if got := reason(); got != v1alpha1.ReasonCannotListNetworks {
		t.Errorf("Before the cache has synced nothing is read: %s", got)
	}
	if got := contents(t, c); len(got) > 0 {
		t.Errorf("Nothing is created: %v", got)
	}
}

func TestDelete(t *testing.T) {
	c := newClient(t, definition("a", "net", "", "data"), definition("b", "net", "", "other"), definition("b", "mine", "{}", ""))
	d := New(c, c)
	d.Watched(func() bool { return true })
	if err := d.Delete(t.Context(), nodeENI(nil)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{"b/net": {"", "", "other"}, "b/mine": {"{}", "", ""}}, contents(t, c)); diff != "" {
		t.Errorf("Only the NodeENI's definitions are deleted.\n-want, +got:\n%s", diff)
	}
}

func newClient(t *testing.T, objects ...client.Object) client.Client {
	t.Helper()
	s := runtime.NewScheme()
	if err := corev1.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	gvk := GroupVersionKind()
	s.AddKnownTypeWithName(gvk, &unstructured.Unstructured{})
	s.AddKnownTypeWithName(gvk.GroupVersion().WithKind(gvk.Kind+"List"), &unstructured.UnstructuredList{})
	namespaces := []client.Object{namespace("a", nil), namespace("b", map[string]string{labelled: "x"})}
	return fake.NewClientBuilder().WithScheme(s).WithObjects(slices.Concat(namespaces, objects)...).Build()
}

// contents returns each definition's configuration, resource, and controller.
func contents(t *testing.T, c client.Client) map[string][]string {
	t.Helper()
	l := &unstructured.UnstructuredList{}
	l.SetGroupVersionKind(GroupVersionKind().GroupVersion().WithKind("NetworkAttachmentDefinitionList"))
	if err := c.List(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for i := range l.Items {
		config, _, _ := unstructured.NestedString(l.Items[i].Object, "spec", "config")
		owner := ""
		if o := metav1.GetControllerOf(&l.Items[i]); o != nil {
			owner = o.Name
		}
		out[client.ObjectKeyFromObject(&l.Items[i]).String()] = []string{config, l.Items[i].GetAnnotations()[annotationResource], owner}
	}
	return out
}
