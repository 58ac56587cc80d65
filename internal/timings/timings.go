// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package timings has the delays, poll intervals and periods that depend on how fast EC2
// and the API server are. They are no settings for users: only tests against an emulator,
// which is faster than EC2, change them.
package timings

import (
	"encoding/json"
	"time"
)

// Timings are the provider's timings.
type Timings struct {
	// VisibleWithin is the time within which EC2's describe actions may not return a
	// resource that EC2 has created: they are eventually consistent.
	VisibleWithin time.Duration

	// UsuallyVisibleWithin is the time within which EC2's describe actions nearly always
	// return a new attachment. VisibleWithin is the upper bound.
	UsuallyVisibleWithin time.Duration

	// RestoredAfter is the minimum age of an object without an external name or a recorded
	// create that may have been restored from a backup taken before its ENI was created. It
	// exceeds the time within which a create is recorded.
	RestoredAfter time.Duration

	// TransitPoll is the poll interval of a resource in a transient state. EC2 attaches
	// an ENI within a few seconds and sends no event.
	TransitPoll time.Duration

	// InstancePoll is the poll interval while an instance cannot take an ENI yet.
	InstancePoll time.Duration

	// FinalizerPoll is how often a resource being deleted is observed while another
	// object's deletion or another finalizer blocks it. Events normally trigger the
	// reconcile; the poll covers a missed one.
	FinalizerPoll time.Duration

	// An object whose provider config resolves to the wrong account or region is requeued
	// after PlacePoll at first, and after PlacePollMax at most. No event reports that the
	// credentials of the config were corrected.
	PlacePoll, PlacePollMax time.Duration

	// UnresolvedPoll is the requeue delay of a NodeENI whose subnets are missing or
	// ambiguous in EC2. No event reports that a subnet was created.
	UnresolvedPoll time.Duration

	// UnknownGrace is the time within which EC2 may not return the instance of a new node:
	// its describe actions are eventually consistent.
	UnknownGrace time.Duration

	// MissingPoll is how often the instance of a deleted Node is observed: it may be
	// terminated before the grace period ends.
	MissingPoll time.Duration

	// ReleasePoll is how often an unreleased interface is observed: a release arrives
	// through the watch; a dead agent sends no event, so its Lease is polled.
	ReleasePoll time.Duration

	// RefusedPoll is how often an attachment that may not use its ENI is checked again.
	RefusedPoll time.Duration

	// MaxBackoff limits the backoff after any error of EC2.
	MaxBackoff time.Duration

	// MaxRetry limits the exponential backoff of the rate limiter for one object.
	MaxRetry time.Duration

	// OutageSpread is the interval over which objects are requeued after an outage.
	OutageSpread time.Duration

	// An outage begins after consecutive failures of any calls that span at least
	// OutageAfter. ProbeEvery is the interval of the calls that are permitted during an
	// outage.
	OutageAfter, ProbeEvery time.Duration

	// OutageTTL is how long an outage of the view of EC2 lasts without another sample.
	// During an outage all objects need one.
	OutageTTL time.Duration

	// ClaimsTTL is how long a list of claims is cached: in an outage of the view of EC2
	// every object requires it.
	ClaimsTTL time.Duration

	// SubnetFullTTL is how long a subnet without free addresses is avoided if there is
	// another subnet.
	SubnetFullTTL time.Duration

	// InstanceBusyAge is the maximum age of a cached instance that is neither running nor
	// stopped nor terminated.
	InstanceBusyAge time.Duration

	// After a failure GetCallerIdentity is not repeated for IdentityRetry, doubled each
	// time up to IdentityRetryMax.
	IdentityRetry, IdentityRetryMax time.Duration

	// The Lease of the leader: how long it is valid, how long the leader tries to renew it,
	// and how often a replica tries to acquire or renew it.
	LeaseDuration, RenewDeadline, RetryPeriod time.Duration
}

// Default returns the timings for EC2.
func Default() Timings {
	return Timings{
		VisibleWithin:        time.Minute,
		UsuallyVisibleWithin: 10 * time.Second,
		RestoredAfter:        2 * time.Minute,
		TransitPoll:          time.Second,
		InstancePoll:         5 * time.Second,
		FinalizerPoll:        5 * time.Second,
		PlacePoll:            15 * time.Second,
		PlacePollMax:         2 * time.Minute,
		UnresolvedPoll:       30 * time.Second,
		UnknownGrace:         5 * time.Minute,
		MissingPoll:          time.Minute,
		ReleasePoll:          5 * time.Second,
		RefusedPoll:          time.Minute,
		MaxBackoff:           10 * time.Minute,
		MaxRetry:             time.Minute,
		OutageSpread:         30 * time.Second,
		OutageAfter:          5 * time.Second,
		ProbeEvery:           5 * time.Second,
		OutageTTL:            30 * time.Second,
		ClaimsTTL:            5 * time.Second,
		SubnetFullTTL:        5 * time.Minute,
		InstanceBusyAge:      5 * time.Second,
		IdentityRetry:        2 * time.Second,
		IdentityRetryMax:     5 * time.Minute,
		LeaseDuration:        time.Minute,
		RenewDeadline:        50 * time.Second,
		RetryPeriod:          2 * time.Second,
	}
}

// Set sets the timings that a JSON object has, in nanoseconds by the names of the fields. It
// is the value of the provider's hidden flag.
func (t *Timings) Set(object string) error {
	return json.Unmarshal([]byte(object), t) //nolint:musttag // no API: only tests of this repository set timings
}

// String returns the timings as Set reads them.
func (t *Timings) String() string {
	raw, err := json.Marshal(t) //nolint:musttag // as in Set
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
