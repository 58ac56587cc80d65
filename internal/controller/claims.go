// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// claims lists the ENIs and instances that the objects of this cluster record as existing,
// from the cache.
type claims struct {
	cache client.Reader
	ttl   time.Duration // in an outage of the view of EC2 every object requires a list

	mu    sync.Mutex
	lists map[claimsKey]claimsList
}

type claimsKey struct {
	kind  ec2.Kind
	place ec2.Place
}

type claimsList struct {
	ids []string
	at  time.Time
}

// Claims returns a function that lists, from the cache, the ids of the ENIs or instances
// that the objects of this cluster record as existing in an account and region.
func Claims(cache client.Reader, t timings.Timings) ec2.Claims {
	return newClaims(cache, t.ClaimsTTL).list
}

func newClaims(cache client.Reader, ttl time.Duration) *claims {
	return &claims{cache: cache, ttl: ttl, lists: map[claimsKey]claimsList{}}
}

// list returns the ids that objects record in an account and region. It omits objects being
// deleted: their ENIs may be deleted at any moment. An unknown account matches every
// account.
func (c *claims) list(ctx context.Context, k ec2.Kind, p ec2.Place) ([]string, error) {
	key := claimsKey{kind: k, place: p}
	c.mu.Lock()
	l, ok := c.lists[key]
	c.mu.Unlock()
	if ok && time.Since(l.at) < c.ttl {
		return l.ids, nil
	}
	l = claimsList{at: time.Now()}
	var err error
	switch k {
	case ec2.KindNetworkInterface:
		l.ids, err = c.networkInterfaces(ctx, p)
	case ec2.KindInstance:
		l.ids, err = c.instances(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists[key] = l
	return l.ids, nil
}

func (c *claims) networkInterfaces(ctx context.Context, p ec2.Place) ([]string, error) {
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if err := c.cache.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
		return nil, errors.Wrap(err, "cannot list NetworkInterfaces")
	}
	var ids []string
	for i := range l.Items {
		n := &l.Items[i]
		at := n.Status.AtProvider
		if id := meta.GetExternalName(n); id != "" && n.GetDeletionTimestamp() == nil && claimedIn(p, at.AccountID, at.Region) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (c *claims) instances(ctx context.Context, p ec2.Place) ([]string, error) {
	l := &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	if err := c.cache.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
		return nil, errors.Wrap(err, "cannot list NetworkInterfaceAttachments")
	}
	seen := map[string]bool{}
	var ids []string
	for i := range l.Items {
		at := l.Items[i].Status.AtProvider
		if id := at.InstanceID; id != "" && !seen[id] && l.Items[i].GetDeletionTimestamp() == nil && claimedIn(p, at.AccountID, at.Region) {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// claimedIn reports whether a recorded account and region match a place.
func claimedIn(p ec2.Place, account, region string) bool {
	return (region == "" || region == p.Region) && (p.AccountID == "" || account == "" || account == p.AccountID)
}
