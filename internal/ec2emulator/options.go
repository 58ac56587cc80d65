// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"time"

	"k8s.io/utils/clock"
)

// Options of a Server. The zero value of a field means its default; a negative duration means zero.
type Options struct {
	// Region of the endpoint; calls signed for another Region are rejected. Default us-east-1.
	Region string
	// AccountID of the owner of all resources. Default 123456789012.
	AccountID string
	// AttachDelay from attaching to attached. Default 800 ms.
	AttachDelay time.Duration
	// DetachDelay from detaching to detached. Default 600 ms.
	DetachDelay time.Duration
	// AvailableDelay from pending to available for a new network interface. Default 100 ms.
	AvailableDelay time.Duration
	// InstanceDelay of each transitional state of an instance: pending, stopping, shutting-down. Default 500 ms.
	InstanceDelay time.Duration
	// Latency is the minimum duration of a call, on the real clock. Default 2 ms. The SDK for Go closes a request's
	// body when the response begins, and net/http closes the connection if it has not finished sending the body: a
	// response within microseconds, which EC2 never sends, occasionally breaks a call.
	Latency time.Duration
	// VisibilityDelay is the time until describe calls return a change (eventual consistency) of new network
	// interfaces, tags set by CreateTags, and attachments. Default none.
	VisibilityDelay time.Duration
	// SecurityGroupsPerInterface is the quota of security groups per network interface. Default 5, as in a new account.
	// The maximum in EC2 is 16.
	SecurityGroupsPerInterface int
	// NetworkInterfacesPerRegion is the quota of network interfaces of the account. Default 1,000,000: it has been
	// raised from the 5,000 of a new account.
	NetworkInterfacesPerRegion int
	// Throttle returns RequestLimitExceeded when a token bucket of EC2's documented size is empty. Default off.
	Throttle bool
	// Seed of identifiers, MAC addresses and fault probabilities; responses are deterministic for a seed. Default 1.
	Seed uint64
	// LedgerLimit is the maximum number of calls in the ledger; the oldest are dropped first. Default 1,000,000.
	LedgerLimit int
	// Clock of all delays and timestamps. Default: the real clock.
	Clock clock.Clock
}

// withDefaults returns the options with defaults for zero fields.
func (o Options) withDefaults() Options {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.AccountID == "" {
		o.AccountID = "123456789012"
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.SecurityGroupsPerInterface == 0 {
		o.SecurityGroupsPerInterface = 5
	}
	if o.NetworkInterfacesPerRegion == 0 {
		o.NetworkInterfacesPerRegion = 1_000_000
	}
	if o.LedgerLimit == 0 {
		o.LedgerLimit = 1_000_000
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	o.AttachDelay = delay(o.AttachDelay, 800*time.Millisecond)
	o.DetachDelay = delay(o.DetachDelay, 600*time.Millisecond)
	o.AvailableDelay = delay(o.AvailableDelay, 100*time.Millisecond)
	o.InstanceDelay = delay(o.InstanceDelay, 500*time.Millisecond)
	o.Latency = delay(o.Latency, 2*time.Millisecond)
	o.VisibilityDelay = delay(o.VisibilityDelay, 0)
	return o
}

func delay(d, fallback time.Duration) time.Duration {
	switch {
	case d < 0:
		return 0
	case d == 0:
		return fallback
	default:
		return d
	}
}
