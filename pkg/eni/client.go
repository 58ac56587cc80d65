// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"context"
	"regexp"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A Writer changes network interfaces.
type Writer interface {
	Create(ctx context.Context, in *CreateInput) (*NetworkInterface, error)
	Attach(ctx context.Context, in *AttachInput) (*Attachment, error)
	Detach(ctx context.Context, in *DetachInput) error
	Delete(ctx context.Context, in *DeleteInput) error
}

// A Reader describes network interfaces.
type Reader interface {
	Get(ctx context.Context, id string) (*NetworkInterface, error)
	ListByInstance(ctx context.Context, instanceID string) ([]NetworkInterface, error)
	ListOwned(ctx context.Context) ([]NetworkInterface, error)
}

// A Waiter waits for states of network interfaces.
type Waiter interface {
	WaitAvailable(ctx context.Context, id string) (*NetworkInterface, error)
	WaitAttached(ctx context.Context, id string) (*NetworkInterface, error)
	WaitDetached(ctx context.Context, id string) error
	WaitDeleted(ctx context.Context, id string) error
}

// A Finder finds subnets and security groups.
type Finder interface {
	Subnet(ctx context.Context, f *SubnetFilter) (*Subnet, error)
	Subnets(ctx context.Context, f *SubnetFilter) ([]Subnet, error)
	SecurityGroup(ctx context.Context, f *SecurityGroupFilter) (*SecurityGroup, error)
	SecurityGroups(ctx context.Context, f *SecurityGroupFilter) ([]SecurityGroup, error)
}

// API has the methods of a Client, which documents them. Depend on it, or on one of its parts, to replace the
// Client in tests. Later versions may add methods to it.
type API interface {
	Writer
	Reader
	Waiter
	Finder
}

// A Client manages the network interfaces of one owner in one account and region. It is safe
// for concurrent use.
type Client struct {
	ec2   *ec2.Client
	owner string

	mu sync.Mutex
	// attaching are the attachments that EC2 accepted and did not return yet, by the id of
	// the network interface.
	attaching map[string]accepted
	// deleted are the times of deletions after which EC2 no longer found the network interface,
	// because the response to the first attempt was lost, by its id.
	deleted map[string]time.Time
}

// An accepted attachment may not be described by EC2 until some time after its acceptance.
type accepted struct {
	attachment Attachment
	at         time.Time
}

var _ API = (*Client)(nil)

// DefaultRequestRateShare is the default of WithRequestRateShare.
const DefaultRequestRateShare = 0.5

// OwnerTagKey is the key of the tag with the owner id of a network interface.
const OwnerTagKey = "networking.k8s.aws/library-owner"

// An Option configures a Client.
type Option func(*options)

type options struct {
	owner string
	share float64
}

// WithOwner sets the owner id of a Client, such as "team/app". It is required. The Client
// records it in the tag OwnerTagKey of each network interface that it
// creates, and changes only network interfaces with this tag. An owner id has 1 to 128
// letters, digits and characters of "._:/@+=-", and begins with a letter or digit.
func WithOwner(id string) Option {
	return func(o *options) { o.owner = id }
}

// WithRequestRateShare sets the share of EC2's published request rates that a Client uses,
// greater than 0 and at most 1. The default is DefaultRequestRateShare, 0.5. EC2 counts the
// calls of all programs in an account and region together: divide the share if several
// Clients, or the provider, run in the same account and region.
func WithRequestRateShare(share float64) Option {
	return func(o *options) { o.share = share }
}

// ownerPattern matches owner ids. They contain no wildcards of EC2's filters.
var ownerPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@+=-]{0,127}$`)

// NewFromConfig returns a Client that uses the region, credentials, endpoint and HTTP client
// of an AWS SDK configuration. The configuration's retryer is replaced: a call is tried three
// times, and a throttled call once. NewFromConfig makes no call. It returns an error if an
// option is invalid, or if the configuration has no region or credentials.
func NewFromConfig(cfg aws.Config, opts ...Option) (*Client, error) {
	o := options{share: DefaultRequestRateShare}
	for _, fn := range opts {
		fn(&o)
	}
	if o.owner == "" {
		return nil, invalid("an owner is required: use WithOwner")
	}
	if !ownerPattern.MatchString(o.owner) {
		return nil, invalid("owner %q is invalid: use 1 to 128 letters, digits and characters of ._:/@+=-", o.owner)
	}
	if !(o.share > 0 && o.share <= 1) { // also rejects NaN
		return nil, invalid("request rate share %v is invalid: use a value greater than 0 and at most 1", o.share)
	}
	c, err := ec2.NewClientFromConfig(cfg, o.share, eni.TagUID)
	if err != nil {
		return nil, errors.Wrap(err, "cannot create a client of EC2")
	}
	return &Client{ec2: c, owner: o.owner, attaching: map[string]accepted{}, deleted: map[string]time.Time{}}, nil
}

// Owner returns the owner id of the Client.
func (c *Client) Owner() string { return c.owner }

// actor returns the Client as an actor of the checks of package eni.
func (c *Client) actor(id string, adopt bool) eni.Actor {
	a := eni.Actor{Library: c.owner}
	if adopt {
		a.Adopts = id
	}
	return a
}
