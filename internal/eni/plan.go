// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

// A Node is a Kubernetes node, as input of PlanChildren.
type Node struct {
	Name string
	UID  string

	// InstanceID is empty until the cloud provider has set the node's providerID.
	InstanceID string

	// OtherProviderID is the providerID of a node that is not an EC2 instance, such as
	// a Fargate or hybrid node; empty for EC2 instances.
	OtherProviderID string

	// OtherRegion is the node's region if it differs from the region of the NodeENI's
	// provider config; empty otherwise.
	OtherRegion string

	// Zone and VPC of the node; VPC may be empty if it is not known.
	Zone  string
	VPCID string

	// Gone is true if the instance is terminated, or the Node was deleted longer than
	// the grace period ago.
	Gone bool

	// Missing is true if the Node is deleted but its instance may be running.
	Missing bool

	// Ending is true if Missing will soon change: the instance is described again, and the
	// grace period ends.
	Ending bool

	// Ready is true if the node is ready and is not being deleted.
	Ready bool

	// Deselected is true for a node that exists and has children, but no longer
	// matches.
	Deselected bool
}

// A Subnet is a subnet in which ENIs can be created.
type Subnet struct {
	ID            string
	Zone          string
	VPCID         string
	FreeAddresses int32

	// Full is true if EC2 recently returned an error for lack of free addresses in the
	// subnet, regardless of FreeAddresses.
	Full bool
}

// A Request is the spec of a NodeENI with names resolved.
type Request struct {
	NodeENI string

	// Subnets in the order of the NodeENI, without duplicates.
	Subnets []Subnet

	// OnePerZone is true if a node gets a single ENI instead of one per subnet.
	OnePerZone bool

	// PerSubnet is the number of ENIs of a node in each subnet; 0 means 1.
	PerSubnet int

	// BaseIndex is the device index of the first ENI of a node.
	BaseIndex int32

	// MaxUnavailable limits how many nodes lose ENIs at once; 0 is unlimited.
	MaxUnavailable int

	// Confirmed is true if the user set MaxUnavailable. Otherwise a change that
	// deselects nodes with more than half of all children is held.
	Confirmed bool

	// Held is true if such a change was held before: it remains held however many ENIs
	// other nodes have got since.
	Held bool

	// Retain is the maximum number of ENIs without a node; 0 if none is kept.
	Retain int

	// Now is the time, in RFC 3339 format.
	Now string

	// Incomplete is true if a subnet could not be resolved. No ENI of a matching node
	// is released then, because the ENI may be in the unresolved subnet.
	Incomplete bool
}

// A Child is one ENI for one node.
type Child struct {
	Name     string
	NodeName string
	NodeUID  string
	SubnetID string

	// Position is the position among the node's ENIs in the subnet, from 0.
	Position int

	// InstanceID of the node.
	InstanceID string

	// IPv4Prefixes is the number of IPv4 prefixes of a pool; 0 without a pool.
	IPv4Prefixes int32
	// ElasticIP is the allocation id of the Elastic IP, or empty.
	ElasticIP string
	// PodRange is the node's part of the range of the network for pods, or empty.
	PodRange string
	// Ordinal is the position among the node's ENIs, from 0.
	Ordinal int

	// MinDeviceIndex is the lowest device index to use.
	MinDeviceIndex int32

	// Siblings is the number of ENIs of the node, including this ENI.
	Siblings int

	// Adopt is the id of an existing ENI to adopt instead of creating one.
	Adopt string

	// Retained is true if the ENI has no node, or loses it, since RetainedSince. NodeName
	// and NodeUID are the last node.
	Retained      bool
	RetainedSince string
}

// An Existing is an observed child.
type Existing struct {
	Name     string
	NodeName string
	NodeUID  string
	SubnetID string
	Position int // among the node's ENIs in the subnet, from 0

	// Deleting is true if the child is being deleted.
	Deleting bool

	// Attached is true if the ENI is attached to the instance.
	Attached bool

	// Unmade is true if the ENI of the child has not been created yet.
	Unmade bool

	// Detached is true if the child has no attachment object, and Detaching if its
	// attachment object is being deleted.
	Detached, Detaching bool

	// RetainedSince is the time since which the ENI is kept without a node, in RFC 3339
	// format, or empty. LastNodeUID is the node that it had.
	RetainedSince string
	LastNodeUID   string
}

// A Plan lists the children of a NodeENI by the action to take.
type Plan struct {
	// Apply are the desired children, sorted by name.
	Apply []Child

	// Keep are the names of the children that are neither applied nor released, such
	// as the children of missing nodes.
	Keep []string

	// Release are the names of the children to delete, sorted.
	Release []string

	// Retain are the children whose ENI is kept without a node, sorted by name. Detach are
	// the names of the children among them to detach.
	Retain []Child
	Detach []string

	// Waiting are the nodes that wait for ENIs that are being detached from terminated
	// nodes, one element per ENI.
	Waiting []string

	// Held are the names of the children whose release is delayed by MaxUnavailable
	// or until the change is confirmed.
	Held []string

	// Unconfirmed is the number of nodes that keep their children until the change
	// that deselected the nodes is confirmed.
	Unconfirmed int

	// WithoutProviderID are selected nodes that have no instance yet.
	WithoutProviderID []string

	// NotEC2 are selected nodes that are not EC2 instances. They do not count as
	// pending.
	NotEC2 []string

	// OtherRegion are selected nodes in a region other than the region of the
	// NodeENI's provider config.
	OtherRegion []string

	// WithoutSubnet are selected nodes without a subnet in their zone.
	WithoutSubnet []string

	// UnusedSubnets are the subnets in a zone or VPC of no selected node.
	UnusedSubnets []string
}
