package networkinterfaceattachment

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// visibleWithin is how long EC2's describe actions may deny what it has just
// done.
const (
	visibleWithin = time.Minute
	shownSoon     = 10 * time.Second // in practice
)

// external observes and changes one attachment.
type external struct {
	kube        client.Client
	uncached    client.Reader
	ec2         *ec2.Client
	cluster     string
	now         func() time.Time
	detachRetry time.Duration
	stopwatch   *managedresource.Stopwatch
	attached    prometheus.Observer

	// seen and target are what Observe found; the other steps of one
	// reconcile use them.
	seen   *ec2types.NetworkInterface
	target target
	// place is what the client reaches, and placeErr why its account is not known.
	place    ec2.Place
	placeErr error
	// actor is the object as the gate in package eni knows it.
	actor eni.Actor
}

// quiet is the answer for an attachment that can only wait: it is as far as it
// can be, its condition says for what it waits, and an event or a poll wakes it.
func quiet(late bool) managed.ExternalObservation {
	return managed.ExternalObservation{ResourceExists: true, ResourceUpToDate: true, ResourceLateInitialized: late}
}

// Observe finds the ENI and where it is attached, and compares that with where it
// should be attached.
func (e *external) Observe(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (managed.ExternalObservation, error) {
	e.place, e.placeErr = e.ec2.Place(ctx)
	if err := e.checkPlace(mg, true); err != nil {
		return managed.ExternalObservation{}, err
	}
	id, late, err := e.networkInterfaceID(ctx, mg)
	if err != nil {
		return managed.ExternalObservation{}, err
	}
	if id == "" && meta.GetExternalName(mg) == "" {
		if meta.WasDeleted(mg) {
			return managed.ExternalObservation{}, nil
		}
		mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonWaitingForNetworkInterface, "the network interface does not exist yet"))
		return quiet(late), nil
	}
	if err := e.find(ctx, mg, id); err != nil {
		return managed.ExternalObservation{}, err
	}
	if e.seen != nil {
		e.place.AccountID = cmp.Or(e.place.AccountID, ptr.Deref(e.seen.OwnerId, ""))
	}
	if err := e.checkPlace(mg, false); err != nil {
		if over, oerr := e.isOver(ctx, mg, id); !managedresource.IsAccountUnknown(err) || !over || oerr != nil {
			return managed.ExternalObservation{}, err
		}
	}
	if e.seen == nil {
		return e.observeMissing(ctx, mg, id, late)
	}
	if e.target, err = e.resolveTarget(ctx, mg); err != nil {
		return managed.ExternalObservation{}, err
	}
	if e.actor, err = managedresource.AttachmentActor(ctx, e.kube, e.uncached, e.cluster, mg, ec2.Tags(e.seen.TagSet)); err != nil {
		return managed.ExternalObservation{}, err
	}
	refused := eni.CheckOwner(e.actor, ec2.InterfaceOf(e.seen))
	a := e.seen.Attachment
	switch {
	case refused != nil:
		return e.observeForeign(mg, refused, late), nil
	case a == nil || a.Status == ec2types.AttachmentStatusDetached:
		return e.observeDetached(ctx, mg, late)
	case !e.ours(mg, a):
		return e.observeElsewhere(ctx, mg, late), nil
	default:
		return e.observeAttached(ctx, mg, late)
	}
}

// checkPlace returns an error unless the client reaches where the object was
// created. Before the ENI has been looked for its owner may still prove the
// account, if STS does not.
func (e *external) checkPlace(mg *v1alpha1.NetworkInterfaceAttachment, unknownAccount bool) error {
	actual := e.place
	recorded := managedresource.RecordedPlace(mg, ec2.Place{AccountID: mg.Status.AtProvider.AccountID, Region: mg.Status.AtProvider.Region})
	if unknownAccount && actual.AccountID == "" {
		actual.AccountID = recorded.AccountID
	}
	return managedresource.CheckPlace(recorded, actual, e.placeErr)
}

// observeForeign observes an ENI that this object must neither attach nor detach.
func (e *external) observeForeign(mg *v1alpha1.NetworkInterfaceAttachment, refused *eni.RefusalError, late bool) managed.ExternalObservation {
	if meta.WasDeleted(mg) && !refused.Protected {
		return managed.ExternalObservation{} // nothing of this object's exists
	}
	if !observeOnly(mg) {
		mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonNotOurs, refused.Error()+": it is neither attached nor detached"))
	}
	return quiet(late)
}

// find looks the ENI up by its id or, for an import, by the attachment's.
func (e *external) find(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, id string) error {
	name := meta.GetExternalName(mg)
	var err error
	switch {
	case id != "":
		e.seen, err = e.ec2.NetworkInterface(ctx, id)
	case strings.HasPrefix(name, "eni-attach-"):
		e.seen, err = e.ec2.NetworkInterfaceOfAttachment(ctx, name)
	case strings.HasPrefix(name, "eni-"):
		// Easier to come by than the attachment's id, and as good.
		e.seen, err = e.ec2.NetworkInterface(ctx, name)
	default:
		err = errors.Errorf("annotation %s is %q: it must be the id of an attachment, eni-attach-…, or of an ENI, eni-…", meta.AnnotationKeyExternalName, name)
	}
	return err
}

// observeMissing observes an attachment whose ENI EC2 did not return. An ENI that
// this object has attached is taken for deleted only on proof.
func (e *external) observeMissing(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, id string, late bool) (managed.ExternalObservation, error) {
	at := mg.Status.AtProvider
	if observeOnly(mg) {
		return managed.ExternalObservation{}, nil
	}
	if at.AttachmentID != "" || (meta.WasDeleted(mg) && meta.GetExternalName(mg) != "") {
		id = cmp.Or(id, at.NetworkInterfaceID, meta.GetExternalName(mg))
		done, err := e.absent(ctx, mg, id)
		if !done || err != nil {
			return quiet(late), err
		}
	}
	if meta.WasDeleted(mg) {
		return managed.ExternalObservation{}, nil
	}
	mg.Status.AtProvider = v1alpha1.NetworkInterfaceAttachmentObservation{AccountID: at.AccountID, Region: at.Region}
	mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonWaitingForNetworkInterface, "network interface "+id+" does not exist in EC2"))
	return quiet(late), nil
}

// isOver reports whether the ENI of an attachment that is being deleted is known to
// be deleted, without another answer of EC2.
func (e *external) isOver(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, id string) (bool, error) {
	if e.seen != nil || !meta.WasDeleted(mg) {
		return false, nil
	}
	id = cmp.Or(id, mg.Status.AtProvider.NetworkInterfaceID, meta.GetExternalName(mg))
	if managedresource.ConfirmedDeleted(mg, id) {
		return true, nil
	}
	return e.deletedByObject(ctx, mg, id)
}

// absent reports whether the deletion of an ENI that EC2 did not return is proven.
// If not, it sets the condition that explains why.
func (e *external) absent(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, id string) (bool, error) {
	at := mg.Status.AtProvider
	if managedresource.ConfirmedDeleted(mg, id) {
		return true, nil
	}
	if at.InstanceID != "" && ptr.Deref(at.DeleteOnTermination, false) {
		i, err := e.ec2.InstanceFresh(ctx, at.InstanceID)
		if err != nil || i.Terminated() {
			return err == nil, err
		}
	}
	deleted, err := e.deletedByObject(ctx, mg, id)
	if err != nil || deleted {
		return deleted, err
	}
	if !strings.HasPrefix(id, "eni-") || strings.HasPrefix(id, "eni-attach-") {
		// Imported by an attachment's id and never observed: no ENI is known whose
		// absence could be confirmed, and nothing was attached by this object.
		return true, nil
	}
	a, err := e.ec2.FateOfNetworkInterface(ctx, id, at.SubnetID)
	if err != nil || a.Fate == eni.FateDeleted {
		return err == nil, err
	}
	managedresource.SetMissing(ctx, mg, "network interface", id, e.place, a)
	return false, nil
}

// deletedByObject reports whether EC2 accepted the deletion of an ENI from the
// NetworkInterface that the attachment refers to.
func (e *external) deletedByObject(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, id string) (bool, error) {
	if mg.Spec.ForProvider.NetworkInterfaceRef == nil {
		return false, nil
	}
	n := &v1alpha1.NetworkInterface{}
	if err := e.kube.Get(ctx, refKey(mg), n); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	at := n.Status.AtProvider
	return at.ID == id && at.DeleteAcceptedTime != nil, nil
}

// notShownYet says that what was attached a moment ago may not be shown yet. An
// object on its way out waits for it, as it would be left behind; another need
// not attach a second time.
func (e *external) notShownYet(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) bool {
	name := meta.GetExternalName(mg)
	if shown := mg.Status.AtProvider.AttachmentID; shown != "" && shown == name && !managedresource.MayAppear(mg, visibleWithin, e.stopwatch) {
		return false // it was shown, and is over; the status may be of one before
	}
	if !meta.WasDeleted(mg) {
		return name != "" && managedresource.CreatedWithin(mg, shownSoon, e.stopwatch)
	}
	if mg.Status.AtProvider.DetachRequestTime != nil {
		return false // what the last create attached was found, and is detached
	}
	if !managedresource.CreatedWithin(mg, visibleWithin, e.stopwatch) && !managedresource.MayAppear(mg, visibleWithin, e.stopwatch) {
		return false
	}
	if e.target.instance.ID == "" {
		return true
	}
	// The attachment to a terminated instance is never shown.
	i, err := e.ec2.InstanceFresh(ctx, e.target.instance.ID)
	return err != nil || !i.Terminated()
}

// observeDetached decides whether the ENI can be attached now.
func (e *external) observeDetached(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, late bool) (managed.ExternalObservation, error) {
	if e.notShownYet(ctx, mg) {
		mg.SetConditions(xpv2.Creating())
		return quiet(late), nil
	}
	if meta.WasDeleted(mg) || observeOnly(mg) {
		return managed.ExternalObservation{}, nil
	}
	detached := mg.Status.AtProvider.AttachmentID != ""
	mg.Status.AtProvider = e.observation(ctx, mg)
	if c, ok := e.cannotAttach(); ok {
		mg.SetConditions(c)
		return quiet(late), nil
	}
	slot, _, err := e.slot(ctx, mg)
	if err != nil {
		return managed.ExternalObservation{}, err
	}
	if c, ok := noSlot(mg, e.target, slot); ok {
		mg.SetConditions(c)
		return quiet(late), nil
	}
	if detached {
		mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonDetached, "the network interface was detached by somebody else and is being attached again"))
	}
	if err := e.pay(ctx, mg, xpv2.ManagementActionCreate, ec2.ActionAttach); err != nil {
		return managed.ExternalObservation{}, err
	}
	managedresource.RecordCreate(mg, e.place)
	return managed.ExternalObservation{}, nil
}

// pay takes a token for a call of the step that follows, if that will be taken.
func (e *external) pay(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, step xpv2.ManagementAction, action string) error {
	if !managedresource.Allows(mg, step) {
		return nil
	}
	return e.ec2.Pay(ctx, action)
}

// observeElsewhere leaves an attachment alone that this object did not make.
func (e *external) observeElsewhere(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, late bool) managed.ExternalObservation {
	if meta.WasDeleted(mg) {
		return managed.ExternalObservation{}
	}
	a := e.seen.Attachment
	id, instance := ptr.Deref(e.seen.NetworkInterfaceId, ""), ptr.Deref(a.InstanceId, "")
	mg.Status.AtProvider.Status = ""
	mg.Status.AtProvider.AttachmentID = ""
	if instance != "" && instance == e.target.instance.ID {
		attachment := ptr.Deref(a.AttachmentId, "")
		mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonNotOurs,
			"network interface "+id+" is attached to "+e.target.String()+" already, by attachment "+attachment+
				" that this object did not make, and is left alone: to adopt the attachment set the annotation "+meta.AnnotationKeyExternalName+"="+attachment))
		return quiet(late)
	}
	if i, err := e.ec2.Instance(ctx, e.target.instance.ID); err == nil && i.Terminated() {
		e.target.instance = i
		c, _ := e.cannotAttach()
		mg.SetConditions(c)
		return quiet(late)
	}
	mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonAttachedElsewhere,
		"network interface "+id+" is attached to instance "+instance+
			", not to "+e.target.String()+", and is left alone: detach it there and it is attached here"))
	return quiet(late)
}

// contestant returns another NetworkInterfaceAttachment that made or imported the
// same attachment before this one, or nil. It belongs to the object whose status
// records it: an import that comes later does not win by its age. Of several such
// objects, or of none, the oldest owns it. An object that only observes owns nothing. An external
// name proves nothing across namespaces: where the ENI has an owner, only objects of
// its namespace count, and this object is one of them.
func (e *external) contestant(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, attachmentID string) (*v1alpha1.NetworkInterfaceAttachment, error) {
	l := &v1alpha1.NetworkInterfaceAttachmentList{}
	if err := e.kube.List(ctx, l, client.MatchingFields{IndexExternalName: attachmentID}); err != nil {
		return nil, errors.Wrapf(err, "cannot list the NetworkInterfaceAttachments with external name %q", attachmentID)
	}
	owned := ec2.Tags(e.seen.TagSet)[eni.TagUID] != ""
	records := func(o *v1alpha1.NetworkInterfaceAttachment) bool {
		return o.Status.AtProvider.AttachmentID == attachmentID
	}
	for i := range l.Items {
		o := &l.Items[i]
		if o.GetUID() == mg.GetUID() || (owned && o.GetNamespace() != mg.GetNamespace()) || onlyObserves(o) {
			continue
		}
		if records(o) != records(mg) {
			if records(o) {
				return o, nil
			}
			continue
		}
		older := o.GetCreationTimestamp().Compare(mg.GetCreationTimestamp().Time)
		if older < 0 || (older == 0 && o.GetUID() < mg.GetUID()) {
			return o, nil
		}
	}
	return nil, nil
}

// onlyObserves reports whether an attachment's management policies allow neither to
// update nor to delete.
func onlyObserves(a *v1alpha1.NetworkInterfaceAttachment) bool {
	return !managedresource.Allows(a, xpv2.ManagementActionUpdate) && !managedresource.Allows(a, xpv2.ManagementActionDelete)
}

func (e *external) observeAttached(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, late bool) (managed.ExternalObservation, error) {
	a := e.seen.Attachment
	e.ec2.NoteShown(ptr.Deref(a.InstanceId, ""), ptr.Deref(e.seen.NetworkInterfaceId, ""))
	managedresource.CreatedWithin(mg, shownSoon, e.stopwatch) // counts from now: it may be detached later
	if a.Status == ec2types.AttachmentStatusAttaching && !meta.WasDeleted(mg) && mg.Status.AtProvider.AttachmentID == "" {
		// Nothing is worth a write until the attachment stands.
		mg.SetConditions(readiness(mg, a))
		return quiet(false), nil
	}
	drifts := !observeOnly(mg) && !meta.WasDeleted(mg) && deleteOnTerminationDrifts(mg, a)
	if id := ptr.Deref(a.AttachmentId, ""); drifts || meta.WasDeleted(mg) || meta.GetExternalName(mg) != id {
		o, err := e.contestant(ctx, mg, id)
		if err != nil {
			return managed.ExternalObservation{}, err
		}
		if o != nil {
			return e.observeForeign(mg, eni.Contested(id, o.GetNamespace(), o.GetName()), late), nil
		}
	}
	e.actor.AttachmentID = ptr.Deref(a.AttachmentId, "")
	if id := ptr.Deref(a.AttachmentId, ""); meta.GetExternalName(mg) != id && !meta.WasDeleted(mg) {
		meta.SetExternalName(mg, id)
		managedresource.Answered(mg, e.now())
		late = true
	}
	late = lateInitialize(mg, a) || late
	if firstAttached(mg, a) {
		e.attached.Observe(attachSeconds(mg, e.now()))
	}
	requested, forced := mg.Status.AtProvider.DetachRequestTime, mg.Status.AtProvider.DetachForceTime
	mg.Status.AtProvider = e.observation(ctx, mg)
	if at := &mg.Status.AtProvider; at.Region == "" {
		at.AccountID, at.Region = e.place.AccountID, e.place.Region
	}
	if meta.WasDeleted(mg) {
		mg.Status.AtProvider.DetachRequestTime, mg.Status.AtProvider.DetachForceTime = requested, forced
	}
	if !observeOnly(mg) {
		recordApplied(mg, a)
	}
	mg.SetConditions(readiness(mg, a))
	obs := quiet(late)
	obs.ResourceUpToDate = !drifts
	if !obs.ResourceUpToDate {
		obs.Diff = "deleteOnTermination"
		return obs, e.pay(ctx, mg, xpv2.ManagementActionUpdate, ec2.ActionModify)
	}
	return obs, nil
}

// Create attaches the ENI. It does not wait for EC2.
func (e *external) Create(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (managed.ExternalCreation, error) {
	if e.seen == nil || e.target.instance.ID == "" {
		return managed.ExternalCreation{}, errors.New("cannot attach: the network interface or the instance is not known")
	}
	attaching, err := e.permit(eni.ActionAttach)
	if err != nil {
		return managed.ExternalCreation{}, err
	}
	unlock, err := e.ec2.LockInstance(ctx, e.target.instance.ID)
	if err != nil {
		return managed.ExternalCreation{}, errors.Wrapf(err, "cannot attach to instance %q while others are being attached", e.target.instance.ID)
	}
	defer unlock()

	slot, there, err := e.slot(ctx, mg)
	if err != nil {
		return managed.ExternalCreation{}, err
	}
	// Another program may take the index between the look and the call; each
	// refusal teaches one taken index.
	const tries = 5
	refused := func(err error) error {
		return errors.Wrapf(awserr.Clean(err), "cannot attach network interface %q to instance %q at device index %d",
			ptr.Deref(e.seen.NetworkInterfaceId, ""), e.target.instance.ID, slot.DeviceIndex)
	}
	var last error
	for try := 1; ; try++ {
		if c, ok := noSlot(mg, e.target, slot); ok {
			// Others have had the last place since Observe looked, or only refusals
			// have taught it. The next one sees it, and says so in a condition.
			return managed.ExternalCreation{}, cmp.Or(last, managedresource.StaleObservation(errors.New(c.Message)))
		}
		out, err := attaching.AttachNetworkInterface(ctx, attachInput(mg, e.seen, e.target, slot.DeviceIndex))
		switch {
		case err == nil:
			meta.SetExternalName(mg, ptr.Deref(out.AttachmentId, ""))
			return managed.ExternalCreation{}, nil
		case awserr.IsInUse(err):
			return managed.ExternalCreation{}, managedresource.StaleObservation(refused(err)) // attached since Observe looked; the next one sees where
		case awserr.IsIndexTaken(err) && try < tries:
			last = managedresource.StaleObservation(refused(err))
			there = append(there, eni.Occupant{NetworkCardIndex: ptr.Deref(mg.Spec.ForProvider.NetworkCardIndex, 0), DeviceIndex: slot.DeviceIndex, NetworkInterfaceID: "another"})
			if slot, err = e.freeSlot(ctx, mg, there); err != nil {
				return managed.ExternalCreation{}, err
			}
		default:
			return managed.ExternalCreation{}, refused(err)
		}
	}
}

// Update corrects deleteOnTermination, all that EC2 lets be changed.
func (e *external) Update(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (managed.ExternalUpdate, error) {
	if e.seen == nil || e.seen.Attachment == nil || !deleteOnTerminationDrifts(mg, e.seen.Attachment) {
		return managed.ExternalUpdate{}, nil
	}
	id := ptr.Deref(e.seen.NetworkInterfaceId, "")
	changing, err := e.permit(eni.ActionModifyAttachment)
	if err != nil {
		return managed.ExternalUpdate{}, err
	}
	_, err = changing.ModifyNetworkInterfaceAttribute(ctx, &awsec2.ModifyNetworkInterfaceAttributeInput{
		NetworkInterfaceId: &id,
		Attachment:         &ec2types.NetworkInterfaceAttachmentChanges{AttachmentId: e.seen.Attachment.AttachmentId, DeleteOnTermination: deleteOnTermination(mg)},
	})
	if err != nil {
		return managed.ExternalUpdate{}, errors.Wrapf(awserr.Clean(err), "cannot set deleteOnTermination of network interface %q", id)
	}
	mg.Status.AtProvider.DeleteOnTermination = deleteOnTermination(mg)
	return managed.ExternalUpdate{}, nil
}

// permit returns the mutations that the gate allows on the observed ENI.
func (e *external) permit(a eni.Action) (ec2.Mutations, error) {
	p, refused := eni.Allow(e.actor, a, ec2.InterfaceOf(e.seen))
	if refused != nil {
		return nil, errors.Wrapf(refused, "cannot %s network interface %q", a, ptr.Deref(e.seen.NetworkInterfaceId, ""))
	}
	return e.ec2.Mutate(p), nil
}

// Delete requests a detach and, where the policy says so, forces one that does
// not end. It is only called once no other controller holds the object.
func (e *external) Delete(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (managed.ExternalDelete, error) {
	if e.seen == nil || e.seen.Attachment == nil {
		return managed.ExternalDelete{}, nil
	}
	a := e.seen.Attachment
	if refused := eni.Protected(ec2.InterfaceOf(e.seen)); refused != nil {
		return managed.ExternalDelete{}, errors.Wrap(refused, "cannot detach; to drop this object and keep the attachment, remove Delete from spec.managementPolicies")
	}
	detaching, err := e.permit(eni.ActionDetach)
	if err != nil {
		return managed.ExternalDelete{}, err
	}
	ask, force := detachDecision(mg.Spec.ForProvider.DetachPolicy, e.detachState(mg, a))
	if !ask {
		return managed.ExternalDelete{}, nil
	}
	if err := e.ec2.Pay(ctx, ec2.ActionDetach); err != nil {
		return managed.ExternalDelete{}, err
	}
	in := &awsec2.DetachNetworkInterfaceInput{AttachmentId: a.AttachmentId}
	if force {
		in.Force = &force
	}
	_, err = detaching.DetachNetworkInterface(ctx, in)
	switch {
	case err == nil:
		if mg.Status.AtProvider.DetachRequestTime == nil {
			mg.Status.AtProvider.DetachRequestTime = &metav1.Time{Time: e.now().UTC().Truncate(time.Second)}
		}
		if force {
			mg.Status.AtProvider.DetachForceTime = &metav1.Time{Time: e.now().UTC().Truncate(time.Second)}
		}
		return managed.ExternalDelete{}, nil
	case awserr.IsNotFound(err):
		return managed.ExternalDelete{}, nil // detached
	case awserr.IsIncorrectState(err):
		return managed.ExternalDelete{}, managedresource.StaleObservation(err) // on its way
	default:
		return managed.ExternalDelete{}, errors.Wrapf(awserr.Clean(err), "cannot detach network interface %q from instance %q",
			ptr.Deref(e.seen.NetworkInterfaceId, ""), ptr.Deref(a.InstanceId, ""))
	}
}

// detachState returns how far a detach is. How long ago it was requested is measured
// by this process's monotonic clock: a clock that is set, or another replica's that
// differs, forces nothing.
func (e *external) detachState(mg *v1alpha1.NetworkInterfaceAttachment, a *ec2types.NetworkInterfaceAttachment) detachState {
	s := detachState{status: a.Status, forced: mg.Status.AtProvider.DetachForceTime != nil, retry: e.detachRetry}
	if r := mg.Status.AtProvider.DetachRequestTime; r != nil {
		s.requested = true
		s.elapsed = e.stopwatch.Unchanged(string(mg.GetUID()), r.UTC().Format(time.RFC3339))
	}
	return s
}

// DependsOn returns what EC2 judges an attachment by beside its own parameters: the
// ENI's kind and addresses, and the instance's type and state.
func (e *external) DependsOn() string {
	if e.seen == nil {
		return ""
	}
	i := e.target.instance
	return fmt.Sprintf("%s %d/%d/%d/%d %s %s %s", e.seen.InterfaceType, len(e.seen.PrivateIpAddresses), len(e.seen.Ipv6Addresses), len(e.seen.Ipv4Prefixes), len(e.seen.Ipv6Prefixes), i.ID, i.Type, i.State)
}

// Disconnect does nothing: the client is shared.
func (e *external) Disconnect(context.Context) error { return nil }
