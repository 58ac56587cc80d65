// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// pageSize is the largest page size of EC2's describe actions.
const pageSize = 1000

// NetworkInterface returns the ENI with the given id, or nil if it does not exist. It may be
// cached, but is never older than this Client's last change of the ENI. The result is
// shared: do not modify it.
func (c *Client) NetworkInterface(ctx context.Context, id string) (*ec2types.NetworkInterface, error) {
	n, err := c.enis.get(ctx, id)
	return n, errors.Wrapf(err, "cannot describe network interface %q", id)
}

// ChangedAt records that another client may have changed an ENI at the given time. As after a
// change by this Client, later reads return no older description, and for 30 seconds none from
// the cache. The time must have a monotonic reading, as time.Now's does.
func (c *Client) ChangedAt(id string, at time.Time) { c.enis.changedAt(id, at) }

// NetworkInterfaceOwnedBy returns the ENI with the owner tag of the object with the given UID,
// or nil.
func (c *Client) NetworkInterfaceOwnedBy(ctx context.Context, uid string) (*ec2types.NetworkInterface, error) {
	n, err := c.enis.ownedBy(ctx, uid)
	return n, errors.Wrapf(err, "cannot find the network interface of the object with UID %s", uid)
}

// NetworkInterfaceOfAttachment returns the ENI with the given attachment, or nil if there is
// none.
func (c *Client) NetworkInterfaceOfAttachment(ctx context.Context, attachmentID string) (*ec2types.NetworkInterface, error) {
	if id := c.enis.idOfAttachment(attachmentID); id != "" {
		n, err := c.enis.get(ctx, id)
		if err != nil || (n != nil && n.Attachment != nil && ptr.Deref(n.Attachment.AttachmentId, "") == attachmentID) {
			return n, errors.Wrapf(err, "cannot find the network interface of attachment %q", attachmentID)
		}
	}
	asOf := time.Now()
	found, err := c.networkInterfaces(ctx, filter("attachment.attachment-id", attachmentID))
	if err != nil || len(found) == 0 {
		return nil, errors.Wrapf(err, "cannot find the network interface of attachment %q", attachmentID)
	}
	c.enis.store(&found[0], asOf)
	return &found[0], nil
}

// Adoptable returns the ENIs that carry a tag and that no object owns, at most 30 seconds
// old.
func (c *Client) Adoptable(ctx context.Context, key, value string) ([]ec2types.NetworkInterface, error) {
	found, err := c.adoptable.get(ctx, key+"="+value, func(ctx context.Context) ([]ec2types.NetworkInterface, time.Duration, error) {
		all, err := c.networkInterfaces(ctx, filter("tag:"+key, value))
		return slices.DeleteFunc(all, func(n ec2types.NetworkInterface) bool { return c.enis.owner(&n) != "" }), 0, err
	})
	return found, errors.Wrapf(err, "cannot find network interfaces tagged %s=%s", key, value)
}

// NodeENINetworkInterfaces returns this cluster's ENIs that carry a NodeENI's tag, whether an
// object manages them or not, at most 30 seconds old.
func (c *Client) NodeENINetworkInterfaces(ctx context.Context, key, nodeENI string) ([]ec2types.NetworkInterface, error) {
	if c.enis.Cluster == "" {
		return nil, nil // without a cluster tag they may belong to another cluster
	}
	found, err := c.adoptable.get(ctx, "cluster "+key+"="+nodeENI, func(ctx context.Context) ([]ec2types.NetworkInterface, time.Duration, error) {
		all, err := c.networkInterfaces(ctx, filter("tag:"+c.enis.ClusterTag, c.enis.Cluster), filter("tag:"+key, nodeENI))
		return all, 0, err
	})
	return found, errors.Wrapf(err, "cannot find network interfaces tagged %s=%s", key, nodeENI)
}

// ClusterNetworkInterfaces returns all ENIs with this cluster's tag, at most as old as the
// maximum age of the snapshot. The result is shared: do not modify it.
func (c *Client) ClusterNetworkInterfaces(ctx context.Context) ([]*ec2types.NetworkInterface, error) {
	if err := c.enis.refresh(ctx); err != nil {
		return nil, err
	}
	return c.enis.ofCluster(), nil
}

// NetworkInterfaceFresh is NetworkInterface without the cache.
func (c *Client) NetworkInterfaceFresh(ctx context.Context, id string) (*ec2types.NetworkInterface, error) {
	n, err := c.enis.describe(ctx, id)
	return n, errors.Wrapf(err, "cannot describe network interface %q", id)
}

func (c *Client) networkInterfaces(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.NetworkInterface, error) {
	return pager(c.page).all(ctx, filters...)
}

// page returns a page of ENIs and the token of the next page, if any.
func (c *Client) page(ctx context.Context, token *string, filters ...ec2types.Filter) ([]ec2types.NetworkInterface, *string, error) {
	out, err := c.api.DescribeNetworkInterfaces(ctx, &awsec2.DescribeNetworkInterfacesInput{Filters: filters, MaxResults: new(int32(pageSize)), NextToken: token})
	if err != nil {
		return nil, nil, awserr.Clean(err)
	}
	return out.NetworkInterfaces, out.NextToken, nil
}

// A pager returns a page of ENIs and the token of the next page, if any.
type pager func(ctx context.Context, token *string, filters ...ec2types.Filter) (found []ec2types.NetworkInterface, next *string, err error)

// all returns all pages.
func (p pager) all(ctx context.Context, filters ...ec2types.Filter) ([]ec2types.NetworkInterface, error) {
	var all []ec2types.NetworkInterface
	err := paginate(ctx, func(ctx context.Context, token *string) (int, *string, error) {
		found, next, err := p(ctx, token, filters...)
		all = append(all, found...)
		return len(found), next, err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func filter(name string, values ...string) ec2types.Filter {
	return ec2types.Filter{Name: &name, Values: values}
}

// An InstanceType has the limits of an instance type.
type InstanceType struct {
	Name string
	// MaxNetworkInterfaces is the limit of ENIs over all network cards.
	MaxNetworkInterfaces int32
	// CardLimits are the limits of the network cards, by index.
	CardLimits []int32
	// AddressesPerInterface is how many IPv4 addresses an ENI supports.
	AddressesPerInterface int32
}

// InstanceType returns the limits of an instance type, cached for a day.
func (c *Client) InstanceType(ctx context.Context, name string) (InstanceType, error) {
	return c.types.get(ctx, name, func(ctx context.Context) (InstanceType, time.Duration, error) {
		out, err := c.api.DescribeInstanceTypes(ctx, &awsec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{ec2types.InstanceType(name)}})
		if err != nil {
			return InstanceType{}, 0, errors.Wrapf(awserr.Clean(err), "cannot describe instance type %q", name)
		}
		t := InstanceType{Name: name}
		if len(out.InstanceTypes) == 0 || out.InstanceTypes[0].NetworkInfo == nil {
			return t, notFoundTTL, nil
		}
		n := out.InstanceTypes[0].NetworkInfo
		t.MaxNetworkInterfaces, t.AddressesPerInterface = ptr.Deref(n.MaximumNetworkInterfaces, 0), ptr.Deref(n.Ipv4AddressesPerInterface, 0)
		for _, card := range n.NetworkCards {
			i := int(ptr.Deref(card.NetworkCardIndex, 0))
			for len(t.CardLimits) <= i {
				t.CardLimits = append(t.CardLimits, 0)
			}
			t.CardLimits[i] = ptr.Deref(card.MaximumNetworkInterfaces, 0)
		}
		return t, 0, nil
	})
}

// key returns a cache key of the given parts. Parts are quoted so that keys are unique.
func key(parts ...string) string {
	quoted := make([]string, len(parts))
	for i, p := range parts {
		quoted[i] = strconv.Quote(p)
	}
	return strings.Join(quoted, ",")
}
