// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	xpcontroller "github.com/crossplane/crossplane-runtime/v2/pkg/controller"
)

// A crdGate opens the gate of a kind once its CRD is established.
type crdGate struct{ gate xpcontroller.Gate }

// setupCRDGate adds the controller that starts the gated controllers. In contrast to
// crossplane-runtime's, it also opens the gate of a CRD that is being deleted: its objects
// are served until the last one is deleted, and only their controllers can release them.
// Otherwise the CRDs of a deleted Provider would wait for a provider, and an installed
// provider for CRDs.
func setupCRDGate(mgr ctrl.Manager, g xpcontroller.Gate) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&apiextensionsv1.CustomResourceDefinition{}).
		Named("crd-gate").
		Complete(reconcile.AsReconciler(mgr.GetClient(), &crdGate{gate: g}))
}

// Reconcile sets the gates of the versions of a CRD.
func (r *crdGate) Reconcile(_ context.Context, crd *apiextensionsv1.CustomResourceDefinition) (ctrl.Result, error) {
	established := slices.ContainsFunc(crd.Status.Conditions, func(c apiextensionsv1.CustomResourceDefinitionCondition) bool {
		return c.Type == apiextensionsv1.Established && c.Status == apiextensionsv1.ConditionTrue
	})
	for _, v := range crd.Spec.Versions {
		r.gate.Set(schema.GroupVersionKind{Group: crd.Spec.Group, Version: v.Name, Kind: crd.Spec.Names.Kind}, established && v.Served)
	}
	return ctrl.Result{}, nil
}
