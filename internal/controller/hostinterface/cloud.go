// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"cmp"
	"context"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A link is an attached ENI, as EC2 returned it.
type link struct {
	eni    *ec2types.NetworkInterface
	subnet ec2.Subnet
}

// A cloud observes attachments in EC2.
type cloud interface {
	// Link returns the ENI of an attachment, or nil if EC2 does not return it as
	// attached. It returns an error if the attachment's namespace may not address nodes,
	// or if the attachment may not use the ENI.
	Link(ctx context.Context, a *ec2v1alpha1.NetworkInterfaceAttachment) (*link, error)

	// Terminated reports whether the instance of an attachment's HostInterface is proven
	// to be terminated. unwell is true if its Node is absent, or not ready for longer
	// than the grace period: only then may an absent instance be terminated.
	Terminated(ctx context.Context, a *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface, unwell bool) (bool, error)
}

// ec2Cloud calls EC2 with the provider config of each attachment.
type ec2Cloud struct {
	clients  *ec2.Clients
	cached   client.Reader
	uncached client.Reader
	cluster  string
}

// reach returns the EC2 client for an attachment, and an error if its account or region
// differs from the attachment's.
func (c ec2Cloud) reach(ctx context.Context, a *ec2v1alpha1.NetworkInterfaceAttachment) (*ec2.Client, error) {
	ref, err := managedresource.ConfigReference(a)
	if err != nil {
		return nil, err
	}
	cl, err := c.clients.Get(ctx, ref, ptr.Deref(a.Spec.ForProvider.Region, ""))
	if err != nil {
		return nil, err
	}
	at := a.Status.AtProvider
	recorded := managedresource.RecordedPlace(a, ec2.Place{AccountID: at.AccountID, Region: at.Region})
	return cl, managedresource.PlaceOf(ctx, cl).Check(recorded)
}

// Link returns the ENI of an attachment. It uses the status only for the id: write access
// to a status must not give control over a node.
func (c ec2Cloud) Link(ctx context.Context, a *ec2v1alpha1.NetworkInterfaceAttachment) (*link, error) {
	if err := managedresource.AuthorizeHost(ctx, c.clients, a); err != nil {
		return nil, err
	}
	cl, err := c.reach(ctx, a)
	if err != nil {
		return nil, err
	}
	n, err := cl.NetworkInterface(ctx, a.Status.AtProvider.NetworkInterfaceID)
	if err != nil || n == nil || n.Attachment == nil || n.Attachment.Status != ec2types.AttachmentStatusAttached {
		return nil, err
	}
	actor, err := managedresource.AttachmentActor(ctx, c.cached, c.uncached, c.cluster, a, eniview.Tags(n.TagSet))
	if err != nil {
		return nil, err
	}
	if refused := eni.CheckOwner(actor, eniview.Interface(n)); refused != nil {
		return nil, errors.Wrap(refused, "cannot prepare the interface on its host")
	}
	if id := ptr.Deref(n.Attachment.AttachmentId, ""); id != a.Status.AtProvider.AttachmentID {
		return nil, nil // the ENI has another attachment now
	}
	subnet, err := cl.Subnet(ctx, ptr.Deref(n.SubnetId, ""))
	if err != nil || subnet == nil {
		return nil, err // the subnet's CIDRs limit the addresses of the host
	}
	return &link{eni: n, subnet: *subnet}, nil
}

// Terminated reports whether the instance of an attachment's HostInterface is proven to be
// terminated. The ENI may be deleted with the instance: then the attachment's status has
// neither.
func (c ec2Cloud) Terminated(ctx context.Context, a *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface, unwell bool) (bool, error) {
	instance := instanceOf(a, h)
	if instance == "" {
		return false, nil
	}
	cl, err := c.reach(ctx, a)
	if err != nil {
		return false, err
	}
	i, err := cl.Instance(ctx, instance)
	if err != nil || i.ID != "" {
		return err == nil && i.Terminated(), err
	}
	if managedresource.ConfirmedDeleted(a, instance) {
		return true, nil
	}
	if !unwell {
		return false, nil
	}
	n, err := cl.NetworkInterface(ctx, h.Spec.NetworkInterfaceID)
	if err != nil || (n != nil && n.Attachment != nil && ptr.Deref(n.Attachment.InstanceId, "") == instance) {
		return false, err // the ENI is still attached to the instance
	}
	fate, err := cl.FateOfInstance(ctx, instance, a.Status.AtProvider.SubnetID)
	return err == nil && fate.Fate == eni.FateDeleted, err
}

// instanceOf returns the instance of a HostInterface. A HostInterface that an earlier
// version created may not have one: its attachment's status does.
func instanceOf(a *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface) string {
	return cmp.Or(h.Spec.InstanceID, a.Status.AtProvider.InstanceID)
}
