package managedresource

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

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
	"github.com/nodeeni/provider-aws-eni/internal/controller/quiet"
)

// Guarded returns a connector whose clients do not repeat what EC2 has just
// refused, do not count a wait for EC2's request rate as a failure, and keep an
// even pace while a resource is being deleted. held returns what its deletion waits
// for, if that is not EC2.
func Guarded[T resource.Managed](inner managed.TypedExternalConnector[T], r *Refusals, held func(T) string) managed.TypedExternalConnector[T] {
	u := newUpdates()
	return managed.TypedExternalConnectorFn[T](func(ctx context.Context, mg T) (managed.TypedExternalClient[T], error) {
		c, err := inner.Connect(ctx, mg)
		if err != nil {
			return nil, err
		}
		return &guard[T]{inner: c, refusals: r, updates: u, held: held}, nil
	})
}

// guard stands between Crossplane's reconciler and a client.
type guard[T resource.Managed] struct {
	inner    managed.TypedExternalClient[T]
	refusals *Refusals
	updates  *updates
	held     func(T) string

	synced xpv2.Condition // as it was when the reconcile began
	diff   string         // between the spec and the external resource
}

// Observe observes and, where the step that would follow was refused a moment
// ago, answers with that refusal instead: its condition stays, and EC2 is not
// asked again before its time.
func (g *guard[T]) Observe(ctx context.Context, mg T) (managed.ExternalObservation, error) {
	if r, ok := g.refusals.get(mg, observing, ""); ok && time.Until(r.until) > 0 {
		wait(ctx, time.Until(r.until))
		return managed.ExternalObservation{}, heldBack(mg, r)
	}
	g.synced = mg.GetCondition(xpv2.TypeSynced)
	dropUnobserved(mg, g.synced)
	obs, err := g.inner.Observe(ctx, mg)
	if err != nil {
		return g.observeFailed(ctx, mg, err)
	}
	g.diff = obs.Diff
	if meta.WasDeleted(mg) && len(mg.GetFinalizers()) > 1 {
		wait(ctx, heldPoll) // the reconciler leaves it alone until others have let go
	}
	follows := next(mg, obs)
	switch follows {
	case creating:
		rememberUnanswered(mg)
	case updating:
		if d, tries := g.updates.settles(mg); d > 0 {
			wait(ctx, d)
			amend(ctx, unconfirmed(g.synced, tries, g.diff))
			obs.ResourceUpToDate = true
			return obs, nil
		}
	case deleting, none:
		g.updates.done(mg)
	case observing:
	}
	r, ok := g.refusals.next(mg, follows, g.depends())
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
	wait(ctx, time.Until(r.until))
	if failed := r.synced(mg); failed != nil {
		amend(ctx, *failed)
	}
	return managed.ExternalObservation{}, heldBack(mg, r)
}

// synced returns the condition Synced while a step that EC2 rejected is not repeated. The
// reconciler knows the rejection from Observe, and would call it a failed observation.
// It is nil if the reconciler's own condition is right.
func (r refusal) synced(mg resource.Managed) *xpv2.Condition {
	prefix := map[step]string{creating: "create failed", updating: "update failed", deleting: "delete failed"}[r.step]
	if prefix == "" {
		return nil
	}
	return new(xpv2.ReconcileError(errors.Wrap(r.err, prefix)).WithObservedGeneration(mg.GetGeneration()))
}

// dropUnobserved removes the condition Synced if it is of no generation, as it is while
// the first update is not confirmed. xpv2.Condition.Equal takes such a condition to be
// of any generation, and the reconciler would never replace it.
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

func (g *guard[T]) depends() string {
	if d, ok := g.inner.(Dependent); ok {
		return d.DependsOn()
	}
	return ""
}

// observeFailed makes of a failed look what its class asks for.
func (g *guard[T]) observeFailed(ctx context.Context, mg T, err error) (managed.ExternalObservation, error) {
	if misplaced(ctx, mg, err) {
		return managed.ExternalObservation{}, err
	}
	if awserr.IsOutage(err) {
		// Nothing wakes all objects at once when it is over.
		wait(ctx, spread(outageSpread))
		return managed.ExternalObservation{}, awserr.WithoutAction(err)
	}
	if after, ok := awserr.RetryAfter(err); ok {
		wait(ctx, after)
		return lookWaits(mg, after)
	}
	if !awserr.IsCallError(err) {
		return managed.ExternalObservation{}, err // Crossplane's own backoff will do
	}
	r := g.refusals.note(mg, observing, err, "")
	wait(ctx, r.wait)
	if r.verdict.Class == awserr.ClassThrottled {
		return lookWaits(mg, r.wait)
	}
	if !begun(mg) && !meta.WasDeleted(mg) {
		// It is because of this that there is nothing to be ready.
		mg.SetConditions(r.condition())
	}
	return managed.ExternalObservation{}, heldBack(mg, r)
}

// lookWaits is the answer to a look that has to wait for EC2's request rate.
func lookWaits(mg resource.Managed, after time.Duration) (managed.ExternalObservation, error) {
	if ready := mg.GetCondition(xpv2.TypeReady).Reason; after > noticeable && !meta.WasDeleted(mg) && (ready == "" || ready == networkingv1alpha1.ReasonEC2Throttled) {
		// Nobody has said anything about it yet.
		mg.SetConditions(throttled())
		return managed.ExternalObservation{ResourceExists: true, ResourceUpToDate: true}, nil
	}
	return managed.ExternalObservation{}, quietly(mg)
}

// begun says that there is, or may be, something that an object stands for. Of
// that its condition Ready tells what was seen last, while it cannot be seen.
func begun(mg resource.Managed) bool {
	ready := mg.GetCondition(xpv2.TypeReady)
	return meta.GetExternalName(mg) != "" || ready.Status == corev1.ConditionTrue || ready.Reason == xpv2.ReasonCreating
}

// heldBack returns the error for a step that is not tried now.
func heldBack(mg resource.Managed, r refusal) error {
	if r.verdict.Class == awserr.ClassThrottled || IsContradiction(r.err) {
		return quietly(mg)
	}
	return r.err
}

// Create creates. Why it could not is said in the Ready condition; that it has
// to wait for EC2's request rate is no failure.
func (g *guard[T]) Create(ctx context.Context, mg T) (managed.ExternalCreation, error) {
	ready, synced := mg.GetCondition(xpv2.TypeReady), mg.GetCondition(xpv2.TypeSynced)
	ctx, answers := ec2.WithCallRecord(ctx)
	out, err := g.inner.Create(ctx, mg)
	if err != nil && answers.OutcomeUnknown() {
		noteUnanswered(mg, time.Now())
	}
	out.AdditionalDetails = changeDetails(answers, err)
	if err == nil {
		out.AdditionalDetails[changelogs.DetailExternalName] = meta.GetExternalName(mg)
	}
	r, err := g.did(ctx, mg, creating, err)
	switch {
	case r == nil:
		return out, err
	case r.verdict.Class == awserr.ClassThrottled:
		if synced.Status == corev1.ConditionUnknown {
			ready, synced = throttled(), xpv2.ReconcileSuccess()
		}
		amend(ctx, ready, synced)
		return out, quietly(mg)
	case IsContradiction(r.err):
		// The next look settles most of them. One that lasts is spoken of.
		ready = xpv2.Creating()
		if r.tries > 1 {
			ready = r.condition()
		}
		amend(ctx, ready, xpv2.ReconcileSuccess())
		return out, quietly(mg)
	default:
		amend(ctx, r.condition())
		return out, err
	}
}

// Update updates. One that has to wait for its turn in the middle of several
// calls goes on at the next look.
func (g *guard[T]) Update(ctx context.Context, mg T) (managed.ExternalUpdate, error) {
	ctx, answers := ec2.WithCallRecord(ctx)
	out, err := g.inner.Update(ctx, mg)
	out.AdditionalDetails = changeDetails(answers, err)
	r, err := g.did(ctx, mg, updating, err)
	if r != nil && r.verdict.Class == awserr.ClassThrottled {
		return out, nil
	}
	if err == nil {
		// Synced is of the new generation when EC2 returns what it has accepted.
		wait(ctx, settlePoll)
		amend(ctx, unconfirmed(g.synced, g.updates.note(mg), g.diff))
	}
	return out, err
}

// Delete deletes. One that has to wait for its turn is asked for again, which
// is what the reconciler does with one that takes time.
func (g *guard[T]) Delete(ctx context.Context, mg T) (managed.ExternalDelete, error) {
	ctx, answers := ec2.WithCallRecord(ctx)
	out, err := g.inner.Delete(ctx, mg)
	out.AdditionalDetails = changeDetails(answers, err)
	if err == nil {
		if why := g.held(mg); why != "" {
			wait(ctx, heldPoll)
			amend(ctx, xpv2.Deleting().WithMessage(why))
		} else {
			wait(ctx, transitPoll)
		}
	}
	r, err := g.did(ctx, mg, deleting, err)
	if r != nil && (r.verdict.Class == awserr.ClassThrottled || IsContradiction(r.err)) {
		return out, nil
	}
	return out, err
}

// changeDetails returns the additional details of an operation for the change log: the
// mutating actions that were called, and the error before the guard replaces it.
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

// Disconnect disconnects.
func (g *guard[T]) Disconnect(ctx context.Context) error { return g.inner.Disconnect(ctx) }

// did remembers how a step ended. It returns what EC2 refused, if it did, and
// what the reconciler should see.
func (g *guard[T]) did(ctx context.Context, mg T, s step, err error) (*refusal, error) {
	if err == nil {
		g.refusals.forget(mg)
		return nil, nil
	}
	if awserr.IsOutage(err) {
		wait(ctx, spread(outageSpread))
		return nil, awserr.WithoutAction(err)
	}
	if after, ok := awserr.RetryAfter(err); ok {
		wait(ctx, after)
		return &refusal{verdict: awserr.Classify(err), err: err}, err
	}
	if !awserr.IsCallError(err) && !IsContradiction(err) {
		return nil, err
	}
	r := g.refusals.note(mg, s, err, g.depends())
	wait(ctx, r.wait)
	return &r, r.err
}

// next is the step that the reconciler takes after an observation.
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

// quietly returns an error for which Crossplane's reconciler writes nothing
// down and asks to be called again.
func quietly(mg resource.Managed) error {
	return kerrors.NewConflict(schema.GroupResource{}, mg.GetName(), errors.New("waiting for EC2"))
}

// noticeable is how long a wait has to be for an object to speak of it.
const noticeable = 5 * time.Second

// throttled returns a condition for an object that has none yet and whose turn
// is some time off.
func throttled() xpv2.Condition {
	return networkingv1alpha1.NotReady(networkingv1alpha1.ReasonEC2Throttled, "waiting for its turn: this provider uses only its share of EC2's request rate")
}

// condition says why there is no external resource.
func (r refusal) condition() xpv2.Condition {
	return networkingv1alpha1.NotReady(r.verdict.Reason, r.err.Error())
}

// amend has conditions written in place of what the reconciler says.
func amend(ctx context.Context, cs ...xpv2.Condition) {
	quiet.Amend(ctx, func(o client.Object) {
		if mg, ok := o.(resource.Managed); ok {
			mg.SetConditions(cs...)
		}
	})
}
