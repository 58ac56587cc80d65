// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/changelogs"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// WithBackoff returns a connector whose clients do not repeat a step that EC2 has just
// rejected, do not report client-side throttling as a failure, and requeue a resource
// being deleted at a steady interval. blockedBy returns a message if something other
// than EC2 blocks the deletion, or "".
func WithBackoff[T resource.Managed](inner managed.TypedExternalConnector[T], t *BackoffTracker, blockedBy func(T) string) managed.TypedExternalConnector[T] {
	u := newUpdates()
	return managed.TypedExternalConnectorFn[T](func(ctx context.Context, mg T) (managed.TypedExternalClient[T], error) {
		c, err := inner.Connect(ctx, mg)
		if err != nil {
			return nil, err
		}
		return &backoffClient[T]{inner: c, tracker: t, updates: u, blockedBy: blockedBy}, nil
	})
}

// backoffClient wraps the external client that Crossplane's reconciler calls.
type backoffClient[T resource.Managed] struct {
	inner     managed.TypedExternalClient[T]
	tracker   *BackoffTracker
	updates   *updates
	blockedBy func(T) string

	synced xpv2.Condition // at the beginning of the reconcile
	diff   string         // between the spec and the external resource
}

// Observe observes the external resource. If EC2 has recently rejected the step that
// would follow, it returns that error again: the condition stays, and EC2 is not called
// before the backoff ends.
func (c *backoffClient[T]) Observe(ctx context.Context, mg T) (managed.ExternalObservation, error) {
	if r, ok := c.tracker.get(mg, observing, ""); ok && time.Until(r.until) > 0 {
		RequeueAfter(ctx, time.Until(r.until))
		return managed.ExternalObservation{}, backoffError(mg, r)
	}
	c.synced = mg.GetCondition(xpv2.TypeSynced)
	dropUnobserved(mg, c.synced)
	obs, err := c.inner.Observe(ctx, mg)
	if err != nil {
		return c.observeFailed(ctx, mg, err)
	}
	c.diff = obs.Diff
	if meta.WasDeleted(mg) && len(mg.GetFinalizers()) > 1 {
		RequeueAfter(ctx, finalizerPoll) // the reconciler does nothing until it is the only finalizer
	}
	follows := next(mg, obs)
	switch follows {
	case creating:
		rememberUnanswered(mg)
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
	if setPlaceConditions(ctx, mg, err) {
		return managed.ExternalObservation{}, err
	}
	if awserr.IsOutage(err) {
		// Do not requeue all objects at the same time after the outage.
		RequeueAfter(ctx, spread(outageSpread))
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

// backoffError returns the error for a step in backoff.
func backoffError(mg resource.Managed, r failedStep) error {
	if r.verdict.Class == awserr.ClassThrottled || IsStaleObservation(r.err) {
		return errRequeue(mg)
	}
	return r.err
}

// Create creates the external resource. It reports the cause of a failure in the
// condition Ready. Client-side throttling is not a failure.
func (c *backoffClient[T]) Create(ctx context.Context, mg T) (managed.ExternalCreation, error) {
	ready, synced := mg.GetCondition(xpv2.TypeReady), mg.GetCondition(xpv2.TypeSynced)
	ctx, answers := ec2.WithCallRecord(ctx)
	out, err := c.inner.Create(ctx, mg)
	if err != nil && answers.OutcomeUnknown() {
		noteUnanswered(mg, time.Now())
	}
	out.AdditionalDetails = changeDetails(answers, err)
	if err == nil {
		out.AdditionalDetails[changelogs.DetailExternalName] = meta.GetExternalName(mg)
	}
	r, err := c.recordResult(ctx, mg, creating, err)
	switch {
	case r == nil:
		return out, err
	case r.verdict.Class == awserr.ClassThrottled:
		if synced.Status == corev1.ConditionUnknown {
			ready, synced = throttled(), xpv2.ReconcileSuccess()
		}
		overrideConditions(ctx, ready, synced)
		return out, errRequeue(mg)
	case IsStaleObservation(r.err):
		// The next observation resolves most of them. Report it only if it recurs.
		ready = xpv2.Creating()
		if r.tries > 1 {
			ready = r.condition()
		}
		overrideConditions(ctx, ready, xpv2.ReconcileSuccess())
		return out, errRequeue(mg)
	default:
		overrideConditions(ctx, r.condition())
		return out, err
	}
}

// Update updates the external resource. If it is throttled between two calls, the next
// reconcile makes the second one.
func (c *backoffClient[T]) Update(ctx context.Context, mg T) (managed.ExternalUpdate, error) {
	ctx, answers := ec2.WithCallRecord(ctx)
	out, err := c.inner.Update(ctx, mg)
	out.AdditionalDetails = changeDetails(answers, err)
	r, err := c.recordResult(ctx, mg, updating, err)
	if r != nil && r.verdict.Class == awserr.ClassThrottled {
		return out, nil
	}
	if err == nil {
		// Synced is of the new generation once EC2 returns the accepted update.
		RequeueAfter(ctx, settlePoll)
		overrideConditions(ctx, unconfirmed(c.synced, c.updates.note(mg), c.diff))
	}
	return out, err
}

// Delete deletes the external resource. If it is throttled, it returns no error: the
// reconciler then calls it again, as for any deletion in progress.
func (c *backoffClient[T]) Delete(ctx context.Context, mg T) (managed.ExternalDelete, error) {
	ctx, answers := ec2.WithCallRecord(ctx)
	out, err := c.inner.Delete(ctx, mg)
	out.AdditionalDetails = changeDetails(answers, err)
	if err == nil {
		if why := c.blockedBy(mg); why != "" {
			RequeueAfter(ctx, finalizerPoll)
			overrideConditions(ctx, xpv2.Deleting().WithMessage(why))
		} else {
			RequeueAfter(ctx, transitPoll)
		}
	}
	r, err := c.recordResult(ctx, mg, deleting, err)
	if r != nil && (r.verdict.Class == awserr.ClassThrottled || IsStaleObservation(r.err)) {
		return out, nil
	}
	return out, err
}

// changeDetails returns the additional details of an operation for the change log: the
// mutating actions that were called, and the error before backoffClient replaces it.
func changeDetails(answers *ec2.CallRecord, err error) managed.AdditionalDetails {
	out := managed.AdditionalDetails{}
	if called := answers.MutatingActions(); len(called) > 0 {
		out[changelogs.DetailCalls] = strings.Join(called, ",")
	}
	if err != nil {
		out[changelogs.DetailError] = err.Error()
	}
	return out
}

// Disconnect closes the inner client.
func (c *backoffClient[T]) Disconnect(ctx context.Context) error { return c.inner.Disconnect(ctx) }

// recordResult records the result of a step for the backoff. It returns the failed step,
// nil if EC2 did not reject it, and the error for the reconciler.
func (c *backoffClient[T]) recordResult(ctx context.Context, mg T, s step, err error) (*failedStep, error) {
	if err == nil {
		c.tracker.forget(mg)
		return nil, nil
	}
	if awserr.IsOutage(err) {
		RequeueAfter(ctx, spread(outageSpread))
		return nil, awserr.WithoutAction(err)
	}
	if after, ok := awserr.RetryAfter(err); ok {
		RequeueAfter(ctx, after)
		return &failedStep{verdict: awserr.Classify(err), err: err}, err
	}
	if !awserr.IsCallError(err) && !IsStaleObservation(err) {
		return nil, err
	}
	r := c.tracker.note(mg, s, err, c.depends())
	RequeueAfter(ctx, r.wait)
	return &r, r.err
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

// errRequeue returns an error that makes Crossplane's reconciler requeue the object
// without an event or a status update.
func errRequeue(mg resource.Managed) error {
	return kerrors.NewConflict(schema.GroupResource{}, mg.GetName(), errors.New("waiting for EC2"))
}

// throttledAfter is the shortest throttling delay that Ready reports.
const throttledAfter = 5 * time.Second

// throttled returns the condition Ready of a new object whose first EC2 call is
// throttled for longer than throttledAfter.
func throttled() xpv2.Condition {
	return networkingv1alpha1.NotReady(networkingv1alpha1.ReasonEC2Throttled, "client-side throttled: waiting for the provider's share of EC2's request rate (--ec2-share)")
}

// condition returns the condition Ready of an object whose external resource was not
// created.
func (r failedStep) condition() xpv2.Condition {
	return networkingv1alpha1.NotReady(r.verdict.Reason, r.err.Error())
}
