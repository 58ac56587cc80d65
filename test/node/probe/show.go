// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/node/network"
)

// show returns the links of the network namespace.
func show() ([]network.Link, error) {
	links, err := netlink.LinkList()
	if err != nil {
		return nil, err
	}
	var out []network.Link
	for _, l := range links {
		a := l.Attrs()
		shown := network.Link{Name: a.Name, MAC: a.HardwareAddr.String(), MTU: a.MTU}
		addrs, err := netlink.AddrList(l, netlink.FAMILY_ALL)
		if err != nil {
			return nil, err
		}
		for _, x := range addrs {
			shown.Addresses = append(shown.Addresses, x.IPNet.String())
		}
		routes, err := netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{LinkIndex: a.Index, Table: unix.RT_TABLE_UNSPEC}, netlink.RT_FILTER_OIF|netlink.RT_FILTER_TABLE)
		if err != nil {
			return nil, err
		}
		for _, r := range routes {
			if r.Table != unix.RT_TABLE_LOCAL {
				shown.Routes = append(shown.Routes, r.String())
			}
		}
		out = append(out, shown)
	}
	return out, nil
}

// settle waits until the duplicate address detection of all IPv6 addresses has ended, before
// which they are not used, and returns how long that took.
func settle() (string, error) {
	started := time.Now()
	for time.Since(started) < 10*time.Second {
		addrs, err := netlink.AddrList(nil, netlink.FAMILY_V6)
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(addrs, func(a netlink.Addr) bool { return a.Flags&unix.IFA_F_TENTATIVE != 0 }) {
			return time.Since(started).String(), nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return "", errors.New("addresses are tentative for 10 s")
}
