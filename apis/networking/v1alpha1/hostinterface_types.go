// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// A DriverKind selects the driver of a device: a kernel network driver or a
// userspace driver.
//
// +kubebuilder:validation:Enum=kernel;dpdk
type DriverKind string

const (
	// DriverKernel keeps the device bound to its kernel network driver.
	DriverKernel DriverKind = "kernel"

	// DriverDPDK binds the device to a userspace driver.
	DriverDPDK DriverKind = "dpdk"
)

// A DPDKDriver is a kernel driver that exposes a PCI device to userspace.
//
// +kubebuilder:validation:Enum=vfio-pci;igb_uio;uio_pci_generic
type DPDKDriver string

// Userspace drivers.
const (
	DPDKDriverVFIO       DPDKDriver = "vfio-pci"
	DPDKDriverIGBUIO     DPDKDriver = "igb_uio"
	DPDKDriverUIOGeneric DPDKDriver = "uio_pci_generic"
)

// A PCIAddress is domain:bus:device.function, such as 0000:00:06.0. The default
// domain is 0000.
//
// +kubebuilder:validation:MaxLength=12
// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[0-1][0-9a-fA-F][.][0-7]$')",message="must be a PCI address such as 0000:00:06.0"
type PCIAddress string

// A ResourceName is the extended resource as which the SR-IOV network device plugin
// advertises a device: prefix/name, such as intel.com/sriov_dpdk. The default prefix
// is set on the agent. A name with a hyphen would make the plugin exit, with all its
// resources.
//
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[a-zA-Z0-9]([_a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$')",message="must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits and _; the device plugin accepts no hyphen"
type ResourceName string

// DPDKConfig configures how a device is bound to a userspace driver.
type DPDKConfig struct {
	// Driver to bind: vfio-pci (default), igb_uio or uio_pci_generic. Can be changed.
	// +optional
	// +kubebuilder:default=vfio-pci
	Driver DPDKDriver `json:"driver,omitempty"`

	// Whether vfio-pci may be used without an IOMMU; only metal instances of EC2 have
	// an IOMMU. Without one, the device can access all host memory. Default: false.
	// Can be changed.
	// +optional
	AllowNoIOMMU bool `json:"allowNoIOMMU,omitempty"`

	// Alias of pciAddress of the host configuration.
	// +optional
	PCIAddress *PCIAddress `json:"pciAddress,omitempty"`
}

// An AddressingMode selects how the host configures the ENI's addresses.
//
// +kubebuilder:validation:Enum=None;Addresses;PolicyRouted
type AddressingMode string

const (
	// AddressingNone configures no addresses; other software, such as CNI plugins
	// under Multus, may.
	AddressingNone AddressingMode = "None"

	// AddressingAddresses assigns the ENI's addresses to the link.
	AddressingAddresses AddressingMode = "Addresses"

	// AddressingPolicyRouted also routes replies back through the link.
	AddressingPolicyRouted AddressingMode = "PolicyRouted"
)

// A ReleaseMode selects whether the release of an interface waits for pods.
//
// +kubebuilder:validation:Enum=WaitForPods;Immediate
type ReleaseMode string

const (
	// ReleaseWaitForPods waits until no pod uses the device.
	ReleaseWaitForPods ReleaseMode = "WaitForPods"

	// ReleaseImmediate does not wait.
	ReleaseImmediate ReleaseMode = "Immediate"
)

// A ReleasePolicy configures how a host releases an interface.
type ReleasePolicy struct {
	// WaitForPods (default): wait until no pod uses the device, at most for the
	// timeout. Only pods to which a device plugin allocated the device are known.
	// Immediate: release the device at once. Can be changed.
	// +optional
	// +kubebuilder:default=WaitForPods
	Mode ReleaseMode `json:"mode,omitempty"`

	// How long to wait for pods, at most 24h, starting when the node's agent observes
	// that the interface must be released. A restart of the agent restarts the
	// timeout. Default: 10m. Can be changed.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('24h')",message="must be a duration of at most 24h, such as 10m"
	Timeout *metav1.Duration `json:"timeout,omitempty"`
}

// HostConfig is the host configuration of an attached interface.
//
// +kubebuilder:validation:XValidation:rule="!has(self.pciAddress) || !has(self.dpdk) || !has(self.dpdk.pciAddress) || self.pciAddress == self.dpdk.pciAddress",message="pciAddress and dpdk.pciAddress contradict each other: keep one of them"
// +kubebuilder:validation:XValidation:rule="!has(self.dpdk) || (has(self.driver) && self.driver == 'dpdk')",message="dpdk is only used with driver: dpdk"
// +kubebuilder:validation:XValidation:rule="!(has(self.driver) && self.driver == 'dpdk') || !has(self.addressing) || self.addressing == 'None'",message="an interface with driver: dpdk has no kernel addresses: use addressing: None"
// +kubebuilder:validation:XValidation:rule="!(has(self.driver) && self.driver == 'dpdk') || !has(self.interfaceName)",message="an interface with driver: dpdk has no kernel name: remove interfaceName"
type HostConfig struct {
	// MTU of the link, 68 to 9216, set before the link comes up. A VPC supports up to
	// 9001; most paths out of a VPC support 1500. Default, also when removed: the
	// original MTU of the link. Can be changed.
	// +optional
	// +kubebuilder:validation:Minimum=68
	// +kubebuilder:validation:Maximum=9216
	MTU *int32 `json:"mtu,omitempty"`

	// Driver of the device: kernel (default), or dpdk for a userspace driver. Can be
	// changed; a device in use by pods is released according to releasePolicy first.
	// +optional
	// +kubebuilder:default=kernel
	Driver DriverKind `json:"driver,omitempty"`

	// Configuration of the userspace driver, with driver: dpdk.
	// +optional
	DPDK *DPDKConfig `json:"dpdk,omitempty"`

	// Expected PCI address of the device, with either driver. The device is found by
	// the ENI's MAC address; a device at another PCI address is not configured.
	// Default: not verified. Can be changed.
	// +optional
	PCIAddress *PCIAddress `json:"pciAddress,omitempty"`

	// Name of the link. Default: its existing name. The link is briefly down while it
	// is renamed. Can be changed; when removed, the link keeps the name until it is
	// attached again.
	// +optional
	// +kubebuilder:validation:MaxLength=15
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$') && !(self in ['lo', 'all', 'default'])",message="must be a link name: a letter, then letters, digits, '_', '.' or '-', 15 characters at most, and not lo, all or default"
	InterfaceName *string `json:"interfaceName,omitempty"`

	// Alternative names of the link, so that a NetworkAttachmentDefinition can use the
	// same master on every node. The ENI's id is always an alternative name. Can be
	// changed.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MaxLength=127
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^[a-zA-Z0-9][a-zA-Z0-9_.-]*$')",message="must be letters, digits, '_', '.' or '-', and begin with a letter or digit"
	AltNames []string `json:"altNames,omitempty"`

	// How the host configures the ENI's addresses. None (default): no addresses; the
	// link is up, with its MTU, for use by other software. Addresses: the addresses
	// are assigned to the link. PolicyRouted: as Addresses, and a routing table and
	// rules of the interface's own route replies through the interface on which the
	// request arrived. Can be changed.
	// +optional
	// +kubebuilder:default=None
	Addressing AddressingMode `json:"addressing,omitempty"`

	// Extended resource as which the SR-IOV network device plugin advertises the
	// device to pods. Default: with driver: dpdk the name of the NodeENI, or else of
	// the attachment, with _ for -; with driver: kernel not advertised. Can be changed.
	// +optional
	ResourceName *ResourceName `json:"resourceName,omitempty"`

	// How the host releases the interface.
	// +optional
	ReleasePolicy *ReleasePolicy `json:"releasePolicy,omitempty"`
}

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

	// Desired configuration of the link.
	// +optional
	Config HostConfig `json:"config,omitempty"`
}

// A HostInterfaceStatus is the observed configuration of a link on a node. Only the
// agent of that node writes it.
type HostInterfaceStatus struct {
	xpv2.ConditionedStatus `json:",inline"`

	// Generation of the spec for which this status was computed.
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Name of the link on the host.
	InterfaceName string `json:"interfaceName,omitempty"`

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
