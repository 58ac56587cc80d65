// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
)

// finalize deletes all children. It removes the NodeENI's finalizer once the API server,
// not only the cache, returns no child.
func (r *Reconciler) finalize(ctx context.Context, n *v1alpha1.NodeENI, s *state) (reconcile.Result, error) {
	// First: no further pod may get one of the links.
	if err := r.networks.Delete(ctx, n); err != nil {
		setConditions(n, xpv2.ReconcileError(err))
		return reconcile.Result{}, err
	}
	err := r.listNodes(ctx, s)
	if err == nil {
		err = r.clearReadiness(ctx, n, s)
	}
	if err != nil {
		setConditions(n, xpv2.ReconcileError(err))
		return reconcile.Result{}, err
	}
	if keepsChildren(n) {
		if err := r.applyReleasingTaints(ctx, n, s, nil); err != nil {
			return reconcile.Result{}, err
		}
		return reconcile.Result{}, r.removeFinalizer(ctx, n)
	}
	names := s.controlled(n.GetUID())
	// Set one condition per reconcile; alternating messages would reset lastTransitionTime.
	deleting := xpv2.Deleting()
	if err := r.agents.observe(ctx, s); err != nil {
		return reconcile.Result{}, err
	}
	n.Status.Desired = 0
	_, why := fillAttachments(n, s, r.now())
	if len(names) > 0 {
		deleting = deleting.WithMessage(managedresource.Count(len(names), "network interface") + " being released" + why)
	}
	setConditions(n, deleting)
	if err := r.releaseTainted(ctx, n, s, names); err != nil {
		setConditions(n, xpv2.ReconcileError(err))
		return reconcile.Result{}, err
	}
	if len(names) > 0 {
		setConditions(n, xpv2.ReconcileSuccess())
		return reconcile.Result{RequeueAfter: deletionPoll}, nil
	}
	left, err := r.remainingChildren(ctx, n.GetName())
	if err != nil {
		return reconcile.Result{}, err
	}
	left = slices.DeleteFunc(left, func(o client.Object) bool { return !controlledBy(o, n.GetUID()) })
	if len(left) > 0 {
		return reconcile.Result{RequeueAfter: time.Second}, nil
	}
	return reconcile.Result{}, r.removeFinalizer(ctx, n)
}

// controlled returns the names of the children whose controller has a UID.
func (s *state) controlled(uid types.UID) []string {
	names := make([]string, 0, len(s.found))
	for _, e := range s.found {
		if controlledBy(orNil(s.interfaces[e.Name]), uid) || controlledBy(orNil(s.attachments[e.Name]), uid) {
			names = append(names, e.Name)
		}
	}
	return names
}

// removeFinalizer removes the finalizer, and drops the cached state of the NodeENI's children.
func (r *Reconciler) removeFinalizer(ctx context.Context, n *v1alpha1.NodeENI) error {
	r.applied.prune(n.GetUID(), nil)
	b := n.DeepCopy()
	meta.RemoveFinalizer(n, v1alpha1.FinalizerNodeENI)
	err := r.client.Patch(ctx, n, client.MergeFromWithOptions(b, client.MergeFromWithOptimisticLock{}))
	return errors.Wrap(client.IgnoreNotFound(err), "cannot remove finalizer")
}
