// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"cmp"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
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
				networkingv1alpha1.AnnotationDeviceIndexes: "1 of 1-2",
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
		mine   string // device indexes of m, "1 of 1-2" by default
		other  *v1alpha1.NetworkInterface
		there  []eni.Occupant
		// creating is true if the other ENI is being created.
		creating bool
		want     []eni.Occupant
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
			mine:   "2 of 1-2",
			other:  of("z"),
			want:   []eni.Occupant{{NetworkCardIndex: 1, Ours: true}},
		},
		"OlderNodeENI": {
			reason: "The one of the older NodeENI is ahead, whatever its name and index.",
			other: of("z", func(n *v1alpha1.NetworkInterface) {
				n.Labels[networkingv1alpha1.LabelNodeENI] = "older"
				n.Annotations[networkingv1alpha1.AnnotationDeviceIndexes] = "3 of 3-4"
			}),
			want: []eni.Occupant{{NetworkCardIndex: 1, Ours: true}},
		},
		"Unseen": {
			reason: "Siblings with lower device indexes are ahead before the cache has their objects.",
			mine:   "3 of 1-3",
			other: of("z", func(n *v1alpha1.NetworkInterface) {
				n.Annotations[networkingv1alpha1.AnnotationDeviceIndexes] = "2 of 1-3"
			}),
			want: []eni.Occupant{{NetworkCardIndex: 1, Ours: true}, {NetworkCardIndex: 1, Ours: true}},
		},
		"SeenOfEarlierSpec": {
			reason: "An object of an earlier spec is no additional sibling.",
			mine:   "4 of 3-4",
			other: of("z", created, func(n *v1alpha1.NetworkInterface) {
				delete(n.Annotations, networkingv1alpha1.AnnotationDeviceIndexes)
			}),
			there: []eni.Occupant{{NetworkInterfaceID: "eni-z"}},
		},
		"UnseenRejected": {
			reason: "An ENI that EC2 rejects is seen.",
			mine:   "2 of 1-2",
			other:  of("z", func(n *v1alpha1.NetworkInterface) { n.SetConditions(xpv2.ReconcileError(errors.New("no"))) }),
		},
		"Creating": {
			reason:   "An ENI that is being created is ahead, whatever its name.",
			other:    of("z"),
			creating: true,
			want:     []eni.Occupant{{NetworkCardIndex: 1, Ours: true}},
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
			m := of("m", func(n *v1alpha1.NetworkInterface) {
				n.Annotations[networkingv1alpha1.AnnotationDeviceIndexes] = cmp.Or(tc.mine, n.Annotations[networkingv1alpha1.AnnotationDeviceIndexes])
			})
			e := &external{cached: fake.NewClientBuilder().WithScheme(scheme).WithIndex(&v1alpha1.NetworkInterface{}, IndexInstance, ByInstance).
				WithObjects(m, tc.other, nodeENI("mine", began), nodeENI("older", began.Add(-time.Minute))).Build()}
			got, err := e.ahead(t.Context(), m, "i-1", tc.there, map[types.UID]bool{tc.other.GetUID(): tc.creating})
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nahead(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestCreations begins the creation of ENIs for instances.
func TestCreations(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := newCreations()
	begin := func(instance string, uid types.UID, after time.Duration, want ...types.UID) {
		t.Helper()
		expected := map[types.UID]bool{}
		for _, u := range want {
			expected[u] = true
		}
		if diff := gocmp.Diff(expected, c.begin(instance, uid, now.Add(after))); diff != "" {
			t.Errorf("begin(%s, %s) after %s: -want, +got:\n%s", instance, uid, after, diff)
		}
	}
	begin("i-1", "a", 0)
	begin("i-1", "b", time.Second, "a")
	begin("i-1", "b", time.Second, "a") // itself excluded
	begin("i-2", "c", time.Second)      // another instance
	c.end("i-1", "a")
	begin("i-1", "d", 2*time.Second, "b") // a has failed
	begin("i-1", "e", time.Minute+time.Second, "d")
	begin("i-3", "f", 3*time.Minute) // all others have ended
	if len(c.byInstance) != 1 {
		t.Errorf("%d instances are kept, want the one with a creation in progress", len(c.byInstance))
	}
	if (*creations)(nil).begin("i-1", "a", now) != nil || c.begin("", "a", now) != nil {
		t.Error("a creation without an instance has no predecessors")
	}
}
