// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// NetworkInterfaceAttachmentState is the observed attachment of an ENI, which may
// have been created outside this provider.
type NetworkInterfaceAttachmentState struct {
	// Id of the attachment, eni-attach-….
	AttachmentID string `json:"attachmentId,omitempty"`
	// Id of the instance.
	InstanceID string `json:"instanceId,omitempty"`
	// Account that owns the instance.
	InstanceOwnerID string `json:"instanceOwnerId,omitempty"`
	// Device index on the network card.
	DeviceIndex *int32 `json:"deviceIndex,omitempty"`
	// Network card of the instance.
	NetworkCardIndex *int32 `json:"networkCardIndex,omitempty"`
	// State: attaching, attached, detaching or detached.
	Status string `json:"status,omitempty"`
	// Whether EC2 deletes the ENI with the instance.
	DeleteOnTermination *bool `json:"deleteOnTermination,omitempty"`
	// When the attachment began.
	AttachTime *metav1.Time `json:"attachTime,omitempty"`
}

// NetworkInterfaceObservation is the observed state of an ENI.
type NetworkInterfaceObservation struct {
	// Id of the ENI, eni-….
	ID string `json:"id,omitempty"`
	// ARN of the ENI.
	ARN string `json:"arn,omitempty"`
	// State in EC2: pending, available, associated, attaching, in-use or detaching.
	Status string `json:"status,omitempty"`
	// Type of the ENI in EC2.
	InterfaceType string `json:"interfaceType,omitempty"`
	// Hardware address, lower case.
	MACAddress string `json:"macAddress,omitempty"`
	// Description in EC2.
	Description string `json:"description,omitempty"`
	// Primary private IPv4 address.
	PrivateIP string `json:"privateIp,omitempty"`
	// All private IPv4 addresses, the primary address first.
	PrivateIPs []string `json:"privateIps,omitempty"`
	// Delegated IPv4 prefixes.
	IPv4Prefixes []string `json:"ipv4Prefixes,omitempty"`
	// IPv6 addresses, the primary IPv6 address first, if any.
	IPv6Addresses []string `json:"ipv6Addresses,omitempty"`
	// Delegated IPv6 prefixes.
	IPv6Prefixes []string `json:"ipv6Prefixes,omitempty"`
	// Private DNS name.
	PrivateDNSName string `json:"privateDnsName,omitempty"`
	// Public IPv4 address or Elastic IP, if one is associated.
	PublicIP string `json:"publicIp,omitempty"`
	// Elastic IP of the primary private IPv4 address, if any.
	ElasticIP *ElasticIPState `json:"elasticIP,omitempty"`
	// Subnet of the ENI.
	SubnetID string `json:"subnetId,omitempty"`
	// IPv4 range of the subnet.
	SubnetCIDR string `json:"subnetCidr,omitempty"`
	// IPv6 ranges of the subnet.
	SubnetIPv6CIDRs []string `json:"subnetIpv6Cidrs,omitempty"`
	// VPC of the ENI.
	VPCID string `json:"vpcId,omitempty"`
	// Zone of the ENI.
	AvailabilityZone string `json:"availabilityZone,omitempty"`
	// Security groups in EC2, sorted.
	SecurityGroups []string `json:"securityGroups,omitempty"`
	// Whether EC2 checks source and destination.
	SourceDestCheck *bool `json:"sourceDestCheck,omitempty"`
	// Account that owns the ENI.
	OwnerID string `json:"ownerId,omitempty"`
	// AWS account in which the ENI was created or adopted. While the provider
	// config resolves to another account, nothing is created, changed or deleted.
	AccountID string `json:"accountID,omitempty"`
	// AWS region in which the ENI was created or adopted. While the provider
	// config resolves to another region, nothing is created, changed or deleted.
	Region string `json:"region,omitempty"`
	// When EC2 accepted the deletion of the ENI. An ENI that EC2 does not return
	// after this time is deleted.
	DeleteAcceptedTime *metav1.Time `json:"deleteAcceptedTime,omitempty"`
	// Whether an AWS service created and manages the ENI. Such an ENI is only observed.
	RequesterManaged bool `json:"requesterManaged,omitempty"`
	// Outpost of the ENI, if any.
	OutpostARN string `json:"outpostArn,omitempty"`
	// Attachment of the ENI, if any.
	Attachment *NetworkInterfaceAttachmentState `json:"attachment,omitempty"`
	// Keys of the tags that this object set on the ENI. A listed key that is removed
	// from spec.forProvider.tags is removed from the ENI. Other keys are not changed.
	// +listType=set
	ManagedTagKeys []string `json:"managedTagKeys,omitempty"`
	// Fields of spec.forProvider that this object applied to the ENI. A listed field
	// that is removed from the spec returns to its default; other unset fields are
	// left to EC2. A count of addresses or prefixes is recorded as its list field.
	// +listType=set
	AppliedFields []string `json:"appliedFields,omitempty"`
	// Elastic IP that this object has associated, or is about to associate. No other
	// association is ended by this object.
	AppliedElasticIP *AppliedElasticIP `json:"appliedElasticIP,omitempty"`
	// Id of the ENI that has all settings of its creation, so that spec.initProvider has
	// no further effect on it.
	InitializedID string `json:"initializedId,omitempty"`
}
