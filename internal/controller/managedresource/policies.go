// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

// CreateNotAllowed returns the condition Ready of an object whose external resource does
// not exist and must not be created. missing states what does not exist, and alternative
// what a user may do besides adding Create.
func CreateNotAllowed(missing, alternative string) xpv2.Condition {
	return networkingv1alpha1.NotReady(networkingv1alpha1.ReasonCreateNotAllowed,
		missing+", and spec.managementPolicies does not include Create: add Create, or "+alternative)
}

// SaveExternalName saves the external name of an object whose management policies do not
// include LateInitialize: the reconciler saves it only with late initialization.
func SaveExternalName(ctx context.Context, c client.Client, mg resource.Managed) error {
	if Allows(mg, xpv2.ManagementActionLateInitialize) {
		return nil
	}
	annotations := map[string]any{}
	for k, v := range mg.GetAnnotations() {
		if strings.HasPrefix(k, "crossplane.io/external-") {
			annotations[k] = v
		}
	}
	if _, ok := mg.GetAnnotations()[networkingv1alpha1.AnnotationCreateUnanswered]; !ok {
		annotations[networkingv1alpha1.AnnotationCreateUnanswered] = nil // removed, if there was one
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": annotations}})
	if err != nil {
		return errors.Wrap(err, "cannot encode the external name")
	}
	saved, ok := mg.DeepCopyObject().(client.Object)
	if !ok {
		return errors.Errorf("%T is no API object", mg)
	}
	if err := c.Patch(ctx, saved, client.RawPatch(types.MergePatchType, patch)); err != nil {
		return errors.Wrap(err, "cannot save the external name")
	}
	mg.SetResourceVersion(saved.GetResourceVersion())
	return nil
}

// Allows reports whether a resource's management policies include an action.
func Allows(mg resource.Managed, step xpv2.ManagementAction) bool {
	p := mg.GetManagementPolicies()
	return len(p) == 0 || slices.Contains(p, xpv2.ManagementActionAll) || slices.Contains(p, step)
}

// ObserveOnly reports whether a resource's management policies are Observe only.
func ObserveOnly(mg resource.Managed) bool {
	p := mg.GetManagementPolicies()
	return len(p) == 1 && p[0] == xpv2.ManagementActionObserve
}

// Reserve reserves a token for an EC2 action of the next step of a resource, if its
// management policies allow the step.
func Reserve(ctx context.Context, c *ec2.Client, mg resource.Managed, step xpv2.ManagementAction, action string) error {
	if !Allows(mg, step) {
		return nil
	}
	return c.Reserve(ctx, action)
}
