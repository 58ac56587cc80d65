// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// An ElasticIP is an Elastic IP address of the account.
type ElasticIP struct {
	AllocationID string
	PublicIP     string
	// NetworkInterfaceID is the ENI with which the address is associated, or empty.
	NetworkInterfaceID string
	Tags               map[string]string
}

// An elasticIPCache caches Elastic IPs: which addresses match seldom changes, but their
// associations do.
type elasticIPCache struct {
	matching *ttlCache[[]ElasticIP]
	fresh    *ttlCache[[]ElasticIP]
}

func newElasticIPCache() *elasticIPCache {
	return &elasticIPCache{matching: newTTLCache[[]ElasticIP](elasticIPTTL), fresh: newTTLCache[[]ElasticIP](freeTTL)}
}

// invalidate drops the associations after a change by this Client.
func (e *elasticIPCache) invalidate() { e.fresh.clear() }

// get returns the addresses for a key, at most elasticIPTTL old, or at most freeTTL for the
// consistency Fresh.
func (e *elasticIPCache) get(ctx context.Context, key string, consistency Consistency, fetch func(context.Context) ([]ElasticIP, error)) ([]ElasticIP, error) {
	get := func(ctx context.Context) ([]ElasticIP, time.Duration, error) {
		found, err := fetch(ctx)
		if err == nil && len(found) == 0 {
			return nil, notFoundTTL, nil
		}
		return found, 0, err
	}
	if consistency == Cached {
		return e.matching.get(ctx, key, get)
	}
	return e.fresh.get(ctx, key, func(ctx context.Context) ([]ElasticIP, time.Duration, error) {
		found, ttl, err := get(ctx)
		if err == nil {
			e.matching.store(key, found, cmp.Or(ttl, elasticIPTTL))
		}
		return found, ttl, err
	})
}

// ElasticIPsTagged returns the Elastic IPs that carry all the given tags, sorted by
// allocation id. An empty value matches any value.
func (c *Client) ElasticIPsTagged(ctx context.Context, tags map[string]string, consistency Consistency) ([]ElasticIP, error) {
	found, err := c.elasticIPs(ctx, consistency, tagFilters(tags)...)
	return found, errors.Wrapf(err, "cannot find Elastic IPs tagged %s", tagText(tags))
}

// ElasticIPsByID returns the Elastic IPs with the given allocation ids, sorted. Addresses
// that EC2 does not return are left out.
func (c *Client) ElasticIPsByID(ctx context.Context, ids []string, consistency Consistency) ([]ElasticIP, error) {
	var out []ElasticIP
	for chunk := range slices.Chunk(slices.Sorted(slices.Values(ids)), maxFilterValues) {
		found, err := c.elasticIPs(ctx, consistency, filter("allocation-id", chunk...))
		if err != nil {
			return nil, errors.Wrap(err, "cannot describe Elastic IPs")
		}
		out = append(out, found...)
	}
	return out, nil
}

// Tagged reports whether the address carries all the given tags, as Subnet.Tagged does.
func (e ElasticIP) Tagged(tags map[string]string) bool { return Subnet{Tags: e.Tags}.Tagged(tags) }

func (c *Client) elasticIPs(ctx context.Context, consistency Consistency, filters ...ec2types.Filter) ([]ElasticIP, error) {
	return c.addresses.get(ctx, filtersKey("elastic-ips", filters), consistency, func(ctx context.Context) ([]ElasticIP, error) {
		out, err := c.api.DescribeAddresses(ctx, &awsec2.DescribeAddressesInput{Filters: filters})
		if err != nil {
			return nil, awserr.Clean(err)
		}
		found := make([]ElasticIP, len(out.Addresses))
		for i := range out.Addresses {
			a := &out.Addresses[i]
			found[i] = ElasticIP{
				AllocationID: ptr.Deref(a.AllocationId, ""), PublicIP: ptr.Deref(a.PublicIp, ""),
				NetworkInterfaceID: ptr.Deref(a.NetworkInterfaceId, ""), Tags: eniview.Tags(a.Tags),
			}
		}
		slices.SortFunc(found, func(a, b ElasticIP) int { return strings.Compare(a.AllocationID, b.AllocationID) })
		return found, nil
	})
}

// AssociateAddress associates an Elastic IP with an ENI. It never takes an address from
// another resource: EC2 does so unless AllowReassociation is false.
func (m *mutations) AssociateAddress(ctx context.Context, in *awsec2.AssociateAddressInput, o ...func(*awsec2.Options)) (*awsec2.AssociateAddressOutput, error) {
	if err := m.check(eni.ActionAssociate, in.NetworkInterfaceId); err != nil {
		return nil, err
	}
	strict := *in
	strict.AllowReassociation = new(false)
	out, err := m.client.api.AssociateAddress(ctx, &strict, o...)
	m.client.enis.markChanged(ptr.Deref(in.NetworkInterfaceId, ""))
	m.client.addresses.invalidate()
	return out, err
}

// DisassociateAddress ends an association. The permit must cover the association.
func (m *mutations) DisassociateAddress(ctx context.Context, in *awsec2.DisassociateAddressInput, o ...func(*awsec2.Options)) (*awsec2.DisassociateAddressOutput, error) {
	id := ""
	for _, p := range m.permits {
		id = cmp.Or(id, p.CoversAssociation(ptr.Deref(in.AssociationId, "")))
	}
	if id == "" {
		return nil, errors.Errorf("cannot end association %q: no permit covers it", ptr.Deref(in.AssociationId, ""))
	}
	out, err := m.client.api.DisassociateAddress(ctx, in, o...)
	m.client.enis.markChanged(id)
	m.client.addresses.invalidate()
	return out, err
}
