// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"context"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// attachTries is how often an attach is tried at the next free device index. Another program
// may take an index between the describe and the attach call.
const attachTries = 5

// AttachInput is the input of Attach.
type AttachInput struct {
	// NetworkInterfaceID and InstanceID, which must be in one Availability Zone. Required.
	NetworkInterfaceID string
	InstanceID         string

	// DeviceIndex on the network card, 1 or higher. Default: the lowest free index.
	DeviceIndex int32
	// NetworkCardIndex of the instance. Default: 0.
	NetworkCardIndex int32

	// DeleteOnTermination makes EC2 delete the network interface with the instance.
	DeleteOnTermination bool

	// Adopt permits the attach of a network interface without an owner, which was created
	// outside of this package. It does not change its tags.
	Adopt bool
}

// Attach attaches a network interface to an instance, and returns the attachment with its id
// and device index. It does not wait: the status may be attaching, see WaitAttached.
//
// If the network interface is already attached as requested, Attach returns that attachment,
// with DeleteOnTermination as requested. Attaches of one Client to one instance are made one
// after the other, so that each gets its own device index.
//
// Errors: IsInvalid, IsNotFound, IsNotOwned, IsInUse, IsDeviceIndexTaken,
// IsAttachmentLimitExceeded, IsIncorrectState, IsUnauthorized, IsThrottled. After an error the
// network interface may be attached: repeat Attach, or call Detach.
func (c *Client) Attach(ctx context.Context, in *AttachInput) (*Attachment, error) {
	switch {
	case in == nil || in.NetworkInterfaceID == "" || in.InstanceID == "":
		return nil, invalid("cannot attach: NetworkInterfaceID and InstanceID are required")
	case in.DeviceIndex < 0 || in.NetworkCardIndex < 0:
		return nil, invalid("cannot attach network interface %q: an index is negative", in.NetworkInterfaceID)
	}
	unlock, err := c.ec2.LockInstance(ctx, in.InstanceID)
	if err != nil {
		return nil, wrapf(err, "cannot attach to instance %q while others are being attached", in.InstanceID)
	}
	defer unlock()
	a, view, err := c.attach(ctx, in)
	if err == nil && a.DeleteOnTermination != in.DeleteOnTermination {
		err = c.setDeleteOnTermination(ctx, in, a, view)
	}
	if err != nil {
		return nil, errors.Wrapf(err, "cannot attach network interface %q to instance %q", in.NetworkInterfaceID, in.InstanceID)
	}
	return a, nil
}

// attach returns the existing or the new attachment, and the facts about the attached network
// interface.
func (c *Client) attach(ctx context.Context, in *AttachInput) (*Attachment, eni.Interface, error) {
	n, view, err := c.describe(ctx, in.NetworkInterfaceID)
	if err != nil {
		return nil, view, err
	}
	actor := c.actor(n.ID, in.Adopt)
	actor.Attaches = true
	if refused := eni.CheckOwner(actor, view); refused != nil {
		return nil, view, refused
	}
	if n.Attachment != nil {
		return n.Attachment, view, in.matches(n.Attachment)
	}
	permit, refused := eni.Allow(actor, eni.ActionAttach, view)
	if refused != nil {
		return nil, view, refused
	}
	a, err := c.attachFree(ctx, in, permit)
	if awserr.IsInUse(err) {
		// The response to an earlier attempt was lost, or another program attached it.
		var now *NetworkInterface
		if now, view, err = c.describe(ctx, in.NetworkInterfaceID); err != nil {
			return nil, view, err
		}
		if now.Attachment == nil {
			return nil, view, failed(problemInUse, "network interface %s is in use", n.ID)
		}
		return now.Attachment, view, in.matches(now.Attachment)
	}
	if err != nil {
		return nil, view, err
	}
	c.accept(*a)
	view.Attachment = viewOf(*a)
	return a, view, nil
}

// matches returns an error if an existing attachment is not the requested one.
func (in *AttachInput) matches(a *Attachment) error {
	switch {
	case a.InstanceID != in.InstanceID:
		return failed(problemInUse, "network interface %s is attached to instance %s", a.NetworkInterfaceID, a.InstanceID)
	case a.Status == AttachmentStatusDetaching:
		return failed(problemInUse, "network interface %s is being detached", a.NetworkInterfaceID)
	case a.NetworkCardIndex != in.NetworkCardIndex || (in.DeviceIndex != 0 && a.DeviceIndex != in.DeviceIndex):
		return failed(problemInUse, "network interface %s is attached at device index %d of network card %d", a.NetworkInterfaceID, a.DeviceIndex, a.NetworkCardIndex)
	default:
		return nil
	}
}

// attachFree attaches at the requested or the lowest free device index.
func (c *Client) attachFree(ctx context.Context, in *AttachInput, permit eni.Permit) (*Attachment, error) {
	inst, err := c.ec2.InstanceForAttach(ctx, in.InstanceID)
	if err != nil {
		return nil, wrapf(err, "cannot get the instance")
	}
	if inst.ID == "" {
		return nil, awserr.NewUnresolved("the instance does not exist")
	}
	t, err := c.ec2.InstanceType(ctx, inst.Type)
	if err != nil {
		return nil, wrapf(err, "cannot get the limits of the instance")
	}
	occupants := make([]eni.Occupant, 0, len(inst.Interfaces)+attachTries)
	for _, o := range inst.Interfaces {
		occupants = append(occupants, eni.Occupant{NetworkInterfaceID: o.NetworkInterfaceID, NetworkCardIndex: o.NetworkCardIndex, DeviceIndex: o.DeviceIndex})
	}
	for try := 1; ; try++ {
		index, err := in.freeIndex(occupants, eni.Limits{Total: t.MaxNetworkInterfaces, Cards: t.CardLimits})
		if err != nil {
			return nil, err
		}
		out, err := c.ec2.Mutate(permit).AttachNetworkInterface(ctx, &awsec2.AttachNetworkInterfaceInput{
			NetworkInterfaceId: &in.NetworkInterfaceID, InstanceId: &in.InstanceID, DeviceIndex: &index, NetworkCardIndex: &in.NetworkCardIndex,
		})
		switch {
		case err == nil:
			return &Attachment{
				ID: ptr.Deref(out.AttachmentId, ""), NetworkInterfaceID: in.NetworkInterfaceID, InstanceID: in.InstanceID,
				DeviceIndex: index, NetworkCardIndex: in.NetworkCardIndex, Status: AttachmentStatusAttaching,
			}, nil
		case awserr.IsIndexTaken(err) && in.DeviceIndex == 0 && try < attachTries:
			occupants = append(occupants, eni.Occupant{NetworkCardIndex: in.NetworkCardIndex, DeviceIndex: index})
		default:
			return nil, wrapf(err, "device index %d", index)
		}
	}
}

func (in *AttachInput) freeIndex(occupants []eni.Occupant, limits eni.Limits) (int32, error) {
	r := eni.SlotRequest{NetworkCardIndex: in.NetworkCardIndex, Lowest: 1}
	if in.DeviceIndex != 0 {
		r.Pinned = &in.DeviceIndex
	}
	s := eni.FindSlot(occupants, limits, r)
	switch {
	case s.Full && s.OnCard:
		return 0, failed(problemAttachmentLimit, "network card %d supports %d network interfaces and has %d", in.NetworkCardIndex, s.Limit, s.Held)
	case s.Full:
		return 0, failed(problemAttachmentLimit, "the instance supports %d network interfaces and has %d", s.Limit, s.Held)
	case s.Taken != "":
		return 0, failed(problemIndexTaken, "network interface %s is attached at device index %d", s.Taken, s.DeviceIndex)
	default:
		return s.DeviceIndex, nil
	}
}

// setDeleteOnTermination sets DeleteOnTermination of an attachment, which EC2 may accept only
// when it is attached.
func (c *Client) setDeleteOnTermination(ctx context.Context, in *AttachInput, a *Attachment, view eni.Interface) error {
	actor := c.actor(view.ID, in.Adopt)
	actor.Attaches, actor.AttachmentID = true, a.ID
	permit, refused := eni.Allow(actor, eni.ActionModifyAttachment, view)
	if refused != nil {
		return refused
	}
	m := c.ec2.Mutate(permit)
	for wait := pollMin; ; wait = longer(wait) {
		_, err := m.ModifyNetworkInterfaceAttribute(ctx, &awsec2.ModifyNetworkInterfaceAttributeInput{
			NetworkInterfaceId: &in.NetworkInterfaceID,
			Attachment:         &ec2types.NetworkInterfaceAttachmentChanges{AttachmentId: &a.ID, DeleteOnTermination: &in.DeleteOnTermination},
		})
		if err == nil {
			a.DeleteOnTermination = in.DeleteOnTermination
			return nil
		}
		notYet := a.Status == AttachmentStatusAttaching && (awserr.IsIncorrectState(err) || awserr.IsNotFound(err))
		if !notYet || pause(ctx, wait) != nil {
			return wrapf(err, "cannot set DeleteOnTermination")
		}
	}
}
