package nodeeni

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
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
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

const (
	// deletionPoll is how often a NodeENI on its way out looks whether its
	// children are gone; their going wakes it too.
	deletionPoll = 10 * time.Second

	// placePoll is how often a NodeENI whose provider config resolves to the wrong
	// account or region is reconciled again.
	placePoll = 15 * time.Second

	// unresolvedPoll is how often a NodeENI is reconciled again whose subnets EC2 did
	// not return, or not one alone. No event reports that a subnet was created.
	unresolvedPoll = 30 * time.Second

	// throttledPoll is how soon a NodeENI is looked at again that could not be
	// for EC2's request rate.
	throttledPoll = 2 * time.Second

	reasonExpanded    event.Reason = "ExpandedNodeENI"
	reasonReleasing   event.Reason = "ReleasingENIs"
	reasonCannotApply event.Reason = "CannotExpandNodeENI"
)

// A Reconciler expands NodeENIs.
type Reconciler struct {
	client   client.Client
	uncached client.Reader
	cloud    clouds
	o        options.Options
	now      func() time.Time
	missing  *sightings
	good     *verdicts
	pace     *pace
	agents   *agents
	log      logging.Logger
	record   event.Recorder
}

func (r *Reconciler) defaults() defaults {
	return defaults{namespace: r.o.Namespace, deleteOnTermination: r.o.DefaultDeleteOnTermination}
}

// Reconcile makes the children of a NodeENI as they should be.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	n := &v1alpha1.NodeENI{}
	if err := r.client.Get(ctx, req.NamespacedName, n); kerrors.IsNotFound(err) {
		r.pace.forget(req.Name)
		r.missing.keep(req.Name+"/", nil)
		return errors.SilentlyRequeueOnConflict(reconcile.Result{}, r.releaseOrphans(ctx, req.Name))
	} else if err != nil {
		return reconcile.Result{}, errors.Wrap(err, "cannot get NodeENI")
	}
	before := n.Status.DeepCopy()
	began := r.now()
	result, err := r.reconcile(ctx, n)
	r.pace.took(req.Name, r.now().Sub(began))
	if werr := r.writeStatus(ctx, n, before); werr != nil && err == nil {
		err = werr
	}
	return errors.SilentlyRequeueOnConflict(result, err)
}

func (r *Reconciler) reconcile(ctx context.Context, n *v1alpha1.NodeENI) (reconcile.Result, error) {
	if meta.IsPaused(n) {
		setConditions(n, xpv2.ReconcilePaused())
		return reconcile.Result{}, nil
	}
	s, err := r.children(ctx, n.GetName(), n.GetUID())
	if err != nil {
		return reconcile.Result{}, err
	}
	if meta.WasDeleted(n) && !meta.FinalizerExists(n, v1alpha1.FinalizerNodeENI) {
		return reconcile.Result{}, nil
	}
	c, err := r.reach(ctx, n, s)
	released := meta.WasDeleted(n) && len(s.found) == 0 // nothing is left in any place
	if p := (*managedresource.PlaceError)(nil); errors.As(err, &p) && !released {
		synced := xpv2.ReconcileError(err)
		synced.Reason = p.Reason
		setConditions(n, synced)
		r.record.Event(n, event.Warning(reasonCannotApply, err))
		return reconcile.Result{RequeueAfter: placePoll}, nil
	}
	if meta.WasDeleted(n) {
		return r.finalize(ctx, n, s) // its children's own controllers need EC2, not this one
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
	if err != nil {
		if awserr.Classify(err).Class == awserr.ClassThrottled {
			// Not a failure: EC2's request rate is used up for the moment.
			after, _ := awserr.RetryAfter(err)
			return reconcile.Result{RequeueAfter: max(after, throttledPoll)}, nil
		}
		err = awserr.WithoutAction(err)
		if !errors.Is(err, context.Canceled) {
			r.record.Event(n, event.Warning(reasonCannotApply, err))
		}
		setConditions(n, xpv2.ReconcileError(err))
		summarize(n, s, r.now())
		return reconcile.Result{}, err
	}
	if err := r.agents.observe(ctx, s); err != nil {
		return reconcile.Result{}, err
	}
	setConditions(n, syncedCondition(s))
	summarize(n, s, r.now())
	n.Status.ObservedGeneration = n.GetGeneration()

	after := r.o.PollInterval
	if s.graceEnds > 0 {
		after = min(after, s.graceEnds+time.Second)
	}
	if !s.resolution.complete() {
		after = min(after, unresolvedPoll)
	}
	return reconcile.Result{RequeueAfter: after}, nil
}

// reach returns the client for a NodeENI. It is an error if that reaches another
// account or region than the one that the NodeENI's ENIs were created in.
func (r *Reconciler) reach(ctx context.Context, n *v1alpha1.NodeENI, s *state) (cloud, error) {
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
		recorded = ec2.Place{} // the place of a child that was never created binds nothing
	}
	actual, err := c.Place(ctx)
	return c, managedresource.CheckPlace(recorded, actual, err)
}

// recordPlace records where a NodeENI's ENIs are, from before the first is created
// until none is left: an empty NodeENI may be moved.
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

// expand gathers, decides and carries out.
func (r *Reconciler) expand(ctx context.Context, n *v1alpha1.NodeENI, c cloud, s *state) error {
	err := r.releaseStale(ctx, n, s)
	if err != nil {
		return err
	}
	if err := r.gatherNodes(ctx, n, c, s); err != nil {
		return err
	}
	s.resolution, err = resolve(ctx, c, &n.Spec, s.vpcs(), s.usedSubnets())
	if err != nil {
		return err
	}
	s.plan = eni.PlanChildren(eni.Request{
		NodeENI: n.GetName(), Subnets: s.resolution.subnets,
		OnePerZone:     n.Spec.SubnetPolicy == v1alpha1.SubnetPolicyOnePerZone,
		BaseIndex:      cmp.Or(ptr.Deref(n.Spec.DeviceIndex, 0), r.o.DefaultDeviceIndex),
		MaxUnavailable: maxUnavailable(n, len(s.nodes)),
		Confirmed:      n.Spec.Rollout != nil && n.Spec.Rollout.MaxUnavailable != nil,
		Incomplete:     !s.resolution.complete(),
	}, s.nodes, s.found)

	if err := r.adopt(ctx, c, n, s); err != nil {
		return err
	}
	if len(s.plan.Release) > 0 {
		r.record.Event(n, event.Normal(reasonReleasing, fmt.Sprintf("Releasing %d network interfaces that are no longer wanted", len(s.plan.Release))))
	}
	r.recordPlace(ctx, n, c, s)
	rerr := r.releaseAll(ctx, n, s, append(halves(s), s.plan.Release...))
	created, err := r.applyAll(ctx, n, s)
	err = together(rerr, err)
	if created > 0 && err == nil {
		r.record.Event(n, event.Normal(reasonExpanded, fmt.Sprintf("Asked for %d network interfaces", created)))
	}
	return err
}

// defaultMaxUnavailable is the share of a NodeENI's nodes that may lose ENIs at once
// where the NodeENI sets no other.
const defaultMaxUnavailable = "25%"

func maxUnavailable(n *v1alpha1.NodeENI, nodes int) int {
	bound := new(intstr.FromString(defaultMaxUnavailable))
	if n.Spec.Rollout != nil && n.Spec.Rollout.MaxUnavailable != nil {
		bound = n.Spec.Rollout.MaxUnavailable
	}
	v, err := intstr.GetScaledValueFromIntOrPercent(bound, nodes, true)
	if err != nil {
		return 1 // the CRD admits no such value; one node is the careful reading of it
	}
	return max(1, v)
}

// finalize deletes all children and lets the NodeENI go once the API server
// itself, not a cache that may lag, says that none is left.
func (r *Reconciler) finalize(ctx context.Context, n *v1alpha1.NodeENI, s *state) (reconcile.Result, error) {
	if keepsChildren(n) {
		return reconcile.Result{}, r.letGo(ctx, n)
	}
	names := make([]string, 0, len(s.found))
	for _, e := range s.found {
		if controlledBy(orNil(s.interfaces[e.Name]), n.GetUID()) || controlledBy(orNil(s.attachments[e.Name]), n.GetUID()) {
			names = append(names, e.Name)
		}
	}
	// One condition a look: with two in turn neither would keep its time.
	deleting := xpv2.Deleting()
	if len(names) > 0 {
		deleting = deleting.WithMessage(fmt.Sprintf("%d network interfaces are being released", len(names)))
	}
	setConditions(n, deleting)
	if err := r.releaseAll(ctx, n, s, names); err != nil {
		setConditions(n, xpv2.ReconcileError(err))
		return reconcile.Result{}, err
	}
	n.Status.Desired = 0
	fillAttachments(n, s, r.now())
	if len(names) > 0 {
		setConditions(n, xpv2.ReconcileSuccess())
		return reconcile.Result{RequeueAfter: deletionPoll}, nil
	}
	left, err := r.left(ctx, n.GetName())
	if err != nil {
		return reconcile.Result{}, err
	}
	left = slices.DeleteFunc(left, func(o client.Object) bool { return !controlledBy(o, n.GetUID()) })
	if len(left) > 0 {
		return reconcile.Result{RequeueAfter: time.Second}, nil
	}
	return reconcile.Result{}, r.letGo(ctx, n)
}

// letGo takes the finalizer away, and forgets what is known of the children: their
// NodeENI's UID does not come again.
func (r *Reconciler) letGo(ctx context.Context, n *v1alpha1.NodeENI) error {
	r.good.keep(n.GetUID(), nil)
	b := n.DeepCopy()
	meta.RemoveFinalizer(n, v1alpha1.FinalizerNodeENI)
	err := r.client.Patch(ctx, n, client.MergeFromWithOptions(b, client.MergeFromWithOptimisticLock{}))
	return errors.Wrap(client.IgnoreNotFound(err), "cannot remove finalizer")
}

// writeStatus writes the status if it says anything new.
func (r *Reconciler) writeStatus(ctx context.Context, n *v1alpha1.NodeENI, before *v1alpha1.NodeENIStatus) error {
	if equality.Semantic.DeepEqual(*before, n.Status) || (meta.WasDeleted(n) && len(n.GetFinalizers()) == 0) {
		return nil
	}
	return errors.Wrap(client.IgnoreNotFound(r.client.Status().Update(ctx, n)), "cannot write status")
}
