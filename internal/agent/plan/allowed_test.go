// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// TestAddressTaken plans for an ENI with an address that another link has.
func TestAddressTaken(t *testing.T) {
	on := func(index int, address string) func(*host.Observed) {
		return func(o *host.Observed) {
			o.Addresses = append(o.Addresses, link.Address{LinkIndex: index, Prefix: netip.MustParsePrefix(address), Permanent: true})
		}
	}
	bridge := func(o *host.Observed) { o.Links = append(o.Links, link.Link{Index: 3, Name: "cni0", Kind: "bridge"}) }
	gateway := func(o *host.Observed) {
		o.Defaults = append(o.Defaults, link.Route{LinkIndex: 1, Destination: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr("10.0.1.6")})
	}
	routed := desiredState(mode(v1alpha1.AddressingPolicyRouted))
	cases := map[string]struct {
		reason   string
		desired  desired.State
		observed host.Observed
		withheld []string // of the rules
		problem  string
	}{
		"Primary": {
			reason:  "The node's address is neither added to another link nor routed through it.",
			desired: routed, observed: observed(settledLink, on(1, "10.0.1.5/24")),
			withheld: []string{"10.0.1.5/32"},
			problem:  "AddressTaken: address 10.0.1.5 of the ENI is not used on link eth1: link eth0 has it; remove it there, or unassign it from the ENI",
		},
		"SameSubnet": {reason: "An address of the same subnet is no conflict.", desired: routed, observed: observed(settledLink, on(1, "10.0.1.9/24"))},
		"Gateway": {
			reason:  "The node's gateway is not added as an address.",
			desired: routed, observed: observed(settledLink, gateway),
			withheld: []string{"10.0.1.6/32"},
			problem:  "AddressTaken: address 10.0.1.6 of the ENI is not used on link eth1: it is the gateway of the node's default route; remove it there, or unassign it from the ENI",
		},
		"Prefix": {
			reason:  "A prefix that contains the node's address is not routed.",
			desired: routed, observed: observed(settledLink, on(1, "10.0.1.70/24")),
			withheld: []string{"10.0.1.64/28"},
			problem:  "AddressTaken: address 10.0.1.70 of the ENI is not used on link eth1: link eth0 has it; remove it there, or unassign it from the ENI",
		},
		"Bridge": {reason: "A bridge for pods may have an address from a delegated prefix.", desired: routed, observed: observed(settledLink, bridge, on(3, "10.0.1.65/28"))},
		"Loopback": {reason: "The loopback device may have an address of a delegated prefix.", desired: routed, observed: observed(settledLink, func(o *host.Observed) {
			o.Links = append(o.Links, link.Link{Index: 3, Name: "lo", Kind: link.KindDevice, MAC: "00:00:00:00:00:00"})
		}, on(3, "10.0.1.65/32"))},
		"None": {reason: "Without addressing there is no conflict.", desired: desiredState(), observed: observed(settledLink, on(1, "10.0.1.5/24"))},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := Make(tc.desired, desired.Policy{}, tc.observed)
			problem := ""
			if p.Problem != nil {
				problem = string(p.Problem.Reason) + ": " + p.Problem.Message
				if !slices.Equal(p.Problem.Indexes, []int{1}) {
					t.Errorf("%s\nThe Problem has the index of the link with the address: %v", tc.reason, p.Problem.Indexes)
				}
			}
			if diff := cmp.Diff(tc.problem, problem); diff != "" {
				t.Errorf("\n%s\nproblem: -want, +got:\n%s", tc.reason, diff)
			}
			rules := map[string]bool{"10.0.1.5/32": true, "10.0.1.6/32": true, "10.0.1.64/28": true, "2001:db8:1::5/128": true}
			addresses := map[string]bool{"10.0.1.5/32": true, "10.0.1.6/32": true, "2001:db8:1::5/128": true}
			if !tc.desired.PolicyRouted() {
				rules, addresses = map[string]bool{}, map[string]bool{}
			}
			for _, n := range tc.withheld {
				delete(rules, n)
				delete(addresses, n)
			}
			gotRules, gotAddresses := map[string]bool{}, map[string]bool{}
			for _, s := range p.Steps {
				switch s := s.(type) {
				case host.SetRule:
					gotRules[s.Rule.From.String()] = true
				case host.SetAddress:
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

// TestCheckSteps checks steps that no plan should have.
func TestCheckSteps(t *testing.T) {
	w := desiredState(mode(v1alpha1.AddressingPolicyRouted))
	prefix := netip.MustParsePrefix
	address := func(p string) host.SetAddress {
		return host.SetAddress{Link: "eth1", Address: link.Address{LinkIndex: 2, Prefix: prefix(p), NoPrefixRoute: true, Permanent: true}}
	}
	rule := func(p string, table int) host.SetRule {
		return host.SetRule{Rule: link.Rule{Priority: table, Table: table, From: prefix(p)}}
	}
	route := func(p string, table int, gateway string) host.SetRoute {
		r := link.Route{LinkIndex: 2, Table: table, Destination: prefix(p)}
		if gateway != "" {
			r.Gateway = netip.MustParseAddr(gateway)
		}
		return host.SetRoute{Link: "eth1", Route: r}
	}
	withRoute := address("10.0.1.5/32")
	withRoute.Address.NoPrefixRoute = false
	cases := map[string]struct {
		reason string
		step   host.Step
		ok     bool
	}{
		"Address":         {reason: "An address inside the subnet is added.", step: address("10.0.1.5/32"), ok: true},
		"AddressOutside":  {reason: "An address outside the subnet is rejected.", step: address("10.0.2.5/32")},
		"AddressRange":    {reason: "An address with a prefix length is rejected.", step: address("10.0.1.5/24")},
		"AddressRouted":   {reason: "An address with a prefix route is rejected.", step: withRoute},
		"AddressRemoved":  {reason: "Any address may be removed from the link.", step: host.SetAddress{Address: link.Address{Prefix: prefix("10.9.9.9/24")}, Remove: true}, ok: true},
		"Rule":            {reason: "A rule for a delegated prefix is added.", step: rule("10.0.1.64/28", 20001), ok: true},
		"RuleOfAll":       {reason: "A rule for all addresses is rejected.", step: rule("0.0.0.0/0", 20001)},
		"RuleOfAll6":      {reason: "A rule for all IPv6 addresses is rejected.", step: rule("::/0", 20001)},
		"RuleOfSubnet":    {reason: "A rule for the subnet is rejected.", step: rule("10.0.1.0/24", 20001)},
		"RuleOtherTable":  {reason: "A rule to another interface's table is rejected.", step: rule("10.0.1.5/32", 20002)},
		"RuleMain":        {reason: "A rule to the main table is rejected.", step: rule("10.0.1.5/32", link.TableMain)},
		"RuleRemoved":     {reason: "A rule of an earlier version may be removed.", step: host.SetRule{Rule: rule("0.0.0.0/0", 20001).Rule, Remove: true}, ok: true},
		"RuleMainRemoved": {reason: "A rule outside the range of tables may not be removed.", step: host.SetRule{Rule: rule("0.0.0.0/0", link.TableMain).Rule, Remove: true}},
		"Default":         {reason: "The table of the interface has a default route.", step: route("0.0.0.0/0", 20001, "10.0.1.1"), ok: true},
		"DefaultMain":     {reason: "A default route of the main table is rejected.", step: route("0.0.0.0/0", link.TableMain, "10.0.1.1")},
		"DefaultMain6":    {reason: "An IPv6 default route of the main table is rejected.", step: route("::/0", link.TableMain, "fe80:ec2::1")},
		"DefaultUnspec":   {reason: "Table 0 is the main table.", step: route("0.0.0.0/0", 0, "10.0.1.1")},
		"DefaultOther":    {reason: "A route of another interface's table is rejected.", step: route("0.0.0.0/0", 20002, "10.0.1.1")},
		"DefaultAfter":    {reason: "A table after the last one is rejected.", step: host.SetRoute{Route: route("0.0.0.0/0", 21000, "10.0.1.1").Route, Remove: true}},
		"DefaultNowhere":  {reason: "A default route without a gateway is rejected.", step: route("0.0.0.0/0", 20001, "")},
		"Subnet":          {reason: "A route to the subnet is added.", step: route("10.0.1.0/24", 20001, ""), ok: true},
		"SubnetHuge":      {reason: "A route to a range larger than a subnet is rejected.", step: route("10.0.0.0/8", 20001, "")},
		"MainRemoved":     {reason: "A route of the main table may not be removed.", step: host.SetRoute{Route: route("0.0.0.0/0", link.TableMain, "10.0.1.1").Route, Remove: true}},
		"OtherRemoved":    {reason: "A route of the link in another table of the agent may be removed.", step: host.SetRoute{Route: route("10.0.1.0/24", 20002, "").Route, Remove: true}, ok: true},
		"MTU":             {reason: "An MTU out of bounds is rejected.", step: host.SetMTU{MTU: 9217}},
		"Name":            {reason: "The name all is rejected.", step: host.Rename{To: "all"}},
		"AltName":         {reason: "A path as alternative name is rejected.", step: host.SetAltName{Name: "../a"}},
		"AltNameRemoved":  {reason: "Any alternative name may be removed.", step: host.SetAltName{Name: "../a", Remove: true}, ok: true},
		"Sysctl":          {reason: "Sysctls of all links are rejected.", step: host.SetSysctl{Sysctl: sysfs.Sysctl{Family: "ipv4", Link: "all", Name: "rp_filter"}}},
		"SysctlOfLink":    {reason: "Sysctls of one link are set.", step: host.SetSysctl{Sysctl: sysfs.Sysctl{Family: "ipv4", Link: "eth1", Name: "rp_filter"}}, ok: true},
		"Module":          {reason: "A module that is no userspace driver is rejected.", step: host.LoadModule{Name: "nbd"}},
		"UserspaceDriver": {reason: "A userspace driver is loaded.", step: host.LoadModule{Name: "vfio-pci"}, ok: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			pr := checkSteps(w, []host.Step{host.SetUp{Link: "eth1"}, tc.step})
			if (pr == nil) != tc.ok || pr != nil && (pr.Reason != v1alpha1.ReasonOutOfBounds || !strings.Contains(pr.Message, tc.step.String())) {
				t.Errorf("%s\n%s: %+v", tc.reason, tc.step, pr)
			}
		})
	}
	w.Subnets = []netip.Prefix{prefix("0.0.0.0/0")}
	if checkSteps(w, []host.Step{address("10.0.1.5/32")}) == nil {
		t.Error("A subnet of all addresses is rejected.")
	}
	w.Subnets = nil
	if checkSteps(w, []host.Step{address("10.0.1.5/32")}) == nil {
		t.Error("Without a subnet an address is rejected.")
	}
}

// hostile returns a HostInterface with random valid and invalid values.
func hostile(r *rand.Rand) *v1alpha1.HostInterface {
	from := func(values ...string) string { return values[r.IntN(len(values))] }
	some := func(values ...string) []string {
		var out []string
		for range r.IntN(4) {
			out = append(out, from(values...))
		}
		return out
	}
	hi := &v1alpha1.HostInterface{
		ObjectMeta: metav1.ObjectMeta{Name: "a"},
		Spec: v1alpha1.HostInterfaceSpec{
			NodeName: "node-a", NetworkInterfaceID: "eni-a", DeviceIndex: int32(r.IntN(103) - 1),
			MACAddress: from(testMAC, testMAC, testMAC, "02:00:00:00:00:99", "ff:ff:ff:ff:ff:ff", ""),
			Config:     v1alpha1.HostConfig{Driver: v1alpha1.DriverKernel},
		},
	}
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

// hostileHost returns a host with a random configuration of an earlier agent.
func hostileHost(r *rand.Rand) host.Observed {
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

// beyond returns why a step is out of bounds, or an empty string. It shares no code with
// the agent.
func beyond(s host.Step) string {
	good := func(a netip.Addr) bool {
		b := a.AsSlice()
		switch {
		case a.Zone() != "":
			return false
		case a.Is4() && b[0] == 10 && b[1] == 0:
			// 10.0.0.0/16 may be the subnet, too. The node's, the gateway's and
			// reserved addresses are out of bounds.
			return !slices.Contains([]string{"10.0.1.0", "10.0.1.1", "10.0.1.2"}, a.String())
		default:
			return strings.HasPrefix(a.String(), "2001:db8:1:") && !slices.Contains([]string{"2001:db8:1::", "2001:db8:1::1", "2001:db8:1::2", "2001:db8:1::3"}, a.String())
		}
	}
	band := func(table int) bool { return table >= 20000 && table <= 20999 }
	switch s := s.(type) {
	case host.SetAddress:
		if !s.Remove && (!s.Address.Prefix.IsSingleIP() || !s.Address.NoPrefixRoute || s.Address.LinkIndex != 2 || !good(s.Address.Prefix.Addr())) {
			return "address"
		}
	case host.SetRule:
		p := s.Rule.From
		if !band(s.Rule.Table) {
			return "table of a rule"
		}
		short := p.Bits() < 28 || p.Addr().Is6() && p.Bits() < 80
		if !s.Remove && (s.Rule.Priority != s.Rule.Table || short || !p.IsSingleIP() && p.Contains(netip.MustParseAddr("10.0.1.2")) || p.IsSingleIP() && !good(p.Addr()) || p != p.Masked()) {
			return "rule"
		}
	case host.SetRoute:
		if !band(s.Route.Table) || s.Route.LinkIndex != 2 {
			return "table of a route"
		}
		if d := s.Route.Destination; !s.Remove && d.Bits() != 0 && (d.Bits() < 16 || d.Addr().Is6() && d.Bits() < 44) {
			return "route"
		}
	case host.SetMTU:
		if s.MTU < 68 || s.MTU > 9216 {
			return "MTU"
		}
	case host.Rename:
		if s.To != "data0" {
			return "name"
		}
	case host.SetAltName:
		if !s.Remove && s.Name != "a" && s.Name != "eni-a" {
			return "alternative name"
		}
	case host.SetSysctl:
		if s.Sysctl.Link != "eth1" && s.Sysctl.Link != "data0" {
			return "sysctl"
		}
	}
	return ""
}

// withinBounds checks the plan of one random HostInterface, including an invalid one, for
// which the agent would not make a plan.
func withinBounds(t *testing.T, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, seed))
	hi, o := hostile(r), hostileHost(r)
	w, pr := desired.Parse(hi)
	p := Make(w, desired.Policy{}, o)
	for _, s := range p.Steps {
		if b := beyond(s); b != "" && pr == nil {
			t.Errorf("seed %d: %q is out of bounds (%s)\n%+v", seed, s, b, hi.Spec)
		} else if b != "" && b != "name" && b != "alternative name" {
			t.Errorf("seed %d: the last check passes %q (%s)\n%+v", seed, s, b, hi.Spec)
		}
	}
}

// TestNeverOutOfBounds checks that no HostInterface causes an address, rule or route
// outside its subnet or in the main table.
func TestNeverOutOfBounds(t *testing.T) {
	for seed := range uint64(20000) {
		withinBounds(t, seed)
	}
}

func FuzzNeverOutOfBounds(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(withinBounds)
}
