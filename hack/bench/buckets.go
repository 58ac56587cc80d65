// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// A bucket is one of EC2's token buckets: its size, and its refill rate
// per second.
//
// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
type bucket struct{ size, refill float64 }

// EC2 actions in the life cycle of an ENI.
const (
	actionCreate = "CreateNetworkInterface"
	actionAttach = "AttachNetworkInterface"
	actionModify = "ModifyNetworkInterfaceAttribute"
	actionDetach = "DetachNetworkInterface"
	actionDelete = "DeleteNetworkInterface"
)

// bucketOf returns EC2's documented bucket of an action. A describe action
// without filters and pagination has a smaller bucket. The emulator has the same
// figures; they are duplicated because a bound must not be computed from the
// implementation that it evaluates.
func bucketOf(action string, filtered bool) bucket {
	switch action {
	case actionCreate, actionDelete, actionModify:
		return bucket{size: 100, refill: 5}
	case "CreateTags", "DeleteTags":
		return bucket{size: 100, refill: 10}
	case "DescribeNetworkInterfaces", "DescribeInstances", "DescribeSecurityGroups":
		if !filtered {
			return bucket{size: 50, refill: 10}
		}
	}
	if strings.HasPrefix(action, "Describe") {
		return bucket{size: 100, refill: 20}
	}
	return bucket{size: 50, refill: 5}
}

// earliest returns the minimum duration of n calls with a share of the
// bucket, full at the start.
func (b bucket) earliest(n, share float64) time.Duration {
	over := max(0, n-b.size*share)
	return time.Duration(over / (b.refill * share) * float64(time.Second))
}

// A bound is the minimum duration at EC2's rates, and the limiting action.
type bound struct {
	action string
	least  time.Duration
}

// slowest returns the bound of calls to several actions, which proceed
// concurrently.
func slowest(calls map[string]int, share float64) bound {
	bounds := make([]bound, 0, len(calls))
	for _, a := range slices.Sorted(maps.Keys(calls)) {
		bounds = append(bounds, bound{action: a, least: bucketOf(a, true).earliest(float64(calls[a]), share)})
	}
	if len(bounds) == 0 {
		return bound{}
	}
	return slices.MaxFunc(bounds, func(a, b bound) int { return cmp.Compare(a.least, b.least) })
}

// wouldThrottle replays calls against EC2's buckets, full at the start, and
// returns how many EC2 would throttle. It is for a run without throttling
// in the emulator, and a lower bound: a throttled call
// is retried.
func wouldThrottle(calls []ec2emulator.Call) int {
	type level struct {
		tokens float64
		at     time.Time
	}
	levels := map[string]level{}
	throttled := 0
	for i := range calls {
		c := &calls[i]
		b := bucketOf(c.Action, filters(c.Parameters))
		key := c.Action
		if strings.HasPrefix(key, "Describe") && b.size == 50 {
			key += "/unfiltered"
		}
		l, ok := levels[key]
		if !ok {
			l = level{tokens: b.size, at: c.Time}
		}
		l.tokens = min(b.size, l.tokens+b.refill*max(0, c.Time.Sub(l.at).Seconds()))
		l.at = c.Time
		if l.tokens < 1 {
			throttled++
		} else {
			l.tokens--
		}
		levels[key] = l
	}
	return throttled
}

// filters reports whether a describe call filters or paginates; identifiers are
// neither.
func filters(parameters map[string]string) bool {
	for k := range parameters {
		if k == "MaxResults" || k == "NextToken" || strings.HasPrefix(k, "Filter.") {
			return true
		}
	}
	return false
}
