// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

func TestLease(t *testing.T) {
	s, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	c := fake.NewClientBuilder().WithScheme(s).Build()
	now := time.Unix(1000, 0)
	l := &leaseRenewer{Client: c, Namespace: "ns", NodeName: node, Identity: "pod-1", Now: func() time.Time { return now }}
	lease := func() *coordinationv1.Lease {
		got := &coordinationv1.Lease{}
		if err := c.Get(t.Context(), types.NamespacedName{Namespace: "ns", Name: "agent-" + node}, got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	renew := func(l *leaseRenewer) {
		t.Helper()
		now = now.Add(leaseRenewPeriod)
		if err := l.renew(t.Context()); err != nil {
			t.Fatal(err)
		}
	}

	renew(l)
	renew(l)
	want := coordinationv1.LeaseSpec{
		HolderIdentity: new("pod-1"), LeaseDurationSeconds: ptr.To[int32](90), LeaseTransitions: ptr.To[int32](1),
		AcquireTime: &metav1.MicroTime{Time: time.Unix(1030, 0)}, RenewTime: &metav1.MicroTime{Time: time.Unix(1060, 0)},
	}
	if diff := cmp.Diff(want, lease().Spec); diff != "" {
		t.Errorf("A Lease is created and renewed.\n-want, +got:\n%s", diff)
	}

	other := lease()
	other.Labels = map[string]string{"a": "b"}
	if err := c.Update(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if err := l.renew(t.Context()); err == nil {
		t.Error("A Lease that another client updated is not overwritten.")
	}
	renew(l)
	if lease().Labels["a"] != "b" {
		t.Error("After a conflict the Lease is read again, and the other client's change is kept.")
	}

	renew(&leaseRenewer{Client: c, Namespace: "ns", NodeName: node, Identity: "pod-2", Now: l.Now})
	if got := lease().Spec; *got.HolderIdentity != "pod-2" || *got.LeaseTransitions != 2 {
		t.Errorf("The next agent acquires the Lease: %v", got)
	}
	if err := c.Delete(t.Context(), lease()); err != nil {
		t.Fatal(err)
	}
	if err := l.renew(t.Context()); err == nil {
		t.Error("A deleted Lease is not renewed.")
	}
	renew(l)
	_ = lease()
}
