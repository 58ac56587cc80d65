package ec2

import (
	"context"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"k8s.io/utils/ptr"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// The mutating actions go through the Client, which notes what they change: no
// look at an ENI is served from before our own last change of it. A call that
// failed may have changed something all the same.

// CreateNetworkInterface makes an ENI.
func (c *Client) CreateNetworkInterface(ctx context.Context, in *awsec2.CreateNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.CreateNetworkInterfaceOutput, error) {
	out, err := c.API.CreateNetworkInterface(ctx, in, o...)
	if err == nil && out.NetworkInterface != nil {
		c.enis.touch(ptr.Deref(out.NetworkInterface.NetworkInterfaceId, ""))
	}
	if IsSubnetFull(err) {
		c.full.set(ptr.Deref(in.SubnetId, ""))
	}
	return out, err
}

// DeleteNetworkInterface deletes an ENI.
func (c *Client) DeleteNetworkInterface(ctx context.Context, in *awsec2.DeleteNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.DeleteNetworkInterfaceOutput, error) {
	out, err := c.API.DeleteNetworkInterface(ctx, in, o...)
	c.enis.touch(ptr.Deref(in.NetworkInterfaceId, ""))
	return out, err
}

// AttachNetworkInterface attaches an ENI to an instance.
func (c *Client) AttachNetworkInterface(ctx context.Context, in *awsec2.AttachNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.AttachNetworkInterfaceOutput, error) {
	out, err := c.API.AttachNetworkInterface(ctx, in, o...)
	id, instance := ptr.Deref(in.NetworkInterfaceId, ""), ptr.Deref(in.InstanceId, "")
	c.enis.touch(id)
	if IsIndexTaken(err) || IsAttachmentLimit(err) {
		c.instances.doubt(instance) // or each who attaches next to it learns the same by a refusal
	}
	if err == nil {
		c.recent.add(instance, InstanceInterface{NetworkInterfaceID: id, NetworkCardIndex: ptr.Deref(in.NetworkCardIndex, 0), DeviceIndex: ptr.Deref(in.DeviceIndex, 0)})
	}
	return out, err
}

// DetachNetworkInterface detaches an ENI.
func (c *Client) DetachNetworkInterface(ctx context.Context, in *awsec2.DetachNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.DetachNetworkInterfaceOutput, error) {
	out, err := c.API.DetachNetworkInterface(ctx, in, o...)
	id := c.enis.idOfAttachment(ptr.Deref(in.AttachmentId, ""))
	c.enis.touch(id)
	c.recent.drop(id)
	return out, err
}

// ModifyNetworkInterfaceAttribute changes one attribute of an ENI.
func (c *Client) ModifyNetworkInterfaceAttribute(ctx context.Context, in *awsec2.ModifyNetworkInterfaceAttributeInput, o ...func(*awsec2.Options)) (*awsec2.ModifyNetworkInterfaceAttributeOutput, error) {
	out, err := c.API.ModifyNetworkInterfaceAttribute(ctx, in, o...)
	c.enis.touch(ptr.Deref(in.NetworkInterfaceId, ""))
	return out, err
}

// AssignPrivateIpAddresses adds IPv4 addresses or prefixes to an ENI.
//
//nolint:revive // as EC2 spells it
func (c *Client) AssignPrivateIpAddresses(ctx context.Context, in *awsec2.AssignPrivateIpAddressesInput, o ...func(*awsec2.Options)) (*awsec2.AssignPrivateIpAddressesOutput, error) {
	out, err := c.API.AssignPrivateIpAddresses(ctx, in, o...)
	c.enis.touch(ptr.Deref(in.NetworkInterfaceId, ""))
	return out, err
}

// UnassignPrivateIpAddresses takes IPv4 addresses or prefixes from an ENI.
//
//nolint:revive // as EC2 spells it
func (c *Client) UnassignPrivateIpAddresses(ctx context.Context, in *awsec2.UnassignPrivateIpAddressesInput, o ...func(*awsec2.Options)) (*awsec2.UnassignPrivateIpAddressesOutput, error) {
	out, err := c.API.UnassignPrivateIpAddresses(ctx, in, o...)
	c.enis.touch(ptr.Deref(in.NetworkInterfaceId, ""))
	return out, err
}

// AssignIpv6Addresses adds IPv6 addresses or prefixes to an ENI.
func (c *Client) AssignIpv6Addresses(ctx context.Context, in *awsec2.AssignIpv6AddressesInput, o ...func(*awsec2.Options)) (*awsec2.AssignIpv6AddressesOutput, error) {
	out, err := c.API.AssignIpv6Addresses(ctx, in, o...)
	c.enis.touch(ptr.Deref(in.NetworkInterfaceId, ""))
	return out, err
}

// UnassignIpv6Addresses takes IPv6 addresses or prefixes from an ENI.
func (c *Client) UnassignIpv6Addresses(ctx context.Context, in *awsec2.UnassignIpv6AddressesInput, o ...func(*awsec2.Options)) (*awsec2.UnassignIpv6AddressesOutput, error) {
	out, err := c.API.UnassignIpv6Addresses(ctx, in, o...)
	c.enis.touch(ptr.Deref(in.NetworkInterfaceId, ""))
	return out, err
}

// CreateTags sets tags of ENIs.
func (c *Client) CreateTags(ctx context.Context, in *awsec2.CreateTagsInput, o ...func(*awsec2.Options)) (*awsec2.CreateTagsOutput, error) {
	out, err := c.API.CreateTags(ctx, in, o...)
	for _, id := range in.Resources {
		c.enis.touch(id)
	}
	return out, err
}

// DeleteTags removes tags of ENIs.
func (c *Client) DeleteTags(ctx context.Context, in *awsec2.DeleteTagsInput, o ...func(*awsec2.Options)) (*awsec2.DeleteTagsOutput, error) {
	out, err := c.API.DeleteTags(ctx, in, o...)
	for _, id := range in.Resources {
		c.enis.touch(id)
	}
	return out, err
}

// The actions that a look at an object may pay for in advance.
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

// Pay takes a token for a call that comes later in the same turn, so that
// nothing is written down about a call that cannot be made yet. It returns an
// error that says when to come back; one who comes back has kept his place.
// Outside of a turn it does nothing, and the call itself waits.
func (c *Client) Pay(ctx context.Context, action string) error {
	turn := throttle.TurnOf(ctx)
	if turn == nil || c.turns == nil {
		return nil
	}
	where, err := c.turns(ctx)
	if err != nil {
		return nil //nolint:nilerr // without credentials the call itself fails, and says so better
	}
	if err := c.traffic.breaker(where).Allow(throttle.ReadOnly(action)); err != nil {
		told(ctx, err)
		return err
	}
	return turn.Pay(c.traffic.limiter, where.key(action), throttle.PriorityOf(ctx, action))
}
