// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"cmp"
	"context"

	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// deletionAccepted reports whether EC2 accepted the deletion of the ENI of an object being
// deleted.
func (e *external) deletionAccepted(mg *v1alpha1.NetworkInterface) bool {
	name, at := meta.GetExternalName(mg), mg.Status.AtProvider
	if !meta.WasDeleted(mg) {
		return false
	}
	return e.ec2.DeletionAccepted(name) || (at.DeleteAcceptedTime != nil && (name == "" || at.ID == name))
}

// isOver reports whether the ENI of an object being deleted is known to be deleted, without
// another EC2 call.
func (e *external) isOver(mg *v1alpha1.NetworkInterface) bool {
	return e.deletionAccepted(mg) || (meta.WasDeleted(mg) && managedresource.ConfirmedDeleted(mg, meta.GetExternalName(mg)))
}

// observeMissing distinguishes an ENI that EC2 does not return yet from a deleted ENI and
// from an ENI whose deletion is not proven.
func (e *external) observeMissing(ctx context.Context, mg *v1alpha1.NetworkInterface) (managed.ExternalObservation, error) {
	name := meta.GetExternalName(mg)
	at := mg.Status.AtProvider
	seen, deleted := name == "" || at.ID == name, e.deletionAccepted(mg)
	if !seen && managedresource.CreatedWithin(mg, e.ec2.Timings().VisibleWithin, e.stopwatch) {
		mg.SetConditions(xpv2.Creating())
		return waiting(), nil
	}
	if meta.WasDeleted(mg) && !deleted && managedresource.MayAppear(mg, e.ec2.Timings().VisibleWithin, e.stopwatch) {
		// A create was interrupted, or got no response. EC2 may not return its ENI yet,
		// which would be leaked.
		return waiting(), nil
	}
	if name != "" && !deleted {
		if done, err := e.absent(ctx, mg, name); !done || err != nil {
			return waiting(), err
		}
	}
	if meta.WasDeleted(mg) {
		return managed.ExternalObservation{}, nil
	}
	if !managedresource.Allows(mg, xpv2.ManagementActionCreate) {
		return notCreated(mg), nil
	}
	switch c, full, err := e.noRoom(ctx, mg, nil); {
	case err != nil:
		return managed.ExternalObservation{}, err
	case full:
		mg.SetConditions(c)
		return waiting(), nil
	}
	if err := managedresource.Reserve(ctx, e.ec2, mg, xpv2.ManagementActionCreate, ec2.ActionCreate); err != nil {
		return managed.ExternalObservation{}, err
	}
	managedresource.RecordCreate(mg, e.place.Place)
	mg.Status.AtProvider = v1alpha1.NetworkInterfaceObservation{AccountID: at.AccountID, Region: at.Region, AppliedFields: appliedFields(&mg.Spec.ForProvider)}
	return managed.ExternalObservation{}, nil
}

// notCreated observes an object without an ENI whose management policies do not include
// Create.
func notCreated(mg *v1alpha1.NetworkInterface) managed.ExternalObservation {
	name, at := meta.GetExternalName(mg), mg.Status.AtProvider
	missing := "network interface " + name + " does not exist in EC2"
	if name == "" {
		missing = "the annotation " + meta.AnnotationKeyExternalName + " names no network interface"
	}
	mg.Status.AtProvider = v1alpha1.NetworkInterfaceObservation{ID: at.ID, SubnetID: at.SubnetID, AccountID: at.AccountID, Region: at.Region, AppliedFields: at.AppliedFields}
	mg.SetConditions(managedresource.CreateNotAllowed(missing, "set the annotation "+meta.AnnotationKeyExternalName+" to the id of an existing network interface"))
	if managedresource.ObserveOnly(mg) {
		return managed.ExternalObservation{} // the reconciler sets Synced to false
	}
	return waiting()
}

// absent reports whether the deletion of an ENI that EC2 did not return is proven, so that
// its object is created again or released. If not, it sets the condition with the reason.
func (e *external) absent(ctx context.Context, mg *v1alpha1.NetworkInterface, id string) (bool, error) {
	madeFor := mg.GetAnnotations()[networkingv1alpha1.AnnotationInstanceID]
	instance, deletedWith := madeFor, false // an ENI that was not attached is not deleted with the instance
	if a := mg.Status.AtProvider.Attachment; a != nil {
		instance, deletedWith = cmp.Or(a.InstanceID, instance), ptr.Deref(a.DeleteOnTermination, false)
	}
	terminated := false
	if deletedWith {
		i, err := e.ec2.InstanceFresh(ctx, instance)
		if err != nil {
			return false, err
		}
		terminated = i.Terminated()
	}
	if !terminated && !managedresource.ConfirmedDeleted(mg, id) {
		subnet := cmp.Or(mg.Status.AtProvider.SubnetID, string(ptr.Deref(mg.Spec.ForProvider.SubnetID, "")))
		a, err := e.ec2.FateOfNetworkInterface(ctx, id, subnet)
		if err != nil {
			return false, err
		}
		if a.Fate != eni.FateDeleted {
			managedresource.SetMissing(ctx, mg, "network interface", id, e.place.Place, a)
			return false, nil
		}
	}
	if madeFor == "" || meta.WasDeleted(mg) {
		return true, nil
	}
	if madeFor != instance || !terminated {
		i, err := e.ec2.InstanceFresh(ctx, madeFor)
		if err != nil {
			return false, err
		}
		if i.ID != "" && !i.Terminated() {
			return true, nil
		}
	}
	// Do not create another ENI, which could not be attached: the NodeENI controller
	// deletes this object with the instance.
	mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonInstanceGone, "instance "+madeFor+" is terminated, and its network interface with it"))
	return false, nil
}
