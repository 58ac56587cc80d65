// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strconv"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// defaultShare is the provider's default share of EC2's token buckets.
const defaultShare = 0.5

// options are the flags.
type options struct {
	nodes        int
	enisPerNode  int
	share        float64 // 0: not given
	steady, poll time.Duration
	terminate    bool // deleteOnTermination of the NodeENI

	fill        bool
	emulatedAPI bool
	release     bool

	provider      string
	providerFlags []string
	json, profile string
	trace         bool
	fail          bool

	agent       bool
	agentEvents int
	agentSteady time.Duration
}

func (o *options) register(app *kingpin.Application) {
	app.Flag("nodes", "Number of nodes.").Default("100").IntVar(&o.nodes)
	app.Flag("enis-per-node", "Number of ENIs per node, at most 14.").Default("2").IntVar(&o.enisPerNode)
	app.Flag("share", "Value of the provider's --ec2-share, which also determines the bounds. Default: not passed, with bounds for "+strconv.FormatFloat(defaultShare, 'g', -1, 64)+".").Float64Var(&o.share)
	app.Flag("steady-state", "Duration of the provider's steady state measurement. A multiple of --poll.").Default("2m").DurationVar(&o.steady)
	app.Flag("poll", "The provider's --poll in the steady state measurement.").Default("1m").DurationVar(&o.poll)
	app.Flag("delete-on-termination", "deleteOnTermination of the NodeENI, which needs one more call per ENI.").Default("true").BoolVar(&o.terminate)
	app.Flag("fill", "Create the ENIs without throttling, then measure a provider that starts with existing ENIs. For sizes that would take hours at EC2's request rates. Omits the rows of the rollout and the release.").BoolVar(&o.fill)
	app.Flag("emulated-api", "Emulate the API server in the bench's own process, for sizes for which etcd and kube-apiserver are too slow.").BoolVar(&o.emulatedAPI)
	app.Flag("release", "Delete the NodeENI at the end and measure the release. Not with --fill.").Default("true").BoolVar(&o.release)
	app.Flag("provider", "Path of the provider's binary. Default: built from cmd/provider.").StringVar(&o.provider)
	app.Flag("provider-flag", "Additional flag of the provider, such as --provider-flag=--max-reconcile-rate=20. Repeatable.").StringsVar(&o.providerFlags)
	app.Flag("trace", "Only measure a rollout with traces, and print how long each phase of an ENI takes. To carry the trace context costs the provider two more writes per object.").BoolVar(&o.trace)
	app.Flag("json", "File to which the report is also written, as JSON.").StringVar(&o.json)
	app.Flag("profile", "Directory for the provider's CPU and heap profiles, if it has a flag --pprof-bind-address.").StringVar(&o.profile)
	app.Flag("fail", "Exit with 1 if a row misses its target.").Default("true").BoolVar(&o.fail)
	app.Flag("agent", "Measure the agent, too, which requires root.").Default("true").BoolVar(&o.agent)
	app.Flag("agent-events", "Number of links plugged in for the agent's rows.").Default("100").IntVar(&o.agentEvents)
	app.Flag("agent-steady-state", "Duration of the agent's steady state measurement.").Default("60s").DurationVar(&o.agentSteady)
}

// check validates the flags.
func (o *options) check() error {
	switch {
	case o.nodes < 1 || o.nodes > maxNodes:
		return errors.Errorf("cannot use --nodes %d: it must be 1 to %d", o.nodes, maxNodes)
	case o.nodes > nodesPerSubnet && o.enisPerNode > 1:
		return errors.Errorf("cannot use --nodes %d with more than one ENI per node: a subnet has fewer addresses", o.nodes)
	case o.enisPerNode < 1 || o.enisPerNode > maxENIsPerNode:
		return errors.Errorf("cannot use --enis-per-node %d: it must be 1 to %d", o.enisPerNode, maxENIsPerNode)
	case o.share < 0 || o.share > 1:
		return errors.Errorf("cannot use --share %g: it must be above 0 and at most 1", o.share)
	case o.trace && o.fill:
		return errors.New("cannot use --trace with --fill: nothing is measured while ENIs are filled in")
	case o.steady <= 0 || o.poll <= 0:
		return errors.New("--steady-state and --poll must be above 0")
	}
	return nil
}

// enis returns the number of ENIs.
func (o *options) enis() int { return o.nodes * o.enisPerNode }

// shareOfBounds returns the share for which the bounds are computed.
func (o *options) shareOfBounds() float64 {
	if o.share > 0 {
		return o.share
	}
	return defaultShare
}
