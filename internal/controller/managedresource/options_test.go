// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"testing"
	"time"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

func TestPollHook(t *testing.T) {
	cases := map[string]struct {
		reason string
		ready  xpv2.Condition
		poll   time.Duration
		jitter time.Duration
		least  time.Duration
		most   time.Duration
	}{
		"Available":   {reason: "The poll interval varies by the jitter, both ways.", ready: xpv2.Available(), poll: 10 * time.Minute, jitter: time.Minute, least: 9 * time.Minute, most: 11 * time.Minute},
		"NoJitter":    {reason: "Without jitter it does not vary.", ready: xpv2.Available(), poll: time.Minute, least: time.Minute, most: time.Minute},
		"LargeJitter": {reason: "It varies by half at most.", ready: xpv2.Available(), poll: time.Minute, jitter: time.Hour, least: 30 * time.Second, most: 90 * time.Second},
		"Creating":    {reason: "A resource that EC2 is creating is polled often.", ready: xpv2.Creating(), poll: 10 * time.Minute, jitter: time.Minute, least: timings.Default().TransitPoll, most: timings.Default().TransitPoll},
		"Deleting":    {reason: "A resource being deleted is polled often.", ready: xpv2.Deleting(), poll: 10 * time.Minute, jitter: time.Minute, least: timings.Default().TransitPoll, most: timings.Default().TransitPoll},
		"Short":       {reason: "A shorter poll interval is kept.", ready: xpv2.Creating(), poll: time.Millisecond, least: time.Millisecond, most: time.Millisecond},
		"Full": {
			reason: "A full instance is polled more often than the poll interval: another user may free a device index.",
			ready:  networkingv1alpha1.NotReady(networkingv1alpha1.ReasonInstanceENILimit, ""), poll: 10 * time.Minute, jitter: time.Minute, least: occupiedPoll, most: occupiedPoll,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := &ec2v1alpha1.NetworkInterface{}
			mg.SetConditions(tc.ready)
			hook := pollHook(tc.jitter, timings.Default())
			below, above := false, false
			for range 1000 {
				d := hook(mg, tc.poll)
				if d < tc.least || d > tc.most {
					t.Fatalf("\n%s\npollHook(...): %s, want %s to %s", tc.reason, d, tc.least, tc.most)
				}
				below, above = below || d < (tc.least+tc.most)/2, above || d > (tc.least+tc.most)/2
			}
			if tc.least != tc.most && (!below || !above) {
				t.Errorf("\n%s\nof 1000 intervals, below the middle %t, above it %t", tc.reason, below, above)
			}
		})
	}
}
