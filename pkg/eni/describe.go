// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

const (
	// attachmentVisibleWithin is how long EC2's describe actions may not return an accepted
	// attachment.
	attachmentVisibleWithin = time.Minute

	// deletedTTL is how long a deletion is recorded.
	deletedTTL = 10 * time.Minute

	// Descriptions are repeated after pollMin, and up to pollMax later each time.
	pollMin = 250 * time.Millisecond
	pollMax = 5 * time.Second
)

// Get returns the network interface with an id, of any owner. It is never older than the call,
// and includes changes that this Client made, also if EC2 does not return them yet. Concurrent
// calls share a call to EC2.
//
// Get returns an error for which IsNotFound is true if the network interface does not exist.
// EC2 may not return a network interface within seconds of its creation by another process.
func (c *Client) Get(ctx context.Context, id string) (*NetworkInterface, error) {
	n, _, err := c.describe(ctx, id)
	return n, err
}

// ListByInstance returns the network interfaces that are attached to an instance, or are being
// attached or detached, sorted by network card and device index. They include the primary
// network interface and those of other owners. The list is empty if the instance does not exist.
func (c *Client) ListByInstance(ctx context.Context, instanceID string) ([]NetworkInterface, error) {
	if instanceID == "" {
		return nil, invalid("cannot list network interfaces: the instance id is required")
	}
	found, err := c.ec2.InstanceNetworkInterfaces(ctx, instanceID)
	if err != nil {
		return nil, wrapf(err, "cannot list network interfaces")
	}
	out := slices.DeleteFunc(convert(found), func(n NetworkInterface) bool { return n.Attachment == nil })
	slices.SortFunc(out, func(a, b NetworkInterface) int {
		return cmp.Or(cmp.Compare(a.Attachment.NetworkCardIndex, b.Attachment.NetworkCardIndex), cmp.Compare(a.Attachment.DeviceIndex, b.Attachment.DeviceIndex))
	})
	return out, nil
}

// ListOwned returns the network interfaces that Clients with the same owner created, attached
// or not, sorted by id. Use it to find network interfaces that a program left behind.
func (c *Client) ListOwned(ctx context.Context) ([]NetworkInterface, error) {
	found, err := c.ec2.NetworkInterfacesTagged(ctx, eni.TagLibraryOwner, c.owner)
	if err != nil {
		return nil, wrapf(err, "cannot list network interfaces")
	}
	out := convert(found)
	slices.SortFunc(out, func(a, b NetworkInterface) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

func convert(found []ec2types.NetworkInterface) []NetworkInterface {
	out := make([]NetworkInterface, len(found))
	for i := range found {
		out[i] = *networkInterface(&found[i])
	}
	return out
}

// describe returns a network interface, and the facts about it that decide whether it may be
// changed.
func (c *Client) describe(ctx context.Context, id string) (*NetworkInterface, eni.Interface, error) {
	if id == "" {
		return nil, eni.Interface{}, invalid("the id of a network interface is required")
	}
	for wait := pollMin; ; wait = longer(wait) {
		n, err := c.ec2.NetworkInterfaceFresh(ctx, id)
		if err != nil {
			return nil, eni.Interface{}, wrapf(err, "cannot get network interface")
		}
		if n != nil {
			c.ec2.ConfirmCreation(id)
			out, view := networkInterface(n), eniview.Interface(n)
			c.showAccepted(out, &view)
			return out, view, nil
		}
		if c.hasDeleted(id) || !c.ec2.CreationAccepted(id) {
			return nil, eni.Interface{}, notFound(id)
		}
		if err := pause(ctx, wait); err != nil {
			return nil, eni.Interface{}, wrapf(err, "network interface %q is not visible yet", id)
		}
	}
}

// accept records an attachment that EC2 accepted.
func (c *Client) accept(a Attachment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.attaching, func(_ string, p accepted) bool { return p.expired() })
	c.attaching[a.NetworkInterfaceID] = accepted{attachment: a, at: time.Now()}
}

// detached records that EC2 accepted the end of an attachment.
func (c *Client) detached(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.attaching, id)
}

// recordDeleted records a deletion.
func (c *Client) recordDeleted(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.deleted, func(_ string, at time.Time) bool { return time.Since(at) > deletedTTL })
	c.deleted[id] = time.Now()
}

// hasDeleted reports whether this Client deleted a network interface within the last minutes.
func (c *Client) hasDeleted(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.deleted[id]
	return (ok && time.Since(at) <= deletedTTL) || c.ec2.DeletionAccepted(id)
}

func (a accepted) expired() bool { return time.Since(a.at) > attachmentVisibleWithin }

// showAccepted adds an accepted attachment to a description that does not have it yet.
func (c *Client) showAccepted(n *NetworkInterface, view *eni.Interface) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.attaching[n.ID]
	switch {
	case !ok:
	case p.expired(), n.Attachment != nil && n.Attachment.ID == p.attachment.ID:
		delete(c.attaching, n.ID)
	case n.Attachment == nil:
		a := p.attachment
		n.Attachment, n.Status = &a, StatusInUse
		view.Attachment = viewOf(a)
	}
}

func viewOf(a Attachment) *eni.Attachment {
	return &eni.Attachment{ID: a.ID, InstanceID: a.InstanceID, DeviceIndex: a.DeviceIndex, NetworkCardIndex: a.NetworkCardIndex}
}

// longer returns the wait after a wait.
func longer(wait time.Duration) time.Duration { return min(wait+wait/2, pollMax) }

// pause waits until d has passed or ctx is done.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
