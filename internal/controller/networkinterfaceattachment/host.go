// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// setHostReady sets the condition HostReady of an attached ENI whose interface the node
// configures, and delays Ready until it is true.
func (e *external) setHostReady(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) error {
	if mg.Spec.Host == nil || meta.WasDeleted(mg) {
		removeHostReady(mg)
		return nil
	}
	host, err := e.hostReady(ctx, mg)
	if err != nil {
		return err
	}
	mg.SetConditions(host)
	if host.Status != corev1.ConditionTrue && mg.GetCondition(xpv2.TypeReady).Status == corev1.ConditionTrue {
		mg.SetConditions(networkingv1alpha1.NotReady(networkingv1alpha1.ReasonWaitingForHost, "the network interface is attached, and its host is not ready: "+host.Message))
	}
	return nil
}

// removeHostReady removes the condition HostReady, which describes only an attached ENI.
func removeHostReady(mg *v1alpha1.NetworkInterfaceAttachment) {
	mg.Status.Conditions = slices.DeleteFunc(mg.Status.Conditions, func(c xpv2.Condition) bool { return c.Type == networkingv1alpha1.TypeHostReady })
}

// hostReady returns the condition HostReady: the condition Ready of the HostInterface, if
// its agent has observed the present host configuration.
func (e *external) hostReady(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (xpv2.Condition, error) {
	waits := func(r xpv2.ConditionReason, message string) (xpv2.Condition, error) {
		return networkingv1alpha1.HostReady(corev1.ConditionFalse, r, message), nil
	}
	h := &networkingv1alpha1.HostInterface{}
	err := e.kube.Get(ctx, types.NamespacedName{Name: networkingv1alpha1.HostInterfaceName(mg.GetNamespace(), mg.GetName())}, h)
	if err != nil && !kerrors.IsNotFound(err) {
		return xpv2.Condition{}, errors.Wrap(err, "cannot get HostInterface")
	}
	if err != nil || h.Spec.AttachmentRef.UID != string(mg.GetUID()) {
		instance := mg.Status.AtProvider.InstanceID
		switch known, err := e.isNode(ctx, mg, instance); {
		case err != nil:
			return xpv2.Condition{}, err
		case !known:
			return waits(networkingv1alpha1.ReasonNoNode, "instance "+instance+" is not a node of this cluster: remove spec.host, or add the instance to the cluster")
		default:
			return waits(networkingv1alpha1.ReasonWaitingForHost, "its HostInterface does not exist yet; if this persists, see the events of this object")
		}
	}
	c := h.Status.GetCondition(xpv2.TypeReady)
	switch {
	case h.Status.ObservedGeneration == 0 || c.Status == corev1.ConditionUnknown:
		return waits(networkingv1alpha1.ReasonWaitingForHost, "the agent of node "+h.Spec.NodeName+" has not reported yet; if this persists, check that its DaemonSet runs a pod there")
	case h.Status.ObservedGeneration != h.GetGeneration() || !isCurrent(h, mg):
		return waits(networkingv1alpha1.ReasonProgressing, "node "+h.Spec.NodeName+" is applying a change")
	default:
		return networkingv1alpha1.HostReady(c.Status, c.Reason, c.Message), nil
	}
}

// isCurrent reports whether a HostInterface has the present host configuration. The extended
// resource does not affect the interface, and is only in HostInterfaces of the provider's
// namespace.
func isCurrent(h *networkingv1alpha1.HostInterface, mg *v1alpha1.NetworkInterfaceAttachment) bool {
	want := *mg.Spec.Host
	want.Readiness = h.Spec.Config.Readiness
	return equality.Semantic.DeepEqual(h.Spec.Config, want)
}

// isNode reports whether an instance is a node of this cluster: the node that the spec
// names, if it names one.
func (e *external) isNode(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, instance string) (bool, error) {
	l := &corev1.NodeList{}
	if named := ptr.Deref(mg.Spec.ForProvider.NodeName, ""); named != "" {
		n := &corev1.Node{}
		if err := e.kube.Get(ctx, types.NamespacedName{Name: named}, n); err != nil {
			return false, errors.Wrapf(client.IgnoreNotFound(err), "cannot get node %q", named)
		}
		l.Items = []corev1.Node{*n}
	} else if err := e.kube.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
		return false, errors.Wrap(err, "cannot list nodes")
	}
	return slices.ContainsFunc(l.Items, func(n corev1.Node) bool { return eni.InstanceID(n.Spec.ProviderID) == instance }), nil
}

// hostReadinessChanged passes changes of what HostReady describes.
func hostReadinessChanged() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc:  func(event.CreateEvent) bool { return true },
		DeleteFunc:  func(event.DeleteEvent) bool { return true },
		GenericFunc: func(event.GenericEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok := e.ObjectOld.(*networkingv1alpha1.HostInterface)
			if !ok {
				return false
			}
			after, ok := e.ObjectNew.(*networkingv1alpha1.HostInterface)
			return ok && (before.GetGeneration() != after.GetGeneration() || before.Status.ObservedGeneration != after.Status.ObservedGeneration ||
				!before.Status.GetCondition(xpv2.TypeReady).Equal(after.Status.GetCondition(xpv2.TypeReady)))
		},
	}
}
