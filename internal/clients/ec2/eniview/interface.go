// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eniview

import (
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// Interface returns the facts about an ENI that the checks of package eni need.
func Interface(n *ec2types.NetworkInterface) eni.Interface {
	if n == nil {
		return eni.Interface{}
	}
	out := eni.Interface{
		ID:               ptr.Deref(n.NetworkInterfaceId, ""),
		Tags:             Tags(n.TagSet),
		SubnetID:         ptr.Deref(n.SubnetId, ""),
		Type:             string(n.InterfaceType),
		RequesterManaged: ptr.Deref(n.RequesterManaged, false),
		Requester:        ptr.Deref(n.RequesterId, ""),
	}
	if o := n.Operator; o != nil {
		out.OperatorManaged, out.Operator = ptr.Deref(o.Managed, false), ptr.Deref(o.Principal, "")
	}
	if a := n.Attachment; a != nil && a.Status != ec2types.AttachmentStatusDetached {
		out.Attachment = &eni.Attachment{
			ID: ptr.Deref(a.AttachmentId, ""), InstanceID: ptr.Deref(a.InstanceId, ""),
			DeviceIndex: ptr.Deref(a.DeviceIndex, -1), NetworkCardIndex: ptr.Deref(a.NetworkCardIndex, -1),
		}
	}
	out.Association = Association(n)
	return out
}

// Association returns the public address of the primary private IPv4 address, or nil.
func Association(n *ec2types.NetworkInterface) *eni.Association {
	a := n.Association
	for i := range n.PrivateIpAddresses {
		if p := &n.PrivateIpAddresses[i]; ptr.Deref(p.Primary, false) && p.Association != nil {
			a = p.Association
		}
	}
	if a == nil {
		return nil
	}
	return &eni.Association{PublicIP: ptr.Deref(a.PublicIp, ""), ID: ptr.Deref(a.AssociationId, ""), AllocationID: ptr.Deref(a.AllocationId, "")}
}
