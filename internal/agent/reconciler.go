// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"io/fs"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/extendedresource"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

// A Reconciler reconciles the HostInterfaces of a node with its links.
type Reconciler struct {
	client   client.Client
	recorder record.EventRecorder
	host     *host.Host
	policy   desired.Policy
	nodeName string
	resync   time.Duration
	now      func() time.Time
	metrics  *Metrics
	tracer   *tracing.Tracer
	tracker  *tracker
	offers   *offer.Publisher
	// resources are the extended resources that the node advertises.
	resources *extendedresource.Publisher
	// prefixGuard is prefixpool.DefaultGuard. Only tests shorten it.
	prefixGuard time.Duration
}

// Reconcile configures the link of one HostInterface, and updates its status. It must not
// run concurrently: two links may be configured with the same name.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	if err := r.offers.Hold(ctx); err != nil {
		// It does not affect the configuration of links. A later reconcile tries again.
		log.FromContext(ctx).Error(err, "cannot withhold devices of an earlier boot from pods")
	}
	if req.Name == "" {
		return reconcile.Result{}, r.removeStale(ctx)
	}
	hi := &v1alpha1.HostInterface{}
	err := r.client.Get(ctx, req.NamespacedName, hi)
	if kerrors.IsNotFound(err) {
		r.tracker.forget(req.Name)
		r.offers.Forget(req.Name)
		r.resources.Forget(ctx, req.Name)
		return reconcile.Result{}, nil
	}
	if err != nil {
		return reconcile.Result{}, errors.Wrapf(err, "cannot get HostInterface %q", req.Name)
	}
	// The cache selects by node. A HostInterface of another node is not ours to change.
	if hi.Spec.NodeName != r.nodeName {
		return reconcile.Result{}, nil
	}
	hi = r.tracker.latest(hi)
	all := &v1alpha1.HostInterfaceList{}
	if err := r.client.List(ctx, all); err != nil {
		return reconcile.Result{}, errors.Wrap(err, "cannot list HostInterfaces")
	}

	if hi.Spec.Leave && hi.DeletionTimestamp != nil {
		return r.leave(ctx, hi)
	}
	w, pr := desired.Parse(hi)
	conflict := desired.FindConflict(hi, all.Items, &w)
	w.ReadTakeOver(hi, all.Items)
	r.setDeadlines(hi, &w)
	if w.Release {
		r.resources.Forget(ctx, hi.Name)
	}
	if result, done, err := r.withdraw(ctx, hi, w, all.Items); !done || err != nil {
		return result, err
	}
	if w.Release {
		return r.release(ctx, hi, w, conflict != nil)
	}
	if conflict != nil {
		pr = conflict
	}
	ctx, end := r.tracer.Start(ctx, hi, tracing.SpanConfigure, tracing.AttributeNode.String(r.nodeName))
	result, err := r.configure(ctx, hi, w, pr, all.Items)
	end(err)
	return result, err
}

// withdraw withdraws a device from the device plugin if it has to be reclaimed or released. It
// reports whether no pod can be allocated the device any more, as for other links.
func (r *Reconciler) withdraw(ctx context.Context, hi *v1alpha1.HostInterface, w desired.State, all []v1alpha1.HostInterface) (reconcile.Result, bool, error) {
	wait, allocatable, err := r.offers.Withdraw(ctx, hi, w, all)
	if err != nil && !w.TimedOut {
		reported := r.setCondition(ctx, hi, v1alpha1.NotReady(v1alpha1.ReasonReleasing, "the device is kept until releasePolicy.timeout while pods may be allocated it: "+err.Error()))
		result, err := requeueConflict(errors.Wrapf(errors.Join(err, reported), "cannot stop offering the device of HostInterface %q", hi.Name))
		return result, false, err
	}
	if allocatable != nil {
		r.resources.NotReady(ctx, hi.Name)
		if err := r.setCondition(ctx, hi, v1alpha1.NotReady(allocatable.Reason, allocatable.Message)); err != nil {
			result, err := requeueConflict(errors.Wrapf(err, "cannot update the status of HostInterface %q", hi.Name))
			return result, false, err
		}
	}
	return reconcile.Result{RequeueAfter: wait}, allocatable == nil && wait <= 0, nil
}

// configure configures the link of a HostInterface unless it has a problem, offers its device
// to pods, and updates the status.
func (r *Reconciler) configure(ctx context.Context, hi *v1alpha1.HostInterface, w desired.State, pr *desired.Problem, all []v1alpha1.HostInterface) (reconcile.Result, error) {
	if before := hi.DeepCopy(); controllerutil.AddFinalizer(hi, v1alpha1.FinalizerAgent) {
		if err := r.writeFinalizers(ctx, before, hi); err != nil {
			return requeueConflict(errors.Wrapf(err, "cannot add finalizer to HostInterface %q", hi.Name))
		}
	}

	prefixes, bad := r.decidePrefixes(hi, &w)
	pr = cmp.Or(pr, bad)
	o, wait := r.settle(ctx, hi.Name, w, pr)
	if wait > 0 {
		return reconcile.Result{RequeueAfter: wait}, nil
	}
	if wait := r.tracker.transientDelay(hi, o.Plan.Problem, r.now()); wait > 0 {
		return reconcile.Result{RequeueAfter: wait}, nil
	}
	if o.Prefixes = prefixes; prefixes != nil {
		o.RequeueAfter = shortest(o.RequeueAfter, prefixes.RequeueAfter)
	}
	r.reportTaken(hi, w, o.Taken)
	r.reportMTU(hi, w, o)
	recheck := r.trackUsers(hi, w, o)
	o.Offer = r.offers.Publish(ctx, hi.Name, w, o.offerable(), all)
	o.Resource = r.resources.Publish(ctx, hi.Name, w.Readiness, o.usable(w))
	if err := r.report(ctx, hi, w, o); err != nil {
		return requeueConflict(errors.Wrapf(err, "cannot update the status of HostInterface %q", hi.Name))
	}
	if o.Failure != nil {
		return reconcile.Result{}, errors.Wrapf(o.Failure, "cannot configure HostInterface %q", hi.Name)
	}
	return reconcile.Result{RequeueAfter: shortest(r.resync, recheck, o.RequeueAfter, o.Offer.RequeueAfter, o.Resource.RequeueAfter)}, nil
}

// removeStale removes state of deleted HostInterfaces.
func (r *Reconciler) removeStale(ctx context.Context) error {
	all := &v1alpha1.HostInterfaceList{}
	if err := r.client.List(ctx, all); err != nil {
		return errors.Wrap(err, "cannot list HostInterfaces")
	}
	return errors.Join(
		errors.Wrap(r.offers.RemoveStale(ctx, all.Items), "cannot update the device plugin's file"),
		r.removeStaleNetworks(all.Items),
	)
}

// removeStaleNetworks removes the files of networks whose HostInterface was deleted without
// its finalizer.
func (r *Reconciler) removeStaleNetworks(all []v1alpha1.HostInterface) error {
	if r.host.Networks == nil {
		return nil
	}
	files, err := r.host.Networks.List()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, f := range files {
		used := slices.ContainsFunc(all, func(h v1alpha1.HostInterface) bool { return h.Spec.NetworkInterfaceID == f.ENI })
		if f.ENI == "" || used {
			continue
		}
		if err := r.host.Networks.Remove(f.ENI); err != nil {
			return err
		}
	}
	return nil
}

// shortest returns the shortest positive duration, or zero.
func shortest(ds ...time.Duration) time.Duration {
	var out time.Duration
	for _, d := range ds {
		if d > 0 && (out == 0 || d < out) {
			out = d
		}
	}
	return out
}

// release removes the configuration of a deleted HostInterface, and then its finalizer. A
// HostInterface whose link belongs to another one has no configuration.
func (r *Reconciler) release(ctx context.Context, hi *v1alpha1.HostInterface, w desired.State, conflict bool) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(hi, v1alpha1.FinalizerAgent) {
		return reconcile.Result{}, nil
	}
	var o Outcome
	if !conflict {
		var wait time.Duration
		if o, wait = r.settle(ctx, hi.Name, w, nil); wait > 0 {
			return reconcile.Result{RequeueAfter: wait}, nil
		}
		r.reportTaken(hi, w, o.Taken)
		if o.Failure != nil || o.RequeueAfter > 0 {
			r.trackUsers(hi, w, o)
			err := r.report(ctx, hi, w, o)
			if err = errors.Join(o.Failure, err); err != nil {
				return requeueConflict(errors.Wrapf(err, "cannot release HostInterface %q", hi.Name))
			}
			return reconcile.Result{RequeueAfter: o.RequeueAfter}, nil
		}
		r.reportReleased(hi, w, o)
	}
	if err := r.removeFinalizer(ctx, hi); err != nil {
		return requeueConflict(err)
	}
	log.FromContext(ctx).Info("Released interface", interfaceValues(w, o)...)
	r.recorder.Eventf(hi, corev1.EventTypeNormal, "Released", "Released the interface with MAC address %s on node %s", w.MAC, r.nodeName)
	return reconcile.Result{}, nil
}

// removeFinalizer removes the agent's finalizer from a HostInterface that is released.
func (r *Reconciler) removeFinalizer(ctx context.Context, hi *v1alpha1.HostInterface) error {
	before := hi.DeepCopy()
	controllerutil.RemoveFinalizer(hi, v1alpha1.FinalizerAgent)
	err := client.IgnoreNotFound(r.writeFinalizers(ctx, before, hi))
	return errors.Wrapf(err, "cannot remove finalizer from HostInterface %q", hi.Name)
}

// leave removes the finalizer of a deleted HostInterface, and its journal entry, without a
// change of the link or the device.
func (r *Reconciler) leave(ctx context.Context, hi *v1alpha1.HostInterface) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(hi, v1alpha1.FinalizerAgent) {
		return reconcile.Result{}, nil
	}
	r.resources.Forget(ctx, hi.Name)
	if err := r.host.Journal.Drop(hi.Spec.NetworkInterfaceID); err != nil {
		return reconcile.Result{}, err
	}
	if err := r.removeFinalizer(ctx, hi); err != nil {
		return requeueConflict(err)
	}
	log.FromContext(ctx).Info("Left the interface as it is", "HostInterface", hi.Name, "ENI", hi.Spec.NetworkInterfaceID)
	r.recorder.Eventf(hi, corev1.EventTypeNormal, "Left", "Left the interface with MAC address %s on node %s as it is", hi.Spec.MACAddress, r.nodeName)
	return reconcile.Result{}, nil
}

// setCondition updates one condition of the status.
func (r *Reconciler) setCondition(ctx context.Context, hi *v1alpha1.HostInterface, c xpv2.Condition) error {
	if hi.Status.GetCondition(c.Type).Equal(c) {
		return nil
	}
	before := hi.DeepCopy()
	hi.SetConditions(c)
	return r.patchStatus(ctx, before, hi)
}

// patchStatus patches the status, with an optimistic lock: a cached object may have the
// provider's last write and not the agent's. A patch that was computed from its status would
// omit fields that the agent has written since.
func (r *Reconciler) patchStatus(ctx context.Context, before, hi *v1alpha1.HostInterface) error {
	if err := r.client.Status().Patch(ctx, hi, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return client.IgnoreNotFound(err)
	}
	r.tracker.recordWrite(before.ResourceVersion, hi)
	return nil
}

// report updates the status if it has changed.
func (r *Reconciler) report(ctx context.Context, hi *v1alpha1.HostInterface, w desired.State, o Outcome) error {
	was, is := hi.Status.GetCondition(xpv2.TypeReady), readyCondition(w, o)
	r.metrics.results.WithLabelValues(string(is.Reason)).Inc()
	r.logResult(ctx, hi.Name, w, o, was)

	status := newStatus(hi, w, o)
	if equalStatus(hi.Status, status) {
		return nil
	}
	before := hi.DeepCopy()
	hi.Status = status
	if err := r.patchStatus(ctx, before, hi); err != nil {
		return err
	}
	if was.Reason != is.Reason || was.Status != is.Status {
		r.recorder.Event(hi, eventType(is.Reason), string(is.Reason), is.Message)
	}
	return nil
}

// writeFinalizers patches the finalizers with an optimistic lock: other controllers use
// the same list.
func (r *Reconciler) writeFinalizers(ctx context.Context, before, hi *v1alpha1.HostInterface) error {
	if err := r.client.Patch(ctx, hi, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return err
	}
	r.tracker.recordWrite(before.ResourceVersion, hi)
	return nil
}

// eventType returns Warning for reasons that require an action of the user.
func eventType(reason xpv2.ConditionReason) string {
	switch reason {
	case v1alpha1.ReasonConfigured, v1alpha1.ReasonBound, v1alpha1.ReasonInPod, v1alpha1.ReasonWaitingForDevice, v1alpha1.ReasonWaitingForPods, v1alpha1.ReasonReleasing:
		return corev1.EventTypeNormal
	default:
		return corev1.EventTypeWarning
	}
}

// requeueConflict requeues after a conflict without an error: the cache is about to
// receive the newer version.
func requeueConflict(err error) (reconcile.Result, error) {
	return errors.SilentlyRequeueOnConflict(reconcile.Result{}, err)
}
