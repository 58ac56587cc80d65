package agent

import (
	"context"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	"github.com/nodeeni/provider-aws-eni/internal/agent/plan"
)

const (
	// maxRounds is how often the host is looked at again after a change before the
	// agent says that the change has no effect. One is enough for most; a link
	// that regains IPv6 with its MTU needs two, one that is replaced under the
	// agent's hands another, and a device that its driver refuses, and that is
	// given back, eight.
	maxRounds = 10

	// holderPoll is how soon what no event tells of is looked at again: whether a
	// pod or a program has let go of a device.
	holderPoll = 5 * time.Second

	// nodePoll is the same for what a person has to mend on the node.
	nodePoll = time.Minute

	// podsTimeout is for how long pods are waited for unless a HostInterface
	// says otherwise.
	podsTimeout = 10 * time.Minute

	// maxPodsTimeout is the longest timeout that the CRD accepts.
	maxPodsTimeout = 24 * time.Hour
)

// settle changes the host until nothing is left to change. A problem with the
// HostInterface itself leaves only to look. The duration is for how long nothing
// may be changed; then nothing was.
func (r *Reconciler) settle(ctx context.Context, name string, w desired.State, pr *desired.Problem) (Outcome, time.Duration) {
	event, before := r.tracker.beginReconcile(name, w)
	for _, n := range before {
		if !slices.Contains(w.AltNames, n) {
			w.StaleAltNames = append(w.StaleAltNames, n)
		}
	}
	try := attempt{wanted: w}
	try.wanted.BindFailure, try.retryAfter = r.tracker.bindFailure(name, w, r.now())

	out := Outcome{}
	for range maxRounds {
		o, err := host.Observe(ctx, r.host, try.wanted, r.policy)
		if err != nil {
			out.Failure = errors.Wrap(err, "cannot look at the host")
			break
		}
		out.Observed, out.Plan = o, plan.Make(try.wanted, r.policy, o)
		if pr != nil {
			out.Plan.Steps, out.Plan.Problem, out.Plan.OriginalMTU = nil, pr, try.wanted.OriginalMTU
		}
		if out.Failure != nil || len(out.Plan.Steps) == 0 {
			break
		}
		if len(out.Applied) == 0 {
			if d := r.tracker.reserve(name, r.now()); d > 0 {
				return out, d
			}
		}
		done, err := host.Apply(r.host, out.Plan.Steps)
		r.metrics.applied(done, err)
		log.FromContext(ctx).V(1).Info("Changed the host", "steps", stepStrings(done), "error", err)
		out.Applied = append(out.Applied, done...)
		if errors.Is(err, pci.ErrUnderWay) {
			out.Plan.Steps, out.Plan.Problem = nil, desired.Problemf(v1alpha1.ReasonDeviceInUse, "%s", err)
			break
		}
		out.Failure = r.handleFailure(name, &try, done[len(done)-1], err)
		if err == nil || out.Plan.OriginalMTU != 0 {
			try.wanted.OriginalMTU = out.Plan.OriginalMTU
		}
	}
	if out.Failure != nil {
		out.Plan.OriginalMTU = try.wanted.OriginalMTU
	}
	if out.Failure == nil && len(out.Plan.Steps) > 0 {
		out.Failure = errors.Errorf("%q has no effect", out.Plan.Steps[0])
	}
	if out.Failure == nil && out.Plan.Problem == nil && len(out.Applied) > 0 {
		r.metrics.configured(event, r.now())
	}
	out.RequeueAfter = requeueAfter(out.Plan.Problem, try.retryAfter)
	r.tracker.endReconcile(name, w, out)
	return out, 0
}

// stepStrings are steps as an operator would type them, for a log.
func stepStrings(steps []host.Step) []string {
	out := make([]string, 0, len(steps))
	for _, s := range steps {
		out = append(out, s.String())
	}
	return out
}

// An attempt is what has come of the rounds so far.
type attempt struct {
	wanted desired.State
	// failedStep is the last step, if it was refused.
	failedStep string
	// retryAfter is for how long a refusal stands.
	retryAfter time.Duration
}

// handleFailure sees what the error of the last step changes, and returns the error if
// that is final; nil is no error.
//
// Somebody else may have changed the link at the same moment, or taken it away.
// Only a step refused twice in a row is a failure; one more look then tells how
// the host was left.
func (r *Reconciler) handleFailure(name string, try *attempt, last host.Step, err error) error {
	if err == nil {
		try.failedStep = ""
		return nil
	}
	if last.String() != try.failedStep {
		try.failedStep = last.String()
		return nil
	}
	w := &try.wanted
	_, binds := last.(host.Bind)
	switch {
	case w.NeedsUserspaceDriver() && bindsDevice(last):
		// The device goes back to its kernel driver, in the next rounds.
		w.BindFailure, try.retryAfter = r.tracker.recordBindFailure(name, *w, last, err, r.now())
	case binds && w.ReleaseTimedOut && !w.ReleaseUnbound:
		w.ReleaseUnbound = true
	default:
		return err
	}
	try.failedStep = ""
	return nil
}

// requeueAfter is how soon to look again at what no event tells of.
func requeueAfter(pr *desired.Problem, held time.Duration) time.Duration {
	if held > 0 {
		return held
	}
	if pr == nil {
		return 0
	}
	switch pr.Reason {
	case v1alpha1.ReasonWaitingForPods, v1alpha1.ReasonDeviceInUse:
		return holderPoll
	case v1alpha1.ReasonDriverNotLoaded, v1alpha1.ReasonNoIOMMUUnsupported:
		return nodePoll
	default:
		return 0
	}
}

// setDeadlines sets for whom and what is waited, and until when. The wait begins when
// this agent first observes that the device has to be taken away, and lasts by the
// agent's monotonic clock.
func (r *Reconciler) setDeadlines(hi *v1alpha1.HostInterface, w *desired.State) {
	p := hi.Spec.Config.ReleasePolicy
	timeout := podsTimeout
	if p != nil && p.Timeout != nil {
		timeout = min(max(p.Timeout.Duration, 0), maxPodsTimeout)
	}
	now := r.now()
	since := r.tracker.reclaimedSince(hi.Name, now)
	if w.Release {
		since = r.tracker.deletedSince(hi.Name, now)
	} else {
		r.tracker.clearDeleted(hi.Name)
	}
	late := !now.Before(since.Add(timeout))
	w.TimedOut, w.ReleaseTimedOut = late, w.Release && late
	w.WaitForPods = !late && (p == nil || p.Mode != v1alpha1.ReleaseImmediate)
}
