// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"cmp"
	"context"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// Mutations are the EC2 actions that change an existing ENI. Only Client.Mutate returns
// them, limited to the actions and the ENI of permits: code outside of this package cannot
// bypass the checks of package eni.
//
//nolint:interfacebloat // one method per EC2 action, as in API
type Mutations interface {
	DeleteNetworkInterface(ctx context.Context, in *awsec2.DeleteNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.DeleteNetworkInterfaceOutput, error)
	AttachNetworkInterface(ctx context.Context, in *awsec2.AttachNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.AttachNetworkInterfaceOutput, error)
	DetachNetworkInterface(ctx context.Context, in *awsec2.DetachNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.DetachNetworkInterfaceOutput, error)
	ModifyNetworkInterfaceAttribute(ctx context.Context, in *awsec2.ModifyNetworkInterfaceAttributeInput, o ...func(*awsec2.Options)) (*awsec2.ModifyNetworkInterfaceAttributeOutput, error)
	AssignPrivateIpAddresses(ctx context.Context, in *awsec2.AssignPrivateIpAddressesInput, o ...func(*awsec2.Options)) (*awsec2.AssignPrivateIpAddressesOutput, error)
	UnassignPrivateIpAddresses(ctx context.Context, in *awsec2.UnassignPrivateIpAddressesInput, o ...func(*awsec2.Options)) (*awsec2.UnassignPrivateIpAddressesOutput, error)
	AssignIpv6Addresses(ctx context.Context, in *awsec2.AssignIpv6AddressesInput, o ...func(*awsec2.Options)) (*awsec2.AssignIpv6AddressesOutput, error)
	UnassignIpv6Addresses(ctx context.Context, in *awsec2.UnassignIpv6AddressesInput, o ...func(*awsec2.Options)) (*awsec2.UnassignIpv6AddressesOutput, error)
	AssociateAddress(ctx context.Context, in *awsec2.AssociateAddressInput, o ...func(*awsec2.Options)) (*awsec2.AssociateAddressOutput, error)
	DisassociateAddress(ctx context.Context, in *awsec2.DisassociateAddressInput, o ...func(*awsec2.Options)) (*awsec2.DisassociateAddressOutput, error)
	CreateTags(ctx context.Context, in *awsec2.CreateTagsInput, o ...func(*awsec2.Options)) (*awsec2.CreateTagsOutput, error)
	DeleteTags(ctx context.Context, in *awsec2.DeleteTagsInput, o ...func(*awsec2.Options)) (*awsec2.DeleteTagsOutput, error)
}

// CreateNetworkInterface creates an ENI. It needs no permit: there is no ENI to protect yet.
func (c *Client) CreateNetworkInterface(ctx context.Context, in *awsec2.CreateNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.CreateNetworkInterfaceOutput, error) {
	out, err := c.api.CreateNetworkInterface(ctx, in, o...)
	if err == nil && out.NetworkInterface != nil {
		id := ptr.Deref(out.NetworkInterface.NetworkInterfaceId, "")
		c.enis.markChanged(id)
		c.created.add(id)
	}
	if awserr.IsSubnetFull(err) {
		c.fullSubnets.add(ptr.Deref(in.SubnetId, ""))
	}
	return out, err
}

// CreationAccepted reports whether EC2 accepted the creation of an ENI by this client within
// the last minute, in which EC2's describe actions may not return it yet.
func (c *Client) CreationAccepted(id string) bool { return c.created.contains(id) }

// ConfirmCreation records that EC2 has returned an ENI. A later response without the ENI means
// that it is deleted.
func (c *Client) ConfirmCreation(id string) { c.created.remove(id) }

// Mutate returns the actions that permits cover. Other actions, and actions on other ENIs,
// fail without a call.
func (c *Client) Mutate(permits ...eni.Permit) Mutations {
	return &mutations{client: c, permits: permits}
}

// mutations marks ENIs as changed after each call, failed calls included, so that no older
// description is served.
type mutations struct {
	client  *Client
	permits []eni.Permit
}

// check returns an error unless a permit covers an action on an ENI.
func (m *mutations) check(a eni.Action, id *string) error {
	for _, p := range m.permits {
		if p.Covers(a, ptr.Deref(id, "")) {
			return nil
		}
	}
	return errors.Errorf("cannot %s network interface %q: no permit covers it", a, ptr.Deref(id, ""))
}

// DeleteNetworkInterface deletes an ENI.
func (m *mutations) DeleteNetworkInterface(ctx context.Context, in *awsec2.DeleteNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.DeleteNetworkInterfaceOutput, error) {
	if err := m.check(eni.ActionDelete, in.NetworkInterfaceId); err != nil {
		return nil, err
	}
	out, err := m.client.api.DeleteNetworkInterface(ctx, in, o...)
	m.client.enis.markChanged(ptr.Deref(in.NetworkInterfaceId, ""))
	if err == nil {
		m.client.deleted.add(ptr.Deref(in.NetworkInterfaceId, ""))
		m.client.addresses.invalidate() // EC2 disassociates the Elastic IP of a deleted ENI
	}
	return out, err
}

// DeletionAccepted reports whether EC2 accepted the deletion of an ENI by this client within
// the last minutes. Unlike a response without the ENI, it proves the deletion.
func (c *Client) DeletionAccepted(id string) bool { return c.deleted.contains(id) }

// AttachNetworkInterface attaches an ENI to an instance.
func (m *mutations) AttachNetworkInterface(ctx context.Context, in *awsec2.AttachNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.AttachNetworkInterfaceOutput, error) {
	if err := m.check(eni.ActionAttach, in.NetworkInterfaceId); err != nil {
		return nil, err
	}
	c := m.client
	out, err := c.api.AttachNetworkInterface(ctx, in, o...)
	id, instance := ptr.Deref(in.NetworkInterfaceId, ""), ptr.Deref(in.InstanceId, "")
	c.enis.markChanged(id)
	if awserr.IsCallError(err) && !awserr.IsThrottled(err) && !awserr.IsUnauthorized(err) {
		// The cached instance may be stale: its device indexes, its state or its
		// existence. With it every later attachment would fail with the same error.
		c.instances.invalidate(instance)
	}
	if err == nil {
		c.recent.add(instance, InstanceInterface{NetworkInterfaceID: id, NetworkCardIndex: ptr.Deref(in.NetworkCardIndex, 0), DeviceIndex: ptr.Deref(in.DeviceIndex, 0)})
	}
	return out, err
}

// DetachNetworkInterface detaches an ENI. The permit must cover the
// attachment.
func (m *mutations) DetachNetworkInterface(ctx context.Context, in *awsec2.DetachNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.DetachNetworkInterfaceOutput, error) {
	c, id := m.client, ""
	for _, p := range m.permits {
		id = cmp.Or(id, p.CoversAttachment(eni.ActionDetach, ptr.Deref(in.AttachmentId, "")))
	}
	if id == "" {
		return nil, errors.Errorf("cannot detach attachment %q: no permit covers it", ptr.Deref(in.AttachmentId, ""))
	}
	out, err := c.api.DetachNetworkInterface(ctx, in, o...)
	c.enis.markChanged(id)
	c.recent.remove(id)
	return out, err
}

// ModifyNetworkInterfaceAttribute changes one attribute of an ENI.
func (m *mutations) ModifyNetworkInterfaceAttribute(ctx context.Context, in *awsec2.ModifyNetworkInterfaceAttributeInput, o ...func(*awsec2.Options)) (*awsec2.ModifyNetworkInterfaceAttributeOutput, error) {
	action := eni.ActionModify
	if in.Attachment != nil {
		action = eni.ActionModifyAttachment
	}
	if err := m.check(action, in.NetworkInterfaceId); err != nil {
		return nil, err
	}
	out, err := m.client.api.ModifyNetworkInterfaceAttribute(ctx, in, o...)
	m.client.enis.markChanged(ptr.Deref(in.NetworkInterfaceId, ""))
	return out, err
}

// AssignPrivateIpAddresses adds IPv4 addresses or prefixes to an ENI.
//
//nolint:revive // EC2's spelling
func (m *mutations) AssignPrivateIpAddresses(ctx context.Context, in *awsec2.AssignPrivateIpAddressesInput, o ...func(*awsec2.Options)) (*awsec2.AssignPrivateIpAddressesOutput, error) {
	if err := m.check(eni.ActionModify, in.NetworkInterfaceId); err != nil {
		return nil, err
	}
	out, err := m.client.api.AssignPrivateIpAddresses(ctx, in, o...)
	m.client.enis.markChanged(ptr.Deref(in.NetworkInterfaceId, ""))
	return out, err
}

// UnassignPrivateIpAddresses removes IPv4 addresses or prefixes from an ENI.
//
//nolint:revive // EC2's spelling
func (m *mutations) UnassignPrivateIpAddresses(ctx context.Context, in *awsec2.UnassignPrivateIpAddressesInput, o ...func(*awsec2.Options)) (*awsec2.UnassignPrivateIpAddressesOutput, error) {
	if err := m.check(eni.ActionModify, in.NetworkInterfaceId); err != nil {
		return nil, err
	}
	out, err := m.client.api.UnassignPrivateIpAddresses(ctx, in, o...)
	m.client.enis.markChanged(ptr.Deref(in.NetworkInterfaceId, ""))
	return out, err
}

// AssignIpv6Addresses adds IPv6 addresses or prefixes to an ENI.
func (m *mutations) AssignIpv6Addresses(ctx context.Context, in *awsec2.AssignIpv6AddressesInput, o ...func(*awsec2.Options)) (*awsec2.AssignIpv6AddressesOutput, error) {
	if err := m.check(eni.ActionModify, in.NetworkInterfaceId); err != nil {
		return nil, err
	}
	out, err := m.client.api.AssignIpv6Addresses(ctx, in, o...)
	m.client.enis.markChanged(ptr.Deref(in.NetworkInterfaceId, ""))
	return out, err
}

// UnassignIpv6Addresses removes IPv6 addresses or prefixes from an ENI.
func (m *mutations) UnassignIpv6Addresses(ctx context.Context, in *awsec2.UnassignIpv6AddressesInput, o ...func(*awsec2.Options)) (*awsec2.UnassignIpv6AddressesOutput, error) {
	if err := m.check(eni.ActionModify, in.NetworkInterfaceId); err != nil {
		return nil, err
	}
	out, err := m.client.api.UnassignIpv6Addresses(ctx, in, o...)
	m.client.enis.markChanged(ptr.Deref(in.NetworkInterfaceId, ""))
	return out, err
}

// CreateTags sets tags of ENIs.
func (m *mutations) CreateTags(ctx context.Context, in *awsec2.CreateTagsInput, o ...func(*awsec2.Options)) (*awsec2.CreateTagsOutput, error) {
	for i := range in.Resources {
		if err := m.check(eni.ActionTag, &in.Resources[i]); err != nil {
			return nil, err
		}
	}
	out, err := m.client.api.CreateTags(ctx, in, o...)
	m.client.tagsChanged(in.Resources)
	return out, err
}

// DeleteTags removes tags of ENIs.
func (m *mutations) DeleteTags(ctx context.Context, in *awsec2.DeleteTagsInput, o ...func(*awsec2.Options)) (*awsec2.DeleteTagsOutput, error) {
	for i := range in.Resources {
		if err := m.check(eni.ActionTag, &in.Resources[i]); err != nil {
			return nil, err
		}
	}
	out, err := m.client.api.DeleteTags(ctx, in, o...)
	m.client.tagsChanged(in.Resources)
	return out, err
}

// tagsChanged marks ENIs as changed, and drops the cached lists of ENIs by tag. An ENI whose
// tags have changed may be in none of these lists, and its NodeENI would create another one.
func (c *Client) tagsChanged(ids []string) {
	for _, id := range ids {
		c.enis.markChanged(id)
	}
	c.adoptable.clear()
}

// Actions for which Observe may reserve tokens.
const (
	ActionCreate       = "CreateNetworkInterface"
	ActionDelete       = "DeleteNetworkInterface"
	ActionAttach       = "AttachNetworkInterface"
	ActionDetach       = "DetachNetworkInterface"
	ActionModify       = "ModifyNetworkInterfaceAttribute"
	ActionAssignIPv4   = "AssignPrivateIpAddresses"
	ActionUnassignIPv4 = "UnassignPrivateIpAddresses"
	ActionAssignIPv6   = "AssignIpv6Addresses"
	ActionUnassignIPv6 = "UnassignIpv6Addresses"
	ActionAssociate    = "AssociateAddress"
	ActionDisassociate = "DisassociateAddress"
	ActionCreateTags   = "CreateTags"
	ActionDeleteTags   = "DeleteTags"
)

// TimeFor returns how long the provider's share of EC2's request rate makes calls of an action
// take at least, or 0 if the Client's calls are not limited.
func (c *Client) TimeFor(action string, calls int) time.Duration {
	if c.traffic == nil {
		return 0
	}
	return c.traffic.limiter.TimeFor(action, calls)
}

// Reserve takes a token for a later call of the same reconcile, so that no object records a
// call that cannot be sent yet. It returns a RateLimitError or an OutageError if there is no
// token; the object keeps its position in the queue. Without a reservation in ctx it does
// nothing, and the call itself waits.
func (c *Client) Reserve(ctx context.Context, action string) error {
	reservation := throttle.FromContext(ctx)
	if reservation == nil || c.scopeOf == nil {
		return nil
	}
	scope, err := c.scopeOf(ctx)
	if err != nil {
		return nil //nolint:nilerr // without credentials the call itself returns a better error
	}
	if err := c.traffic.breaker(scope).Allow(throttle.ReadOnly(action)); err != nil {
		delayRequeue(ctx, err)
		return err
	}
	return reservation.Reserve(c.traffic.limiter, scope.key(action), throttle.PriorityOf(ctx, action))
}
