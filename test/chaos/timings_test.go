// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// absencePeriod is the provider's --absence-period, instead of eni.DefaultAbsencePeriod. The
// emulator's VisibilityDelay is a twentieth of it. leaseDuration is the duration of the
// Lease for leader election.
const (
	absencePeriod = 3 * time.Second
	leaseDuration = 3 * time.Second
)

// shortTimings returns timings in proportion to the emulator, which attaches 20 times as
// fast as EC2 and returns new resources after 150 ms rather than a minute. With the
// defaults a round would mostly wait: the provider retries some of the injected errors
// only after ten minutes.
func shortTimings() *timings.Timings {
	t := timings.Default()
	t.VisibleWithin = 6 * time.Second
	t.UsuallyVisibleWithin = 2 * time.Second
	t.RestoredAfter = 12 * time.Second
	t.TransitPoll = 250 * time.Millisecond
	t.InstancePoll = time.Second
	t.FinalizerPoll = 2 * time.Second
	t.PlacePoll, t.PlacePollMax = time.Second, time.Second
	t.UnresolvedPoll = 2 * time.Second
	t.UnknownGrace = 6 * time.Second
	t.MissingPoll = 2 * time.Second
	t.ReleasePoll = time.Second
	t.RefusedPoll = 2 * time.Second
	t.MaxBackoff = 2 * time.Second
	t.MaxRetry = 4 * time.Second
	t.OutageSpread = 2 * time.Second
	t.OutageAfter, t.ProbeEvery = time.Second, time.Second
	t.OutageTTL = time.Second
	t.ClaimsTTL = 500 * time.Millisecond
	t.SubnetFullTTL = 2 * time.Second
	t.InstanceBusyAge = time.Second
	t.IdentityRetry, t.IdentityRetryMax = time.Second, 4*time.Second
	t.LeaseDuration, t.RenewDeadline, t.RetryPeriod = leaseDuration, 2*time.Second, 500*time.Millisecond
	return &t
}
