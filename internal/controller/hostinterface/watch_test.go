// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

func TestNodeToAttachments(t *testing.T) {
	s := runtime.NewScheme()
	if err := ec2v1alpha1.SchemeBuilder.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	b := fake.NewClientBuilder().WithScheme(s).WithIndex(&ec2v1alpha1.NetworkInterfaceAttachment{}, indexPlace, placesOf)
	for name, on := range map[string]ec2v1alpha1.NetworkInterfaceAttachmentObservation{
		"both":     {NodeName: "node-a", InstanceID: "i-0123456789abcdef0"},
		"instance": {InstanceID: "i-0123456789abcdef0"},
		"node":     {NodeName: "node-a"},
		"other":    {NodeName: "node-b", InstanceID: "i-0123456789abcdef1"},
		"nowhere":  {},
	} {
		a := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}}
		a.Status.AtProvider = on
		b = b.WithObjects(a)
	}
	to := nodeToAttachments(b.Build())
	cases := map[string]struct {
		reason     string
		name       string
		providerID string
		want       []string
	}{
		"Known":      {reason: "A node enqueues the attachments of its name or instance, each once.", name: "node-a", providerID: "aws:///us-east-1a/i-0123456789abcdef0", want: []string{"both", "instance", "node"}},
		"NoInstance": {reason: "A node without an instance yet is known by its name alone.", name: "node-a", want: []string{"both", "node"}},
		"Empty":      {reason: "A node without ENIs enqueues nothing.", name: "node-c", providerID: "aws:///us-east-1a/i-0123456789abcdef9"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: tc.name}, Spec: corev1.NodeSpec{ProviderID: tc.providerID}}
			var got []string
			for _, r := range to(t.Context(), n) {
				got = append(got, r.Name)
			}
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
