// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agenttest

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// A Router simulates the VPC of a Host: at the peer of each link is the router of the
// subnet, which answers ARP for every address of the subnet, and drops IPv4 packets
// with a source address of another link, as EC2's source check does. One client is
// behind it.
type Router struct {
	h  *Host
	ns *link.Namespace
}

// NewRouter creates a router for the links that are plugged in. gateways are its
// addresses in the subnet, client the addresses of the client.
func (h *Host) NewRouter(gateways, client []string) *Router {
	h.t.Helper()
	ns, err := link.OpenNamespace(fmt.Sprintf("/proc/self/fd/%d", int(h.network)))
	h.Do(err)
	h.t.Cleanup(func() { _ = ns.Close() })
	r := &Router{h: h, ns: ns}
	lo, err := h.far.LinkByName("lo")
	h.Do(err)
	h.Do(h.far.LinkSetUp(lo))
	for _, a := range client {
		h.Do(h.far.AddrAdd(lo, h.Address(a)))
	}
	links, err := h.far.LinkList()
	h.Do(err)
	for _, l := range links {
		if l.Type() != "veth" {
			continue
		}
		r.sysctl("ipv4", l.Attrs().Name, "rp_filter", "1")
		r.sysctl("ipv4", l.Attrs().Name, "proxy_arp", "1")
		for _, a := range gateways {
			x := h.Address(a)
			x.Flags = unixNoDAD
			h.Do(h.far.AddrAdd(l, x))
		}
	}
	return r
}

// unixNoDAD is IFA_F_NODAD: the address is usable at once.
const unixNoDAD = 0x02

func (r *Router) sysctl(family, l, name, value string) {
	r.h.t.Helper()
	proc, err := sysfs.Open("/proc")
	r.h.Do(err)
	defer func() { _ = proc.Close() }()
	r.h.Do(sysfs.NewSysctls(proc, r.ns.Do).Set(sysfs.Sysctl{Family: family, Link: l, Name: name}, value, func() error { return nil }))
}

// Owns routes an address to a link of the host, and accepts packets from the address on
// that link only. As in a VPC, the router does not send ARP requests.
func (r *Router) Owns(name string, addresses ...string) {
	r.h.t.Helper()
	port, mac := r.port(name).Attrs().Index, r.h.Link(name).Attrs().HardwareAddr
	for _, s := range addresses {
		a := netip.MustParseAddr(s)
		ip := net.IP(a.AsSlice())
		r.h.Do(r.h.far.RouteAdd(&netlink.Route{LinkIndex: port, Dst: &net.IPNet{IP: ip, Mask: net.CIDRMask(a.BitLen(), a.BitLen())}}))
		r.h.Do(r.h.far.NeighAdd(&netlink.Neigh{LinkIndex: port, State: netlink.NUD_PERMANENT, IP: ip, HardwareAddr: mac}))
	}
}

func (r *Router) port(name string) netlink.Link {
	r.h.t.Helper()
	l, err := r.h.far.LinkByName("to-" + name)
	r.h.Do(err)
	return l
}

// Received returns the number of packets received from a link of the host.
func (r *Router) Received(name string) uint64 {
	r.h.t.Helper()
	return r.port(name).Attrs().Statistics.RxPackets
}

// Echo connects from the client to a TCP address of the host, sends a line and reads it
// back.
func (r *Router) Echo(ctx context.Context, from, to string) error {
	return r.ns.Do(func() error {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: time.Second}
		c, err := d.DialContext(ctx, "tcp", to)
		if err != nil {
			return errors.Wrapf(err, "cannot connect to %q", to)
		}
		defer func() { _ = c.Close() }()
		if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
			return errors.Wrap(err, "cannot set the deadline")
		}
		if _, err := c.Write([]byte("hello\n")); err != nil {
			return errors.Wrapf(err, "cannot write to %q", to)
		}
		b := make([]byte, 6)
		_, err = c.Read(b)
		return errors.Wrapf(err, "cannot read from %q", to)
	})
}

// Ping sends echo requests from the client to an address of the host, and returns the
// number of replies within a second of the last request.
func (r *Router) Ping(from, to string, times int) (int, error) {
	answers := 0
	err := r.ns.Do(func() error {
		var err error
		answers, err = ping(from, to, times)
		return err
	})
	return answers, err
}

func ping(from, to string, times int) (int, error) {
	network, kind, protocol := "ip4:icmp", icmp.Type(ipv4.ICMPTypeEcho), 1
	if netip.MustParseAddr(to).Is6() {
		network, kind, protocol = "ip6:ipv6-icmp", ipv6.ICMPTypeEchoRequest, 58
	}
	c, err := icmp.ListenPacket(network, from)
	if err != nil {
		return 0, errors.Wrap(err, "cannot open a raw socket")
	}
	defer func() { _ = c.Close() }()
	for i := range times {
		b, err := (&icmp.Message{Type: kind, Body: &icmp.Echo{ID: 4711, Seq: i, Data: []byte("ping")}}).Marshal(nil)
		if err != nil {
			return 0, errors.Wrap(err, "cannot encode an echo request")
		}
		if _, err := c.WriteTo(b, &net.IPAddr{IP: net.ParseIP(to)}); err != nil {
			return 0, errors.Wrapf(err, "cannot ping %q", to)
		}
	}
	if err := c.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		return 0, errors.Wrap(err, "cannot set the deadline")
	}
	answers, b := 0, make([]byte, 1500)
	for answers < times {
		n, _, err := c.ReadFrom(b)
		if err != nil {
			return answers, nil // The deadline has passed.
		}
		m, err := icmp.ParseMessage(protocol, b[:n])
		if err == nil && (m.Type == ipv4.ICMPTypeEchoReply || m.Type == ipv6.ICMPTypeEchoReply) {
			answers++
		}
	}
	return answers, nil
}

// ServeEcho starts a TCP echo server on every address of the host, and returns its
// port.
func (h *Host) ServeEcho(ctx context.Context) string {
	h.t.Helper()
	var l net.Listener
	h.Do(h.ns.Do(func() error {
		var err error
		l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "[::]:0") // Both families.
		return err
	}))
	h.t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				b := make([]byte, 6)
				if n, err := c.Read(b); err == nil {
					_, _ = c.Write(b[:n])
				}
			}()
		}
	}()
	_, port, err := net.SplitHostPort(l.Addr().String())
	h.Do(err)
	return port
}
