package agent

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

func many(n int, format string) []string {
	out := make([]string, 0, n)
	for i := range n {
		out = append(out, fmt.Sprintf(format, i+4))
	}
	return out
}

// TestBounds reads HostInterfaces that a hostile status or EC2 endpoint may cause.
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
			reason: "Addresses that are not put on the link need no subnet.",
			change: spec(func(s *v1alpha1.HostInterfaceSpec) {
				s.SubnetCIDR, s.SubnetIPv6CIDRs, s.PrivateIPs, s.IPv6Addresses = "", nil, []string{"10.0.1.5"}, []string{"2001:db8:1::5"}
			}),
		},
		"OtherSubnet":   {reason: "An address outside the subnet is refused.", change: four("10.0.1.5", "10.0.2.5"), want: `spec.privateIps: "10.0.2.5" is out of bounds: it must be inside the subnet's range 10.0.1.0/24`},
		"OtherSubnet6":  {reason: "So is an IPv6 address.", change: six("2001:db8:2::5"), want: `spec.ipv6Addresses: "2001:db8:2::5" is out of bounds: it must be inside the subnet's range 2001:db8:1::/64`},
		"Router":        {reason: "The subnet's router keeps its address.", change: four("10.0.1.1"), want: `spec.privateIps: "10.0.1.1" is out of bounds: EC2 reserves the first 4 addresses and the last of subnet 10.0.1.0/24`},
		"FourthAddress": {reason: "The fourth address is reserved.", change: four("10.0.1.3"), want: `spec.privateIps: "10.0.1.3" is out of bounds: EC2 reserves the first 4 addresses and the last of subnet 10.0.1.0/24`},
		"LastAddress":   {reason: "The last address is reserved.", change: four("10.0.1.255"), want: `spec.privateIps: "10.0.1.255" is out of bounds: EC2 reserves the first 4 addresses and the last of subnet 10.0.1.0/24`},
		"Loopback":      {reason: "A loopback address is refused.", change: four("127.0.0.1"), want: `spec.privateIps: "127.0.0.1" is out of bounds: an address of an ENI is not in 127.0.0.0/8 (loopback addresses)`},
		"Metadata":      {reason: "The metadata service keeps its address.", change: four("169.254.169.254"), want: `spec.privateIps: "169.254.169.254" is out of bounds: an address of an ENI is not in 169.254.0.0/16 (link-local addresses)`},
		"Multicast":     {reason: "A multicast address is refused.", change: four("224.0.0.5"), want: `spec.privateIps: "224.0.0.5" is out of bounds: an address of an ENI is not in 224.0.0.0/4 (multicast addresses)`},
		"Unspecified":   {reason: "The unspecified address is refused.", change: four("0.0.0.0"), want: `spec.privateIps: "0.0.0.0" is out of bounds: an address of an ENI is not in 0.0.0.0/8 (the unspecified address)`},
		"Broadcast":     {reason: "The broadcast address is refused.", change: four("255.255.255.255"), want: `spec.privateIps: "255.255.255.255" is out of bounds: an address of an ENI is not in 240.0.0.0/4 (reserved and broadcast addresses)`},
		"Mapped":        {reason: "An IPv4-mapped address is refused.", change: six("::ffff:10.0.1.5"), want: `spec.ipv6Addresses: "::ffff:10.0.1.5" is out of bounds: an address of an ENI is not in ::/8 (the unspecified, the loopback and IPv4-mapped addresses)`},
		"LinkLocal6":    {reason: "A link-local IPv6 address is refused.", change: six("fe80::5"), want: `spec.ipv6Addresses: "fe80::5" is out of bounds: an address of an ENI is not in fe80::/10 (link-local addresses)`},
		"Zone":          {reason: "A zone names a link, which an ENI's address does not.", change: six("2001:db8:1::5%eth0"), want: `spec.ipv6Addresses: "2001:db8:1::5%eth0" is out of bounds: an address of an ENI has no zone`},
		"Multicast6":    {reason: "A multicast IPv6 address is refused.", change: six("ff02::1"), want: `spec.ipv6Addresses: "ff02::1" is out of bounds: an address of an ENI is not in ff00::/8 (multicast addresses)`},
		"Metadata6":     {reason: "The metadata service keeps its IPv6 address.", change: six("fd00:ec2::254"), want: `spec.ipv6Addresses: "fd00:ec2::254" is out of bounds: an address of an ENI is not in fd00:ec2::/32 (services of EC2, such as instance metadata)`},

		"Everything":       {reason: "A prefix of everything would route all of the node's traffic.", change: fours("0.0.0.0/0"), want: `spec.ipv4Prefixes: "0.0.0.0/0" is out of bounds: a delegated prefix is a /28 or longer`},
		"ShortPrefix":      {reason: "EC2 delegates no IPv4 prefix shorter than /28.", change: fours("10.0.1.0/27"), want: `spec.ipv4Prefixes: "10.0.1.0/27" is out of bounds: a delegated prefix is a /28 or longer`},
		"Everything6":      {reason: "The same holds for IPv6.", change: sixes("::/0"), want: `spec.ipv6Prefixes: "::/0" is out of bounds: a delegated prefix is a /80 or longer`},
		"ShortPrefix6":     {reason: "EC2 delegates no IPv6 prefix shorter than /80.", change: sixes("2001:db8:1::/79"), want: `spec.ipv6Prefixes: "2001:db8:1::/79" is out of bounds: a delegated prefix is a /80 or longer`},
		"Unmasked":         {reason: "Bits after the prefix length are a mistake.", change: fours("10.0.1.65/28"), want: `spec.ipv4Prefixes: "10.0.1.65/28" is out of bounds: bits after the prefix length must be 0, as in 10.0.1.64/28`},
		"PrefixElsewhere":  {reason: "A prefix outside the subnet is refused.", change: fours("10.0.2.64/28"), want: `spec.ipv4Prefixes: "10.0.2.64/28" is out of bounds: it must be inside the subnet's range 10.0.1.0/24`},
		"PrefixElsewhere6": {reason: "So is an IPv6 prefix.", change: sixes("2001:db8:2:0:a::/80"), want: `spec.ipv6Prefixes: "2001:db8:2:0:a::/80" is out of bounds: it must be inside the subnet's range 2001:db8:1::/64`},
		"LoopbackPrefix":   {reason: "A loopback prefix is refused.", change: fours("127.0.0.0/28"), want: `spec.ipv4Prefixes: "127.0.0.0/28" is out of bounds: a delegated prefix does not overlap 127.0.0.0/8 (loopback addresses)`},

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
		"ManyAddresses6": {reason: "So is that of IPv6 addresses.", change: six(many(257, "2001:db8:1::1:%d")...), want: "spec.ipv6Addresses has 257 items: at most 256 are allowed"},
		"ManyPrefixes":   {reason: "The number of prefixes is bounded.", change: fours(slices.Repeat([]string{"10.0.1.64/28"}, 257)...), want: "spec.ipv4Prefixes has 257 items: at most 256 are allowed"},
		"ManyPrefixes6":  {reason: "So is that of IPv6 prefixes.", change: sixes(slices.Repeat([]string{"2001:db8:1:0:a::/80"}, 257)...), want: "spec.ipv6Prefixes has 257 items: at most 256 are allowed"},
		"ManySubnets":    {reason: "The number of subnet ranges is bounded.", change: subnets(many(9, "2001:db8:%d::/64")...), want: "spec.subnetIpv6Cidrs has 9 items: at most 8 are allowed"},
		"ManyAltNames":   {reason: "The number of names is bounded.", change: altNames(many(17, "n%d")...), want: "spec.config.altNames has 17 items: at most 16 are allowed"},

		"MulticastMAC": {reason: "A link's MAC address is unicast.", change: mac("01:00:5e:00:00:01"), want: `spec.macAddress: "01:00:5e:00:00:01" is out of bounds: the MAC address of a device is neither multicast nor broadcast`},
		"BroadcastMAC": {reason: "It is not the broadcast address.", change: mac("ff:ff:ff:ff:ff:ff"), want: `spec.macAddress: "ff:ff:ff:ff:ff:ff" is out of bounds: the MAC address of a device is neither multicast nor broadcast`},
		"ZeroMAC":      {reason: "It is not the loopback's, which is zero.", change: mac("00:00:00:00:00:00"), want: `spec.macAddress: "00:00:00:00:00:00" is out of bounds: the MAC address of a device is not zero`},
		"UpperMAC":     {reason: "MAC addresses are compared as text.", change: mac("02:00:00:00:00:0A"), want: `spec.macAddress: "02:00:00:00:00:0A" is out of bounds: a MAC address is six bytes in lower case with colons, such as 02:42:ac:11:00:02`},
		"LongMAC":      {reason: "An Ethernet address has six bytes.", change: mac("02:00:00:00:00:00:00:01"), want: `spec.macAddress: "02:00:00:00:00:00:00:01" is out of bounds: a MAC address is six bytes in lower case with colons, such as 02:42:ac:11:00:02`},
		"NoMAC":        {reason: "Links without a MAC address are not meant.", change: mac(""), want: `spec.macAddress: "" is out of bounds: a MAC address is six bytes in lower case with colons, such as 02:42:ac:11:00:02`},

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
		"MTULow":  {reason: "IPv4 needs an MTU of 68.", change: mtu(67), want: `spec.config.mtu: "67" is out of bounds: an MTU is 68 to 9216`},
		"MTUHigh": {reason: "ENA has an MTU of 9216 at most.", change: mtu(9217), want: `spec.config.mtu: "9217" is out of bounds: an MTU is 68 to 9216`},
		"MTULeft": {reason: "Both ends of the range are in it.", change: mtu(68)},
		"MTUMost": {reason: "Both ends of the range are in it.", change: mtu(9216)},
		"Module": {
			reason: "Only userspace drivers are loaded and bound.",
			change: userspace("ixgbe"),
			want:   `spec.config.dpdk.driver: "ixgbe" is out of bounds: a userspace driver is vfio-pci, igb_uio or uio_pci_generic`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			hi := hif("a", mac1, 1, tc.change)
			_, pr := Want(hi)
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

// TestMissingSubnet reads HostInterfaces whose addresses cannot be checked.
func TestMissingSubnet(t *testing.T) {
	none := func(hi *v1alpha1.HostInterface) { hi.Spec.SubnetCIDR, hi.Spec.SubnetIPv6CIDRs = "", nil }
	prefix := func(hi *v1alpha1.HostInterface) { hi.Spec.IPv6Prefixes = []string{"2001:db8:1:0:a::/80"} }
	cases := map[string]struct {
		reason string
		hi     *v1alpha1.HostInterface
		want   string
	}{
		"None":       {reason: "Without addressing nothing is applied.", hi: hif("a", mac1, 1, none, prefix, addressing(v1alpha1.AddressingNone, "10.0.1.5", "2001:db8:1::5"))},
		"Addresses":  {reason: "An address is put on a link only inside a known subnet.", hi: hif("a", mac1, 1, none, addressing(v1alpha1.AddressingAddresses, "10.0.1.5")), want: "spec.subnetCidr is empty: addressing Addresses needs it to check the addresses of spec.privateIps"},
		"Addresses6": {reason: "So is an IPv6 address.", hi: hif("a", mac1, 1, none, addressing(v1alpha1.AddressingAddresses, "2001:db8:1::5")), want: "spec.subnetIpv6Cidrs is empty: addressing Addresses needs it to check the ENI's IPv6 addresses and prefixes"},
		"Prefixes":   {reason: "Prefixes are used with PolicyRouted alone.", hi: hif("a", mac1, 1, none, prefix, addressing(v1alpha1.AddressingAddresses))},
		"Routed6":    {reason: "A prefix is routed only inside a known subnet.", hi: hif("a", mac1, 1, none, prefix, addressing(v1alpha1.AddressingPolicyRouted)), want: "spec.subnetIpv6Cidrs is empty: addressing PolicyRouted needs it to check the ENI's IPv6 addresses and prefixes"},
		"Routed4":    {reason: "An IPv4-only ENI needs no IPv6 subnet.", hi: hif("a", mac1, 1, func(hi *v1alpha1.HostInterface) { hi.Spec.SubnetIPv6CIDRs = nil }, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5"))},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, pr := Want(tc.hi)
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

// TestOutOfBounds has an agent see a HostInterface go out of bounds.
func TestOutOfBounds(t *testing.T) {
	r, links, _ := inMemory(t, hif("a", mac1, 1, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5")))
	r.reconcile("a")
	r.ready("a", "True Configured: link ens6 is as asked")
	before, _ := links.Snapshot()

	r.change("a", func(hi *v1alpha1.HostInterface) { hi.Spec.IPv4Prefixes = []string{"0.0.0.0/0"} })
	r.reconcile("a")
	r.ready("a", `False OutOfBounds: spec.ipv4Prefixes: "0.0.0.0/0" is out of bounds: a delegated prefix is a /28 or longer`)
	after, _ := links.Snapshot()
	if diff := cmp.Diff(before, after, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("A HostInterface out of bounds changes nothing on the host.\n-want, +got:\n%s", diff)
	}

	r.delete("a")
	r.reconcile("a")
	if r.exists("a") != nil {
		t.Error("A HostInterface out of bounds can be released.")
	}
	after, _ = links.Snapshot()
	if l := after.Links[0]; l.Up || len(l.AltNames) > 0 || len(after.Addresses) > 0 || len(after.Routes) > 0 || len(after.Rules) > 0 {
		t.Errorf("A release undoes what the agent did: %+v", after)
	}
}

// TestAddressTaken plans for an ENI with an address that the host has elsewhere.
func TestAddressTaken(t *testing.T) {
	on := func(index int, address string) func(*Observed) {
		return func(o *Observed) {
			o.Addresses = append(o.Addresses, link.Address{LinkIndex: index, Prefix: netip.MustParsePrefix(address), Permanent: true})
		}
	}
	bridge := func(o *Observed) { o.Links = append(o.Links, link.Link{Index: 3, Name: "cni0", Kind: "bridge"}) }
	gateway := func(o *Observed) {
		o.Defaults = append(o.Defaults, link.Route{LinkIndex: 1, Destination: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr("10.0.1.6")})
	}
	routed := wanted(mode(v1alpha1.AddressingPolicyRouted))
	cases := map[string]struct {
		reason   string
		wanted   Wanted
		observed Observed
		withheld []string // of the rules
		problem  string
	}{
		"Primary": {
			reason: "The node's own address is not used on another link, nor routed by it.",
			wanted: routed, observed: observed(settledLink, on(1, "10.0.1.5/24")),
			withheld: []string{"10.0.1.5/32"},
			problem:  "AddressTaken: address 10.0.1.5 of the ENI is not used on link eth1: link eth0 has it; remove it there, or unassign it from the ENI",
		},
		"SameSubnet": {reason: "An address of the same subnet is no conflict.", wanted: routed, observed: observed(settledLink, on(1, "10.0.1.9/24"))},
		"Gateway": {
			reason: "The node's gateway is not an address of the node.",
			wanted: routed, observed: observed(settledLink, gateway),
			withheld: []string{"10.0.1.6/32"},
			problem:  "AddressTaken: address 10.0.1.6 of the ENI is not used on link eth1: it is the gateway of the node's default route; remove it there, or unassign it from the ENI",
		},
		"Prefix": {
			reason: "A prefix with the node's own address in it is not routed.",
			wanted: routed, observed: observed(settledLink, on(1, "10.0.1.70/24")),
			withheld: []string{"10.0.1.64/28"},
			problem:  "AddressTaken: address 10.0.1.70 of the ENI is not used on link eth1: link eth0 has it; remove it there, or unassign it from the ENI",
		},
		"Bridge": {reason: "A bridge for pods may have an address from a delegated prefix.", wanted: routed, observed: observed(settledLink, bridge, on(3, "10.0.1.65/28"))},
		"Loopback": {reason: "So may the loopback.", wanted: routed, observed: observed(settledLink, func(o *Observed) {
			o.Links = append(o.Links, link.Link{Index: 3, Name: "lo", Kind: link.KindDevice, MAC: "00:00:00:00:00:00"})
		}, on(3, "10.0.1.65/32"))},
		"None": {reason: "Without addressing there is no conflict.", wanted: wanted(), observed: observed(settledLink, on(1, "10.0.1.5/24"))},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := MakePlan(tc.wanted, Policy{}, tc.observed)
			problem := ""
			if p.Problem != nil {
				problem = string(p.Problem.Reason) + ": " + p.Problem.Message
				if !slices.Equal(p.Problem.Indexes, []int{1}) {
					t.Errorf("%s\nThe link that has it is watched: %v", tc.reason, p.Problem.Indexes)
				}
			}
			if diff := cmp.Diff(tc.problem, problem); diff != "" {
				t.Errorf("\n%s\nproblem: -want, +got:\n%s", tc.reason, diff)
			}
			rules := map[string]bool{"10.0.1.5/32": true, "10.0.1.6/32": true, "10.0.1.64/28": true, "2001:db8:1::5/128": true}
			addresses := map[string]bool{"10.0.1.5/32": true, "10.0.1.6/32": true, "2001:db8:1::5/128": true}
			if !tc.wanted.policyRouted() {
				rules, addresses = map[string]bool{}, map[string]bool{}
			}
			for _, n := range tc.withheld {
				delete(rules, n)
				delete(addresses, n)
			}
			gotRules, gotAddresses := map[string]bool{}, map[string]bool{}
			for _, s := range p.Steps {
				switch s := s.(type) {
				case SetRule:
					gotRules[s.Rule.From.String()] = true
				case SetAddress:
					gotAddresses[s.Address.Prefix.String()] = true
				}
			}
			if diff := cmp.Diff(rules, gotRules); diff != "" {
				t.Errorf("\n%s\nrules: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(addresses, gotAddresses); diff != "" {
				t.Errorf("\n%s\naddresses: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestAddressMoves moves an address between two ENIs of a node, each of which has
// the other's.
func TestAddressMoves(t *testing.T) {
	r, links, _ := inMemory(t,
		hif("a", mac1, 1, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5")),
		hif("b", mac2, 2, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.7")))
	links.Add(link.Link{Name: "ens7", MAC: mac2, MTU: 1500})
	r.reconcile("a", "b")
	r.change("a", addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.7"))
	r.change("b", addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5"))
	r.reconcile("a")
	r.ready("a", "False AddressTaken: address 10.0.1.7 of the ENI is not used on link ens6: link ens7 has it; remove it there, or unassign it from the ENI")
	if got := r.memory.concerns(link.Event{Subject: link.SubjectAddress, LinkIndex: 2}); !slices.Contains(got, "a") {
		t.Errorf("The address's removal concerns the HostInterface that waits for it: %v", got)
	}
	r.reconcile("b", "a")
	r.ready("a", "True Configured: link ens6 is as asked")
	r.ready("b", "True Configured: link ens7 is as asked")
}

// TestRefusedSteps gives the last check steps that no plan should have.
func TestRefusedSteps(t *testing.T) {
	w := wanted(mode(v1alpha1.AddressingPolicyRouted))
	prefix := netip.MustParsePrefix
	address := func(p string) SetAddress {
		return SetAddress{Link: "eth1", Address: link.Address{LinkIndex: 2, Prefix: prefix(p), NoPrefixRoute: true, Permanent: true}}
	}
	rule := func(p string, table int) SetRule {
		return SetRule{Rule: link.Rule{Priority: table, Table: table, From: prefix(p)}}
	}
	route := func(p string, table int, gateway string) SetRoute {
		r := link.Route{LinkIndex: 2, Table: table, Destination: prefix(p)}
		if gateway != "" {
			r.Gateway = netip.MustParseAddr(gateway)
		}
		return SetRoute{Link: "eth1", Route: r}
	}
	withRoute := address("10.0.1.5/32")
	withRoute.Address.NoPrefixRoute = false
	cases := map[string]struct {
		reason string
		step   Step
		ok     bool
	}{
		"Address":         {reason: "An address inside the subnet is added.", step: address("10.0.1.5/32"), ok: true},
		"AddressOutside":  {reason: "An address outside it is not.", step: address("10.0.2.5/32")},
		"AddressRange":    {reason: "An address is added alone.", step: address("10.0.1.5/24")},
		"AddressRouted":   {reason: "An address brings no route to the main table.", step: withRoute},
		"AddressRemoved":  {reason: "Any address may be removed from the link.", step: SetAddress{Address: link.Address{Prefix: prefix("10.9.9.9/24")}, Remove: true}, ok: true},
		"Rule":            {reason: "A rule for a delegated prefix is added.", step: rule("10.0.1.64/28", 20001), ok: true},
		"RuleOfAll":       {reason: "A rule for everything is not.", step: rule("0.0.0.0/0", 20001)},
		"RuleOfAll6":      {reason: "Nor for all of IPv6.", step: rule("::/0", 20001)},
		"RuleOfSubnet":    {reason: "Nor for the subnet.", step: rule("10.0.1.0/24", 20001)},
		"RuleOtherTable":  {reason: "A rule leads to the table of its interface.", step: rule("10.0.1.5/32", 20002)},
		"RuleMain":        {reason: "A rule does not lead to the main table.", step: rule("10.0.1.5/32", link.TableMain)},
		"RuleRemoved":     {reason: "A rule of an earlier version may be removed.", step: SetRule{Rule: rule("0.0.0.0/0", 20001).Rule, Remove: true}, ok: true},
		"RuleMainRemoved": {reason: "A rule outside the band may not.", step: SetRule{Rule: rule("0.0.0.0/0", link.TableMain).Rule, Remove: true}},
		"Default":         {reason: "The table of the interface has a default route.", step: route("0.0.0.0/0", 20001, "10.0.1.1"), ok: true},
		"DefaultMain":     {reason: "The main table keeps its own.", step: route("0.0.0.0/0", link.TableMain, "10.0.1.1")},
		"DefaultMain6":    {reason: "For IPv6, too.", step: route("::/0", link.TableMain, "fe80:ec2::1")},
		"DefaultUnspec":   {reason: "Table 0 is the main table.", step: route("0.0.0.0/0", 0, "10.0.1.1")},
		"DefaultOther":    {reason: "Another interface's table is another's.", step: route("0.0.0.0/0", 20002, "10.0.1.1")},
		"DefaultAfter":    {reason: "The band has an end.", step: SetRoute{Route: route("0.0.0.0/0", 21000, "10.0.1.1").Route, Remove: true}},
		"DefaultNowhere":  {reason: "A default route has a gateway.", step: route("0.0.0.0/0", 20001, "")},
		"Subnet":          {reason: "The subnet is routed.", step: route("10.0.1.0/24", 20001, ""), ok: true},
		"SubnetHuge":      {reason: "Nothing larger than a subnet is.", step: route("10.0.0.0/8", 20001, "")},
		"MainRemoved":     {reason: "No route of the main table is removed.", step: SetRoute{Route: route("0.0.0.0/0", link.TableMain, "10.0.1.1").Route, Remove: true}},
		"OtherRemoved":    {reason: "A route of the link in another table of the band may be removed.", step: SetRoute{Route: route("10.0.1.0/24", 20002, "").Route, Remove: true}, ok: true},
		"MTU":             {reason: "An MTU has bounds.", step: SetMTU{MTU: 9217}},
		"Name":            {reason: "A link is not renamed to all.", step: Rename{To: "all"}},
		"AltName":         {reason: "An alternative name is not a path.", step: SetAltName{Name: "../a"}},
		"AltNameRemoved":  {reason: "Any alternative name may be removed.", step: SetAltName{Name: "../a", Remove: true}, ok: true},
		"Sysctl":          {reason: "Settings of all links are not written.", step: SetSysctl{Sysctl: sysfs.Sysctl{Family: "ipv4", Link: "all", Name: "rp_filter"}}},
		"SysctlOfLink":    {reason: "Those of one link are.", step: SetSysctl{Sysctl: sysfs.Sysctl{Family: "ipv4", Link: "eth1", Name: "rp_filter"}}, ok: true},
		"Module":          {reason: "No module but a userspace driver is loaded.", step: LoadModule{Name: "nbd"}},
		"UserspaceDriver": {reason: "A userspace driver is.", step: LoadModule{Name: "vfio-pci"}, ok: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			pr := refuseSteps(w, []Step{SetUp{Link: "eth1"}, tc.step})
			if (pr == nil) != tc.ok || pr != nil && (pr.Reason != v1alpha1.ReasonOutOfBounds || !strings.Contains(pr.Message, tc.step.String())) {
				t.Errorf("%s\n%s: %+v", tc.reason, tc.step, pr)
			}
		})
	}
	w.Subnets = []netip.Prefix{prefix("0.0.0.0/0")}
	if refuseSteps(w, []Step{address("10.0.1.5/32")}) == nil {
		t.Error("A subnet of everything bounds nothing.")
	}
	w.Subnets = nil
	if refuseSteps(w, []Step{address("10.0.1.5/32")}) == nil {
		t.Error("Without a subnet no address is added.")
	}
}

// hostile is a HostInterface with values from a pool of good and bad ones.
func hostile(r *rand.Rand) *v1alpha1.HostInterface {
	from := func(values ...string) string { return values[r.IntN(len(values))] }
	some := func(values ...string) []string {
		var out []string
		for range r.IntN(4) {
			out = append(out, from(values...))
		}
		return out
	}
	hi := hif("a", from(mac1, mac1, mac1, mac9, "ff:ff:ff:ff:ff:ff", ""), int32(r.IntN(103)-1))
	s := &hi.Spec
	s.NetworkCardIndex = int32(r.IntN(13) - 1)
	s.SubnetCIDR = from("10.0.1.0/24", "10.0.1.0/24", "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "127.0.0.0/16", "169.254.0.0/16", "10.0.1.7/24", "224.0.0.0/16", "10.0.1.5/32", "")
	s.SubnetIPv6CIDRs = some("2001:db8:1::/64", "2001:db8:1::/64", "::/0", "2000::/3", "fe80::/64", "::/64", "ff00::/44", "fd00:ec2::/64")
	s.PrivateIPs = some("10.0.1.5", "10.0.1.2", "10.0.1.1", "10.0.1.255", "10.0.2.5", "0.0.0.0", "127.0.0.1", "169.254.169.254", "224.0.0.1", "255.255.255.255", "8.8.8.8")
	s.IPv6Addresses = some("2001:db8:1::5", "2001:db8:1::1", "::", "::1", "fe80::1", "ff02::1", "::ffff:10.0.1.5", "2001:db8:1::5%eth0", "fd00:ec2::254", "2001:db8:2::5")
	s.IPv4Prefixes = some("10.0.1.64/28", "0.0.0.0/0", "10.0.1.0/24", "10.0.1.0/28", "10.0.1.65/28", "10.0.2.64/28", "0.0.0.0/28", "10.0.0.0/8", "10.0.1.5/32")
	s.IPv6Prefixes = some("2001:db8:1:0:a::/80", "::/0", "2001:db8:1::/64", "2001:db8:2:0:a::/80", "::/80", "fe80::/80", "::ffff:0:0/96")
	s.Config.Addressing = v1alpha1.AddressingMode(from("None", "Addresses", "PolicyRouted", "PolicyRouted", "Else"))
	s.Config.AltNames = some("a", "lo", "all", "..", "a/b", "eth0", "a b", "")
	if n := from("", "data0", "all", "default", "lo", "..", "a/b", "eth0", "eth%d"); n != "" {
		s.Config.InterfaceName = &n
	}
	if m := int32(r.IntN(12000) - 1000); r.IntN(3) == 0 {
		s.Config.MTU = &m
	}
	if r.IntN(4) == 0 {
		hi.DeletionTimestamp = &metav1.Time{}
	}
	return hi
}

// hostileHost is a host that may have anything of an earlier agent on the link.
func hostileHost(r *rand.Rand) Observed {
	o := observed(defaultRoute(1, 0, "0.0.0.0/0"))
	o.Defaults[0].Gateway = netip.MustParseAddr("10.0.1.1")
	o.Addresses = append(o.Addresses, link.Address{LinkIndex: 1, Prefix: netip.MustParsePrefix("10.0.1.2/24"), Permanent: true})
	if r.IntN(2) == 0 {
		settled(&o)
	}
	if r.IntN(4) == 0 {
		o.Routes = append(o.Routes, link.Route{LinkIndex: 2, Table: link.TableMain, Destination: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr("10.0.1.1")})
	}
	if r.IntN(4) == 0 {
		o.Rules = append(o.Rules, link.Rule{Priority: 20001, Table: 20001, From: netip.MustParsePrefix("0.0.0.0/0")})
	}
	return o
}

// beyond returns why a step is outside the bounds. It shares no code with the
// agent: it lists what a step on this host may be.
func beyond(s Step) string {
	good := func(a netip.Addr) bool {
		b := a.AsSlice()
		switch {
		case a.Zone() != "":
			return false
		case a.Is4() && b[0] == 10 && b[1] == 0:
			// 10.0.0.0/16 may be the subnet, too. Not the node's, the gateway's,
			// or a reserved one.
			return !slices.Contains([]string{"10.0.1.0", "10.0.1.1", "10.0.1.2"}, a.String())
		default:
			return strings.HasPrefix(a.String(), "2001:db8:1:") && !slices.Contains([]string{"2001:db8:1::", "2001:db8:1::1", "2001:db8:1::2", "2001:db8:1::3"}, a.String())
		}
	}
	band := func(table int) bool { return table >= 20000 && table <= 20999 }
	switch s := s.(type) {
	case SetAddress:
		if !s.Remove && (!s.Address.Prefix.IsSingleIP() || !s.Address.NoPrefixRoute || s.Address.LinkIndex != 2 || !good(s.Address.Prefix.Addr())) {
			return "address"
		}
	case SetRule:
		p := s.Rule.From
		if !band(s.Rule.Table) {
			return "table of a rule"
		}
		short := p.Bits() < 28 || p.Addr().Is6() && p.Bits() < 80
		if !s.Remove && (s.Rule.Priority != s.Rule.Table || short || !p.IsSingleIP() && p.Contains(netip.MustParseAddr("10.0.1.2")) || p.IsSingleIP() && !good(p.Addr()) || p != p.Masked()) {
			return "rule"
		}
	case SetRoute:
		if !band(s.Route.Table) || s.Route.LinkIndex != 2 {
			return "table of a route"
		}
		if d := s.Route.Destination; !s.Remove && d.Bits() != 0 && (d.Bits() < 16 || d.Addr().Is6() && d.Bits() < 44) {
			return "route"
		}
	case SetMTU:
		if s.MTU < 68 || s.MTU > 9216 {
			return "MTU"
		}
	case Rename:
		if s.To != "data0" {
			return "name"
		}
	case SetAltName:
		if !s.Remove && s.Name != "a" && s.Name != "eni-a" {
			return "alternative name"
		}
	case SetSysctl:
		if s.Sysctl.Link != "eth1" && s.Sysctl.Link != "data0" {
			return "sysctl"
		}
	}
	return ""
}

// withinBounds checks the plan of one random HostInterface, as the agent makes it
// and as it would without having read the spec's problem.
func withinBounds(t *testing.T, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, seed))
	hi, o := hostile(r), hostileHost(r)
	w, pr := Want(hi)
	p := MakePlan(w, Policy{}, o)
	for _, s := range p.Steps {
		if b := beyond(s); b != "" && pr == nil {
			t.Errorf("seed %d: %q is out of bounds (%s)\n%+v", seed, s, b, hi.Spec)
		} else if b != "" && b != "name" && b != "alternative name" {
			t.Errorf("seed %d: the last check passes %q (%s)\n%+v", seed, s, b, hi.Spec)
		}
	}
}

// TestNeverOutOfBounds is the property that no HostInterface leads to an address, a
// rule or a route outside its subnet or in the main table.
func TestNeverOutOfBounds(t *testing.T) {
	for seed := range uint64(20000) {
		withinBounds(t, seed)
	}
}

func FuzzNeverOutOfBounds(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(withinBounds)
}
