// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"fmt"
	"slices"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// maxRetained returns the maximum number of ENIs without a node.
func maxRetained(n *v1alpha1.NodeENI) int {
	if n.Spec.Retain == nil {
		return 0
	}
	return int(n.Spec.Retain.MaxRetained)
}

// leavesENIs reports whether the ENIs remain in EC2 when a NodeENI releases them.
func leavesENIs(n *v1alpha1.NodeENI) bool {
	return n.Spec.Retain != nil && n.Spec.Retain.ReclaimPolicy == v1alpha1.ReclaimRetain
}

// withoutDelete returns management policies without the deletion of the external resource.
func withoutDelete(policies xpv2.ManagementPolicies) xpv2.ManagementPolicies {
	if len(policies) == 0 || slices.Contains(policies, xpv2.ManagementActionAll) {
		policies = xpv2.ManagementPolicies{
			xpv2.ManagementActionObserve, xpv2.ManagementActionCreate, xpv2.ManagementActionUpdate, xpv2.ManagementActionLateInitialize,
		}
	}
	return slices.DeleteFunc(slices.Clone(policies), func(a xpv2.ManagementAction) bool { return a == xpv2.ManagementActionDelete })
}

// completeRetained sets what retained ENIs keep: their Elastic IP, if the NodeENI has a pool of
// Elastic IPs, and the prefixes of a pool.
func completeRetained(n *v1alpha1.NodeENI, s *state) {
	for i := range s.plan.Retain {
		c := &s.plan.Retain[i]
		ni := s.interfaces[c.Name]
		if ni == nil {
			continue
		}
		if id := ni.Spec.ForProvider.ElasticIPAllocationID; id != nil && mayBeInPool(n.Spec.ElasticIP, string(*id)) {
			c.ElasticIP = string(*id)
		}
		if n.Spec.Network != nil && n.Spec.Network.IPAM.IPv4Prefixes != nil {
			c.IPv4Prefixes = max(1, n.Spec.Network.IPAM.IPv4Prefixes.Min, int32(len(ni.Status.AtProvider.IPv4Prefixes))) //nolint:gosec // at most 256
		}
	}
}

// mayBeInPool reports whether an Elastic IP is in a pool. The addresses of a pool with tags are
// not described again for retained ENIs.
func mayBeInPool(pool *v1alpha1.NodeENIElasticIP, id string) bool {
	return pool != nil && (len(pool.AllocationIDs) == 0 || slices.Contains(pool.AllocationIDs, v1alpha1.ElasticIPAllocationID(id)))
}

// setRetained sets the metadata of the NetworkInterface of a retained ENI: it keeps its last
// node until another node takes it over.
func setRetained(o, have *ec2v1alpha1.NetworkInterface, c eni.Child) {
	o.Annotations[v1alpha1.AnnotationRetainedSince] = c.RetainedSince
	if have == nil {
		return
	}
	for _, key := range []string{v1alpha1.AnnotationNodeUID, v1alpha1.AnnotationInstanceID} {
		o.Annotations[key] = have.GetAnnotations()[key]
	}
	delete(o.Labels, v1alpha1.LabelNode)
	if node, ok := have.GetLabels()[v1alpha1.LabelNode]; ok {
		o.Labels[v1alpha1.LabelNode] = node
	}
	if o.Spec.ForProvider.Description != nil && have.Spec.ForProvider.Description != nil {
		o.Spec.ForProvider.Description = have.Spec.ForProvider.Description
	}
}

// takesOver reports whether a child takes over a retained ENI.
func takesOver(c eni.Child, have *ec2v1alpha1.NetworkInterface) bool {
	return !c.Retained && have != nil && have.GetAnnotations()[v1alpha1.AnnotationRetainedSince] != ""
}

// changesNode reports whether an apply assigns an existing NetworkInterface to a node, or is for
// a retained one. Such an apply fails if the object has changed since it was read: another
// apply may have assigned it to another node.
func changesNode(want, have client.Object) bool {
	w, ok := want.(*ec2v1alpha1.NetworkInterface)
	h, too := have.(*ec2v1alpha1.NetworkInterface)
	if !ok || !too || h == nil {
		return false
	}
	return w.GetAnnotations()[v1alpha1.AnnotationRetainedSince] != "" || h.GetAnnotations()[v1alpha1.AnnotationRetainedSince] != ""
}

// lastAttachmentDeleted reports whether the API server, not only the cache, has no attachment
// of a retained ENI to another instance.
func (r *Reconciler) lastAttachmentDeleted(ctx context.Context, c eni.Child) (bool, error) {
	at := &ec2v1alpha1.NetworkInterfaceAttachment{}
	err := r.uncached.Get(ctx, types.NamespacedName{Namespace: r.o.Namespace, Name: c.Name}, at)
	switch {
	case kerrors.IsNotFound(err):
		return true, nil
	case err == nil:
		return at.GetAnnotations()[v1alpha1.AnnotationInstanceID] == c.InstanceID && !meta.WasDeleted(at), nil
	}
	return false, errors.Wrapf(err, "cannot confirm that the attachment of retained network interface %q was deleted", c.Name)
}

// waitingMessage names the nodes that wait for ENIs of terminated nodes.
func waitingMessage(s *state) string {
	return fmt.Sprintf("%d network interfaces of terminated nodes are being detached first, and are then attached to: %s", len(s.plan.Waiting), managedresource.FirstNames(slices.Compact(slices.Clone(s.plan.Waiting))))
}

// leaveENI removes the deletion of the ENI from the management policies of a child that is
// deleted next, if the NodeENI leaves its ENIs in EC2. The reclaim policy may have changed just
// before.
func (r *Reconciler) leaveENI(ctx context.Context, n *v1alpha1.NodeENI, o client.Object) error {
	ni, ok := o.(*ec2v1alpha1.NetworkInterface)
	if !ok || !leavesENIs(n) || slices.Equal(ni.Spec.ManagementPolicies, withoutDelete(ni.Spec.ManagementPolicies)) {
		return nil
	}
	changed := ni.DeepCopy()
	changed.Spec.ManagementPolicies = withoutDelete(ni.Spec.ManagementPolicies)
	err := r.client.Patch(ctx, changed, client.MergeFrom(ni))
	return errors.Wrapf(client.IgnoreNotFound(err), "cannot keep the network interface of %q", ni.GetName())
}
