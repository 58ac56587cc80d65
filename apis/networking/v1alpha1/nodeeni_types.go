// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// A NodeENISpec is the desired state of the ENIs of a set of nodes. It can be
// changed while ENIs exist: removing a subnet detaches and deletes the ENIs in it,
// and settings that EC2 and the host can change in place are updated in place.
//
// +kubebuilder:validation:XValidation:rule="(has(self.nodeSelector) && size(self.nodeSelector) > 0) || (has(self.nodeSelectorTerms) && size(self.nodeSelectorTerms) > 0)",message="nodeSelector must not be empty: set a label of the nodes that get an ENI, such as ng: multi-eni; to select every node use nodeSelectorTerms with key kubernetes.io/os and operator Exists"
// +kubebuilder:validation:XValidation:rule="has(self.subnetID) || (has(self.subnetIDs) && size(self.subnetIDs) > 0) || has(self.subnetName) || (has(self.subnetNames) && size(self.subnetNames) > 0) || has(self.subnetSelector)",message="no subnet given: set subnetID, subnetIDs, subnetName, subnetNames or subnetSelector"
// +kubebuilder:validation:XValidation:rule="!(has(self.enableDPDK) && has(self.dpdkEnabled)) || self.enableDPDK == self.dpdkEnabled",message="enableDPDK and dpdkEnabled are aliases and contradict each other: keep one of them"
// +kubebuilder:validation:XValidation:rule="!(has(self.mtu) && self.mtu > 0 && has(self.host) && has(self.host.mtu)) || self.mtu == self.host.mtu",message="mtu and host.mtu contradict each other: keep one of them"
// +kubebuilder:validation:XValidation:rule="!(has(self.dpdkResourceName) && has(self.host) && has(self.host.resourceName)) || self.dpdkResourceName == self.host.resourceName",message="dpdkResourceName and host.resourceName contradict each other: keep one of them"
// +kubebuilder:validation:XValidation:rule="!(has(self.releasePolicy) && has(self.host) && has(self.host.releasePolicy))",message="releasePolicy and host.releasePolicy are aliases: keep one of them"
// +kubebuilder:validation:XValidation:rule="!((has(self.enableDPDK) && self.enableDPDK) || (has(self.dpdkEnabled) && self.dpdkEnabled)) || !has(self.host) || !has(self.host.addressing) || self.host.addressing == 'None'",message="an interface with enableDPDK has no kernel addresses: use host.addressing: None"
// +kubebuilder:validation:XValidation:rule="!((has(self.enableDPDK) && self.enableDPDK) || (has(self.dpdkEnabled) && self.dpdkEnabled)) || !has(self.host) || !has(self.host.interfaceName)",message="an interface with enableDPDK has no kernel name: remove host.interfaceName"
// +kubebuilder:validation:XValidation:rule="!has(self.host) || (!has(self.host.interfaceName) && (!has(self.host.altNames) || size(self.host.altNames) == 0)) || (has(self.subnetPolicy) && self.subnetPolicy == 'OnePerZone') || ((has(self.subnetID) ? 1 : 0) + (has(self.subnetName) ? 1 : 0) + (has(self.subnetIDs) ? size(self.subnetIDs) : 0) + (has(self.subnetNames) ? size(self.subnetNames) : 0) <= 1 && !has(self.subnetSelector))",message="host.interfaceName and host.altNames apply to one link of a node: with several subnets use subnetPolicy: OnePerZone, or one NodeENI per subnet"
// +kubebuilder:validation:XValidation:rule="!has(self.count) || self.count == 1 || !(has(self.dpdkPCIAddress) || (has(self.host) && (has(self.host.interfaceName) || has(self.host.altNames) || has(self.host.pciAddress) || (has(self.host.dpdk) && has(self.host.dpdk.pciAddress)))))",message="names and the PCI address apply to one link of a node: with count remove host.interfaceName, host.altNames, host.pciAddress and dpdkPCIAddress"
// +kubebuilder:validation:XValidation:rule="!has(self.host) || !has(self.host.altNames) || size(self.host.altNames) <= 7",message="a NodeENI sets up to two alternative names on each link: host.altNames may have at most 7"
// +kubebuilder:validation:XValidation:rule="!has(self.host) || !has(self.host.network)",message="host.network is written by the controller: set network instead"
// +kubebuilder:validation:XValidation:rule="!has(self.host) || !has(self.host.readiness)",message="host.readiness is written by the controller: set readiness.resource instead"
// +kubebuilder:validation:XValidation:rule="!has(self.network) || !has(self.host) || !has(self.host.addressing) || self.host.addressing == 'None'",message="links with a network for pods have no addresses on the host: use host.addressing: None"
// +kubebuilder:validation:XValidation:rule="!has(self.network) || !((has(self.enableDPDK) && self.enableDPDK) || (has(self.dpdkEnabled) && self.dpdkEnabled) || (has(self.host) && has(self.host.driver) && self.host.driver == 'dpdk')) || (self.network.type == 'host-device' && self.network.ipam.source == 'None')",message="pods use a device with enableDPDK without a link: set network.type: host-device and network.ipam.source: None"
// +kubebuilder:validation:XValidation:rule="!has(self.network) || !(has(self.dpdkResourceName) || (has(self.host) && has(self.host.resourceName))) || (self.network.type == 'host-device' && self.network.ipam.source in ['DHCP', 'None'])",message="pods request the devices of a resource: set network.type: host-device and network.ipam.source: DHCP or None"
// +kubebuilder:validation:XValidation:rule="!has(self.network) || !has(self.network.ipam.ipv4Prefixes) || !has(self.addresses) || (!has(self.addresses.ipv4PrefixCount) && !has(self.addresses.secondaryPrivateIpCount))",message="network.ipam.ipv4Prefixes sets the number of prefixes: remove addresses.ipv4PrefixCount and addresses.secondaryPrivateIpCount"
// +kubebuilder:validation:XValidation:rule="!has(self.network) || self.network.ipam.source != 'SecondaryAddresses' || (has(self.addresses) && ((has(self.addresses.secondaryPrivateIpCount) && self.addresses.secondaryPrivateIpCount > 0) || (has(self.addresses.ipv6AddressCount) && self.addresses.ipv6AddressCount > 0)))",message="network.ipam.source: SecondaryAddresses needs addresses.secondaryPrivateIPCount or addresses.ipv6AddressCount"
// +kubebuilder:validation:XValidation:rule="!has(self.retain) || !has(self.deleteOnTermination) || !self.deleteOnTermination",message="EC2 would delete the network interfaces with their instance: with retain remove deleteOnTermination, or set it to false"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.retain) || !has(oldSelf.retain.reclaimPolicy) || oldSelf.retain.reclaimPolicy != 'Retain' || has(self.retain)",message="without retain the retained network interfaces are deleted: set retain.reclaimPolicy: Delete first"
// +kubebuilder:validation:XValidation:rule="!(has(oldSelf.addresses) && has(oldSelf.addresses.enablePrimaryIpv6) && oldSelf.addresses.enablePrimaryIpv6) || (has(self.addresses) && has(self.addresses.enablePrimaryIpv6) && self.addresses.enablePrimaryIpv6)",message="addresses.enablePrimaryIpv6 cannot be disabled once enabled: EC2 cannot undo it; create another NodeENI"
// +kubebuilder:validation:XValidation:rule="!has(self.tags) || self.tags.all(k, !k.lowerAscii().startsWith('aws:'))",message="tag keys beginning with aws: are reserved by AWS; choose another key"
// +kubebuilder:validation:XValidation:rule="!has(self.tags) || self.tags.all(k, !k.startsWith('networking.k8s.aws/'))",message="tag keys beginning with networking.k8s.aws/ are written by this provider; choose another key"
// +kubebuilder:validation:XValidation:rule="!has(self.tags) || self.tags.all(k, size(k) >= 1 && size(k) <= 128 && size(self.tags[k]) <= 256)",message="a tag key has 1 to 128 characters and a value at most 256"
type NodeENISpec struct {
	// Labels that a node must have to get ENIs; all must match. Must not be empty
	// unless nodeSelectorTerms is set.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`

	// Terms of expressions on node labels. A node gets ENIs if it matches any of the
	// terms, and nodeSelector if set.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	NodeSelectorTerms []NodeSelectorTerm `json:"nodeSelectorTerms,omitempty"`

	// Subnet of the ENIs, by id. All subnet fields together form one list without
	// duplicates; a node uses the listed subnets in its own zone.
	// +optional
	SubnetID *SubnetID `json:"subnetID,omitempty"`

	// Subnets by id.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	SubnetIDs []SubnetID `json:"subnetIDs,omitempty"`

	// Subnet by the value of its Name tag. The name may occur once in each zone of
	// the nodes' VPC. If it occurs twice in a zone, SubnetsUsable is False with
	// reason SubnetAmbiguous.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	SubnetName *string `json:"subnetName,omitempty"`

	// Subnets by the value of their Name tags.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=256
	SubnetNames []string `json:"subnetNames,omitempty"`

	// Subnets by tags, in the nodes' VPC.
	// +optional
	SubnetSelector *NodeSubnetSelector `json:"subnetSelector,omitempty"`

	// All (default): a node gets ENIs in each of the subnets in its zone. OnePerZone: a
	// node gets ENIs in one subnet, the subnet of its zone with the most free addresses,
	// and keeps them. Subnets in other zones are never used. See count.
	// +optional
	// +kubebuilder:default=All
	SubnetPolicy SubnetPolicy `json:"subnetPolicy,omitempty"`

	// Number of ENIs of a node in each of its subnets, such as the number of devices of
	// dpdkResourceName. With a lower number the last ENIs are released, within
	// rollout.maxUnavailable; the others keep their device indexes and names. Default: 1.
	// Can be changed.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=32
	Count *int32 `json:"count,omitempty"`

	// Security groups by id. Groups selected by id, by name and by tags are combined.
	// Default: the default group of the VPC. Can be changed.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	SecurityGroupIDs []SecurityGroupID `json:"securityGroupIDs,omitempty"`

	// Security groups by group name or Name tag, in the subnet's VPC.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=255
	SecurityGroupNames []string `json:"securityGroupNames,omitempty"`

	// Security groups by tags, in the subnet's VPC.
	// +optional
	SecurityGroupSelector *NodeSecurityGroupSelector `json:"securityGroupSelector,omitempty"`

	// Device index of the ENI in the first subnet. The ENI in the i-th subnet,
	// counted from 0, gets this index plus i, or the next free index; with count, the
	// second ENIs of the subnets get the indexes after the first ENIs. If several
	// NodeENIs select a node, indexes are assigned in the order in which the NodeENIs
	// were created, so that a subnet has the same index on every node. 0 means the
	// default. Default: 1, or the provider's --default-device-index. A change affects
	// ENIs attached later.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=31
	DeviceIndex *int32 `json:"deviceIndex,omitempty"`

	// Network card of the instance. Default 0. A change affects ENIs attached
	// later.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=31
	NetworkCardIndex *int32 `json:"networkCardIndex,omitempty"`

	// Whether EC2 deletes the ENIs with the instance. Default: true, or the
	// provider's --default-delete-on-termination. Can be changed.
	// +optional
	DeleteOnTermination *bool `json:"deleteOnTermination,omitempty"`

	// Description of the ENIs. Default: a text with the names of the NodeENI and the node.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	Description *string `json:"description,omitempty"`

	// MTU of the links on the hosts, 68 to 9216. Default, also with 0 and when
	// removed: host.mtu, or the driver's default MTU. Can be changed.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self == 0 || (self >= 68 && self <= 9216)",message="must be 0 (the driver's default) or 68 to 9216, which the ENA driver supports; a VPC transmits up to 9001"
	MTU *int32 `json:"mtu,omitempty"`

	// Binds the devices to a userspace (DPDK) driver on the hosts. Default false. Can
	// be changed.
	// +optional
	EnableDPDK *bool `json:"enableDPDK,omitempty"`

	// Alias of enableDPDK.
	// +optional
	DPDKEnabled *bool `json:"dpdkEnabled,omitempty"`

	// Userspace driver: vfio-pci (default), igb_uio or uio_pci_generic.
	// +optional
	DPDKDriver *DPDKDriver `json:"dpdkDriver,omitempty"`

	// Extended resource as which the SR-IOV network device plugin advertises the
	// devices, bound to a userspace or kernel driver.
	// +optional
	DPDKResourceName *ResourceName `json:"dpdkResourceName,omitempty"`

	// Expected PCI address of the device, bound to a userspace or kernel driver. It is
	// verified, never used to select a device.
	// +optional
	DPDKPCIAddress *PCIAddress `json:"dpdkPCIAddress,omitempty"`

	// Tags of the ENIs, in addition to the provider's own. Can be changed.
	// +optional
	// +kubebuilder:validation:MaxProperties=38
	Tags map[string]string `json:"tags,omitempty"`

	// Addresses in addition to the primary private IPv4 address. Default, also when
	// removed: none, except IPv6 addresses that the subnet assigns on creation. Can be
	// changed.
	// +optional
	Addresses *NodeENIAddresses `json:"addresses,omitempty"`

	// Pool of Elastic IPs. Each ENI gets at most one Elastic IP of the pool for its primary
	// private address, and keeps it. ENIs without one work without a public address.
	// Default, also when removed: none. Can be changed.
	// +optional
	ElasticIP *NodeENIElasticIP `json:"elasticIP,omitempty"`

	// Whether EC2 drops traffic not addressed to or sent from an ENI's own
	// addresses. EC2's default, also when removed, is true. Can be changed.
	// +optional
	SourceDestCheck *bool `json:"sourceDestCheck,omitempty"`

	// Number of ENA queues of each ENI, on instance types that support flexible
	// queues. Default: EC2's. A change affects ENIs attached later.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=128
	EnaQueueCount *int32 `json:"enaQueueCount,omitempty"`

	// ENA Express of the ENIs. EC2's default, also when removed: off. Can be
	// changed.
	// +optional
	EnaSrdSpecification *EnaSrdSpecification `json:"enaSrdSpecification,omitempty"`

	// Host configuration of the interfaces, in addition to mtu and the dpdk fields.
	// Default: the link is up, with its MTU.
	// +optional
	Host *HostConfig `json:"host,omitempty"`

	// Network for pods on the ENIs: NetworkAttachmentDefinitions, and the configuration
	// of Multus on each node. Default: none. Can be changed.
	// +optional
	Network *NodeENINetwork `json:"network,omitempty"`

	// Readiness of the nodes. If set, the provider sets the label
	// ready.networking.k8s.aws/NAME=true and a condition of the same type on each node
	// while the NodeENI's interfaces on it are ready. The node can also advertise an extended
	// resource. Default: nodes are not changed. Can be changed.
	// +optional
	Readiness *NodeENIReadiness `json:"readiness,omitempty"`

	// Provider config for access to AWS. Default: the ClusterProviderConfig named
	// default.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.kind == 'ClusterProviderConfig' || self.kind == 'ProviderConfig'",message="kind must be ClusterProviderConfig, or ProviderConfig for a config in the provider's namespace"
	ProviderConfigReference *xpv2.ProviderConfigReference `json:"providerConfigRef,omitempty"`

	// ENIs that outlive their nodes, so that the node that replaces a node gets its
	// addresses. Default: ENIs are deleted when their node is terminated. Can be changed.
	// +optional
	Retain *NodeENIRetain `json:"retain,omitempty"`

	// Management policies of the NetworkInterfaces and NetworkInterfaceAttachments
	// created for each node. Default: ["*"], all actions. Without Delete, ENIs and
	// their attachments are orphaned in EC2 when they are no longer desired.
	// +optional
	// +kubebuilder:default={"*"}
	ManagementPolicies xpv2.ManagementPolicies `json:"managementPolicies,omitempty"`

	// Limits how many nodes lose ENIs at once.
	// +optional
	Rollout *NodeENIRollout `json:"rollout,omitempty"`

	// How the hosts release the interfaces.
	// +optional
	ReleasePolicy *ReleasePolicy `json:"releasePolicy,omitempty"`

	// Detach policy of the attachments. Default: a detach is never forced.
	// +optional
	DetachPolicy *DetachPolicy `json:"detachPolicy,omitempty"`
}

// A NodeENI attaches an ENI in each listed subnet of the node's zone to each node
// that matches a selector, and configures the interfaces on the nodes.
//
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63",message="metadata.name must have at most 63 characters: it is a label value of the objects created for each node"
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=neni,categories={networking}
// +kubebuilder:printcolumn:name="READY",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="SYNCED",type="string",JSONPath=".status.conditions[?(@.type=='Synced')].status"
// +kubebuilder:printcolumn:name="NODES",type="integer",JSONPath=".status.nodes"
// +kubebuilder:printcolumn:name="DESIRED",type="integer",JSONPath=".status.desired"
// +kubebuilder:printcolumn:name="ATTACHED",type="integer",JSONPath=".status.attached"
// +kubebuilder:printcolumn:name="READY-HOSTS",type="integer",JSONPath=".status.ready"
// +kubebuilder:printcolumn:name="REASON",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].reason",priority=1
// +kubebuilder:printcolumn:name="INDEX",type="integer",JSONPath=".spec.deviceIndex",priority=1
// +kubebuilder:printcolumn:name="MTU",type="integer",JSONPath=".spec.mtu",priority=1
// +kubebuilder:printcolumn:name="MESSAGE",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].message",priority=1
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp"
type NodeENI struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Desired state of the ENIs.
	Spec NodeENISpec `json:"spec"`
	// Observed state of the ENIs.
	Status NodeENIStatus `json:"status,omitempty"`
}

// GetCondition returns the condition of the given type.
func (n *NodeENI) GetCondition(ct xpv2.ConditionType) xpv2.Condition {
	return n.Status.GetCondition(ct)
}

// SetConditions sets the given conditions, replacing conditions of the same type.
func (n *NodeENI) SetConditions(c ...xpv2.Condition) {
	n.Status.SetConditions(c...)
}

// A NodeENIList is a list of NodeENIs.
//
// +kubebuilder:object:root=true
type NodeENIList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []NodeENI `json:"items"`
}
