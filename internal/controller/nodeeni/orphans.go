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
)

// releaseOrphans deletes the children of a NodeENI that is gone. Its finalizer
// sees to them before it goes, unless somebody takes that away by force, or it
// is deleted in the very moment in which it gets one: the API server looks for
// finalizers, and then deletes what it finds, whatever was added in between.
//
// Kubernetes' own garbage collector does the same for whatever names an owner
// that is gone. What was left without owners on purpose, as by kubectl delete
// --cascade=orphan, is kept.
func (r *Reconciler) releaseOrphans(ctx context.Context, name string) error {
	s, err := r.children(ctx, name, "")
	if err != nil || len(s.stale) == 0 {
		return err
	}
	// A cache may not have seen yet that the owner was made, or that its children
	// were let go of: the API server is asked.
	owners := &v1alpha1.NodeENIList{}
	if err := r.uncached.List(ctx, owners, client.MatchingFields{metav1.ObjectNameField: name}, client.Limit(1)); err != nil {
		return errors.Wrapf(err, "cannot see whether NodeENI %q is gone", name)
	}
	if len(owners.Items) > 0 {
		return nil // it comes into the cache, and here
	}
	return r.deleteStale(ctx, name, "")
}

// releaseStale deletes the children of an earlier NodeENI of the same name, if the
// API server confirms that it was replaced: its own finalizer was removed by force,
// and Kubernetes' garbage collector deletes them, too.
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

// deleteStale deletes the children whose controller is a NodeENI of a name with
// another UID than the given one.
func (r *Reconciler) deleteStale(ctx context.Context, name string, uid types.UID) error {
	orphans, err := r.left(ctx, name)
	if err != nil {
		return err
	}
	orphans = slices.DeleteFunc(orphans, func(o client.Object) bool {
		c := metav1.GetControllerOf(o)
		return o.GetDeletionTimestamp() != nil || !madeBy(c, name) || c.UID == uid
	})
	if len(orphans) > 0 {
		r.log.Info("Deleting children of a deleted NodeENI", "NodeENI", name, "objects", len(orphans))
	}
	for _, o := range orphans {
		// Not if it is let go of, or made somebody else's, in this moment.
		uid, version := o.GetUID(), o.GetResourceVersion()
		err := r.client.Delete(ctx, o, client.Preconditions{UID: &uid, ResourceVersion: &version})
		if client.IgnoreNotFound(err) != nil {
			return errors.Wrapf(err, "cannot delete %q, whose NodeENI %q is gone", o.GetName(), name)
		}
	}
	return nil
}

// left returns the objects made for a NodeENI as the API server itself has them,
// not a cache that may lag: attachments first.
func (r *Reconciler) left(ctx context.Context, name string, opts ...client.ListOption) ([]client.Object, error) {
	attachments, interfaces := &ec2v1alpha1.NetworkInterfaceAttachmentList{}, &ec2v1alpha1.NetworkInterfaceList{}
	opts = append(opts, client.InNamespace(r.o.Namespace), client.MatchingLabels{v1alpha1.LabelNodeENI: name})
	for _, l := range []client.ObjectList{attachments, interfaces} {
		if err := r.uncached.List(ctx, l, opts...); err != nil {
			return nil, errors.Wrapf(err, "cannot see what is left of NodeENI %q", name)
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

// keepsChildren says whether a NodeENI that is being deleted leaves its children
// to whoever comes after it, as asked for by kubectl delete --cascade=orphan.
// Kubernetes' garbage collector takes their owner references away.
func keepsChildren(n *v1alpha1.NodeENI) bool {
	return slices.Contains(n.GetFinalizers(), metav1.FinalizerOrphanDependents)
}
