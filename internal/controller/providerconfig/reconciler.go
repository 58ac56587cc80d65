// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/providerconfig"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
)

const (
	// releasePoll is how often the resources that need a config without usages are
	// counted, and how often a missing Secret is searched for. No event reports their
	// deletion or its creation here.
	releasePoll = 5 * time.Second

	// secretPoll is how often the finalizer of a Secret is checked. The provider may not
	// watch Secrets.
	secretPoll = time.Minute

	// placePoll is how often the account of a config without a Secret is resolved again. No
	// event reports that the provider's IAM role changed.
	placePoll = 10 * time.Minute

	// finalizerManaged is the finalizer of crossplane-runtime on a managed resource that may
	// exist in EC2.
	finalizerManaged = "finalizer.managedresource.crossplane.io"

	// finalizerConfig is the finalizer of crossplane-runtime on a config in use.
	finalizerConfig = "in-use.crossplane.io"
)

// An apiConfig is a ProviderConfig or a ClusterProviderConfig.
type apiConfig interface {
	resource.ProviderConfig

	Config() *v1alpha1.ProviderConfigSpec
	ConfigStatus() *v1alpha1.ProviderConfigStatus
}

// A Reconciler protects a config and its Secret while the config is in use.
type Reconciler struct {
	client    client.Client
	uncached  client.Reader
	places    places
	record    event.Recorder
	kind      string
	newConfig func() apiConfig

	// counter is Crossplane's reconciler, which counts usages and adds a finalizer to a
	// config in use.
	counter reconcile.Reconciler
}

// Reconcile reconciles a config.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	result, err := r.reconcile(ctx, req)
	return errors.SilentlyRequeueOnConflict(result, err)
}

func (r *Reconciler) reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	pc := r.newConfig()
	if err := r.client.Get(ctx, req.NamespacedName, pc); err != nil {
		return reconcile.Result{}, errors.Wrapf(client.IgnoreNotFound(err), "cannot get %s %q", r.kind, req.Name)
	}
	if meta.WasDeleted(pc) {
		return r.finalize(ctx, pc)
	}
	usages, resources, err := r.count(ctx, r.kind, pc)
	if err != nil {
		return reconcile.Result{}, err
	}
	missing, held := r.holdSecret(ctx, pc, usages+resources > 0)
	if usages > 0 {
		if err := r.recordPlace(ctx, pc); err != nil {
			return reconcile.Result{}, err
		}
	}
	result, err := r.counter.Reconcile(ctx, req)
	if err = errors.Join(held, err); err != nil || result.RequeueAfter > 0 {
		return result, err
	}
	switch {
	case resources > 0 || missing:
		result.RequeueAfter = releasePoll
	case usages > 0 && secretOf(pc) != nil:
		result.RequeueAfter = secretPoll
	case usages > 0:
		result.RequeueAfter = placePoll
	}
	return result, nil
}

// finalize removes the finalizers of a deleted config and of its Secret once no resource
// needs the config.
//
// Usages without a resource do not count: the Kubernetes garbage collector deletes them later,
// and the cache may have usages of a CRD that was deleted.
func (r *Reconciler) finalize(ctx context.Context, pc apiConfig) (reconcile.Result, error) {
	n, err := r.users(ctx, pc)
	if err != nil {
		return reconcile.Result{}, err
	}
	if _, err := r.holdSecret(ctx, pc, n > 0); err != nil {
		return reconcile.Result{}, err // the Secret's finalizer must be removed first
	}
	if n > 0 {
		pc.SetUsers(int64(n))
		pc.SetConditions(providerconfig.Terminating().WithMessage("Blocking deletion while resources still use this config"))
		return reconcile.Result{RequeueAfter: releasePoll}, r.writeStatus(ctx, pc)
	}
	meta.RemoveFinalizer(pc, finalizerConfig)
	return reconcile.Result{}, errors.Wrapf(client.IgnoreNotFound(r.client.Update(ctx, pc)), "cannot remove the finalizer of %s %q", r.kind, pc.GetName())
}

// users counts, from the API server, the managed resources that need a config: they have a
// usage or may exist in EC2.
func (r *Reconciler) users(ctx context.Context, pc apiConfig) (int, error) {
	usedBy, err := r.usages(ctx, r.uncached, r.kind, pc)
	if err != nil {
		return 0, err
	}
	return r.resources(ctx, r.uncached, r.kind, pc, usedBy)
}

// count counts, from the cache, the usages of a config, or if it has none the managed
// resources that may exist in EC2. Their usages may be deleted: in a namespace being deleted
// they are deleted at once, and cannot be created again.
func (r *Reconciler) count(ctx context.Context, kind string, pc apiConfig) (usages, resources int, err error) {
	usedBy, err := r.usages(ctx, r.client, kind, pc)
	if err != nil || len(usedBy) > 0 {
		return len(usedBy), 0, err
	}
	resources, err = r.resources(ctx, r.client, kind, pc, nil)
	return 0, resources, err
}

// usages returns the UIDs of the resources that have a usage of a config.
func (r *Reconciler) usages(ctx context.Context, kube client.Reader, kind string, pc apiConfig) (map[types.UID]bool, error) {
	l := &v1alpha1.ProviderConfigUsageList{}
	opts := []client.ListOption{client.MatchingLabels{xpv2.LabelKeyProviderName: pc.GetName(), xpv2.LabelKeyProviderKind: kind}}
	if pc.GetNamespace() != "" {
		opts = append(opts, client.InNamespace(pc.GetNamespace()))
	}
	// Without the CRD there are no usages.
	if err := kube.List(ctx, l, opts...); err != nil && !managedresource.IsNotServed(err) {
		return nil, errors.Wrap(err, "cannot list ProviderConfigUsages")
	}
	usedBy := map[types.UID]bool{}
	for i := range l.Items {
		if c := metav1.GetControllerOf(&l.Items[i]); c != nil { // Crossplane's reconciler deletes usages without a controller
			usedBy[c.UID] = true
		}
	}
	return usedBy, nil
}

// resources counts the managed resources that name a config and may exist in EC2 or are in
// usedBy.
func (r *Reconciler) resources(ctx context.Context, kube client.Reader, kind string, pc apiConfig, usedBy map[types.UID]bool) (int, error) {
	n := 0
	count := func(mg resource.ModernManaged) {
		ref := mg.GetProviderConfigReference()
		if ref != nil && ref.Kind == kind && ref.Name == pc.GetName() && (usedBy[mg.GetUID()] || meta.FinalizerExists(mg, finalizerManaged)) {
			n++
		}
	}
	enis, attachments := &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	for _, l := range []client.ObjectList{enis, attachments} {
		// Without the CRD there are no objects.
		if err := kube.List(ctx, l, client.InNamespace(pc.GetNamespace())); err != nil && !managedresource.IsNotServed(err) {
			return 0, errors.Wrapf(err, "cannot list the users of %s %q", kind, pc.GetName())
		}
	}
	for i := range enis.Items {
		count(&enis.Items[i])
	}
	for i := range attachments.Items {
		count(&attachments.Items[i])
	}
	return n, nil
}
