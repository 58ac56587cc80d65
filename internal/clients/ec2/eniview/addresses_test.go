// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eniview

import (
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

func TestAddresses(t *testing.T) {
	n := &ec2types.NetworkInterface{
		PrivateIpAddresses: []ec2types.NetworkInterfacePrivateIpAddress{
			{PrivateIpAddress: new("10.0.0.9")}, {PrivateIpAddress: new("10.0.0.7"), Primary: new(true)}, {PrivateIpAddress: new("10.0.0.8"), Primary: new(false)},
		},
		Ipv6Addresses: []ec2types.NetworkInterfaceIpv6Address{
			{Ipv6Address: new("2001:DB8:0:0::2")}, {Ipv6Address: new("2001:db8::3"), IsPrimaryIpv6: new(true)}, {Ipv6Address: new("2001:db8::1")},
		},
		Ipv4Prefixes: []ec2types.Ipv4PrefixSpecification{{Ipv4Prefix: new("10.0.1.16/28")}, {Ipv4Prefix: new("10.0.1.0/28")}},
		Ipv6Prefixes: []ec2types.Ipv6PrefixSpecification{{Ipv6Prefix: new("2001:db8:1::1/80")}, {Ipv6Prefix: new("2001:DB8::/80")}},
		Groups:       []ec2types.GroupIdentifier{{GroupId: new("sg-2")}, {GroupId: new("sg-1")}},
	}
	cases := map[string]struct {
		reason string
		read   func(*ec2types.NetworkInterface) []string
		want   []string
	}{
		"PrivateIPs":       {reason: "The primary address is first, the others are sorted.", read: PrivateIPs, want: []string{"10.0.0.7", "10.0.0.8", "10.0.0.9"}},
		"IPv6Addresses":    {reason: "The primary address is first, the others are sorted, all in canonical spelling.", read: IPv6Addresses, want: []string{"2001:db8::3", "2001:db8::1", "2001:db8::2"}},
		"IPv4Prefixes":     {reason: "IPv4 prefixes are sorted.", read: IPv4Prefixes, want: []string{"10.0.1.0/28", "10.0.1.16/28"}},
		"IPv6Prefixes":     {reason: "IPv6 prefixes are sorted, in canonical spelling.", read: IPv6Prefixes, want: []string{"2001:db8:1::/80", "2001:db8::/80"}},
		"SecurityGroupIDs": {reason: "Security groups are sorted by id.", read: SecurityGroupIDs, want: []string{"sg-1", "sg-2"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.read(n)); diff != "" {
				t.Errorf("\n%s\n%s(...): -want, +got:\n%s", tc.reason, name, diff)
			}
			if got := tc.read(&ec2types.NetworkInterface{}); len(got) != 0 {
				t.Errorf("\nAn ENI without any has none: %s(...) = %v", name, got)
			}
		})
	}
}

func TestCanonicalUnparsable(t *testing.T) {
	if got := CanonicalIP("auto"); got != "auto" {
		t.Errorf("\nText that is not an address is returned unchanged: got %q", got)
	}
	if diff := cmp.Diff([]string{"auto"}, CanonicalPrefixes([]string{"auto"})); diff != "" {
		t.Errorf("\nText that is not a prefix is returned unchanged: -want, +got:\n%s", diff)
	}
}
