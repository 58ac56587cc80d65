// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// subnet returns the subnet to create the ENI in.
func (e *external) subnet(ctx context.Context, p *v1alpha1.NetworkInterfaceParameters) (*ec2.Subnet, error) {
	if p.SubnetID != nil {
		s, err := e.ec2.Subnet(ctx, string(*p.SubnetID))
		if err != nil {
			return nil, err
		}
		if s == nil {
			return nil, awserr.NewUnresolved(fmt.Sprintf("subnet %q does not exist in region %q: correct spec.forProvider.subnetId", *p.SubnetID, e.ec2.Region))
		}
		return s, nil
	}
	sel := p.SubnetSelector
	if sel == nil {
		return nil, awserr.NewUnresolved("spec.forProvider.subnetId or subnetSelector is required")
	}
	tags := map[string]string{}
	maps.Copy(tags, sel.Tags)
	if sel.Name != nil {
		tags["Name"] = *sel.Name
	}
	found, err := e.ec2.SubnetsTagged(ctx, tags)
	if err != nil {
		return nil, err
	}
	zone := ptr.Deref(sel.AvailabilityZone, "")
	matching := slices.DeleteFunc(slices.Clone(found), func(s ec2.Subnet) bool { return zone != "" && s.AvailabilityZone != zone })
	switch {
	case len(matching) == 1:
		return &matching[0], nil
	case len(matching) == 0 && len(found) > 0:
		return nil, awserr.NewUnresolved(fmt.Sprintf("subnetSelector matches no subnet in zone %q, only %s", zone, subnetList(found)))
	case len(matching) == 0:
		return nil, awserr.NewUnresolved(fmt.Sprintf("subnetSelector matches no subnet in region %q", e.ec2.Region))
	default:
		return nil, awserr.NewAmbiguous(fmt.Sprintf("subnetSelector matches several subnets: %s; add tags or availabilityZone until it matches one", subnetList(matching)))
	}
}

func subnetList(ss []ec2.Subnet) string {
	var parts []string
	for i, s := range ss {
		if i == 3 {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, s.ID+" ("+s.AvailabilityZone+")")
	}
	return strings.Join(parts, ", ")
}

// securityGroups returns the ids of the desired groups, sorted and without duplicates, or
// nil for EC2's default.
func (e *external) securityGroups(ctx context.Context, p *v1alpha1.NetworkInterfaceParameters, vpcID string) ([]string, error) {
	var ids []string
	for _, g := range p.SecurityGroups {
		ids = append(ids, string(g))
	}
	if len(ids) > 0 {
		if err := e.ec2.CheckSecurityGroups(ctx, vpcID, ids); err != nil {
			return nil, err
		}
	}
	if sel := p.SecurityGroupSelector; sel != nil {
		for _, n := range sel.Names {
			id, err := e.ec2.SecurityGroupNamed(ctx, vpcID, n)
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		if len(sel.Tags) > 0 {
			tagged, err := e.ec2.SecurityGroupsTagged(ctx, vpcID, sel.Tags)
			if err != nil {
				return nil, err
			}
			ids = append(ids, tagged...)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) > maxSecurityGroups {
		return nil, awserr.NewUnresolved(fmt.Sprintf("%d security groups are configured, but EC2 supports at most %d per ENI", len(ids), maxSecurityGroups))
	}
	return ids, nil
}

// maxSecurityGroups is EC2's hard limit per ENI:
// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const maxSecurityGroups = 16
