package ec2emulator

import (
	"time"

	"k8s.io/utils/clock"
)

// Options of a Server. The zero value of a field means its default; a negative duration means none at all.
type Options struct {
	// Region served; calls signed for another one fail as they do at a real endpoint. Default us-east-1.
	Region string
	// AccountID owns everything. Default 123456789012.
	AccountID string
	// AttachDelay from attaching to attached. Default 800 ms.
	AttachDelay time.Duration
	// DetachDelay from detaching to gone. Default 600 ms.
	DetachDelay time.Duration
	// AvailableDelay from pending to available for a new network interface. Default 100 ms.
	AvailableDelay time.Duration
	// InstanceDelay of each step of an instance's life: pending, stopping, shutting-down. Default 500 ms.
	InstanceDelay time.Duration
	// Latency is the least time a call takes, on the real clock. Default 2 ms. The SDK for Go closes a request's body as
	// soon as the answer begins, and net/http then takes the connection down if it was not yet done with that body: an
	// answer within microseconds, which EC2 never gives, breaks a call now and then.
	Latency time.Duration
	// VisibilityDelay is how long descriptions lag behind: a new network interface is not found, a tag set by
	// CreateTags is not seen, and an attachment is shown as it was before its last change for that long. Default none.
	VisibilityDelay time.Duration
	// SecurityGroupsPerInterface is the quota of security groups for each network interface. Default 5, as in a new
	// account. EC2 grants up to 16.
	SecurityGroupsPerInterface int
	// Throttle answers RequestLimitExceeded when a token bucket of EC2's published size is empty. Default off.
	Throttle bool
	// Seed of identifiers, MAC addresses and fault probabilities: same seed, same calls, same answers. Default 1.
	Seed uint64
	// LedgerLimit is how many calls are kept; the oldest go first. Default 1,000,000.
	LedgerLimit int
	// Clock that all delays and timestamps read. Default the real one.
	Clock clock.Clock
}

// withDefaults fills what was left zero.
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
