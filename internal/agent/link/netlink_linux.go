// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Netlink implements Links for a network namespace. It changes links by index, never by
// name: another link can get the name between a read and a change, but not the index.
type Netlink struct {
	handle *netlink.Handle
	// scans is the socket of Scan.
	scans     *nl.SocketHandle
	namespace *Namespace
}

var _ Links = &Netlink{}

// Open returns the links of a network namespace, which must stay open.
func Open(n *Namespace) (*Netlink, error) {
	l := &Netlink{namespace: n}
	err := n.Do(func() error {
		var err error
		if l.handle, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
			return err
		}
		if l.scans, err = openScans(); err != nil {
			l.handle.Close()
		}
		return err
	})
	return l, errors.Wrap(err, "cannot open a netlink socket")
}

// openScans opens the socket of Scan.
func openScans() (*nl.SocketHandle, error) {
	s, err := nl.Subscribe(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	out := &nl.SocketHandle{Socket: s}
	if err := errors.Join(s.SetSendTimeout(&nl.SocketTimeoutTv), s.SetReceiveTimeout(&nl.SocketTimeoutTv)); err != nil {
		out.Close()
		return nil, err
	}
	return out, nil
}

// Close closes the netlink socket.
func (l *Netlink) Close() error {
	l.handle.Close()
	l.scans.Close()
	return nil
}

// Index returns the index of the link with a name.
func (l *Netlink) Index(name string) (int, error) {
	nl, err := l.handle.LinkByName(name)
	switch missing := (netlink.LinkNotFoundError{}); {
	case errors.As(err, &missing):
		return 0, kernelError{class: ErrNoLink, cause: err}
	case err != nil:
		return 0, classify(err)
	case nl.Attrs().Name != name:
		return 0, errors.Wrapf(ErrNoLink, "%q is an alternative name of link %d", name, nl.Attrs().Index)
	default:
		return nl.Attrs().Index, nil
	}
}

// SetUp brings a link up or down.
func (l *Netlink) SetUp(index int, up bool) error {
	if up {
		return classify(l.handle.LinkSetUp(byIndex(index)))
	}
	return classify(l.handle.LinkSetDown(byIndex(index)))
}

// SetName renames a link. Kernels before 6.2 reject it while the link is up.
func (l *Netlink) SetName(index int, name string) error {
	return classify(l.handle.LinkSetName(byIndex(index), name))
}

// SetMTU sets the MTU of a link.
func (l *Netlink) SetMTU(index, mtu int) error {
	return classify(l.handle.LinkSetMTU(byIndex(index), mtu))
}

// AddAltName adds an alternative name.
func (l *Netlink) AddAltName(index int, name string) error {
	return classify(l.handle.LinkAddAltName(byIndex(index), name))
}

// DelAltName removes an alternative name.
func (l *Netlink) DelAltName(index int, name string) error {
	return classify(l.handle.LinkDelAltName(byIndex(index), name))
}

// AddAddress adds an address to a link.
func (l *Netlink) AddAddress(a Address) error {
	return classify(l.handle.AddrAdd(byIndex(a.LinkIndex), address(a)))
}

// DelAddress removes an address from a link.
func (l *Netlink) DelAddress(a Address) error {
	return classify(l.handle.AddrDel(byIndex(a.LinkIndex), address(a)))
}

// AddRoute adds a route, replacing a route to the same destination in its table.
func (l *Netlink) AddRoute(r Route) error {
	return classify(l.handle.RouteReplace(route(r)))
}

// DelRoute removes a route with Protocol.
func (l *Netlink) DelRoute(r Route) error {
	return classify(l.handle.RouteDel(route(r)))
}

// AddRule adds a rule.
func (l *Netlink) AddRule(r Rule) error {
	return classify(l.handle.RuleAdd(rule(r)))
}

// DelRule removes a rule with Protocol.
func (l *Netlink) DelRule(r Rule) error {
	return classify(l.handle.RuleDel(rule(r)))
}

func byIndex(index int) netlink.Link {
	return &netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: index}}
}

func address(a Address) *netlink.Addr {
	out := &netlink.Addr{IPNet: ipNet(a.Prefix), LinkIndex: a.LinkIndex}
	if a.NoPrefixRoute {
		out.Flags |= unix.IFA_F_NOPREFIXROUTE
	}
	// EC2 assigns an address to one ENI only. Duplicate address detection would keep
	// the address tentative for about a second.
	if a.Prefix.Addr().Is6() {
		out.Flags |= unix.IFA_F_NODAD
	}
	return out
}

func route(r Route) *netlink.Route {
	out := &netlink.Route{
		LinkIndex: r.LinkIndex,
		Table:     r.Table,
		Dst:       ipNet(r.Destination),
		Protocol:  Protocol,
		Priority:  r.Metric,
	}
	if r.Gateway.IsValid() {
		out.Gw = r.Gateway.AsSlice()
	} else {
		out.Scope = unix.RT_SCOPE_LINK
	}
	if r.OnLink {
		out.Flags = unix.RTNH_F_ONLINK
	}
	return out
}

func rule(r Rule) *netlink.Rule {
	out := netlink.NewRule()
	out.Priority = r.Priority
	out.Src = ipNet(r.From)
	out.Table = r.Table
	out.Protocol = Protocol
	return out
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
