// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import "time"

// A VPC is a resource to seed or as observed.
type VPC struct {
	// ID starts with vpc-; generated if empty.
	ID string `json:"id,omitempty"`
	// CIDR is the IPv4 block, /8 to /28. Default 10.0.0.0/16.
	CIDR string `json:"cidr,omitempty"`
	// IPv6CIDR is the optional IPv6 block, a /56.
	IPv6CIDR string `json:"ipv6CIDR,omitempty"`
	// Tags of the VPC.
	Tags map[string]string `json:"tags,omitempty"`
}

// A Subnet is a resource to seed or as observed.
type Subnet struct {
	// ID starts with subnet-; generated if empty.
	ID string `json:"id,omitempty"`
	// VPCID of an existing VPC. Default: the only VPC.
	VPCID string `json:"vpcID,omitempty"`
	// CIDR is the IPv4 block, /16 to /28, inside the VPC's.
	CIDR string `json:"cidr"`
	// IPv6CIDR is the optional IPv6 block, a /64 inside the VPC's.
	IPv6CIDR string `json:"ipv6CIDR,omitempty"`
	// AvailabilityZone by name. Default the Region's zone a.
	AvailabilityZone string `json:"availabilityZone,omitempty"`
	// Tags of the subnet.
	Tags map[string]string `json:"tags,omitempty"`
	// AvailableIPAddressCount is reported, and ignored when seeding.
	AvailableIPAddressCount int `json:"availableIPAddressCount,omitempty"`
}

// A SecurityGroup is a resource to seed or as observed.
type SecurityGroup struct {
	// ID starts with sg-; generated if empty.
	ID string `json:"id,omitempty"`
	// Name is unique in the VPC. Default the identifier.
	Name string `json:"name,omitempty"`
	// Description defaults to the name.
	Description string `json:"description,omitempty"`
	// VPCID of an existing VPC. Default: the only VPC.
	VPCID string `json:"vpcID,omitempty"`
	// Tags of the group.
	Tags map[string]string `json:"tags,omitempty"`
}

// An Instance is a resource to seed or as observed. Seeding it creates its primary network interface at device index 0.
type Instance struct {
	// ID starts with i-; generated if empty.
	ID string `json:"id,omitempty"`
	// Type is one of the emulator's instance types. Default m5.large.
	Type string `json:"type,omitempty"`
	// SubnetID of the primary network interface.
	SubnetID string `json:"subnetID"`
	// State is pending, running, stopping, stopped, shutting-down or terminated. Default running.
	State string `json:"state,omitempty"`
	// PrivateIPAddress of the primary network interface. Default: the next free address.
	PrivateIPAddress string `json:"privateIPAddress,omitempty"`
	// SecurityGroupIDs of the primary network interface. Default the VPC's default group.
	SecurityGroupIDs []string `json:"securityGroupIDs,omitempty"`
	// Tags of the instance.
	Tags map[string]string `json:"tags,omitempty"`
	// AvailabilityZone of the subnet; ignored when seeding.
	AvailabilityZone string `json:"availabilityZone,omitempty"`
	// LaunchTime is reported, and ignored when seeding.
	LaunchTime time.Time `json:"launchTime,omitzero"`
}

// A NetworkInterface is a resource to seed or as observed. Primary network interfaces are created with their instances.
type NetworkInterface struct {
	// ID starts with eni-; generated if empty.
	ID string `json:"id,omitempty"`
	// SubnetID of the network interface.
	SubnetID string `json:"subnetID"`
	// VPCID of the subnet; ignored when seeding.
	VPCID string `json:"vpcID,omitempty"`
	// AvailabilityZone of the subnet; ignored when seeding.
	AvailabilityZone string `json:"availabilityZone,omitempty"`
	// Description of the network interface.
	Description string `json:"description,omitempty"`
	// InterfaceType is interface, efa, efa-only, trunk, branch, or a service's own. Default interface.
	InterfaceType string `json:"interfaceType,omitempty"`
	// MACAddress is generated if empty.
	MACAddress string `json:"macAddress,omitempty"`
	// PrivateIPAddresses, the primary address first. Default: the next free address.
	PrivateIPAddresses []string `json:"privateIPAddresses,omitempty"`
	// IPv4Prefixes are delegated /28 blocks.
	IPv4Prefixes []string `json:"ipv4Prefixes,omitempty"`
	// IPv6Addresses in the order they were assigned.
	IPv6Addresses []string `json:"ipv6Addresses,omitempty"`
	// IPv6Prefixes are delegated /80 blocks.
	IPv6Prefixes []string `json:"ipv6Prefixes,omitempty"`
	// PrimaryIPv6 is true if the first IPv6 address is the primary IPv6 address.
	PrimaryIPv6 bool `json:"primaryIPv6,omitempty"`
	// SecurityGroupIDs of the VPC. Default its default group.
	SecurityGroupIDs []string `json:"securityGroupIDs,omitempty"`
	// SourceDestCheckDisabled is the opposite of EC2's sourceDestCheck, so that its zero value is EC2's default.
	SourceDestCheckDisabled bool `json:"sourceDestCheckDisabled,omitempty"`
	// RequesterID of the managing service; setting it in a seed makes the interface requester-managed. The observed
	// value may also be the user who called CreateNetworkInterface.
	RequesterID string `json:"requesterID,omitempty"`
	// RequesterManaged is true if a service manages the interface; ignored when seeding.
	RequesterManaged bool `json:"requesterManaged,omitempty"`
	// OperatorPrincipal of the managing service provider; setting it makes the interface operator-managed.
	OperatorPrincipal string `json:"operatorPrincipal,omitempty"`
	// ConnectionTracking timeouts that were set.
	ConnectionTracking ConnectionTracking `json:"connectionTracking,omitzero"`
	// AssociatedSubnetIDs as set by ModifyNetworkInterfaceAttribute.
	AssociatedSubnetIDs []string `json:"associatedSubnetIDs,omitempty"`
	// AssociatePublicIPAddress as set by ModifyNetworkInterfaceAttribute; it assigns no address.
	AssociatePublicIPAddress bool `json:"associatePublicIPAddress,omitempty"`
	// PublicIPAddress of the primary private address: an Elastic IP, or in a seed an address that EC2 assigned at the
	// launch.
	PublicIPAddress string `json:"publicIPAddress,omitempty"`
	// AllocationID of the Elastic IP of the primary private address; ignored when seeding.
	AllocationID string `json:"allocationID,omitempty"`
	// Tags of the network interface.
	Tags map[string]string `json:"tags,omitempty"`
	// Attachment to an instance; nil if not attached.
	Attachment *Attachment `json:"attachment,omitempty"`
	// ClientToken of the create call; ignored when seeding.
	ClientToken string `json:"clientToken,omitempty"`
	// Status is pending, available, in-use, or deleted; ignored when seeding.
	Status string `json:"status,omitempty"`
	// CreatedAt is reported, and ignored when seeding.
	CreatedAt time.Time `json:"createdAt,omitzero"`
	// DeletedAt is zero if the interface exists; ignored when seeding.
	DeletedAt time.Time `json:"deletedAt,omitzero"`
}

// An ElasticIP is a resource to seed or as observed.
type ElasticIP struct {
	// AllocationID starts with eipalloc-; generated if empty.
	AllocationID string `json:"allocationID,omitempty"`
	// PublicIP is the address; the next free address if empty.
	PublicIP string `json:"publicIP,omitempty"`
	// NetworkInterfaceID of the associated interface; in a seed, its primary private address is associated.
	NetworkInterfaceID string `json:"networkInterfaceID,omitempty"`
	// PrivateIPAddress of the association; ignored when seeding.
	PrivateIPAddress string `json:"privateIPAddress,omitempty"`
	// AssociationID is reported, and ignored when seeding.
	AssociationID string `json:"associationID,omitempty"`
	// Tags of the address.
	Tags map[string]string `json:"tags,omitempty"`
}

// ConnectionTracking timeouts, in seconds; zero is not set.
type ConnectionTracking struct {
	// TCPEstablishedTimeoutSeconds is 60 to 432000.
	TCPEstablishedTimeoutSeconds int `json:"tcpEstablishedTimeoutSeconds,omitempty"`
	// UDPStreamTimeoutSeconds is 60 to 180.
	UDPStreamTimeoutSeconds int `json:"udpStreamTimeoutSeconds,omitempty"`
	// UDPTimeoutSeconds is 30 to 60.
	UDPTimeoutSeconds int `json:"udpTimeoutSeconds,omitempty"`
}

// An Attachment of a network interface to an instance.
type Attachment struct {
	// ID starts with eni-attach-; generated if empty.
	ID string `json:"id,omitempty"`
	// InstanceID of the instance.
	InstanceID string `json:"instanceID"`
	// DeviceIndex on the network card.
	DeviceIndex int `json:"deviceIndex"`
	// NetworkCardIndex of the card.
	NetworkCardIndex int `json:"networkCardIndex,omitempty"`
	// Status is attaching, attached or detaching. A seeded one is attached.
	Status string `json:"status,omitempty"`
	// DeleteOnTermination deletes the network interface with the instance.
	DeleteOnTermination bool `json:"deleteOnTermination,omitempty"`
	// EnaSrdEnabled is ENA Express.
	EnaSrdEnabled bool `json:"enaSrdEnabled,omitempty"`
	// EnaSrdUDPEnabled is ENA Express for UDP.
	EnaSrdUDPEnabled bool `json:"enaSrdUDPEnabled,omitempty"`
	// EnaQueueCount is zero for the type's default.
	EnaQueueCount int `json:"enaQueueCount,omitempty"`
	// AttachTime is reported, and ignored when seeding.
	AttachTime time.Time `json:"attachTime,omitzero"`
}

// A Seed contains initial resources, added in the order of its fields.
type Seed struct {
	// VPCs to add.
	VPCs []VPC `json:"vpcs,omitempty"`
	// Subnets to add.
	Subnets []Subnet `json:"subnets,omitempty"`
	// SecurityGroups to add.
	SecurityGroups []SecurityGroup `json:"securityGroups,omitempty"`
	// Instances to add.
	Instances []Instance `json:"instances,omitempty"`
	// NetworkInterfaces to add, attached or not.
	NetworkInterfaces []NetworkInterface `json:"networkInterfaces,omitempty"`
	// ElasticIPs to add, associated or not.
	ElasticIPs []ElasticIP `json:"elasticIPs,omitempty"`
}
