// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
)

// releaseOrphans deletes the children of a deleted NodeENI. Normally its finalizer deletes
// them first. They remain if a user removed the finalizer, or if the NodeENI was deleted
// while its finalizer was being added: the API server checks for finalizers before it
// deletes an object.
//
// Kubernetes' garbage collector does the same for objects whose owner is deleted. Objects
// without owner references, as after kubectl delete --cascade=orphan, are kept.
func (r *Reconciler) releaseOrphans(ctx context.Context, name string) error {
	s, err := r.children(ctx, name, "")
	if err != nil || len(s.stale) == 0 {
		return err
	}
	// The cache may not contain a new owner, or the removal of the owner references, yet.
	owners := &v1alpha1.NodeENIList{}
	if err := r.uncached.List(ctx, owners, client.MatchingFields{metav1.ObjectNameField: name}, client.Limit(1)); err != nil {
		return errors.Wrapf(err, "cannot confirm that NodeENI %q was deleted", name)
	}
	if len(owners.Items) > 0 {
		return nil // its event triggers another reconcile
	}
	return r.deleteStale(ctx, name, "")
}

// releaseStale deletes the children of an earlier NodeENI of the same name, if the API
// server confirms that it was replaced. A user has then removed its finalizer.
// Kubernetes' garbage collector deletes the children too.
func (r *Reconciler) releaseStale(ctx context.Context, n *v1alpha1.NodeENI, s *state) error {
	if len(s.stale) == 0 {
		return nil
	}
	now := &v1alpha1.NodeENI{}
	if err := r.uncached.Get(ctx, client.ObjectKeyFromObject(n), now); err != nil {
		return errors.Wrap(err, "cannot confirm that an earlier NodeENI of this name was deleted")
	}
	if now.GetUID() != n.GetUID() {
		return nil // this one was replaced meanwhile
	}
	return r.deleteStale(ctx, n.GetName(), n.GetUID())
}

// deleteStale deletes the children whose controller is a NodeENI with the given name and
// another UID.
func (r *Reconciler) deleteStale(ctx context.Context, name string, uid types.UID) error {
	orphans, err := r.remainingChildren(ctx, name)
	if err != nil {
		return err
	}
	orphans = slices.DeleteFunc(orphans, func(o client.Object) bool {
		c := metav1.GetControllerOf(o)
		return o.GetDeletionTimestamp() != nil || !refersTo(c, name) || c.UID == uid
	})
	if len(orphans) > 0 {
		r.log.Info("Deleting children of a deleted NodeENI", "NodeENI", name, "objects", len(orphans))
	}
	for _, o := range orphans {
		// Do not delete an object that was orphaned or adopted since it was read.
		uid, version := o.GetUID(), o.GetResourceVersion()
		err := r.client.Delete(ctx, o, client.Preconditions{UID: &uid, ResourceVersion: &version})
		if client.IgnoreNotFound(err) != nil {
			return errors.Wrapf(err, "cannot delete %q of the deleted NodeENI %q", o.GetName(), name)
		}
	}
	return nil
}

// remainingChildren returns the child objects of a NodeENI from the API server, not from the cache:
// attachments first.
func (r *Reconciler) remainingChildren(ctx context.Context, name string, opts ...client.ListOption) ([]client.Object, error) {
	attachments, interfaces := &ec2v1alpha1.NetworkInterfaceAttachmentList{}, &ec2v1alpha1.NetworkInterfaceList{}
	opts = append(opts, client.InNamespace(r.o.Namespace), client.MatchingLabels{v1alpha1.LabelNodeENI: name})
	for _, l := range []client.ObjectList{attachments, interfaces} {
		if err := r.uncached.List(ctx, l, opts...); err != nil && !managedresource.IsNotServed(err) {
			return nil, errors.Wrapf(err, "cannot list the children of NodeENI %q", name)
		}
	}
	var out []client.Object
	for i := range attachments.Items {
		out = append(out, &attachments.Items[i])
	}
	for i := range interfaces.Items {
		out = append(out, &interfaces.Items[i])
	}
	return out, nil
}

// keepsChildren reports whether a NodeENI being deleted orphans its children, as with
// kubectl delete --cascade=orphan. Kubernetes' garbage collector removes their owner
// references.
func keepsChildren(n *v1alpha1.NodeENI) bool {
	return slices.Contains(n.GetFinalizers(), metav1.FinalizerOrphanDependents)
}
