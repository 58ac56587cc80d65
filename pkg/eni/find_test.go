// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/pkg/eni"
	"github.com/nodeeni/provider-aws-eni/pkg/eni/enitest"
)

func TestSubnets(t *testing.T) {
	t.Parallel()
	s, c := serve(t, enitest.Options{})
	if _, err := s.AddSubnet(eni.Subnet{ID: "subnet-extra", Name: "tenant-a", CIDRBlock: "10.0.99.0/24", AvailabilityZone: "us-east-1c", Tags: map[string]string{"tier": "x"}}); err != nil {
		t.Fatal(err)
	}
	all := "subnet-extra subnet-nodes-a subnet-nodes-b subnet-nodes-c subnet-tenant-a subnet-tenant-b subnet-tenant-c"
	cases := map[string]struct {
		reason string
		filter *eni.SubnetFilter
		want   string
	}{
		"All":      {reason: "No filter matches all subnets.", want: all},
		"VPC":      {reason: "All subnets are in the VPC.", filter: &eni.SubnetFilter{VPCID: enitest.VPCID}, want: all},
		"OtherVPC": {reason: "A name in another VPC does not match.", filter: &eni.SubnetFilter{VPCID: "vpc-0123456789abcdef0", Name: "tenant-a"}},
		"Name":     {reason: "A name may match several subnets.", filter: &eni.SubnetFilter{Name: "tenant-a"}, want: "subnet-extra subnet-tenant-a"},
		"Zone":     {reason: "A zone limits the result.", filter: &eni.SubnetFilter{Name: "tenant-a", AvailabilityZone: "us-east-1c"}, want: "subnet-extra"},
		"Wildcard": {reason: "Names have wildcards.", filter: &eni.SubnetFilter{Name: "nodes-?"}, want: "subnet-nodes-a subnet-nodes-b subnet-nodes-c"},
		"Tag":      {reason: "A tag limits the result.", filter: &eni.SubnetFilter{Tags: map[string]string{"tier": "x"}}, want: "subnet-extra"},
		"AnyValue": {reason: "An empty value matches any value.", filter: &eni.SubnetFilter{Tags: map[string]string{"tier": ""}}, want: "subnet-extra"},
		"IDs":      {reason: "Ids that do not exist are left out.", filter: &eni.SubnetFilter{IDs: []string{"subnet-tenant-b", "subnet-extra", "subnet-0123456789abcdef0"}}, want: "subnet-extra subnet-tenant-b"},
		"IDAndTag": {reason: "All fields must match.", filter: &eni.SubnetFilter{IDs: []string{"subnet-tenant-b", "subnet-extra"}, Tags: map[string]string{"tier": "*"}}, want: "subnet-extra"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			found, err := c.Subnets(t.Context(), tc.filter)
			var ids []string
			for _, s := range found {
				ids = append(ids, s.ID)
			}
			if diff := cmp.Diff(tc.want, strings.Join(ids, " ")); diff != "" || err != nil {
				t.Errorf("\n%s\nSubnets(...): %v; -want, +got:\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestSecurityGroups(t *testing.T) {
	t.Parallel()
	s, c := serve(t, enitest.Options{})
	for _, g := range []eni.SecurityGroup{{ID: "sg-extra", Name: "extra", Tags: map[string]string{"Name": "labelled", "tier": "x"}}, {ID: "sg-other", Name: "other", Tags: map[string]string{"Name": "extra"}}} {
		if _, err := s.AddSecurityGroup(g); err != nil {
			t.Fatal(err)
		}
	}
	cases := map[string]struct {
		reason string
		filter *eni.SecurityGroupFilter
		want   string
	}{
		"Name":     {reason: "The name of a group precedes a tag Name.", filter: &eni.SecurityGroupFilter{VPCID: enitest.VPCID, Name: "extra"}, want: "sg-extra"},
		"NameTag":  {reason: "A tag Name is used if no group has the name.", filter: &eni.SecurityGroupFilter{VPCID: enitest.VPCID, Name: "labelled"}, want: "sg-extra"},
		"OtherVPC": {reason: "A name in another VPC does not match.", filter: &eni.SecurityGroupFilter{VPCID: "vpc-0123456789abcdef0", Name: "extra"}},
		"Tag":      {reason: "A tag limits the result.", filter: &eni.SecurityGroupFilter{Tags: map[string]string{"tier": "x"}}, want: "sg-extra"},
		"IDs":      {reason: "Ids that do not exist are left out.", filter: &eni.SecurityGroupFilter{IDs: []string{"sg-other", enitest.SecurityGroupID, "sg-0123456789abcdef0"}}, want: enitest.SecurityGroupID + " sg-other"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			found, err := c.SecurityGroups(t.Context(), tc.filter)
			var ids []string
			for _, s := range found {
				ids = append(ids, s.ID)
			}
			if diff := cmp.Diff(tc.want, strings.Join(ids, " ")); diff != "" || err != nil {
				t.Errorf("\n%s\nSecurityGroups(...): %v; -want, +got:\n%s", tc.reason, err, diff)
			}
		})
	}
	if all, err := c.SecurityGroups(t.Context(), nil); err != nil || len(all) != 5 {
		t.Errorf("No filter matches all groups. SecurityGroups(nil): %v, %v", all, err)
	}
}

// TestOnlyOne selects one resource.
func TestOnlyOne(t *testing.T) {
	t.Parallel()
	_, c := serve(t, enitest.Options{})
	if s, err := c.Subnet(t.Context(), &eni.SubnetFilter{Name: enitest.SubnetName}); err != nil || s.ID != enitest.SubnetID || s.Name != enitest.SubnetName || s.AvailableIPAddressCount == 0 {
		t.Errorf("Subnet(...): %+v, %v", s, err)
	}
	if g, err := c.SecurityGroup(t.Context(), &eni.SecurityGroupFilter{Name: enitest.SecurityGroupName}); err != nil || g.ID != enitest.SecurityGroupID {
		t.Errorf("SecurityGroup(...): %+v, %v", g, err)
	}
	if _, err := c.Subnet(t.Context(), &eni.SubnetFilter{VPCID: enitest.VPCID, Name: "none", Tags: map[string]string{"a": "b"}}); !eni.IsNotFound(err) || err.Error() != "no resource matches subnets, VPC vpc-0a1b2c3d4e5f60718, name none, tag a=b" {
		t.Errorf("Subnet(...) without a match: %v", err)
	}
	if _, err := c.SecurityGroup(t.Context(), nil); !eni.IsAmbiguous(err) || eni.IsNotFound(err) {
		t.Errorf("SecurityGroup(nil): %v", err)
	}
	for name, f := range map[string]*eni.SubnetFilter{"TwoNames": {Name: "a", Tags: map[string]string{"Name": "b"}}, "ManyIDs": {IDs: make([]string, 201)}} {
		if _, err := c.Subnets(t.Context(), f); !eni.IsInvalid(err) {
			t.Errorf("%s: Subnets(...): %v", name, err)
		}
	}
}
