// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
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
	// maxRounds is how often the host is observed after a change before the agent
	// reports that the change has no effect. Most changes need one round. A link that
	// regains IPv6 with its MTU needs two, a link that is replaced meanwhile one more,
	// and a device that fails to bind and is bound to its kernel driver again eight.
	maxRounds = 10

	// holderPoll is the period of checking whether a pod or a program still uses a
	// device, for which there is no event.
	holderPoll = 5 * time.Second

	// nodePoll is the period of checking what a user has to fix on the node.
	nodePoll = time.Minute

	// podsTimeout is the default timeout of the releasePolicy.
	podsTimeout = 10 * time.Minute

	// maxPodsTimeout is the longest timeout that the CRD accepts.
	maxPodsTimeout = 24 * time.Hour
)

// settle applies plans until no step is left. With a problem of the HostInterface it only
// observes. A positive duration is the delay until a change is allowed, by the rate limit or
// after the rename of a new link; then nothing was changed.
func (r *Reconciler) settle(ctx context.Context, name string, w desired.State, pr *desired.Problem) (Outcome, time.Duration) {
	event, before := r.tracker.beginReconcile(name, w)
	for _, n := range before {
		if !slices.Contains(w.AltNames, n) {
			w.StaleAltNames = append(w.StaleAltNames, n)
		}
	}
	try := attempt{desired: w}
	try.desired.BindFailure, try.retryAfter = r.tracker.bindFailure(name, w, r.now())

	out := Outcome{}
	for range maxRounds {
		o, err := host.Observe(ctx, r.host, try.desired, r.policy)
		if err != nil {
			out.Failure = errors.Wrap(err, "cannot observe the host")
			break
		}
		out.Observed, out.Plan = o, plan.Make(try.desired, r.policy, o)
		if pr != nil {
			out.Plan.Steps, out.Plan.Problem, out.Plan.OriginalMTU = nil, pr, try.desired.OriginalMTU
		}
		if out.Failure != nil || len(out.Plan.Steps) == 0 {
			break
		}
		if len(out.Applied) == 0 {
			if d := r.tracker.renameDelay(name, try.desired, out, r.now()); d > 0 {
				return out, d
			}
			if d := r.tracker.reserve(name, r.now()); d > 0 {
				return out, d
			}
			out.InitialMTU = out.Plan.Link.MTU
		}
		out.Taken = r.takes(ctx, name, try.desired, out)
		done, err := host.Apply(r.host, out.Plan.Steps)
		r.metrics.applied(done, err)
		log.FromContext(ctx).V(1).Info("Changed the host", "steps", stepStrings(done), "error", err)
		out.Applied = append(out.Applied, done...)
		out.MTU = cmp.Or(appliedMTU(done, err), out.MTU)
		if errors.Is(err, pci.ErrInProgress) {
			out.Plan.Steps, out.Plan.Problem = nil, desired.Problemf(v1alpha1.ReasonDeviceInUse, "%s", err)
			break
		}
		out.Failure = r.handleFailure(name, &try, done[len(done)-1], err)
		if err == nil || out.Plan.OriginalMTU != 0 {
			try.desired.OriginalMTU = out.Plan.OriginalMTU
		}
	}
	if out.Failure != nil {
		out.Plan.OriginalMTU = try.desired.OriginalMTU
	}
	if out.Failure == nil && len(out.Plan.Steps) > 0 {
		out.Failure = errors.Errorf("%q has no effect", out.Plan.Steps[0])
	}
	if out.Failure == nil && out.Plan.Problem == nil && len(out.Applied) > 0 {
		r.metrics.configured(event, r.now())
	}
	r.observeUsers(w, pr, &out)
	out.RequeueAfter = requeueAfter(out.Plan.Problem, try.retryAfter)
	r.tracker.endReconcile(name, w, out)
	return out, 0
}

// appliedMTU returns the MTU that steps have set, or 0. The last step has failed if err is
// not nil.
func appliedMTU(steps []host.Step, err error) int {
	out := 0
	for i, s := range steps {
		if m, ok := s.(host.SetMTU); ok && (err == nil || i < len(steps)-1) {
			out = m.MTU
		}
	}
	return out
}

// takes returns the users from which the planned steps take the interface. If the device changes
// its driver, the node is not ready meanwhile.
func (r *Reconciler) takes(ctx context.Context, name string, w desired.State, o Outcome) []host.User {
	if slices.ContainsFunc(o.Plan.Steps, changesDriver) {
		r.resources.NotReady(ctx, name)
	}
	return r.takenBy(ctx, w, o)
}

// changesDriver reports whether a step changes the driver of a device. Pods cannot use the
// interface meanwhile.
func changesDriver(s host.Step) bool {
	switch s.(type) {
	case host.Unbind, host.Bind:
		return true
	default:
		return false
	}
}

// stepStrings returns the commands of steps, for a log.
func stepStrings(steps []host.Step) []string {
	out := make([]string, 0, len(steps))
	for _, s := range steps {
		out = append(out, s.String())
	}
	return out
}

// An attempt is the state between the rounds of settle.
type attempt struct {
	desired desired.State
	// failedStep is the last step, if it failed.
	failedStep string
	// retryAfter is the delay until the next attempt to bind the device.
	retryAfter time.Duration
}

// handleFailure handles the error of the last step, and returns it if it is final.
//
// Another program may have changed or deleted the link at the same time. So only a step
// that fails twice in a row is a failure; one more round then observes the host.
func (r *Reconciler) handleFailure(name string, try *attempt, last host.Step, err error) error {
	if err == nil {
		try.failedStep = ""
		return nil
	}
	if last.String() != try.failedStep {
		try.failedStep = last.String()
		return nil
	}
	w := &try.desired
	_, binds := last.(host.Bind)
	switch {
	case w.NeedsUserspaceDriver() && bindsDevice(last):
		// The next rounds bind the kernel driver.
		w.BindFailure, try.retryAfter = r.tracker.recordBindFailure(name, *w, last, err, r.now())
	case binds && w.ReleaseTimedOut && !w.ReleaseUnbound:
		w.ReleaseUnbound = true
	default:
		return err
	}
	try.failedStep = ""
	return nil
}

// requeueAfter returns the delay of the next check of state without events.
func requeueAfter(pr *desired.Problem, held time.Duration) time.Duration {
	if held > 0 {
		return held
	}
	if pr == nil {
		return 0
	}
	switch pr.Reason {
	case v1alpha1.ReasonWaitingForPods, v1alpha1.ReasonDeviceInUse, v1alpha1.ReasonDeviceNotIdentified:
		return holderPoll
	case v1alpha1.ReasonDriverNotLoaded, v1alpha1.ReasonNoIOMMUUnsupported, v1alpha1.ReasonNetworkNameTaken, v1alpha1.ReasonNoNetworkDirectory, v1alpha1.ReasonMultusNotReady:
		return nodePoll
	default:
		return 0
	}
}

// setDeadlines sets whether to wait for pods, and whether the releasePolicy's timeout has
// passed. The timeout starts when this agent first observes that the device has to be
// reclaimed, and uses the agent's monotonic clock.
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
