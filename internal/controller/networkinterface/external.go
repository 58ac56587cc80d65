// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
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

// external observes and changes one ENI.
type external struct {
	kube     client.Client
	cached   client.Reader
	uncached client.Reader
	ec2      *ec2.Client
	cluster  string
	reserves eni.Reserves
	// stopwatch measures how long creates have been recorded.
	stopwatch *managedresource.Stopwatch
	creations *creations

	// seen is the ENI that Observe found. The other steps of the same reconcile use it.
	seen *ec2types.NetworkInterface
	// fresh is the ENI as observed before a change of its Elastic IP, nil before.
	fresh  *eni.Interface
	wanted wanted
	// place is the client's account and region.
	place managedresource.ClientPlace
	// actor is this object as an actor of package eni.
	actor eni.Actor
	// unrecorded is true if tags or fields to set are not recorded in the status yet.
	unrecorded bool
	// subnet is the subnet of the observed ENI, nil if EC2 does not return it.
	seenSubnet *ec2.Subnet
	// released are the ENIs that a preview considers as released from their instances.
	released map[string]bool
}

// recordedPlace returns the account and region of the ENI or, if it was not created yet, of the NodeENI. An
// object without an ENI can be deleted with any credentials.
func (e *external) recordedPlace(ctx context.Context, mg *v1alpha1.NetworkInterface) (ec2.Place, error) {
	recorded := managedresource.RecordedPlace(mg, ec2.Place{AccountID: mg.Status.AtProvider.AccountID, Region: mg.Status.AtProvider.Region})
	if recorded != (ec2.Place{}) || meta.WasDeleted(mg) {
		return recorded, nil
	}
	return managedresource.NodeENIPlace(ctx, e.cached, mg)
}

// Observe finds the ENI by its id or, if the id may not have been recorded, by its
// ownership tag, and compares it with the desired state.
func (e *external) Observe(ctx context.Context, mg *v1alpha1.NetworkInterface) (managed.ExternalObservation, error) {
	e.place = managedresource.PlaceOf(ctx, e.ec2)
	recorded, err := e.recordedPlace(ctx, mg)
	if err != nil {
		return managed.ExternalObservation{}, err
	}
	if err := e.place.CheckKnown(recorded); err != nil {
		return managed.ExternalObservation{}, err
	}
	found, err := e.find(ctx, mg)
	if err != nil {
		return managed.ExternalObservation{}, err
	}
	if found == nil {
		if err := e.place.Check(recorded); err != nil && (!managedresource.IsAccountUnknown(err) || !e.isOver(mg)) {
			return managed.ExternalObservation{}, err
		}
		return e.observeMissing(ctx, mg)
	}
	e.place.AccountID = cmp.Or(e.place.AccountID, ptr.Deref(found.OwnerId, ""))
	if err := e.place.Check(recorded); err != nil {
		return managed.ExternalObservation{}, err
	}
	e.seen = found
	if readiness(found).Reason == xpv2.ReasonCreating && !meta.WasDeleted(mg) && meta.GetExternalName(mg) == ptr.Deref(found.NetworkInterfaceId, "") {
		// Save the status update until EC2 has created the ENI.
		mg.SetConditions(readiness(found))
		return managed.ExternalObservation{ResourceExists: true, ResourceUpToDate: true}, nil
	}
	if err := e.identify(ctx, mg); err != nil {
		return managed.ExternalObservation{}, err
	}
	if refused := eni.CheckOwner(e.actor, eniview.Interface(found)); refused != nil {
		return e.observeForeign(ctx, mg, refused)
	}
	return e.observeOwn(ctx, mg)
}

// identify sets the actor for the observed ENI.
func (e *external) identify(ctx context.Context, mg *v1alpha1.NetworkInterface) error {
	tags := eniview.Tags(e.seen.TagSet)
	e.actor = eni.Actor{
		Cluster: e.cluster, Namespace: mg.GetNamespace(), Name: mg.GetName(),
		UID: string(mg.GetUID()), Adopts: meta.GetExternalName(mg), SubnetID: string(ptr.Deref(mg.Spec.ForProvider.SubnetID, "")),
	}
	if uid := tags[eni.TagUID]; uid == "" || uid == e.actor.UID {
		return nil
	}
	var err error
	e.actor.Owner, err = managedresource.OwnerOf(ctx, e.cached, e.uncached, tags)
	return err
}

// observeForeign observes an ENI that this object must not change.
func (e *external) observeForeign(ctx context.Context, mg *v1alpha1.NetworkInterface, refused *eni.RefusalError) (managed.ExternalObservation, error) {
	if meta.WasDeleted(mg) && !refused.Protected {
		return managed.ExternalObservation{}, nil // this object has no external resource
	}
	if err := e.record(ctx, mg); err != nil {
		return managed.ExternalObservation{}, err
	}
	if !managedresource.ObserveOnly(mg) {
		mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonNotOurs, refused.Error()+" and is only observed"))
	}
	return managed.ExternalObservation{ResourceExists: true, ResourceUpToDate: true, ConnectionDetails: connectionDetails(mg)}, nil
}

// record writes the observed state to the status.
func (e *external) record(ctx context.Context, mg *v1alpha1.NetworkInterface) error {
	subnet, err := e.ec2.Subnet(ctx, ptr.Deref(e.seen.SubnetId, ""))
	if err != nil && !meta.WasDeleted(mg) {
		return err
	}
	e.seenSubnet = subnet
	was := mg.Status.AtProvider
	mg.Status.AtProvider = observation(e.seen, subnet)
	at := &mg.Status.AtProvider
	at.ManagedTagKeys, at.AppliedFields = was.ManagedTagKeys, was.AppliedFields
	at.InitializedID, at.AppliedElasticIP = was.InitializedID, was.AppliedElasticIP
	at.AccountID, at.Region = was.AccountID, was.Region
	if meta.WasDeleted(mg) {
		at.DeleteAcceptedTime = was.DeleteAcceptedTime
	}
	mg.SetConditions(readiness(e.seen))
	return nil
}

// observeOwn observes the ENI that the object owns.
func (e *external) observeOwn(ctx context.Context, mg *v1alpha1.NetworkInterface) (managed.ExternalObservation, error) {
	found := e.seen
	late := false
	if id := ptr.Deref(found.NetworkInterfaceId, ""); meta.GetExternalName(mg) != id {
		// The response to a create was lost: record the id now.
		meta.SetExternalName(mg, id)
		managedresource.Answered(mg, time.Now())
		if err := managedresource.SaveExternalName(ctx, e.kube, mg); err != nil {
			return managed.ExternalObservation{}, err
		}
		late = true
	}
	if managedresource.Allows(mg, xpv2.ManagementActionLateInitialize) {
		late = lateInitialize(mg, found) || late
	}
	if err := e.record(ctx, mg); err != nil {
		return managed.ExternalObservation{}, err
	}
	at := &mg.Status.AtProvider
	if at.Region == "" {
		at.AccountID, at.Region = e.place.AccountID, e.place.Region
	}
	owner := e.owner(mg)
	e.recordTagKeys(mg, owner)

	obs := managed.ExternalObservation{ResourceExists: true, ResourceLateInitialized: late, ConnectionDetails: connectionDetails(mg)}
	if meta.WasDeleted(mg) || managedresource.ObserveOnly(mg) {
		// While being deleted, drift is not corrected and references are not resolved.
		obs.ResourceUpToDate = true
		return obs, nil
	}
	d, err := e.compare(ctx, mg, owner)
	if err != nil {
		return managed.ExternalObservation{}, err
	}
	obs.ResourceUpToDate = d.Empty()
	obs.Diff = d.String()
	for _, c := range d {
		if c.action == "" {
			continue
		}
		if err := managedresource.Reserve(ctx, e.ec2, mg, xpv2.ManagementActionUpdate, c.action); err != nil {
			return managed.ExternalObservation{}, err
		}
	}
	return obs, nil
}

// recordTagKeys records in the status the keys of the tags that this object manages.
func (e *external) recordTagKeys(mg *v1alpha1.NetworkInterface, owner eni.Owner) {
	at := &mg.Status.AtProvider
	recorded := at.ManagedTagKeys
	at.ManagedTagKeys = managedTagKeys(owner.Tags(mg.Spec.ForProvider.Tags), eniview.Tags(e.seen.TagSet), recorded)
	e.unrecorded = slices.ContainsFunc(at.ManagedTagKeys, func(k string) bool { return !slices.Contains(recorded, k) })
}

// compare compares the desired state with the observed ENI, and records in the status
// which fields are applied. A field that is removed from the spec stays recorded until
// the ENI has its default.
func (e *external) compare(ctx context.Context, mg *v1alpha1.NetworkInterface, owner eni.Owner) (changes, error) {
	at := &mg.Status.AtProvider
	removed := removedFields(at.AppliedFields, &mg.Spec.ForProvider)
	removed = slices.DeleteFunc(removed, func(f string) bool { return slices.Contains(initialFields(mg), f) })
	onCreation := int32(0)
	if e.seenSubnet != nil && e.seenSubnet.AssignsIPv6 {
		onCreation = 1
	}
	id := ptr.Deref(e.seen.NetworkInterfaceId, "")
	p := desiredParameters(mg, id)
	e.wanted = wanted{parameters: withDefaults(p, removed, onCreation), tags: owner.Tags(p.Tags), appliedElasticIP: e.appliedElasticIP(mg)}
	var err error
	if e.wanted.groups, err = e.securityGroups(ctx, &e.wanted.parameters, ptr.Deref(e.seen.VpcId, "")); err != nil {
		return nil, err
	}
	if err := e.observePool(ctx, mg, id); err != nil {
		return nil, err
	}
	d := drift(e.wanted, at.ManagedTagKeys, e.seen)
	setElasticIPCondition(mg, d, e.seen)
	applied := appliedFields(&mg.Spec.ForProvider)
	if !d.Empty() {
		applied = slices.Sorted(slices.Values(append(applied, removed...)))
	}
	e.unrecorded = e.unrecorded || slices.ContainsFunc(applied, func(f string) bool { return !slices.Contains(at.AppliedFields, f) })
	at.AppliedFields = applied
	if d.Empty() {
		at.InitializedID = id
	}
	return d, nil
}

// waiting returns the observation of an object that can only wait.
func waiting() managed.ExternalObservation {
	return managed.ExternalObservation{ResourceExists: true, ResourceUpToDate: true}
}

// Disconnect does nothing: the client is shared.
func (e *external) Disconnect(context.Context) error { return nil }

func (e *external) owner(mg *v1alpha1.NetworkInterface) eni.Owner {
	o := eni.Owner{
		UID: string(mg.GetUID()), Namespace: mg.GetNamespace(), Name: mg.GetName(), Cluster: e.cluster,
		Kind:    strings.ToLower(v1alpha1.NetworkInterfaceKind) + "." + v1alpha1.Group,
		NodeENI: mg.GetLabels()[networkingv1alpha1.LabelNodeENI],
		Node:    mg.GetLabels()[networkingv1alpha1.LabelNode],
		Slot:    mg.GetLabels()[networkingv1alpha1.LabelSlot],
		Keep:    !managedresource.Allows(mg, xpv2.ManagementActionDelete),
	}
	if r := mg.GetProviderConfigReference(); r != nil {
		o.ProviderConfig = r.Name
	}
	return o
}
