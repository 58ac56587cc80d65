// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"net"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// dumpAttempts limits how often an interrupted dump is repeated. The kernel interrupts
// a dump when the list changes meanwhile. If it does so this often, the caller retries
// later.
const dumpAttempts = 10

// dump repeats a dump that the kernel reports as interrupted: in an incomplete list,
// links look deleted.
func dump[T any](list func() ([]T, error)) ([]T, error) {
	var out []T
	var err error
	for range dumpAttempts {
		if out, err = list(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			return out, err
		}
	}
	return nil, err
}

// Snapshot reads the current state.
func (l *Netlink) Snapshot() (Snapshot, error) {
	s := Snapshot{}

	links, err := dump(l.handle.LinkList)
	if err != nil {
		return s, errors.Wrap(err, "cannot list links")
	}
	for _, nl := range links {
		s.Links = append(s.Links, toLink(nl))
	}

	addresses, err := dump(func() ([]netlink.Addr, error) { return l.handle.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return s, errors.Wrap(err, "cannot list addresses")
	}
	for _, a := range addresses {
		// An address with a peer belongs to a tunnel; this agent adds none.
		if p, ok := prefix(a.IPNet); ok && a.Peer == nil {
			s.Addresses = append(s.Addresses, Address{
				LinkIndex:     a.LinkIndex,
				Prefix:        p,
				NoPrefixRoute: a.Flags&unix.IFA_F_NOPREFIXROUTE != 0,
				Permanent:     a.Flags&unix.IFA_F_PERMANENT != 0,
			})
		}
	}

	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		if err := l.addRoutes(&s, family); err != nil {
			return s, err
		}
		if err := l.addRules(&s, family); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (l *Netlink) addRoutes(s *Snapshot, family int) error {
	// With this filter, RT_TABLE_UNSPEC selects every table.
	every := &netlink.Route{Table: unix.RT_TABLE_UNSPEC}
	routes, err := dump(func() ([]netlink.Route, error) {
		return l.handle.RouteListFiltered(family, every, netlink.RT_FILTER_TABLE)
	})
	if errors.Is(err, unix.EOPNOTSUPP) {
		return nil // The kernel does not support this family.
	}
	if err != nil {
		return errors.Wrap(err, "cannot list routes")
	}
	for _, r := range routes {
		if r.Type != unix.RTN_UNICAST {
			continue
		}
		if isDefault(r) && r.Table == TableMain {
			s.Defaults = append(s.Defaults, toRoutes(r)...)
		}
		if r.Protocol == Protocol {
			s.Routes = append(s.Routes, toRoutes(r)...)
		}
	}
	return nil
}

func (l *Netlink) addRules(s *Snapshot, family int) error {
	rules, err := dump(func() ([]netlink.Rule, error) { return l.handle.RuleList(family) })
	if errors.Is(err, unix.EOPNOTSUPP) {
		return nil
	}
	if err != nil {
		return errors.Wrap(err, "cannot list rules")
	}
	for _, r := range rules {
		if p, ok := prefix(r.Src); ok && r.Protocol == Protocol {
			s.Rules = append(s.Rules, Rule{Priority: r.Priority, From: p, Table: r.Table})
		}
	}
	return nil
}

func toLink(nl netlink.Link) Link {
	a := nl.Attrs()
	return Link{
		Index:    a.Index,
		Name:     a.Name,
		AltNames: slices.Sorted(slices.Values(a.AltNames)),
		Kind:     nl.Type(),
		MAC:      a.HardwareAddr.String(),
		MTU:      a.MTU,
		Up:       a.Flags&net.FlagUp != 0,
	}
}

// toRoutes returns one route for each next hop: several for a multipath route.
func toRoutes(r netlink.Route) []Route {
	destination, ok := prefix(r.Dst)
	if !ok {
		destination = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		if r.Family == netlink.FAMILY_V6 {
			destination = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
		}
	}
	hops := r.MultiPath
	if len(hops) == 0 {
		hops = []*netlink.NexthopInfo{{LinkIndex: r.LinkIndex, Gw: r.Gw, Flags: r.Flags}}
	}
	out := make([]Route, 0, len(hops))
	for _, h := range hops {
		gateway, _ := netip.AddrFromSlice(h.Gw)
		out = append(out, Route{
			LinkIndex:   h.LinkIndex,
			Table:       r.Table,
			Destination: destination,
			Gateway:     gateway.Unmap(),
			OnLink:      h.Flags&unix.RTNH_F_ONLINK != 0,
			Metric:      r.Priority,
		})
	}
	return out
}

func isDefault(r netlink.Route) bool {
	p, ok := prefix(r.Dst)
	return !ok || p.Bits() == 0
}

// prefix converts a network. It reports false for nil and for an invalid address.
func prefix(n *net.IPNet) (netip.Prefix, bool) {
	if n == nil {
		return netip.Prefix{}, false
	}
	addr, ok := netip.AddrFromSlice(n.IP)
	if !ok {
		return netip.Prefix{}, false
	}
	bits, _ := n.Mask.Size()
	return netip.PrefixFrom(addr.Unmap(), bits), true
}
