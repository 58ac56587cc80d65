// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package multus

import (
	"encoding/json"
	"net/netip"
	"slices"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// Check returns why the agent must not write a file, or "". It checks the content alone, so
// that a mistake in parsing a HostInterface does not reach the host: Multus runs the plugins
// of the file as root. Ranges with a gateway are routed by the VPC, and so is every IPv6
// range with a start: they must be of the ENI.
func Check(content []byte, prefixes []netip.Prefix, addresses []netip.Addr) string {
	l := configList{}
	if err := json.Unmarshal(content, &l); err != nil {
		return err.Error()
	}
	for _, p := range l.Plugins {
		if !slices.Contains([]string{string(v1alpha1.NetworkTypeIPVLAN), string(v1alpha1.NetworkTypeMACVLAN), string(v1alpha1.NetworkTypeHostDevice), "tuning", "sbr"}, p.Type) {
			return "the plugin " + p.Type + " is not allowed"
		}
		if p.IPAM == nil {
			continue
		}
		if !slices.Contains([]string{"", "host-local", "dhcp"}, p.IPAM.Type) {
			return "the IPAM plugin " + p.IPAM.Type + " is not allowed"
		}
		for _, set := range p.IPAM.Ranges {
			for _, r := range set {
				if r.Start != "" && !ofENI(r, prefixes, addresses) {
					return "the addresses " + r.Start + " to " + r.End + " are not assigned to the ENI"
				}
			}
		}
	}
	return ""
}

// ofENI reports whether a range is inside a prefix of the ENI, or one of its addresses.
func ofENI(r ipRange, prefixes []netip.Prefix, addresses []netip.Addr) bool {
	first, err := netip.ParseAddr(r.Start)
	if err != nil {
		return false
	}
	last, err := netip.ParseAddr(r.End)
	if err != nil {
		return false
	}
	if first == last && slices.Contains(addresses, first) {
		return true
	}
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(first) && p.Contains(last) })
}
