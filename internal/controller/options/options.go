// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package options contains the options of all controllers: Crossplane's own options and
// this provider's settings.
package options

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	xpcontroller "github.com/crossplane/crossplane-runtime/v2/pkg/controller"
	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

// Options are the options of a controller.
type Options struct {
	xpcontroller.Options

	// Clients returns EC2 clients.
	Clients *ec2.Clients

	// Tracer traces new ENIs. Default: nil, which traces none.
	Tracer *tracing.Tracer

	// Namespace is the provider's namespace, with the children of NodeENIs and the Leases
	// of the agents.
	Namespace string

	// Cluster is the name of this cluster in the tags of its ENIs.
	Cluster string

	// PollJitter is the maximum deviation of the poll interval, in both directions.
	PollJitter time.Duration

	// MaxConcurrentCleanups limits how many NodeENI children are deleted in parallel.
	MaxConcurrentCleanups int

	// DefaultDeviceIndex and DefaultDeleteOnTermination are defaults for NodeENIs.
	DefaultDeviceIndex         int32
	DefaultDeleteOnTermination bool

	// Timings are the provider's timings.
	Timings timings.Timings

	// ReservedENIs are ENIs of nodes for which places are kept: other software attaches them.
	ReservedENIs eni.Reserves

	// NodeGracePeriod is how long the ENIs of a deleted Node are kept while its instance
	// runs.
	NodeGracePeriod time.Duration

	// DetachRetryPeriod is the interval after which a detach is requested again if EC2
	// still returns the ENI as attached.
	DetachRetryPeriod time.Duration

	// AgentSilence is the time without a Lease renewal after which the controller no longer
	// waits for the agent of a node that is not ready.
	AgentSilence time.Duration

	// GarbageCollection is the action on ENIs of this cluster that belong to no object
	// (Off, Report or Delete), and GarbageInterval the interval of the search.
	GarbageCollection string
	GarbageInterval   time.Duration

	// SetupFailed stops the manager with the error of a controller's set-up.
	SetupFailed func(error)

	// SetUp records the controllers that are set up. Nil: they are not recorded.
	SetUp *SetUp
}

// A SetUp records which controllers are set up. They are set up in any order.
type SetUp struct{ names sync.Map }

// Complete reports whether all of these controllers are set up.
func (s *SetUp) Complete(names ...string) bool {
	for _, n := range names {
		if _, ok := s.names.Load(n); !ok {
			return false
		}
	}
	return true
}

// SetupGated sets a controller up once its CRDs are established. name is the controller's
// name in errors.
func (o Options) SetupGated(name string, setup func() error, crds ...schema.GroupVersionKind) {
	o.Gate.Register(func() {
		if err := setup(); err != nil {
			o.SetupFailed(errors.Wrapf(err, "cannot set up the %s", name))
			return
		}
		if o.SetUp != nil {
			o.SetUp.names.Store(name, true)
		}
	}, crds...)
}
