// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	xpcontroller "github.com/crossplane/crossplane-runtime/v2/pkg/controller"
	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A crdGate opens the gate of a kind while its CRD is established.
type crdGate struct {
	client client.Reader
	gate   xpcontroller.Gate

	// kinds are the served kinds of each CRD. Only one worker reads and writes them.
	kinds map[string][]schema.GroupVersionKind
}

// setupCRDGate adds the controller that starts the gated controllers. In contrast to
// crossplane-runtime's, it also opens the gate of a CRD that is being deleted: its objects
// are served until the last one is deleted, and only their controllers can release them.
// Otherwise the CRDs of a deleted Provider would wait for a provider, and an installed
// provider for CRDs.
func setupCRDGate(mgr ctrl.Manager, g xpcontroller.Gate) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&apiextensionsv1.CustomResourceDefinition{}).
		WithOptions(controller.Options{MaxConcurrentReconciles: 1}).
		Named("crd-gate").
		Complete(newCRDGate(mgr.GetClient(), g))
}

func newCRDGate(c client.Reader, g xpcontroller.Gate) *crdGate {
	return &crdGate{client: c, gate: g, kinds: map[string][]schema.GroupVersionKind{}}
}

// Reconcile opens the gates of the served versions of a CRD, and closes the gates of a CRD
// that was deleted.
func (r *crdGate) Reconcile(ctx context.Context, req reconcile.Request) (ctrl.Result, error) {
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := r.client.Get(ctx, req.NamespacedName, crd); client.IgnoreNotFound(err) != nil {
		return ctrl.Result{}, errors.Wrapf(err, "cannot get CRD %q", req.Name)
	}
	established := slices.ContainsFunc(crd.Status.Conditions, func(c apiextensionsv1.CustomResourceDefinitionCondition) bool {
		return c.Type == apiextensionsv1.Established && c.Status == apiextensionsv1.ConditionTrue
	})
	for _, k := range r.kinds[req.Name] {
		r.gate.Set(k, false)
	}
	delete(r.kinds, req.Name)
	for _, v := range crd.Spec.Versions {
		if !established || !v.Served {
			continue
		}
		k := schema.GroupVersionKind{Group: crd.Spec.Group, Version: v.Name, Kind: crd.Spec.Names.Kind}
		r.kinds[req.Name] = append(r.kinds[req.Name], k)
		r.gate.Set(k, true)
	}
	return ctrl.Result{}, nil
}
