// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors" //nolint:depguard // See wrapf.

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// dumpAttempts limits how often an interrupted dump is repeated.
const dumpAttempts = 5

func network(struct{}) (any, error) {
	var out wire.Network
	var err error
	for range dumpAttempts {
		if out, err = dump(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	return out, err
}

func dump() (wire.Network, error) {
	out := wire.Network{Links: []wire.Link{}, Addresses: []wire.Address{}, Routes: []wire.Route{}, Rules: []wire.Rule{}}
	links, err := netlink.LinkList()
	if err != nil {
		return out, err
	}
	names := map[int]string{}
	for _, l := range links {
		a := l.Attrs()
		names[a.Index] = a.Name
		out.Links = append(out.Links, wire.Link{
			Index: a.Index, Name: a.Name, AltNames: a.AltNames, Kind: l.Type(), MAC: a.HardwareAddr.String(), MTU: a.MTU,
			Up: a.RawFlags&unix.IFF_UP != 0,
		})
	}
	addresses, err := netlink.AddrList(nil, netlink.FAMILY_ALL)
	if err != nil {
		return out, err
	}
	for _, a := range addresses {
		out.Addresses = append(out.Addresses, wire.Address{Link: names[a.LinkIndex], Prefix: a.IPNet.String()})
	}
	// FAMILY_ALL would include rules of multicast routing.
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		rules, err := netlink.RuleList(family)
		if err != nil {
			return out, err
		}
		for _, r := range rules {
			rule := wire.Rule{Priority: r.Priority, Table: r.Table, IPv6: family == netlink.FAMILY_V6, Protocol: int(r.Protocol)}
			if r.Src != nil {
				rule.Source = r.Src.String()
			}
			out.Rules = append(out.Rules, rule)
		}
	}
	// With this filter, table 0 selects every table.
	routes, err := netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{}, netlink.RT_FILTER_TABLE)
	if err != nil {
		return out, err
	}
	for _, r := range routes {
		out.Routes = append(out.Routes, describe(r, names))
	}
	return out, nil
}

func describe(r netlink.Route, names map[int]string) wire.Route {
	out := wire.Route{Table: r.Table, Link: names[r.LinkIndex], Protocol: int(r.Protocol), Destination: "default"}
	if r.Dst != nil {
		out.Destination = r.Dst.String()
	}
	if r.Gw != nil {
		out.Gateway = r.Gw.String()
	}
	return out
}
