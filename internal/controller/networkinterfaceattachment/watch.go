// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// Field indexes of attachments in the cache.
const (
	indexNetworkInterface = "spec.forProvider.networkInterfaceRef"
	indexNode             = "spec.forProvider.nodeName"
	indexWaiting          = "waitsForPlace"
	indexSelecting        = "selectsInNamespace"
)

func index(mgr ctrl.Manager) error {
	fi := mgr.GetFieldIndexer()
	// The index exists as long as the cache, which the manager fills later.
	ctx := context.Background() //nolint:forbidigo // set-up has no context, and the index does not use it
	if err := fi.IndexField(ctx, &v1alpha1.NetworkInterfaceAttachment{}, indexNetworkInterface, func(o client.Object) []string {
		a, ok := o.(*v1alpha1.NetworkInterfaceAttachment)
		if !ok || a.Spec.ForProvider.InterfaceRef() == nil {
			return nil
		}
		return []string{refKey(a).String()}
	}); err != nil {
		return errors.Wrap(err, "cannot index attachments by network interface")
	}
	if err := fi.IndexField(ctx, &v1alpha1.NetworkInterfaceAttachment{}, IndexExternalName, ByExternalName); err != nil {
		return errors.Wrap(err, "cannot index attachments by external name")
	}
	if err := fi.IndexField(ctx, &v1alpha1.NetworkInterfaceAttachment{}, indexWaiting, func(o client.Object) []string {
		a, ok := o.(*v1alpha1.NetworkInterfaceAttachment)
		return []string{strconv.FormatBool(ok && waitsForPlace(a))}
	}); err != nil {
		return errors.Wrap(err, "cannot index attachments that wait for a device index")
	}
	if err := fi.IndexField(ctx, &v1alpha1.NetworkInterfaceAttachment{}, indexSelecting, func(o client.Object) []string {
		a, ok := o.(*v1alpha1.NetworkInterfaceAttachment)
		if !ok || !selects(a) {
			return nil
		}
		return []string{a.GetNamespace()}
	}); err != nil {
		return errors.Wrap(err, "cannot index attachments whose selector has matched nothing")
	}
	return errors.Wrap(fi.IndexField(ctx, &v1alpha1.NetworkInterfaceAttachment{}, indexNode, byNode), "cannot index attachments by node")
}

func byNode(o client.Object) []string {
	a, ok := o.(*v1alpha1.NetworkInterfaceAttachment)
	if !ok || a.Spec.ForProvider.NodeName == nil {
		return nil
	}
	return []string{*a.Spec.ForProvider.NodeName}
}

// waitsForPlace reports whether an attachment waits for another attachment on its instance
// to end.
func waitsForPlace(a *v1alpha1.NetworkInterfaceAttachment) bool {
	switch a.GetCondition(xpv2.TypeReady).Reason {
	case networkingv1alpha1.ReasonDeviceIndexTaken, networkingv1alpha1.ReasonInstanceENILimit:
		return !meta.WasDeleted(a)
	default:
		return false
	}
}

// attachmentToWaiting returns the attachments that wait for a device index on the instance
// of an attachment that has ended.
func attachmentToWaiting(c client.Reader) handler.MapFunc {
	return func(ctx context.Context, o client.Object) []reconcile.Request {
		ended, ok := o.(*v1alpha1.NetworkInterfaceAttachment)
		if !ok {
			return nil
		}
		l := &v1alpha1.NetworkInterfaceAttachmentList{}
		if err := c.List(ctx, l, client.MatchingFields{indexWaiting: "true"}, client.UnsafeDisableDeepCopy); err != nil {
			return nil // a read from the cache fails only on shutdown
		}
		var rs []reconcile.Request
		instance := instanceOf(ctx, c, ended)
		for i := range l.Items {
			if instance == "" || instanceOf(ctx, c, &l.Items[i]) == instance {
				rs = append(rs, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&l.Items[i])})
			}
		}
		return rs
	}
}

// instanceOf returns the instance id of an attachment, or "" if it is unknown: its node
// may be deleted.
func instanceOf(ctx context.Context, c client.Reader, a *v1alpha1.NetworkInterfaceAttachment) string {
	p := a.Spec.ForProvider
	known := cmp.Or(a.Status.AtProvider.InstanceID, ptr.Deref(p.InstanceID, ""), a.GetAnnotations()[networkingv1alpha1.AnnotationInstanceID])
	if known != "" || p.NodeName == nil {
		return known
	}
	n := &corev1.Node{}
	if err := c.Get(ctx, client.ObjectKey{Name: *p.NodeName}, n); err != nil {
		return ""
	}
	return eni.InstanceID(n.Spec.ProviderID)
}

// attachmentEnded passes the end of an attachment, and the deletion of its object.
func attachmentEnded() predicate.Predicate {
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
			return ok && before.Status.AtProvider.AttachmentID != "" && before.Status.AtProvider.AttachmentID != after.Status.AtProvider.AttachmentID
		},
	}
}

// IndexExternalName indexes NetworkInterfaceAttachments by their external name.
const IndexExternalName = "metadata.annotations.external-name"

// ByExternalName returns the index key of IndexExternalName.
func ByExternalName(o client.Object) []string {
	if name := meta.GetExternalName(o); name != "" {
		return []string{name}
	}
	return nil
}

// refKey returns the key of the NetworkInterface that an attachment refers to.
func refKey(a *v1alpha1.NetworkInterfaceAttachment) types.NamespacedName {
	r := a.Spec.ForProvider.InterfaceRef()
	k := types.NamespacedName{Namespace: r.Namespace, Name: r.Name}
	if k.Namespace == "" {
		k.Namespace = a.GetNamespace()
	}
	return k
}

// networkInterfaceToAttachments returns the attachments that refer to a NetworkInterface,
// and the attachments whose selector has matched nothing until now and matches it.
func networkInterfaceToAttachments(c client.Reader) handler.MapFunc {
	return func(ctx context.Context, o client.Object) []reconcile.Request {
		rs := attachmentsBy(ctx, c, indexNetworkInterface, client.ObjectKeyFromObject(o).String())
		l := &v1alpha1.NetworkInterfaceAttachmentList{}
		if err := c.List(ctx, l, client.MatchingFields{indexSelecting: o.GetNamespace()}, client.UnsafeDisableDeepCopy); err != nil {
			return rs // a read from the cache fails only on shutdown
		}
		for i := range l.Items {
			if matches(&l.Items[i], o) {
				rs = append(rs, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&l.Items[i])})
			}
		}
		return rs
	}
}

// selects reports whether an attachment has a selector that has matched nothing until now.
func selects(a *v1alpha1.NetworkInterfaceAttachment) bool {
	p := a.Spec.ForProvider
	return !meta.WasDeleted(a) && p.NetworkInterfaceID == nil && p.InterfaceRef() == nil && p.InterfaceSelector() != nil
}

// matches reports whether an attachment's selector matches a NetworkInterface, which is
// not being deleted.
func matches(a *v1alpha1.NetworkInterfaceAttachment, n client.Object) bool {
	s := a.Spec.ForProvider.InterfaceSelector()
	return !meta.WasDeleted(n) && labels.SelectorFromSet(s.MatchLabels).Matches(labels.Set(n.GetLabels())) &&
		(!ptr.Deref(s.MatchControllerRef, false) || meta.HaveSameController(a, n))
}

func nodeToAttachments(c client.Reader) handler.MapFunc {
	return func(ctx context.Context, o client.Object) []reconcile.Request {
		return attachmentsBy(ctx, c, indexNode, o.GetName())
	}
}

func attachmentsBy(ctx context.Context, c client.Reader, index, value string) []reconcile.Request {
	l := &v1alpha1.NetworkInterfaceAttachmentList{}
	if err := c.List(ctx, l, client.MatchingFields{index: value}, client.UnsafeDisableDeepCopy); err != nil {
		return nil // a read from the cache fails only on shutdown
	}
	rs := make([]reconcile.Request, len(l.Items))
	for i := range l.Items {
		rs[i] = reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&l.Items[i])}
	}
	return rs
}

// networkInterfaceChanged passes the creation of a NetworkInterface, which may have the id
// of an existing ENI, and changes of its id, of the attributes that the host needs, and of
// what selectors match.
func networkInterfaceChanged() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return true },
		DeleteFunc:  func(event.DeleteEvent) bool { return true },
		GenericFunc: func(event.GenericEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok := e.ObjectOld.(*v1alpha1.NetworkInterface)
			if !ok {
				return false
			}
			after, ok := e.ObjectNew.(*v1alpha1.NetworkInterface)
			if !ok {
				return false
			}
			b, a := before.Status.AtProvider, after.Status.AtProvider
			return meta.GetExternalName(before) != meta.GetExternalName(after) ||
				!maps.Equal(before.GetLabels(), after.GetLabels()) || controllerUID(before) != controllerUID(after) ||
				b.ID != a.ID || b.MACAddress != a.MACAddress ||
				!slices.Equal(b.PrivateIPs, a.PrivateIPs) || !slices.Equal(b.IPv6Addresses, a.IPv6Addresses) ||
				!slices.Equal(b.IPv4Prefixes, a.IPv4Prefixes) || !slices.Equal(b.IPv6Prefixes, a.IPv6Prefixes) ||
				attachmentID(b.Attachment) != attachmentID(a.Attachment)
		},
	}
}

func controllerUID(o client.Object) types.UID {
	return ptr.Deref(metav1.GetControllerOf(o), metav1.OwnerReference{}).UID
}

func attachmentID(s *v1alpha1.NetworkInterfaceAttachmentState) string {
	return ptr.Deref(s, v1alpha1.NetworkInterfaceAttachmentState{}).AttachmentID
}

// instanceChanged passes creation and deletion of a node, and changes of its providerID.
func instanceChanged() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return true },
		DeleteFunc:  func(event.DeleteEvent) bool { return true },
		GenericFunc: func(event.GenericEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok := e.ObjectOld.(*corev1.Node)
			if !ok {
				return false
			}
			after, ok := e.ObjectNew.(*corev1.Node)
			return ok && before.Spec.ProviderID != after.Spec.ProviderID
		},
	}
}
