// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// traffic limits the calls of all Clients to EC2. Each rateScope has one set of token buckets
// and one breaker, however many Clients share it.
type traffic struct {
	limiter *throttle.Limiter
	metrics *Metrics
	timings timings.Timings
	calls   atomic.Uint64 // number of shared calls, each of which waits for itself

	mu       sync.Mutex
	breakers map[rateScope]*throttle.Breaker
}

// A rateScope is the scope of token buckets and a breaker. EC2 counts calls by account and
// region, and a custom endpoint counts separately. The account is read from the access key
// id, which only EC2 verifies: until it has, the calls of a tenant have their own scope.
type rateScope struct {
	account, region string
	endpoint        string // host of the config's endpoint, or "" for AWS's
	tenant          string // config of a tenant whose calls are counted separately
}

// key returns the token bucket of an action.
func (p rateScope) key(action string) throttle.Key {
	return throttle.Key{Account: p.account, Region: p.region, Endpoint: p.endpoint, Tenant: p.tenant, Action: action}
}

func newTraffic(share float64, m *Metrics, t timings.Timings) *traffic {
	l := throttle.NewLimiter(share)
	l.ObserveWait = func(k throttle.Key, d time.Duration) { m.observeWait(k.Action, d) }
	return &traffic{limiter: l, metrics: m, timings: t, breakers: map[rateScope]*throttle.Breaker{}}
}

func (t *traffic) breaker(p rateScope) *throttle.Breaker {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.breakers[p]
	if !ok {
		b = throttle.NewBreaker(p.region, t.timings.OutageAfter, t.timings.ProbeEvery)
		t.breakers[p] = b
	}
	return b
}

// forget drops the buckets and breakers of a deleted config.
func (t *traffic) forget(ref ConfigReference) {
	if ref.Kind != networkingv1alpha1.ProviderConfigKind {
		return
	}
	t.limiter.Forget(ref.String())
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.breakers, func(p rateScope, _ *throttle.Breaker) bool { return p.tenant == ref.String() })
}
