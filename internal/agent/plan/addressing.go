// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"net/netip"
	"slices"
	"strconv"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/bounds"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// routerIPv6 is the link-local address of the VPC router. It is the same in every
// subnet, unlike the source address of the router's advertisements.
const routerIPv6 = "fe80:ec2::1"

// setAddresses adds the ENI's addresses to the link and removes other addresses of its
// subnet.
//
// Every address is a /32 or /128 without prefix route. With the subnet's
// length the kernel would add a route to the subnet through this link to the main
// table, and a node whose primary interface is in the same subnet would send
// its own traffic here, where EC2 drops it. The kernel would also make one address the
// secondary of the other, and remove both together.
//
// An address with another length is kept: the program that added it would add it again.
// An IPv4 address with a lifetime, as a DHCP client adds, does not replace the agent's: it
// is removed when the lease ends. The kernel does not accept a second IPv6 address.
func (p *planner) setAddresses() {
	addresses := slices.DeleteFunc(slices.Clone(p.desired.LinkAddresses()), func(a netip.Addr) bool { return p.isWithheld(bounds.SingleIP(a)) })
	has := func(a netip.Addr) bool {
		return slices.ContainsFunc(p.addresses, func(x link.Address) bool { return x.Prefix.Addr() == a && (x.Permanent || a.Is6()) })
	}
	for _, a := range p.addresses {
		if !slices.Contains(addresses, a.Prefix.Addr()) && p.isStale(a, len(addresses) > 0) {
			p.add(host.SetAddress{Link: p.link.Name, Address: a, Remove: true})
		}
	}
	for _, a := range addresses {
		if !has(a) {
			p.add(host.SetAddress{Link: p.link.Name, Address: link.Address{
				LinkIndex: p.link.Index, Prefix: bounds.SingleIP(a), NoPrefixRoute: true, Permanent: true,
			}})
		}
	}
}

// isStale reports whether an address that is not desired has to be removed: always if
// the agent added it, otherwise only while the agent manages addresses of this link.
func (p *planner) isStale(a link.Address, addressing bool) bool {
	addr := a.Prefix.Addr()
	within := func(n netip.Prefix) bool { return n.Contains(addr) }
	switch {
	case !a.Permanent, !addr.IsGlobalUnicast():
		return false
	case slices.ContainsFunc(p.desired.Prefixes, within):
		// Any program may use addresses of a delegated prefix.
		return false
	case !slices.ContainsFunc(p.desired.Subnets, within) && !slices.Contains(p.desired.Addresses, addr):
		return false
	default:
		return addressing || isOwn(a)
	}
}

// withhold finds addresses of the ENI that another link of the host has, or that are
// the node's gateway, and sets the problem. EC2 assigns an address to one interface
// only. With such an address or a rule for it on this link, the node would answer for
// the other link, or lose its gateway. The rest of the link is configured.
func (p *planner) withhold() {
	if len(p.desired.LinkAddresses()) == 0 && !p.desired.PolicyRouted() {
		return
	}
	for _, a := range p.observed.Addresses {
		if a.LinkIndex == p.link.Index {
			continue
		}
		p.withholdAddress(a.Prefix.Addr(), "link "+p.nameOf(a.LinkIndex)+" has it", a.LinkIndex)
	}
	for _, d := range p.observed.Defaults {
		if d.LinkIndex != p.link.Index && d.Gateway.IsValid() {
			p.withholdAddress(d.Gateway, "it is the gateway of the node's default route", d.LinkIndex)
		}
	}
}

func (p *planner) withholdAddress(a netip.Addr, why string, index int) {
	withhold := func(n netip.Prefix) {
		p.withheld = append(p.withheld, n)
		if p.problem == nil {
			p.problem = desired.Problemf(v1alpha1.ReasonAddressTaken, "address %s of the ENI is not used on link %s: %s; remove it there, or unassign it from the ENI", a, p.link.Name, why)
		}
		p.problem.Indexes = append(p.problem.Indexes, index)
	}
	if slices.Contains(p.desired.Addresses, a) {
		withhold(bounds.SingleIP(a))
	}
	// Other links, such as a bridge for pods, may have addresses of a delegated prefix.
	// Another ENI may not: EC2 assigns its addresses.
	for _, n := range p.desired.Prefixes {
		if p.desired.PolicyRouted() && n.Contains(a) && p.isDevice(index) {
			withhold(n)
		}
	}
}

func (p *planner) isWithheld(n netip.Prefix) bool { return slices.Contains(p.withheld, n) }

// isDevice reports whether a link can be an ENI, or carries the default route.
func (p *planner) isDevice(index int) bool {
	return desired.DefaultRouteFamily(p.observed.Defaults, index) != "" || slices.ContainsFunc(p.observed.Links, func(l link.Link) bool {
		// The loopback device has no kind either, but a zero MAC address. Programs may
		// add addresses to it to listen on.
		return l.Index == index && (p.policy.AllowsKind(l.Kind) && bounds.CheckMAC(l.MAC) == "" || l.HasName(p.policy.Primary))
	})
}

// nameOf returns the name of a link, for a message.
func (p *planner) nameOf(index int) string {
	for _, l := range p.observed.Links {
		if l.Index == index {
			return l.Name
		}
	}
	return "with index " + strconv.Itoa(index)
}

// isOwn reports whether an address has the form of addresses that the agent adds.
func isOwn(a link.Address) bool {
	return a.Permanent && a.NoPrefixRoute && a.Prefix.IsSingleIP()
}

// setRoutes sets the routes of the ENI's table: to its subnet, and a default route
// through the subnet's router.
func (p *planner) setRoutes() {
	var routes []link.Route
	if p.desired.PolicyRouted() {
		routes = append(p.desiredRoutes(true), p.desiredRoutes(false)...)
	}
	for _, r := range p.routes {
		if !slices.ContainsFunc(routes, func(x link.Route) bool { return sameRoute(x, r) }) {
			p.add(host.SetRoute{Link: p.link.Name, Route: r, Remove: true})
		}
	}
	for _, r := range routes {
		if !slices.ContainsFunc(p.routes, func(x link.Route) bool { return sameRoute(x, r) }) {
			p.add(host.SetRoute{Link: p.link.Name, Route: r})
		}
	}
}

// sameRoute compares the fields that the agent sets. The kernel adds a metric to IPv6
// routes and omits onlink where it is implied.
func sameRoute(a, b link.Route) bool {
	return a.LinkIndex == b.LinkIndex && a.Table == b.Table && a.Destination == b.Destination && a.Gateway == b.Gateway
}

func (p *planner) desiredRoutes(four bool) []link.Route {
	if len(p.desired.SourcePrefixes(four)) == 0 {
		return nil
	}
	var out []link.Route
	var gateway netip.Addr
	for _, s := range p.desired.Subnets {
		if s.Addr().Is4() != four {
			continue
		}
		out = append(out, link.Route{LinkIndex: p.link.Index, Table: p.desired.Table, Destination: s})
		// The VPC router has the second address of each subnet.
		gateway = s.Addr().Next()
	}
	everywhere := netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	if !four {
		gateway = netip.MustParseAddr(routerIPv6)
		everywhere = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	// onlink: the main table has no route to this subnet through this link, without
	// which the kernel rejects the gateway as unreachable.
	return append(out, link.Route{
		LinkIndex: p.link.Index, Table: p.desired.Table, Destination: everywhere, Gateway: gateway, OnLink: four,
	})
}

// desiredRules returns the rules from the ENI's sources to the ENI's table.
func (p *planner) desiredRules() []link.Rule {
	if !p.desired.PolicyRouted() {
		return nil
	}
	var out []link.Rule
	for _, from := range append(p.desired.SourcePrefixes(true), p.desired.SourcePrefixes(false)...) {
		if p.isWithheld(from) {
			continue
		}
		out = append(out, link.Rule{Priority: p.desired.Table, From: from, Table: p.desired.Table})
	}
	return out
}

// setRules sets the rules that lead to the ENI's table.
func (p *planner) setRules(rules []link.Rule) {
	if p.desired.TableTaken || p.desired.Table == 0 {
		return
	}
	for _, r := range p.observed.Rules {
		if r.Table == p.desired.Table && !slices.Contains(rules, r) {
			p.add(host.SetRule{Rule: r, Remove: true})
		}
	}
	for _, r := range rules {
		if !slices.Contains(p.observed.Rules, r) {
			p.add(host.SetRule{Rule: r})
		}
	}
}
