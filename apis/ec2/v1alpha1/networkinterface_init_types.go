// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// NetworkInterfaceInitParameters are settings that a new ENI gets once, when it is
// created. Later changes, in EC2 or of initProvider, are not corrected. A setting of
// forProvider takes precedence over the same setting of initProvider; a list and a count
// of the same addresses or prefixes are one setting. Each field has the meaning and the
// default of the field of forProvider with its name. An imported ENI is not changed.
//
// +kubebuilder:validation:XValidation:rule="!has(self.tags) || self.tags.all(k, !k.lowerAscii().startsWith('aws:'))",message="tag keys beginning with aws: are reserved by AWS; choose another key"
// +kubebuilder:validation:XValidation:rule="!has(self.tags) || self.tags.all(k, !k.startsWith('networking.k8s.aws/'))",message="tag keys beginning with networking.k8s.aws/ are written by this provider; choose another key"
// +kubebuilder:validation:XValidation:rule="!has(self.tags) || self.tags.all(k, size(k) >= 1 && size(k) <= 128 && size(self.tags[k]) <= 256)",message="a tag key has 1 to 128 characters and a value at most 256"
// +kubebuilder:validation:XValidation:rule="!has(self.privateIpsCount) || !has(self.privateIps)",message="use either privateIps (chosen addresses) or privateIpsCount (EC2 chooses), not both"
// +kubebuilder:validation:XValidation:rule="!has(self.ipv4PrefixCount) || !has(self.ipv4Prefixes)",message="use either ipv4Prefixes or ipv4PrefixCount, not both"
// +kubebuilder:validation:XValidation:rule="!has(self.ipv6AddressCount) || !has(self.ipv6Addresses)",message="use either ipv6Addresses or ipv6AddressCount, not both"
// +kubebuilder:validation:XValidation:rule="!has(self.ipv6PrefixCount) || !has(self.ipv6Prefixes)",message="use either ipv6Prefixes or ipv6PrefixCount, not both"
type NetworkInterfaceInitParameters struct {
	// Description of the ENI in EC2.
	// +optional
	// +kubebuilder:validation:MaxLength=255
	Description *string `json:"description,omitempty"`

	// Type of ENI: interface, efa or efa-only.
	// +optional
	// +kubebuilder:validation:Enum=interface;efa;efa-only
	InterfaceType *string `json:"interfaceType,omitempty"`

	// Subnet in which the ENI is created, unless forProvider has subnetId or
	// subnetSelector.
	// +optional
	SubnetID *SubnetID `json:"subnetId,omitempty"`

	// Security groups by id.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	SecurityGroups []SecurityGroupID `json:"securityGroups,omitempty"`

	// Selects further security groups by name or tags, in the subnet's VPC.
	// +optional
	SecurityGroupSelector *SecurityGroupSelector `json:"securityGroupSelector,omitempty"`

	// Primary private IPv4 address.
	// +optional
	PrivateIP *IPv4Address `json:"privateIp,omitempty"`

	// Private IPv4 addresses, the primary address first unless privateIp is set.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	PrivateIPs []IPv4Address `json:"privateIps,omitempty"`

	// Number of secondary private IPv4 addresses that EC2 chooses.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=49
	PrivateIPsCount *int32 `json:"privateIpsCount,omitempty"`

	// Number of /28 prefixes that EC2 chooses from the subnet.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=49
	IPv4PrefixCount *int32 `json:"ipv4PrefixCount,omitempty"`

	// /28 prefixes of the subnet, by range.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=49
	IPv4Prefixes []IPv4Prefix `json:"ipv4Prefixes,omitempty"`

	// Number of IPv6 addresses that EC2 chooses.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=50
	IPv6AddressCount *int32 `json:"ipv6AddressCount,omitempty"`

	// IPv6 addresses, each by its value.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	IPv6Addresses []IPv6Address `json:"ipv6Addresses,omitempty"`

	// Number of /80 prefixes that EC2 chooses.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=50
	IPv6PrefixCount *int32 `json:"ipv6PrefixCount,omitempty"`

	// /80 prefixes of the subnet, by range.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	IPv6Prefixes []IPv6Prefix `json:"ipv6Prefixes,omitempty"`

	// Makes the first IPv6 address the primary IPv6 address.
	// +optional
	EnablePrimaryIPv6 *bool `json:"enablePrimaryIpv6,omitempty"`

	// Whether EC2 drops traffic not addressed to or sent from the ENI's own
	// addresses.
	// +optional
	SourceDestCheck *bool `json:"sourceDestCheck,omitempty"`

	// ENA Express of the ENI.
	// +optional
	EnaSrdSpecification *networkingv1alpha1.EnaSrdSpecification `json:"enaSrdSpecification,omitempty"`

	// Idle timeouts of tracked connections.
	// +optional
	ConnectionTracking *ConnectionTracking `json:"connectionTracking,omitempty"`

	// Tags of the ENI. forProvider and initProvider together have at most 38.
	// +optional
	// +kubebuilder:validation:MaxProperties=38
	Tags map[string]string `json:"tags,omitempty"`
}
