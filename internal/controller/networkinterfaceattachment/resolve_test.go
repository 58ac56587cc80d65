// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestTargetNotKnown resolves nodes that do not lead to the instance that is meant.
func TestTargetNotKnown(t *testing.T) {
	type want struct{ instance, waiting string }
	cases := map[string]struct {
		reason     string
		providerID string // of the node; none is no node
		madeFor    string
		want       want
	}{
		"NoNode": {
			reason: "For a deleted node the object has the instance it was created for.", madeFor: "i-1",
			want: want{"i-1", "node n does not exist"},
		},
		"NotEC2": {
			reason: "A node that is not an EC2 instance is reported.", providerID: "kind://n",
			want: want{"", "node n is not an EC2 instance: its providerID is kind://n"},
		},
		"Replaced": {
			reason: "Another instance with the node's name is not used.", providerID: "aws:///us-east-1a/i-2", madeFor: "i-1",
			want: want{"i-1", "node n is instance i-2 now, not i-1, for which this object was created"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := fake.NewClientBuilder()
			if tc.providerID != "" {
				b.WithObjects(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}, Spec: corev1.NodeSpec{ProviderID: tc.providerID}})
			}
			mg := &v1alpha1.NetworkInterfaceAttachment{}
			mg.Spec.ForProvider.NodeName = new("n")
			if tc.madeFor != "" {
				mg.SetAnnotations(map[string]string{networkingv1alpha1.AnnotationInstanceID: tc.madeFor})
			}
			got, err := (&external{kube: b.Build()}).resolveTarget(t.Context(), mg)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, want{got.instance.ID, got.waiting}, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
