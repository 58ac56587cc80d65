package ec2emulator

import (
	"strings"
	"sync"
	"time"
)

// A rate is a token bucket's size, and the tokens that come back each second.
type rate struct {
	size   float64
	refill float64
}

// rateOf is EC2's published request rate for an action. Actions that EC2 does not list by name share the figures of
// their class, not the bucket: each API has its own.
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
		// Unfiltered and unpaginated: naming identifiers does not count as a filter.
		if !filteredOrPaged {
			return rate{size: 50, refill: 10}
		}
	}
	if strings.HasPrefix(action, "Describe") {
		return rate{size: 100, refill: 20}
	}
	return rate{size: 50, refill: 5}
}

// resourceRateOf is the second bucket of actions that are also limited by how many resources they touch.
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

// A limiter is the buckets of every account and Region.
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

// allow takes one token for the call, and one per resource where EC2 counts them; or none, if either is missing.
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

// bucket is the bucket filled up to now.
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
