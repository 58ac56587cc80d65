// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis"
	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

func clusterConfig(name string) xpv2.ProviderConfigReference {
	return xpv2.ProviderConfigReference{Kind: networkingv1alpha1.ClusterProviderConfigKind, Name: name}
}

func usageScheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	if err := apis.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	return s
}

// usageNames returns the names of the usages, with their configs.
func usageNames(t *testing.T, kube client.Client) map[string]string {
	t.Helper()
	l := &networkingv1alpha1.ProviderConfigUsageList{}
	if err := kube.List(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, u := range l.Items {
		out[u.Name] = u.ProviderConfigReference.Name
	}
	return out
}

// onlyLists reads with the provider's permissions for usages: it may list them, and not get them.
type onlyLists struct{ client.Client }

func (onlyLists) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return kerrors.NewForbidden(schema.GroupResource{Resource: "providerconfigusages"}, "", nil)
}

// TestTrack verifies which resources have a usage of their own.
func TestTrack(t *testing.T) {
	nodeENI := &networkingv1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data", UID: "data"}}
	config := &networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	child := func(change func(*ec2v1alpha1.NetworkInterface)) *ec2v1alpha1.NetworkInterface {
		n := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "c", UID: "child", OwnerReferences: []metav1.OwnerReference{
			{APIVersion: networkingv1alpha1.SchemeGroupVersion.String(), Kind: networkingv1alpha1.NodeENIKind, Name: "data", UID: "data", Controller: new(true)},
		}}}
		n.SetGroupVersionKind(ec2v1alpha1.NetworkInterfaceGroupVersionKind)
		n.SetProviderConfigReference(new(clusterConfig("default")))
		change(n)
		return n
	}
	own := map[string]string{"child": "default", "nodeeni-data": "default"}
	cases := map[string]struct {
		reason string
		mg     *ec2v1alpha1.NetworkInterface
		cached bool // the cache has the usage of the NodeENI
		want   map[string]string
	}{
		"Child":        {reason: "The usage of the NodeENI is also for its children.", mg: child(func(*ec2v1alpha1.NetworkInterface) {}), cached: true, want: map[string]string{"nodeeni-data": "default"}},
		"CacheIsStale": {reason: "The cache may not have the usage of the NodeENI yet.", mg: child(func(*ec2v1alpha1.NetworkInterface) {}), want: map[string]string{"nodeeni-data": "default"}},
		"Deleted": {
			reason: "A resource that is being deleted reads the cache only: its config is kept by its finalizer.",
			mg: child(func(n *ec2v1alpha1.NetworkInterface) {
				n.DeletionTimestamp, n.Finalizers = new(metav1.Now()), []string{"finalizer.managedresource.crossplane.io"}
			}),
			want: own,
		},
		"OtherConfig": {
			reason: "The usage of the NodeENI is of another config.", mg: child(func(n *ec2v1alpha1.NetworkInterface) { n.SetProviderConfigReference(new(clusterConfig("other"))) }), cached: true,
			want: map[string]string{"child": "other", "nodeeni-data": "default"},
		},
		"Orphan":       {reason: "A resource that no NodeENI controls has its own.", mg: child(func(n *ec2v1alpha1.NetworkInterface) { n.OwnerReferences = nil }), cached: true, want: own},
		"OtherNodeENI": {reason: "The NodeENI was created again.", mg: child(func(n *ec2v1alpha1.NetworkInterface) { n.OwnerReferences[0].UID = "before" }), cached: true, want: own},
		"OtherOwner":   {reason: "Another kind controls the resource.", mg: child(func(n *ec2v1alpha1.NetworkInterface) { n.OwnerReferences[0].Kind = "XNetwork" }), cached: true, want: own},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			kube := fake.NewClientBuilder().WithScheme(usageScheme(t)).WithObjects(config.DeepCopy()).WithIndex(&networkingv1alpha1.ProviderConfigUsage{}, metav1.ObjectNameField, func(o client.Object) []string {
				return []string{o.GetName()}
			}).Build()
			if err := TrackNodeENI(t.Context(), kube, nodeENI, "system", clusterConfig("default")); err != nil {
				t.Fatal(err)
			}
			tracker := &usageTracker{cached: kube, uncached: kube, own: NewUsageTracker(kube, kube).(*usageTracker).own}
			if !tc.cached {
				tracker.cached = fake.NewClientBuilder().WithScheme(usageScheme(t)).Build()
			}
			tracker.uncached = onlyLists{kube}
			if err := tracker.Track(t.Context(), tc.mg); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, usageNames(t, kube)); diff != "" {
				t.Errorf("\n%s\nusages: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestTrackNodeENI verifies the usage of a NodeENI.
func TestTrackNodeENI(t *testing.T) {
	n := &networkingv1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data", UID: "data"}}
	deleted := &networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "deleted", DeletionTimestamp: new(metav1.Now()), Finalizers: []string{"in-use"}}}
	kube := fake.NewClientBuilder().WithScheme(usageScheme(t)).WithObjects(deleted,
		&networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "one"}}, &networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "two"}},
		&networkingv1alpha1.ProviderConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "own"}}).Build()
	track := func(reason string, ref xpv2.ProviderConfigReference, want string) {
		t.Helper()
		if err := TrackNodeENI(t.Context(), kube, n, "system", ref); err != nil {
			t.Fatalf("\n%s\n%v", reason, err)
		}
		if got := usageNames(t, kube)["nodeeni-data"]; got != want {
			t.Errorf("\n%s\nthe usage is of %q, want %q", reason, got, want)
		}
	}
	track("A config that does not exist is reported by the children.", clusterConfig("none"), "")
	track("A config that is being deleted gets no usage.", clusterConfig("deleted"), "")
	track("The usage is created.", clusterConfig("one"), "one")
	track("It remains.", clusterConfig("one"), "one")
	track("It follows the NodeENI.", clusterConfig("two"), "two")
	track("The config may be in the provider's namespace.", xpv2.ProviderConfigReference{Kind: networkingv1alpha1.ProviderConfigKind, Name: "own"}, "own")

	u := &networkingv1alpha1.ProviderConfigUsage{}
	if err := kube.Get(t.Context(), types.NamespacedName{Namespace: "system", Name: "nodeeni-data"}, u); err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{xpv2.LabelKeyProviderName: "own", xpv2.LabelKeyProviderKind: networkingv1alpha1.ProviderConfigKind}
	if diff := cmp.Diff(labels, u.Labels); diff != "" || !isControlledBy(u, "data") || u.ResourceReference.Kind != networkingv1alpha1.NodeENIKind {
		t.Errorf("\nThe usage has the labels by which it is counted, and names the NodeENI.\n%s%+v", diff, u)
	}
}
