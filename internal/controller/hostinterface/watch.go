// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// attachmentChanged passes changes of the fields that the projection uses.
func attachmentChanged() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok := e.ObjectOld.(*ec2v1alpha1.NetworkInterfaceAttachment)
		if !ok {
			return false
		}
		after, ok := e.ObjectNew.(*ec2v1alpha1.NetworkInterfaceAttachment)
		if !ok {
			return false
		}
		same := func(annotation string) bool {
			return before.GetAnnotations()[annotation] == after.GetAnnotations()[annotation]
		}
		return before.GetGeneration() != after.GetGeneration() ||
			!same(v1alpha1.AnnotationTakeOver) || !same(v1alpha1.AnnotationLeaveHost) || !same(v1alpha1.AnnotationTraceParent) ||
			(before.GetDeletionTimestamp() == nil) != (after.GetDeletionTimestamp() == nil) ||
			!slices.Equal(before.GetFinalizers(), after.GetFinalizers()) ||
			!equality.Semantic.DeepEqual(before.Status.AtProvider, after.Status.AtProvider)
	}}
}

// hostInterfaceChanged passes changes that the release protocol waits for, and changes of
// the spec by other actors, which are reverted. It drops the agent's status updates.
func hostInterfaceChanged() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return true },
		UpdateFunc: func(e event.UpdateEvent) bool {
			return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() ||
				!slices.Equal(e.ObjectOld.GetFinalizers(), e.ObjectNew.GetFinalizers())
		},
	}
}

// nodeChanged passes creation and deletion of a node, and changes of its readiness or
// instance. It drops heartbeats.
func nodeChanged() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return true },
		DeleteFunc: func(event.DeleteEvent) bool { return true },
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok := e.ObjectOld.(*corev1.Node)
			if !ok {
				return false
			}
			after, ok := e.ObjectNew.(*corev1.Node)
			return ok && (ready(before) != ready(after) || before.Spec.ProviderID != after.Spec.ProviderID)
		},
	}
}

func nodeToAttachments(c client.Reader) handler.MapFunc {
	return func(ctx context.Context, o client.Object) []reconcile.Request {
		n, ok := o.(*corev1.Node)
		if !ok {
			return nil
		}
		places := []string{n.GetName()}
		if id := eni.InstanceID(n.Spec.ProviderID); id != "" {
			places = append(places, id)
		}
		var rs []reconcile.Request
		for _, place := range places {
			l := &ec2v1alpha1.NetworkInterfaceAttachmentList{}
			if err := c.List(ctx, l, client.MatchingFields{indexPlace: place}, client.UnsafeDisableDeepCopy); err != nil {
				return nil // a read from the cache fails only on shutdown
			}
			for i := range l.Items {
				r := reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&l.Items[i])}
				if !slices.Contains(rs, r) {
					rs = append(rs, r)
				}
			}
		}
		return rs
	}
}

// placesOf returns the last known node and instance of an attachment. The names of nodes
// and instances do not overlap.
func placesOf(o client.Object) []string {
	a, ok := o.(*ec2v1alpha1.NetworkInterfaceAttachment)
	if !ok {
		return nil
	}
	at := a.Status.AtProvider
	return slices.DeleteFunc([]string{at.NodeName, at.InstanceID}, func(s string) bool { return s == "" })
}
