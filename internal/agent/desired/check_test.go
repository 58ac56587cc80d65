// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

func many(n int, format string) []string {
	out := make([]string, 0, n)
	for i := range n {
		out = append(out, fmt.Sprintf(format, i+4))
	}
	return out
}

// TestBounds parses HostInterfaces that a hostile status or EC2 endpoint may cause.
func TestBounds(t *testing.T) {
	spec := func(change func(s *v1alpha1.HostInterfaceSpec)) func(*v1alpha1.HostInterface) {
		return func(hi *v1alpha1.HostInterface) { change(&hi.Spec) }
	}
	four := func(values ...string) func(*v1alpha1.HostInterface) {
		return spec(func(s *v1alpha1.HostInterfaceSpec) { s.PrivateIPs = values })
	}
	six := func(values ...string) func(*v1alpha1.HostInterface) {
		return spec(func(s *v1alpha1.HostInterfaceSpec) { s.IPv6Addresses = values })
	}
	fours := func(values ...string) func(*v1alpha1.HostInterface) {
		return spec(func(s *v1alpha1.HostInterfaceSpec) { s.IPv4Prefixes = values })
	}
	sixes := func(values ...string) func(*v1alpha1.HostInterface) {
		return spec(func(s *v1alpha1.HostInterfaceSpec) { s.IPv6Prefixes = values })
	}
	subnet := func(value string) func(*v1alpha1.HostInterface) {
		return spec(func(s *v1alpha1.HostInterfaceSpec) { s.SubnetCIDR = value })
	}
	subnets := func(values ...string) func(*v1alpha1.HostInterface) {
		return spec(func(s *v1alpha1.HostInterfaceSpec) { s.SubnetIPv6CIDRs = values })
	}
	mac := func(value string) func(*v1alpha1.HostInterface) {
		return spec(func(s *v1alpha1.HostInterfaceSpec) { s.MACAddress = value })
	}
	cases := map[string]struct {
		reason string
		change func(*v1alpha1.HostInterface)
		want   string
	}{
		"InSubnet": {
			reason: "Addresses and prefixes inside the subnet are accepted.",
			change: spec(func(s *v1alpha1.HostInterfaceSpec) {
				s.PrivateIPs, s.IPv6Addresses = []string{"10.0.1.4", "10.0.1.254"}, []string{"2001:db8:1::4"}
				s.IPv4Prefixes, s.IPv6Prefixes = []string{"10.0.1.64/28", "10.0.1.96/32"}, []string{"2001:db8:1:0:a::/80"}
			}),
		},
		"LargestSubnet":  {reason: "A /16 is the largest IPv4 subnet.", change: subnet("10.0.0.0/16")},
		"SmallestSubnet": {reason: "A /28 is the smallest IPv4 subnet.", change: subnet("10.0.1.0/28")},
		"IPv6Subnets":    {reason: "IPv6 subnets are /44 to /64.", change: subnets("2001:db8::/44", "fd12:3456:789a:1::/64")},
		"NoSubnets": {
			reason: "Addresses that are not added to the link need no subnet.",
			change: spec(func(s *v1alpha1.HostInterfaceSpec) {
				s.SubnetCIDR, s.SubnetIPv6CIDRs, s.PrivateIPs, s.IPv6Addresses = "", nil, []string{"10.0.1.5"}, []string{"2001:db8:1::5"}
			}),
		},
		"OtherSubnet":   {reason: "An address outside the subnet is rejected.", change: four("10.0.1.5", "10.0.2.5"), want: `spec.privateIps: "10.0.2.5" is out of bounds: it must be inside the subnet's range 10.0.1.0/24`},
		"OtherSubnet6":  {reason: "An IPv6 address outside the subnet is rejected.", change: six("2001:db8:2::5"), want: `spec.ipv6Addresses: "2001:db8:2::5" is out of bounds: it must be inside the subnet's range 2001:db8:1::/64`},
		"Router":        {reason: "The address of the subnet's router is rejected.", change: four("10.0.1.1"), want: `spec.privateIps: "10.0.1.1" is out of bounds: EC2 reserves the first 4 addresses and the last of subnet 10.0.1.0/24`},
		"FourthAddress": {reason: "The fourth address is reserved.", change: four("10.0.1.3"), want: `spec.privateIps: "10.0.1.3" is out of bounds: EC2 reserves the first 4 addresses and the last of subnet 10.0.1.0/24`},
		"LastAddress":   {reason: "The last address is reserved.", change: four("10.0.1.255"), want: `spec.privateIps: "10.0.1.255" is out of bounds: EC2 reserves the first 4 addresses and the last of subnet 10.0.1.0/24`},
		"Loopback":      {reason: "A loopback address is rejected.", change: four("127.0.0.1"), want: `spec.privateIps: "127.0.0.1" is out of bounds: an address of an ENI is not in 127.0.0.0/8 (loopback addresses)`},
		"Metadata":      {reason: "The address of the metadata service is rejected.", change: four("169.254.169.254"), want: `spec.privateIps: "169.254.169.254" is out of bounds: an address of an ENI is not in 169.254.0.0/16 (link-local addresses)`},
		"Multicast":     {reason: "A multicast address is rejected.", change: four("224.0.0.5"), want: `spec.privateIps: "224.0.0.5" is out of bounds: an address of an ENI is not in 224.0.0.0/4 (multicast addresses)`},
		"Unspecified":   {reason: "The unspecified address is rejected.", change: four("0.0.0.0"), want: `spec.privateIps: "0.0.0.0" is out of bounds: an address of an ENI is not in 0.0.0.0/8 (the unspecified address)`},
		"Broadcast":     {reason: "The broadcast address is rejected.", change: four("255.255.255.255"), want: `spec.privateIps: "255.255.255.255" is out of bounds: an address of an ENI is not in 240.0.0.0/4 (reserved and broadcast addresses)`},
		"Mapped":        {reason: "An IPv4-mapped address is rejected.", change: six("::ffff:10.0.1.5"), want: `spec.ipv6Addresses: "::ffff:10.0.1.5" is out of bounds: an address of an ENI is not in ::/8 (the unspecified, the loopback and IPv4-mapped addresses)`},
		"LinkLocal6":    {reason: "A link-local IPv6 address is rejected.", change: six("fe80::5"), want: `spec.ipv6Addresses: "fe80::5" is out of bounds: an address of an ENI is not in fe80::/10 (link-local addresses)`},
		"Zone":          {reason: "A zone names a link, which an ENI's address does not.", change: six("2001:db8:1::5%eth0"), want: `spec.ipv6Addresses: "2001:db8:1::5%eth0" is out of bounds: an address of an ENI has no zone`},
		"Multicast6":    {reason: "A multicast IPv6 address is rejected.", change: six("ff02::1"), want: `spec.ipv6Addresses: "ff02::1" is out of bounds: an address of an ENI is not in ff00::/8 (multicast addresses)`},
		"Metadata6":     {reason: "The IPv6 address of the metadata service is rejected.", change: six("fd00:ec2::254"), want: `spec.ipv6Addresses: "fd00:ec2::254" is out of bounds: an address of an ENI is not in fd00:ec2::/32 (services of EC2, such as instance metadata)`},

		"Everything":       {reason: "A prefix of everything would route all of the node's traffic.", change: fours("0.0.0.0/0"), want: `spec.ipv4Prefixes: "0.0.0.0/0" is out of bounds: a delegated prefix is a /28 or longer`},
		"ShortPrefix":      {reason: "EC2 delegates no IPv4 prefix shorter than /28.", change: fours("10.0.1.0/27"), want: `spec.ipv4Prefixes: "10.0.1.0/27" is out of bounds: a delegated prefix is a /28 or longer`},
		"Everything6":      {reason: "An IPv6 prefix of all addresses is rejected.", change: sixes("::/0"), want: `spec.ipv6Prefixes: "::/0" is out of bounds: a delegated prefix is a /80 or longer`},
		"ShortPrefix6":     {reason: "EC2 delegates no IPv6 prefix shorter than /80.", change: sixes("2001:db8:1::/79"), want: `spec.ipv6Prefixes: "2001:db8:1::/79" is out of bounds: a delegated prefix is a /80 or longer`},
		"Unmasked":         {reason: "Bits after the prefix length are a mistake.", change: fours("10.0.1.65/28"), want: `spec.ipv4Prefixes: "10.0.1.65/28" is out of bounds: bits after the prefix length must be 0, as in 10.0.1.64/28`},
		"PrefixElsewhere":  {reason: "A prefix outside the subnet is rejected.", change: fours("10.0.2.64/28"), want: `spec.ipv4Prefixes: "10.0.2.64/28" is out of bounds: it must be inside the subnet's range 10.0.1.0/24`},
		"PrefixElsewhere6": {reason: "An IPv6 prefix outside the subnet is rejected.", change: sixes("2001:db8:2:0:a::/80"), want: `spec.ipv6Prefixes: "2001:db8:2:0:a::/80" is out of bounds: it must be inside the subnet's range 2001:db8:1::/64`},
		"LoopbackPrefix":   {reason: "A loopback prefix is rejected.", change: fours("127.0.0.0/28"), want: `spec.ipv4Prefixes: "127.0.0.0/28" is out of bounds: a delegated prefix does not overlap 127.0.0.0/8 (loopback addresses)`},

		"EverySubnet":    {reason: "No subnet is everything.", change: subnet("0.0.0.0/0"), want: `spec.subnetCidr: "0.0.0.0/0" is out of bounds: the range of a subnet is a /16 to /28`},
		"HugeSubnet":     {reason: "No subnet is larger than a /16.", change: subnet("10.0.0.0/15"), want: `spec.subnetCidr: "10.0.0.0/15" is out of bounds: the range of a subnet is a /16 to /28`},
		"TinySubnet":     {reason: "No subnet is smaller than a /28.", change: subnet("10.0.1.0/29"), want: `spec.subnetCidr: "10.0.1.0/29" is out of bounds: the range of a subnet is a /16 to /28`},
		"UnmaskedSubnet": {reason: "The gateway is found by the subnet's first address.", change: subnet("10.0.1.7/24"), want: `spec.subnetCidr: "10.0.1.7/24" is out of bounds: bits after the prefix length must be 0, as in 10.0.1.0/24`},
		"LoopbackSubnet": {reason: "No subnet is the loopback's.", change: subnet("127.0.0.0/16"), want: `spec.subnetCidr: "127.0.0.0/16" is out of bounds: the range of a subnet does not overlap 127.0.0.0/8 (loopback addresses)`},
		"LocalSubnet":    {reason: "No subnet is link-local.", change: subnet("169.254.0.0/16"), want: `spec.subnetCidr: "169.254.0.0/16" is out of bounds: the range of a subnet does not overlap 169.254.0.0/16 (link-local addresses)`},
		"HugeSubnet6":    {reason: "No IPv6 subnet is larger than a /44.", change: subnets("2001:db8::/43"), want: `spec.subnetIpv6Cidrs: "2001:db8::/43" is out of bounds: the range of a subnet is a /44 to /64`},
		"TinySubnet6":    {reason: "No IPv6 subnet is smaller than a /64.", change: subnets("2001:db8::/65"), want: `spec.subnetIpv6Cidrs: "2001:db8::/65" is out of bounds: the range of a subnet is a /44 to /64`},
		"LocalSubnet6":   {reason: "No IPv6 subnet is link-local.", change: subnets("fe80::/64"), want: `spec.subnetIpv6Cidrs: "fe80::/64" is out of bounds: the range of a subnet does not overlap fe80::/10 (link-local addresses)`},
		"ZeroSubnet6":    {reason: "No IPv6 subnet has the loopback's address.", change: subnets("::/64"), want: `spec.subnetIpv6Cidrs: "::/64" is out of bounds: the range of a subnet does not overlap ::/8 (the unspecified, the loopback and IPv4-mapped addresses)`},

		"ManyAddresses":  {reason: "The number of addresses is bounded.", change: four(many(257, "10.0.1.%d")...), want: "spec.privateIps has 257 items: at most 256 are allowed"},
		"ManyAddresses6": {reason: "The number of IPv6 addresses is bounded.", change: six(many(257, "2001:db8:1::1:%d")...), want: "spec.ipv6Addresses has 257 items: at most 256 are allowed"},
		"ManyPrefixes":   {reason: "The number of prefixes is bounded.", change: fours(slices.Repeat([]string{"10.0.1.64/28"}, 257)...), want: "spec.ipv4Prefixes has 257 items: at most 256 are allowed"},
		"ManyPrefixes6":  {reason: "The number of IPv6 prefixes is bounded.", change: sixes(slices.Repeat([]string{"2001:db8:1:0:a::/80"}, 257)...), want: "spec.ipv6Prefixes has 257 items: at most 256 are allowed"},
		"ManySubnets":    {reason: "The number of subnet ranges is bounded.", change: subnets(many(9, "2001:db8:%d::/64")...), want: "spec.subnetIpv6Cidrs has 9 items: at most 8 are allowed"},
		"ManyAltNames":   {reason: "The number of names is bounded.", change: altNames(many(17, "n%d")...), want: "spec.config.altNames has 17 items: at most 16 are allowed"},

		"MulticastMAC": {reason: "A link's MAC address is unicast.", change: mac("01:00:5e:00:00:01"), want: `spec.macAddress: "01:00:5e:00:00:01" is out of bounds: the MAC address of a device is neither multicast nor broadcast`},
		"BroadcastMAC": {reason: "The broadcast MAC address is rejected.", change: mac("ff:ff:ff:ff:ff:ff"), want: `spec.macAddress: "ff:ff:ff:ff:ff:ff" is out of bounds: the MAC address of a device is neither multicast nor broadcast`},
		"ZeroMAC":      {reason: "A zero MAC address, as the loopback device has, is rejected.", change: mac("00:00:00:00:00:00"), want: `spec.macAddress: "00:00:00:00:00:00" is out of bounds: the MAC address of a device is not zero`},
		"UpperMAC":     {reason: "MAC addresses are compared as text.", change: mac("02:00:00:00:00:0A"), want: `spec.macAddress: "02:00:00:00:00:0A" is out of bounds: a MAC address is six bytes in lower case with colons, such as 02:42:ac:11:00:02`},
		"LongMAC":      {reason: "An Ethernet address has six bytes.", change: mac("02:00:00:00:00:00:00:01"), want: `spec.macAddress: "02:00:00:00:00:00:00:01" is out of bounds: a MAC address is six bytes in lower case with colons, such as 02:42:ac:11:00:02`},
		"NoMAC":        {reason: "An empty MAC address is rejected.", change: mac(""), want: `spec.macAddress: "" is out of bounds: a MAC address is six bytes in lower case with colons, such as 02:42:ac:11:00:02`},

		"NameLo":        {reason: "The loopback keeps its name.", change: rename("lo"), want: `spec.config.interfaceName: "lo" is out of bounds: lo, all and default are reserved`},
		"NameAll":       {reason: "Settings of all links have the name all.", change: rename("all"), want: `spec.config.interfaceName: "all" is out of bounds: lo, all and default are reserved`},
		"NameDefault":   {reason: "Settings of new links have the name default.", change: rename("default"), want: `spec.config.interfaceName: "default" is out of bounds: lo, all and default are reserved`},
		"NameParent":    {reason: "A name is part of a path.", change: rename(".."), want: `spec.config.interfaceName: ".." is out of bounds: a name consists of letters, digits, '_', '.' and '-', and begins with a letter or digit`},
		"NameSlash":     {reason: "A name is one part of a path.", change: rename("a/b"), want: `spec.config.interfaceName: "a/b" is out of bounds: a name consists of letters, digits, '_', '.' and '-', and begins with a letter or digit`},
		"NameSpace":     {reason: "A name has no space.", change: rename("a b"), want: `spec.config.interfaceName: "a b" is out of bounds: a name consists of letters, digits, '_', '.' and '-', and begins with a letter or digit`},
		"NamePattern":   {reason: "The kernel replaces %d by a number.", change: rename("eth%d"), want: `spec.config.interfaceName: "eth%d" is out of bounds: a name consists of letters, digits, '_', '.' and '-', and begins with a letter or digit`},
		"NameDigit":     {reason: "A name of digits is an index for many tools.", change: rename("7"), want: `spec.config.interfaceName: "7" is out of bounds: the name of a link begins with a letter`},
		"NameLong":      {reason: "A name has 15 characters.", change: rename(strings.Repeat("n", 16)), want: `spec.config.interfaceName: "nnnnnnnnnnnnnnnn" is out of bounds: a name has 1 to 15 characters`},
		"NameEmpty":     {reason: "A name is not empty.", change: rename(""), want: `spec.config.interfaceName: "" is out of bounds: a name has 1 to 15 characters`},
		"AltNameParent": {reason: "The same holds for alternative names.", change: altNames("a", ".."), want: `spec.config.altNames: ".." is out of bounds: a name consists of letters, digits, '_', '.' and '-', and begins with a letter or digit`},
		"AltNameAll":    {reason: "Alternative names are not reserved ones.", change: altNames("all"), want: `spec.config.altNames: "all" is out of bounds: lo, all and default are reserved`},
		"AltNameLong":   {reason: "An alternative name has 127 characters.", change: altNames(strings.Repeat("n", 128)), want: `spec.config.altNames: "` + strings.Repeat("n", 128) + `" is out of bounds: a name has 1 to 127 characters`},
		"ID": {
			reason: "The ENI's id becomes an alternative name and the name of a file.",
			change: spec(func(s *v1alpha1.HostInterfaceSpec) { s.NetworkInterfaceID = "../eni-1" }),
			want:   `spec.networkInterfaceId: "../eni-1" is out of bounds: a name consists of letters, digits, '_', '.' and '-', and begins with a letter or digit`,
		},
		"MTULow":          {reason: "IPv4 needs an MTU of 68.", change: mtu(67), want: `spec.config.mtu: "67" is out of bounds: an MTU is 68 to 9216`},
		"MTUHigh":         {reason: "ENA has an MTU of 9216 at most.", change: mtu(9217), want: `spec.config.mtu: "9217" is out of bounds: an MTU is 68 to 9216`},
		"MTULeft":         {reason: "Both ends of the range are in it.", change: mtu(68)},
		"MTUMost":         {reason: "Both ends of the range are in it.", change: mtu(9216)},
		"Resource":        {reason: "A node advertises the resource of a NodeENI.", change: readiness("networking.k8s.aws/my.uplink-1", 1000, 1024)},
		"ForeignResource": {reason: "Other resources belong to other device plugins.", change: readiness("nvidia.com/gpu", 1, 1), want: `spec.config.readiness.resource: "nvidia.com/gpu" is out of bounds: a resource is networking.k8s.aws/ and the name of a NodeENI`},
		"NoResource":      {reason: "A resource has a name.", change: readiness("networking.k8s.aws/", 1, 1), want: `spec.config.readiness.resource: "networking.k8s.aws/" is out of bounds: a resource is networking.k8s.aws/ and the name of a NodeENI`},
		"ResourceName":    {reason: "The name of a NodeENI has no upper-case letters.", change: readiness("networking.k8s.aws/A", 1, 1), want: `spec.config.readiness.resource: "networking.k8s.aws/A" is out of bounds: a resource is networking.k8s.aws/ and the name of a NodeENI`},
		"ResourceDot":     {reason: "It begins with a letter or digit.", change: readiness("networking.k8s.aws/.a", 1, 1), want: `spec.config.readiness.resource: "networking.k8s.aws/.a" is out of bounds: a resource is networking.k8s.aws/ and the name of a NodeENI`},
		"LongResource":    {reason: "It has 63 characters.", change: readiness("networking.k8s.aws/"+strings.Repeat("n", 64), 1, 1), want: `spec.config.readiness.resource: "networking.k8s.aws/` + strings.Repeat("n", 64) + `" is out of bounds: a resource is networking.k8s.aws/ and the name of a NodeENI`},
		"NoCapacity":      {reason: "A resource has units.", change: readiness("networking.k8s.aws/a", 0, 1), want: `spec.config.readiness.capacity: "0" is out of bounds: the number is 1 to 1000`},
		"LargeCapacity":   {reason: "The list of units is sent to the kubelet.", change: readiness("networking.k8s.aws/a", 1001, 1), want: `spec.config.readiness.capacity: "1001" is out of bounds: the number is 1 to 1000`},
		"NoInterfaces":    {reason: "Without interfaces nothing can be ready.", change: readiness("networking.k8s.aws/a", 1, 0), want: `spec.config.readiness.interfaces: "0" is out of bounds: the number is 1 to 1024`},
		"Module": {
			reason: "Only userspace drivers are loaded and bound.",
			change: userspace("ixgbe"),
			want:   `spec.config.dpdk.driver: "ixgbe" is out of bounds: a userspace driver is vfio-pci, igb_uio or uio_pci_generic`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			hi := hif("a", mac1, 1, tc.change)
			w, pr := Parse(hi)
			if strings.HasPrefix(tc.want, "spec.config.readiness") && w.Readiness != nil {
				t.Errorf("\n%s\nThe resource is not advertised: %+v", tc.reason, w.Readiness)
			}
			want := (*Problem)(nil)
			if tc.want != "" {
				want = &Problem{Reason: v1alpha1.ReasonOutOfBounds, Message: tc.want}
			}
			if diff := cmp.Diff(want, pr); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestMissingSubnet parses HostInterfaces without the subnet of their addresses.
func TestMissingSubnet(t *testing.T) {
	none := func(hi *v1alpha1.HostInterface) { hi.Spec.SubnetCIDR, hi.Spec.SubnetIPv6CIDRs = "", nil }
	prefix := func(hi *v1alpha1.HostInterface) { hi.Spec.IPv6Prefixes = []string{"2001:db8:1:0:a::/80"} }
	cases := map[string]struct {
		reason string
		hi     *v1alpha1.HostInterface
		want   string
	}{
		"None":       {reason: "Without addressing nothing is applied.", hi: hif("a", mac1, 1, none, prefix, addressing(v1alpha1.AddressingNone, "10.0.1.5", "2001:db8:1::5"))},
		"Addresses":  {reason: "An address is added only inside a known subnet.", hi: hif("a", mac1, 1, none, addressing(v1alpha1.AddressingAddresses, "10.0.1.5")), want: "spec.subnetCidr is empty: addressing Addresses needs it to check the addresses of spec.privateIps"},
		"Addresses6": {reason: "An IPv6 address is added only inside a known subnet.", hi: hif("a", mac1, 1, none, addressing(v1alpha1.AddressingAddresses, "2001:db8:1::5")), want: "spec.subnetIpv6Cidrs is empty: addressing Addresses needs it to check the ENI's IPv6 addresses and prefixes"},
		"Prefixes":   {reason: "Prefixes are used with PolicyRouted alone.", hi: hif("a", mac1, 1, none, prefix, addressing(v1alpha1.AddressingAddresses))},
		"Routed6":    {reason: "A prefix is routed only inside a known subnet.", hi: hif("a", mac1, 1, none, prefix, addressing(v1alpha1.AddressingPolicyRouted)), want: "spec.subnetIpv6Cidrs is empty: addressing PolicyRouted needs it to check the ENI's IPv6 addresses and prefixes"},
		"Routed4":    {reason: "An IPv4-only ENI needs no IPv6 subnet.", hi: hif("a", mac1, 1, func(hi *v1alpha1.HostInterface) { hi.Spec.SubnetIPv6CIDRs = nil }, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5"))},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, pr := Parse(tc.hi)
			want := (*Problem)(nil)
			if tc.want != "" {
				want = &Problem{Reason: v1alpha1.ReasonInvalidConfig, Message: tc.want}
			}
			if diff := cmp.Diff(want, pr); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
