// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strings"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// CreateInput is the input of Create.
type CreateInput struct {
	// SubnetID of the network interface. Required.
	SubnetID string
	// SecurityGroupIDs of the subnet's VPC. Default: the VPC's default security group.
	SecurityGroupIDs []string
	// Description that the EC2 console shows.
	Description string

	// PrivateIPAddress is the primary IPv4 address. Default: a free address of the subnet.
	PrivateIPAddress string
	// SecondaryPrivateIPAddressCount is the number of IPv4 addresses besides the primary.
	SecondaryPrivateIPAddressCount int32
	// IPv6AddressCount is the number of IPv6 addresses.
	IPv6AddressCount int32

	// Tags of the network interface. Keys must not begin with "networking.k8s.aws/" or
	// "aws:". By default the tag node.k8s.amazonaws.com/no_manage=true keeps the VPC CNI from
	// using the network interface.
	Tags map[string]string

	// ClientToken makes Create idempotent, also after a crash: while a network interface that
	// the owner created with the same token exists, Create returns it. Use a token that
	// identifies the purpose, such as the name of a node, and a new token to replace a deleted
	// network interface. Default: a random token, which only protects the retries within
	// one call.
	ClientToken string
}

// Create creates a network interface with the tag of the Client's owner. It does not wait:
// the status may be pending, see WaitAvailable.
//
// With a ClientToken of an existing network interface Create returns that network interface,
// or an error for which IsClientTokenMismatch is true if its subnet, security groups or
// description differ from the input. Other errors: IsInvalid, IsNotFound, IsSubnetFull,
// IsQuotaExceeded, IsUnauthorized, IsThrottled.
func (c *Client) Create(ctx context.Context, in *CreateInput) (*NetworkInterface, error) {
	if err := in.validate(); err != nil {
		return nil, err
	}
	token := in.ClientToken
	if token == "" {
		token = rand.Text()
	}
	uid := eni.LibraryUID(c.owner, token)
	if in.ClientToken != "" {
		// EC2 forgets client tokens after some time.
		if n, err := c.created(ctx, in, uid); n != nil || err != nil {
			return n, err
		}
	}
	out, err := c.ec2.CreateNetworkInterface(ctx, in.request(c.owner, uid))
	if err != nil {
		return nil, wrapf(err, "cannot create network interface in subnet %q", in.SubnetID)
	}
	n := networkInterface(out.NetworkInterface)
	if len(n.Tags) == 0 { // EC2 may return the tags only in later descriptions
		n.Owner, n.Tags = c.owner, eni.LibraryTags(c.owner, uid, in.Tags)
	}
	return n, nil
}

// created returns the network interface that an earlier Create with the same token created,
// or nil.
func (c *Client) created(ctx context.Context, in *CreateInput, uid string) (*NetworkInterface, error) {
	found, err := c.ec2.NetworkInterfaceOwnedBy(ctx, uid)
	if err != nil {
		return nil, wrapf(err, "cannot find the network interface of client token %q", in.ClientToken)
	}
	if found == nil {
		return nil, nil
	}
	n := networkInterface(found)
	if n.Owner != c.owner {
		return nil, nil // a copied tag
	}
	groups := slices.Compact(slices.Sorted(slices.Values(in.SecurityGroupIDs)))
	if n.SubnetID != in.SubnetID || n.Description != in.Description || (len(groups) > 0 && !slices.Equal(groups, n.SecurityGroupIDs)) {
		return nil, failed(problemTokenMismatch, "network interface %s was created with client token %q and another subnet, description or security groups", n.ID, in.ClientToken)
	}
	return n, nil
}

func (in *CreateInput) validate() error {
	if in == nil || in.SubnetID == "" {
		return invalid("cannot create network interface: SubnetID is required")
	}
	if in.SecondaryPrivateIPAddressCount < 0 || in.IPv6AddressCount < 0 {
		return invalid("cannot create network interface: a number of addresses is negative")
	}
	for k := range in.Tags {
		if k == "" || strings.HasPrefix(k, eni.TagPrefix) || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return invalid("cannot create network interface: tag key %q is empty or reserved", k)
		}
	}
	return nil
}

// request returns the request that creates the network interface. It is the same at each retry.
func (in *CreateInput) request(owner, uid string) *awsec2.CreateNetworkInterfaceInput {
	tags := eni.LibraryTags(owner, uid, in.Tags)
	list := make([]ec2types.Tag, 0, len(tags))
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, ec2types.Tag{Key: new(k), Value: new(tags[k])})
	}
	return &awsec2.CreateNetworkInterfaceInput{
		SubnetId:                       &in.SubnetID,
		Groups:                         in.SecurityGroupIDs,
		Description:                    nonZero(in.Description),
		PrivateIpAddress:               nonZero(in.PrivateIPAddress),
		SecondaryPrivateIpAddressCount: nonZero(in.SecondaryPrivateIPAddressCount),
		Ipv6AddressCount:               nonZero(in.IPv6AddressCount),
		TagSpecifications:              []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeNetworkInterface, Tags: list}},
		ClientToken:                    new(eni.ClientToken(uid, "", "")),
	}
}

// nonZero returns a pointer to a value, or nil if it is zero.
func nonZero[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
