// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

// BenchmarkSlim measures the transform of each cached object.
func BenchmarkSlim(b *testing.B) {
	o := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{
		Namespace: "provider-aws-eni-system", Name: "data-0123456789", UID: "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", ResourceVersion: "17",
		Labels:      map[string]string{"networking.k8s.aws/node-eni": "data", "networking.k8s.aws/node": "n", "networking.k8s.aws/slot": "subnet-1"},
		Annotations: map[string]string{"crossplane.io/external-name": "eni-0123456789abcdef0", "crossplane.io/external-create-succeeded": "2031-01-02T03:04:05Z"},
	}}
	o.Spec.ForProvider.Tags = map[string]string{"team": "blue"}
	o.Spec.ForProvider.SecurityGroups = []ec2v1alpha1.SecurityGroupID{"sg-1"}
	o.Status.AtProvider.ID = "eni-0123456789abcdef0"
	for i := range 12 {
		o.Status.AtProvider.ManagedTagKeys = append(o.Status.AtProvider.ManagedTagKeys, fmt.Sprintf("networking.k8s.aws/%d", i))
	}
	o.SetConditions(xpv2.Available(), xpv2.ReconcileSuccess())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Slim(o); err != nil {
			b.Fatal(err)
		}
	}
}
