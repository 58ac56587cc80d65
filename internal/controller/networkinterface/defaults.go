// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"slices"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// Names of settings in status.atProvider.appliedFields: of fields, or of groups of fields
// that together define one setting.
const (
	fieldDescription        = "description"
	fieldSecurityGroups     = "securityGroups"
	fieldPrivateIPs         = "privateIps"
	fieldIPv4Prefixes       = "ipv4Prefixes"
	fieldIPv6Addresses      = "ipv6Addresses"
	fieldIPv6Prefixes       = "ipv6Prefixes"
	fieldSourceDestCheck    = "sourceDestCheck"
	fieldEnaSrd             = "enaSrdSpecification"
	fieldConnectionTracking = "connectionTracking"
)

// defaultGroup is the name of the security group that EC2 assigns to an ENI without a
// configured group: https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
const defaultGroup = "default"

// appliedFields returns the sorted names of the settings in a spec.
func appliedFields(p *v1alpha1.NetworkInterfaceParameters) []string {
	var fields []string
	for name, set := range map[string]bool{
		fieldDescription:        p.Description != nil,
		fieldSecurityGroups:     len(p.SecurityGroups) > 0 || p.SecurityGroupSelector != nil,
		fieldPrivateIPs:         len(p.PrivateIPs) > 0 || p.PrivateIPsCount != nil,
		fieldIPv4Prefixes:       len(p.IPv4Prefixes) > 0 || p.IPv4PrefixCount != nil,
		fieldIPv6Addresses:      len(p.IPv6Addresses) > 0 || p.IPv6AddressCount != nil,
		fieldIPv6Prefixes:       len(p.IPv6Prefixes) > 0 || p.IPv6PrefixCount != nil,
		fieldSourceDestCheck:    p.SourceDestCheck != nil,
		fieldEnaSrd:             p.EnaSrdSpecification != nil,
		fieldConnectionTracking: p.ConnectionTracking != nil,
	} {
		if set {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fields
}

// removedFields returns the applied settings that are no longer in the spec.
func removedFields(applied []string, p *v1alpha1.NetworkInterfaceParameters) []string {
	set := appliedFields(p)
	return slices.DeleteFunc(slices.Clone(applied), func(f string) bool { return slices.Contains(set, f) })
}

// withDefaults returns the parameters with removed settings set to the documented defaults
// of their fields. ipv6OnCreation is the number of IPv6 addresses that the subnet assigns
// to a new ENI.
func withDefaults(p v1alpha1.NetworkInterfaceParameters, removed []string, ipv6OnCreation int32) v1alpha1.NetworkInterfaceParameters {
	for _, f := range removed {
		switch f {
		case fieldDescription:
			p.Description = new("")
		case fieldSecurityGroups:
			p.SecurityGroupSelector = &v1alpha1.SecurityGroupSelector{Names: []string{defaultGroup}}
		case fieldPrivateIPs:
			p.PrivateIPsCount = new(int32(0))
		case fieldIPv4Prefixes:
			p.IPv4PrefixCount = new(int32(0))
		case fieldIPv6Addresses:
			p.IPv6AddressCount = &ipv6OnCreation
		case fieldIPv6Prefixes:
			p.IPv6PrefixCount = new(int32(0))
		case fieldSourceDestCheck:
			p.SourceDestCheck = new(true)
		case fieldEnaSrd:
			p.EnaSrdSpecification = &networkingv1alpha1.EnaSrdSpecification{
				EnaSrdEnabled: new(false), EnaSrdUdpSpecification: &networkingv1alpha1.EnaSrdUdpSpecification{EnaSrdUdpEnabled: new(false)},
			}
		case fieldConnectionTracking:
			// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
			p.ConnectionTracking = &v1alpha1.ConnectionTracking{
				TCPEstablishedTimeoutSeconds: new(int32(432000)), UDPStreamTimeoutSeconds: new(int32(180)), UDPTimeoutSeconds: new(int32(30)),
			}
		}
	}
	return p
}
