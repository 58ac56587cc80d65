// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agenttest

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// String returns the host's configuration as sorted commands. It omits the kernel's own
// configuration: loopback, link-local addresses and their routes, the local table,
// default rules, and settings that equal the default of new links.
func (h *Host) String() string { return h.print(func(string) bool { return true }, true) }

// Of returns the configuration of some links, by name, without rules.
func (h *Host) Of(names ...string) string {
	return h.print(func(n string) bool { return slices.Contains(names, n) }, false)
}

func (h *Host) print(of func(string) bool, rules bool) string {
	h.t.Helper()
	links, err := dump(h.Netlink.LinkList)
	h.Do(err)
	var lines []string
	byIndex := map[int]string{}
	for _, l := range links {
		a := l.Attrs()
		if a.Name == "lo" || !of(a.Name) {
			continue
		}
		byIndex[a.Index] = a.Name
		state := "down"
		if a.Flags&net.FlagUp != 0 {
			state = "up"
		}
		lines = append(lines, fmt.Sprintf("ip link set dev %s address %s mtu %d %s", a.Name, a.HardwareAddr, a.MTU, state))
		for _, n := range a.AltNames {
			lines = append(lines, fmt.Sprintf("ip link property add dev %s altname %s", a.Name, n))
		}
		lines = append(lines, h.settings(a.Name)...)
	}
	lines = append(lines, h.addresses(byIndex)...)
	lines = append(lines, h.routes(byIndex)...)
	if rules {
		lines = append(lines, h.rules()...)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (h *Host) addresses(byIndex map[int]string) []string {
	h.t.Helper()
	var lines []string
	addresses, err := dump(func() ([]netlink.Addr, error) { return h.Netlink.AddrList(nil, netlink.FAMILY_ALL) })
	h.Do(err)
	for _, a := range addresses {
		name, ok := byIndex[a.LinkIndex]
		if !ok || a.IP.IsLinkLocalUnicast() {
			continue
		}
		line := fmt.Sprintf("ip address add %s dev %s", a.IPNet, name)
		if a.Flags&unix.IFA_F_NOPREFIXROUTE != 0 {
			line += " noprefixroute"
		}
		lines = append(lines, line)
	}
	return lines
}

func (h *Host) routes(byIndex map[int]string) []string {
	h.t.Helper()
	var lines []string
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		routes, err := dump(func() ([]netlink.Route, error) {
			return h.Netlink.RouteListFiltered(family, &netlink.Route{}, netlink.RT_FILTER_TABLE)
		})
		h.Do(err)
		for _, r := range routes {
			name, ok := byIndex[r.LinkIndex]
			// The kernel adds a route to fe80::/64 to every link.
			if !ok || r.Table == unix.RT_TABLE_LOCAL || r.Dst != nil && r.Dst.IP.IsLinkLocalUnicast() {
				continue
			}
			to := r.Dst.String()
			if ones, _ := r.Dst.Mask.Size(); ones == 0 {
				to = "default"
			}
			if r.Gw != nil {
				to += " via " + r.Gw.String()
			}
			metric := ""
			if r.Priority != 0 && family == netlink.FAMILY_V4 {
				metric = fmt.Sprintf(" metric %d", r.Priority)
			}
			lines = append(lines, fmt.Sprintf("ip route add %s dev %s table %d proto %d%s", to, name, r.Table, r.Protocol, metric))
		}
	}
	return lines
}

func (h *Host) rules() []string {
	h.t.Helper()
	var lines []string
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		rules, err := dump(func() ([]netlink.Rule, error) { return h.Netlink.RuleList(family) })
		h.Do(err)
		for _, r := range rules {
			if r.Protocol == unix.RTPROT_KERNEL {
				continue
			}
			from := "all"
			if r.Src != nil {
				from = r.Src.String()
			}
			lines = append(lines, fmt.Sprintf("ip rule add from %s lookup %d pref %d protocol %d", from, r.Table, r.Priority, r.Protocol))
		}
	}
	return lines
}

// settings returns the sysctls that package agent may set, if they differ from the
// default of new links.
func (h *Host) settings(name string) []string {
	h.t.Helper()
	var lines []string
	for _, s := range []sysfs.Sysctl{
		{Family: "ipv4", Name: "rp_filter"},
		{Family: "ipv4", Name: "arp_ignore"},
		{Family: "ipv4", Name: "arp_announce"},
		{Family: "ipv6", Name: "accept_ra"},
	} {
		s.Link = sysfs.DefaultLink
		standard, _, err := h.sysctls.Get(s)
		h.Do(err)
		s.Link = name
		value, ok, err := h.sysctls.Get(s)
		h.Do(err)
		if ok && value != standard {
			lines = append(lines, fmt.Sprintf("sysctl -w %s=%s", s, value))
		}
	}
	return lines
}

// dump repeats a dump that the kernel interrupted.
func dump[T any](list func() ([]T, error)) ([]T, error) {
	for {
		out, err := list()
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			return out, err
		}
	}
}
