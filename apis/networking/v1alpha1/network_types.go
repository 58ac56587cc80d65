// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A NetworkType is the CNI plugin that gives a pod an interface of an ENI.
//
// +kubebuilder:validation:Enum=ipvlan;macvlan;host-device
type NetworkType string

const (
	// NetworkTypeIPVLAN gives each pod an ipvlan link on the ENI. Its frames have the
	// ENI's MAC address, which EC2 requires.
	NetworkTypeIPVLAN NetworkType = "ipvlan"

	// NetworkTypeMACVLAN gives each pod a macvlan link on the ENI, with a MAC address of
	// its own. EC2 drops frames with a MAC address other than the ENI's.
	NetworkTypeMACVLAN NetworkType = "macvlan"

	// NetworkTypeHostDevice moves the ENI into one pod.
	NetworkTypeHostDevice NetworkType = "host-device"
)

// An IPAMSource is the source of the addresses of pods.
//
// +kubebuilder:validation:Enum=Prefix;SecondaryAddresses;Range;DHCP;None
type IPAMSource string

const (
	// IPAMSourcePrefix allocates addresses of the prefixes that EC2 has delegated to the
	// node's ENI.
	IPAMSourcePrefix IPAMSource = "Prefix"

	// IPAMSourceSecondaryAddresses allocates the ENI's secondary addresses.
	IPAMSourceSecondaryAddresses IPAMSource = "SecondaryAddresses"

	// IPAMSourceRange allocates addresses of the node's part of a range that the VPC
	// does not route.
	IPAMSourceRange IPAMSource = "Range"

	// IPAMSourceDHCP requests an address from the VPC's DHCP server.
	IPAMSourceDHCP IPAMSource = "DHCP"

	// IPAMSourceNone configures no address.
	IPAMSourceNone IPAMSource = "None"
)

// PodRouting selects the routing table of the routes of a pod's interface.
//
// +kubebuilder:validation:Enum=Source;Main
type PodRouting string

const (
	// PodRoutingSource routes packets from the interface's addresses through the
	// interface.
	PodRoutingSource PodRouting = "Source"

	// PodRoutingMain adds routes to the pod's main routing table only.
	PodRoutingMain PodRouting = "Main"
)

// A PodRoute is a route of a pod.
type PodRoute struct {
	// Destination of the route, such as 10.8.0.0/16.
	// +kubebuilder:validation:MaxLength=43
	// +kubebuilder:validation:XValidation:rule="isCIDR(self) && cidr(self).masked() == cidr(self)",message="must be a range without host bits, such as 10.8.0.0/16"
	Destination string `json:"destination"`

	// Gateway of the route. Default: the router of the ENI's subnet.
	// +optional
	// +kubebuilder:validation:MaxLength=39
	// +kubebuilder:validation:XValidation:rule="isIP(self)",message="must be an IP address, such as 10.0.1.1"
	Gateway string `json:"gateway,omitempty"`
}

// A PrefixPool bounds the number of IPv4 prefixes of an ENI, which follows the number of
// addresses that pods use. EC2 delegates prefixes of 16 addresses.
//
// +kubebuilder:validation:XValidation:rule="self.min <= self.max",message="min must not be larger than max"
type PrefixPool struct {
	// Smallest number of prefixes, which the ENI gets at first. Default: 1. Can be changed.
	// +optional
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=49
	Min int32 `json:"min,omitempty"`

	// Largest number of prefixes. The instance type limits it, too. Can be changed;
	// prefixes in use are kept.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=49
	Max int32 `json:"max"`

	// Number of free addresses below which a further prefix is requested. Default: 4. Can
	// be changed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=256
	MinFree *int32 `json:"minFree,omitempty"`

	// How long a prefix must be unused, and not needed for minFree, before it is withdrawn
	// from pods. Five minutes later it is returned to the subnet: until then, a pod that
	// is starting may still get an address of it. Default: 5m. Can be changed.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('24h')",message="must be a duration of at most 24h, such as 5m"
	CoolDown *metav1.Duration `json:"coolDown,omitempty"`
}

// PodIPAM configures the addresses of pods.
//
// +kubebuilder:validation:XValidation:rule="!has(self.ipv4Prefixes) || self.source == 'Prefix'",message="ipv4Prefixes is for source: Prefix"
// +kubebuilder:validation:XValidation:rule="(self.source == 'Range') == has(self.range)",message="range is required with source: Range, and not allowed with another source"
// +kubebuilder:validation:XValidation:rule="!has(self.nodePrefixLength) || self.source == 'Range'",message="nodePrefixLength is for source: Range"
type PodIPAM struct {
	// Source of the addresses. Prefix (default): addresses of the prefixes that EC2 has
	// delegated to the node's ENI; the VPC routes them. SecondaryAddresses: the ENI's
	// secondary addresses; the VPC routes them. Range: the node's part of range, which
	// the VPC does not route. DHCP: the VPC's DHCP server, for one pod per ENI. None: no
	// address. Can be changed; running pods keep their addresses.
	// +optional
	// +kubebuilder:default=Prefix
	Source IPAMSource `json:"source,omitempty"`

	// Number of IPv4 prefixes of each ENI, with source Prefix. Default: the fixed number
	// of spec.addresses.ipv4PrefixCount of the NodeENI, at least 1 prefix of either
	// family. Can be changed.
	// +optional
	IPv4Prefixes *PrefixPool `json:"ipv4Prefixes,omitempty"`

	// Range of addresses with source Range, such as 192.168.0.0/16. Each node gets a
	// part of it. Can be changed.
	// +optional
	// +kubebuilder:validation:MaxLength=43
	// +kubebuilder:validation:XValidation:rule="isCIDR(self) && cidr(self).masked() == cidr(self) && cidr(self).ip().isGlobalUnicast() && cidr(self).prefixLength() >= 8",message="must be a unicast range without host bits, /8 or smaller, such as 192.168.0.0/16"
	Range string `json:"range,omitempty"`

	// Prefix length of the part of range that each node gets. Default: 24 for IPv4, 64
	// for IPv6, or the length of the range if it is longer. A change affects nodes that
	// get a part later.
	// +optional
	// +kubebuilder:validation:Minimum=9
	// +kubebuilder:validation:Maximum=126
	NodePrefixLength *int32 `json:"nodePrefixLength,omitempty"`
}

// A PodNetwork is the configuration of the interfaces that pods get on an ENI. The
// HostInterface of a node has the same structure.
//
// +kubebuilder:validation:XValidation:rule="!has(self.mode) || (self.type == 'ipvlan' ? self.mode in ['l2', 'l3', 'l3s'] : self.type == 'macvlan' ? self.mode in ['bridge', 'vepa', 'private', 'passthru'] : false)",message="mode is l2, l3 or l3s with type: ipvlan, and bridge, vepa, private or passthru with type: macvlan; host-device has no mode"
// +kubebuilder:validation:XValidation:rule="!has(self.routes) || size(self.routes) == 0 || (has(self.routing) && self.routing == 'Main')",message="routes need routing: Main; with routing: Source every packet from the interface's address already uses the router of the ENI's subnet"
// +kubebuilder:validation:XValidation:rule="self.type != 'host-device' || !has(self.mtu)",message="a host-device interface has the MTU of the ENI's link: set mtu of the NodeENI"
type PodNetwork struct {
	// CNI plugin: ipvlan (default), macvlan or host-device. EC2 drops frames with a MAC
	// address other than the ENI's, which macvlan sends: use ipvlan on EC2. host-device
	// moves the ENI into one pod. Can be changed; running pods keep their interfaces.
	// +optional
	// +kubebuilder:default=ipvlan
	Type NetworkType `json:"type,omitempty"`

	// Mode of the plugin. ipvlan: l2 (default), l3 or l3s. macvlan: bridge (default),
	// vepa, private or passthru. Can be changed.
	// +optional
	// +kubebuilder:validation:MaxLength=8
	Mode string `json:"mode,omitempty"`

	// MTU of the interface in the pod. Default: the MTU of the ENI's link. Can be
	// changed; running pods keep their MTU.
	// +optional
	// +kubebuilder:validation:Minimum=68
	// +kubebuilder:validation:Maximum=9216
	MTU *int32 `json:"mtu,omitempty"`

	// Routing of the pod. Source: packets from the interface's addresses use the
	// interface and the router of its subnet, and other packets are not affected; needs
	// the CNI plugin sbr. Main: only the routes of the subnet and of routes, in the main
	// table. Default: Source with ipam.source Prefix and SecondaryAddresses, otherwise
	// Main. Can be changed.
	// +optional
	Routing PodRouting `json:"routing,omitempty"`

	// Routes through the interface, in the pod's main routing table. Can be changed.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	Routes []PodRoute `json:"routes,omitempty"`

	// Addresses of the pods.
	// +optional
	// +kubebuilder:default={source: Prefix}
	IPAM PodIPAM `json:"ipam,omitempty"`
}

// A NodeENINetwork is a network for pods on the ENIs of a NodeENI: the
// NetworkAttachmentDefinitions that pods refer to, and a file for Multus on each node.
//
// +kubebuilder:validation:XValidation:rule="(has(self.namespaces) && size(self.namespaces) > 0) || has(self.namespaceSelector)",message="set namespaces or namespaceSelector: the namespaces of the pods that use the network"
type NodeENINetwork struct {
	PodNetwork `json:",inline"`

	// Name of the NetworkAttachmentDefinitions. Where the NodeENI can attach several
	// ENIs to a node, it has the suffix -N, counted from 0, as the alternative names of
	// the links. Default: the name of the NodeENI. Can be changed.
	// +optional
	// +kubebuilder:validation:MaxLength=60
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="must be lower-case letters, digits and '-', such as data"
	Name *string `json:"name,omitempty"`

	// Namespaces in which pods use the network. Each gets a
	// NetworkAttachmentDefinition. Can be changed.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:items:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="must be the name of a namespace"
	Namespaces []string `json:"namespaces,omitempty"`

	// Namespaces in which pods use the network, by labels, in addition to namespaces.
	// Must not be empty. Can be changed.
	// +optional
	// +kubebuilder:validation:XValidation:rule="(has(self.matchLabels) && size(self.matchLabels) > 0) || (has(self.matchExpressions) && size(self.matchExpressions) > 0)",message="must not be empty: every namespace has the label kubernetes.io/metadata.name"
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`
}

// A HostNetwork is the network for pods on the link of a HostInterface. The node's agent
// writes its configuration to a file that Multus reads.
type HostNetwork struct {
	PodNetwork `json:",inline"`

	// Name of the network: the name of the NetworkAttachmentDefinition without
	// spec.config that refers to it. One link of a node can have the name.
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="must be lower-case letters, digits and '-', such as data"
	Name string `json:"name"`
}
