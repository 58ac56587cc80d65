// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
	// counted. No event reports their deletion here.
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
	usages, err := r.usages(ctx, r.client, r.kind, pc)
	if err != nil {
		return reconcile.Result{}, err
	}
	resources := 0
	if usages == 0 || meta.WasDeleted(pc) {
		if resources, err = r.resources(ctx, r.client, r.kind, pc); err != nil {
			return reconcile.Result{}, err
		}
	}
	held := r.holdSecret(ctx, pc, usages+resources > 0)
	if meta.WasDeleted(pc) {
		if held != nil {
			return reconcile.Result{}, held // the Secret's finalizer must be removed first
		}
		if resources > 0 {
			return r.keep(ctx, pc, max(usages, resources))
		}
	}
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
	case resources > 0:
		result.RequeueAfter = releasePoll
	case usages > 0 && secretOf(pc) != nil:
		result.RequeueAfter = secretPoll
	case usages > 0:
		result.RequeueAfter = placePoll
	}
	return result, nil
}

// keep keeps a deleted config that resources need. Their usages may be deleted: in a
// namespace being deleted they are deleted at once, and cannot be created again.
func (r *Reconciler) keep(ctx context.Context, pc apiConfig, users int) (reconcile.Result, error) {
	pc.SetUsers(int64(users))
	pc.SetConditions(providerconfig.Terminating().WithMessage("Blocking deletion while resources still use this config"))
	return reconcile.Result{RequeueAfter: releasePoll}, errors.Wrapf(r.client.Status().Update(ctx, pc), "cannot update the status of %s %q", r.kind, pc.GetName())
}

// usages counts the usages of a config.
func (r *Reconciler) usages(ctx context.Context, kube client.Reader, kind string, pc apiConfig) (int, error) {
	l := &v1alpha1.ProviderConfigUsageList{}
	opts := []client.ListOption{client.MatchingLabels{xpv2.LabelKeyProviderName: pc.GetName(), xpv2.LabelKeyProviderKind: kind}}
	if pc.GetNamespace() != "" {
		opts = append(opts, client.InNamespace(pc.GetNamespace()))
	}
	if err := kube.List(ctx, l, opts...); err != nil {
		return 0, errors.Wrap(err, "cannot list ProviderConfigUsages")
	}
	n := 0
	for i := range l.Items {
		if metav1.GetControllerOf(&l.Items[i]) != nil { // Crossplane's reconciler deletes usages without a controller
			n++
		}
	}
	return n, nil
}

// resources counts the managed resources that name a config and may exist in EC2.
func (r *Reconciler) resources(ctx context.Context, kube client.Reader, kind string, pc apiConfig) (int, error) {
	n := 0
	count := func(mg resource.ModernManaged) {
		ref := mg.GetProviderConfigReference()
		if ref != nil && ref.Kind == kind && ref.Name == pc.GetName() && meta.FinalizerExists(mg, finalizerManaged) {
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
