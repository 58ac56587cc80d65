// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"context"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A Preview is what the controller would do for a NetworkInterfaceAttachment.
type Preview struct {
	// Calls are the EC2 actions of the calls, in order.
	Calls []string
	// Changes are the settings that the calls change, for an ENI that is attached.
	Changes []string
	// InstanceID, NetworkCardIndex and DeviceIndex are where the ENI is attached. The indexes
	// are nil if it is not attached.
	InstanceID                    string
	NetworkCardIndex, DeviceIndex *int32
	// Waiting is the reason why the ENI is not attached, or empty.
	Waiting string
	// AfterRelease is true if the ENI is attached after the release of other ENIs.
	AfterRelease bool
}

// A Previewer computes Previews. It writes nothing.
type Previewer struct {
	// Kube returns the objects as they would be, attachments of released ENIs excluded.
	Kube client.Client
	// Uncached reads from the API server.
	Uncached client.Reader
	// EC2 is the client of the objects' provider config.
	EC2 *ec2.Client
	// Cluster is the value of the cluster tag.
	Cluster string
	// Reserves are the ENIs for which places are kept.
	Reserves eni.Reserves
	// Released are the ids of the ENIs that are released from their instances.
	Released map[string]bool
}

// Indexes returns the functions of the indexes that a Previewer uses, by field.
func Indexes() map[string]client.IndexerFunc {
	return map[string]client.IndexerFunc{indexNode: byNode, IndexExternalName: ByExternalName}
}

func (p *Previewer) external() *external {
	return &external{kube: p.Kube, uncached: p.Uncached, ec2: p.EC2, cluster: p.Cluster, reserves: p.Reserves, now: time.Now, stopwatch: managedresource.NewStopwatch(time.Now), lost: newLostLinks(time.Now)}
}

// Apply returns what the controller would do for an attachment that is not being deleted.
// afterRelease is true if its ENI is created after the release of other ENIs. Apply changes
// mg.
func (p *Previewer) Apply(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, afterRelease bool) (Preview, error) {
	out, err := p.apply(ctx, mg, afterRelease)
	if err == nil && len(out.Calls) > 0 && meta.IsPaused(mg) {
		out = Preview{InstanceID: out.InstanceID, Waiting: managedresource.PausedMessage(mg)}
	}
	return out, err
}

func (p *Previewer) apply(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment, afterRelease bool) (Preview, error) {
	e := p.external()
	id, _, err := e.networkInterfaceID(ctx, mg)
	if err != nil {
		return Preview{}, err
	}
	if id == "" && meta.GetExternalName(mg) == "" {
		e.seen = &ec2types.NetworkInterface{} // it is created first
	} else if err := e.find(ctx, mg, id); err != nil {
		return Preview{}, err
	}
	if e.seen == nil {
		return Preview{Waiting: subject(id) + " does not exist in EC2"}, nil
	}
	if e.target, err = e.resolveTarget(ctx, mg); err != nil {
		return Preview{}, err
	}
	a := e.seen.Attachment
	if a == nil || a.Status == ec2types.AttachmentStatusDetached {
		return p.attach(ctx, e, mg, afterRelease)
	}
	if e.actor, err = managedresource.AttachmentActor(ctx, e.kube, e.uncached, e.cluster, mg, eniview.Tags(e.seen.TagSet)); err != nil {
		return Preview{}, err
	}
	switch refused := eni.CheckOwner(e.actor, eniview.Interface(e.seen)); {
	case refused != nil:
		return Preview{Waiting: refused.Error()}, nil
	case a.Status == ec2types.AttachmentStatusDetaching:
		return p.attach(ctx, e, mg, afterRelease)
	case !e.ours(mg, a):
		return Preview{Waiting: "network interface " + id + " is attached to instance " + ptr.Deref(a.InstanceId, "")}, nil
	}
	out := Preview{InstanceID: ptr.Deref(a.InstanceId, ""), NetworkCardIndex: new(ptr.Deref(a.NetworkCardIndex, 0)), DeviceIndex: a.DeviceIndex}
	want := deleteOnTermination(mg)
	if managedresource.Allows(mg, xpv2.ManagementActionUpdate) && want != nil && *want != ptr.Deref(a.DeleteOnTermination, false) {
		out.Calls, out.Changes = []string{ec2.ActionModify}, []string{fieldDeleteOnTermination}
	}
	return out, nil
}

// attach returns the preview of an ENI that is not attached.
func (p *Previewer) attach(ctx context.Context, e *external, mg *v1alpha1.NetworkInterfaceAttachment, afterRelease bool) (Preview, error) {
	out := Preview{InstanceID: e.target.instance.ID}
	if !managedresource.Allows(mg, xpv2.ManagementActionCreate) {
		out.Waiting = "spec.managementPolicies does not include Create"
		return out, nil
	}
	if c, ok := e.cannotAttach(); ok {
		out.Waiting = c.Message
		return out, nil
	}
	if afterRelease {
		e.released = p.Released
	}
	slot, err := p.slot(ctx, e, mg)
	if err != nil {
		return out, err
	}
	c, full := noSlot(mg, e.target, slot)
	if full && !afterRelease {
		e.released, afterRelease = p.Released, true
		if slot, err = p.slot(ctx, e, mg); err != nil {
			return out, err
		}
		c, full = noSlot(mg, e.target, slot)
	}
	if full {
		out.Waiting = c.Message
		return out, nil
	}
	out.AfterRelease = afterRelease
	out.NetworkCardIndex, out.DeviceIndex = new(ptr.Deref(mg.Spec.ForProvider.NetworkCardIndex, 0)), &slot.DeviceIndex
	out.Calls = []string{ec2.ActionAttach}
	if ptr.Deref(deleteOnTermination(mg), false) && managedresource.Allows(mg, xpv2.ManagementActionUpdate) {
		out.Calls = append(out.Calls, ec2.ActionModify) // EC2's default for attached ENIs is false
	}
	return out, nil
}

// slot returns the device index, from cached descriptions.
func (p *Previewer) slot(ctx context.Context, e *external, mg *v1alpha1.NetworkInterfaceAttachment) (eni.Slot, error) {
	there, err := e.occupants(ctx, ec2.Cached)
	if err != nil {
		return eni.Slot{}, err
	}
	return e.freeSlot(ctx, mg, there)
}

// Release returns what the controller would do for an attachment that is deleted.
func (p *Previewer) Release(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (Preview, error) {
	out, err := p.release(ctx, mg)
	if err == nil && len(out.Calls) > 0 && meta.IsPaused(mg) {
		out = Preview{InstanceID: out.InstanceID, Waiting: managedresource.PausedMessage(mg)}
	}
	return out, err
}

func (p *Previewer) release(ctx context.Context, mg *v1alpha1.NetworkInterfaceAttachment) (Preview, error) {
	e := p.external()
	id, _, err := e.networkInterfaceID(ctx, mg)
	if err != nil || (id == "" && meta.GetExternalName(mg) == "") {
		return Preview{}, err
	}
	if err := e.find(ctx, mg, id); err != nil || e.seen == nil {
		return Preview{}, err
	}
	if e.target, err = e.resolveTarget(ctx, mg); err != nil {
		return Preview{}, err
	}
	a := e.seen.Attachment
	if a == nil || a.Status == ec2types.AttachmentStatusDetached {
		return Preview{}, nil
	}
	if e.actor, err = managedresource.AttachmentActor(ctx, e.kube, e.uncached, e.cluster, mg, eniview.Tags(e.seen.TagSet)); err != nil {
		return Preview{}, err
	}
	out := Preview{InstanceID: ptr.Deref(a.InstanceId, ""), NetworkCardIndex: new(ptr.Deref(a.NetworkCardIndex, 0)), DeviceIndex: a.DeviceIndex}
	view := eniview.Interface(e.seen)
	protected, owned := eni.Protected(view), eni.CheckOwner(e.actor, view) == nil
	switch {
	case !owned, !e.ours(mg, a): // this object has no external resource
		return Preview{}, nil
	case protected != nil:
		out.Waiting = protected.Error()
	case managedresource.Allows(mg, xpv2.ManagementActionDelete) && a.Status != ec2types.AttachmentStatusDetaching:
		out.Calls = []string{ec2.ActionDetach}
	}
	return out, nil
}
