// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

func TestCovers(t *testing.T) {
	type object = map[string]any
	type args struct {
		have, want any
	}
	cases := map[string]struct {
		reason string
		args   args
		want   bool
	}{
		"Same":     {reason: "A matching object is not applied.", args: args{have: object{"a": "1"}, want: object{"a": "1"}}, want: true},
		"More":     {reason: "Fields of other owners are ignored.", args: args{have: object{"a": "1", "b": object{"c": "2", "d": "3"}}, want: object{"b": object{"c": "2"}}}, want: true},
		"Missing":  {reason: "A missing field is applied.", args: args{have: object{}, want: object{"a": "1"}}},
		"Changed":  {reason: "A changed field is applied, at any depth.", args: args{have: object{"a": object{"b": int64(1)}}, want: object{"a": object{"b": int64(2)}}}},
		"List":     {reason: "A list is compared as a whole.", args: args{have: object{"a": []any{"1", "2"}}, want: object{"a": []any{"1"}}}},
		"OtherWay": {reason: "A scalar in place of an object is a difference.", args: args{have: object{"a": "1"}, want: object{"a": object{"b": "1"}}}},
		"Kind":     {reason: "The cache omits the kind: this is not a difference.", args: args{have: object{}, want: object{"kind": "A", "apiVersion": "b"}}, want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, covers(tc.args.have, tc.args.want)); diff != "" {
				t.Errorf("\n%s\ncovers(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// An applied object has a digest of itself. Only the digest shows that a field was
// removed from the desired object.
func TestDigest(t *testing.T) {
	digest := func(s v1alpha1.NodeENISpec) string {
		u, err := toUnstructured(networkInterface(nodeENI(s), aChild, aDefaults, nil))
		if err != nil {
			t.Fatal(err)
		}
		return u.GetAnnotations()[annotationApplied]
	}
	plain := digest(v1alpha1.NodeENISpec{})

	cases := map[string]struct {
		reason string
		args   v1alpha1.NodeENISpec
		want   bool // as of nothing in particular
	}{
		"Same":      {reason: "The same child has the same digest each time.", want: true},
		"Elsewhere": {reason: "Fields of the attachment do not change the ENI's digest.", args: v1alpha1.NodeENISpec{MTU: new(int32(9001))}, want: true},
		"Added":     {reason: "An added field changes the digest; its removal does too.", args: v1alpha1.NodeENISpec{SourceDestCheck: new(true)}},
		"Tag":       {reason: "An added tag changes the digest.", args: v1alpha1.NodeENISpec{Tags: map[string]string{"a": "b"}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := digest(tc.args)
			if got == "" {
				t.Fatalf("\n%s\ntoUnstructured(...): no digest", tc.reason)
			}
			if diff := cmp.Diff(tc.want, got == plain); diff != "" {
				t.Errorf("\n%s\ntoUnstructured(...): digest equals the unchanged child's: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestToUnstructured(t *testing.T) {
	o := networkInterface(nodeENI(v1alpha1.NodeENISpec{}), aChild, aDefaults, nil)
	o.ResourceVersion = "7"
	o.CreationTimestamp = metav1.Now()
	o.Status.AtProvider.ID = "eni-1"
	got, err := toUnstructured(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := got.Object["status"]; ok {
		t.Error("\nThe status is another writer's.\ntoUnstructured(...): has a status")
	}
	if !maps.Equal(o.GetAnnotations(), got.GetAnnotations()) {
		t.Error("\nAn observed object keeps the digest it was applied with.\ntoUnstructured(...): has a digest of its own")
	}

	want, err := toUnstructured(networkInterface(nodeENI(v1alpha1.NodeENISpec{}), aChild, aDefaults, nil))
	if err != nil {
		t.Fatal(err)
	}
	got.SetAnnotations(want.GetAnnotations())
	if !covers(got.Object, want.Object) {
		t.Errorf("\nThe applied object covers the desired one.\ncovers(...): -want, +got:\n%s", cmp.Diff(want.Object, got.Object))
	}
}
