package agent

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// Bounds of what an agent applies, whatever a HostInterface contains. A
// HostInterface repeats what EC2 returned to the provider, or what a status
// contained. The agent runs with NET_ADMIN on the node, so it trusts neither.
//
// EC2 subnets are /16 to /28 for IPv4 and /44 to /64 for IPv6; delegated prefixes
// are /28 and /80:
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html
const (
	shortestIPv4Subnet, longestIPv4Subnet  = 16, 28
	shortestIPv6Subnet, longestIPv6Subnet  = 44, 64
	shortestIPv4Prefix, shortestIPv6Prefix = 28, 80

	// The largest instance types have 50 addresses and prefixes per ENI and
	// family. The CRD has the same maxima.
	maxAddresses = 256
	maxSubnets   = 8
	maxAltNames  = 16

	// IFNAMSIZ and ALTIFNAMSIZ of linux/if.h, without the final zero.
	maxLinkName, maxAltName = 15, 127

	// EC2 reserves the first four addresses of a subnet and the last. The second
	// is the router's: on a link, it would cut the node off from its gateway.
	reservedAddresses = 4
)

const (
	// MinMTU is the MTU that IPv4 requires (RFC 791).
	MinMTU = 68
	// MaxMTU is the largest MTU that ENA supports.
	MaxMTU = 9216
)

func outOfBounds(field, value, allowed string) *Problem {
	return problem(v1alpha1.ReasonOutOfBounds, "spec.%s: %q is out of bounds: %s", field, value, allowed)
}

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

// special returns which special range p overlaps, or an empty string.
func special(p netip.Prefix) string {
	for _, r := range specialRanges() {
		if s := netip.MustParsePrefix(r.prefix); s.Overlaps(p) {
			return fmt.Sprintf("%s (%s)", r.prefix, r.what)
		}
	}
	return ""
}

// notSubnet returns why p is not the range of an EC2 subnet, or an empty string.
func notSubnet(p netip.Prefix) string {
	shortest, longest := shortestIPv4Subnet, longestIPv4Subnet
	if !p.Addr().Is4() {
		shortest, longest = shortestIPv6Subnet, longestIPv6Subnet
	}
	switch {
	case p.Bits() < shortest || p.Bits() > longest:
		return fmt.Sprintf("the range of a subnet is a /%d to /%d", shortest, longest)
	case p != p.Masked():
		return fmt.Sprintf("bits after the prefix length must be 0, as in %s", p.Masked())
	case special(p) != "":
		return "the range of a subnet does not overlap " + special(p)
	default:
		return ""
	}
}

// notAddress returns why a is not an address that EC2 assigns to an ENI in one of
// the subnets, or an empty string. Without a subnet of the family only the kind of
// the address is checked.
func notAddress(a netip.Addr, subnets []netip.Prefix) string {
	if a.Zone() != "" {
		return "an address of an ENI has no zone"
	}
	if s := special(host(a)); s != "" {
		return "an address of an ENI is not in " + s
	}
	of := ofFamily(subnets, a.Is4())
	for _, n := range of {
		if n.Contains(a) {
			return reserved(a, n)
		}
	}
	return outsideOf(of)
}

// reserved returns why EC2 does not assign a in a subnet, or an empty string.
func reserved(a netip.Addr, subnet netip.Prefix) string {
	first := subnet.Masked().Addr()
	taken := !subnet.Contains(a.Next())
	for range reservedAddresses {
		taken = taken || a == first
		first = first.Next()
	}
	if taken {
		return fmt.Sprintf("EC2 reserves the first %d addresses and the last of subnet %s", reservedAddresses, subnet)
	}
	return ""
}

// notPrefix returns why p is not a prefix that EC2 delegates to an ENI in one of
// the subnets, or an empty string.
func notPrefix(p netip.Prefix, subnets []netip.Prefix) string {
	shortest := shortestIPv4Prefix
	if !p.Addr().Is4() {
		shortest = shortestIPv6Prefix
	}
	switch {
	case p.Bits() < shortest:
		return fmt.Sprintf("a delegated prefix is a /%d or longer", shortest)
	case p != p.Masked():
		return fmt.Sprintf("bits after the prefix length must be 0, as in %s", p.Masked())
	case special(p) != "":
		return "a delegated prefix does not overlap " + special(p)
	}
	of := ofFamily(subnets, p.Addr().Is4())
	for _, n := range of {
		if n.Contains(p.Addr()) && n.Bits() <= p.Bits() {
			return ""
		}
	}
	return outsideOf(of)
}

func ofFamily(subnets []netip.Prefix, four bool) []netip.Prefix {
	return slices.DeleteFunc(slices.Clone(subnets), func(n netip.Prefix) bool { return n.Addr().Is4() != four })
}

// outsideOf is why what is in none of the subnets is refused. Without a subnet it
// is not refused here: check reports the missing range where it is needed.
func outsideOf(subnets []netip.Prefix) string {
	if len(subnets) == 0 {
		return ""
	}
	names := make([]string, 0, len(subnets))
	for _, n := range subnets[:min(3, len(subnets))] {
		names = append(names, n.String())
	}
	return "it must be inside the subnet's range " + strings.Join(names, ", ")
}

// notMAC returns why s is not the MAC address of a device, or an empty string.
func notMAC(s string) string {
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

// notName returns why a link cannot have s as its name or an alternative name, or
// an empty string. Names become parts of paths below /proc/sys/net, where all and
// default apply to every link.
func notName(s string, longest int) string {
	other := func(r rune) bool { return !letter(r) && !digit(r) && !strings.ContainsRune("_.-", r) }
	switch {
	case s == "" || len(s) > longest:
		return fmt.Sprintf("a name has 1 to %d characters", longest)
	case strings.ContainsFunc(s, other) || !letter(rune(s[0])) && !digit(rune(s[0])):
		return "a name consists of letters, digits, '_', '.' and '-', and begins with a letter or digit"
	case s == "lo" || s == "all" || s == "default":
		return "lo, all and default are reserved"
	default:
		return ""
	}
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func digit(r rune) bool  { return r >= '0' && r <= '9' }

// notMTU returns why no link can have an MTU, or an empty string.
func notMTU(m int) string {
	if m < MinMTU || m > MaxMTU {
		return fmt.Sprintf("an MTU is %d to %d", MinMTU, MaxMTU)
	}
	return ""
}

// tooMany returns a Problem if a list has more than most items.
func tooMany(field string, values []string, most int) *Problem {
	if len(values) <= most {
		return nil
	}
	return problem(v1alpha1.ReasonOutOfBounds, "spec.%s has %d items: at most %d are allowed", field, len(values), most)
}

// checkNames returns the first problem with what identifies and names the link.
func checkNames(s v1alpha1.HostInterfaceSpec) *Problem {
	var pr *Problem
	check := func(field, value, allowed string) {
		if allowed != "" {
			pr = cmp.Or(pr, outOfBounds(field, value, allowed))
		}
	}
	c := s.Config
	check("macAddress", s.MACAddress, notMAC(s.MACAddress))
	check("networkInterfaceId", s.NetworkInterfaceID, notName(s.NetworkInterfaceID, maxAltName))
	if c.InterfaceName != nil {
		allowed := notName(*c.InterfaceName, maxLinkName)
		if allowed == "" && !letter(rune((*c.InterfaceName)[0])) {
			allowed = "the name of a link begins with a letter"
		}
		check("config.interfaceName", *c.InterfaceName, allowed)
	}
	if c.MTU != nil {
		check("config.mtu", fmt.Sprint(*c.MTU), notMTU(int(*c.MTU)))
	}
	pr = cmp.Or(pr, tooMany("config.altNames", c.AltNames, maxAltNames))
	for _, n := range c.AltNames {
		check("config.altNames", n, notName(n, maxAltName))
	}
	if c.Driver == v1alpha1.DriverDPDK && c.DPDK != nil && c.DPDK.Driver != "" && !userspaceDriver(string(c.DPDK.Driver)) {
		check("config.dpdk.driver", string(c.DPDK.Driver), "a userspace driver is vfio-pci, igb_uio or uio_pci_generic")
	}
	return pr
}

// inBand reports whether a routing table is one of the agent's.
func inBand(table int) bool {
	return table >= firstTable && table < firstTable+tablesOfCard*cards
}

// refuseSteps is the last check before steps are taken. What they must not do is
// decided again here, from the steps alone, so that a mistake in reading a
// HostInterface or in planning changes nothing on the host.
func refuseSteps(w Wanted, steps []Step) *Problem {
	for _, s := range steps {
		if allowed := notAllowed(w, s); allowed != "" {
			return problem(v1alpha1.ReasonOutOfBounds, "%q is out of bounds: %s", s, allowed)
		}
	}
	return nil
}

// notAllowed returns why a step must not be taken, or an empty string.
func notAllowed(w Wanted, s Step) string {
	switch s := s.(type) {
	case SetAddress:
		if s.Remove {
			return ""
		}
		return notAllowedAddress(w, s.Address.Prefix, s.Address.NoPrefixRoute)
	case SetRoute:
		return notAllowedRoute(w, s)
	case SetRule:
		if s.Rule.Table != w.Table || !inBand(s.Rule.Table) {
			return fmt.Sprintf("rules lead to the table of the interface, %d to %d", firstTable, firstTable+tablesOfCard*cards-1)
		}
		if s.Remove {
			return ""
		}
		return notAllowedRule(w, s.Rule.From)
	case SetMTU:
		return notMTU(s.MTU)
	case Rename:
		return notName(s.To, maxLinkName)
	case SetAltName:
		if s.Remove {
			return ""
		}
		return notName(s.Name, maxAltName)
	case SetSysctl:
		if l := s.Sysctl.Link; l == "lo" || l == "all" || l == "default" {
			return "settings are of one link"
		}
	case LoadModule:
		if !userspaceDriver(s.Name) {
			return "only modules of userspace drivers are loaded"
		}
	}
	return ""
}

func notAllowedAddress(w Wanted, p netip.Prefix, noPrefixRoute bool) string {
	if !p.IsSingleIP() || !noPrefixRoute {
		return "an address is added alone, without a route in the main table"
	}
	return notAllowedRule(w, p)
}

func notAllowedRoute(w Wanted, s SetRoute) string {
	switch r := s.Route; {
	case !inBand(r.Table) || !s.Remove && r.Table != w.Table:
		return fmt.Sprintf("routes are in the table of the interface, %d to %d", firstTable, firstTable+tablesOfCard*cards-1)
	case s.Remove, r.Destination.Bits() == 0 && r.Gateway.IsValid():
		return ""
	default:
		return notSubnet(r.Destination)
	}
}

// notAllowedRule returns why a rule from p must not be added, or an empty string.
func notAllowedRule(w Wanted, p netip.Prefix) string {
	for _, n := range ofFamily(w.Subnets, p.Addr().Is4()) {
		if not := notSubnet(n); not != "" {
			return not
		}
	}
	if len(ofFamily(w.Subnets, p.Addr().Is4())) == 0 {
		return "the range of the subnet is not known"
	}
	if p.IsSingleIP() {
		return notAddress(p.Addr(), w.Subnets)
	}
	return notPrefix(p, w.Subnets)
}
