// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"context"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// observeForeign observes an ENI that this object must neither attach nor detach.
func (e *external) observeForeign(mg *v1alpha1.NetworkInterfaceAttachment, refused *eni.RefusalError, late bool) managed.ExternalObservation {
	if meta.WasDeleted(mg) && !refused.Protected {
		return managed.ExternalObservation{} // this object has no external resource
	}
	if !managedresource.ObserveOnly(mg) {
		mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonNotOurs, refused.Error()+": it is neither attached nor detached"))
	}
	return waiting(late)
}

// observeElsewhere observes an attachment that this object did not create. It does not
// change it.
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
			"network interface "+id+" is already attached to "+e.target.String()+" by attachment "+attachment+
				", which this object does not manage: to adopt it, set the annotation "+meta.AnnotationKeyExternalName+"="+attachment))
		return waiting(late)
	}
	if i, err := e.ec2.Instance(ctx, e.target.instance.ID); err == nil && i.Terminated() {
		e.target.instance = i
		c, _ := e.cannotAttach()
		mg.SetConditions(c)
		return waiting(late)
	}
	mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonAttachedElsewhere,
		"network interface "+id+" is attached to instance "+instance+
			", not to "+e.target.String()+": detach it there first"))
	return waiting(late)
}

// otherOwner returns another NetworkInterfaceAttachment that owns the same attachment, or
// nil. The owner is the object whose status records the attachment; a later import does
// not win by age. Of several such objects, or of none, the oldest is the owner. An object
// that only observes owns nothing. An external name proves nothing across namespaces: if
// the ENI has an owner, only objects of its namespace count, and this object is one of
// them.
func (e *external) otherOwner(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, attachmentID string) (*v1alpha1.NetworkInterfaceAttachment, error) {
	l := &v1alpha1.NetworkInterfaceAttachmentList{}
	if err := e.kube.List(ctx, l, client.MatchingFields{IndexExternalName: attachmentID}); err != nil {
		return nil, errors.Wrapf(err, "cannot list the NetworkInterfaceAttachments with external name %q", attachmentID)
	}
	owned := eniview.Tags(e.seen.TagSet)[eni.TagUID] != ""
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
