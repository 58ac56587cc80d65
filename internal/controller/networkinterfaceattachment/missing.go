// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"cmp"
	"context"
	"strings"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// observeMissing observes an attachment whose ENI EC2 did not return. An ENI that this
// object has attached is considered deleted only on proof.
func (e *external) observeMissing(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, id string, late bool) (managed.ExternalObservation, error) {
	at := mg.Status.AtProvider
	if at.AttachmentID != "" || (meta.WasDeleted(mg) && meta.GetExternalName(mg) != "") {
		id = cmp.Or(id, at.NetworkInterfaceID, meta.GetExternalName(mg))
		done, err := e.absent(ctx, mg, id)
		if !done || err != nil {
			return waiting(late), err
		}
	}
	if meta.WasDeleted(mg) {
		return managed.ExternalObservation{}, nil
	}
	mg.Status.AtProvider = v1alpha1.NetworkInterfaceAttachmentObservation{AccountID: at.AccountID, Region: at.Region}
	if !managedresource.Allows(mg, xpv2.ManagementActionCreate) {
		return notAttached(mg, subject(cmp.Or(id, meta.GetExternalName(mg)))+" does not exist in EC2", late), nil
	}
	mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonWaitingForNetworkInterface, subject(cmp.Or(id, meta.GetExternalName(mg)))+" does not exist in EC2"))
	return waiting(late), nil
}

// subject returns the name of an ENI or an attachment for messages.
func subject(id string) string {
	if strings.HasPrefix(id, "eni-attach-") {
		return "attachment " + id
	}
	return "network interface " + id
}

// isOver reports whether the ENI of an attachment being deleted is known to be deleted,
// without another EC2 call.
func (e *external) isOver(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, id string) (bool, error) {
	if e.seen != nil || !meta.WasDeleted(mg) {
		return false, nil
	}
	id = cmp.Or(id, mg.Status.AtProvider.NetworkInterfaceID, meta.GetExternalName(mg))
	if managedresource.ConfirmedDeleted(mg, id) {
		return true, nil
	}
	return e.deletionAccepted(ctx, mg, id)
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
	deleted, err := e.deletionAccepted(ctx, mg, id)
	if err != nil || deleted {
		return deleted, err
	}
	if !strings.HasPrefix(id, "eni-") || strings.HasPrefix(id, "eni-attach-") {
		// Imported by an attachment's id and never observed: no ENI is known whose
		// absence could be confirmed, and this object attached nothing.
		return true, nil
	}
	a, err := e.ec2.FateOfNetworkInterface(ctx, id, at.SubnetID)
	if err != nil || a.Fate == eni.FateDeleted {
		return err == nil, err
	}
	managedresource.SetMissing(ctx, mg, "network interface", id, e.place.Place, a)
	return false, nil
}

// deletionAccepted reports whether EC2 accepted the deletion of an ENI: by this process, or
// by an earlier process, which recorded it in the referenced NetworkInterface. That object
// may be deleted before the attachment.
func (e *external) deletionAccepted(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, id string) (bool, error) {
	if e.ec2.DeletionAccepted(id) {
		return true, nil
	}
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
