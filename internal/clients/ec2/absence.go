// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// absenceTTL is how long an absent id is kept after the last call for it.
const absenceTTL = 2 * time.Hour

// A Kind is a type of EC2 resource whose absence is evaluated.
type Kind string

// Kinds of resources.
const (
	KindNetworkInterface Kind = "NetworkInterface"
	KindInstance         Kind = "Instance"
)

// Claims returns the ids of the resources of a kind that objects of this cluster record in
// a place, including objects that are being deleted.
type Claims func(ctx context.Context, k Kind, p Place) ([]string, error)

func emptyClaims(context.Context, Kind, Place) ([]string, error) { return nil, nil }

// WithClaims lets a Client compare EC2's responses with the resources that objects of the
// cluster claim.
func WithClaims(claims Claims) ClientOption {
	return func(c *Client) { c.claims = claims }
}

// WithAbsencePeriod sets the minimum time between the two responses that confirm an absence.
// The default is eni.DefaultAbsencePeriod.
func WithAbsencePeriod(d time.Duration) ClientOption {
	return func(c *Client) {
		if d > 0 {
			c.absences.period = d
		}
	}
}

// An Absence describes a resource that EC2 did not return.
type Absence struct {
	Fate eni.Fate

	// Since is the time of the first call that did not return the resource.
	Since time.Time

	// RequeueAfter is the time after which to evaluate the absence again.
	RequeueAfter time.Duration

	// Missing of the Asked resources were missing in the response that decided the
	// fate, if there was one.
	Missing int
	Asked   int
}

// absenceTracker records which ids EC2 does not return, from every response. It is not
// persisted: after a restart each absence needs two new responses.
type absenceTracker struct {
	period    time.Duration
	outageTTL time.Duration

	mu      sync.Mutex
	byID    map[string]span
	outages map[Kind]outage
	swept   time.Time
}

// A span has the times of the first and the last response without a resource.
type span struct{ first, last time.Time }

type outage struct {
	until  time.Time
	sample eni.Sample
}

func newAbsenceTracker() *absenceTracker {
	return &absenceTracker{period: eni.DefaultAbsencePeriod, byID: map[string]span{}, outages: map[Kind]outage{}}
}

func (a *absenceTracker) absent(id string, asOf time.Time) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.byID[id]
	switch {
	case !ok:
		s = span{first: asOf, last: asOf}
	case asOf.After(s.last):
		s.last = asOf
	}
	a.byID[id] = s
	if now := time.Now(); now.Sub(a.swept) > absenceTTL {
		a.swept = now
		for id, s := range a.byID {
			if now.Sub(s.last) > absenceTTL {
				delete(a.byID, id)
			}
		}
	}
}

func (a *absenceTracker) present(id string) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.byID, id)
}

func (a *absenceTracker) span(id string) (span, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.byID[id]
	return s, ok
}

func (a *absenceTracker) outage(k Kind) (outage, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o, ok := a.outages[k]
	return o, ok && time.Now().Before(o.until)
}

func (a *absenceTracker) storeSample(k Kind, s eni.Sample) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.Outage() {
		a.outages[k] = outage{until: time.Now().Add(a.outageTTL), sample: s}
		return
	}
	delete(a.outages, k)
}

// FateOfNetworkInterface decides whether an ENI that EC2 does not return is deleted.
// subnetID is the ENI's subnet, or empty if unknown: it serves as a witness if no object
// claims another ENI.
func (c *Client) FateOfNetworkInterface(ctx context.Context, id, subnetID string) (Absence, error) {
	return c.fate(ctx, KindNetworkInterface, id, subnetID, func(ctx context.Context, ids []string) (map[string]bool, error) {
		asOf := time.Now()
		found, err := c.networkInterfaces(ctx, filter("network-interface-id", ids...))
		if err != nil {
			return nil, err
		}
		out := make(map[string]bool, len(found))
		for i := range found {
			c.enis.store(&found[i], asOf)
			out[eniID(&found[i])] = true
		}
		return out, nil
	})
}

// FateOfInstance decides whether an instance that EC2 does not return is terminated.
// subnetID is a subnet of the instance's VPC, or empty if unknown: it serves as a witness
// if no object claims another instance.
func (c *Client) FateOfInstance(ctx context.Context, id, subnetID string) (Absence, error) {
	return c.fate(ctx, KindInstance, id, subnetID, func(ctx context.Context, ids []string) (map[string]bool, error) {
		asOf := time.Now()
		found, err := describeInstances(ctx, c.api, ids)
		if err != nil {
			return nil, err
		}
		out := make(map[string]bool, len(found))
		for id, i := range found {
			c.instances.store(id, i, asOf)
			out[id] = true
		}
		return out, nil
	})
}

func (c *Client) fate(ctx context.Context, k Kind, id, subnetID string, describe func(context.Context, []string) (map[string]bool, error)) (Absence, error) {
	a := c.absences
	s, ok := a.span(id)
	if !ok {
		return Absence{Fate: eni.FateDoubtful, Since: time.Now(), RequeueAfter: a.period + time.Second}, nil
	}
	out := Absence{Since: s.first, RequeueAfter: max(time.Second, a.period-time.Since(s.first)+time.Second)}
	if o, ok := a.outage(k); ok {
		out.Fate, out.RequeueAfter, out.Missing, out.Asked = eni.FateOutage, a.outageTTL, o.sample.Asked-o.sample.Returned, o.sample.Asked
		return out, nil
	}
	var err error
	out.Fate, err = eni.DecideAbsence(s.first, s.last, a.period, func() (eni.Sample, error) {
		sample, err := c.sample(ctx, k, id, subnetID, describe)
		if err == nil {
			a.storeSample(k, sample)
			out.Missing, out.Asked = sample.Asked-sample.Returned, sample.Asked
		}
		return sample, err
	})
	switch out.Fate {
	case eni.FateOutage, eni.FateUnwitnessed:
		out.RequeueAfter = a.outageTTL
	case eni.FateDoubtful, eni.FateDeleted, eni.FatePresent:
	}
	return out, err
}

// sample describes a missing resource together with other resources that objects of the
// cluster claim, in one call.
func (c *Client) sample(ctx context.Context, k Kind, id, subnetID string, describe func(context.Context, []string) (map[string]bool, error)) (eni.Sample, error) {
	place, err := c.Place(ctx)
	if err != nil {
		place = Place{Region: c.Region} // the witnesses prove the account instead
	}
	others, err := c.claims(ctx, k, place)
	if err != nil {
		return eni.Sample{}, err
	}
	others = slices.DeleteFunc(slices.Clone(others), func(o string) bool { return o == id || o == "" })
	rand.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] }) //nolint:gosec // a sample, not a secret
	ids := append([]string{id}, others[:min(len(others), maxFilterValues-1)]...)
	found, err := describe(ctx, ids)
	if err != nil {
		return eni.Sample{}, err
	}
	s := eni.Sample{Asked: len(ids), Found: found[id]}
	for _, id := range ids {
		if found[id] {
			s.Returned++
		}
	}
	if len(ids) == 1 && !s.Found {
		s.Witnessed, err = c.witnessed(ctx, subnetID)
	}
	return s, err
}

// witnessed reports whether EC2 returns the subnet of a missing resource, or any ENI of this
// cluster, in a new call.
func (c *Client) witnessed(ctx context.Context, subnetID string) (bool, error) {
	if subnetID != "" {
		if ok, err := c.subnetExists(ctx, subnetID); ok || err != nil {
			return ok, err
		}
	}
	if c.enis.Cluster == "" {
		return false, nil
	}
	found, _, err := c.page(ctx, nil, filter("tag:"+c.enis.ClusterTag, c.enis.Cluster))
	return len(found) > 0, err
}

// subnetExists reports whether EC2 returns a subnet, bypassing the cache.
func (c *Client) subnetExists(ctx context.Context, id string) (bool, error) {
	found, _, err := c.describeSubnets(ctx, &awsec2.DescribeSubnetsInput{Filters: []ec2types.Filter{filter("subnet-id", id)}})
	return len(found) > 0, err
}
