// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"fmt"
	"slices"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

const whatElasticIP = "elasticIPAllocationId"

// elasticIPDrift returns the calls that associate the desired Elastic IP with the primary
// private address. It ends only the association of the Elastic IP that the object
// associated. A public address of another origin stays, and prevents the association: EC2
// would replace it.
func elasticIPDrift(w wanted, n *ec2types.NetworkInterface, id string) changes {
	want := string(ptr.Deref(w.parameters.ElasticIPAllocationID, ""))
	var cs changes
	if have := eniview.Association(n); have != nil {
		switch {
		case want != "" && have.AllocationID == want:
			return nil
		case have.AllocationID != "" && have.AllocationID == w.appliedElasticIP:
			in := &awsec2.DisassociateAddressInput{AssociationId: &have.ID}
			cs = append(cs, change{what: whatElasticIP, action: ec2.ActionDisassociate, elasticIP: eni.ActionDisassociate, apply: func(ctx context.Context, api ec2.Mutations) error {
				_, err := api.DisassociateAddress(ctx, in)
				if awserr.IsNotAssociated(err) {
					return nil // ended by a call whose response was lost
				}
				return err
			}})
		case want != "":
			return changes{{what: whatElasticIP, apply: func(context.Context, ec2.Mutations) error {
				return awserr.NewUnresolved(elasticIPConflict(have))
			}}}
		}
	}
	if want == "" {
		return cs
	}
	in := &awsec2.AssociateAddressInput{AllocationId: &want, NetworkInterfaceId: &id, PrivateIpAddress: n.PrivateIpAddress, AllowReassociation: new(false)}
	return append(cs, change{what: whatElasticIP, action: ec2.ActionAssociate, elasticIP: eni.ActionAssociate, apply: func(ctx context.Context, api ec2.Mutations) error {
		_, err := api.AssociateAddress(ctx, in)
		return err
	}})
}

// elasticIPConflict returns why an Elastic IP cannot be associated with an ENI that has a
// public address, and what to do.
func elasticIPConflict(have *eni.Association) string {
	if have.AllocationID == "" {
		return fmt.Sprintf("the network interface has the public address %s, which EC2 assigned when it launched the instance and which is not replaced: remove elasticIPAllocationId", have.PublicIP)
	}
	return fmt.Sprintf("the network interface has the Elastic IP %s (%s), which this object did not associate and does not replace: disassociate it, or set elasticIPAllocationId to its id", have.PublicIP, have.AllocationID)
}

// elasticIP returns the Elastic IP of an ENI, nil for none.
func elasticIP(n *ec2types.NetworkInterface) *v1alpha1.ElasticIPState {
	a := eniview.Association(n)
	if a == nil || a.AllocationID == "" {
		return nil
	}
	return &v1alpha1.ElasticIPState{PublicIP: a.PublicIP, AllocationID: a.AllocationID, AssociationID: a.ID}
}

// appliedElasticIP returns the Elastic IP that an object associated. The record of an
// Elastic IP that is neither desired nor associated is dropped once EC2 returns each
// association that was requested: a later association is by another actor.
func (e *external) appliedElasticIP(mg *v1alpha1.NetworkInterface) string {
	at := &mg.Status.AtProvider
	if at.AppliedElasticIP == nil {
		return ""
	}
	id := at.AppliedElasticIP.AllocationID
	desired := string(ptr.Deref(mg.Spec.ForProvider.ElasticIPAllocationID, "")) == id
	associated := at.ElasticIP != nil && at.ElasticIP.AllocationID == id
	if !desired && !associated && time.Since(at.AppliedElasticIP.RequestTime.Time) > e.ec2.Timings().VisibleWithin {
		at.AppliedElasticIP = nil
		return ""
	}
	return id
}

// setElasticIPCondition sets the condition ElasticIPAssociated from an observation. A
// failure of the same generation stays until the association succeeds.
func setElasticIPCondition(mg *v1alpha1.NetworkInterface, d changes, n *ec2types.NetworkInterface) {
	if mg.Spec.ForProvider.ElasticIPAllocationID == nil {
		mg.Status.Conditions = slices.DeleteFunc(mg.Status.Conditions, func(c xpv2.Condition) bool { return c.Type == networkingv1alpha1.TypeElasticIPAssociated })
		return
	}
	i := slices.IndexFunc(d, func(c change) bool { return c.what == whatElasticIP })
	before := mg.GetCondition(networkingv1alpha1.TypeElasticIPAssociated)
	switch {
	case i < 0:
		setCondition(mg, networkingv1alpha1.ElasticIPAssociated())
	case d[i].elasticIP == "":
		setCondition(mg, networkingv1alpha1.ElasticIPNotAssociated(networkingv1alpha1.ReasonElasticIPConflict, elasticIPConflict(eniview.Association(n))))
	case before.ObservedGeneration != mg.GetGeneration() || before.Reason == networkingv1alpha1.ReasonAssociated || before.Reason == networkingv1alpha1.ReasonElasticIPConflict:
		setCondition(mg, networkingv1alpha1.ElasticIPNotAssociated(networkingv1alpha1.ReasonAssociating, ""))
	}
}

func setCondition(mg *v1alpha1.NetworkInterface, c xpv2.Condition) {
	mg.SetConditions(c.WithObservedGeneration(mg.GetGeneration()))
}

// permitElasticIP returns the mutating calls for a change of the Elastic IP, by a fresh
// observation: the cached one may be older than an association by another actor. It
// records an Elastic IP before its association.
func (e *external) permitElasticIP(ctx context.Context, mg *v1alpha1.NetworkInterface, action eni.Action) (ec2.Mutations, error) {
	at := &mg.Status.AtProvider
	if e.fresh == nil {
		n, err := e.ec2.NetworkInterfaceFresh(ctx, ptr.Deref(e.seen.NetworkInterfaceId, ""))
		if err != nil {
			return nil, err
		}
		e.fresh = new(eniview.Interface(n))
	}
	actor := e.actor
	if at.AppliedElasticIP != nil {
		actor.AllocationID = at.AppliedElasticIP.AllocationID
	}
	p, refused := eni.Allow(actor, action, *e.fresh)
	if refused != nil {
		return nil, managedresource.StaleObservation(refused)
	}
	switch action { //nolint:exhaustive // the actions on Elastic IPs
	case eni.ActionDisassociate:
		e.fresh.Association = nil // for the association that follows
	case eni.ActionAssociate:
		at.AppliedElasticIP = &v1alpha1.AppliedElasticIP{
			AllocationID: string(*mg.Spec.ForProvider.ElasticIPAllocationID), RequestTime: metav1.NewTime(time.Now().UTC().Truncate(time.Second)),
		}
		e.unrecorded = true
	}
	return e.ec2.Mutate(p), nil
}

// noteElasticIP records the result of a change of the Elastic IP.
func noteElasticIP(mg *v1alpha1.NetworkInterface, c change, err error) {
	at := &mg.Status.AtProvider
	switch {
	case c.elasticIP == "":
		return
	case err == nil && c.elasticIP == eni.ActionDisassociate, awserr.IsElasticIPRejected(err):
		at.AppliedElasticIP = nil
	}
	if err == nil || mg.Spec.ForProvider.ElasticIPAllocationID == nil || awserr.IsRateLimited(err) {
		return
	}
	v := awserr.Classify(err)
	message := errors.Wrapf(awserr.Clean(err), "cannot associate Elastic IP %s", *mg.Spec.ForProvider.ElasticIPAllocationID).Error()
	if v.Advice != "" {
		message += "; " + v.Advice
	}
	setCondition(mg, networkingv1alpha1.ElasticIPNotAssociated(v.Reason, message))
}
