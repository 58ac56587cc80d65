// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/nodeeni/provider-aws-eni/apis"
	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

// TestRecordedPlace verifies in which account and region an ENI belongs.
func TestRecordedPlace(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := apis.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	own, its := ec2.Place{AccountID: "111111111111", Region: "us-east-1"}, ec2.Place{AccountID: "222222222222", Region: "us-east-2"}
	n := &networkingv1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data", UID: "uid-data"}}
	n.Status.AccountID, n.Status.Region = its.AccountID, its.Region
	kube := fake.NewClientBuilder().WithScheme(scheme).WithObjects(n).WithStatusSubresource(n).Build()
	if err := kube.Status().Update(t.Context(), n.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	child := func(uid types.UID, changes ...func(*v1alpha1.NetworkInterface)) *v1alpha1.NetworkInterface {
		o := &v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Name: "c1", OwnerReferences: []metav1.OwnerReference{
			{Kind: networkingv1alpha1.NodeENIKind, Name: "data", UID: uid, Controller: new(true)},
		}}}
		for _, c := range changes {
			c(o)
		}
		return o
	}
	cases := map[string]struct {
		reason string
		mg     *v1alpha1.NetworkInterface
		want   ec2.Place
	}{
		"New": {reason: "An ENI that was not created yet belongs where the others of its NodeENI are.", mg: child(n.UID), want: its},
		"Created": {reason: "An ENI belongs where it was created.", mg: child(n.UID, func(o *v1alpha1.NetworkInterface) {
			o.Status.AtProvider.AccountID, o.Status.AtProvider.Region = own.AccountID, own.Region
		}), want: own},
		"Deleted":    {reason: "An object without an ENI can be deleted with any credentials.", mg: child(n.UID, func(o *v1alpha1.NetworkInterface) { o.DeletionTimestamp = new(metav1.Now()) })},
		"Replaced":   {reason: "A NodeENI of the same name that was created again is another one.", mg: child("uid-other")},
		"Standalone": {reason: "An object without a NodeENI is created anywhere.", mg: &v1alpha1.NetworkInterface{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := (&external{cached: kube}).recordedPlace(t.Context(), tc.mg)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nrecordedPlace(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
