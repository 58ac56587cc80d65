// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"slices"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// pageTimeout bounds one page of a refresh, its wait for a token included. The time for all
// pages grows with the cluster.
const pageTimeout = 30 * time.Second

// refresh describes all ENIs of the cluster unless the last refresh is younger than maxAge.
// Concurrent callers share one refresh.
func (e *eniCache) refresh(ctx context.Context) error {
	return e.refreshUnless(ctx, func() bool { return time.Since(e.refreshedAt()) < e.maxAge })
}

// refreshFor is refresh for a caller of one ENI. The previous listing may have stored the
// ENI after the caller's lookup, and yet have begun more than maxAge ago.
func (e *eniCache) refreshFor(ctx context.Context, id string) error {
	return e.refreshUnless(ctx, func() bool {
		n, _ := e.lookup(id)
		return n != nil || time.Since(e.refreshedAt()) < e.maxAge
	})
}

// refreshUnless describes all ENIs of the cluster unless current reports true when no other
// refresh is running.
func (e *eniCache) refreshUnless(ctx context.Context, current func() bool) error {
	refreshed := e.flight.DoChan("all", func() (any, error) {
		if current() {
			return nil, nil
		}
		ctx, cancel := e.detached(throttle.WithoutReservation(ctx))
		defer cancel()
		return nil, e.list(ctx)
	})
	timeout := time.NewTimer(batchMaxWait)
	defer timeout.Stop()
	select {
	case r := <-refreshed:
		return errors.Wrap(r.Err, "cannot describe the network interfaces of this cluster")
	case <-ctx.Done():
		return ctx.Err()
	case <-timeout.C:
		return &throttle.RateLimitError{Action: "DescribeNetworkInterfaces", After: batchMaxWait}
	}
}

// list describes all ENIs of the cluster. Each page is stored when it arrives, as of the
// time of its request: callers of ENIs on the first pages do not wait for the last page,
// and a failed page does not discard the others.
func (e *eniCache) list(ctx context.Context) error {
	l := newListing(time.Now())
	if err := paginate(ctx, func(ctx context.Context, token *string) (int, *string, error) {
		asOf := time.Now()
		found, next, err := e.listPage(ctx, token)
		if err == nil {
			e.merge(l, found, asOf)
		}
		return len(found), next, err
	}); err != nil {
		return err
	}
	e.prune(l)
	return nil
}

func (e *eniCache) listPage(ctx context.Context, token *string) ([]ec2types.NetworkInterface, *string, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	return e.page(ctx, token, filter("tag:"+e.ClusterTag, e.Cluster))
}

// A listing is one pass over all ENIs of the cluster.
type listing struct {
	began   time.Time
	listed  map[string]bool
	strings stringPool
}

func newListing(began time.Time) *listing {
	return &listing{began: began, listed: map[string]bool{}, strings: stringPool{}}
}

// merge stores a page of a listing.
func (e *eniCache) merge(l *listing, found []ec2types.NetworkInterface, asOf time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range found {
		l.strings.intern(&found[i], e.OwnerTag)
		l.listed[eniID(&found[i])] = true
		e.storeLocked(&found[i], asOf)
	}
}

// prune ends a listing and removes cached ENIs that it did not return. They are not taken
// for deleted: the next get describes them by id.
func (e *eniCache) prune(l *listing) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, s := range e.cached {
		if !l.listed[id] && s.asOf.Before(l.began) && e.owner(s.eni) != "" {
			e.removeLocked(id)
		}
	}
	e.refreshed = l.began
}

// A stringPool interns strings that many ENIs share, for the duration of one listing.
type stringPool map[string]*string

func (p stringPool) shared(s *string) *string {
	if s == nil {
		return nil
	}
	if have, ok := p[*s]; ok {
		return have
	}
	p[*s] = s
	return s
}

// intern shares the strings of an ENI that other ENIs may have.
func (p stringPool) intern(n *ec2types.NetworkInterface, ownerTag string) {
	n.TagSet = slices.Clone(n.TagSet) // drop the spare capacity of deserialization
	for i := range n.TagSet {
		n.TagSet[i].Key = p.shared(n.TagSet[i].Key)
		if ptr.Deref(n.TagSet[i].Key, "") != ownerTag {
			n.TagSet[i].Value = p.shared(n.TagSet[i].Value)
		}
	}
	for _, s := range []**string{&n.SubnetId, &n.VpcId, &n.AvailabilityZone, &n.AvailabilityZoneId, &n.OwnerId, &n.RequesterId, &n.Description} {
		*s = p.shared(*s)
	}
	for i := range n.Groups {
		n.Groups[i].GroupId, n.Groups[i].GroupName = p.shared(n.Groups[i].GroupId), p.shared(n.Groups[i].GroupName)
	}
	if a := n.Attachment; a != nil {
		a.InstanceId, a.InstanceOwnerId = p.shared(a.InstanceId), p.shared(a.InstanceOwnerId)
	}
}
