// Package options holds what every controller is given: Crossplane's own
// options and this provider's settings. It knows nothing else.
package options

import (
	"time"

	xpcontroller "github.com/crossplane/crossplane-runtime/v2/pkg/controller"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

// Options are given to every controller.
type Options struct {
	xpcontroller.Options

	// Clients reach EC2.
	Clients *ec2.Clients

	// Namespace of the provider, in which the children of NodeENIs live and
	// the agents renew their Leases.
	Namespace string

	// Cluster names this cluster in the tags of its ENIs.
	Cluster string

	// PollJitter is by how much the poll interval varies, both ways.
	PollJitter time.Duration

	// MaxConcurrentCleanups bounds how many NodeENI children are deleted at once.
	MaxConcurrentCleanups int

	// DefaultDeviceIndex and DefaultDeleteOnTermination are used by NodeENIs
	// that do not say.
	DefaultDeviceIndex         int32
	DefaultDeleteOnTermination bool

	// NodeGracePeriod is how long the ENIs of a deleted Node are kept while
	// its instance runs.
	NodeGracePeriod time.Duration

	// DetachRetryPeriod is how long after a detach was asked for it may be
	// asked for again, when EC2 still shows the ENI attached.
	DetachRetryPeriod time.Duration

	// AgentSilence is how long an agent's Lease may be silent, on a node that
	// is not ready, before its hold on an attachment is dropped.
	AgentSilence time.Duration

	// GarbageCollection says what to do about ENIs of this cluster that belong
	// to no object (Off, Report or Delete), and GarbageInterval how often to
	// look for them.
	GarbageCollection string
	GarbageInterval   time.Duration
}
