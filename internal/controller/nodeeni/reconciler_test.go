// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/podnetwork"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// newFakeReconciler returns a reconciler with its API server.
func newFakeReconciler(t *testing.T) (client.Client, *Reconciler) {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.SchemeBuilder.AddToScheme, ec2v1alpha1.SchemeBuilder.AddToScheme} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	b := fake.NewClientBuilder().WithScheme(s).WithStatusSubresource(&v1alpha1.NodeENI{}).
		WithIndex(&v1alpha1.NodeENI{}, "metadata.name", func(o client.Object) []string { return []string{o.GetName()} })
	for _, o := range []client.Object{&ec2v1alpha1.NetworkInterface{}, &ec2v1alpha1.NetworkInterfaceAttachment{}, &v1alpha1.HostInterface{}} {
		b = b.WithIndex(o, indexNodeENI, byNodeENI)
	}
	b = b.WithIndex(&v1alpha1.HostInterface{}, indexNodeName, byNodeName)
	c := b.Build()
	return c, &Reconciler{
		client: c, uncached: c, cloud: fakeClouds{}, now: time.Now, missing: newMissingSince(), applied: newAppliedCache(), debounce: newDebounce(),
		networks: podnetwork.New(c, c), tainted: newNameSet(), completed: newCompletedNodes(), log: logging.NewNopLogger(), record: event.NewNopRecorder(),
	}
}

// TestReconcileForgetsDeletedNodeENI creates and deletes NodeENIs, each with children
// and with a node that is missing.
func TestReconcileForgetsDeletedNodeENI(t *testing.T) {
	c, r := newFakeReconciler(t)
	look := func(name string) {
		t.Helper()
		if _, err := r.Reconcile(t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Name: name}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a", "b", "c"} {
		n := nodeENI(v1alpha1.NodeENISpec{})
		n.SetName(name)
		n.SetUID(types.UID("uid-" + name))
		n.SetFinalizers([]string{v1alpha1.FinalizerNodeENI})
		if err := c.Create(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		for _, child := range []string{"1", "2"} {
			r.applied.add(appliedObject{nodeENI: n.GetUID(), child: eni.Child{Name: name + child}})
		}
		r.missing.since(name+"/uid-node", time.Now())
		if err := c.Delete(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		look(name) // lets it go
		look(name) // finds it deleted
	}
	if diff := cmp.Diff([]int{0, 0, 0}, []int{len(r.applied.objects), len(r.missing.first), len(r.debounce.last)}); diff != "" {
		t.Errorf("\nDeleted NodeENIs leave nothing in memory.\nReconcile(...): children, missing nodes, paces: -want, +got:\n%s", diff)
	}
}

// TestReleaseIsDebounced verifies that the status of a NodeENI being deleted is not written for each of its
// many children.
func TestReleaseIsDebounced(t *testing.T) {
	c, r := newFakeReconciler(t)
	n := nodeENI(v1alpha1.NodeENISpec{})
	n.SetName("a")
	n.SetUID("uid-a")
	n.SetFinalizers([]string{v1alpha1.FinalizerNodeENI})
	if err := c.Create(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	for i := range 80 {
		ni := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("a-%d", i), Namespace: r.o.Namespace, Labels: map[string]string{v1alpha1.LabelNodeENI: "a"}, Finalizers: []string{"finalizer.managedresource.crossplane.io"},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(n, v1alpha1.NodeENIGroupVersionKind)},
		}}
		if err := c.Create(t.Context(), ni); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Delete(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reconcile(t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Name: "a"}}); err != nil {
		t.Fatal(err)
	}
	if got, want := r.debounce.delay("a"), 80*delayPerChild; got < want {
		t.Errorf("\nThe delay depends on the children that exist, although none is desired.\ndelay(...): %s, want at least %s", got, want)
	}
}
