package main

import (
	"strconv"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// defaultShare is the part of EC2's buckets that the provider takes if it is not
// told otherwise.
const defaultShare = 0.5

// options are the flags.
type options struct {
	nodes       int
	enisPerNode int
	share       float64 // 0: not given
	rest, poll  time.Duration
	terminate   bool // deleteOnTermination of the NodeENI

	fill    bool
	release bool

	provider      string
	providerFlags []string
	json, profile string
	fail          bool

	agent       bool
	agentEvents int
	agentRest   time.Duration
}

func (o *options) register(app *kingpin.Application) {
	app.Flag("nodes", "How many nodes.").Default("100").IntVar(&o.nodes)
	app.Flag("enis-per-node", "How many ENIs each node gets, at most 14.").Default("2").IntVar(&o.enisPerNode)
	app.Flag("share", "Passed to the provider as --ec2-share, and what the bounds are computed with. Default: not passed, and bounds at "+strconv.FormatFloat(defaultShare, 'g', -1, 64)+".").Float64Var(&o.share)
	app.Flag("rest", "How long the provider is watched at rest. A multiple of --poll.").Default("2m").DurationVar(&o.rest)
	app.Flag("poll", "The provider's --poll while it is watched at rest.").Default("1m").DurationVar(&o.poll)
	app.Flag("delete-on-termination", "Whether the NodeENI asks for it, which costs one call more for each ENI.").Default("true").BoolVar(&o.terminate)
	app.Flag("fill", "Make the ENIs with EC2's throttle off and a provider in a hurry, then measure a provider that finds them there. For sizes that EC2's real rate would make hours of. Rows of the rollout and the release are left out.").BoolVar(&o.fill)
	app.Flag("release", "Delete the NodeENI at the end and measure that. Never with --fill.").Default("true").BoolVar(&o.release)
	app.Flag("provider", "The provider's binary. Default: built from cmd/provider.").StringVar(&o.provider)
	app.Flag("provider-flag", "A further flag for the provider, such as --provider-flag=--max-reconcile-rate=20. Can be given several times.").StringsVar(&o.providerFlags)
	app.Flag("json", "File to write the figures to as JSON as well.").StringVar(&o.json)
	app.Flag("profile", "Folder to write the provider's CPU and heap profiles to, if it has a --pprof-bind-address.").StringVar(&o.profile)
	app.Flag("fail", "Exit with 1 if a row misses its target.").Default("true").BoolVar(&o.fail)
	app.Flag("agent", "Measure the agent as well, which needs root.").Default("true").BoolVar(&o.agent)
	app.Flag("agent-events", "How often a link is plugged in for the agent's rows.").Default("100").IntVar(&o.agentEvents)
	app.Flag("agent-rest", "How long the agent is watched at rest.").Default("60s").DurationVar(&o.agentRest)
}

// check says what cannot be measured.
func (o *options) check() error {
	switch {
	case o.nodes < 1 || o.nodes > maxNodes:
		return errors.Errorf("cannot use --nodes %d: it must be 1 to %d", o.nodes, maxNodes)
	case o.enisPerNode < 1 || o.enisPerNode > maxENIsPerNode:
		return errors.Errorf("cannot use --enis-per-node %d: it must be 1 to %d", o.enisPerNode, maxENIsPerNode)
	case o.share < 0 || o.share > 1:
		return errors.Errorf("cannot use --share %g: it must be above 0 and at most 1", o.share)
	case o.rest <= 0 || o.poll <= 0:
		return errors.New("--rest and --poll must be above 0")
	}
	return nil
}

// enis is how many ENIs there will be.
func (o *options) enis() int { return o.nodes * o.enisPerNode }

// shareOfBounds is the share that the bounds are computed with.
func (o *options) shareOfBounds() float64 {
	if o.share > 0 {
		return o.share
	}
	return defaultShare
}
