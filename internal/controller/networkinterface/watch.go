// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"cmp"
	"context"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// attachmentToNetworkInterfaces returns the NetworkInterface that an attachment refers to,
// whose observed state changes with the attachment, and the NetworkInterfaces that wait for
// room on its instance.
func attachmentToNetworkInterfaces(c client.Reader) handler.MapFunc {
	return func(ctx context.Context, o client.Object) []reconcile.Request {
		a, ok := o.(*v1alpha1.NetworkInterfaceAttachment)
		if !ok {
			return nil
		}
		rs := waitingFor(ctx, c, cmp.Or(a.Status.AtProvider.InstanceID, a.GetAnnotations()[networkingv1alpha1.AnnotationInstanceID], ptr.Deref(a.Spec.ForProvider.InstanceID, "")))
		if ref := a.Spec.ForProvider.InterfaceRef(); ref != nil {
			rs = append(rs, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: cmp.Or(ref.Namespace, a.GetNamespace()), Name: ref.Name}})
		}
		return rs
	}
}

// deletedToWaiting returns the NetworkInterfaces that wait for room on the instance of a
// deleted one, which may have been ahead of them.
func deletedToWaiting(c client.Reader) handler.Funcs {
	return handler.Funcs{DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
		for _, r := range waitingFor(ctx, c, e.Object.GetAnnotations()[networkingv1alpha1.AnnotationInstanceID]) {
			q.Add(r)
		}
	}}
}

// waitingFor returns the NetworkInterfaces that wait for room on an instance.
func waitingFor(ctx context.Context, c client.Reader, instanceID string) []reconcile.Request {
	if instanceID == "" {
		return nil
	}
	l := &v1alpha1.NetworkInterfaceList{}
	if err := c.List(ctx, l, client.MatchingFields{IndexInstance: instanceID}, client.UnsafeDisableDeepCopy); err != nil {
		return nil // a read from the cache fails only on shutdown
	}
	var rs []reconcile.Request
	for i := range l.Items {
		if waitsForRoom(&l.Items[i]) {
			rs = append(rs, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&l.Items[i])})
		}
	}
	return rs
}

// attachedStatus is EC2's status of a completed attachment.
const attachedStatus = string(ec2types.AttachmentStatusAttached)

// attachmentMoved passes changes of an attachment that affect the ENI: its completion in
// EC2, its end, which unblocks a deletion of the ENI, and that EC2 does not return the ENI.
func attachmentMoved() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return false },
		DeleteFunc:  func(event.DeleteEvent) bool { return true },
		GenericFunc: func(event.GenericEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok := e.ObjectOld.(*v1alpha1.NetworkInterfaceAttachment)
			if !ok {
				return false
			}
			after, ok := e.ObjectNew.(*v1alpha1.NetworkInterfaceAttachment)
			if !ok {
				return false
			}
			b, a := before.Status.AtProvider, after.Status.AtProvider
			was, is := b.Status == attachedStatus, a.Status == attachedStatus
			return was != is || (is && b.AttachmentID != a.AttachmentID) || missing(after) && !missing(before) ||
				ptr.Deref(b.DeleteOnTermination, false) != ptr.Deref(a.DeleteOnTermination, false)
		},
	}
}

// missing reports whether EC2 did not return the ENI of an attachment.
func missing(a *v1alpha1.NetworkInterfaceAttachment) bool {
	switch a.GetCondition(xpv2.TypeReady).Reason {
	case networkingv1alpha1.ReasonMissingInEC2, networkingv1alpha1.ReasonManyMissingInEC2:
		return true
	default:
		return false
	}
}
