// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// placeWait returns the requeue delay of an object that has been in the wrong place
// since a time: a quarter of the elapsed time, plus jitter of a third. A cluster may have
// thousands of such objects.
func placeWait(since, now time.Time, t timings.Timings) time.Duration {
	d := min(max(now.Sub(since)/4, t.PlacePoll), t.PlacePollMax)
	return d + spread(d/3)
}

// A PlaceError reports that a provider config resolves to another account or
// region than the one an object was created in, or that the account is not known.
type PlaceError struct {
	Reason xpv2.ConditionReason
	text   string
}

// Error implements error. The message states the problem and its solution.
func (e *PlaceError) Error() string { return e.text }

// IsAccountUnknown reports whether err means that the account of a provider config's
// credentials is not known.
func IsAccountUnknown(err error) bool {
	var p *PlaceError
	return errors.As(err, &p) && p.Reason == networkingv1alpha1.ReasonAccountUnknown
}

// CheckPlace returns an error if a client's account or region differs from the recorded
// one. An account or region that is not recorded matches any. err is the error of the
// request for the client's account, if that failed.
func CheckPlace(recorded, actual ec2.Place, err error) error {
	switch {
	case recorded.Region != "" && recorded.Region != actual.Region:
		return &PlaceError{Reason: networkingv1alpha1.ReasonWrongRegion, text: fmt.Sprintf(
			"created in %s, but the provider config resolves to %s: nothing is changed until it resolves to region %s again (spec.forProvider.region, or the provider's --region)",
			recorded, actual, recorded.Region)}
	case recorded.AccountID == "" || recorded.AccountID == actual.AccountID:
		return nil
	case actual.AccountID == "":
		cause := "STS returned no identity"
		if err != nil {
			cause = err.Error()
		}
		return &PlaceError{Reason: networkingv1alpha1.ReasonAccountUnknown, text: fmt.Sprintf(
			"created in %s, and the account of the provider config's credentials is not known: nothing is changed until STS GetCallerIdentity works or EC2 returns network interfaces of this cluster (%s)",
			recorded, cause)}
	default:
		return &PlaceError{Reason: networkingv1alpha1.ReasonWrongAccount, text: fmt.Sprintf(
			"created in %s, but the provider config resolves to %s: nothing is changed until its credentials are of account %s again",
			recorded, actual, recorded.AccountID)}
	}
}

// A ClientPlace is the account and region of the EC2 client of one reconcile.
type ClientPlace struct {
	ec2.Place

	err error // of the request for the account
}

// PlaceOf returns the account and region of a client. The account may be unknown.
func PlaceOf(ctx context.Context, c *ec2.Client) ClientPlace {
	p, err := c.Place(ctx)
	return ClientPlace{Place: p, err: err}
}

// Check returns an error if the account or region differs from the recorded one.
func (p ClientPlace) Check(recorded ec2.Place) error { return CheckPlace(recorded, p.Place, p.err) }

// CheckKnown returns an error if the known account or region differs from the recorded one.
// An unknown account matches any: the owner of the ENI may still prove the account if STS
// does not.
func (p ClientPlace) CheckKnown(recorded ec2.Place) error {
	if p.AccountID == "" {
		p.AccountID = recorded.AccountID
	}
	return p.Check(recorded)
}

// RecordedPlace returns the account and region that a managed resource was created or
// adopted in: from its status or, if a create may have had an effect that the status
// does not show, from the annotation that was written before the create.
func RecordedPlace(mg resource.Managed, status ec2.Place) ec2.Place {
	if status.Region != "" {
		return status
	}
	if meta.GetExternalName(mg) == "" && !meta.ExternalCreateIncomplete(mg) && mg.GetAnnotations()[networkingv1alpha1.AnnotationCreateUnanswered] == "" {
		return ec2.Place{} // no create had an effect
	}
	account, region, _ := strings.Cut(mg.GetAnnotations()[networkingv1alpha1.AnnotationCreatedIn], "/")
	return ec2.Place{AccountID: account, Region: region}
}

// NodeENIPlace returns the account and region that the NodeENI that controls an object has recorded. It
// is empty without a NodeENI, or while the NodeENI has recorded none. An ENI that was not
// created yet belongs where the others of its NodeENI are.
func NodeENIPlace(ctx context.Context, kube client.Reader, o metav1.Object) (ec2.Place, error) {
	n, err := nodeENIOf(ctx, kube, o)
	if err != nil || n == nil {
		return ec2.Place{}, err
	}
	return ec2.Place{AccountID: n.Status.AccountID, Region: n.Status.Region}, nil
}

// nodeENIReference returns the owner reference of the NodeENI that controls an object, or nil.
func nodeENIReference(o metav1.Object) *metav1.OwnerReference {
	if c := metav1.GetControllerOf(o); c != nil && c.Kind == networkingv1alpha1.NodeENIKind {
		return c
	}
	return nil
}

// nodeENIOf returns the NodeENI that controls an object, or nil. It must not be changed: a NodeENI with its
// status can be large, so it is not copied.
func nodeENIOf(ctx context.Context, kube client.Reader, o metav1.Object) (*networkingv1alpha1.NodeENI, error) {
	owner := nodeENIReference(o)
	if owner == nil {
		return nil, nil //nolint:nilnil // it has no NodeENI
	}
	l := &networkingv1alpha1.NodeENIList{}
	if err := kube.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
		return nil, errors.Wrap(err, "cannot list NodeENIs")
	}
	for i := range l.Items {
		if n := &l.Items[i]; n.GetName() == owner.Name && n.GetUID() == owner.UID {
			return n, nil
		}
	}
	return nil, nil //nolint:nilnil // it was deleted
}

// RecordCreate records in an annotation where the object is about to be created. The
// caller writes the object: Crossplane's reconciler does before it calls Create.
func RecordCreate(o metav1.Object, p ec2.Place) {
	meta.AddAnnotations(o, map[string]string{networkingv1alpha1.AnnotationCreatedIn: p.AccountID + "/" + p.Region})
}

// ConfirmedDeleted reports whether a user has confirmed with an annotation that the ENI
// or instance with an id no longer exists.
func ConfirmedDeleted(o metav1.Object, id string) bool {
	return id != "" && o.GetAnnotations()[networkingv1alpha1.AnnotationConfirmDeleted] == id
}

// setPlaceConditions sets Synced to a PlaceError, and Ready too if the object was never
// ready. Otherwise Ready keeps the last observed state. It returns false if err is not
// a PlaceError.
func setPlaceConditions(ctx context.Context, mg resource.Managed, err error, t timings.Timings) bool {
	var p *PlaceError
	if !errors.As(err, &p) {
		return false
	}
	now := time.Now()
	since := now
	if was := mg.GetCondition(xpv2.TypeSynced); was.Reason == p.Reason {
		since = was.LastTransitionTime.Time
	}
	RequeueAfter(ctx, placeWait(since, now, t))
	synced := xpv2.ReconcileError(err)
	synced.Reason = p.Reason
	overrideConditions(ctx, synced)
	if !mayExist(mg) {
		mg.SetConditions(networkingv1alpha1.NotReady(p.Reason, p.text))
	}
	return true
}
