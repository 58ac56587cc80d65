// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"strings"
	"sync"
	"time"
)

// A rate is the size and the refill rate per second of a token bucket.
type rate struct {
	size   float64
	refill float64
}

// rateOf returns EC2's documented request rate of an action. An action that EC2 does not list by name has the rate of
// its category, but its own bucket.
func rateOf(action string, filteredOrPaged bool) rate {
	switch action {
	case "CreateNetworkInterface", "DeleteNetworkInterface", "ModifyNetworkInterfaceAttribute",
		"AssignPrivateIpAddresses", "UnassignPrivateIpAddresses", "AssignIpv6Addresses", "TerminateInstances":
		return rate{size: 100, refill: 5}
	case "CreateTags", "DeleteTags":
		return rate{size: 100, refill: 10}
	case "RunInstances":
		return rate{size: 5, refill: 2}
	case "StartInstances":
		return rate{size: 5, refill: 2}
	case "DescribeNetworkInterfaces", "DescribeInstances", "DescribeSecurityGroups":
		// Unfiltered and unpaginated: identifiers are not a filter.
		if !filteredOrPaged {
			return rate{size: 50, refill: 10}
		}
	}
	if strings.HasPrefix(action, "Describe") {
		return rate{size: 100, refill: 20}
	}
	return rate{size: 50, refill: 5}
}

// resourceRateOf returns the resource rate of actions that are also throttled by the number of resources.
func resourceRateOf(action string) (rate, bool) {
	switch action {
	case "RunInstances", "StartInstances":
		return rate{size: 1000, refill: 2}, true
	case "TerminateInstances":
		return rate{size: 1000, refill: 20}, true
	default:
		return rate{}, false
	}
}

// A limiter contains the token buckets of all accounts and Regions.
type limiter struct {
	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

func newLimiter() *limiter { return &limiter{buckets: map[string]*bucket{}} }

// reset fills every bucket.
func (l *limiter) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.buckets)
}

// allow takes one request token, and one resource token per resource if EC2 limits them; or none, if either bucket is
// empty.
func (l *limiter) allow(now time.Time, account, region, action string, p params) bool {
	filtered := p.has("Filter") || p.has("MaxResults") || p.has("NextToken")
	r := rateOf(action, filtered)
	key := account + "/" + region + "/" + action
	if r.size == 50 && strings.HasPrefix(action, "Describe") {
		key += "/unfiltered"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	calls := l.bucket(key, r, now)
	if calls.tokens < 1 {
		return false
	}
	if rr, ok := resourceRateOf(action); ok {
		resources := l.bucket(key+"/resources", rr, now)
		n := float64(max(1, len(p.list("InstanceId"))))
		if c, err := p.integer("MaxCount", 0); err == nil {
			n = max(n, float64(c))
		}
		if resources.tokens < n {
			return false
		}
		resources.tokens -= n
	}
	calls.tokens--
	return true
}

// bucket returns the bucket, refilled up to now.
func (l *limiter) bucket(key string, r rate, now time.Time) *bucket {
	b, ok := l.buckets[key]
	if !ok {
		b = &bucket{tokens: r.size, at: now}
		l.buckets[key] = b
	}
	if since := now.Sub(b.at); since > 0 {
		b.tokens = min(r.size, b.tokens+r.refill*since.Seconds())
		b.at = now
	}
	return b
}
