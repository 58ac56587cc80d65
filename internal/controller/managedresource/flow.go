// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// SetFlow sets the flow of the EC2 calls for a managed resource in this reconcile: a NodeENI completes
// one node after another. namespace is the namespace of the children of NodeENIs; objects in other
// namespaces are not urgent, and are in one flow for each namespace.
func SetFlow(ctx context.Context, kube client.Reader, namespace string, mg resource.Managed) {
	failed := hasFailed(mg) // before the reconcile changes the conditions
	throttle.FromContext(ctx).SetFlow(func() throttle.Flow { return flowOf(ctx, kube, namespace, mg, failed) })
}

func flowOf(ctx context.Context, kube client.Reader, namespace string, mg resource.Managed, failed bool) throttle.Flow {
	f := throttle.Flow{Name: "namespace/" + mg.GetNamespace(), Failed: failed}
	owner, node := nodeENIReference(mg), mg.GetLabels()[networkingv1alpha1.LabelNode]
	if mg.GetNamespace() != namespace || owner == nil || node == "" {
		return f
	}
	_, f.Attaches = mg.(*ec2v1alpha1.NetworkInterface)
	f.Attaches = f.Attaches && !meta.WasDeleted(mg)
	f.Name, f.Node = "nodeeni/"+owner.Name, node
	n := &corev1.Node{}
	if err := kube.Get(ctx, client.ObjectKey{Name: node}, n); err != nil {
		return f // such as a node that was deleted
	}
	f.Name += "/" + n.Labels[corev1.LabelTopologyZone]
	// Calls that fail again and again delay no others.
	f.Urgent = !failed && mg.GetCondition(xpv2.TypeReady).Reason != networkingv1alpha1.ReasonEC2Unavailable && podsWait(ctx, kube, mg, n)
	return f
}

// hasFailed reports whether EC2 rejected the last attempt for a managed resource. During an outage,
// and while the provider itself delays calls, the order of the calls remains.
func hasFailed(mg resource.Managed) bool {
	if mg.GetCondition(xpv2.TypeSynced).Reason != xpv2.ReasonReconcileError {
		return false
	}
	switch mg.GetCondition(xpv2.TypeReady).Reason {
	case "", xpv2.ReasonCreating, networkingv1alpha1.ReasonWaitingForNetworkInterface, // not attempted yet
		networkingv1alpha1.ReasonEC2Throttled, networkingv1alpha1.ReasonEC2Unavailable:
		return false
	default:
		return true
	}
}

// podsWait reports whether pods wait for the ENI of a NodeENI's object on a node: the node has a startup
// taint of the provider, or pods request the NodeENI's resource.
func podsWait(ctx context.Context, kube client.Reader, mg resource.Managed, node *corev1.Node) bool {
	if slices.ContainsFunc(node.Spec.Taints, isStartupTaint) {
		return true
	}
	n, err := nodeENIOf(ctx, kube, mg)
	return err == nil && n != nil && n.Spec.Readiness != nil && n.Spec.Readiness.Resource != nil
}

func isStartupTaint(t corev1.Taint) bool {
	return strings.HasPrefix(t.Key, networkingv1alpha1.TaintPrefix) && t.Key != networkingv1alpha1.TaintReleasing
}
