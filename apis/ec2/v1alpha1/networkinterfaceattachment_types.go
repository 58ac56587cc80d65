// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// Modes of a DetachPolicy.
const (
	DetachGraceful   = networkingv1alpha1.DetachGraceful
	DetachForceAfter = networkingv1alpha1.DetachForceAfter
)

// NetworkInterfaceAttachmentParameters is the desired state of an attachment.
//
// +kubebuilder:validation:XValidation:rule="has(self.region) == has(oldSelf.region) && (!has(self.region) || self.region == oldSelf.region)",message="region cannot be changed; create another NetworkInterfaceAttachment"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.networkInterfaceId) || (has(self.networkInterfaceId) && self.networkInterfaceId == oldSelf.networkInterfaceId)",message="networkInterfaceId cannot be changed; create another NetworkInterfaceAttachment"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.instanceId) || (has(self.instanceId) && self.instanceId == oldSelf.instanceId)",message="instanceId cannot be changed: create another NetworkInterfaceAttachment for the other instance"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.nodeName) || (has(self.nodeName) && self.nodeName == oldSelf.nodeName)",message="nodeName cannot be changed: create another NetworkInterfaceAttachment for the other node"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.deviceIndex) || has(oldSelf.minDeviceIndex) || (has(self.deviceIndex) && self.deviceIndex == oldSelf.deviceIndex && !has(self.minDeviceIndex))",message="a pinned deviceIndex cannot be changed: EC2 cannot move an attached ENI; create another NetworkInterfaceAttachment"
// +kubebuilder:validation:XValidation:rule="(has(self.networkCardIndex) ? self.networkCardIndex : 0) == (has(oldSelf.networkCardIndex) ? oldSelf.networkCardIndex : 0)",message="networkCardIndex cannot be changed; create another NetworkInterfaceAttachment"
// +kubebuilder:validation:XValidation:rule="!has(self.deviceIndex) || !has(self.minDeviceIndex) || self.deviceIndex >= self.minDeviceIndex",message="deviceIndex must not be below minDeviceIndex; pin an index with deviceIndex alone, or use minDeviceIndex alone for the lowest free index"
// +kubebuilder:validation:XValidation:rule="!(has(self.instanceId) && has(self.nodeName))",message="use either instanceId or nodeName, not both"
// +kubebuilder:validation:XValidation:rule="!(has(self.networkInterfaceId) && (has(self.networkInterfaceRef) || has(self.networkInterfaceSelector)))",message="use networkInterfaceId, or networkInterfaceRef or networkInterfaceSelector, not both"
// +kubebuilder:validation:XValidation:rule="!has(self.instanceIdRef) && !has(self.instanceIdSelector)",message="instanceIdRef and instanceIdSelector refer to an Instance of another provider, which is not supported: set instanceId, in a Composition as a patch of the Instance's status, or nodeName for a node of this cluster"
// +kubebuilder:validation:XValidation:rule="!(has(self.networkInterfaceRef) && has(self.networkInterfaceIdRef)) || self.networkInterfaceRef.name == self.networkInterfaceIdRef.name",message="networkInterfaceIdRef is an alias of networkInterfaceRef: keep one of them"
// +kubebuilder:validation:XValidation:rule="!(has(self.networkInterfaceId) && (has(self.networkInterfaceIdRef) || has(self.networkInterfaceIdSelector)))",message="use networkInterfaceId, or networkInterfaceIdRef or networkInterfaceIdSelector, not both"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.networkInterfaceRef) || !has(self.networkInterfaceSelector) || (has(oldSelf.networkInterfaceSelector) && self.networkInterfaceSelector == oldSelf.networkInterfaceSelector)",message="networkInterfaceSelector has no effect once networkInterfaceRef is set: create another NetworkInterfaceAttachment"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.networkInterfaceRef) || !has(self.networkInterfaceIdSelector) || (has(oldSelf.networkInterfaceIdSelector) && self.networkInterfaceIdSelector == oldSelf.networkInterfaceIdSelector)",message="networkInterfaceIdSelector has no effect once networkInterfaceRef is set: create another NetworkInterfaceAttachment"
type NetworkInterfaceAttachmentParameters struct {
	// Region of the instance, such as us-east-1. Default: the region of the
	// provider (its --region flag or AWS_REGION). Cannot be changed.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]{2,}(-[a-z]+)+-[0-9]+$')",message="must be an AWS region such as us-east-1, not a zone such as us-east-1a"
	Region *string `json:"region,omitempty"`

	// ENI to attach, by id. Cannot be changed.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^eni-[0-9a-zA-Z]+$')",message="must be an ENI id such as eni-0123456789abcdef0; to name a NetworkInterface object use networkInterfaceRef"
	NetworkInterfaceID *string `json:"networkInterfaceId,omitempty"`

	// ENI to attach, by the name of its NetworkInterface in this namespace. If the
	// external name of the NetworkInterface changes, the new ENI is attached. A
	// namespace, if set, must be this object's own. Cannot be changed while the ENI is
	// attached.
	// +optional
	NetworkInterfaceRef *xpv2.NamespacedReference `json:"networkInterfaceRef,omitempty"`

	// ENI to attach, by the labels of its NetworkInterface in this namespace.
	// The selected name is written to networkInterfaceRef and does not change
	// afterwards. A namespace, if set, must be this object's own.
	// Cannot be changed once networkInterfaceRef is set.
	// +optional
	NetworkInterfaceSelector *xpv2.NamespacedSelector `json:"networkInterfaceSelector,omitempty"`

	// Alias of networkInterfaceRef, for compatibility with provider-upjet-aws.
	// +optional
	NetworkInterfaceIDRef *xpv2.NamespacedReference `json:"networkInterfaceIdRef,omitempty"`

	// Alias of networkInterfaceSelector, for compatibility with provider-upjet-aws.
	// +optional
	NetworkInterfaceIDSelector *xpv2.NamespacedSelector `json:"networkInterfaceIdSelector,omitempty"`

	// Rejected: Instance objects of other providers are not supported. Use instanceId
	// or nodeName.
	// +optional
	InstanceIDRef *xpv2.NamespacedReference `json:"instanceIdRef,omitempty"`

	// Rejected: Instance objects of other providers are not supported. Use instanceId
	// or nodeName.
	// +optional
	InstanceIDSelector *xpv2.NamespacedSelector `json:"instanceIdSelector,omitempty"`

	// Instance to attach to, by id. Cannot be changed.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^i-[0-9a-zA-Z]+$')",message="must be an instance id such as i-0123456789abcdef0; to attach to a Kubernetes node use nodeName"
	InstanceID *string `json:"instanceId,omitempty"`

	// Instance to attach to, by the name of its Kubernetes node. The instance id is
	// read from the node's spec.providerID; the attachment waits while providerID is
	// empty. Cannot be changed.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	NodeName *string `json:"nodeName,omitempty"`

	// Device index, pinned. Index 0 is reserved for the instance's primary ENI. If
	// the index is in use, the ENI is not attached and Ready is False with reason
	// DeviceIndexTaken. Cannot be changed. Default: the lowest free index, see
	// minDeviceIndex.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=63
	DeviceIndex *int32 `json:"deviceIndex,omitempty"`

	// Lower bound of the device index when deviceIndex is not set. The lowest free
	// index at or above it is used and written to deviceIndex. Default 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=63
	MinDeviceIndex *int32 `json:"minDeviceIndex,omitempty"`

	// Network card of the instance, for instance types with several. EC2's
	// default is 0. Cannot be changed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=31
	NetworkCardIndex *int32 `json:"networkCardIndex,omitempty"`

	// Whether EC2 deletes the ENI when the instance is terminated. Can be changed.
	// EC2's default for an attached ENI is false. If never set, it is not corrected;
	// when removed from the spec, it returns to false.
	// +optional
	DeleteOnTermination *bool `json:"deleteOnTermination,omitempty"`

	// Number of ENA queues, on instance types that support flexible queues. Applied
	// when the ENI is attached; a change takes effect at the next attachment.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=128
	EnaQueueCount *int32 `json:"enaQueueCount,omitempty"`

	// ENA Express of the attachment. Applied when the ENI is attached.
	// +optional
	EnaSrdSpecification *networkingv1alpha1.EnaSrdSpecification `json:"enaSrdSpecification,omitempty"`

	// How the ENI is detached from the instance. Default: never forced.
	// +optional
	DetachPolicy *networkingv1alpha1.DetachPolicy `json:"detachPolicy,omitempty"`
}

// InterfaceRef returns the reference to the NetworkInterface, from either field, or nil.
func (p *NetworkInterfaceAttachmentParameters) InterfaceRef() *xpv2.NamespacedReference {
	if p.NetworkInterfaceRef != nil {
		return p.NetworkInterfaceRef
	}
	return p.NetworkInterfaceIDRef
}

// InterfaceSelector returns the selector of the NetworkInterface, from either field, or nil.
func (p *NetworkInterfaceAttachmentParameters) InterfaceSelector() *xpv2.NamespacedSelector {
	if p.NetworkInterfaceSelector != nil {
		return p.NetworkInterfaceSelector
	}
	return p.NetworkInterfaceIDSelector
}

// NetworkInterfaceAttachmentObservation is the observed state of an attachment.
type NetworkInterfaceAttachmentObservation struct {
	// Id of the attachment, eni-attach-….
	AttachmentID string `json:"attachmentId,omitempty"`
	// Id of the attached ENI.
	NetworkInterfaceID string `json:"networkInterfaceId,omitempty"`
	// Id of the instance.
	InstanceID string `json:"instanceId,omitempty"`
	// Kubernetes node of the instance, if spec.forProvider.nodeName is set.
	NodeName string `json:"nodeName,omitempty"`
	// Device index on the network card.
	DeviceIndex *int32 `json:"deviceIndex,omitempty"`
	// Network card of the instance.
	NetworkCardIndex *int32 `json:"networkCardIndex,omitempty"`
	// State: attaching, attached, detaching or detached.
	Status string `json:"status,omitempty"`
	// Whether EC2 deletes the ENI with the instance.
	DeleteOnTermination *bool `json:"deleteOnTermination,omitempty"`
	// When the attachment began.
	AttachTime *metav1.Time `json:"attachTime,omitempty"`
	// AWS account in which the attachment was created or adopted. While the
	// provider config resolves to another account, nothing is attached, changed or
	// detached.
	AccountID string `json:"accountID,omitempty"`
	// AWS region in which the attachment was created or adopted. While the
	// provider config resolves to another region, nothing is attached, changed or
	// detached.
	Region string `json:"region,omitempty"`
	// Fields of spec.forProvider that this object applied to the attachment. A listed
	// field that is removed from the spec returns to its default.
	// +listType=set
	AppliedFields []string `json:"appliedFields,omitempty"`
	// When a detach was first requested.
	DetachRequestTime *metav1.Time `json:"detachRequestTime,omitempty"`
	// When a forced detach was last requested, with detachPolicy mode ForceAfter.
	DetachForceTime *metav1.Time `json:"detachForceTime,omitempty"`
	// Hardware address of the ENI, lower case.
	MACAddress string `json:"macAddress,omitempty"`
	// Private IPv4 addresses of the ENI, the primary address first.
	PrivateIPs []string `json:"privateIps,omitempty"`
	// IPv6 addresses of the ENI.
	IPv6Addresses []string `json:"ipv6Addresses,omitempty"`
	// Delegated IPv4 prefixes of the ENI.
	IPv4Prefixes []string `json:"ipv4Prefixes,omitempty"`
	// Delegated IPv6 prefixes of the ENI.
	IPv6Prefixes []string `json:"ipv6Prefixes,omitempty"`
	// Subnet of the ENI.
	SubnetID string `json:"subnetId,omitempty"`
	// IPv4 range of the subnet.
	SubnetCIDR string `json:"subnetCidr,omitempty"`
	// IPv6 ranges of the subnet.
	SubnetIPv6CIDRs []string `json:"subnetIpv6Cidrs,omitempty"`
}

// RejectedInitParameters is the initProvider field of provider-upjet-aws's
// NetworkInterfaceAttachment. It is always rejected.
//
// +kubebuilder:pruning:PreserveUnknownFields
type RejectedInitParameters struct{}

// A NetworkInterfaceAttachmentSpec is the desired state of an attachment.
//
// +kubebuilder:validation:XValidation:rule="!('*' in self.managementPolicies || 'Create' in self.managementPolicies) || has(self.forProvider.instanceId) || has(self.forProvider.nodeName) || (oldSelf.hasValue() && !has(oldSelf.value().forProvider.instanceId) && !has(oldSelf.value().forProvider.nodeName))",message="forProvider.instanceId or forProvider.nodeName is required to attach an ENI",optionalOldSelf=true
// +kubebuilder:validation:XValidation:rule="!('*' in self.managementPolicies || 'Create' in self.managementPolicies) || has(self.forProvider.networkInterfaceId) || has(self.forProvider.networkInterfaceRef) || has(self.forProvider.networkInterfaceSelector) || has(self.forProvider.networkInterfaceIdRef) || has(self.forProvider.networkInterfaceIdSelector) || (oldSelf.hasValue() && !has(oldSelf.value().forProvider.networkInterfaceId) && !has(oldSelf.value().forProvider.networkInterfaceRef) && !has(oldSelf.value().forProvider.networkInterfaceSelector) && !has(oldSelf.value().forProvider.networkInterfaceIdRef) && !has(oldSelf.value().forProvider.networkInterfaceIdSelector))",message="forProvider.networkInterfaceId, networkInterfaceRef or networkInterfaceSelector is required to attach an ENI",optionalOldSelf=true
// +kubebuilder:validation:XValidation:rule="!has(self.initProvider)",message="initProvider is not part of a NetworkInterfaceAttachment, whose settings are all used once, when the ENI is attached, except deleteOnTermination: set its fields under forProvider"
type NetworkInterfaceAttachmentSpec struct {
	xpv2.ManagedResourceSpec `json:",inline"`

	// Settings of the attachment.
	ForProvider NetworkInterfaceAttachmentParameters `json:"forProvider"`

	// Rejected: set the fields under forProvider.
	// +optional
	InitProvider *RejectedInitParameters `json:"initProvider,omitempty"`

	// Host configuration of the attached interface, if the instance is a node of
	// this cluster. If unset, the node's agent does not configure the interface. If set,
	// the condition HostReady has the state of the host, and Ready waits for it. Can be
	// changed.
	// +optional
	Host *networkingv1alpha1.HostConfig `json:"host,omitempty"`
}

// A NetworkInterfaceAttachmentStatus is the observed state of an attachment.
type NetworkInterfaceAttachmentStatus struct {
	xpv2.ManagedResourceStatus `json:",inline"`

	// Observed state of the attachment in EC2.
	AtProvider NetworkInterfaceAttachmentObservation `json:"atProvider,omitempty"`
}

// A NetworkInterfaceAttachment attaches one ENI to one instance at one device index.
//
// +kubebuilder:validation:XValidation:rule="!(has(oldSelf.status) && has(oldSelf.status.atProvider) && has(oldSelf.status.atProvider.attachmentId)) || !has(oldSelf.spec.forProvider.networkInterfaceRef) || (has(self.spec.forProvider.networkInterfaceRef) && self.spec.forProvider.networkInterfaceRef.name == oldSelf.spec.forProvider.networkInterfaceRef.name)",message="networkInterfaceRef cannot be changed while the ENI is attached: create another NetworkInterfaceAttachment for the other NetworkInterface"
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=enia,categories={crossplane,managed,aws}
// +kubebuilder:printcolumn:name="READY",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="SYNCED",type="string",JSONPath=".status.conditions[?(@.type=='Synced')].status"
// +kubebuilder:printcolumn:name="EXTERNAL-NAME",type="string",JSONPath=".metadata.annotations.crossplane\\.io/external-name"
// +kubebuilder:printcolumn:name="STATUS",type="string",JSONPath=".status.atProvider.status"
// +kubebuilder:printcolumn:name="ENI",type="string",JSONPath=".status.atProvider.networkInterfaceId"
// +kubebuilder:printcolumn:name="INSTANCE",type="string",JSONPath=".status.atProvider.instanceId"
// +kubebuilder:printcolumn:name="INDEX",type="integer",JSONPath=".status.atProvider.deviceIndex"
// +kubebuilder:printcolumn:name="CARD",type="integer",JSONPath=".status.atProvider.networkCardIndex",priority=1
// +kubebuilder:printcolumn:name="HOST",type="string",JSONPath=".status.conditions[?(@.type=='HostReady')].reason",priority=1
// +kubebuilder:printcolumn:name="NODE",type="string",JSONPath=".spec.forProvider.nodeName",priority=1
// +kubebuilder:printcolumn:name="REASON",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].reason",priority=1
// +kubebuilder:printcolumn:name="MESSAGE",type="string",JSONPath=".status.conditions[?(@.type=='Ready')].message",priority=1
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp"
type NetworkInterfaceAttachment struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Desired state of the attachment.
	Spec NetworkInterfaceAttachmentSpec `json:"spec"`
	// Observed state of the attachment.
	Status NetworkInterfaceAttachmentStatus `json:"status,omitempty"`
}

// A NetworkInterfaceAttachmentList is a list of NetworkInterfaceAttachments.
//
// +kubebuilder:object:root=true
type NetworkInterfaceAttachmentList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []NetworkInterfaceAttachment `json:"items"`
}
