package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// A SubnetID names an EC2 subnet.
//
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.matches('^subnet-([0-9a-zA-Z-]*[0-9a-zA-Z])$')",message="must be a subnet id such as subnet-0f59b4f14737be9ad; to find a subnet by its Name tag use subnetName"
type SubnetID string

// A SecurityGroupID names an EC2 security group.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^sg-[0-9a-zA-Z-]+$')",message="must be a security group id such as sg-05da196f3314d4af8; to find a group by name use securityGroupNames"
type SecurityGroupID string

// A NodeSelectorTerm matches nodes by expressions on their labels, all of
// which must hold.
type NodeSelectorTerm struct {
	// Expressions on node labels: In, NotIn, Exists, DoesNotExist, Gt or Lt.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	MatchExpressions []NodeSelectorRequirement `json:"matchExpressions"`
}

// A NodeSelectorRequirement is one expression on a node label.
//
// +kubebuilder:validation:XValidation:rule="!(self.operator in ['In', 'NotIn']) || (has(self.values) && size(self.values) > 0)",message="operators In and NotIn need values"
// +kubebuilder:validation:XValidation:rule="!(self.operator in ['Exists', 'DoesNotExist']) || !has(self.values) || size(self.values) == 0",message="operators Exists and DoesNotExist take no values"
// +kubebuilder:validation:XValidation:rule="!(self.operator in ['Gt', 'Lt']) || (has(self.values) && size(self.values) == 1 && self.values[0].matches('^-?[0-9]+$'))",message="operators Gt and Lt need one value, an integer in quotes"
type NodeSelectorRequirement struct {
	// Label key.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=317
	Key string `json:"key"`

	// Relation of the key to the values.
	// +kubebuilder:validation:Enum=In;NotIn;Exists;DoesNotExist;Gt;Lt
	Operator corev1.NodeSelectorOperator `json:"operator"`

	// Values, for In, NotIn, Gt and Lt.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=63
	Values []string `json:"values,omitempty"`
}

// A SubnetPolicy says how many of the subnets that fit a node it gets.
//
// +kubebuilder:validation:Enum=All;OnePerZone
type SubnetPolicy string

const (
	// SubnetPolicyAll gives a node one ENI in each subnet of its zone.
	SubnetPolicyAll SubnetPolicy = "All"

	// SubnetPolicyOnePerZone gives a node one ENI in one subnet of its zone.
	SubnetPolicyOnePerZone SubnetPolicy = "OnePerZone"
)

// A NodeSubnetSelector finds subnets by tags.
type NodeSubnetSelector struct {
	// Tags that a subnet carries; every subnet that has all of them is used.
	// An empty value matches any value.
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=20
	Tags map[string]string `json:"tags"`
}

// A NodeSecurityGroupSelector finds security groups by tags.
type NodeSecurityGroupSelector struct {
	// Tags that a group carries; every group that has all of them is used, and at
	// least one must. An empty value matches any value.
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=20
	Tags map[string]string `json:"tags"`
}

// NodeENIAddresses asks for addresses beyond the primary one of each ENI.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.secondaryPrivateIpCount) && self.secondaryPrivateIpCount > 0 && has(self.ipv4PrefixCount) && self.ipv4PrefixCount > 0)",message="EC2 takes secondary addresses or prefixes on one ENI, not both: drop secondaryPrivateIpCount or ipv4PrefixCount"
type NodeENIAddresses struct {
	// Secondary private IPv4 addresses. Default 0. Can be changed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=49
	SecondaryPrivateIPCount *int32 `json:"secondaryPrivateIpCount,omitempty"`

	// IPv4 prefixes of length 28. Default 0. Can be changed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=49
	IPv4PrefixCount *int32 `json:"ipv4PrefixCount,omitempty"`

	// IPv6 addresses. Default 0, or what the subnet assigns. Can be changed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=50
	IPv6AddressCount *int32 `json:"ipv6AddressCount,omitempty"`

	// IPv6 prefixes of length 80. Default 0. Can be changed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=50
	IPv6PrefixCount *int32 `json:"ipv6PrefixCount,omitempty"`

	// Makes the first IPv6 address primary. Can be turned on, not off.
	// +optional
	EnablePrimaryIPv6 *bool `json:"enablePrimaryIpv6,omitempty"`
}

// A NodeENIRollout bounds how many nodes change at once.
type NodeENIRollout struct {
	// Ready nodes that may lose ENIs at once while a change of the spec, or of
	// nodes' labels, removes ENIs from nodes: a number, or a percentage of the
	// nodes that have or get ENIs. New ENIs are not held back, nor is deletion of
	// the NodeENI. Default: 25%, at least one node. Left out, a change that
	// deselects Ready nodes with more than half of all ENIs is held altogether
	// until this field is set or the nodes match again. Can be changed.
	// +optional
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? self >= 1 : self.matches('^(100|[1-9][0-9]?)%$')",message="must be a number of at least 1 or a percentage from 1% to 100%"
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`
}

// A NodeENISpec says which nodes get which ENIs. Everything can be changed
// while ENIs exist: subnets that leave are detached and deleted, everything
// that EC2 and the host can change in place is changed in place.
//
// +kubebuilder:validation:XValidation:rule="(has(self.nodeSelector) && size(self.nodeSelector) > 0) || (has(self.nodeSelectorTerms) && size(self.nodeSelectorTerms) > 0)",message="nodeSelector must not be empty: name the label of the nodes that get an ENI, such as ng: multi-eni; to mean every node use nodeSelectorTerms with key kubernetes.io/os and operator Exists"
// +kubebuilder:validation:XValidation:rule="has(self.subnetID) || (has(self.subnetIDs) && size(self.subnetIDs) > 0) || has(self.subnetName) || (has(self.subnetNames) && size(self.subnetNames) > 0) || has(self.subnetSelector)",message="no subnet given: set subnetID, subnetIDs, subnetName, subnetNames or subnetSelector"
// +kubebuilder:validation:XValidation:rule="!(has(self.enableDPDK) && has(self.dpdkEnabled)) || self.enableDPDK == self.dpdkEnabled",message="enableDPDK and dpdkEnabled mean the same and contradict each other: keep one of them"
// +kubebuilder:validation:XValidation:rule="!(has(self.mtu) && self.mtu > 0 && has(self.host) && has(self.host.mtu)) || self.mtu == self.host.mtu",message="mtu and host.mtu contradict each other: keep one of them"
// +kubebuilder:validation:XValidation:rule="!(has(self.dpdkResourceName) && has(self.host) && has(self.host.resourceName)) || self.dpdkResourceName == self.host.resourceName",message="dpdkResourceName and host.resourceName contradict each other: keep one of them"
// +kubebuilder:validation:XValidation:rule="!(has(self.releasePolicy) && has(self.host) && has(self.host.releasePolicy))",message="releasePolicy and host.releasePolicy mean the same: keep one of them"
// +kubebuilder:validation:XValidation:rule="!((has(self.enableDPDK) && self.enableDPDK) || (has(self.dpdkEnabled) && self.dpdkEnabled)) || !has(self.host) || !has(self.host.addressing) || self.host.addressing == 'None'",message="an interface with enableDPDK has no kernel addresses: use host.addressing: None"
// +kubebuilder:validation:XValidation:rule="!((has(self.enableDPDK) && self.enableDPDK) || (has(self.dpdkEnabled) && self.dpdkEnabled)) || !has(self.host) || !has(self.host.interfaceName)",message="an interface with enableDPDK has no kernel name: drop host.interfaceName"
// +kubebuilder:validation:XValidation:rule="!has(self.host) || (!has(self.host.interfaceName) && (!has(self.host.altNames) || size(self.host.altNames) == 0)) || (has(self.subnetPolicy) && self.subnetPolicy == 'OnePerZone') || ((has(self.subnetID) ? 1 : 0) + (has(self.subnetName) ? 1 : 0) + (has(self.subnetIDs) ? size(self.subnetIDs) : 0) + (has(self.subnetNames) ? size(self.subnetNames) : 0) <= 1 && !has(self.subnetSelector))",message="host.interfaceName and host.altNames name one link of a node: with several subnets use subnetPolicy: OnePerZone, or one NodeENI per subnet"
// +kubebuilder:validation:XValidation:rule="!has(self.host) || !has(self.host.altNames) || size(self.host.altNames) <= 7",message="a NodeENI gives each link an alternative name of its own: give at most 7 in host.altNames"
// +kubebuilder:validation:XValidation:rule="!(has(oldSelf.addresses) && has(oldSelf.addresses.enablePrimaryIpv6) && oldSelf.addresses.enablePrimaryIpv6) || (has(self.addresses) && has(self.addresses.enablePrimaryIpv6) && self.addresses.enablePrimaryIpv6)",message="addresses.enablePrimaryIpv6 cannot be turned off once it is on: EC2 cannot undo it; create another NodeENI"
// +kubebuilder:validation:XValidation:rule="!has(self.tags) || self.tags.all(k, !k.lowerAscii().startsWith('aws:'))",message="tag keys beginning with aws: are reserved by AWS; choose another key"
// +kubebuilder:validation:XValidation:rule="!has(self.tags) || self.tags.all(k, !k.startsWith('networking.k8s.aws/'))",message="tag keys beginning with networking.k8s.aws/ are written by this provider; choose another key"
// +kubebuilder:validation:XValidation:rule="!has(self.tags) || self.tags.all(k, size(k) >= 1 && size(k) <= 128 && size(self.tags[k]) <= 256)",message="a tag key has 1 to 128 characters and a value at most 256"
type NodeENISpec struct {
	// Labels that a node must have, all of them, to get ENIs. Must not be
	// empty unless nodeSelectorTerms is given.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`

	// Terms of expressions on node labels: a node that matches any of them,
	// and nodeSelector where that is given, gets ENIs.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	NodeSelectorTerms []NodeSelectorTerm `json:"nodeSelectorTerms,omitempty"`

	// Subnet for the ENIs, by id. All subnet fields together form one list
	// without duplicates; of it, a node uses the subnets of its own zone.
	// +optional
	SubnetID *SubnetID `json:"subnetID,omitempty"`

	// Subnets by id.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	SubnetIDs []SubnetID `json:"subnetIDs,omitempty"`

	// Subnet by the value of its Name tag. The name may occur once in each
	// zone of the nodes' VPC; where it occurs twice in a zone it is ambiguous
	// and reported.
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

	// All (default): a node gets one ENI in each of the subnets that lie in
	// its zone. OnePerZone: it gets one ENI, in the one with the most free
	// addresses, and keeps it. Subnets of other zones are never tried.
	// +optional
	// +kubebuilder:default=All
	SubnetPolicy SubnetPolicy `json:"subnetPolicy,omitempty"`

	// Security groups by id. Those by id, by name and by tags are used together.
	// Without any, ENIs have the default group of the VPC. Can be changed.
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

	// Device index of the ENI in the first subnet; the i-th subnet gets this
	// plus i, or the next free one if that is taken. Where several NodeENIs select a
	// node, those that were created earlier get their indexes first, so that a subnet
	// has the same index on every node. 0 means the default.
	// Default: 1, or the provider's --default-device-index. A change affects ENIs
	// attached later.
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

	// Description of the ENIs. Default: names the NodeENI and the node.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	Description *string `json:"description,omitempty"`

	// MTU of the links on the hosts, 68 to 9216. Default: host.mtu, or the MTU that
	// the driver gives a link. 0 and removal return links to that. Can be changed.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self == 0 || (self >= 68 && self <= 9216)",message="must be 0 (the driver's default) or 68 to 9216; 9001 is the largest that a VPC carries"
	MTU *int32 `json:"mtu,omitempty"`

	// Hands the devices to a userspace (DPDK) driver on the hosts. Default
	// false. Can be changed.
	// +optional
	EnableDPDK *bool `json:"enableDPDK,omitempty"`

	// Another name of enableDPDK.
	// +optional
	DPDKEnabled *bool `json:"dpdkEnabled,omitempty"`

	// Userspace driver: vfio-pci (default), igb_uio or uio_pci_generic.
	// +optional
	DPDKDriver *DPDKDriver `json:"dpdkDriver,omitempty"`

	// Resource under which the SR-IOV network device plugin offers the
	// devices, with a userspace driver or the kernel's.
	// +optional
	DPDKResourceName *ResourceName `json:"dpdkResourceName,omitempty"`

	// PCI address that the device is expected to have, with a userspace driver or
	// the kernel's. It is checked, never used to choose a device.
	// +optional
	DPDKPCIAddress *PCIAddress `json:"dpdkPCIAddress,omitempty"`

	// Tags of the ENIs, beside the provider's own. Can be changed.
	// +optional
	// +kubebuilder:validation:MaxProperties=38
	Tags map[string]string `json:"tags,omitempty"`

	// Addresses beyond the primary one. Default, also when removed: none, except
	// what the subnet assigns. Can be changed.
	// +optional
	Addresses *NodeENIAddresses `json:"addresses,omitempty"`

	// Whether EC2 drops traffic not addressed to or sent from an ENI's own
	// addresses. EC2's default, also when removed, is true. Can be changed.
	// +optional
	SourceDestCheck *bool `json:"sourceDestCheck,omitempty"`

	// Number of ENA queues of each ENI, where the instance type lets them be chosen.
	// Default: EC2's. A change affects ENIs attached later.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=128
	EnaQueueCount *int32 `json:"enaQueueCount,omitempty"`

	// ENA Express of the ENIs. EC2's default, also when removed: off. Can be
	// changed.
	// +optional
	EnaSrdSpecification *EnaSrdSpecification `json:"enaSrdSpecification,omitempty"`

	// What the hosts do with the interfaces beyond mtu and the dpdk fields.
	// Default: link up and MTU only.
	// +optional
	Host *HostConfig `json:"host,omitempty"`

	// How to reach AWS. Default: the ClusterProviderConfig named default.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self.kind == 'ClusterProviderConfig' || self.kind == 'ProviderConfig'",message="kind must be ClusterProviderConfig, or ProviderConfig for one in the provider's namespace"
	ProviderConfigReference *xpv2.ProviderConfigReference `json:"providerConfigRef,omitempty"`

	// What the provider may do with the ENIs, passed to the objects made for
	// each node. Default: ["*"], everything. Without Delete, ENIs and their
	// attachments are left in EC2 when they are no longer wanted.
	// +optional
	// +kubebuilder:default={"*"}
	ManagementPolicies xpv2.ManagementPolicies `json:"managementPolicies,omitempty"`

	// Bounds how many nodes change at once.
	// +optional
	Rollout *NodeENIRollout `json:"rollout,omitempty"`

	// How the hosts let go of the interfaces.
	// +optional
	ReleasePolicy *ReleasePolicy `json:"releasePolicy,omitempty"`

	// How EC2 detaches the ENIs from their instances, passed to the attachments.
	// Default: never forced.
	// +optional
	DetachPolicy *DetachPolicy `json:"detachPolicy,omitempty"`
}

// A NodeENIAttachment is one ENI on one node.
type NodeENIAttachment struct {
	// Name of the node.
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
	// State: creating, available, attaching, attached or detaching; waiting if the ENI is
	// not created because the instance takes no further one.
	Status string `json:"status,omitempty"`
	// MTU asked for.
	MTU int32 `json:"mtu,omitempty"`
	// Name of the link on the host.
	InterfaceName string `json:"interfaceName,omitempty"`
	// Whether the device is for a userspace driver.
	DPDKEnabled bool `json:"dpdkEnabled,omitempty"`
	// Driver of the device on the host.
	DPDKDriver string `json:"dpdkDriver,omitempty"`
	// Resource under which the device is offered.
	DPDKResourceName string `json:"dpdkResourceName,omitempty"`
	// PCI address of the device.
	DPDKPCIAddress string `json:"dpdkPCIAddress,omitempty"`
	// Name of the NetworkInterface and NetworkInterfaceAttachment objects.
	Name string `json:"name,omitempty"`
	// Whether the interface is ready on the host.
	Ready bool `json:"ready,omitempty"`
	// What is missing, if it is not ready.
	Message string `json:"message,omitempty"`
	// When anything above last changed.
	LastUpdated *metav1.Time `json:"lastUpdated,omitempty"`
}

// A NodeENIStatus counts what there is and says what a user can mend.
type NodeENIStatus struct {
	xpv2.ConditionedStatus `json:",inline"`

	// Generation of the spec that this status answers.
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// AWS account in which the first ENI was created. While the provider config
	// resolves to another account, nothing is created, changed or released.
	AccountID string `json:"accountID,omitempty"`

	// AWS region in which the first ENI was created. While the provider config
	// resolves to another region, nothing is created, changed or released.
	Region string `json:"region,omitempty"`

	// Number of nodes that match.
	Nodes int32 `json:"nodes"`

	// Number of ENIs that should be on nodes.
	Desired int32 `json:"desired"`

	// Number of ENIs that are attached.
	Attached int32 `json:"attached"`

	// Number of interfaces that are ready on their hosts.
	Ready int32 `json:"ready"`

	// ENIs on nodes, at most 100, sorted by node and device index. All of
	// them: kubectl get eni,enia -A -l networking.k8s.aws/node-eni=NAME.
	// +listType=atomic
	Attachments []NodeENIAttachment `json:"attachments,omitempty"`

	// Whether attachments holds only the first of them.
	Truncated bool `json:"truncated,omitempty"`
}

// A NodeENI gives each node that matches a selector an ENI in each subnet of
// the node's zone, and has the node prepare the interface.
//
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63",message="metadata.name must have at most 63 characters: it labels the objects made for each node"
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

	// Which nodes get which ENIs.
	Spec NodeENISpec `json:"spec"`
	// What there is.
	Status NodeENIStatus `json:"status,omitempty"`
}

// GetCondition returns the condition of the given type.
func (n *NodeENI) GetCondition(ct xpv2.ConditionType) xpv2.Condition {
	return n.Status.GetCondition(ct)
}

// SetConditions sets the given conditions, each in place of one of its type.
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
