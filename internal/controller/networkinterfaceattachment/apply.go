// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"cmp"
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
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// Create requests the attachment of the ENI. It does not wait for its completion.
func (e *external) Create(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (managed.ExternalCreation, error) {
	if e.seen == nil || e.target.instance.ID == "" {
		return managed.ExternalCreation{}, errors.New("cannot attach: the network interface or the instance is not known")
	}
	attaching, err := e.permit(eni.ActionAttach)
	if err != nil {
		return managed.ExternalCreation{}, err
	}
	unlock, err := e.ec2.LockInstance(ctx, e.target.instance.ID)
	if err != nil {
		return managed.ExternalCreation{}, errors.Wrapf(err, "cannot attach to instance %q while others are being attached", e.target.instance.ID)
	}
	defer unlock()

	slot, there, err := e.slot(ctx, mg)
	if err != nil {
		return managed.ExternalCreation{}, err
	}
	// Another actor may take the index between the describe and the attach call. Each
	// rejected call reveals one taken index.
	const tries = 5
	refused := func(err error) error {
		return errors.Wrapf(awserr.Clean(err), "cannot attach network interface %q to instance %q at device index %d",
			ptr.Deref(e.seen.NetworkInterfaceId, ""), e.target.instance.ID, slot.DeviceIndex)
	}
	var last error
	for try := 1; ; try++ {
		if c, ok := noSlot(mg, e.target, slot); ok {
			// The last free index was taken since Observe, or only rejected calls revealed
			// it. The next Observe sets the condition.
			return managed.ExternalCreation{}, cmp.Or(last, managedresource.StaleObservation(errors.New(c.Message)))
		}
		out, err := attaching.AttachNetworkInterface(ctx, attachInput(mg, e.seen, e.target, slot.DeviceIndex))
		switch {
		case err == nil:
			meta.SetExternalName(mg, ptr.Deref(out.AttachmentId, ""))
			if managedresource.Allows(mg, xpv2.ManagementActionLateInitialize) {
				// The reconciler writes it together with the external name.
				lateInitializeIndex(&mg.Spec.ForProvider, slot.DeviceIndex)
			}
			return managed.ExternalCreation{}, nil
		case awserr.IsInUse(err):
			return managed.ExternalCreation{}, managedresource.StaleObservation(refused(err)) // attached since Observe; the next Observe returns where
		case awserr.IsIndexTaken(err) && try < tries:
			last = managedresource.StaleObservation(refused(err))
			there = append(there, eni.Occupant{NetworkCardIndex: ptr.Deref(mg.Spec.ForProvider.NetworkCardIndex, 0), DeviceIndex: slot.DeviceIndex, NetworkInterfaceID: "another"})
			if slot, err = e.freeSlot(ctx, mg, there); err != nil {
				return managed.ExternalCreation{}, err
			}
		default:
			return managed.ExternalCreation{}, refused(err)
		}
	}
}

// Update sets deleteOnTermination, the only attribute that EC2 can change.
func (e *external) Update(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (managed.ExternalUpdate, error) {
	if e.seen == nil || e.seen.Attachment == nil || !deleteOnTerminationDrifts(mg, e.seen.Attachment) {
		return managed.ExternalUpdate{}, nil
	}
	id := ptr.Deref(e.seen.NetworkInterfaceId, "")
	changing, err := e.permit(eni.ActionModifyAttachment)
	if err != nil {
		return managed.ExternalUpdate{}, err
	}
	_, err = changing.ModifyNetworkInterfaceAttribute(ctx, &awsec2.ModifyNetworkInterfaceAttributeInput{
		NetworkInterfaceId: &id,
		Attachment:         &ec2types.NetworkInterfaceAttachmentChanges{AttachmentId: e.seen.Attachment.AttachmentId, DeleteOnTermination: deleteOnTermination(mg)},
	})
	if err != nil {
		return managed.ExternalUpdate{}, errors.Wrapf(awserr.Clean(err), "cannot set deleteOnTermination of network interface %q", id)
	}
	mg.Status.AtProvider.DeleteOnTermination = deleteOnTermination(mg)
	return managed.ExternalUpdate{}, nil
}

// permit returns the mutating calls that package eni permits on the observed ENI.
func (e *external) permit(a eni.Action) (ec2.Mutations, error) {
	p, refused := eni.Allow(e.actor, a, eniview.Interface(e.seen))
	if refused != nil {
		return nil, errors.Wrapf(refused, "cannot %s network interface %q", a, ptr.Deref(e.seen.NetworkInterfaceId, ""))
	}
	return e.ec2.Mutate(p), nil
}

// Delete requests a detach and, if the policy allows it, forces a detach that does not
// complete. It is only called when no other controller has a finalizer on the object.
func (e *external) Delete(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (managed.ExternalDelete, error) {
	if e.seen == nil || e.seen.Attachment == nil {
		return managed.ExternalDelete{}, nil
	}
	a := e.seen.Attachment
	if refused := eni.Protected(eniview.Interface(e.seen)); refused != nil {
		return managed.ExternalDelete{}, errors.Wrap(refused, "cannot detach; to delete this object and keep the attachment, remove Delete from spec.managementPolicies")
	}
	detaching, err := e.permit(eni.ActionDetach)
	if err != nil {
		return managed.ExternalDelete{}, err
	}
	ask, force := detachDecision(mg.Spec.ForProvider.DetachPolicy, e.detachState(mg, a))
	if !ask {
		return managed.ExternalDelete{}, nil
	}
	if err := e.ec2.Reserve(ctx, ec2.ActionDetach); err != nil {
		return managed.ExternalDelete{}, err
	}
	in := &awsec2.DetachNetworkInterfaceInput{AttachmentId: a.AttachmentId}
	if force {
		in.Force = &force
	}
	_, err = detaching.DetachNetworkInterface(ctx, in)
	switch {
	case err == nil:
		if mg.Status.AtProvider.DetachRequestTime == nil {
			mg.Status.AtProvider.DetachRequestTime = &metav1.Time{Time: e.now().UTC().Truncate(time.Second)}
		}
		if force {
			mg.Status.AtProvider.DetachForceTime = &metav1.Time{Time: e.now().UTC().Truncate(time.Second)}
		}
		return managed.ExternalDelete{}, nil
	case awserr.IsNotFound(err):
		return managed.ExternalDelete{}, nil // detached
	case awserr.IsIncorrectState(err):
		return managed.ExternalDelete{}, managedresource.StaleObservation(err) // detach in progress
	default:
		return managed.ExternalDelete{}, errors.Wrapf(awserr.Clean(err), "cannot detach network interface %q from instance %q",
			ptr.Deref(e.seen.NetworkInterfaceId, ""), ptr.Deref(a.InstanceId, ""))
	}
}

// detachState returns the progress of a detach. The elapsed time is measured by this
// process's monotonic clock: a clock that is set, or another replica's clock, never
// forces a detach.
func (e *external) detachState(mg *v1alpha1.NetworkInterfaceAttachment, a *ec2types.NetworkInterfaceAttachment) detachState {
	s := detachState{status: a.Status, forced: mg.Status.AtProvider.DetachForceTime != nil, retry: e.detachRetry}
	if r := mg.Status.AtProvider.DetachRequestTime; r != nil {
		s.requested = true
		s.elapsed = e.stopwatch.Unchanged(string(mg.GetUID()), r.UTC().Format(time.RFC3339))
	}
	return s
}
