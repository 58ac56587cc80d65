// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eniview

import (
	"net/netip"
	"slices"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"
)

// PrivateIPs returns the private IPv4 addresses of an ENI: the primary address first,
// the others sorted.
func PrivateIPs(n *ec2types.NetworkInterface) []string {
	var primary, secondary []string
	for _, a := range n.PrivateIpAddresses {
		if ptr.Deref(a.Primary, false) {
			primary = append(primary, ptr.Deref(a.PrivateIpAddress, ""))
			continue
		}
		secondary = append(secondary, ptr.Deref(a.PrivateIpAddress, ""))
	}
	slices.Sort(secondary)
	return append(primary, secondary...)
}

// IPv6Addresses returns the IPv6 addresses of an ENI: the primary address first, the
// others sorted.
func IPv6Addresses(n *ec2types.NetworkInterface) []string {
	var primary, secondary []string
	for _, a := range n.Ipv6Addresses {
		if ptr.Deref(a.IsPrimaryIpv6, false) {
			primary = append(primary, CanonicalIP(ptr.Deref(a.Ipv6Address, "")))
			continue
		}
		secondary = append(secondary, CanonicalIP(ptr.Deref(a.Ipv6Address, "")))
	}
	slices.Sort(secondary)
	return append(primary, secondary...)
}

// IPv4Prefixes returns the delegated IPv4 prefixes of an ENI, sorted.
func IPv4Prefixes(n *ec2types.NetworkInterface) []string {
	var out []string
	for _, p := range n.Ipv4Prefixes {
		out = append(out, ptr.Deref(p.Ipv4Prefix, ""))
	}
	slices.Sort(out)
	return out
}

// IPv6Prefixes returns the delegated IPv6 prefixes of an ENI, sorted.
func IPv6Prefixes(n *ec2types.NetworkInterface) []string {
	var out []string
	for _, p := range n.Ipv6Prefixes {
		out = append(out, ptr.Deref(p.Ipv6Prefix, ""))
	}
	out = CanonicalPrefixes(out)
	slices.Sort(out)
	return out
}

// CanonicalIP returns an address in EC2's spelling, so that two spellings of one address
// compare equal. Text that is not an address is returned unchanged.
func CanonicalIP(s string) string {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return s
	}
	return a.String()
}

// CanonicalPrefixes returns prefixes in EC2's spelling, with the host bits cleared. Text
// that is not a prefix is returned unchanged.
func CanonicalPrefixes[T ~string](ps []T) []string {
	var out []string
	for _, p := range ps {
		x, err := netip.ParsePrefix(string(p))
		if err != nil {
			out = append(out, string(p))
			continue
		}
		out = append(out, x.Masked().String())
	}
	return out
}
