// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// ConnectionTracking sets the idle timeouts of tracked connections of an ENI's
// security groups.
type ConnectionTracking struct {
	// Idle timeout of established TCP connections in seconds, 60
	// to 432000. EC2's default is 432000 (350 on some Nitro generations).
	// Can be changed.
	// +optional
	// +kubebuilder:validation:Minimum=60
	// +kubebuilder:validation:Maximum=432000
	TCPEstablishedTimeoutSeconds *int32 `json:"tcpEstablishedTimeoutSeconds,omitempty"`

	// Idle timeout of UDP streams, with traffic in both directions, in seconds,
	// 60 to 180. EC2's default is 180. Can be changed.
	// +optional
	// +kubebuilder:validation:Minimum=60
	// +kubebuilder:validation:Maximum=180
	UDPStreamTimeoutSeconds *int32 `json:"udpStreamTimeoutSeconds,omitempty"`

	// Idle timeout of UDP flows with traffic in one direction in seconds, 30 to
	// 60. EC2's default is 30. Can be changed.
	// +optional
	// +kubebuilder:validation:Minimum=30
	// +kubebuilder:validation:Maximum=60
	UDPTimeoutSeconds *int32 `json:"udpTimeoutSeconds,omitempty"`
}

// NetworkInterfaceParameters is the desired state of an ENI. Fields can be changed
// at any time unless documented otherwise, and drift in EC2 is corrected. A field
// that was never set is left to EC2 and not corrected. A field that is removed from
// the spec returns to its default.
//
// +kubebuilder:validation:XValidation:rule="has(self.region) == has(oldSelf.region) && (!has(self.region) || self.region == oldSelf.region)",message="region cannot be changed: an ENI cannot move; create another NetworkInterface"
// +kubebuilder:validation:XValidation:rule="has(self.privateIp) == has(oldSelf.privateIp) && (!has(self.privateIp) || self.privateIp == oldSelf.privateIp)",message="privateIp cannot be changed: EC2 cannot change a primary address; create another NetworkInterface"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.subnetId) || (has(self.subnetId) && self.subnetId == oldSelf.subnetId)",message="subnetId cannot be changed: an ENI cannot move to another subnet; create another NetworkInterface"
// +kubebuilder:validation:XValidation:rule="has(self.interfaceType) == has(oldSelf.interfaceType) && (!has(self.interfaceType) || self.interfaceType == oldSelf.interfaceType)",message="interfaceType cannot be changed; create another NetworkInterface"
// +kubebuilder:validation:XValidation:rule="!has(self.privateIps) || size(self.privateIps) == 0 || !has(self.privateIp) || self.privateIp in self.privateIps",message="privateIp is the primary address and must be one of privateIps"
// +kubebuilder:validation:XValidation:rule="has(self.privateIp) || !has(oldSelf.privateIps) || size(oldSelf.privateIps) == 0 || !has(self.privateIps) || size(self.privateIps) == 0 || self.privateIps[0] == oldSelf.privateIps[0]",message="the first of privateIps is the primary address, which EC2 cannot change: keep it first, or create another NetworkInterface"
// +kubebuilder:validation:XValidation:rule="!has(self.privateIpsCount) || !has(self.privateIps) || size(self.privateIps) == 0",message="use either privateIps (chosen addresses) or privateIpsCount (EC2 chooses), not both"
// +kubebuilder:validation:XValidation:rule="!has(self.ipv4PrefixCount) || !has(self.ipv4Prefixes) || size(self.ipv4Prefixes) == 0",message="use either ipv4Prefixes or ipv4PrefixCount, not both"
// +kubebuilder:validation:XValidation:rule="!((has(self.ipv4PrefixCount) && self.ipv4PrefixCount > 0) || (has(self.ipv4Prefixes) && size(self.ipv4Prefixes) > 0)) || !((has(self.privateIpsCount) && self.privateIpsCount > 0) || (has(self.privateIps) && size(self.privateIps) > 1))",message="EC2 supports secondary addresses or prefixes on one ENI, not both: remove privateIps/privateIpsCount or ipv4Prefixes/ipv4PrefixCount"
// +kubebuilder:validation:XValidation:rule="!has(self.ipv6AddressCount) || !has(self.ipv6Addresses) || size(self.ipv6Addresses) == 0",message="use either ipv6Addresses or ipv6AddressCount, not both"
// +kubebuilder:validation:XValidation:rule="!has(self.ipv6PrefixCount) || !has(self.ipv6Prefixes) || size(self.ipv6Prefixes) == 0",message="use either ipv6Prefixes or ipv6PrefixCount, not both"
// +kubebuilder:validation:XValidation:rule="!(has(oldSelf.enablePrimaryIpv6) && oldSelf.enablePrimaryIpv6) || (has(self.enablePrimaryIpv6) && self.enablePrimaryIpv6)",message="enablePrimaryIpv6 cannot be disabled once enabled; create another NetworkInterface"
// +kubebuilder:validation:XValidation:rule="!has(self.tags) || self.tags.all(k, !k.lowerAscii().startsWith('aws:'))",message="tag keys beginning with aws: are reserved by AWS; choose another key"
// +kubebuilder:validation:XValidation:rule="!has(self.tags) || self.tags.all(k, !k.startsWith('networking.k8s.aws/'))",message="tag keys beginning with networking.k8s.aws/ are written by this provider; choose another key"
// +kubebuilder:validation:XValidation:rule="!has(self.tags) || self.tags.all(k, size(k) >= 1 && size(k) <= 128 && size(self.tags[k]) <= 256)",message="a tag key has 1 to 128 characters and a value at most 256"
// +kubebuilder:validation:XValidation:rule="!has(self.subnetIdRef) && !has(self.subnetIdSelector)",message="subnetIdRef and subnetIdSelector refer to a Subnet of another provider, which is not supported: set subnetId, in a Composition as a patch of the Subnet's status, or subnetSelector to find it by name or tags"
// +kubebuilder:validation:XValidation:rule="!has(self.securityGroupRefs)",message="securityGroupRefs refers to SecurityGroups of another provider, which are not supported: set securityGroups, in a Composition as a patch of their status, or securityGroupSelector to find them by names or tags"
// +kubebuilder:validation:XValidation:rule="!has(self.attachment)",message="attachment is not part of a NetworkInterface: create a NetworkInterfaceAttachment with networkInterfaceRef, instanceId and deviceIndex"
type NetworkInterfaceParameters struct {
	// Region of the ENI, such as us-east-1. Default: the region of the
	// provider (its --region flag or AWS_REGION). Cannot be changed.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]{2,}(-[a-z]+)+-[0-9]+$')",message="must be an AWS region such as us-east-1, not a zone such as us-east-1a"
	Region *string `json:"region,omitempty"`

	// Description of the ENI in EC2. Default: empty.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	Description *string `json:"description,omitempty"`

	// Type of ENI: interface (EC2's default), efa, or efa-only. An efa ENI can
	// only be attached to a stopped instance. Trunk and branch interfaces are
	// managed by other controllers and rejected. Cannot be changed.
	// +optional
	// +kubebuilder:validation:Enum=interface;efa;efa-only
	InterfaceType *string `json:"interfaceType,omitempty"`

	// Subnet in which the ENI is created. Required unless subnetSelector is set.
	// Cannot be changed.
	// +optional
	SubnetID *SubnetID `json:"subnetId,omitempty"`

	// Selects the subnet when subnetId is not set. The selected subnet is written to
	// subnetId once the ENI exists, and does not change afterwards.
	// +optional
	SubnetSelector *SubnetSelector `json:"subnetSelector,omitempty"`

	// Rejected: Subnet objects of other providers are not supported. Use subnetId or
	// subnetSelector.
	// +optional
	SubnetIDRef *xpv2.NamespacedReference `json:"subnetIdRef,omitempty"`

	// Rejected: Subnet objects of other providers are not supported. Use subnetId or
	// subnetSelector.
	// +optional
	SubnetIDSelector *xpv2.NamespacedSelector `json:"subnetIdSelector,omitempty"`

	// Security groups by id. At most 16, including the groups that
	// securityGroupSelector selects. Default: the default group of the subnet's VPC.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	SecurityGroups []SecurityGroupID `json:"securityGroups,omitempty"`

	// Selects further security groups by name or tags, in the subnet's VPC, in
	// addition to securityGroups.
	// +optional
	SecurityGroupSelector *SecurityGroupSelector `json:"securityGroupSelector,omitempty"`

	// Rejected: SecurityGroup objects of other providers are not supported. Use
	// securityGroups or securityGroupSelector.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	SecurityGroupRefs []xpv2.NamespacedReference `json:"securityGroupRefs,omitempty"`

	// Rejected: create a NetworkInterfaceAttachment.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1
	Attachment []RejectedAttachment `json:"attachment,omitempty"`

	// Primary private IPv4 address. Default: the first of privateIps, or EC2's
	// choice. Used at creation; EC2 cannot change it later.
	// +optional
	PrivateIP *IPv4Address `json:"privateIp,omitempty"`

	// All private IPv4 addresses, the primary address first unless privateIp is set.
	// Addresses of the ENI that are not listed are unassigned. Default when removed:
	// the primary address alone.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	PrivateIPs []IPv4Address `json:"privateIps,omitempty"`

	// Number of secondary private IPv4 addresses that EC2 chooses. Default when
	// removed: 0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=49
	PrivateIPsCount *int32 `json:"privateIpsCount,omitempty"`

	// Number of /28 prefixes that EC2 chooses from the subnet. Default when removed: 0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=49
	IPv4PrefixCount *int32 `json:"ipv4PrefixCount,omitempty"`

	// /28 prefixes of the subnet, by range. Default when removed: none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=49
	IPv4Prefixes []IPv4Prefix `json:"ipv4Prefixes,omitempty"`

	// Number of IPv6 addresses that EC2 chooses. The subnet must have an IPv6
	// range. Default, also when removed: 1 where the subnet assigns one on creation,
	// otherwise 0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=50
	IPv6AddressCount *int32 `json:"ipv6AddressCount,omitempty"`

	// IPv6 addresses, each by its value. Default when removed: see ipv6AddressCount.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	IPv6Addresses []IPv6Address `json:"ipv6Addresses,omitempty"`

	// Number of /80 prefixes that EC2 chooses. Default when removed: 0.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=50
	IPv6PrefixCount *int32 `json:"ipv6PrefixCount,omitempty"`

	// /80 prefixes of the subnet, by range. Default when removed: none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	IPv6Prefixes []IPv6Prefix `json:"ipv6Prefixes,omitempty"`

	// Makes the first IPv6 address the primary IPv6 address, which the ENI keeps
	// when it is detached. Cannot be disabled once enabled. EC2's default is false.
	// +optional
	EnablePrimaryIPv6 *bool `json:"enablePrimaryIpv6,omitempty"`

	// Whether EC2 drops traffic not addressed to or sent from the ENI's own
	// addresses. Set false for routers, firewalls and NAT. EC2's default is
	// true. If never set, it is not corrected; when removed from the spec, it returns
	// to true.
	// +optional
	SourceDestCheck *bool `json:"sourceDestCheck,omitempty"`

	// ENA Express of the ENI. EC2's default, also when removed: off.
	// +optional
	EnaSrdSpecification *networkingv1alpha1.EnaSrdSpecification `json:"enaSrdSpecification,omitempty"`

	// Idle timeouts of tracked connections. Default when removed: 432000, 180 and 30
	// seconds.
	// +optional
	ConnectionTracking *ConnectionTracking `json:"connectionTracking,omitempty"`

	// Further subnets associated with the ENI, in other zones' local gateways or
	// other VPC address ranges. Existing associations stay when the field is removed:
	// EC2 has no call that removes all of them.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	AssociatedSubnetIDs []SubnetID `json:"associatedSubnetIds,omitempty"`

	// Elastic IP that is associated with the primary private IPv4 address, by allocation
	// id. An Elastic IP of another resource is never taken, and another public address of
	// the ENI is never replaced. Default when removed: none; only an association that this
	// object made ends.
	// +optional
	ElasticIPAllocationID *ElasticIPAllocationID `json:"elasticIPAllocationId,omitempty"`

	// Tags of the ENI, at most 38. The provider adds about 12 tags, including its
	// ownership tags and node.k8s.amazonaws.com/no_manage=true, which excludes the
	// ENI from the VPC CNI. Tags set by other controllers or users are not changed.
	// +optional
	// +kubebuilder:validation:MaxProperties=38
	Tags map[string]string `json:"tags,omitempty"`
}

// A NetworkInterfaceSpec is the desired state of an ENI.
//
// +kubebuilder:validation:XValidation:rule="!('*' in self.managementPolicies || 'Create' in self.managementPolicies) || has(self.forProvider.subnetId) || has(self.forProvider.subnetSelector) || (has(self.initProvider) && has(self.initProvider.subnetId)) || (oldSelf.hasValue() && !has(oldSelf.value().forProvider.subnetId) && !has(oldSelf.value().forProvider.subnetSelector))",message="forProvider.subnetId or forProvider.subnetSelector is required to create an ENI; to observe an existing one set managementPolicies: [\"Observe\"] and the annotation crossplane.io/external-name to its id",optionalOldSelf=true
type NetworkInterfaceSpec struct {
	xpv2.ManagedResourceSpec `json:",inline"`

	// Settings of the ENI.
	ForProvider NetworkInterfaceParameters `json:"forProvider"`

	// Settings that a new ENI gets once, when it is created. Settings of forProvider
	// take precedence.
	// +optional
	InitProvider *NetworkInterfaceInitParameters `json:"initProvider,omitempty"`
}

// A NetworkInterfaceStatus is the observed state of an ENI.
type NetworkInterfaceStatus struct {
	xpv2.ManagedResourceStatus `json:",inline"`

	// Observed state of the ENI in EC2.
	AtProvider NetworkInterfaceObservation `json:"atProvider,omitempty"`
}

// A NetworkInterface is one elastic network interface (ENI) in EC2.
//
// +kubebuilder:validation:XValidation:rule="!(has(oldSelf.status) && has(oldSelf.status.atProvider) && has(oldSelf.status.atProvider.id)) || !has(self.spec.forProvider.subnetSelector) || (has(oldSelf.spec.forProvider.subnetSelector) && self.spec.forProvider.subnetSelector == oldSelf.spec.forProvider.subnetSelector)",message="subnetSelector cannot be changed: the ENI exists, and cannot move to another subnet; create another NetworkInterface"
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=eni,categories={crossplane,managed,aws}
// +kubebuilder:printcolumn:name="READY",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="SYNCED",type="string",JSONPath=".status.conditions[?(@.type=='Synced')].status"
// +kubebuilder:printcolumn:name="EXTERNAL-NAME",type="string",JSONPath=".metadata.annotations.crossplane\\.io/external-name"
// +kubebuilder:printcolumn:name="STATUS",type="string",JSONPath=".status.atProvider.status"
// +kubebuilder:printcolumn:name="INSTANCE",type="string",JSONPath=".status.atProvider.attachment.instanceId"
// +kubebuilder:printcolumn:name="PRIVATE-IP",type="string",JSONPath=".status.atProvider.privateIp"
// +kubebuilder:printcolumn:name="MAC",type="string",JSONPath=".status.atProvider.macAddress",priority=1
// +kubebuilder:printcolumn:name="SUBNET",type="string",JSONPath=".status.atProvider.subnetId",priority=1
// +kubebuilder:printcolumn:name="ZONE",type="string",JSONPath=".status.atProvider.availabilityZone",priority=1
// +kubebuilder:printcolumn:name="REASON",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].reason",priority=1
// +kubebuilder:printcolumn:name="MESSAGE",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].message",priority=1
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp"
type NetworkInterface struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Desired state of the ENI.
	Spec NetworkInterfaceSpec `json:"spec"`
	// Observed state of the ENI.
	Status NetworkInterfaceStatus `json:"status,omitempty"`
}

// A NetworkInterfaceList is a list of NetworkInterfaces.
//
// +kubebuilder:object:root=true
type NetworkInterfaceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []NetworkInterface `json:"items"`
}
