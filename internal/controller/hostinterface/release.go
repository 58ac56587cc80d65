// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"context"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// release deletes the HostInterface, waits for the agent's release, and removes the
// finalizer from the attachment.
func (r *Reconciler) release(ctx context.Context, a *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface) (reconcile.Result, error) {
	if h == nil && meta.FinalizerExists(a, v1alpha1.FinalizerHostRelease) {
		// The cache may not contain a new HostInterface yet.
		h = &v1alpha1.HostInterface{}
		err := r.uncached.Get(ctx, types.NamespacedName{Name: v1alpha1.HostInterfaceName(a.GetNamespace(), a.GetName())}, h)
		if kerrors.IsNotFound(err) {
			return reconcile.Result{}, r.dropHold(ctx, a)
		}
		if err != nil {
			return reconcile.Result{}, errors.Wrap(err, "cannot get HostInterface")
		}
	}
	if h == nil {
		return reconcile.Result{}, nil
	}
	if err := r.delete(ctx, h); err != nil {
		return reconcile.Result{}, err
	}
	on, err := r.host(ctx, a, h)
	if err != nil {
		return reconcile.Result{}, err
	}
	why := mayDrop(h, on, r.silence)
	if why == "" {
		return reconcile.Result{RequeueAfter: r.timings.ReleasePoll}, nil
	}
	// The deletion event triggers the reconcile that removes the finalizer.
	dropped, err := r.dropAgent(ctx, h)
	message := "Did not wait for node " + h.Spec.NodeName + ": " + why
	switch {
	case dropped && on.terminated:
		r.record.Event(a, event.Normal(reasonDropped, message))
	case dropped: // the instance may still use the link
		r.record.Event(a, event.Warning(reasonDropped, errors.New(message)))
	}
	return reconcile.Result{}, err
}

// releaseOrphan releases a HostInterface whose attachment was deleted after a user removed
// its finalizers. Without the attachment the instance is unknown: the Node and the agent's
// Lease decide how long the controller waits for the agent.
func (r *Reconciler) releaseOrphan(ctx context.Context, h *v1alpha1.HostInterface) (reconcile.Result, error) {
	if h == nil {
		return reconcile.Result{}, nil
	}
	if err := r.delete(ctx, h); err != nil {
		return reconcile.Result{}, err
	}
	on, err := r.agent(ctx, h)
	if err != nil {
		return reconcile.Result{}, err
	}
	if mayDrop(h, on, r.silence) == "" {
		return reconcile.Result{RequeueAfter: r.timings.ReleasePoll}, nil
	}
	_, err = r.dropAgent(ctx, h)
	return reconcile.Result{}, err
}

// dropAgent removes the agent's finalizer, and reports whether it was present.
func (r *Reconciler) dropAgent(ctx context.Context, h *v1alpha1.HostInterface) (bool, error) {
	if !meta.FinalizerExists(h, v1alpha1.FinalizerAgent) {
		return false, nil
	}
	b := h.DeepCopy()
	meta.RemoveFinalizer(h, v1alpha1.FinalizerAgent)
	if err := r.client.Patch(ctx, h, client.MergeFromWithOptions(b, client.MergeFromWithOptimisticLock{})); client.IgnoreNotFound(err) != nil {
		return false, errors.Wrapf(err, "cannot remove the agent's finalizer from HostInterface %q", h.GetName())
	}
	return true, nil
}

func (r *Reconciler) dropHold(ctx context.Context, a *ec2v1alpha1.NetworkInterfaceAttachment) error {
	if !meta.FinalizerExists(a, v1alpha1.FinalizerHostRelease) {
		return nil
	}
	b := a.DeepCopy()
	meta.RemoveFinalizer(a, v1alpha1.FinalizerHostRelease)
	if err := r.client.Patch(ctx, a, client.MergeFromWithOptions(b, client.MergeFromWithOptimisticLock{})); err != nil {
		return errors.Wrapf(client.IgnoreNotFound(err), "cannot remove the finalizer from NetworkInterfaceAttachment %q", a.GetName())
	}
	if a.Status.AtProvider.AttachmentID != "" { // it was attached
		r.record.Event(a, event.Normal(reasonReleased, "The host has released the interface: it can be detached"))
	}
	return nil
}

func (r *Reconciler) delete(ctx context.Context, h *v1alpha1.HostInterface) error {
	if h == nil || meta.WasDeleted(h) {
		return nil
	}
	err := r.client.Delete(ctx, h, client.Preconditions{UID: new(h.GetUID())})
	return errors.Wrapf(client.IgnoreNotFound(err), "cannot delete HostInterface %q", h.GetName())
}
