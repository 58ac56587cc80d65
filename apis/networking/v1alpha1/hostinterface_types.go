package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// A DriverKind says who drives the device: the kernel or a userspace program.
//
// +kubebuilder:validation:Enum=kernel;dpdk
type DriverKind string

const (
	// DriverKernel leaves the device with its kernel network driver.
	DriverKernel DriverKind = "kernel"

	// DriverDPDK hands the device to a userspace driver.
	DriverDPDK DriverKind = "dpdk"
)

// A DPDKDriver is a kernel module that hands a PCI device to userspace.
//
// +kubebuilder:validation:Enum=vfio-pci;igb_uio;uio_pci_generic
type DPDKDriver string

// Userspace drivers.
const (
	DPDKDriverVFIO       DPDKDriver = "vfio-pci"
	DPDKDriverIGBUIO     DPDKDriver = "igb_uio"
	DPDKDriverUIOGeneric DPDKDriver = "uio_pci_generic"
)

// A PCIAddress is domain:bus:device.function, such as 0000:00:06.0. The domain
// may be left out and is then 0000.
//
// +kubebuilder:validation:MaxLength=12
// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9a-fA-F]{4}:)?[0-9a-fA-F]{2}:[0-1][0-9a-fA-F][.][0-7]$')",message="must be a PCI address such as 0000:00:06.0"
type PCIAddress string

// A ResourceName is the extended resource under which the SR-IOV network
// device plugin offers a device: prefix/name, such as intel.com/sriov_dpdk. The
// prefix may be left out and is then the agent's default. A name with a hyphen
// would end the plugin, with all that it offers.
//
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[a-zA-Z0-9]([_a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$')",message="must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits and _; the device plugin takes no hyphen"
type ResourceName string

// DPDKConfig says how a device is handed to userspace.
type DPDKConfig struct {
	// Driver that takes the device: vfio-pci (default), igb_uio or
	// uio_pci_generic. Can be changed.
	// +optional
	// +kubebuilder:default=vfio-pci
	Driver DPDKDriver `json:"driver,omitempty"`

	// Whether vfio-pci may be used without an IOMMU, as EC2 instances other
	// than metal have none. Such a device can reach all of the host's memory.
	// Default: false. Can be changed.
	// +optional
	AllowNoIOMMU bool `json:"allowNoIOMMU,omitempty"`

	// Another name of pciAddress, beside dpdk.
	// +optional
	PCIAddress *PCIAddress `json:"pciAddress,omitempty"`
}

// An AddressingMode says what the host does with the ENI's addresses.
//
// +kubebuilder:validation:Enum=None;Addresses;PolicyRouted
type AddressingMode string

const (
	// AddressingNone leaves addresses to others, such as Multus plugins.
	AddressingNone AddressingMode = "None"

	// AddressingAddresses puts the ENI's addresses on the link.
	AddressingAddresses AddressingMode = "Addresses"

	// AddressingPolicyRouted also routes replies back through the link.
	AddressingPolicyRouted AddressingMode = "PolicyRouted"
)

// A ReleaseMode says whether pods are waited for when an interface is taken away.
//
// +kubebuilder:validation:Enum=WaitForPods;Immediate
type ReleaseMode string

const (
	// ReleaseWaitForPods waits until no pod holds the device.
	ReleaseWaitForPods ReleaseMode = "WaitForPods"

	// ReleaseImmediate does not wait.
	ReleaseImmediate ReleaseMode = "Immediate"
)

// A ReleasePolicy says how a host lets go of an interface.
type ReleasePolicy struct {
	// WaitForPods (default): wait until no pod holds the device, at most for
	// the timeout. Immediate: take it away at once. Can be changed. Pods are
	// known that got the device from a device plugin.
	// +optional
	// +kubebuilder:default=WaitForPods
	Mode ReleaseMode `json:"mode,omitempty"`

	// How long to wait for pods, at most 24h, from when the node's agent observes
	// that the interface has to be released. An agent that restarts begins again.
	// Default: 10m. Can be changed.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('24h')",message="must be a duration of at most 24h, such as 10m"
	Timeout *metav1.Duration `json:"timeout,omitempty"`
}

// HostConfig says what a node does with an interface once it is attached.
//
// +kubebuilder:validation:XValidation:rule="!has(self.pciAddress) || !has(self.dpdk) || !has(self.dpdk.pciAddress) || self.pciAddress == self.dpdk.pciAddress",message="pciAddress and dpdk.pciAddress contradict each other: keep one of them"
// +kubebuilder:validation:XValidation:rule="!has(self.dpdk) || (has(self.driver) && self.driver == 'dpdk')",message="dpdk is only used with driver: dpdk"
// +kubebuilder:validation:XValidation:rule="!(has(self.driver) && self.driver == 'dpdk') || !has(self.addressing) || self.addressing == 'None'",message="an interface with driver: dpdk has no kernel addresses: use addressing: None"
// +kubebuilder:validation:XValidation:rule="!(has(self.driver) && self.driver == 'dpdk') || !has(self.interfaceName)",message="an interface with driver: dpdk has no kernel name: drop interfaceName"
type HostConfig struct {
	// MTU of the link, 68 to 9216, set before the link comes up. Within a VPC
	// up to 9001 is carried, beyond it mostly 1500. Default, also when removed: the
	// MTU that the link had before. Can be changed.
	// +optional
	// +kubebuilder:validation:Minimum=68
	// +kubebuilder:validation:Maximum=9216
	MTU *int32 `json:"mtu,omitempty"`

	// Who drives the device: kernel (default), or dpdk for a userspace driver.
	// Can be changed: a device that pods hold is taken from them as
	// releasePolicy says.
	// +optional
	// +kubebuilder:default=kernel
	Driver DriverKind `json:"driver,omitempty"`

	// How the device is handed to userspace, with driver: dpdk.
	// +optional
	DPDK *DPDKConfig `json:"dpdk,omitempty"`

	// PCI address that the device is expected to have, with either driver. The
	// device is found by the ENI's MAC address: one at another PCI address is not
	// configured. Default: not checked. Can be changed.
	// +optional
	PCIAddress *PCIAddress `json:"pciAddress,omitempty"`

	// Name to give the link. Default: the name it has. The link is down for a
	// moment while it is renamed. Can be changed; when removed, the link keeps
	// the name until it is attached again.
	// +optional
	// +kubebuilder:validation:MaxLength=15
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$') && !(self in ['lo', 'all', 'default'])",message="must be a link name: a letter, then letters, digits, '_', '.' or '-', 15 characters at most, and not lo, all or default"
	InterfaceName *string `json:"interfaceName,omitempty"`

	// Further names of the link, by which a NetworkAttachmentDefinition can
	// name the same master on every node. The ENI's id is always one. Can be
	// changed.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MaxLength=127
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^[a-zA-Z0-9][a-zA-Z0-9_.-]*$')",message="must be letters, digits, '_', '.' or '-', and begin with a letter or digit"
	AltNames []string `json:"altNames,omitempty"`

	// What the host does with the ENI's addresses. None (default): nothing,
	// the link is up with its MTU for others to use. Addresses: they are put
	// on the link. PolicyRouted: and replies leave by the interface they came
	// in on, through a routing table and rules of the interface's own. Can be
	// changed.
	// +optional
	// +kubebuilder:default=None
	Addressing AddressingMode `json:"addressing,omitempty"`

	// Resource under which the SR-IOV network device plugin offers the device
	// to pods. Default: with driver: dpdk the name of the NodeENI, or else of the
	// attachment, with _ for -; with driver: kernel not offered. Can be changed.
	// +optional
	ResourceName *ResourceName `json:"resourceName,omitempty"`

	// How the host lets go of the interface.
	// +optional
	ReleasePolicy *ReleasePolicy `json:"releasePolicy,omitempty"`
}

// An AttachmentReference names the NetworkInterfaceAttachment that a
// HostInterface was made for.
type AttachmentReference struct {
	// Namespace of the NetworkInterfaceAttachment.
	Namespace string `json:"namespace"`
	// Name of the NetworkInterfaceAttachment.
	Name string `json:"name"`
	// UID of the NetworkInterfaceAttachment.
	UID string `json:"uid"`
}

// A HostInterfaceSpec says what a node must do with a link.
//
// +kubebuilder:validation:XValidation:rule="self.nodeName == oldSelf.nodeName",message="nodeName cannot be changed"
// +kubebuilder:validation:XValidation:rule="self.attachmentRef == oldSelf.attachmentRef",message="attachmentRef cannot be changed"
type HostInterfaceSpec struct {
	// Node that has the link. A selectable field: kubectl get hif
	// --field-selector spec.nodeName=NAME.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	NodeName string `json:"nodeName"`

	// NetworkInterfaceAttachment that this object was made for.
	AttachmentRef AttachmentReference `json:"attachmentRef"`

	// Id of the ENI. It becomes an alternative name of the link.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=127
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z0-9][a-zA-Z0-9_.-]*$')",message="must be the id of an ENI, such as eni-0123456789abcdef0"
	NetworkInterfaceID string `json:"networkInterfaceId"`

	// Hardware address of the link, by which the agent finds it: unicast, and not
	// zero.
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

	// IPv4 range of the ENI's subnet, /16 to /28. The agent applies no address and
	// no prefix outside it. Needed with addressing Addresses and PolicyRouted.
	// +optional
	// +kubebuilder:validation:MaxLength=18
	// +kubebuilder:validation:XValidation:rule="self == '' || isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self).masked() == cidr(self) && cidr(self).ip().isGlobalUnicast() && cidr(self).prefixLength() >= 16 && cidr(self).prefixLength() <= 28",message="must be the range of an EC2 subnet, /16 to /28, such as 10.0.1.0/24"
	SubnetCIDR string `json:"subnetCidr,omitempty"`

	// IPv6 ranges of the ENI's subnet, /44 to /64. The agent applies no address and
	// no prefix outside them.
	// +optional
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MaxLength=43
	// +kubebuilder:validation:items:XValidation:rule="isCIDR(self) && cidr(self).ip().family() == 6 && cidr(self).masked() == cidr(self) && cidr(self).ip().isGlobalUnicast() && cidr(self).prefixLength() >= 44 && cidr(self).prefixLength() <= 64",message="must be the IPv6 range of an EC2 subnet, /44 to /64, such as 2001:db8:1::/64"
	SubnetIPv6CIDRs []string `json:"subnetIpv6Cidrs,omitempty"`

	// Private IPv4 addresses of the ENI, the primary one first. Each is inside
	// subnetCidr, and none that EC2 reserves there.
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

	// What to do with the link.
	// +optional
	Config HostConfig `json:"config,omitempty"`
}

// A HostInterfaceStatus says what a node did with a link. Only the agent of
// that node writes it.
type HostInterfaceStatus struct {
	xpv2.ConditionedStatus `json:",inline"`

	// Generation of the spec that this status answers.
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Name of the link on the host.
	InterfaceName string `json:"interfaceName,omitempty"`

	// PCI address of the device.
	PCIAddress string `json:"pciAddress,omitempty"`

	// Driver that the device has now.
	Driver string `json:"driver,omitempty"`

	// Kernel network driver that the device returns to.
	KernelDriver string `json:"kernelDriver,omitempty"`

	// MTU of the link.
	MTU int32 `json:"mtu,omitempty"`

	// MTU that the link had before the agent changed it. The link returns to it when
	// no MTU is given any more, and on release.
	OriginalMTU int32 `json:"originalMTU,omitempty"`

	// Version of the kernel network driver, as it says itself.
	DriverVersion string `json:"driverVersion,omitempty"`

	// Speed of the link in Mbit/s. Empty where the driver does not know it, and
	// while a userspace driver has the device.
	LinkSpeedMbps *int32 `json:"linkSpeedMbps,omitempty"`

	// NUMA node of the device. Empty where the host has only one.
	NUMANode *int32 `json:"numaNode,omitempty"`

	// IOMMU group of the device.
	IOMMUGroup string `json:"iommuGroup,omitempty"`

	// Whether the device is used without an IOMMU.
	NoIOMMU bool `json:"noIOMMU,omitempty"`

	// How the prefetchable memory of a device with a userspace driver is
	// mapped: WriteCombining or Uncached. Empty while no program has mapped it,
	// and where the host does not show it.
	MemoryCaching string `json:"memoryCaching,omitempty"`

	// Huge pages that the node has reserved, where a device is handed to a
	// userspace driver.
	// +listType=map
	// +listMapKey=size
	HugePages []HugePages `json:"hugePages,omitempty"`

	// Resource that the device is offered as, with its prefix.
	Resource string `json:"resource,omitempty"`
}

// HugePages are the huge pages of one size.
type HugePages struct {
	// Size of a page, such as 2Mi or 1Gi.
	Size string `json:"size"`
	// How many there are, in use or not.
	Total int32 `json:"total"`
}

// A HostInterface says what one node must do with one link, and what it did.
// It is made by the provider for each attachment that has spec.host, and
// answered by the agent of the node.
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

	// What the node must do.
	Spec HostInterfaceSpec `json:"spec"`
	// What the node did.
	Status HostInterfaceStatus `json:"status,omitempty"`
}

// GetCondition returns the condition of the given type.
func (h *HostInterface) GetCondition(ct xpv2.ConditionType) xpv2.Condition {
	return h.Status.GetCondition(ct)
}

// SetConditions sets the given conditions, each in place of one of its type.
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
