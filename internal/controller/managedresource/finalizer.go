// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// NewFinalizer returns the finalizer of managed resources. If the external resource is
// created in the same reconcile, the finalizer is written together with the annotation
// external-create-pending, which Crossplane's reconciler writes before the create. It then
// needs no write of its own.
func NewFinalizer(c client.Client) resource.Finalizer {
	return finalizer{resource.NewAPIFinalizer(c, managed.FinalizerName)}
}

type finalizer struct{ *resource.APIFinalizer }

// AddFinalizer adds the finalizer, and writes it unless the next write of the reconcile
// does.
func (f finalizer) AddFinalizer(ctx context.Context, o resource.Object) error {
	if s, ok := ctx.Value(scopeKey{}).(*scope); ok && s.createNext() {
		meta.AddFinalizer(o, managed.FinalizerName)
		return nil
	}
	return f.APIFinalizer.AddFinalizer(ctx, o)
}

// createFollows records that the reconciler creates the external resource next, if its
// management policies allow it.
func createFollows(ctx context.Context, mg resource.Managed) {
	if s, ok := ctx.Value(scopeKey{}).(*scope); ok && Allows(mg, xpv2.ManagementActionCreate) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.creates = true
	}
}

func (s *scope) createNext() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.creates
}
