package ec2

import (
	"cmp"
	"context"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// Mutations are the EC2 actions that change an ENI that exists. Only
// Client.Mutate returns them, for the actions and the ENI of permits: no code
// outside of this package can change an ENI past the gate in package eni.
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
	CreateTags(ctx context.Context, in *awsec2.CreateTagsInput, o ...func(*awsec2.Options)) (*awsec2.CreateTagsOutput, error)
	DeleteTags(ctx context.Context, in *awsec2.DeleteTagsInput, o ...func(*awsec2.Options)) (*awsec2.DeleteTagsOutput, error)
}

// CreateNetworkInterface creates an ENI. No ENI exists yet that the gate could
// protect.
func (c *Client) CreateNetworkInterface(ctx context.Context, in *awsec2.CreateNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.CreateNetworkInterfaceOutput, error) {
	out, err := c.api.CreateNetworkInterface(ctx, in, o...)
	if err == nil && out.NetworkInterface != nil {
		c.enis.markChanged(ptr.Deref(out.NetworkInterface.NetworkInterfaceId, ""))
	}
	if awserr.IsSubnetFull(err) {
		c.fullSubnets.add(ptr.Deref(in.SubnetId, ""))
	}
	return out, err
}

// Mutate returns the actions that permits allow. Any other action, and any other
// ENI, fails without a call.
func (c *Client) Mutate(permits ...eni.Permit) Mutations {
	return &mutations{client: c, permits: permits}
}

// mutations records what calls change, so that no observation of an ENI is
// served from before the last change. A call that failed may have changed
// something, too.
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
	return errors.Errorf("cannot %s network interface %q: the caller has no permit for it", a, ptr.Deref(id, ""))
}

// DeleteNetworkInterface deletes an ENI.
func (m *mutations) DeleteNetworkInterface(ctx context.Context, in *awsec2.DeleteNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.DeleteNetworkInterfaceOutput, error) {
	if err := m.check(eni.ActionDelete, in.NetworkInterfaceId); err != nil {
		return nil, err
	}
	out, err := m.client.api.DeleteNetworkInterface(ctx, in, o...)
	m.client.enis.markChanged(ptr.Deref(in.NetworkInterfaceId, ""))
	return out, err
}

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
		// The instance is not as it was described: its indexes, its state, or whether it
		// exists. Without this every later attachment to it fails with the same error.
		c.instances.invalidate(instance)
	}
	if err == nil {
		c.recent.add(instance, InstanceInterface{NetworkInterfaceID: id, NetworkCardIndex: ptr.Deref(in.NetworkCardIndex, 0), DeviceIndex: ptr.Deref(in.DeviceIndex, 0)})
	}
	return out, err
}

// DetachNetworkInterface detaches an ENI. The attachment must be the one that was
// observed on the ENI of the permit.
func (m *mutations) DetachNetworkInterface(ctx context.Context, in *awsec2.DetachNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.DetachNetworkInterfaceOutput, error) {
	c, id := m.client, ""
	for _, p := range m.permits {
		id = cmp.Or(id, p.CoversAttachment(eni.ActionDetach, ptr.Deref(in.AttachmentId, "")))
	}
	if id == "" {
		return nil, errors.Errorf("cannot detach attachment %q: the caller has no permit for it", ptr.Deref(in.AttachmentId, ""))
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
//nolint:revive // as EC2 spells it
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
//nolint:revive // as EC2 spells it
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
	for _, id := range in.Resources {
		m.client.enis.markChanged(id)
	}
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
	for _, id := range in.Resources {
		m.client.enis.markChanged(id)
	}
	return out, err
}

// The actions whose tokens an observation may reserve in advance.
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
	ActionCreateTags   = "CreateTags"
	ActionDeleteTags   = "DeleteTags"
)

// Reserve takes a token for a call that comes later in the same turn, so that
// nothing is written down about a call that cannot be made yet. It returns an
// error that says when to come back; one who comes back has kept his place.
// Outside of a turn it does nothing, and the call itself waits.
func (c *Client) Reserve(ctx context.Context, action string) error {
	turn := throttle.FromContext(ctx)
	if turn == nil || c.scopeOf == nil {
		return nil
	}
	where, err := c.scopeOf(ctx)
	if err != nil {
		return nil //nolint:nilerr // without credentials the call itself fails, and says so better
	}
	if err := c.traffic.breaker(where).Allow(throttle.ReadOnly(action)); err != nil {
		delayRequeue(ctx, err)
		return err
	}
	return turn.Reserve(c.traffic.limiter, where.key(action), throttle.PriorityOf(ctx, action))
}
