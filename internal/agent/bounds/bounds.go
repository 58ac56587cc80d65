// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package bounds

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Limits of the values that an agent applies, whatever a HostInterface contains. A
// HostInterface repeats values that EC2 returned or that a status contained. The agent
// runs with NET_ADMIN on the node, so it trusts neither.
//
// EC2 subnets are /16 to /28 for IPv4 and /44 to /64 for IPv6; delegated prefixes
// are /28 and /80:
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html
const (
	shortestIPv4Subnet, longestIPv4Subnet  = 16, 28
	shortestIPv6Subnet, longestIPv6Subnet  = 44, 64
	shortestIPv4Prefix, shortestIPv6Prefix = 28, 80

	// ReservedAddresses is the number of addresses that EC2 reserves at the beginning of
	// a subnet. It also reserves the last one. The second is the router's: on a link, it would cut the node off from its gateway.
	ReservedAddresses = 4
)

const (
	// MinMTU is the MTU that IPv4 requires (RFC 791).
	MinMTU = 68
	// MaxMTU is the largest MTU that ENA supports.
	MaxMTU = 9216
)

// Maxima of a HostInterface. The CRD has the same.
const (
	// MaxAddresses is the number of addresses, and of prefixes, per family. The largest
	// instance types support 50 per ENI.
	MaxAddresses = 256
	// MaxSubnets is the number of IPv6 ranges of a subnet.
	MaxSubnets = 8
	// MaxAltNames is the number of alternative names.
	MaxAltNames = 16
	// MaxLinkName is the length of a link's name: IFNAMSIZ of linux/if.h, without the
	// final zero.
	MaxLinkName = 15
	// MaxAltName is the length of an alternative name: ALTIFNAMSIZ, likewise.
	MaxAltName = 127
)

// Numbers of routing tables; rules have the number of their table as priority. The
// range is higher than the rules of the VPC CNI (1 to 1536) and lower than its 32765,
// and does not overlap the tables that the CNI numbers by device index. Amazon's
// ec2-net-utils uses the same scheme, starting at 10000.
const (
	// FirstTable is the table of device index 0 on network card 0.
	FirstTable = 20000
	// TablesPerCard is the number of device indexes per network card.
	TablesPerCard = 100
	// MaxCards is the number of network cards.
	MaxCards = 10
)

// specialRanges are ranges that no subnet of EC2 overlaps.
func specialRanges() []struct{ prefix, what string } {
	return []struct{ prefix, what string }{
		{"0.0.0.0/8", "the unspecified address"},
		{"127.0.0.0/8", "loopback addresses"},
		{"169.254.0.0/16", "link-local addresses"},
		{"224.0.0.0/4", "multicast addresses"},
		{"240.0.0.0/4", "reserved and broadcast addresses"},
		{"::/8", "the unspecified, the loopback and IPv4-mapped addresses"},
		{"fd00:ec2::/32", "services of EC2, such as instance metadata"},
		{"fe80::/10", "link-local addresses"},
		{"ff00::/8", "multicast addresses"},
	}
}

// overlapsSpecial returns which special range p overlaps, or an empty string.
func overlapsSpecial(p netip.Prefix) string {
	for _, r := range specialRanges() {
		if s := netip.MustParsePrefix(r.prefix); s.Overlaps(p) {
			return fmt.Sprintf("%s (%s)", r.prefix, r.what)
		}
	}
	return ""
}

// CheckSubnet returns why p is not the range of an EC2 subnet, or an empty string.
func CheckSubnet(p netip.Prefix) string {
	shortest, longest := shortestIPv4Subnet, longestIPv4Subnet
	if !p.Addr().Is4() {
		shortest, longest = shortestIPv6Subnet, longestIPv6Subnet
	}
	switch {
	case p.Bits() < shortest || p.Bits() > longest:
		return fmt.Sprintf("the range of a subnet is a /%d to /%d", shortest, longest)
	case p != p.Masked():
		return fmt.Sprintf("bits after the prefix length must be 0, as in %s", p.Masked())
	case overlapsSpecial(p) != "":
		return "the range of a subnet does not overlap " + overlapsSpecial(p)
	default:
		return ""
	}
}

// CheckAddress returns why a is not an address that EC2 assigns to an ENI in one of
// the subnets, or an empty string. Without a subnet of the family only the kind of
// the address is checked.
func CheckAddress(a netip.Addr, subnets []netip.Prefix) string {
	if a.Zone() != "" {
		return "an address of an ENI has no zone"
	}
	if s := overlapsSpecial(SingleIP(a)); s != "" {
		return "an address of an ENI is not in " + s
	}
	of := OfFamily(subnets, a.Is4())
	for _, n := range of {
		if n.Contains(a) {
			return checkReserved(a, n)
		}
	}
	return outsideSubnets(of)
}

// checkReserved returns why EC2 does not assign a in a subnet, or an empty string.
func checkReserved(a netip.Addr, subnet netip.Prefix) string {
	first := subnet.Masked().Addr()
	taken := !subnet.Contains(a.Next())
	for range ReservedAddresses {
		taken = taken || a == first
		first = first.Next()
	}
	if taken {
		return fmt.Sprintf("EC2 reserves the first %d addresses and the last of subnet %s", ReservedAddresses, subnet)
	}
	return ""
}

// CheckPrefix returns why p is not a prefix that EC2 delegates to an ENI in one of
// the subnets, or an empty string.
func CheckPrefix(p netip.Prefix, subnets []netip.Prefix) string {
	shortest := shortestIPv4Prefix
	if !p.Addr().Is4() {
		shortest = shortestIPv6Prefix
	}
	switch {
	case p.Bits() < shortest:
		return fmt.Sprintf("a delegated prefix is a /%d or longer", shortest)
	case p != p.Masked():
		return fmt.Sprintf("bits after the prefix length must be 0, as in %s", p.Masked())
	case overlapsSpecial(p) != "":
		return "a delegated prefix does not overlap " + overlapsSpecial(p)
	}
	of := OfFamily(subnets, p.Addr().Is4())
	for _, n := range of {
		if n.Contains(p.Addr()) && n.Bits() <= p.Bits() {
			return ""
		}
	}
	return outsideSubnets(of)
}

// OfFamily returns the subnets of one address family.
func OfFamily(subnets []netip.Prefix, four bool) []netip.Prefix {
	return slices.DeleteFunc(slices.Clone(subnets), func(n netip.Prefix) bool { return n.Addr().Is4() != four })
}

// outsideSubnets returns the message for a value in none of the subnets. Without a
// subnet it is empty: package desired reports a missing range where it is required.
func outsideSubnets(subnets []netip.Prefix) string {
	if len(subnets) == 0 {
		return ""
	}
	names := make([]string, 0, len(subnets))
	for _, n := range subnets[:min(3, len(subnets))] {
		names = append(names, n.String())
	}
	return "it must be inside the subnet's range " + strings.Join(names, ", ")
}

// CheckMAC returns why s is not the MAC address of a device, or an empty string.
func CheckMAC(s string) string {
	m, err := net.ParseMAC(s)
	switch {
	case err != nil || len(m) != 6 || m.String() != s:
		return "a MAC address is six bytes in lower case with colons, such as 02:42:ac:11:00:02"
	case m[0]&1 != 0:
		return "the MAC address of a device is neither multicast nor broadcast"
	case s == "00:00:00:00:00:00":
		return "the MAC address of a device is not zero"
	default:
		return ""
	}
}

// CheckName returns why a link cannot have s as its name or an alternative name, or
// an empty string. Names become parts of paths below /proc/sys/net, where all and
// default apply to every link.
func CheckName(s string, longest int) string {
	other := func(r rune) bool { return !IsLetter(r) && !isDigit(r) && !strings.ContainsRune("_.-", r) }
	switch {
	case s == "" || len(s) > longest:
		return fmt.Sprintf("a name has 1 to %d characters", longest)
	case strings.ContainsFunc(s, other) || !IsLetter(rune(s[0])) && !isDigit(rune(s[0])):
		return "a name consists of letters, digits, '_', '.' and '-', and begins with a letter or digit"
	case s == "lo" || s == "all" || s == "default":
		return "lo, all and default are reserved"
	default:
		return ""
	}
}

// IsLetter reports whether r is an ASCII letter.
func IsLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func isDigit(r rune) bool  { return r >= '0' && r <= '9' }

// CheckMTU returns why no link can have an MTU, or an empty string.
func CheckMTU(m int) string {
	if m < MinMTU || m > MaxMTU {
		return fmt.Sprintf("an MTU is %d to %d", MinMTU, MaxMTU)
	}
	return ""
}

// InBand reports whether a routing table is one of the agent's.
func InBand(table int) bool {
	return table >= FirstTable && table < FirstTable+TablesPerCard*MaxCards
}

// Table returns the routing table of a device index on a network card, or 0 outside the
// range of tables: there two devices would share a table, and each would remove the
// rules of the other.
func Table(card, device int32) int {
	if device < 0 || device >= TablesPerCard || card < 0 || card >= MaxCards {
		return 0
	}
	return FirstTable + TablesPerCard*int(card) + int(device)
}

// SingleIP returns the prefix of one address.
func SingleIP(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }
