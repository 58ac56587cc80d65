// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// An IPv4Address is a private IPv4 address, such as 10.0.1.20.
//
// +kubebuilder:validation:MaxLength=15
// +kubebuilder:validation:XValidation:rule="isIP(self) && ip(self).family() == 4",message="must be an IPv4 address such as 10.0.1.20"
type IPv4Address string

// An IPv6Address is an IPv6 address of the subnet's range.
//
// +kubebuilder:validation:MaxLength=39
// +kubebuilder:validation:XValidation:rule="isIP(self) && ip(self).family() == 6",message="must be an IPv6 address such as 2600:1f13::10"
type IPv6Address string

// An IPv4Prefix is a /28 range delegated to the ENI.
//
// +kubebuilder:validation:MaxLength=18
// +kubebuilder:validation:XValidation:rule="isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self).prefixLength() == 28 && cidr(self) == cidr(self).masked()",message="must be an IPv4 prefix of length 28, such as 10.0.1.16/28"
type IPv4Prefix string

// An IPv6Prefix is a /80 range delegated to the ENI.
//
// +kubebuilder:validation:MaxLength=43
// +kubebuilder:validation:XValidation:rule="isCIDR(self) && cidr(self).ip().family() == 6 && cidr(self).prefixLength() == 80 && cidr(self) == cidr(self).masked()",message="must be an IPv6 prefix of length 80, such as 2600:1f13:0:0:1::/80"
type IPv6Prefix string
