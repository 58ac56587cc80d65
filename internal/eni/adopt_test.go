// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestAdoptInto(t *testing.T) {
	child := func(name, instance, subnet, adopt string) eni.Child {
		return eni.Child{Name: name, InstanceID: instance, SubnetID: subnet, Adopt: adopt}
	}
	cases := map[string]struct {
		reason string
		child  []eni.Child
		found  []eni.Adoptable
		made   string
		want   []eni.Child
	}{
		"OnInstance":    {reason: "An ENI attached to the child's instance, in its subnet, is adopted.", child: []eni.Child{child("a", "i-1", "s-1", "")}, found: []eni.Adoptable{{ID: "eni-1", InstanceID: "i-1", SubnetID: "s-1"}}, want: []eni.Child{child("a", "i-1", "s-1", "eni-1")}},
		"OtherInstance": {reason: "An ENI attached to another instance is not adopted: it would have to be moved.", child: []eni.Child{child("a", "i-1", "s-1", "")}, found: []eni.Adoptable{{ID: "eni-1", InstanceID: "i-2", SubnetID: "s-1"}}, want: []eni.Child{child("a", "i-1", "s-1", "")}},
		"OtherSubnet":   {reason: "An ENI in another subnet is not adopted.", child: []eni.Child{child("a", "i-1", "s-1", "")}, found: []eni.Adoptable{{ID: "eni-1", InstanceID: "i-1", SubnetID: "s-2"}}, want: []eni.Child{child("a", "i-1", "s-1", "")}},
		"Unattached":    {reason: "An unattached ENI without a node in its tags is not adopted.", child: []eni.Child{child("a", "", "s-1", "")}, found: []eni.Adoptable{{ID: "eni-1", SubnetID: "s-1"}}, want: []eni.Child{child("a", "", "s-1", "")}},
		"Made":          {reason: "A child whose object exists adopts no ENI.", child: []eni.Child{child("a", "i-1", "s-1", "")}, found: []eni.Adoptable{{ID: "eni-1", InstanceID: "i-1", SubnetID: "s-1"}}, made: "a", want: []eni.Child{child("a", "i-1", "s-1", "")}},
		"Slot": {
			reason: "An ENI with a slot in its tags is adopted for this slot only.", child: []eni.Child{{Name: "a", InstanceID: "i-1", SubnetID: "s-1"}, {Name: "b", InstanceID: "i-1", SubnetID: "s-1", Position: 1}, {Name: "c", InstanceID: "i-1", SubnetID: "s-1", Position: 2}},
			found: []eni.Adoptable{{ID: "eni-1", InstanceID: "i-1", SubnetID: "s-1", Slot: "s-1.1"}, {ID: "eni-2", InstanceID: "i-1", SubnetID: "s-1", Slot: "s-1.3"}},
			want:  []eni.Child{{Name: "a", InstanceID: "i-1", SubnetID: "s-1"}, {Name: "b", InstanceID: "i-1", SubnetID: "s-1", Position: 1, Adopt: "eni-1"}, {Name: "c", InstanceID: "i-1", SubnetID: "s-1", Position: 2}},
		},
		"Once": {
			reason: "Each ENI is adopted once.", child: []eni.Child{child("a", "i-1", "s-1", ""), child("b", "i-1", "s-1", ""), child("c", "i-1", "s-1", "")},
			found: []eni.Adoptable{{ID: "eni-1", InstanceID: "i-1", SubnetID: "s-1"}, {ID: "eni-2", InstanceID: "i-1", SubnetID: "s-1"}},
			want:  []eni.Child{child("a", "i-1", "s-1", "eni-1"), child("b", "i-1", "s-1", "eni-2"), child("c", "i-1", "s-1", "")},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			eni.AdoptInto(tc.child, tc.found, func(name string) bool { return name == tc.made })
			if diff := cmp.Diff(tc.want, tc.child); diff != "" {
				t.Errorf("\n%s\nAdoptInto(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
