// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"cmp"
	"context"
	"fmt"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// external observes and changes one attachment.
type external struct {
	kube        client.Client
	uncached    client.Reader
	ec2         *ec2.Client
	cluster     string
	reserves    eni.Reserves
	now         func() time.Time
	detachRetry time.Duration
	stopwatch   *managedresource.Stopwatch
	attached    prometheus.Observer
	lost        *lostLinks

	// seen and target are the results of Observe. The other steps of the same reconcile
	// use them.
	seen   *ec2types.NetworkInterface
	target target
	// place is the client's account and region.
	place managedresource.ClientPlace
	// actor is this object as an actor of package eni.
	actor eni.Actor
	// released are the ENIs that a preview considers as released from their instances.
	released map[string]bool
}

// waiting returns the observation of an attachment that can only wait: no step follows, the
// condition has the cause, and an event or a poll triggers the next reconcile.
func waiting(late bool) managed.ExternalObservation {
	return managed.ExternalObservation{ResourceExists: true, ResourceUpToDate: true, ResourceLateInitialized: late}
}

// Observe finds the ENI and its attachment, and compares it with the desired one.
func (e *external) Observe(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (managed.ExternalObservation, error) {
	e.place = managedresource.PlaceOf(ctx, e.ec2)
	recorded := managedresource.RecordedPlace(mg, ec2.Place{AccountID: mg.Status.AtProvider.AccountID, Region: mg.Status.AtProvider.Region})
	if err := e.place.CheckKnown(recorded); err != nil {
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
		if !managedresource.Allows(mg, xpv2.ManagementActionCreate) {
			return notAttached(mg, "the annotation "+meta.AnnotationKeyExternalName+" names no attachment", late), nil
		}
		mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonWaitingForNetworkInterface, "the network interface does not exist yet"))
		return waiting(late), nil
	}
	lostAt, lost := e.lost.recent(client.ObjectKeyFromObject(mg))
	if lost {
		e.ec2.ChangedAt(cmp.Or(id, mg.Status.AtProvider.NetworkInterfaceID), lostAt)
	}
	if err := e.find(ctx, mg, id); err != nil {
		return managed.ExternalObservation{}, err
	}
	if e.seen != nil {
		e.place.AccountID = cmp.Or(e.place.AccountID, ptr.Deref(e.seen.OwnerId, ""))
	}
	if err := e.place.Check(recorded); err != nil {
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
	if e.actor, err = managedresource.AttachmentActor(ctx, e.kube, e.uncached, e.cluster, mg, eniview.Tags(e.seen.TagSet)); err != nil {
		return managed.ExternalObservation{}, err
	}
	refused := eni.CheckOwner(e.actor, eniview.Interface(e.seen))
	a := e.seen.Attachment
	if a == nil || a.Status != ec2types.AttachmentStatusAttached {
		removeHostReady(mg)
	}
	switch {
	case refused != nil:
		return e.observeForeign(mg, refused, late), nil
	case a == nil || a.Status == ec2types.AttachmentStatusDetached:
		return e.observeDetached(ctx, mg, late)
	case !e.ours(mg, a):
		return e.observeElsewhere(ctx, mg, late), nil
	default:
		if lost {
			managedresource.RequeueAfter(ctx, e.lost.requeueAfter(lostAt))
		}
		return e.observeAttached(ctx, mg, late)
	}
}

// observeDetached decides whether the ENI can be attached now.
func (e *external) observeDetached(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, late bool) (managed.ExternalObservation, error) {
	if e.notVisibleYet(ctx, mg) {
		mg.SetConditions(xpv2.Creating())
		return waiting(late), nil
	}
	if meta.WasDeleted(mg) {
		return managed.ExternalObservation{}, nil
	}
	if !managedresource.Allows(mg, xpv2.ManagementActionCreate) {
		mg.Status.AtProvider = e.observation(ctx, mg)
		return notAttached(mg, "network interface "+mg.Status.AtProvider.NetworkInterfaceID+" is not attached", late), nil
	}
	detached := mg.Status.AtProvider.AttachmentID != ""
	mg.Status.AtProvider = e.observation(ctx, mg)
	if c, ok := e.cannotAttach(); ok {
		mg.SetConditions(c)
		return waiting(late), nil
	}
	slot, _, err := e.slot(ctx, mg)
	if err != nil {
		return managed.ExternalObservation{}, err
	}
	if c, ok := noSlot(mg, e.target, slot); ok {
		mg.SetConditions(c)
		return waiting(late), nil
	}
	if detached {
		mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonDetached, "the network interface was detached outside of this object and is being attached again"))
	}
	if err := managedresource.Reserve(ctx, e.ec2, mg, xpv2.ManagementActionCreate, ec2.ActionAttach); err != nil {
		return managed.ExternalObservation{}, err
	}
	managedresource.RecordCreate(mg, e.place.Place)
	return managed.ExternalObservation{}, nil
}

// notAttached observes an attachment that does not exist, and that the management policies
// do not allow to create.
func notAttached(mg *v1alpha1.NetworkInterfaceAttachment, missing string, late bool) managed.ExternalObservation {
	mg.SetConditions(managedresource.CreateNotAllowed(missing,
		"attach it outside of this object, and set the annotation "+meta.AnnotationKeyExternalName+" to the id of the attachment or of the network interface"))
	if managedresource.ObserveOnly(mg) {
		return managed.ExternalObservation{} // the reconciler sets Synced to false
	}
	return waiting(late)
}

func (e *external) observeAttached(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, late bool) (managed.ExternalObservation, error) {
	a := e.seen.Attachment
	e.ec2.ConfirmAttachment(ptr.Deref(a.InstanceId, ""), ptr.Deref(e.seen.NetworkInterfaceId, ""))
	managedresource.CreatedWithin(mg, e.ec2.Timings().UsuallyVisibleWithin, e.stopwatch) // starts the measurement: it may be detached later
	if a.Status == ec2types.AttachmentStatusAttaching && !meta.WasDeleted(mg) && mg.Status.AtProvider.AttachmentID == "" {
		// Save the status update until the ENI is attached.
		mg.SetConditions(readiness(mg, a))
		return waiting(false), nil
	}
	drifts := !managedresource.ObserveOnly(mg) && !meta.WasDeleted(mg) && deleteOnTerminationDrifts(mg, a)
	if id := ptr.Deref(a.AttachmentId, ""); drifts || meta.WasDeleted(mg) || meta.GetExternalName(mg) != id {
		o, err := e.otherOwner(ctx, mg, id)
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
		if err := managedresource.SaveExternalName(ctx, e.kube, mg); err != nil {
			return managed.ExternalObservation{}, err
		}
		late = true
	}
	if managedresource.Allows(mg, xpv2.ManagementActionLateInitialize) {
		late = lateInitialize(mg, a, ptr.Deref(e.seen.NetworkInterfaceId, "")) || late
	}
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
	if !managedresource.ObserveOnly(mg) {
		recordApplied(mg, a)
	}
	mg.SetConditions(readiness(mg, a))
	if err := e.setHostReady(ctx, mg); err != nil {
		return managed.ExternalObservation{}, err
	}
	obs := waiting(late)
	obs.ResourceUpToDate = !drifts
	obs.ConnectionDetails = connectionDetails(mg)
	if !obs.ResourceUpToDate {
		obs.Diff = "deleteOnTermination"
		return obs, managedresource.Reserve(ctx, e.ec2, mg, xpv2.ManagementActionUpdate, ec2.ActionModify)
	}
	return obs, nil
}

// DependsOn returns the inputs of EC2's validation of an attachment besides its
// parameters: the ENI's type and addresses, and the instance's type and state.
func (e *external) DependsOn() string {
	if e.seen == nil {
		return ""
	}
	i := e.target.instance
	return fmt.Sprintf("%s %d/%d/%d/%d %s %s %s", e.seen.InterfaceType, len(e.seen.PrivateIpAddresses), len(e.seen.Ipv6Addresses), len(e.seen.Ipv4Prefixes), len(e.seen.Ipv6Prefixes), i.ID, i.Type, i.State)
}

// Disconnect does nothing: the client is shared.
func (e *external) Disconnect(context.Context) error { return nil }
