// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
// is set on the agent. The plugin supports up to 67 characters of prefix and name, and
// hyphens since v3.6.0.
//
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[a-zA-Z0-9]([-_a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$') && self.size() <= 68",message="must be a resource name such as intel.com/intel_sriov_netdevice: an optional DNS prefix and a slash, then up to 63 letters, digits, - and _; at most 68 characters, the limit of the device plugin"
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
	// ReleaseWaitForPods waits until no pod uses the interface.
	ReleaseWaitForPods ReleaseMode = "WaitForPods"

	// ReleaseImmediate does not wait.
	ReleaseImmediate ReleaseMode = "Immediate"
)

// A ReleasePolicy configures how a host releases an interface.
type ReleasePolicy struct {
	// WaitForPods (default): wait until no pod uses the interface, at most for the
	// timeout. Pods use it if a device plugin allocated the device, if they have a link
	// above its link, such as macvlan or ipvlan, or if they have the link itself.
	// Immediate: release the interface at once. Can be changed.
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
// +kubebuilder:validation:XValidation:rule="!(has(self.driver) && self.driver == 'dpdk') || !has(self.network)",message="an interface with driver: dpdk has no link for a network: pods request its resource"
// +kubebuilder:validation:XValidation:rule="!has(self.network) || !has(self.addressing) || self.addressing == 'None'",message="a link with a network for pods has no addresses on the host: use addressing: None"
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
	// +kubebuilder:validation:MaxItems=9
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
	// the attachment, with _ for -, and shortened if it is too long for the plugin; with driver: kernel not advertised. Can be changed.
	// +optional
	ResourceName *ResourceName `json:"resourceName,omitempty"`

	// Network for pods on the link, with driver: kernel. The node's agent writes its
	// configuration to the directory of Multus. Default: none. Can be changed.
	// +optional
	Network *HostNetwork `json:"network,omitempty"`

	// Extended resource that the node advertises while its interfaces are ready. It is
	// used only in the provider's own namespace. Default: none. Can be changed.
	// +optional
	Readiness *HostReadiness `json:"readiness,omitempty"`

	// How the host releases the interface.
	// +optional
	ReleasePolicy *ReleasePolicy `json:"releasePolicy,omitempty"`
}
