// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/test"
)

func TestAgentLeases(t *testing.T) {
	errBoom := errors.New("boom")
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	renewed := func(at time.Time, holder string) *coordinationv1.Lease {
		return &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{RenewTime: &metav1.MicroTime{Time: at}, HolderIdentity: &holder}}
	}
	type want struct {
		Exists bool
		Silent time.Duration
		Failed bool
	}
	cases := map[string]struct {
		reason string
		first  *coordinationv1.Lease // a minute earlier
		second *coordinationv1.Lease
		err    error // of the second read
		want   want
	}{
		"None":      {reason: "An agent that never ran has no Lease.", want: want{}},
		"Renewed":   {reason: "A renewed Lease is not silent, whatever the node's clock.", first: renewed(start, "a"), second: renewed(start.Add(-time.Hour), "a"), want: want{Exists: true}},
		"Taken":     {reason: "A Lease with another holder was renewed.", first: renewed(start, "a"), second: renewed(start, "b"), want: want{Exists: true}},
		"Silent":    {reason: "The time without a renewal counts from the first read.", first: renewed(start.Add(-24*time.Hour), "a"), second: renewed(start.Add(-24*time.Hour), "a"), want: want{Exists: true, Silent: time.Minute}},
		"Forbidden": {reason: "A Lease that cannot be read is not taken for absent.", first: renewed(start, "a"), err: errBoom, want: want{Failed: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			now, lease, failure := start, tc.first, error(nil)
			kube := &test.MockClient{MockGet: func(_ context.Context, key client.ObjectKey, o client.Object) error {
				if failure != nil {
					return failure
				}
				l, ok := o.(*coordinationv1.Lease)
				if lease == nil || !ok || key.Namespace != "system" {
					return kerrors.NewNotFound(schema.GroupResource{}, key.Name)
				}
				lease.DeepCopyInto(l)
				return nil
			}}
			l := NewAgentLeases(kube, "system", NewStopwatch(func() time.Time { return now }))
			if _, _, err := l.Get(t.Context(), "node"); err != nil {
				t.Fatal(err)
			}
			now, lease, failure = now.Add(time.Minute), tc.second, tc.err
			got, silent, err := l.Get(t.Context(), "node")
			if diff := cmp.Diff(tc.want, want{Exists: got != nil, Silent: silent, Failed: err != nil}); diff != "" {
				t.Errorf("\n%s\nGet(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
