// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"context"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// WaitAvailable waits until a network interface has the status available: it is created, and is
// not attached. All waits last until ctx is done, and then return an error that wraps ctx.Err().
// They poll after 250 milliseconds, then less often, at least every 5 seconds. Waits of one
// Client share calls, and continue after errors for which IsTransient is true.
//
// WaitAvailable returns an error for which IsNotFound is true if the network interface does not
// exist.
func (c *Client) WaitAvailable(ctx context.Context, id string) (*NetworkInterface, error) {
	return c.wait(ctx, id, "available", func(n *NetworkInterface) bool { return n.Status == StatusAvailable && n.Attachment == nil })
}

// WaitAttached waits, as WaitAvailable does, until a network interface is attached: the device
// is visible on the instance. It also waits for a network interface that is not being attached.
func (c *Client) WaitAttached(ctx context.Context, id string) (*NetworkInterface, error) {
	n, err := c.wait(ctx, id, "attached", func(n *NetworkInterface) bool {
		return n.Attachment != nil && n.Attachment.Status == AttachmentStatusAttached
	})
	if err == nil {
		c.ec2.ConfirmAttachment(n.Attachment.InstanceID, id)
	}
	return n, err
}

// WaitDetached waits, as WaitAvailable does, until a network interface is not attached and can
// be deleted. It returns an error for which IsNotFound is true if the network interface does
// not exist.
func (c *Client) WaitDetached(ctx context.Context, id string) error {
	_, err := c.wait(ctx, id, "detached", func(n *NetworkInterface) bool { return n.Status == StatusAvailable && n.Attachment == nil })
	return err
}

// WaitDeleted waits, as WaitAvailable does, until EC2 does not return a network interface.
func (c *Client) WaitDeleted(ctx context.Context, id string) error {
	_, err := c.wait(ctx, id, "deleted", func(*NetworkInterface) bool { return false })
	if IsNotFound(err) {
		return nil
	}
	return err
}

// wait polls a network interface until it is in a state.
func (c *Client) wait(ctx context.Context, id, state string, reached func(*NetworkInterface) bool) (*NetworkInterface, error) {
	last := "not described yet"
	for interval := pollMin; ; interval = longer(interval) {
		n, err := c.Get(ctx, id)
		switch {
		case err == nil && reached(n):
			return n, nil
		case err == nil:
			last = describeState(n)
		case ctx.Err() != nil:
		case retryable(err):
			last = err.Error()
		default:
			return nil, err
		}
		if ctx.Err() != nil || pause(ctx, interval) != nil {
			return nil, errors.Wrapf(ctx.Err(), "network interface %q is not %s: it is %s", id, state, last)
		}
	}
}

func describeState(n *NetworkInterface) string {
	if n.Attachment != nil {
		return string(n.Status) + ", " + string(n.Attachment.Status)
	}
	return string(n.Status)
}

// retryable reports whether to continue a wait whose own context has not ended. A shared call
// has a deadline of its own.
func retryable(err error) bool {
	return IsTransient(err) || (errors.Is(err, context.DeadlineExceeded) && !awserr.IsUnauthorized(err))
}
