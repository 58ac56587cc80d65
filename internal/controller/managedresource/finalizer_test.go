// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpfake "github.com/crossplane/crossplane-runtime/v2/pkg/resource/fake"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// TestAddFinalizer reconciles a new object with Crossplane's reconciler, and reads at each step what
// the API server has.
func TestAddFinalizer(t *testing.T) {
	type want struct {
		Updates            int  // of metadata, until the create or the end
		Created, Finalizer bool // whether the create was called, and the finalizer was stored then
		Stored             bool // the finalizer is stored in the end
	}
	all := xpv2.ManagementPolicies{xpv2.ManagementActionAll}
	cases := map[string]struct {
		reason   string
		exists   bool
		policies xpv2.ManagementPolicies
		want     want
	}{
		"Create":    {reason: "The record of the create has the finalizer.", policies: all, want: want{Updates: 1, Created: true, Finalizer: true, Stored: true}},
		"Exists":    {reason: "The finalizer of an object whose external resource exists is written.", exists: true, policies: all, want: want{Updates: 1, Stored: true}},
		"NoCreate":  {reason: "So is the finalizer of an object that must not create.", policies: xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionUpdate}, want: want{Updates: 1, Stored: true}},
		"Observing": {reason: "An existing resource that is only observed has the finalizer, too.", exists: true, policies: xpv2.ManagementPolicies{xpv2.ManagementActionObserve}, want: want{Updates: 1, Stored: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "a", UID: "a"}}
			mg.SetManagementPolicies(tc.policies)
			got := want{}
			kube := fake.NewClientBuilder().WithScheme(usageScheme(t)).WithObjects(mg).WithStatusSubresource(mg).WithInterceptorFuncs(interceptor.Funcs{
				Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
					if !got.Created {
						got.Updates++
					}
					return c.Update(ctx, o, opts...)
				},
			}).Build()
			stored := func() bool {
				o := &ec2v1alpha1.NetworkInterface{}
				if err := kube.Get(t.Context(), client.ObjectKeyFromObject(mg), o); err != nil {
					t.Fatal(err)
				}
				return meta.FinalizerExists(o, managed.FinalizerName)
			}
			external := managed.TypedExternalClientFns[*ec2v1alpha1.NetworkInterface]{
				ObserveFn: func(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalObservation, error) {
					return managed.ExternalObservation{ResourceExists: tc.exists, ResourceUpToDate: true}, nil
				},
				CreateFn: func(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalCreation, error) {
					got.Created, got.Finalizer = true, stored()
					return managed.ExternalCreation{}, nil
				},
				DisconnectFn: func(context.Context) error { return nil },
			}
			connector := managed.TypedExternalConnectorFn[*ec2v1alpha1.NetworkInterface](func(context.Context, *ec2v1alpha1.NetworkInterface) (managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface], error) {
				return external, nil
			})
			r := managed.NewReconciler(&xpfake.Manager{Client: kube, Scheme: kube.Scheme()}, resource.ManagedKind(ec2v1alpha1.NetworkInterfaceGroupVersionKind),
				managed.WithInitializers(), managed.WithManagementPolicies(), managed.WithFinalizer(NewFinalizer(kube)),
				managed.WithTypedExternalConnector(WithBackoff(connector, NewBackoffTracker(timings.Default()), func(*ec2v1alpha1.NetworkInterface) string { return "" })))
			if _, err := WithRequeueFloor(r, ec2v1alpha1.NetworkInterfaceKind).Reconcile(t.Context(), reconcile.Request{NamespacedName: client.ObjectKeyFromObject(mg)}); err != nil {
				t.Fatal(err)
			}
			got.Stored = stored()
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nReconcile(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
