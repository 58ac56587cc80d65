// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// Observe observes the external resource. If EC2 has recently rejected the step that
// would follow, it returns that error again: the condition stays, and EC2 is not called
// before the backoff ends.
func (c *backoffClient[T]) Observe(ctx context.Context, mg T) (managed.ExternalObservation, error) {
	if r, ok := c.tracker.get(mg, observing, ""); ok && time.Until(r.until) > 0 {
		RequeueAfter(ctx, time.Until(r.until))
		return managed.ExternalObservation{}, backoffError(mg, r)
	}
	watchTransient(ctx, c.transients, mg)
	c.synced = mg.GetCondition(xpv2.TypeSynced)
	dropUnobserved(mg, c.synced)
	obs, err := c.inner.Observe(ctx, mg)
	if err != nil {
		return c.observeFailed(ctx, mg, err)
	}
	c.diff = obs.Diff
	if meta.WasDeleted(mg) && len(mg.GetFinalizers()) > 1 {
		RequeueAfter(ctx, c.tracker.timings.FinalizerPoll) // the reconciler does nothing until it is the only finalizer
	}
	follows := next(mg, obs)
	switch follows {
	case creating:
		rememberUnanswered(mg)
		createFollows(ctx, mg)
	case updating:
		if d, tries := c.updates.settles(mg); d > 0 {
			RequeueAfter(ctx, d)
			overrideConditions(ctx, unconfirmed(c.synced, tries, c.diff))
			obs.ResourceUpToDate = true
			return obs, nil
		}
	case deleting, none:
		c.updates.done(mg)
	case observing:
	}
	r, ok := c.tracker.next(mg, follows, c.depends())
	if !ok || time.Until(r.until) <= 0 {
		return obs, nil
	}
	switch r.step {
	case creating:
		mg.SetConditions(r.condition())
	case deleting:
		mg.SetConditions(xpv2.Deleting())
	case observing, updating, none:
	}
	RequeueAfter(ctx, time.Until(r.until))
	if failed := r.synced(mg); failed != nil {
		overrideConditions(ctx, *failed)
	}
	return managed.ExternalObservation{}, backoffError(mg, r)
}

// synced returns the condition Synced while a step that EC2 rejected is in backoff. The
// reconciler gets the error from Observe, and would report a failed observation. synced
// returns nil if the reconciler's own condition is right.
func (r failedStep) synced(mg resource.Managed) *xpv2.Condition {
	prefix := map[step]string{creating: "create failed", updating: "update failed", deleting: "delete failed"}[r.step]
	if prefix == "" {
		return nil
	}
	return new(xpv2.ReconcileError(errors.Wrap(r.err, prefix)).WithObservedGeneration(mg.GetGeneration()))
}

// dropUnobserved removes the condition Synced if it has no observedGeneration, as before
// the first update is confirmed. xpv2.Condition.Equal treats such a condition as equal
// to one of any generation, and the reconciler would never replace it.
func dropUnobserved(mg resource.Managed, synced xpv2.Condition) {
	if synced.ObservedGeneration != 0 {
		return
	}
	switch o := any(mg).(type) {
	case *ec2v1alpha1.NetworkInterface:
		o.Status.Conditions = withoutSynced(o.Status.Conditions)
	case *ec2v1alpha1.NetworkInterfaceAttachment:
		o.Status.Conditions = withoutSynced(o.Status.Conditions)
	}
}

func withoutSynced(cs []xpv2.Condition) []xpv2.Condition {
	return slices.DeleteFunc(cs, func(c xpv2.Condition) bool { return c.Type == xpv2.TypeSynced })
}

// A Dependent is a client whose next step depends on more than its object's spec.
type Dependent interface {
	// DependsOn returns a text that changes with what Observe found that the step
	// depends on. A step that EC2 rejected is repeated at once when it has changed.
	DependsOn() string
}

func (c *backoffClient[T]) depends() string {
	if d, ok := c.inner.(Dependent); ok {
		return d.DependsOn()
	}
	return ""
}

// observeFailed handles a failed observation according to the class of its error.
func (c *backoffClient[T]) observeFailed(ctx context.Context, mg T, err error) (managed.ExternalObservation, error) {
	if setPlaceConditions(ctx, mg, err, c.tracker.timings) {
		return managed.ExternalObservation{}, err
	}
	if awserr.IsOutage(err) {
		// Do not requeue all objects at the same time after the outage.
		RequeueAfter(ctx, spread(c.tracker.timings.OutageSpread))
		return managed.ExternalObservation{}, awserr.WithoutAction(err)
	}
	if after, ok := awserr.RetryAfter(err); ok {
		RequeueAfter(ctx, after)
		return observeThrottled(mg, after)
	}
	if !awserr.IsCallError(err) {
		return managed.ExternalObservation{}, err // the controller's rate limiter backs off
	}
	r := c.tracker.note(mg, observing, err, "")
	RequeueAfter(ctx, r.wait)
	if r.verdict.Class == awserr.ClassThrottled {
		return observeThrottled(mg, r.wait)
	}
	if !mayExist(mg) && !meta.WasDeleted(mg) {
		// The failed observation is why the resource does not become ready.
		mg.SetConditions(r.condition())
	}
	return managed.ExternalObservation{}, backoffError(mg, r)
}

// observeThrottled returns the result of an observation that EC2's rate limit delays.
func observeThrottled(mg resource.Managed, after time.Duration) (managed.ExternalObservation, error) {
	if ready := mg.GetCondition(xpv2.TypeReady).Reason; after > throttledAfter && !meta.WasDeleted(mg) && (ready == "" || ready == networkingv1alpha1.ReasonEC2Throttled) {
		// Ready has no cause yet.
		mg.SetConditions(throttled())
		return managed.ExternalObservation{ResourceExists: true, ResourceUpToDate: true}, nil
	}
	return managed.ExternalObservation{}, errRequeue(mg)
}

// mayExist reports whether the object's external resource exists or may exist. If it
// cannot be observed, Ready keeps the last observed state.
func mayExist(mg resource.Managed) bool {
	ready := mg.GetCondition(xpv2.TypeReady)
	return meta.GetExternalName(mg) != "" || ready.Status == corev1.ConditionTrue || ready.Reason == xpv2.ReasonCreating
}

// next returns the step that the reconciler takes after an observation.
func next(mg resource.Managed, obs managed.ExternalObservation) step {
	switch {
	case meta.WasDeleted(mg) && !obs.ResourceExists:
		return none
	case meta.WasDeleted(mg):
		return deleting
	case !obs.ResourceExists:
		return creating
	case !obs.ResourceUpToDate:
		return updating
	default:
		return none
	}
}

// throttledAfter is the shortest throttling delay that Ready reports.
const throttledAfter = 5 * time.Second

// throttled returns the condition Ready of a new object whose first EC2 call is
// throttled for longer than throttledAfter.
func throttled() xpv2.Condition {
	return networkingv1alpha1.NotReady(networkingv1alpha1.ReasonEC2Throttled, "client-side throttled: waiting for the provider's share of EC2's request rate (--ec2-share)")
}
