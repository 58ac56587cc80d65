package agent

import (
	"context"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

const (
	// rounds is how often the host is looked at again after a change before the
	// agent says that the change has no effect. One is enough for most; a link
	// that regains IPv6 with its MTU needs two, one that is replaced under the
	// agent's hands another, and a device that its driver refuses, and that is
	// given back, eight.
	rounds = 10

	// askAgain is how soon what no event tells of is looked at again: whether a
	// pod or a program has let go of a device.
	askAgain = 5 * time.Second

	// mendedAgain is the same for what a person has to mend on the node.
	mendedAgain = time.Minute

	// podsTimeout is for how long pods are waited for unless a HostInterface
	// says otherwise.
	podsTimeout = 10 * time.Minute

	// maxPodsTimeout is the longest timeout that the CRD accepts.
	maxPodsTimeout = 24 * time.Hour
)

// settle changes the host until nothing is left to change. A problem with the
// HostInterface itself leaves only to look. The duration is for how long nothing
// may be changed; then nothing was.
func (r *Reconciler) settle(ctx context.Context, name string, w Wanted, pr *Problem) (Outcome, time.Duration) {
	event, before := r.memory.begin(name, w)
	for _, n := range before {
		if !slices.Contains(w.AltNames, n) {
			w.Unwanted = append(w.Unwanted, n)
		}
	}
	try := attempt{wanted: w}
	try.wanted.Refused, try.held = r.memory.refused(name, w, r.now())

	out := Outcome{}
	for range rounds {
		o, err := observe(ctx, r.host, try.wanted, r.policy)
		if err != nil {
			out.Failure = errors.Wrap(err, "cannot look at the host")
			break
		}
		out.Observed, out.Plan = o, MakePlan(try.wanted, r.policy, o)
		if pr != nil {
			out.Plan.Steps, out.Plan.Problem, out.Plan.OriginalMTU = nil, pr, try.wanted.OriginalMTU
		}
		if out.Failure != nil || len(out.Plan.Steps) == 0 {
			break
		}
		if len(out.Done) == 0 {
			if d := r.memory.allow(name, r.now()); d > 0 {
				return out, d
			}
		}
		done, err := apply(r.host, out.Plan.Steps)
		r.metrics.applied(done, err)
		log.FromContext(ctx).V(1).Info("Changed the host", "steps", typed(done), "error", err)
		out.Done = append(out.Done, done...)
		if errors.Is(err, pci.ErrInProgress) {
			out.Plan.Steps, out.Plan.Problem = nil, problem(v1alpha1.ReasonDeviceInUse, "%s", err)
			break
		}
		out.Failure = r.failed(name, &try, done[len(done)-1], err)
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
	if out.Failure == nil && out.Plan.Problem == nil && len(out.Done) > 0 {
		r.metrics.configured(event, r.now())
	}
	out.Again = again(out.Plan.Problem, try.held)
	r.memory.end(name, w, out)
	return out, 0
}

// typed are steps as an operator would type them, for a log.
func typed(steps []Step) []string {
	out := make([]string, 0, len(steps))
	for _, s := range steps {
		out = append(out, s.String())
	}
	return out
}

// An attempt is what has come of the rounds so far.
type attempt struct {
	wanted Wanted
	// refused is the last step, if it was refused.
	refused string
	// held is for how long a refusal stands.
	held time.Duration
}

// failed sees what the error of the last step changes, and returns the error if
// that is final; nil is no error.
//
// Somebody else may have changed the link at the same moment, or taken it away.
// Only a step refused twice in a row is a failure; one more look then tells how
// the host was left.
func (r *Reconciler) failed(name string, try *attempt, last Step, err error) error {
	if err == nil {
		try.refused = ""
		return nil
	}
	if last.String() != try.refused {
		try.refused = last.String()
		return nil
	}
	w := &try.wanted
	_, binds := last.(Bind)
	switch {
	case w.handsOver() && handsOverBy(last):
		// The device goes back to its kernel driver, in the next rounds.
		w.Refused, try.held = r.memory.refuse(name, *w, last, err, r.now())
	case binds && w.Late && !w.LetGo:
		w.LetGo = true
	default:
		return err
	}
	try.refused = ""
	return nil
}

// again is how soon to look again at what no event tells of.
func again(pr *Problem, held time.Duration) time.Duration {
	if held > 0 {
		return held
	}
	if pr == nil {
		return 0
	}
	switch pr.Reason {
	case v1alpha1.ReasonWaitingForPods, v1alpha1.ReasonDeviceInUse:
		return askAgain
	case v1alpha1.ReasonDriverNotLoaded, v1alpha1.ReasonNoIOMMUUnsupported:
		return mendedAgain
	default:
		return 0
	}
}

// apply takes steps until one fails, and returns those taken, the failed one
// included.
func apply(h *Host, steps []Step) ([]Step, error) {
	for i, s := range steps {
		if err := s.apply(h); err != nil {
			return steps[:i+1], errors.Wrapf(err, "cannot do %q", s)
		}
	}
	return steps, nil
}

// patience sets for whom and what is waited, and until when. The wait begins when
// this agent first observes that the device has to be taken away, and lasts by the
// agent's monotonic clock.
func (r *Reconciler) patience(hi *v1alpha1.HostInterface, w *Wanted) {
	p := hi.Spec.Config.ReleasePolicy
	timeout := podsTimeout
	if p != nil && p.Timeout != nil {
		timeout = min(max(p.Timeout.Duration, 0), maxPodsTimeout)
	}
	now := r.now()
	since := r.memory.taking(hi.Name, now)
	if w.Release {
		since = r.memory.releasing(hi.Name, now)
	} else {
		r.memory.lives(hi.Name)
	}
	late := !now.Before(since.Add(timeout))
	w.Overdue, w.Late = late, w.Release && late
	w.WaitForPods = !late && (p == nil || p.Mode != v1alpha1.ReleaseImmediate)
}
