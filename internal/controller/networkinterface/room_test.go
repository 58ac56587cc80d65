// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// TestAhead lists the ENIs that get a place before the one of NetworkInterface m, which
// is created for network card 1 of the same instance as another one.
func TestAhead(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	of := func(name string, change ...func(n *v1alpha1.NetworkInterface)) *v1alpha1.NetworkInterface {
		n := &v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{
			Namespace: "system", Name: name, UID: types.UID(name),
			Labels: map[string]string{networkingv1alpha1.LabelNodeENI: "mine"},
			Annotations: map[string]string{
				networkingv1alpha1.AnnotationInstanceID: "i-1", networkingv1alpha1.AnnotationNetworkCardIndex: "1",
				networkingv1alpha1.AnnotationDeviceIndexes: "2 of 1-2",
			},
		}}
		for _, fn := range change {
			fn(n)
		}
		return n
	}
	onCard0 := func(n *v1alpha1.NetworkInterface) {
		delete(n.Annotations, networkingv1alpha1.AnnotationNetworkCardIndex)
	}
	created := func(n *v1alpha1.NetworkInterface) { meta.SetExternalName(n, "eni-"+n.GetName()) }
	cases := map[string]struct {
		reason string
		other  *v1alpha1.NetworkInterface
		there  []eni.Occupant
		want   []eni.Occupant
	}{
		"First": {
			reason: "The first by name of two new NetworkInterfaces is ahead.",
			other:  of("a"),
			want:   []eni.Occupant{{NetworkCardIndex: 1, Ours: true}},
		},
		"Second": {
			reason: "The second by name of two new NetworkInterfaces is not ahead.",
			other:  of("z"),
		},
		"FirstIndex": {
			reason: "Within one NodeENI, the lower device index is ahead.",
			other: of("z", func(n *v1alpha1.NetworkInterface) {
				n.Annotations[networkingv1alpha1.AnnotationDeviceIndexes] = "1 of 1-2"
			}),
			want: []eni.Occupant{{NetworkCardIndex: 1, Ours: true}},
		},
		"OlderNodeENI": {
			reason: "The one of the older NodeENI is ahead, whatever its name and index.",
			other: of("z", func(n *v1alpha1.NetworkInterface) {
				n.Labels[networkingv1alpha1.LabelNodeENI] = "older"
				n.Annotations[networkingv1alpha1.AnnotationDeviceIndexes] = "3 of 3-4"
			}),
			want: []eni.Occupant{{NetworkCardIndex: 1, Ours: true}},
		},
		"Created": {
			reason: "An ENI that is created is ahead, whatever its name.",
			other:  of("z", created),
			want:   []eni.Occupant{{NetworkInterfaceID: "eni-z", NetworkCardIndex: 1, Ours: true}},
		},
		"Attached": {
			reason: "An ENI that is attached has a place.",
			other:  of("a", created),
			there:  []eni.Occupant{{NetworkInterfaceID: "eni-a"}},
		},
		"Refused": {
			reason: "An ENI that EC2 refuses to create takes no place.",
			other:  of("a", func(n *v1alpha1.NetworkInterface) { n.SetConditions(xpv2.ReconcileError(errors.New("no"))) }),
		},
		"OtherCard": {
			reason: "An ENI that is not created competes on its own network card.",
			other:  of("a", onCard0),
		},
		"CreatedForOtherCard": {
			reason: "An ENI that is created counts on the instance, whatever its network card.",
			other:  of("a", onCard0, created),
			want:   []eni.Occupant{{NetworkInterfaceID: "eni-a", Ours: true}},
		},
		"Deleted": {
			reason: "An ENI that is being deleted takes no place.",
			other: of("a", created, func(n *v1alpha1.NetworkInterface) {
				n.SetDeletionTimestamp(&metav1.Time{Time: began})
				n.SetFinalizers([]string{"f"})
			}),
		},
		"OtherInstance": {
			reason: "An ENI of another instance takes no place on this one.",
			other:  of("a", created, func(n *v1alpha1.NetworkInterface) { n.Annotations[networkingv1alpha1.AnnotationInstanceID] = "i-2" }),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			scheme := runtime.NewScheme()
			if err := errors.Join(v1alpha1.SchemeBuilder.AddToScheme(scheme), networkingv1alpha1.SchemeBuilder.AddToScheme(scheme)); err != nil {
				t.Fatal(err)
			}
			nodeENI := func(name string, created time.Time) *networkingv1alpha1.NodeENI {
				return &networkingv1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(created)}}
			}
			m := of("m")
			e := &external{cached: fake.NewClientBuilder().WithScheme(scheme).WithIndex(&v1alpha1.NetworkInterface{}, IndexInstance, ByInstance).
				WithObjects(m, tc.other, nodeENI("mine", began), nodeENI("older", began.Add(-time.Minute))).Build()}
			got, err := e.ahead(t.Context(), m, "i-1", tc.there)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nahead(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
