// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package multus

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

func prefixes(ss ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range ss {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func addresses(ss ...string) []netip.Addr {
	var out []netip.Addr
	for _, s := range ss {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

// network returns a network in a dual-stack subnet.
func network(change func(n *Network)) Network {
	n := Network{
		Name: "data", Link: "data-0", Config: v1alpha1.PodNetwork{Type: v1alpha1.NetworkTypeIPVLAN, IPAM: v1alpha1.PodIPAM{Source: v1alpha1.IPAMSourcePrefix}},
		Subnets: prefixes("10.0.1.0/24", "2001:db8:1::/64"),
	}
	change(&n)
	return n
}

func TestRender(t *testing.T) {
	cases := map[string]struct {
		reason string
		n      Network
		want   string
		err    error
	}{
		"Prefixes": {
			reason: "Pods get addresses of the prefixes, with the subnet's length and router.",
			n:      network(func(n *Network) { n.Prefixes = prefixes("10.0.1.80/28", "10.0.1.64/28") }),
			want: `{"cniVersion": "1.0.0", "name": "data", "plugins": [
				{"type": "ipvlan", "master": "data-0", "ipam": {"type": "host-local", "ranges": [[
					{"subnet": "10.0.1.0/24", "rangeStart": "10.0.1.64", "rangeEnd": "10.0.1.79", "gateway": "10.0.1.1"},
					{"subnet": "10.0.1.0/24", "rangeStart": "10.0.1.80", "rangeEnd": "10.0.1.95", "gateway": "10.0.1.1"}]]}},
				{"type": "sbr", "addSourceHints": true}]}`,
		},
		"DualStack": {
			reason: "Pods get an address of each family; the IPv6 router is link-local, and its advertisements are ignored.",
			n: network(func(n *Network) {
				n.Prefixes, n.Config.MTU = prefixes("2001:db8:1:0:a::/80", "10.0.1.64/28"), new(int32(8900))
			}),
			want: `{"cniVersion": "1.0.0", "name": "data", "plugins": [
				{"type": "ipvlan", "master": "data-0", "mtu": 8900, "ipam": {"type": "host-local", "ranges": [
					[{"subnet": "10.0.1.0/24", "rangeStart": "10.0.1.64", "rangeEnd": "10.0.1.79", "gateway": "10.0.1.1"}],
					[{"subnet": "2001:db8:1::/64", "rangeStart": "2001:db8:1:0:a::", "rangeEnd": "2001:db8:1:0:a:ffff:ffff:ffff"}]]}},
				{"type": "tuning", "sysctl": {"net.ipv6.conf.IFNAME.accept_ra": "0"}},
				{"type": "sbr", "addSourceHints": true, "gateways": ["fe80:ec2::1"]}]}`,
		},
		"NoPrefix": {reason: "Without a prefix there is no configuration.", n: network(func(*Network) {}), err: ErrNoAddresses},
		"Reserved": {
			reason: "Addresses that EC2 reserves in a subnet are left out.",
			n:      network(func(n *Network) { n.Prefixes = prefixes("10.0.1.0/28", "10.0.1.240/28") }),
			want: `{"cniVersion": "1.0.0", "name": "data", "plugins": [
				{"type": "ipvlan", "master": "data-0", "ipam": {"type": "host-local", "ranges": [[
					{"subnet": "10.0.1.0/24", "rangeStart": "10.0.1.4", "rangeEnd": "10.0.1.15", "gateway": "10.0.1.1"},
					{"subnet": "10.0.1.0/24", "rangeStart": "10.0.1.240", "rangeEnd": "10.0.1.254", "gateway": "10.0.1.1"}]]}},
				{"type": "sbr", "addSourceHints": true}]}`,
		},
		"Secondary": {
			reason: "Each secondary address is a range.",
			n: network(func(n *Network) {
				n.Config.IPAM.Source, n.Addresses = v1alpha1.IPAMSourceSecondaryAddresses, addresses("10.0.1.20", "10.0.1.10")
			}),
			want: `{"cniVersion": "1.0.0", "name": "data", "plugins": [
				{"type": "ipvlan", "master": "data-0", "ipam": {"type": "host-local", "ranges": [[
					{"subnet": "10.0.1.0/24", "rangeStart": "10.0.1.10", "rangeEnd": "10.0.1.10", "gateway": "10.0.1.1"},
					{"subnet": "10.0.1.0/24", "rangeStart": "10.0.1.20", "rangeEnd": "10.0.1.20", "gateway": "10.0.1.1"}]]}},
				{"type": "sbr", "addSourceHints": true}]}`,
		},
		"Range": {
			reason: "The node's part of a range has no router of the VPC. Routes are in the main table.",
			n: network(func(n *Network) {
				n.Config = v1alpha1.PodNetwork{
					Type: v1alpha1.NetworkTypeMACVLAN, Mode: "bridge", Routes: []v1alpha1.PodRoute{{Destination: "10.8.0.0/16", Gateway: "192.168.3.9"}},
					IPAM: v1alpha1.PodIPAM{Source: v1alpha1.IPAMSourceRange, Range: "192.168.3.0/24"},
				}
			}),
			want: `{"cniVersion": "1.0.0", "name": "data", "plugins": [
				{"type": "macvlan", "master": "data-0", "mode": "bridge", "ipam": {"type": "host-local", "ranges": [[{"subnet": "192.168.3.0/24"}]],
					"routes": [{"dst": "10.8.0.0/16", "gw": "192.168.3.9"}]}}]}`,
		},
		"NoPart": {
			reason: "A node without a part of the range has no configuration.",
			n:      network(func(n *Network) { n.Config.IPAM.Source = v1alpha1.IPAMSourceRange }), err: ErrNoAddresses,
		},
		"Main": {
			reason: "Routes of the main table use the subnet's router; for IPv6 it is link-local.",
			n: network(func(n *Network) {
				n.Prefixes, n.Config.Routing = prefixes("10.0.1.64/28"), v1alpha1.PodRoutingMain
				n.Config.Routes = []v1alpha1.PodRoute{{Destination: "10.8.0.0/16"}, {Destination: "2001:db8:8::/48"}}
			}),
			want: `{"cniVersion": "1.0.0", "name": "data", "plugins": [
				{"type": "ipvlan", "master": "data-0", "ipam": {"type": "host-local", "ranges": [[
					{"subnet": "10.0.1.0/24", "rangeStart": "10.0.1.64", "rangeEnd": "10.0.1.79", "gateway": "10.0.1.1"}]],
					"routes": [{"dst": "10.8.0.0/16"}, {"dst": "2001:db8:8::/48", "gw": "fe80:ec2::1"}]}}]}`,
		},
		"HostDevice": {
			reason: "The link itself moves into the pod, with an address from DHCP.",
			n: network(func(n *Network) {
				n.Config = v1alpha1.PodNetwork{Type: v1alpha1.NetworkTypeHostDevice, IPAM: v1alpha1.PodIPAM{Source: v1alpha1.IPAMSourceDHCP}}
			}),
			want: `{"cniVersion": "1.0.0", "name": "data", "plugins": [{"type": "host-device", "device": "data-0", "ipam": {"type": "dhcp"}}]}`,
		},
		"None": {
			reason: "A pod without an address has an empty ipam.",
			n:      network(func(n *Network) { n.Config.IPAM.Source = v1alpha1.IPAMSourceNone }),
			want:   `{"cniVersion": "1.0.0", "name": "data", "plugins": [{"type": "ipvlan", "master": "data-0", "ipam": {}}]}`,
		},
		"Foreign": {
			reason: "A prefix outside the subnet is an error.",
			n:      network(func(n *Network) { n.Prefixes = prefixes("10.0.9.64/28") }), err: cmpopts.AnyError,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Render(tc.n)
			if diff := cmp.Diff(tc.err, err, cmpopts.EquateErrors()); diff != "" {
				t.Fatalf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(decode(t, tc.want), decode(t, string(got))); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if bad := Check(got, tc.n.Prefixes, tc.n.Addresses); bad != "" {
				t.Errorf("A rendered configuration passes the check: %s", bad)
			}
		})
	}
}

func decode(t *testing.T, s string) any {
	t.Helper()
	var out any
	if err := json.Unmarshal([]byte(s), &out); err != nil {
		t.Fatalf("%v: %s", err, s)
	}
	return out
}

func TestCheck(t *testing.T) {
	cases := map[string]struct {
		reason, content, want string
	}{
		"Plugin": {reason: "Only known plugins run.", content: `{"plugins": [{"type": "bridge"}]}`, want: "the plugin bridge is not allowed"},
		"IPAM":   {reason: "Only known IPAM plugins run.", content: `{"plugins": [{"type": "ipvlan", "ipam": {"type": "static"}}]}`, want: "the IPAM plugin static is not allowed"},
		"Foreign": {
			reason: "Pods get only addresses of the ENI.", content: `{"plugins": [{"type": "ipvlan", "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.0.1.0/24", "rangeStart": "10.0.1.64", "rangeEnd": "10.0.1.80"}]]}}]}`,
			want: "the addresses 10.0.1.64 to 10.0.1.80 are not assigned to the ENI",
		},
		"Own":     {reason: "A prefix of the ENI is allowed.", content: `{"plugins": [{"type": "ipvlan", "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.0.1.0/24", "rangeStart": "10.0.1.64", "rangeEnd": "10.0.1.79"}]]}}]}`},
		"Address": {reason: "An address of the ENI is allowed.", content: `{"plugins": [{"type": "ipvlan", "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.0.1.0/24", "rangeStart": "10.0.1.7", "rangeEnd": "10.0.1.7"}]]}}]}`},
		"Garbage": {reason: "A file that is not JSON is rejected.", content: `{`, want: "unexpected end of JSON input"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Check([]byte(tc.content), prefixes("10.0.1.64/28"), addresses("10.0.1.7"))); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
