// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
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
	u, w := newUpdates(), NewStopwatch(time.Now)
	return managed.TypedExternalConnectorFn[T](func(ctx context.Context, mg T) (managed.TypedExternalClient[T], error) {
		c, err := inner.Connect(ctx, mg)
		if err != nil {
			return nil, err
		}
		return &backoffClient[T]{inner: c, tracker: t, updates: u, transients: w, blockedBy: blockedBy}, nil
	})
}

// backoffClient wraps the external client that Crossplane's reconciler calls.
type backoffClient[T resource.Managed] struct {
	inner      managed.TypedExternalClient[T]
	tracker    *BackoffTracker
	updates    *updates
	transients *Stopwatch
	blockedBy  func(T) string

	synced xpv2.Condition // at the beginning of the reconcile
	diff   string         // between the spec and the external resource
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
			RequeueAfter(ctx, c.tracker.timings.FinalizerPoll)
			overrideConditions(ctx, xpv2.Deleting().WithMessage(why))
		} else {
			RequeueAfter(ctx, c.tracker.timings.TransitPoll)
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
		RequeueAfter(ctx, spread(c.tracker.timings.OutageSpread))
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

// errRequeue returns an error that makes Crossplane's reconciler requeue the object
// without an event or a status update.
func errRequeue(mg resource.Managed) error {
	return kerrors.NewConflict(schema.GroupResource{}, mg.GetName(), errors.New("waiting for EC2"))
}

// condition returns the condition Ready of an object whose external resource was not
// created.
func (r failedStep) condition() xpv2.Condition {
	return networkingv1alpha1.NotReady(r.verdict.Reason, r.err.Error())
}
