// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
	"github.com/nodeeni/provider-aws-eni/internal/controller/podnetwork"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

const (
	// deletionPoll is how often a NodeENI being deleted is reconciled until its children
	// are deleted. Their deletion normally triggers the reconcile.
	deletionPoll = 10 * time.Second

	// throttledPoll is the shortest requeue delay of a NodeENI that EC2's request rate
	// delays.
	throttledPoll = 2 * time.Second

	// definitionPoll is the requeue delay of a NodeENI whose NetworkAttachmentDefinitions
	// cannot be read yet.
	definitionPoll = 10 * time.Second

	reasonExpanded    event.Reason = "ExpandedNodeENI"
	reasonReleasing   event.Reason = "ReleasingENIs"
	reasonCompleted   event.Reason = "CompletedNodes"
	reasonCannotApply event.Reason = "CannotExpandNodeENI"
)

// A Reconciler expands NodeENIs.
type Reconciler struct {
	client    client.Client
	uncached  client.Reader
	informers objectReader // nil: read with client
	cloud     clouds
	o         options.Options
	now       func() time.Time
	missing   *missingSince
	applied   *appliedCache
	debounce  *debounce
	agents    *agents
	networks  *podnetwork.Definitions
	left      intervals // writes of the conditions of aws-multi-eni-controller's NodeENIs
	completed *completedNodes
	tainted   *nameSet // nodes with the taint of rollout.taintEffect, set by this process
	log       logging.Logger
	record    event.Recorder
}

func (r *Reconciler) defaults() defaults {
	return defaults{namespace: r.o.Namespace, deleteOnTermination: r.o.DefaultDeleteOnTermination}
}

// Reconcile creates, updates and deletes the children of a NodeENI.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	n := &v1alpha1.NodeENI{}
	if err := r.client.Get(ctx, req.NamespacedName, n); kerrors.IsNotFound(err) {
		r.debounce.forget(req.Name)
		r.missing.prune(req.Name+"/", nil)
		r.left.forget(req.Name)
		r.completed.forget(req.Name)
		return errors.SilentlyRequeueOnConflict(reconcile.Result{}, r.releaseOrphans(ctx, req.Name))
	} else if err != nil {
		return reconcile.Result{}, errors.Wrap(err, "cannot get NodeENI")
	}
	if ofPredecessor(n) {
		result, err := r.leave(ctx, n)
		return errors.SilentlyRequeueOnConflict(result, err)
	}
	r.left.forget(req.Name)
	before := n.Status.DeepCopy()
	result, err := r.reconcile(ctx, n)
	if werr := r.writeStatus(ctx, n, before); werr != nil && err == nil {
		err = werr
	}
	return errors.SilentlyRequeueOnConflict(result, err)
}

func (r *Reconciler) reconcile(ctx context.Context, n *v1alpha1.NodeENI) (reconcile.Result, error) {
	if meta.IsPaused(n) {
		setConditions(n, xpv2.ReconcilePaused().WithMessage(v1alpha1.PausedMessage))
		if meta.WasDeleted(n) {
			setConditions(n, xpv2.Deleting().WithMessage(v1alpha1.PausedMessage))
		}
		return reconcile.Result{}, nil
	}
	began := r.now()
	s, err := r.children(ctx, n.GetName(), n.GetUID())
	if err != nil {
		return reconcile.Result{}, err
	}
	defer func() {
		// A NodeENI being deleted desires no children.
		r.debounce.record(n.GetName(), r.now().Sub(began), max(int(n.Status.Desired), len(s.found)))
	}()
	if meta.WasDeleted(n) && !meta.FinalizerExists(n, v1alpha1.FinalizerNodeENI) {
		return reconcile.Result{}, nil
	}
	c, err := r.clientFor(ctx, n, s)
	released := meta.WasDeleted(n) && len(s.found) == 0 // no ENI is left in any account or region
	if p := (*managedresource.PlaceError)(nil); errors.As(err, &p) && !released {
		synced := xpv2.ReconcileError(err)
		synced.Reason = p.Reason
		setConditions(n, synced)
		r.record.Event(n, event.Warning(reasonCannotApply, err))
		return reconcile.Result{RequeueAfter: r.o.Timings.PlacePoll}, nil
	}
	if meta.WasDeleted(n) {
		return r.finalize(ctx, n, s) // deletes objects only: their controllers call EC2
	}
	if !meta.FinalizerExists(n, v1alpha1.FinalizerNodeENI) {
		b := n.DeepCopy()
		meta.AddFinalizer(n, v1alpha1.FinalizerNodeENI)
		if err := r.client.Patch(ctx, n, client.MergeFromWithOptions(b, client.MergeFromWithOptimisticLock{})); err != nil {
			return reconcile.Result{}, errors.Wrap(err, "cannot add finalizer")
		}
	}
	if err == nil {
		err = r.expand(ctx, n, c, s)
	}
	if err == nil {
		err = r.agents.observe(ctx, s)
	}
	if err == nil {
		err = r.applyReadiness(ctx, n, s)
	}
	if err != nil {
		return r.reportFailure(n, s, err)
	}
	setConditions(n, syncedCondition(s))
	isNew := n.Status.ObservedGeneration == 0 || n.Status.Desired == 0
	summarize(n, s, r.now())
	r.reportCompleted(n, s, isNew)
	n.Status.ObservedGeneration = n.GetGeneration()

	after := r.o.PollInterval
	if s.requeueAfter > 0 {
		after = min(after, s.requeueAfter+time.Second)
	}
	if !s.resolution.complete() || !s.elasticIPs.complete() {
		after = min(after, r.o.Timings.UnresolvedPoll)
	}
	if c := undefinedNetwork(n); c != nil && (c.Reason == v1alpha1.ReasonMultusNotInstalled || c.Reason == v1alpha1.ReasonCannotListNetworks) {
		after = min(after, definitionPoll)
	}
	return reconcile.Result{RequeueAfter: after}, nil
}

// reportFailure sets the conditions after a failed reconcile, and returns when it is repeated.
func (r *Reconciler) reportFailure(n *v1alpha1.NodeENI, s *state, err error) (reconcile.Result, error) {
	v := awserr.Classify(err)
	if v.Class == awserr.ClassThrottled {
		// Client-side throttling is not a failure.
		after, _ := awserr.RetryAfter(err)
		return reconcile.Result{RequeueAfter: max(after, throttledPoll)}, nil
	}
	err = awserr.ForCondition(err)
	if !errors.Is(err, context.Canceled) {
		r.record.Event(n, event.Warning(reasonCannotApply, err))
	}
	setConditions(n, xpv2.ReconcileError(err))
	summarize(n, s, r.now())
	if !planned(s) && v.Class != awserr.ClassTransient && v.Class != awserr.ClassOutage {
		setConditions(n, v1alpha1.NotReady(v.Reason, err.Error())) // EC2 has answered
	}
	return reconcile.Result{}, err
}

// clientFor returns the EC2 client for a NodeENI, and an error if its account or region
// differs from the account and region of the NodeENI's ENIs.
func (r *Reconciler) clientFor(ctx context.Context, n *v1alpha1.NodeENI, s *state) (cloud, error) {
	c, err := r.cloud.For(ctx, n)
	if err != nil {
		return nil, err
	}
	recorded := ec2.Place{AccountID: n.Status.AccountID, Region: n.Status.Region}
	for _, ni := range s.interfaces {
		if recorded.Region == "" {
			recorded = ec2.Place{AccountID: ni.Status.AtProvider.AccountID, Region: ni.Status.AtProvider.Region}
		}
	}
	if len(s.found) == 0 {
		recorded = ec2.Place{} // without children the NodeENI may move
	}
	actual, err := c.Place(ctx)
	return c, managedresource.CheckPlace(recorded, actual, err)
}

// recordPlace records the account and region of a NodeENI's ENIs in its status, from
// before the first is created until the last is deleted.
func (r *Reconciler) recordPlace(ctx context.Context, n *v1alpha1.NodeENI, c cloud, s *state) {
	switch {
	case len(s.found) == 0 && len(s.plan.Apply) == 0:
		n.Status.AccountID, n.Status.Region = "", ""
	case n.Status.Region == "" && len(s.plan.Apply) > 0:
		if place, err := c.Place(ctx); err == nil {
			n.Status.AccountID, n.Status.Region = place.AccountID, place.Region
		}
	}
}

// expand decides what the NodeENI requires, and carries it out.
func (r *Reconciler) expand(ctx context.Context, n *v1alpha1.NodeENI, c cloud, s *state) error {
	if err := r.releaseStale(ctx, n, s); err != nil {
		return err
	}
	if err := r.decide(ctx, n, c, s); err != nil {
		return err
	}
	n.Status.Unconfirmed = int32(s.plan.Unconfirmed) //nolint:gosec // far below the maximum
	logDecisions(r.log.WithValues("NodeENI", n.GetName()), s)
	if len(s.plan.Release) > 0 {
		r.record.Event(n, event.Normal(reasonReleasing, fmt.Sprintf("Deleting %d NetworkInterfaces that the NodeENI no longer requires", len(s.plan.Release))))
	}
	r.recordPlace(ctx, n, c, s)
	rerr := r.releaseTainted(ctx, n, s, append(halfDeleted(s), s.plan.Release...))
	uerr := r.trackUsage(ctx, n, s)
	created, err := r.applyAll(ctx, n, s)
	err = aggregate(rerr, uerr, err, r.applyNetwork(ctx, n, s))
	if created > 0 && err == nil {
		r.record.Event(n, event.Normal(reasonExpanded, fmt.Sprintf("Created %d NetworkInterfaces", created)))
	}
	return err
}

// trackUsage records that the NodeENI uses its provider config, before its first children do. Without this
// record, such as while the API server rejects it, each child has its own.
func (r *Reconciler) trackUsage(ctx context.Context, n *v1alpha1.NodeENI, s *state) error {
	if len(s.plan.Apply)+len(s.plan.Retain) == 0 {
		return nil
	}
	err := managedresource.TrackNodeENI(ctx, r.client, n, r.o.Namespace, eni.ConfigReference(n))
	if managedresource.IsNotServed(err) {
		return nil // the children report it
	}
	return err
}

// writeStatus updates the status if it has changed.
func (r *Reconciler) writeStatus(ctx context.Context, n *v1alpha1.NodeENI, before *v1alpha1.NodeENIStatus) error {
	if equality.Semantic.DeepEqual(*before, n.Status) || (meta.WasDeleted(n) && len(n.GetFinalizers()) == 0) {
		return nil
	}
	return errors.Wrap(client.IgnoreNotFound(r.client.Status().Update(ctx, n)), "cannot write status")
}
