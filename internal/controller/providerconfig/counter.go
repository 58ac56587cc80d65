// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/providerconfig"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// count creates Crossplane's reconciler of a kind of config.
func (r *Reconciler) count(mgr ctrl.Manager, kind schema.GroupVersionKind, opts ...providerconfig.ReconcilerOption) {
	users := func(ctx context.Context, pc apiConfig) (int, error) {
		usages, err := r.usages(ctx, r.uncached, r.kind, pc)
		if err != nil || usages > 0 {
			return usages, err
		}
		return r.resources(ctx, r.uncached, r.kind, pc)
	}
	r.counter = providerconfig.NewReconciler(counterManager{mgr, keepingClient{r.client, users}}, resource.ProviderConfigKinds{
		Config:    kind,
		Usage:     v1alpha1.SchemeGroupVersion.WithKind(v1alpha1.ProviderConfigUsageKind),
		UsageList: v1alpha1.SchemeGroupVersion.WithKind(v1alpha1.ProviderConfigUsageListKind),
	}, opts...)
}

// A counterManager is the manager of Crossplane's reconciler. Its client protects configs
// that managed resources need.
type counterManager struct {
	ctrl.Manager

	client client.Client
}

// GetClient returns the client that protects configs.
func (m counterManager) GetClient() client.Client { return m.client }

// A keepingClient rejects the update of a deleted config while a managed resource needs it:
// the only update of a deleted config removes its finalizer.
//
// Crossplane's reconciler reads the config and its usages later than Reconciler does. In
// between, a namespace may be deleted, and the usages of its resources first. Its cache
// also may lack a new usage. A usage that is created after the check is of no use: the
// cache then has the deletion of the config, for which managedresource.Connect rejects a
// new resource.
type keepingClient struct {
	client.Client

	// users counts the usages of a config, or else the resources that need it, from the
	// API server.
	users func(ctx context.Context, pc apiConfig) (int, error)
}

// Update updates an object. It returns an error if the update would complete the deletion
// of a config that managed resources need.
func (c keepingClient) Update(ctx context.Context, o client.Object, opts ...client.UpdateOption) error {
	if pc, ok := o.(apiConfig); ok && meta.WasDeleted(pc) {
		n, err := c.users(ctx, pc)
		if err != nil {
			return err
		}
		if n > 0 {
			return errors.Errorf("cannot remove the finalizer of %q: %d resources need it", pc.GetName(), n)
		}
	}
	return c.Client.Update(ctx, o, opts...)
}
