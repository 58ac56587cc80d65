// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

const (
	reasonReleased event.Reason = "HostReleased"
	reasonDropped  event.Reason = "HostReleaseSkipped"
	reasonRefused  event.Reason = "HostInterfaceRefused"
)

// A Reconciler projects attachments to HostInterfaces.
type Reconciler struct {
	client    client.Client
	uncached  client.Reader
	cloud     cloud
	namespace string
	timings   timings.Timings
	silence   time.Duration
	grace     time.Duration
	stopwatch *managedresource.Stopwatch
	leases    *managedresource.AgentLeases
	tracer    *tracing.Tracer
	log       logging.Logger
	record    event.Recorder
}

// Reconcile creates, updates or releases the HostInterface of an attachment.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	result, err := r.reconcile(ctx, req)
	return errors.SilentlyRequeueOnConflict(result, err)
}

func (r *Reconciler) reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	h := &v1alpha1.HostInterface{}
	err := r.client.Get(ctx, types.NamespacedName{Name: v1alpha1.HostInterfaceName(req.Namespace, req.Name)}, h)
	if err != nil && !kerrors.IsNotFound(err) {
		return reconcile.Result{}, errors.Wrap(err, "cannot get HostInterface")
	}
	if kerrors.IsNotFound(err) {
		h = nil
	}
	a := &ec2v1alpha1.NetworkInterfaceAttachment{}
	err = r.client.Get(ctx, req.NamespacedName, a)
	if kerrors.IsNotFound(err) {
		return r.releaseOrphan(ctx, h)
	}
	if err != nil {
		return reconcile.Result{}, errors.Wrap(err, "cannot get NetworkInterfaceAttachment")
	}
	if meta.IsPaused(a) {
		return reconcile.Result{}, nil
	}
	if h != nil && (h.Spec.AttachmentRef.UID != string(a.GetUID()) || meta.WasDeleted(h)) || !wanted(a) {
		return r.release(ctx, a, h)
	}
	if !attached(a) {
		return reconcile.Result{}, nil // the host keeps its configuration until EC2 returns the ENI or the attachment is deleted
	}
	return r.project(ctx, a, h)
}

// project applies the HostInterface of an attachment, from EC2's description of the ENI and
// the Node of its instance. It trusts neither the attachment's status nor its
// spec.nodeName, which a user with write access to the attachment can set.
func (r *Reconciler) project(ctx context.Context, a *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface) (reconcile.Result, error) {
	l, err := r.cloud.Link(ctx, a)
	var refused *eni.RefusalError
	switch {
	case errors.As(err, &refused), ec2.IsNotAllowed(err): // an existing HostInterface is kept
		r.record.Event(a, event.Warning(reasonRefused, err))
		return reconcile.Result{RequeueAfter: r.timings.RefusedPoll}, nil
	case err != nil:
		if after, ok := awserr.RetryAfter(err); ok {
			return reconcile.Result{RequeueAfter: max(after, r.timings.ReleasePoll)}, nil
		}
		return reconcile.Result{}, errors.Wrap(err, "cannot observe the network interface")
	case l == nil:
		return reconcile.Result{RequeueAfter: r.timings.ReleasePoll}, nil // EC2's response is older than the status
	}
	node, err := r.nodeOf(ctx, a, ptr.Deref(l.eni.Attachment.InstanceId, ""))
	if err != nil || node == "" {
		return reconcile.Result{}, err // the instance is not a node of this cluster
	}
	if h != nil && h.Spec.NodeName != node {
		return r.release(ctx, a, h)
	}
	return reconcile.Result{}, r.apply(ctx, a, h, withhold(project(a, node, l), r.namespace))
}

// apply adds the finalizer to the attachment first and creates the HostInterface second: in
// the reverse order, a crash in between could detach an interface in use by the host.
func (r *Reconciler) apply(ctx context.Context, a *ec2v1alpha1.NetworkInterfaceAttachment, have, want *v1alpha1.HostInterface) error {
	if !meta.FinalizerExists(a, v1alpha1.FinalizerHostRelease) {
		b := a.DeepCopy()
		meta.AddFinalizer(a, v1alpha1.FinalizerHostRelease)
		if err := r.client.Patch(ctx, a, client.MergeFromWithOptions(b, client.MergeFromWithOptimisticLock{})); err != nil {
			return errors.Wrapf(err, "cannot add the finalizer to NetworkInterfaceAttachment %q", a.GetName())
		}
	}
	if have == nil {
		_, end := r.tracer.Start(ctx, a, tracing.SpanHost, tracing.AttributeNode.String(want.Spec.NodeName))
		err := r.client.Create(ctx, want)
		end(err)
		if kerrors.IsAlreadyExists(err) {
			return nil // the cache is stale
		}
		return errors.Wrapf(err, "cannot create HostInterface %q", want.GetName())
	}
	traceEnded := tracing.ParentOf(have) != "" && tracing.ParentOf(want) == ""
	if equality.Semantic.DeepEqual(have.Spec, want.Spec) && !traceEnded {
		return nil
	}
	b := have.DeepCopy()
	have.Spec = want.Spec
	if traceEnded {
		meta.RemoveAnnotations(have, v1alpha1.AnnotationTraceParent)
	}
	return errors.Wrapf(r.client.Patch(ctx, have, client.MergeFromWithOptions(b, client.MergeFromWithOptimisticLock{})), "cannot change HostInterface %q", have.GetName())
}

// nodeOf returns the node of this cluster whose providerID names an instance, or "". It is
// also "" if the attachment names another node.
func (r *Reconciler) nodeOf(ctx context.Context, a *ec2v1alpha1.NetworkInterfaceAttachment, instanceID string) (string, error) {
	if instanceID == "" {
		return "", nil
	}
	l := &corev1.NodeList{}
	if err := r.client.List(ctx, l, client.MatchingFields{indexInstance: instanceID}); err != nil {
		return "", errors.Wrap(err, "cannot list nodes")
	}
	named := a.Spec.ForProvider.NodeName
	for _, n := range l.Items {
		if named == nil || *named == n.GetName() {
			return n.GetName(), nil
		}
	}
	return "", nil
}
