// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// An AttachmentReference refers to the NetworkInterfaceAttachment for which a
// HostInterface was created.
type AttachmentReference struct {
	// Namespace of the NetworkInterfaceAttachment.
	Namespace string `json:"namespace"`
	// Name of the NetworkInterfaceAttachment.
	Name string `json:"name"`
	// UID of the NetworkInterfaceAttachment.
	UID string `json:"uid"`
}

// A HostInterfaceSpec is the desired configuration of a link on a node.
//
// +kubebuilder:validation:XValidation:rule="self.nodeName == oldSelf.nodeName",message="nodeName cannot be changed"
// +kubebuilder:validation:XValidation:rule="self.attachmentRef == oldSelf.attachmentRef",message="attachmentRef cannot be changed"
type HostInterfaceSpec struct {
	// Node of the link. A selectable field: kubectl get hif
	// --field-selector spec.nodeName=NAME.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	NodeName string `json:"nodeName"`

	// NetworkInterfaceAttachment for which this object was created.
	AttachmentRef AttachmentReference `json:"attachmentRef"`

	// Instance to which the ENI is attached, as EC2 returned it. It is kept after the ENI is
	// detached or deleted, so that a terminated instance is known until the release.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	InstanceID string `json:"instanceId,omitempty"`

	// Id of the ENI. It becomes an alternative name of the link.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=127
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z0-9][a-zA-Z0-9_.-]*$')",message="must be the id of an ENI, such as eni-0123456789abcdef0"
	NetworkInterfaceID string `json:"networkInterfaceId"`

	// MAC address of the link, by which the agent finds it: unicast, and not zero.
	// +kubebuilder:validation:MaxLength=17
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9a-f]{2}:){5}[0-9a-f]{2}$')",message="must be a MAC address in lower case, such as 02:42:ac:11:00:02"
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9a-f][02468ace]:') && self != '00:00:00:00:00:00'",message="must be the MAC address of one device: not multicast, broadcast or zero"
	MACAddress string `json:"macAddress"`

	// Device index of the ENI on the instance; never 0.
	// +kubebuilder:validation:Minimum=1
	DeviceIndex int32 `json:"deviceIndex"`

	// Network card of the ENI on the instance.
	// +optional
	// +kubebuilder:validation:Minimum=0
	NetworkCardIndex int32 `json:"networkCardIndex,omitempty"`

	// IPv4 range of the ENI's subnet, /16 to /28. The agent configures no address or
	// prefix outside it. Required with addressing Addresses and PolicyRouted.
	// +optional
	// +kubebuilder:validation:MaxLength=18
	// +kubebuilder:validation:XValidation:rule="self == '' || isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self).masked() == cidr(self) && cidr(self).ip().isGlobalUnicast() && cidr(self).prefixLength() >= 16 && cidr(self).prefixLength() <= 28",message="must be the range of an EC2 subnet, /16 to /28, such as 10.0.1.0/24"
	SubnetCIDR string `json:"subnetCidr,omitempty"`

	// IPv6 ranges of the ENI's subnet, /44 to /64. The agent configures no address or
	// prefix outside them.
	// +optional
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MaxLength=43
	// +kubebuilder:validation:items:XValidation:rule="isCIDR(self) && cidr(self).ip().family() == 6 && cidr(self).masked() == cidr(self) && cidr(self).ip().isGlobalUnicast() && cidr(self).prefixLength() >= 44 && cidr(self).prefixLength() <= 64",message="must be the IPv6 range of an EC2 subnet, /44 to /64, such as 2001:db8:1::/64"
	SubnetIPv6CIDRs []string `json:"subnetIpv6Cidrs,omitempty"`

	// Private IPv4 addresses of the ENI, the primary address first. Each is inside
	// subnetCidr and not reserved by EC2.
	// +optional
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=15
	// +kubebuilder:validation:items:XValidation:rule="isIP(self) && ip(self).family() == 4 && ip(self).isGlobalUnicast()",message="must be a unicast IPv4 address that is not link-local, such as 10.0.1.20"
	PrivateIPs []string `json:"privateIps,omitempty"`

	// IPv6 addresses of the ENI. Each is inside one of subnetIpv6Cidrs.
	// +optional
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=39
	// +kubebuilder:validation:items:XValidation:rule="isIP(self) && ip(self).family() == 6 && ip(self).isGlobalUnicast()",message="must be a unicast IPv6 address that is not link-local, such as 2001:db8:1::20"
	IPv6Addresses []string `json:"ipv6Addresses,omitempty"`

	// IPv4 prefixes delegated to the ENI: inside subnetCidr, /28 or longer.
	// +optional
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=18
	// +kubebuilder:validation:items:XValidation:rule="isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self).masked() == cidr(self) && cidr(self).ip().isGlobalUnicast() && cidr(self).prefixLength() >= 28",message="must be a delegated IPv4 prefix, /28 or longer, such as 10.0.1.64/28"
	IPv4Prefixes []string `json:"ipv4Prefixes,omitempty"`

	// IPv6 prefixes delegated to the ENI: inside one of subnetIpv6Cidrs, /80 or
	// longer.
	// +optional
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=43
	// +kubebuilder:validation:items:XValidation:rule="isCIDR(self) && cidr(self).ip().family() == 6 && cidr(self).masked() == cidr(self) && cidr(self).ip().isGlobalUnicast() && cidr(self).prefixLength() >= 80",message="must be a delegated IPv6 prefix, /80 or longer, such as 2001:db8:1:0:a::/80"
	IPv6Prefixes []string `json:"ipv6Prefixes,omitempty"`

	// What other software recorded about the device before this provider adopted the ENI.
	// The agent takes the device over as it is, without changing its driver.
	// +optional
	TakeOver *TakeOver `json:"takeOver,omitempty"`

	// Whether the agent leaves the link and its device as they are when this object is
	// deleted, for other software.
	// +optional
	Leave bool `json:"leave,omitempty"`

	// Desired configuration of the link.
	// +optional
	Config HostConfig `json:"config,omitempty"`
}

// A TakeOver is what aws-multi-eni-controller recorded about the device of an ENI.
type TakeOver struct {
	// Boot ID of the node at that time (the Node's status.nodeInfo.bootID). After another
	// boot the record is not used: the kernel has bound the device to its own driver.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	BootID string `json:"bootID"`

	// PCI address of the device, if it was bound to a userspace driver. The agent accepts
	// it only if it agrees with the devices and HostInterfaces of the node; otherwise the
	// condition Ready has the reason DeviceNotIdentified.
	// +optional
	PCIAddress *PCIAddress `json:"pciAddress,omitempty"`
}

// A HostInterfaceStatus is the observed configuration of a link on a node. Only the
// agent of that node writes it.
type HostInterfaceStatus struct {
	xpv2.ConditionedStatus `json:",inline"`

	// Generation of the spec for which this status was computed.
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Name of the link on the host.
	InterfaceName string `json:"interfaceName,omitempty"`

	// Alternative names of the link on the host.
	// +listType=set
	AltNames []string `json:"altNames,omitempty"`

	// PCI address of the device.
	PCIAddress string `json:"pciAddress,omitempty"`

	// Driver to which the device is bound.
	Driver string `json:"driver,omitempty"`

	// Kernel network driver that is restored on release.
	KernelDriver string `json:"kernelDriver,omitempty"`

	// MTU of the link.
	MTU int32 `json:"mtu,omitempty"`

	// MTU of the link before the agent changed it. It is restored when the MTU is
	// removed from the spec, and on release.
	OriginalMTU int32 `json:"originalMTU,omitempty"`

	// Version that the kernel network driver reports.
	DriverVersion string `json:"driverVersion,omitempty"`

	// Speed of the link in Mbit/s. Empty if the driver does not report it, and while
	// the device is bound to a userspace driver.
	LinkSpeedMbps *int32 `json:"linkSpeedMbps,omitempty"`

	// NUMA node of the device. Empty on a host with a single NUMA node.
	NUMANode *int32 `json:"numaNode,omitempty"`

	// Root of the device's PCIe hierarchy, such as pci0000:00, which is the attribute
	// resource.kubernetes.io/pcieRoot of dynamic resource allocation. Devices with the
	// same root are near each other, and near the same CPUs.
	PCIeRoot string `json:"pcieRoot,omitempty"`

	// IOMMU group of the device.
	IOMMUGroup string `json:"iommuGroup,omitempty"`

	// Whether the device is used without an IOMMU.
	NoIOMMU bool `json:"noIOMMU,omitempty"`

	// How the prefetchable memory of a device bound to a userspace driver is mapped:
	// WriteCombining or Uncached. Empty while no process has mapped it, and if the
	// host does not expose it.
	MemoryCaching string `json:"memoryCaching,omitempty"`

	// Huge pages reserved on the node, if the device is bound to a userspace driver.
	// +listType=map
	// +listMapKey=size
	HugePages []HugePages `json:"hugePages,omitempty"`

	// Extended resource as which the device is advertised, with its prefix.
	Resource string `json:"resource,omitempty"`

	// Boot of the node for which this status was observed: its boot id.
	BootID string `json:"bootID,omitempty"`

	// Network for pods whose configuration is in the directory of Multus.
	Network *HostNetworkStatus `json:"network,omitempty"`
}

// A HostNetworkStatus is the observed state of a network for pods on a node.
type HostNetworkStatus struct {
	// Name of the network.
	Name string `json:"name"`

	// Number of IPv4 prefixes that the pods of the node need, without idle ones, if the
	// network has a pool of prefixes.
	DesiredIPv4Prefixes *int32 `json:"desiredIpv4Prefixes,omitempty"`

	// IPv4 prefixes that no pod uses or can get: they can be unassigned. They are not used
	// again while they are listed.
	// +listType=set
	IdleIPv4Prefixes []string `json:"idleIpv4Prefixes,omitempty"`
}

// HugePages are the huge pages of one size.
type HugePages struct {
	// Size of a page, such as 2Mi or 1Gi.
	Size string `json:"size"`
	// Number of pages, in use or free.
	Total int32 `json:"total"`
}

// A HostInterface is the desired and observed configuration of one link on one
// node. The provider creates it for each attachment that has spec.host; the agent of
// the node applies it and writes its status.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=hif,categories={networking}
// +kubebuilder:selectablefield:JSONPath=".spec.nodeName"
// +kubebuilder:printcolumn:name="READY",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="REASON",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].reason"
// +kubebuilder:printcolumn:name="NODE",type="string",JSONPath=".spec.nodeName"
// +kubebuilder:printcolumn:name="INTERFACE",type="string",JSONPath=".status.interfaceName"
// +kubebuilder:printcolumn:name="DRIVER",type="string",JSONPath=".status.driver"
// +kubebuilder:printcolumn:name="MTU",type="integer",JSONPath=".status.mtu"
// +kubebuilder:printcolumn:name="ENI",type="string",JSONPath=".spec.networkInterfaceId"
// +kubebuilder:printcolumn:name="MAC",type="string",JSONPath=".spec.macAddress",priority=1
// +kubebuilder:printcolumn:name="PCI",type="string",JSONPath=".status.pciAddress",priority=1
// +kubebuilder:printcolumn:name="ALTNAMES",type="string",JSONPath=".status.altNames",priority=1
// +kubebuilder:printcolumn:name="MESSAGE",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].message",priority=1
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp"
type HostInterface struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Desired configuration of the link.
	Spec HostInterfaceSpec `json:"spec"`
	// Observed configuration of the link.
	Status HostInterfaceStatus `json:"status,omitempty"`
}

// GetCondition returns the condition of the given type.
func (h *HostInterface) GetCondition(ct xpv2.ConditionType) xpv2.Condition {
	return h.Status.GetCondition(ct)
}

// SetConditions sets the given conditions, replacing conditions of the same type.
func (h *HostInterface) SetConditions(c ...xpv2.Condition) {
	h.Status.SetConditions(c...)
}

// A HostInterfaceList is a list of HostInterfaces.
//
// +kubebuilder:object:root=true
type HostInterfaceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []HostInterface `json:"items"`
}
