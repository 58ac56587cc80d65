// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"

	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// API has one method for each EC2 action that this provider calls. The IAM policy allows
// exactly these actions.
//
//nolint:interfacebloat // one method per EC2 action.
type API interface {
	Mutations

	CreateNetworkInterface(ctx context.Context, in *awsec2.CreateNetworkInterfaceInput, o ...func(*awsec2.Options)) (*awsec2.CreateNetworkInterfaceOutput, error)
	DescribeNetworkInterfaces(ctx context.Context, in *awsec2.DescribeNetworkInterfacesInput, o ...func(*awsec2.Options)) (*awsec2.DescribeNetworkInterfacesOutput, error)
	DescribeAddresses(ctx context.Context, in *awsec2.DescribeAddressesInput, o ...func(*awsec2.Options)) (*awsec2.DescribeAddressesOutput, error)
	DescribeSubnets(ctx context.Context, in *awsec2.DescribeSubnetsInput, o ...func(*awsec2.Options)) (*awsec2.DescribeSubnetsOutput, error)
	DescribeSecurityGroups(ctx context.Context, in *awsec2.DescribeSecurityGroupsInput, o ...func(*awsec2.Options)) (*awsec2.DescribeSecurityGroupsOutput, error)
	DescribeInstances(ctx context.Context, in *awsec2.DescribeInstancesInput, o ...func(*awsec2.Options)) (*awsec2.DescribeInstancesOutput, error)
	DescribeInstanceTypes(ctx context.Context, in *awsec2.DescribeInstanceTypesInput, o ...func(*awsec2.Options)) (*awsec2.DescribeInstanceTypesOutput, error)
}

// A Client calls EC2 in one region with one set of credentials. It is safe for concurrent
// use and shared by all objects with the same provider config and region.
type Client struct {
	timings timings.Timings
	// api is not exported: changes of ENIs require Mutate and a permit.
	api API

	// Region of the calls.
	Region string

	metrics     *Metrics
	scopeOf     func(ctx context.Context) (rateScope, error)
	traffic     *traffic
	enis        *eniCache
	subnets     *ttlCache[[]Subnet]
	groups      *ttlCache[[]SecurityGroup]
	addresses   *elasticIPCache
	types       *ttlCache[InstanceType]
	instances   *instanceCache
	locks       *keyedMutex
	recent      *recentAttachments
	fullSubnets *expiringSet
	created     *expiringSet
	deleted     *expiringSet
	caller      *caller
	absences    *absenceTracker
	claims      Claims
	adoptable   *ttlCache[[]ec2types.NetworkInterface]

	// quotas is nil if Service Quotas is not called.
	quotas *servicequotas.Client
}

// A ClientOption configures a Client.
type ClientOption func(*Client)

// WithSnapshot makes a Client describe all ENIs with the ownership tags of a cluster
// together, and serve single ENIs in a steady state from that for up to maxAge.
func WithSnapshot(m OwnershipTags, maxAge time.Duration) ClientOption {
	return func(c *Client) {
		c.enis.OwnershipTags, c.enis.maxAge = m, maxAge
		c.instances.maxAge = min(maxAge, instanceAge)
	}
}

// withTimings sets the timings of a Client.
func withTimings(t timings.Timings) ClientOption {
	return func(c *Client) {
		c.timings = t
		c.fullSubnets = newExpiringSet(t.SubnetFullTTL)
		c.instances.busyAge = t.InstanceBusyAge
		c.absences.outageTTL = t.OutageTTL
	}
}

// Timings returns the timings of EC2 that the Client assumes.
func (c *Client) Timings() timings.Timings { return c.timings }

// NewClient returns a Client that makes its calls through api.
func NewClient(api API, region string, o ...ClientOption) *Client {
	c := &Client{
		api:       api,
		Region:    region,
		metrics:   NewMetrics(logging.NewNopLogger()),
		subnets:   newTTLCache[[]Subnet](subnetTTL),
		groups:    newTTLCache[[]SecurityGroup](groupTTL),
		types:     newTTLCache[InstanceType](instanceTypeTTL),
		addresses: newElasticIPCache(),
		locks:     newKeyedMutex(),
		recent:    newRecentAttachments(),
		created:   newExpiringSet(createdTTL),
		deleted:   newExpiringSet(deletedTTL),
		caller:    &caller{},
		claims:    emptyClaims,

		absences: newAbsenceTracker(),

		adoptable: newTTLCache[[]ec2types.NetworkInterface](freeTTL),
	}
	c.enis = newENICache(c.page)
	c.instances = newInstanceCache(api)
	c.enis.absences, c.instances.absences = c.absences, c.absences
	withTimings(timings.Default())(c)
	for _, fn := range o {
		fn(c)
	}
	c.enis.observe(c.metrics)
	c.instances.observe(c.metrics)
	return c
}

// LockInstance serializes attachments to an instance: hold the lock while choosing a device
// index and attaching. The returned function unlocks. LockInstance fails when ctx is done.
func (c *Client) LockInstance(ctx context.Context, instanceID string) (func(), error) {
	return c.locks.lock(ctx, instanceID)
}

// ConfirmAttachment records that EC2 has returned an ENI as attached. Later descriptions
// without the attachment are then valid.
func (c *Client) ConfirmAttachment(instanceID, networkInterfaceID string) {
	c.recent.confirm(instanceID, networkInterfaceID)
}
