// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A Status is the status of a network interface.
type Status string

// Statuses of network interfaces, as in EC2.
const (
	StatusPending   Status = "pending"
	StatusAvailable Status = "available"
	StatusInUse     Status = "in-use"
)

// An AttachmentStatus is the status of an attachment.
type AttachmentStatus string

// Statuses of attachments, as in EC2.
const (
	AttachmentStatusAttaching AttachmentStatus = "attaching"
	AttachmentStatusAttached  AttachmentStatus = "attached"
	AttachmentStatusDetaching AttachmentStatus = "detaching"
)

// A NetworkInterface is a network interface as EC2 described it.
type NetworkInterface struct {
	// ID such as eni-0123456789abcdef0.
	ID               string
	SubnetID         string
	VPCID            string
	AvailabilityZone string
	Description      string
	MACAddress       string

	// PrivateIPAddresses are the IPv4 addresses, the primary address first.
	PrivateIPAddresses []string
	// IPv6Addresses, the primary address first if there is one.
	IPv6Addresses []string
	// SecurityGroupIDs, sorted.
	SecurityGroupIDs []string

	Status Status

	// Owner is the owner id of the Client that created the network interface, or empty.
	Owner string
	// Tags by key, the tags of this package included.
	Tags map[string]string

	// Attachment is nil if the network interface is not attached.
	Attachment *Attachment
}

// An Attachment is the attachment of a network interface to an instance.
type Attachment struct {
	// ID such as eni-attach-0123456789abcdef0.
	ID                 string
	NetworkInterfaceID string
	// InstanceID is empty if an AWS service uses the network interface.
	InstanceID string

	// DeviceIndex on the network card. Index 0 of card 0 is the primary network interface.
	DeviceIndex      int32
	NetworkCardIndex int32

	Status AttachmentStatus

	// DeleteOnTermination is true if EC2 deletes the network interface with the instance.
	DeleteOnTermination bool

	// AttachTime is the time of the attach call, or zero if EC2 did not return it yet.
	AttachTime time.Time
}

// networkInterface converts a description of EC2. The result shares no memory with it.
func networkInterface(n *ec2types.NetworkInterface) *NetworkInterface {
	tags := eniview.Tags(n.TagSet)
	out := &NetworkInterface{
		ID: ptr.Deref(n.NetworkInterfaceId, ""), SubnetID: ptr.Deref(n.SubnetId, ""), VPCID: ptr.Deref(n.VpcId, ""),
		AvailabilityZone: ptr.Deref(n.AvailabilityZone, ""), Description: ptr.Deref(n.Description, ""), MACAddress: ptr.Deref(n.MacAddress, ""),
		PrivateIPAddresses: eniview.PrivateIPs(n), IPv6Addresses: eniview.IPv6Addresses(n), SecurityGroupIDs: eniview.SecurityGroupIDs(n),
		Status: Status(n.Status), Owner: tags[eni.TagLibraryOwner], Tags: tags,
	}
	if a := n.Attachment; a != nil && a.Status != ec2types.AttachmentStatusDetached {
		out.Attachment = &Attachment{
			ID: ptr.Deref(a.AttachmentId, ""), NetworkInterfaceID: out.ID, InstanceID: ptr.Deref(a.InstanceId, ""),
			DeviceIndex: ptr.Deref(a.DeviceIndex, 0), NetworkCardIndex: ptr.Deref(a.NetworkCardIndex, 0),
			Status: AttachmentStatus(a.Status), DeleteOnTermination: ptr.Deref(a.DeleteOnTermination, false), AttachTime: ptr.Deref(a.AttachTime, time.Time{}),
		}
	}
	return out
}
