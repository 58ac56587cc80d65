// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"fmt"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// SetMissing sets the condition of an object whose ENI or instance EC2 did not return,
// and whose deletion is not confirmed. The object keeps its finalizer, nothing is
// created or changed, and the object is requeued for the next check. what names the kind
// of the EC2 resource.
func SetMissing(ctx context.Context, mg resource.Managed, what, id string, p ec2.Place, a ec2.Absence) {
	c := MissingCondition(what, id, p, a)
	RequeueAfter(ctx, a.RequeueAfter)
	if meta.WasDeleted(mg) {
		overrideConditions(ctx, xpv2.Deleting().WithMessage(c.Message))
		return
	}
	mg.SetConditions(c)
}

// MissingCondition returns the Ready condition of an object whose ENI or instance
// EC2 did not return.
func MissingCondition(what, id string, p ec2.Place, a ec2.Absence) xpv2.Condition {
	confirm := fmt.Sprintf("if it was deleted, confirm with the annotation %s=%s", networkingv1alpha1.AnnotationConfirmDeleted, id)
	switch a.Fate {
	case eni.FateOutage:
		return networkingv1alpha1.NotReady(networkingv1alpha1.ReasonManyMissingInEC2, fmt.Sprintf(
			"EC2 in %s did not return %s %s and many others at the same time: check the credentials, the region and EC2's health; nothing is changed until EC2 returns them again; %s", p, what, id, confirm))
	case eni.FateUnwitnessed:
		return networkingv1alpha1.NotReady(networkingv1alpha1.ReasonMissingInEC2, fmt.Sprintf(
			"EC2 in %s did not return %s %s or any other resource of this cluster since %s: nothing is changed; %s", p, what, id, since(a), confirm))
	case eni.FateDoubtful, eni.FateDeleted, eni.FatePresent:
	}
	return networkingv1alpha1.NotReady(networkingv1alpha1.ReasonMissingInEC2, fmt.Sprintf(
		"EC2 in %s did not return %s %s at %s: it is considered deleted if a second response more than a minute later does not contain it either", p, what, id, since(a)))
}

func since(a ec2.Absence) string { return a.Since.UTC().Format(time.RFC3339) }
