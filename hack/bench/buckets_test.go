// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

func TestEarliest(t *testing.T) {
	cases := map[string]struct {
		reason string
		action string
		n      float64
		share  float64
		want   time.Duration
	}{
		"None":        {reason: "No calls take no time.", action: actionCreate, share: 1},
		"BurstOnly":   {reason: "Calls within the bucket size are immediate.", action: actionCreate, n: 100, share: 1},
		"Refill":      {reason: "Further calls wait for the refill.", action: actionCreate, n: 1000, share: 1, want: 180 * time.Second},
		"HalfShare":   {reason: "Half the share has half the bucket and half the refill.", action: actionCreate, n: 1000, share: 0.5, want: 380 * time.Second},
		"SmallBucket": {reason: "Attach has a smaller bucket than Create.", action: actionAttach, n: 1000, share: 0.5, want: 390 * time.Second},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := bucketOf(tc.action, true).earliest(tc.n, tc.share)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nearliest(%g, %g): -want, +got:\n%s", tc.reason, tc.n, tc.share, diff)
			}
		})
	}
}

func TestSlowest(t *testing.T) {
	cases := map[string]struct {
		reason string
		calls  map[string]int
		share  float64
		want   bound
	}{
		"Nothing": {reason: "No calls have no bound.", share: 1},
		"Rollout": {
			reason: "Calls to several actions proceed concurrently, so the slowest action is the bound.",
			calls:  map[string]int{actionCreate: 1000, actionAttach: 1000, actionModify: 1000}, share: 0.5,
			want: bound{action: actionAttach, least: 390 * time.Second},
		},
		"Release": {
			reason: "The bound of a release is the detach.",
			calls:  map[string]int{actionDetach: 200, actionDelete: 200}, share: 1,
			want: bound{action: actionDetach, least: 30 * time.Second},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, slowest(tc.calls, tc.share), cmp.AllowUnexported(bound{})); diff != "" {
				t.Errorf("\n%s\nslowest(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestWouldThrottle: a replay throttles calls beyond a bucket's size and refill. Filtered
// and unfiltered describe calls have separate buckets.
func TestWouldThrottle(t *testing.T) {
	start := time.Unix(1_000_000, 0)
	for _, tc := range []struct {
		action     string
		parameters map[string]string
		want       int // throttled of 120 calls within 2 s
	}{
		{action: actionCreate, want: 120 - 100 - 9},
		{action: actionAttach, want: 120 - 50 - 9},
		{action: "DescribeNetworkInterfaces", want: 120 - 50 - 19},
		{action: "DescribeNetworkInterfaces", parameters: map[string]string{"Filter.1.Name": "vpc-id"}},
		{action: "DescribeNetworkInterfaces", parameters: map[string]string{"MaxResults": "1000"}},
	} {
		t.Run(fmt.Sprint(tc.action, tc.parameters), func(t *testing.T) {
			var all []ec2emulator.Call
			for i := range 120 {
				all = append(all, ec2emulator.Call{Action: tc.action, Parameters: tc.parameters, Time: start.Add(time.Duration(i) * 2 * time.Second / 120)})
			}
			if got := wouldThrottle(all); got != tc.want {
				t.Errorf("wouldThrottle(...): %d, want %d", got, tc.want)
			}
		})
	}
}
