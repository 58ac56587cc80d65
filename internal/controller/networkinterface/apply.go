// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// Create creates the ENI. It does not wait for its completion.
func (e *external) Create(ctx context.Context, mg *v1alpha1.NetworkInterface) (managed.ExternalCreation, error) {
	id := mg.GetAnnotations()[networkingv1alpha1.AnnotationInstanceID]
	others := e.creations.begin(id, mg.GetUID(), time.Now())
	if len(others) > 0 {
		c, full, err := e.noRoom(ctx, mg, others)
		if err == nil && full {
			err = managedresource.StaleObservation(errors.New(c.Message)) // another is being created since Observe
		}
		if err != nil {
			e.creations.end(id, mg.GetUID())
			return managed.ExternalCreation{}, err
		}
	}
	err := e.create(ctx, mg)
	if err != nil {
		e.creations.end(id, mg.GetUID())
	}
	return managed.ExternalCreation{}, err
}

func (e *external) create(ctx context.Context, mg *v1alpha1.NetworkInterface) error {
	p := initialParameters(mg)
	subnet, err := e.subnet(ctx, &p)
	if err != nil {
		return err
	}
	groups, err := e.securityGroups(ctx, &p, subnet.VPCID)
	if err != nil {
		return err
	}
	in := createInput(&p, subnet.ID, groups, e.owner(mg).CreationTags(p.Tags, mg.GetCreationTimestamp().Time))
	in.ClientToken = new(eni.ClientToken(string(mg.GetUID()), meta.GetExternalName(mg), ""))
	out, err := e.ec2.CreateNetworkInterface(ctx, in)
	if awserr.IsTokenMismatch(err) {
		// The spec changed since a create whose response was lost. If that create made an
		// ENI, it is found by its ownership tag once EC2 returns it. If not, the changed
		// parameters have their own client token.
		owned, ferr := e.ec2.NetworkInterfaceOwnedBy(ctx, string(mg.GetUID()))
		if ferr != nil {
			return ferr
		}
		if owned != nil {
			meta.SetExternalName(mg, ptr.Deref(owned.NetworkInterfaceId, ""))
			return nil
		}
		if managedresource.Unanswered(mg, e.ec2.Timings().VisibleWithin, time.Now(), e.stopwatch) {
			return managedresource.StaleObservation(errors.Wrap(awserr.Clean(err), "the result of an earlier create without a response is not known yet"))
		}
		in.ClientToken = new(eni.ClientToken(string(mg.GetUID()), meta.GetExternalName(mg), fingerprint(in)))
		out, err = e.ec2.CreateNetworkInterface(ctx, in)
	}
	if err != nil {
		return errors.Wrapf(awserr.Clean(err), "cannot create network interface in subnet %q", subnet.ID)
	}
	meta.SetExternalName(mg, ptr.Deref(out.NetworkInterface.NetworkInterfaceId, ""))
	if managedresource.Allows(mg, xpv2.ManagementActionLateInitialize) {
		// The reconciler writes it together with the external name.
		lateInitialize(mg, out.NetworkInterface)
	}
	return nil
}

// Update corrects drift with one EC2 call per change.
func (e *external) Update(ctx context.Context, mg *v1alpha1.NetworkInterface) (managed.ExternalUpdate, error) {
	if e.seen == nil {
		return managed.ExternalUpdate{}, nil
	}
	id := ptr.Deref(e.seen.NetworkInterfaceId, "")
	changing, refused := e.permits(eni.ActionModify, eni.ActionTag)
	if refused != nil {
		return managed.ExternalUpdate{}, errors.Wrapf(refused, "cannot change network interface %q", id)
	}
	for _, c := range drift(e.wanted, mg.Status.AtProvider.ManagedTagKeys, e.seen) {
		api := changing
		if c.elasticIP != "" {
			var err error
			if api, err = e.permitElasticIP(ctx, mg, c.elasticIP); err != nil {
				return managed.ExternalUpdate{}, errors.Wrapf(err, "cannot set %s of network interface %q", c.what, id)
			}
		}
		if e.unrecorded {
			// Recorded first: without a record, the setting would stay after its removal from
			// the spec.
			if err := e.kube.Status().Update(ctx, mg); err != nil {
				return managed.ExternalUpdate{}, errors.Wrap(err, "cannot record the settings to apply")
			}
			e.unrecorded = false
		}
		err := c.apply(ctx, api)
		noteElasticIP(mg, c, err)
		if err != nil {
			return managed.ExternalUpdate{}, errors.Wrapf(awserr.Clean(err), "cannot set %s of network interface %q", c.what, id)
		}
	}
	return managed.ExternalUpdate{}, nil
}

// permits returns the mutating calls that package eni permits on the observed ENI.
func (e *external) permits(actions ...eni.Action) (ec2.Mutations, *eni.RefusalError) {
	permits := make([]eni.Permit, 0, len(actions))
	for _, a := range actions {
		p, refused := eni.Allow(e.actor, a, eniview.Interface(e.seen))
		if refused != nil {
			return nil, refused
		}
		permits = append(permits, p)
	}
	return e.ec2.Mutate(permits...), nil
}

// Delete deletes the ENI once it is detached. The NetworkInterfaceAttachment controller
// detaches it first. An ENI that EC2 did not return is not deleted: its ownership is not
// proven.
func (e *external) Delete(ctx context.Context, mg *v1alpha1.NetworkInterface) (managed.ExternalDelete, error) {
	if e.seen == nil {
		return managed.ExternalDelete{}, nil
	}
	if refused := eni.Protected(eniview.Interface(e.seen)); refused != nil {
		return managed.ExternalDelete{}, errors.Errorf("%w: to delete this object and keep the network interface, remove Delete from spec.managementPolicies", refused)
	}
	if a := e.seen.Attachment; a != nil && a.Status != ec2types.AttachmentStatusDetached {
		return managed.ExternalDelete{}, nil
	}
	id := ptr.Deref(e.seen.NetworkInterfaceId, "")
	deleting, refused := e.permits(eni.ActionDelete)
	if refused != nil {
		return managed.ExternalDelete{}, errors.Wrapf(refused, "cannot delete network interface %q", id)
	}
	if err := e.ec2.Reserve(ctx, ec2.ActionDelete); err != nil {
		return managed.ExternalDelete{}, err
	}
	_, err := deleting.DeleteNetworkInterface(ctx, &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &id})
	switch {
	case err == nil, awserr.IsNotFound(err):
		mg.Status.AtProvider.DeleteAcceptedTime = &metav1.Time{Time: time.Now().UTC().Truncate(time.Second)}
		return managed.ExternalDelete{}, nil
	case awserr.IsInUse(err):
		return managed.ExternalDelete{}, managedresource.StaleObservation(err) // attached since Observe
	default:
		return managed.ExternalDelete{}, errors.Wrapf(awserr.Clean(err), "cannot delete network interface %q", id)
	}
}
