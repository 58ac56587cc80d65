// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// A NodeENIAttachment is one ENI on one node.
type NodeENIAttachment struct {
	// Name of the node. Empty for a retained ENI.
	NodeID string `json:"nodeID"`
	// Id of the instance.
	InstanceID string `json:"instanceID,omitempty"`
	// Id of the ENI.
	ENIID string `json:"eniID,omitempty"`
	// Id of the attachment.
	AttachmentID string `json:"attachmentID,omitempty"`
	// Subnet of the ENI.
	SubnetID string `json:"subnetID,omitempty"`
	// IPv4 range of the subnet.
	SubnetCIDR string `json:"subnetCIDR,omitempty"`
	// Zone of the ENI.
	AvailabilityZone string `json:"availabilityZone,omitempty"`
	// Device index of the ENI on its network card.
	DeviceIndex *int32 `json:"deviceIndex,omitempty"`
	// Network card of the ENI.
	NetworkCardIndex *int32 `json:"networkCardIndex,omitempty"`
	// Hardware address of the ENI.
	MACAddress string `json:"macAddress,omitempty"`
	// Primary private IPv4 address.
	PrivateIP string `json:"privateIP,omitempty"`
	// Elastic IP of the primary private address, if one is associated.
	ElasticIP string `json:"elasticIP,omitempty"`
	// State: creating, available, attaching, attached or detaching; waiting if the ENI
	// is not created because the instance is at its ENI limit; retained if it has no node.
	Status string `json:"status,omitempty"`
	// Desired MTU.
	MTU int32 `json:"mtu,omitempty"`
	// Name of the link on the host.
	InterfaceName string `json:"interfaceName,omitempty"`
	// Whether the device is for a userspace driver.
	DPDKEnabled bool `json:"dpdkEnabled,omitempty"`
	// Whether the device is bound to a userspace driver.
	DPDKBound bool `json:"dpdkBound,omitempty"`
	// Driver of the device on the host.
	DPDKDriver string `json:"dpdkDriver,omitempty"`
	// Extended resource as which the device is advertised.
	DPDKResourceName string `json:"dpdkResourceName,omitempty"`
	// PCI address of the device.
	DPDKPCIAddress string `json:"dpdkPCIAddress,omitempty"`
	// Name of the NetworkInterface and NetworkInterfaceAttachment objects.
	Name string `json:"name,omitempty"`
	// Whether the interface is ready on the host.
	Ready bool `json:"ready,omitempty"`
	// Reason why the interface is not ready.
	Message string `json:"message,omitempty"`
	// When another field of this entry last changed.
	LastUpdated *metav1.Time `json:"lastUpdated,omitempty"`
}

// A NodeENIStatus is the observed state of a NodeENI.
type NodeENIStatus struct {
	xpv2.ConditionedStatus `json:",inline"`

	// Generation of the spec for which this status was computed.
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// AWS account in which the first ENI was created. While the provider config
	// resolves to another account, nothing is created, changed or released.
	AccountID string `json:"accountID,omitempty"`

	// AWS region in which the first ENI was created. While the provider config
	// resolves to another region, nothing is created, changed or released.
	Region string `json:"region,omitempty"`

	// Number of nodes that match the selector.
	// +optional
	Nodes int32 `json:"nodes"`

	// Number of desired ENIs.
	// +optional
	Desired int32 `json:"desired"`

	// Number of attached ENIs.
	// +optional
	Attached int32 `json:"attached"`

	// Number of interfaces that are ready on the hosts.
	// +optional
	Ready int32 `json:"ready"`

	// Number of ENIs without a node, with spec.retain, including ENIs that are being
	// detached.
	Retained int32 `json:"retained,omitempty"`

	// Number of nodes that no longer match and keep their ENIs until the change is confirmed
	// with spec.rollout.maxUnavailable.
	Unconfirmed int32 `json:"unconfirmed,omitempty"`

	// ENIs of nodes, at most 100, sorted by node and device index. To list all ENIs:
	// kubectl get eni,enia -A -l networking.k8s.aws/node-eni=NAME.
	// +listType=atomic
	Attachments []NodeENIAttachment `json:"attachments,omitempty"`

	// Whether attachments is truncated.
	Truncated bool `json:"truncated,omitempty"`
}
