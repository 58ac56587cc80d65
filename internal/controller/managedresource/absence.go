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

// Missing records that EC2 did not return what, an ENI or an instance with an id,
// and that its deletion is not confirmed. The object keeps its finalizer, nothing
// is created or changed, and it is observed again when that may be decided
// differently.
func Missing(ctx context.Context, mg resource.Managed, what, id string, p ec2.Place, a ec2.Absence) {
	c := MissingCondition(what, id, p, a)
	wait(ctx, a.RequeueAfter)
	if meta.WasDeleted(mg) {
		amend(ctx, xpv2.Deleting().WithMessage(c.Message))
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
			"EC2 in %s did not return %s %s, nor many others at the same time: this is taken for a fault of credentials, region or EC2 and nothing is changed; %s", p, what, id, confirm))
	case eni.FateUnwitnessed:
		return networkingv1alpha1.NotReady(networkingv1alpha1.ReasonMissingInEC2, fmt.Sprintf(
			"EC2 in %s did not return %s %s, nor anything else of this cluster, since %s: nothing is changed; %s", p, what, id, since(a), confirm))
	case eni.FateDoubtful, eni.FateDeleted, eni.FatePresent:
	}
	return networkingv1alpha1.NotReady(networkingv1alpha1.ReasonMissingInEC2, fmt.Sprintf(
		"EC2 in %s did not return %s %s at %s: it is taken for deleted when a second answer more than a minute later confirms it", p, what, id, since(a)))
}

func since(a ec2.Absence) string { return a.Since.UTC().Format(time.RFC3339) }
