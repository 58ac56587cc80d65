package agent

import (
	"net/netip"
	"slices"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// routerIPv6 is the link-local address of every VPC's router. It is the same in
// every subnet, unlike the address that its advertisements come from.
const routerIPv6 = "fe80:ec2::1"

// putAddresses puts the ENI's addresses on the link and takes away those that
// are not the ENI's.
//
// Every address is a /32 or /128 without prefix route. With the subnet's
// length the kernel would route the subnet through this link in the main
// table, and a node whose primary interface is in the same subnet would send
// its own traffic here, where EC2 drops it. It would also make one address a
// secondary of the other, to be removed with it.
//
// An address that is there with another length is left so: whoever put it
// there would put it back.
func (p *planner) putAddresses() {
	wanted := p.wanted.addresses()
	has := func(a netip.Addr) bool {
		return slices.ContainsFunc(p.addresses, func(x link.Address) bool { return x.Prefix.Addr() == a })
	}
	for _, a := range p.addresses {
		if !slices.Contains(wanted, a.Prefix.Addr()) && p.stale(a, len(wanted) > 0) {
			p.add(SetAddress{Link: p.link.Name, Address: a, Remove: true})
		}
	}
	for _, a := range wanted {
		if !has(a) {
			p.add(SetAddress{Link: p.link.Name, Address: link.Address{
				LinkIndex: p.link.Index, Prefix: host(a), NoPrefixRoute: true, Permanent: true,
			}})
		}
	}
}

// stale says whether an address that is not wanted is to be removed: our own
// always, that of another only while the agent puts addresses on this link.
func (p *planner) stale(a link.Address, addressing bool) bool {
	addr := a.Prefix.Addr()
	within := func(n netip.Prefix) bool { return n.Contains(addr) }
	switch {
	case !a.Permanent, !addr.IsGlobalUnicast():
		return false
	case slices.ContainsFunc(p.wanted.Prefixes, within):
		// From a delegated prefix anybody may use addresses.
		return false
	case !slices.ContainsFunc(p.wanted.Subnets, within) && !slices.Contains(p.wanted.Addresses, addr):
		return false
	default:
		return addressing || own(a)
	}
}

// own says whether an address has the shape of those that the agent adds.
func own(a link.Address) bool {
	return a.Permanent && a.NoPrefixRoute && a.Prefix.IsSingleIP()
}

// route fills the table of the ENI with the way to its subnet and, through the
// subnet's router, to everywhere.
func (p *planner) route() {
	var wanted []link.Route
	if p.wanted.policyRouted() {
		wanted = append(p.wantedRoutes(true), p.wantedRoutes(false)...)
	}
	for _, r := range p.routes {
		if !slices.ContainsFunc(wanted, func(x link.Route) bool { return sameRoute(x, r) }) {
			p.add(SetRoute{Link: p.link.Name, Route: r, Remove: true})
		}
	}
	for _, r := range wanted {
		if !slices.ContainsFunc(p.routes, func(x link.Route) bool { return sameRoute(x, r) }) {
			p.add(SetRoute{Link: p.link.Name, Route: r})
		}
	}
}

// sameRoute compares what we set. The kernel adds a metric to IPv6 routes and
// drops onlink where it is implied.
func sameRoute(a, b link.Route) bool {
	return a.LinkIndex == b.LinkIndex && a.Table == b.Table && a.Destination == b.Destination && a.Gateway == b.Gateway
}

func (p *planner) wantedRoutes(four bool) []link.Route {
	if len(p.wanted.sources(four)) == 0 {
		return nil
	}
	var out []link.Route
	var gateway netip.Addr
	for _, s := range p.wanted.Subnets {
		if s.Addr().Is4() != four {
			continue
		}
		out = append(out, link.Route{LinkIndex: p.link.Index, Table: p.wanted.Table, Destination: s})
		// EC2 puts the router of each subnet at its second address.
		gateway = s.Addr().Next()
	}
	everywhere := netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	if !four {
		gateway = netip.MustParseAddr(routerIPv6)
		everywhere = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	// onlink: the main table has no route to this subnet through this link, by
	// which the kernel would believe that the gateway is there.
	return append(out, link.Route{
		LinkIndex: p.link.Index, Table: p.wanted.Table, Destination: everywhere, Gateway: gateway, OnLink: four,
	})
}

// wantedRules lead what the ENI may send from to the ENI's table.
func (p *planner) wantedRules() []link.Rule {
	if !p.wanted.policyRouted() {
		return nil
	}
	var out []link.Rule
	for _, from := range append(p.wanted.sources(true), p.wanted.sources(false)...) {
		out = append(out, link.Rule{Priority: p.wanted.Table, From: from, Table: p.wanted.Table})
	}
	return out
}

// rules makes the rules that lead to the ENI's table those wanted.
func (p *planner) rules(wanted []link.Rule) {
	if p.wanted.TableTaken || p.wanted.Table == 0 {
		return
	}
	for _, r := range p.observed.Rules {
		if r.Table == p.wanted.Table && !slices.Contains(wanted, r) {
			p.add(SetRule{Rule: r, Remove: true})
		}
	}
	for _, r := range wanted {
		if !slices.Contains(p.observed.Rules, r) {
			p.add(SetRule{Rule: r})
		}
	}
}
