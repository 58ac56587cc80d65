// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// NodeENIAddresses configures addresses of each ENI in addition to its primary
// private IPv4 address.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.secondaryPrivateIpCount) && self.secondaryPrivateIpCount > 0 && has(self.ipv4PrefixCount) && self.ipv4PrefixCount > 0)",message="EC2 supports secondary addresses or prefixes on one ENI, not both: remove secondaryPrivateIpCount or ipv4PrefixCount"
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

	// IPv6 addresses. Default: 0, or 1 if the subnet assigns IPv6 addresses on
	// creation. Can be changed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=50
	IPv6AddressCount *int32 `json:"ipv6AddressCount,omitempty"`

	// IPv6 prefixes of length 80. Default 0. Can be changed.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=50
	IPv6PrefixCount *int32 `json:"ipv6PrefixCount,omitempty"`

	// Makes the first IPv6 address the primary IPv6 address. Cannot be disabled once
	// enabled.
	// +optional
	EnablePrimaryIPv6 *bool `json:"enablePrimaryIpv6,omitempty"`
}
