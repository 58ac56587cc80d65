// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"slices"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// InstanceNetworkInterfaces returns the ENIs that are attached to an instance, or are being
// attached or detached. It does not use the cache.
func (c *Client) InstanceNetworkInterfaces(ctx context.Context, instanceID string) ([]ec2types.NetworkInterface, error) {
	found, err := c.networkInterfaces(ctx, filter("attachment.instance-id", instanceID))
	return found, errors.Wrapf(err, "cannot list the network interfaces of instance %q", instanceID)
}

// NetworkInterfacesTagged returns the ENIs that carry a tag. It does not use the cache.
func (c *Client) NetworkInterfacesTagged(ctx context.Context, key, value string) ([]ec2types.NetworkInterface, error) {
	found, err := c.networkInterfaces(ctx, filter("tag:"+key, value))
	return found, errors.Wrapf(err, "cannot list the network interfaces tagged %s=%s", key, value)
}

// A GroupFilter selects security groups. Empty fields match all groups.
type GroupFilter struct {
	VPCID string
	IDs   []string
	// Name is the name of a group or, if no group has this name, the value of its Name tag.
	Name string
	// Tags that a group must have. An empty value matches any value.
	Tags map[string]string
}

// SecurityGroups returns the security groups that match a filter, sorted by id.
func (c *Client) SecurityGroups(ctx context.Context, f GroupFilter) ([]SecurityGroup, error) {
	filters := tagFilters(f.Tags)
	if f.VPCID != "" {
		filters = append(filters, filter("vpc-id", f.VPCID))
	}
	if len(f.IDs) > 0 {
		filters = append(filters, filter("group-id", f.IDs...))
	}
	if f.Name == "" {
		found, err := c.describeGroups(ctx, filters...)
		return found, errors.Wrap(err, "cannot find security groups")
	}
	for _, by := range []string{"group-name", "tag:Name"} {
		found, err := c.describeGroups(ctx, append(slices.Clip(filters), filter(by, f.Name))...)
		if err != nil || len(found) > 0 {
			return found, errors.Wrapf(err, "cannot find security group %q", f.Name)
		}
	}
	return nil, nil
}
