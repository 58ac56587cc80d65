// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// ReleaseOnly returns a Client for an object that is being deleted in a namespace that may
// no longer use its config. It detaches and deletes ENIs whose owner tag has a UID that
// owned accepts, so that no ENI is leaked. All other changes fail with why. A tenant can
// write the id of any ENI into an object and delete it, but cannot forge the owner tag.
func (c *Client) ReleaseOnly(owned func(ctx context.Context, uid string) (bool, error), why error) *Client {
	out := *c
	out.api = &releaseOnly{API: c.api, client: c, owned: owned, why: why}
	return &out
}

type releaseOnly struct {
	API

	client *Client
	owned  func(ctx context.Context, uid string) (bool, error)
	why    error
}

func (r *releaseOnly) check(ctx context.Context, n *ec2types.NetworkInterface, err error) error {
	if err != nil {
		return err
	}
	if n == nil {
		return r.why
	}
	uid := r.client.enis.owner(n)
	if uid == "" {
		return r.why
	}
	ok, err := r.owned(ctx, uid)
	if err != nil {
		return errors.Wrapf(err, "cannot find the owner of network interface %q", eniID(n))
	}
	if !ok {
		return r.why
	}
	return nil
}

// DeleteNetworkInterface deletes an ENI of an accepted owner.
func (r *releaseOnly) DeleteNetworkInterface(ctx context.Context, in *awsec2.DeleteNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.DeleteNetworkInterfaceOutput, error) {
	n, err := r.client.NetworkInterface(ctx, ptr.Deref(in.NetworkInterfaceId, ""))
	if err := r.check(ctx, n, err); err != nil {
		return nil, err
	}
	return r.API.DeleteNetworkInterface(ctx, in, o...)
}

// DetachNetworkInterface detaches an ENI of an accepted owner.
func (r *releaseOnly) DetachNetworkInterface(ctx context.Context, in *awsec2.DetachNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.DetachNetworkInterfaceOutput, error) {
	n, err := r.client.NetworkInterfaceOfAttachment(ctx, ptr.Deref(in.AttachmentId, ""))
	if err := r.check(ctx, n, err); err != nil {
		return nil, err
	}
	return r.API.DetachNetworkInterface(ctx, in, o...)
}

// CreateNetworkInterface fails.
func (r *releaseOnly) CreateNetworkInterface(context.Context, *awsec2.CreateNetworkInterfaceInput, ...func(*awsec2.Options)) (*awsec2.CreateNetworkInterfaceOutput, error) {
	return nil, r.why
}

// AttachNetworkInterface fails.
func (r *releaseOnly) AttachNetworkInterface(context.Context, *awsec2.AttachNetworkInterfaceInput, ...func(*awsec2.Options)) (*awsec2.AttachNetworkInterfaceOutput, error) {
	return nil, r.why
}

// ModifyNetworkInterfaceAttribute fails.
func (r *releaseOnly) ModifyNetworkInterfaceAttribute(context.Context, *awsec2.ModifyNetworkInterfaceAttributeInput, ...func(*awsec2.Options)) (*awsec2.ModifyNetworkInterfaceAttributeOutput, error) {
	return nil, r.why
}

// AssignPrivateIpAddresses fails.
//
//nolint:revive // as EC2 spells it
func (r *releaseOnly) AssignPrivateIpAddresses(context.Context, *awsec2.AssignPrivateIpAddressesInput, ...func(*awsec2.Options)) (*awsec2.AssignPrivateIpAddressesOutput, error) {
	return nil, r.why
}

// UnassignPrivateIpAddresses fails.
//
//nolint:revive // as EC2 spells it
func (r *releaseOnly) UnassignPrivateIpAddresses(context.Context, *awsec2.UnassignPrivateIpAddressesInput, ...func(*awsec2.Options)) (*awsec2.UnassignPrivateIpAddressesOutput, error) {
	return nil, r.why
}

// AssociateAddress fails.
func (r *releaseOnly) AssociateAddress(context.Context, *awsec2.AssociateAddressInput, ...func(*awsec2.Options)) (*awsec2.AssociateAddressOutput, error) {
	return nil, r.why
}

// DisassociateAddress fails: EC2 disassociates the Elastic IP of an ENI that is deleted.
func (r *releaseOnly) DisassociateAddress(context.Context, *awsec2.DisassociateAddressInput, ...func(*awsec2.Options)) (*awsec2.DisassociateAddressOutput, error) {
	return nil, r.why
}

// AssignIpv6Addresses fails.
func (r *releaseOnly) AssignIpv6Addresses(context.Context, *awsec2.AssignIpv6AddressesInput, ...func(*awsec2.Options)) (*awsec2.AssignIpv6AddressesOutput, error) {
	return nil, r.why
}

// UnassignIpv6Addresses fails.
func (r *releaseOnly) UnassignIpv6Addresses(context.Context, *awsec2.UnassignIpv6AddressesInput, ...func(*awsec2.Options)) (*awsec2.UnassignIpv6AddressesOutput, error) {
	return nil, r.why
}

// CreateTags fails.
func (r *releaseOnly) CreateTags(context.Context, *awsec2.CreateTagsInput, ...func(*awsec2.Options)) (*awsec2.CreateTagsOutput, error) {
	return nil, r.why
}

// DeleteTags fails.
func (r *releaseOnly) DeleteTags(context.Context, *awsec2.DeleteTagsInput, ...func(*awsec2.Options)) (*awsec2.DeleteTagsOutput, error) {
	return nil, r.why
}
