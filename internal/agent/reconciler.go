package agent

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// rounds is how often the host is looked at again after a change before the
// agent says that the change has no effect. One is enough for most; a link that
// regains IPv6 with its MTU needs two, and one that is replaced under the
// agent's hands another.
const rounds = 4

// A Reconciler makes the links of a node as its HostInterfaces ask.
type Reconciler struct {
	client   client.Client
	recorder events.EventRecorder
	host     *Host
	policy   Policy
	nodeName string
	resync   time.Duration
	now      func() time.Time
	metrics  *Metrics
	memory   *memory
}

// Reconcile brings one link to what its HostInterface asks, and reports. It
// must not run twice at once: two links can want one name.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	hi := &v1alpha1.HostInterface{}
	err := r.client.Get(ctx, req.NamespacedName, hi)
	if kerrors.IsNotFound(err) {
		r.memory.forget(req.Name)
		return reconcile.Result{}, nil
	}
	if err != nil {
		return reconcile.Result{}, errors.Wrapf(err, "cannot get HostInterface %q", req.Name)
	}
	// The cache has no others. Should it ever, they are another agent's.
	if hi.Spec.NodeName != r.nodeName {
		return reconcile.Result{}, nil
	}
	hi = r.memory.latest(hi)
	all := &v1alpha1.HostInterfaceList{}
	if err := r.client.List(ctx, all); err != nil {
		return reconcile.Result{}, errors.Wrap(err, "cannot list HostInterfaces")
	}

	w, pr := Want(hi)
	conflict := among(hi, all.Items, &w)
	if w.Release {
		return r.release(ctx, hi, w, conflict != nil)
	}
	if conflict != nil {
		pr = conflict
	}

	if before := hi.DeepCopy(); controllerutil.AddFinalizer(hi, v1alpha1.FinalizerAgent) {
		if err := r.writeFinalizers(ctx, before, hi); err != nil {
			return requeueConflict(errors.Wrapf(err, "cannot add finalizer to HostInterface %q", hi.Name))
		}
	}

	o, wait := r.settle(ctx, hi.Name, w, pr)
	if wait > 0 {
		return reconcile.Result{RequeueAfter: wait}, nil
	}
	if err := r.report(ctx, hi, w, o); err != nil {
		return requeueConflict(errors.Wrapf(err, "cannot report on HostInterface %q", hi.Name))
	}
	return reconcile.Result{RequeueAfter: r.resync}, errors.Wrapf(o.Failure, "cannot configure HostInterface %q", hi.Name)
}

// release undoes what was done for a HostInterface and lets it go. One that had
// nothing, as another has the link, is let go at once.
func (r *Reconciler) release(ctx context.Context, hi *v1alpha1.HostInterface, w Wanted, anothers bool) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(hi, v1alpha1.FinalizerAgent) {
		return reconcile.Result{}, nil
	}
	if !anothers {
		o, wait := r.settle(ctx, hi.Name, w, nil)
		if wait > 0 {
			return reconcile.Result{RequeueAfter: wait}, nil
		}
		if o.Failure != nil {
			err := r.report(ctx, hi, w, o)
			return requeueConflict(errors.Wrapf(errors.Join(o.Failure, err), "cannot release HostInterface %q", hi.Name))
		}
	}
	before := hi.DeepCopy()
	controllerutil.RemoveFinalizer(hi, v1alpha1.FinalizerAgent)
	if err := r.writeFinalizers(ctx, before, hi); client.IgnoreNotFound(err) != nil {
		return requeueConflict(errors.Wrapf(err, "cannot remove finalizer from HostInterface %q", hi.Name))
	}
	r.recorder.Eventf(hi, nil, corev1.EventTypeNormal, "Released", "Release", "node %s has let go of the interface with MAC address %s", r.nodeName, w.MAC)
	return reconcile.Result{}, nil
}

// settle changes the host until nothing is left to change. A problem with the
// HostInterface itself leaves only to look.
func (r *Reconciler) settle(ctx context.Context, name string, w Wanted, pr *Problem) (Outcome, time.Duration) {
	event, before := r.memory.begin(name, w)
	for _, n := range before {
		if !slices.Contains(w.AltNames, n) {
			w.Unwanted = append(w.Unwanted, n)
		}
	}

	out := Outcome{}
	refused := ""
	for range rounds {
		o, err := observe(r.host, w, r.policy)
		if err != nil {
			out.Failure = errors.Wrap(err, "cannot look at the host")
			break
		}
		out.Observed, out.Plan = o, MakePlan(w, r.policy, o)
		if pr != nil {
			out.Plan.Steps, out.Plan.Problem = nil, pr
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
		ctrl.LoggerFrom(ctx).V(1).Info("Changed the host", "steps", done, "error", err)
		out.Done = append(out.Done, done...)
		// Somebody else may have changed the link at the same moment, or taken
		// it away. Only a step refused twice in a row is a failure; one more
		// look then tells how the host was left.
		if err == nil {
			refused = ""
			continue
		}
		if last := done[len(done)-1].String(); last != refused {
			refused = last
			continue
		}
		out.Failure = err
	}
	if out.Failure == nil && len(out.Plan.Steps) > 0 {
		out.Failure = errors.Errorf("%q has no effect", out.Plan.Steps[0])
	}
	if out.Failure == nil && out.Plan.Problem == nil && len(out.Done) > 0 {
		r.metrics.configured(event, r.now())
	}
	r.memory.end(name, w, out)
	return out, 0
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

// report writes the status if it says anything new.
func (r *Reconciler) report(ctx context.Context, hi *v1alpha1.HostInterface, w Wanted, o Outcome) error {
	was, is := hi.Status.GetCondition(xpv2.TypeReady), ready(w, o)
	r.metrics.results.WithLabelValues(string(is.Reason)).Inc()

	status := statusOf(hi, w, o)
	if same(hi.Status, status) {
		return nil
	}
	before := hi.DeepCopy()
	hi.Status = status
	// A merge patch of what changed: nobody else writes this status, so there
	// is nothing to conflict with.
	if err := r.client.Status().Patch(ctx, hi, client.MergeFrom(before)); err != nil {
		return client.IgnoreNotFound(err)
	}
	r.memory.wrote(before.ResourceVersion, hi)

	if was.Reason != is.Reason || was.Status != is.Status {
		r.recorder.Eventf(hi, nil, eventType(is.Reason), string(is.Reason), "Configure", "%s", is.Message)
	}
	return nil
}

// writeFinalizers writes the finalizers of a HostInterface, against the version
// they were read from: others have theirs in the same list.
func (r *Reconciler) writeFinalizers(ctx context.Context, before, hi *v1alpha1.HostInterface) error {
	if err := r.client.Patch(ctx, hi, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return err
	}
	r.memory.wrote(before.ResourceVersion, hi)
	return nil
}

// eventType is Warning for what a person has to mend.
func eventType(reason xpv2.ConditionReason) string {
	switch reason {
	case v1alpha1.ReasonConfigured, v1alpha1.ReasonWaitingForDevice, v1alpha1.ReasonReleasing:
		return corev1.EventTypeNormal
	default:
		return corev1.EventTypeWarning
	}
}

// requeueConflict tries again quietly after a conflict: the cache is about to
// hear of the newer version.
func requeueConflict(err error) (reconcile.Result, error) {
	return errors.SilentlyRequeueOnConflict(reconcile.Result{}, err)
}
