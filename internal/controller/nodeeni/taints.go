// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// applyReleasingTaints sets the taint of rollout.taintEffect on the nodes that lose children,
// and removes it from nodes whose hosts have released the interfaces. leaving are the names
// of the children that are deleted next. It writes only differences.
//
// Several NodeENIs may release ENIs from a node at the same time: the taint is removed when
// none of them does.
func (r *Reconciler) applyReleasingTaints(ctx context.Context, n *v1alpha1.NodeENI, s *state, leaving []string) error {
	releasing := map[string]bool{}
	if taintsReleases(n) {
		releasing = s.releasing(leaving)
	}
	var changing []*corev1.Node
	for _, node := range s.cluster {
		has := slices.ContainsFunc(node.Spec.Taints, isReleasing)
		// The cache may not have the taint yet.
		if releasing[node.GetName()] && !has || !releasing[node.GetName()] && (has || r.tainted.has(node.GetName())) {
			changing = append(changing, node)
		}
	}
	return forEach(max(1, r.o.MaxConcurrentCleanups), changing, func(node *corev1.Node) error {
		err := r.setReleasingTaint(ctx, n, node, releasing[node.GetName()])
		if kerrors.IsConflict(err) {
			return nil // the change of the node enqueues the NodeENI
		}
		return errors.Wrapf(client.IgnoreNotFound(err), "cannot change the taint %s of node %q", v1alpha1.TaintReleasing, node.GetName())
	})
}

// releasing returns the nodes whose hosts have an interface of a child that is being deleted,
// or is deleted next.
func (s *state) releasing(leaving []string) map[string]bool {
	out, next := map[string]bool{}, map[string]bool{}
	for _, name := range leaving {
		next[name] = true
	}
	for _, e := range s.found {
		if h := s.hosts[e.Name]; h != nil && (e.Deleting || e.Detaching && e.RetainedSince != "" || next[e.Name]) {
			out[h.Spec.NodeName] = true
		}
	}
	return out
}

// setReleasingTaint sets the taint, or removes it unless another NodeENI with the taint releases ENIs
// from the node.
func (r *Reconciler) setReleasingTaint(ctx context.Context, n *v1alpha1.NodeENI, node *corev1.Node, releasing bool) error {
	if releasing {
		r.tainted.add(node.GetName())
		return r.changeTaints(ctx, node, withReleasing)
	}
	if busy, err := r.othersRelease(ctx, n.GetName(), node.GetName()); busy || err != nil {
		return err
	}
	err := r.changeTaints(ctx, node, func(ts []corev1.Taint) []corev1.Taint { return slices.DeleteFunc(ts, isReleasing) })
	if client.IgnoreNotFound(err) == nil {
		r.tainted.remove(node.GetName())
	}
	return err
}

// othersRelease reports whether a node has an interface that another NodeENI with the taint releases.
func (r *Reconciler) othersRelease(ctx context.Context, nodeENI, node string) (bool, error) {
	all, hosts := &v1alpha1.NodeENIList{}, &v1alpha1.HostInterfaceList{}
	if err := r.client.List(ctx, all, client.UnsafeDisableDeepCopy); err != nil {
		return false, errors.Wrap(err, "cannot list NodeENIs")
	}
	if err := r.client.List(ctx, hosts, client.MatchingFields{indexNodeName: node}, client.UnsafeDisableDeepCopy); err != nil {
		return false, errors.Wrap(err, "cannot list HostInterfaces")
	}
	others := newNameSet()
	for i := range all.Items {
		if o := &all.Items[i]; o.GetName() != nodeENI && taintsReleases(o) {
			others.add(o.GetName())
		}
	}
	for i := range hosts.Items {
		h := &hosts.Items[i]
		if !others.has(h.GetLabels()[v1alpha1.LabelNodeENI]) {
			continue
		}
		if h.GetDeletionTimestamp() != nil {
			return true, nil
		}
		// The HostInterface is deleted after its attachment.
		a := &ec2v1alpha1.NetworkInterfaceAttachment{}
		err := r.client.Get(ctx, types.NamespacedName{Namespace: h.Spec.AttachmentRef.Namespace, Name: h.Spec.AttachmentRef.Name}, a)
		if client.IgnoreNotFound(err) != nil {
			return false, errors.Wrap(err, "cannot get NetworkInterfaceAttachment")
		}
		if kerrors.IsNotFound(err) || a.GetDeletionTimestamp() != nil {
			return true, nil
		}
	}
	return false, nil
}

// changeTaints changes the taints of a node. It does nothing if the node was replaced by
// another one of the same name.
func (r *Reconciler) changeTaints(ctx context.Context, node *corev1.Node, change func([]corev1.Taint) []corev1.Taint) error {
	full := &corev1.Node{} // the cache has only some of the node's taints
	if err := r.uncached.Get(ctx, client.ObjectKeyFromObject(node), full); err != nil {
		return err
	}
	if full.GetUID() != node.GetUID() {
		return nil
	}
	before := full.DeepCopy()
	full.Spec.Taints = change(full.Spec.Taints)
	if equality.Semantic.DeepEqual(before.Spec.Taints, full.Spec.Taints) {
		return nil
	}
	return r.client.Patch(ctx, full, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

// taintsReleases reports whether a NodeENI taints nodes from which it releases ENIs.
func taintsReleases(n *v1alpha1.NodeENI) bool {
	return n.Spec.Rollout != nil && n.Spec.Rollout.TaintEffect != nil
}

func isReleasing(t corev1.Taint) bool { return t.Key == v1alpha1.TaintReleasing }

func withReleasing(ts []corev1.Taint) []corev1.Taint {
	if slices.ContainsFunc(ts, isReleasing) {
		return ts
	}
	return append(ts, corev1.Taint{Key: v1alpha1.TaintReleasing, Effect: corev1.TaintEffectNoSchedule})
}
