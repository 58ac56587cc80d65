// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"context"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// DetachInput is the input of Detach.
type DetachInput struct {
	// NetworkInterfaceID, AttachmentID, or both. With both, Detach fails if the network
	// interface has another attachment.
	NetworkInterfaceID string
	AttachmentID       string

	// Force detaches although the instance's operating system does not release the device.
	// It may harm the instance's network: detach without it first.
	Force bool

	// Adopt permits the detach of a network interface without an owner, which was created
	// outside of this package.
	Adopt bool
}

// Detach detaches a network interface from its instance. It does not wait: see WaitDetached.
// It returns nil if the network interface is not attached, or is being detached and Force is
// false.
//
// Errors: IsInvalid, IsNotOwned, IsUnauthorized, IsThrottled, and IsNotFound if the network
// interface, or the AttachmentID, does not exist.
func (c *Client) Detach(ctx context.Context, in *DetachInput) error {
	if in == nil || (in.NetworkInterfaceID == "" && in.AttachmentID == "") {
		return invalid("cannot detach: NetworkInterfaceID or AttachmentID is required")
	}
	id := in.NetworkInterfaceID
	if id == "" {
		var err error
		if id, err = c.interfaceOf(ctx, in.AttachmentID); err != nil {
			return err
		}
	}
	return errors.Wrapf(c.detach(ctx, in, id), "cannot detach network interface %q", id)
}

func (c *Client) detach(ctx context.Context, in *DetachInput, id string) error {
	n, view, err := c.describe(ctx, id)
	if err != nil {
		return err
	}
	actor := c.actor(id, in.Adopt)
	actor.Attaches = true
	if refused := eni.CheckOwner(actor, view); refused != nil {
		return refused
	}
	switch a := n.Attachment; {
	case in.AttachmentID != "" && (a == nil || a.ID != in.AttachmentID):
		return awserr.NewUnresolved("it does not have the attachment " + in.AttachmentID)
	case a == nil, a.Status == AttachmentStatusDetaching && !in.Force:
		return nil
	default:
		actor.AttachmentID = a.ID
	}
	permit, refused := eni.Allow(actor, eni.ActionDetach, view)
	if refused != nil {
		return refused
	}
	_, err = c.ec2.Mutate(permit).DetachNetworkInterface(ctx, &awsec2.DetachNetworkInterfaceInput{AttachmentId: &n.Attachment.ID, Force: nonZero(in.Force)})
	if awserr.IsIncorrectState(err) {
		// It may be detaching, for example if the response to an earlier attempt was lost.
		if now, _, derr := c.describe(ctx, id); derr == nil && (now.Attachment == nil || now.Attachment.Status == AttachmentStatusDetaching) {
			err = nil
		}
	}
	if err != nil && !awserr.IsNotFound(err) {
		return wrapf(err, "attachment %s", n.Attachment.ID)
	}
	c.detached(id)
	return nil
}

// interfaceOf returns the id of the network interface with an attachment.
func (c *Client) interfaceOf(ctx context.Context, attachmentID string) (string, error) {
	c.mu.Lock()
	for id, p := range c.attaching {
		if p.attachment.ID == attachmentID {
			c.mu.Unlock()
			return id, nil
		}
	}
	c.mu.Unlock()
	found, err := c.ec2.NetworkInterfaceOfAttachment(ctx, attachmentID)
	if err != nil {
		return "", wrapf(err, "cannot get attachment")
	}
	if found == nil {
		return "", awserr.NewUnresolved("attachment " + attachmentID + " does not exist")
	}
	return networkInterface(found).ID, nil
}

// DeleteInput is the input of Delete.
type DeleteInput struct {
	// NetworkInterfaceID is required.
	NetworkInterfaceID string

	// Adopt permits the deletion of a network interface without an owner, which was created
	// outside of this package.
	Adopt bool
}

// Delete deletes a network interface that is not attached. It does not wait: see WaitDeleted.
// It returns nil if this Client deleted the network interface within the last minutes.
//
// Errors: IsInvalid, IsNotOwned, IsUnauthorized, IsThrottled, IsInUse if the network interface
// is attached, and IsNotFound if it does not exist.
func (c *Client) Delete(ctx context.Context, in *DeleteInput) error {
	if in == nil || in.NetworkInterfaceID == "" {
		return invalid("cannot delete network interface: NetworkInterfaceID is required")
	}
	return errors.Wrapf(c.delete(ctx, in), "cannot delete network interface %q", in.NetworkInterfaceID)
}

func (c *Client) delete(ctx context.Context, in *DeleteInput) error {
	if c.hasDeleted(in.NetworkInterfaceID) {
		return nil
	}
	n, view, err := c.describe(ctx, in.NetworkInterfaceID)
	if err != nil {
		return err
	}
	actor := c.actor(n.ID, in.Adopt)
	if refused := eni.CheckOwner(actor, view); refused != nil {
		return refused
	}
	if n.Attachment != nil {
		return failed(problemInUse, "it is attached to instance %s: detach it, and wait until it is detached", n.Attachment.InstanceID)
	}
	permit, refused := eni.Allow(actor, eni.ActionDelete, view)
	if refused != nil {
		return refused
	}
	_, err = c.ec2.Mutate(permit).DeleteNetworkInterface(ctx, &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &n.ID})
	if awserr.IsNotFound(err) {
		c.recordDeleted(n.ID) // it existed a moment ago
		return nil
	}
	return wrapf(err, "EC2 returned an error")
}
