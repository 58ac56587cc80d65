package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// A bucket is one of EC2's token buckets: how many calls it holds, and how many
// come back each second.
//
// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
type bucket struct{ size, refill float64 }

// Actions of EC2 that an ENI's life is made of.
const (
	actionCreate = "CreateNetworkInterface"
	actionAttach = "AttachNetworkInterface"
	actionModify = "ModifyNetworkInterfaceAttribute"
	actionDetach = "DetachNetworkInterface"
	actionDelete = "DeleteNetworkInterface"
)

// bucketOf returns EC2's published bucket of an action. A describe action that
// neither filters nor pages has a smaller one. The emulator holds the same
// figures; they are written down a second time because a bound that is computed
// from what it judges is none.
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

// earliest is the least time in which n calls can be made with a share of the
// bucket, full at the start.
func (b bucket) earliest(n, share float64) time.Duration {
	over := max(0, n-b.size*share)
	return time.Duration(over / (b.refill * share) * float64(time.Second))
}

// A bound is the least time that EC2 allows, and the action that sets it.
type bound struct {
	action string
	least  time.Duration
}

// slowest is the bound of many calls to several actions, which all proceed at
// once: the ENIs are passed from one to the next.
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

// wouldRefuse replays calls against EC2's buckets, full at the start, and
// returns how many EC2 would have refused. It is for a run in which the
// emulator's own throttle is off, and a low estimate: a call that is refused
// comes again.
func wouldRefuse(calls []ec2emulator.Call) int {
	type level struct {
		tokens float64
		at     time.Time
	}
	levels := map[string]level{}
	refused := 0
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
			refused++
		} else {
			l.tokens--
		}
		levels[key] = l
	}
	return refused
}

// filters says whether a describe call filters or pages; naming identifiers is
// neither.
func filters(parameters map[string]string) bool {
	for k := range parameters {
		if k == "MaxResults" || k == "NextToken" || strings.HasPrefix(k, "Filter.") {
			return true
		}
	}
	return false
}
