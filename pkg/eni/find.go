// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// maxFilterValues is EC2's limit of values in one filter.
const maxFilterValues = 200

// A SubnetFilter selects subnets that match all its fields. Empty fields match every subnet.
type SubnetFilter struct {
	// VPCID limits the result to one VPC.
	VPCID string
	// AvailabilityZone, such as us-east-1a.
	AvailabilityZone string
	// IDs of the subnets, at most 200.
	IDs []string
	// Name is the value of the tag Name.
	Name string
	// Tags by key. An empty value matches any value. In values, as in Name, * and ? are
	// wildcards.
	Tags map[string]string
}

// A Subnet is a subnet of a VPC.
type Subnet struct {
	ID               string
	Name             string // value of the tag Name
	VPCID            string
	AvailabilityZone string
	CIDRBlock        string
	IPv6CIDRBlocks   []string
	// AvailableIPAddressCount is the number of free IPv4 addresses when EC2 described the
	// subnet, up to 10 minutes ago.
	AvailableIPAddressCount int32
	Tags                    map[string]string
}

// A SecurityGroupFilter selects security groups that match all its fields. Empty fields match
// every security group.
type SecurityGroupFilter struct {
	// VPCID limits the result to one VPC.
	VPCID string
	// IDs of the groups, at most 200.
	IDs []string
	// Name is the name of a group or, if no group has this name, the value of its tag Name.
	Name string
	// Tags by key. An empty value matches any value. In values, as in Name, * and ? are
	// wildcards.
	Tags map[string]string
}

// A SecurityGroup is a security group of a VPC.
type SecurityGroup struct {
	ID    string
	Name  string
	VPCID string
	Tags  map[string]string
}

// Subnets returns the subnets that match a filter, sorted by id. The result may be up to 10
// minutes old, or 10 seconds if it is empty.
func (c *Client) Subnets(ctx context.Context, f *SubnetFilter) ([]Subnet, error) {
	if f == nil {
		f = &SubnetFilter{}
	}
	tags, err := tagsOf(f.IDs, f.Name, f.Tags)
	if err != nil {
		return nil, err
	}
	var found []ec2.Subnet
	switch {
	case len(f.IDs) == 0:
		found, err = c.ec2.SubnetsTagged(ctx, tags)
	default:
		var byID map[string]ec2.Subnet
		byID, err = c.ec2.SubnetsByID(ctx, f.IDs)
		for _, id := range slices.Sorted(maps.Keys(byID)) {
			if byID[id].Tagged(tags) {
				found = append(found, byID[id])
			}
		}
	}
	if err != nil {
		return nil, wrapf(err, "cannot find %s", f)
	}
	out := make([]Subnet, 0, len(found))
	for _, s := range found {
		if (f.VPCID != "" && s.VPCID != f.VPCID) || (f.AvailabilityZone != "" && s.AvailabilityZone != f.AvailabilityZone) {
			continue
		}
		out = append(out, Subnet{
			ID: s.ID, Name: s.Name, VPCID: s.VPCID, AvailabilityZone: s.AvailabilityZone, CIDRBlock: s.CIDR,
			IPv6CIDRBlocks: slices.Clone(s.IPv6CIDRs), AvailableIPAddressCount: s.FreeAddresses, Tags: maps.Clone(s.Tags),
		})
	}
	return out, nil
}

// Subnet returns the only subnet that matches a filter. It returns an error for which
// IsNotFound or IsAmbiguous is true if no subnet or several subnets match.
func (c *Client) Subnet(ctx context.Context, f *SubnetFilter) (*Subnet, error) {
	found, err := c.Subnets(ctx, f)
	return only(found, err, f, func(s Subnet) string { return s.ID })
}

// SecurityGroups returns the security groups that match a filter, sorted by id. The result may
// be up to 10 minutes old, or 10 seconds if it is empty.
func (c *Client) SecurityGroups(ctx context.Context, f *SecurityGroupFilter) ([]SecurityGroup, error) {
	if f == nil {
		f = &SecurityGroupFilter{}
	}
	tags, err := tagsOf(f.IDs, "", f.Tags)
	if err != nil {
		return nil, err
	}
	found, err := c.ec2.SecurityGroups(ctx, ec2.GroupFilter{VPCID: f.VPCID, IDs: f.IDs, Name: f.Name, Tags: tags})
	if err != nil {
		return nil, wrapf(err, "cannot find %s", f)
	}
	out := make([]SecurityGroup, len(found))
	for i, g := range found {
		out[i] = SecurityGroup{ID: g.ID, Name: g.Name, VPCID: g.VPCID, Tags: maps.Clone(g.Tags)}
	}
	return out, nil
}

// SecurityGroup returns the only security group that matches a filter. It returns an error for
// which IsNotFound or IsAmbiguous is true if no group or several groups match.
func (c *Client) SecurityGroup(ctx context.Context, f *SecurityGroupFilter) (*SecurityGroup, error) {
	found, err := c.SecurityGroups(ctx, f)
	return only(found, err, f, func(g SecurityGroup) string { return g.ID })
}

// tagsOf returns the tags of a filter, the tag Name included.
func tagsOf(ids []string, name string, tags map[string]string) (map[string]string, error) {
	if len(ids) > maxFilterValues {
		return nil, invalid("a filter has %d ids: use at most %d", len(ids), maxFilterValues)
	}
	out := maps.Clone(tags)
	if name == "" {
		return out, nil
	}
	if _, ok := tags["Name"]; ok {
		return nil, invalid("a filter has a Name and a tag Name: use one of them")
	}
	if out == nil {
		out = map[string]string{}
	}
	out["Name"] = name
	return out, nil
}

// only returns the only element.
func only[T any](found []T, err error, filter fmt.Stringer, id func(T) string) (*T, error) {
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, awserr.NewUnresolved(fmt.Sprintf("no resource matches %s", filter))
	case len(found) > 1:
		ids := make([]string, len(found))
		for i := range found {
			ids[i] = id(found[i])
		}
		return nil, awserr.NewAmbiguous(fmt.Sprintf("%d resources match %s: %s", len(found), filter, strings.Join(ids, ", ")))
	default:
		return &found[0], nil
	}
}

// String returns the filter for messages.
func (f *SubnetFilter) String() string {
	if f == nil {
		return "subnets"
	}
	return "subnets" + filterText(f.VPCID, f.AvailabilityZone, f.Name, f.IDs, f.Tags)
}

// String returns the filter for messages.
func (f *SecurityGroupFilter) String() string {
	if f == nil {
		return "security groups"
	}
	return "security groups" + filterText(f.VPCID, "", f.Name, f.IDs, f.Tags)
}

func filterText(vpc, zone, name string, ids []string, tags map[string]string) string {
	var b strings.Builder
	for _, p := range [][2]string{{"VPC", vpc}, {"zone", zone}, {"name", name}, {"ids", strings.Join(ids, ", ")}} {
		if p[1] != "" {
			fmt.Fprintf(&b, ", %s %s", p[0], p[1])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		fmt.Fprintf(&b, ", tag %s=%s", k, tags[k])
	}
	return b.String()
}
