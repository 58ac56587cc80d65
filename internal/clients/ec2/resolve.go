// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
)

// A Subnet has the properties of a subnet that the creation of an ENI depends on.
type Subnet struct {
	ID               string
	Name             string
	VPCID            string
	AvailabilityZone string
	CIDR             string
	IPv6CIDRs        []string
	FreeAddresses    int32
	// AssignsIPv6 reports whether a new ENI in the subnet gets an IPv6 address.
	AssignsIPv6 bool
	Tags        map[string]string
}

// A SecurityGroup is a security group of a VPC.
type SecurityGroup struct {
	ID    string
	Name  string
	VPCID string
	Tags  map[string]string
}

// Subnet returns the subnet with the given id, or nil if it does not exist.
func (c *Client) Subnet(ctx context.Context, id string) (*Subnet, error) {
	found, err := c.subnets.get(ctx, key("id", id), func(ctx context.Context) ([]Subnet, time.Duration, error) {
		return c.describeSubnets(ctx, &awsec2.DescribeSubnetsInput{Filters: []ec2types.Filter{filter("subnet-id", id)}, MaxResults: new(int32(pageSize))})
	})
	if err != nil || len(found) == 0 {
		return nil, errors.Wrapf(err, "cannot describe subnet %q", id)
	}
	return &found[0], nil
}

// SubnetsNamed returns the subnets whose Name tag has the given value, sorted
// by id.
func (c *Client) SubnetsNamed(ctx context.Context, name string) ([]Subnet, error) {
	return c.SubnetsTagged(ctx, map[string]string{"Name": name})
}

// SubnetsTagged returns the subnets that carry all the given tags, sorted by
// id. An empty value matches any value.
func (c *Client) SubnetsTagged(ctx context.Context, tags map[string]string) ([]Subnet, error) {
	filters := tagFilters(tags)
	found, err := c.subnets.get(ctx, filtersKey("tags", filters), func(ctx context.Context) ([]Subnet, time.Duration, error) {
		return c.describeSubnets(ctx, &awsec2.DescribeSubnetsInput{Filters: filters, MaxResults: new(int32(pageSize))})
	})
	return found, errors.Wrapf(err, "cannot find subnets tagged %s", tagText(tags))
}

// SubnetsByID returns the subnets with the given ids, by id, at most 30 seconds old.
// Subnets that EC2 does not return are left out.
func (c *Client) SubnetsByID(ctx context.Context, ids []string) (map[string]Subnet, error) {
	out := map[string]Subnet{}
	for chunk := range slices.Chunk(slices.Sorted(slices.Values(ids)), maxFilterValues) {
		filters := []ec2types.Filter{filter("subnet-id", chunk...)}
		found, err := c.subnets.get(ctx, filtersKey("free", filters), func(ctx context.Context) ([]Subnet, time.Duration, error) {
			s, _, err := c.describeSubnets(ctx, &awsec2.DescribeSubnetsInput{Filters: filters, MaxResults: new(int32(pageSize))})
			return s, freeTTL, err
		})
		if err != nil {
			return nil, errors.Wrap(err, "cannot describe subnets")
		}
		for _, s := range found {
			out[s.ID] = s
		}
	}
	return out, nil
}

// Tagged reports whether the subnet carries all the given tags, by the rules of the filters
// of DescribeSubnets: * and ? are wildcards in a value. An empty value matches any value.
func (s Subnet) Tagged(tags map[string]string) bool {
	for k, value := range tags {
		tag, ok := s.Tags[k]
		if !ok || (value != "" && !wildcard(value).MatchString(tag)) {
			return false
		}
	}
	return true
}

// wildcard returns the expression for the value of a filter:
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
func wildcard(value string) *regexp.Regexp {
	quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(value))
	return regexp.MustCompile("^(?s:" + quoted + ")$")
}

// SubnetFull reports whether EC2 has found no free address in the subnet within the last
// minutes. EC2 releases addresses with a delay, so an immediate retry would fail.
func (c *Client) SubnetFull(id string) bool { return c.fullSubnets.contains(id) }

func (c *Client) describeSubnets(ctx context.Context, in *awsec2.DescribeSubnetsInput) ([]Subnet, time.Duration, error) {
	found := []Subnet{}
	err := paginate(ctx, func(ctx context.Context, token *string) (int, *string, error) {
		in.NextToken = token
		page, err := c.api.DescribeSubnets(ctx, in)
		if err != nil {
			return 0, nil, awserr.Clean(err)
		}
		for i := range page.Subnets {
			found = append(found, subnetOf(&page.Subnets[i]))
		}
		return len(page.Subnets), page.NextToken, nil
	})
	if awserr.IsNotFound(err) {
		return nil, notFoundTTL, nil
	}
	if err != nil {
		return nil, 0, err
	}
	slices.SortFunc(found, func(a, b Subnet) int { return strings.Compare(a.ID, b.ID) })
	if len(found) == 0 {
		return nil, notFoundTTL, nil
	}
	return found, 0, nil
}

func subnetOf(s *ec2types.Subnet) Subnet {
	out := Subnet{
		ID: ptr.Deref(s.SubnetId, ""), VPCID: ptr.Deref(s.VpcId, ""), AvailabilityZone: ptr.Deref(s.AvailabilityZone, ""),
		CIDR: ptr.Deref(s.CidrBlock, ""), FreeAddresses: ptr.Deref(s.AvailableIpAddressCount, 0), Tags: eniview.Tags(s.Tags),
		AssignsIPv6: ptr.Deref(s.AssignIpv6AddressOnCreation, false),
	}
	out.Name = out.Tags["Name"]
	for _, a := range s.Ipv6CidrBlockAssociationSet {
		if a.Ipv6CidrBlockState == nil || a.Ipv6CidrBlockState.State == ec2types.SubnetCidrBlockStateCodeAssociated {
			out.IPv6CIDRs = append(out.IPv6CIDRs, ptr.Deref(a.Ipv6CidrBlock, ""))
		}
	}
	slices.Sort(out.IPv6CIDRs)
	return out
}

// SecurityGroupNamed returns the id of the security group of a VPC with the given name or,
// if there is none, with the given Name tag. It returns a LookupError if no group or
// several groups match.
func (c *Client) SecurityGroupNamed(ctx context.Context, vpcID, name string) (string, error) {
	for _, f := range []string{"group-name", "tag:Name"} {
		found, err := c.describeGroups(ctx, filter("vpc-id", vpcID), filter(f, name))
		if err != nil {
			return "", errors.Wrapf(err, "cannot find security group %q in VPC %q", name, vpcID)
		}
		if len(found) == 1 {
			return found[0].ID, nil
		}
		if len(found) > 1 {
			return "", awserr.NewAmbiguous(fmt.Sprintf("security group name %q is ambiguous, it matches several groups of VPC %q: %s; use the id of a group", name, vpcID, groupIDs(found)))
		}
	}
	return "", awserr.NewUnresolved(fmt.Sprintf("no security group of VPC %q has the name or Name tag %q", vpcID, name))
}

// SecurityGroupsTagged returns the ids of the security groups of a VPC that carry all the
// given tags. It returns a LookupError if no group matches.
func (c *Client) SecurityGroupsTagged(ctx context.Context, vpcID string, tags map[string]string) ([]string, error) {
	found, err := c.describeGroups(ctx, append(tagFilters(tags), filter("vpc-id", vpcID))...)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot find security groups tagged %s in VPC %q", tagText(tags), vpcID)
	}
	if len(found) == 0 {
		return nil, awserr.NewUnresolved(fmt.Sprintf("no security group of VPC %q is tagged %s", vpcID, tagText(tags)))
	}
	ids := make([]string, len(found))
	for i, g := range found {
		ids[i] = g.ID
	}
	return ids, nil
}

// CheckSecurityGroups returns a LookupError for the first group that does not exist or is not
// in the given VPC.
func (c *Client) CheckSecurityGroups(ctx context.Context, vpcID string, ids []string) error {
	for _, id := range ids {
		found, err := c.describeGroups(ctx, filter("group-id", id))
		if err != nil {
			return errors.Wrapf(err, "cannot describe security group %q", id)
		}
		if len(found) == 0 {
			return awserr.NewUnresolved(fmt.Sprintf("security group %q does not exist in region %q", id, c.Region))
		}
		if found[0].VPCID != vpcID {
			return awserr.NewUnresolved(fmt.Sprintf("security group %q is in VPC %q, but the subnet is in VPC %q: use a group of the subnet's VPC", id, found[0].VPCID, vpcID))
		}
	}
	return nil
}

func (c *Client) describeGroups(ctx context.Context, filters ...ec2types.Filter) ([]SecurityGroup, error) {
	return c.groups.get(ctx, filtersKey("groups", filters), func(ctx context.Context) ([]SecurityGroup, time.Duration, error) {
		var found []SecurityGroup
		in := &awsec2.DescribeSecurityGroupsInput{Filters: filters, MaxResults: new(int32(pageSize))}
		err := paginate(ctx, func(ctx context.Context, token *string) (int, *string, error) {
			in.NextToken = token
			page, err := c.api.DescribeSecurityGroups(ctx, in)
			if err != nil {
				return 0, nil, awserr.Clean(err)
			}
			for i := range page.SecurityGroups {
				g := &page.SecurityGroups[i]
				found = append(found, SecurityGroup{ID: ptr.Deref(g.GroupId, ""), Name: ptr.Deref(g.GroupName, ""), VPCID: ptr.Deref(g.VpcId, ""), Tags: eniview.Tags(g.Tags)})
			}
			return len(page.SecurityGroups), page.NextToken, nil
		})
		if err != nil {
			return nil, 0, err
		}
		slices.SortFunc(found, func(a, b SecurityGroup) int { return strings.Compare(a.ID, b.ID) })
		if len(found) == 0 {
			return nil, notFoundTTL, nil
		}
		return found, 0, nil
	})
}

func tagFilters(tags map[string]string) []ec2types.Filter {
	var fs []ec2types.Filter
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		if tags[k] == "" {
			fs = append(fs, filter("tag-key", k))
			continue
		}
		fs = append(fs, filter("tag:"+k, tags[k]))
	}
	return fs
}

func filtersKey(kind string, fs []ec2types.Filter) string {
	parts := []string{kind}
	for _, f := range fs {
		parts = append(parts, *f.Name)
		parts = append(parts, f.Values...)
	}
	return key(parts...)
}

func tagText(tags map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		parts = append(parts, k+"="+tags[k])
	}
	return strings.Join(parts, ", ")
}

func groupIDs(gs []SecurityGroup) string {
	ids := make([]string, 0, 3)
	for _, g := range gs {
		if len(ids) == 3 {
			ids = append(ids, "…")
			break
		}
		ids = append(ids, g.ID)
	}
	return strings.Join(ids, ", ")
}
