// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/node/network"
)

// headers are the bytes of the IP and ICMP headers of a ping, by version.
const (
	headers4 = 20 + 8
	headers6 = 40 + 8
)

type options struct {
	source   string
	size     int
	count    int
	interval time.Duration
	wait     time.Duration
}

// pings sends pings to all targets concurrently, without fragmentation.
func pings(args []string) ([]network.Result, error) {
	o := options{}
	f := flag.NewFlagSet("ping", flag.ContinueOnError)
	f.StringVar(&o.source, "source", "", "source address")
	f.IntVar(&o.size, "size", 84, "size of the packets, with the IP header")
	f.IntVar(&o.count, "count", 1, "number of packets for each target")
	f.DurationVar(&o.interval, "interval", 10*time.Millisecond, "time between two packets")
	f.DurationVar(&o.wait, "wait", 5*time.Second, "time to wait for the last answer")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	out := make([]network.Result, f.NArg())
	errs := make([]error, f.NArg())
	var all sync.WaitGroup
	for i, target := range f.Args() {
		all.Go(func() { out[i], errs[i] = ping(o, target) })
	}
	all.Wait()
	return out, errors.Join(errs...)
}

// family is what differs between ICMP for IPv4 and IPv6.
type family struct {
	network         string
	protocol        int
	headers         int
	request, answer icmp.Type
}

func familyOf(a netip.Addr) family {
	if a.Is4() {
		return family{network: "ip4:icmp", protocol: unix.IPPROTO_ICMP, headers: headers4, request: ipv4.ICMPTypeEcho, answer: ipv4.ICMPTypeEchoReply}
	}
	return family{network: "ip6:ipv6-icmp", protocol: unix.IPPROTO_ICMPV6, headers: headers6, request: ipv6.ICMPTypeEchoRequest, answer: ipv6.ICMPTypeEchoReply}
}

func ping(o options, target string) (network.Result, error) {
	r := network.Result{Target: target}
	a, err := netip.ParseAddr(target)
	if err != nil {
		return r, err
	}
	f := familyOf(a)
	conn, err := dial(f, o.source, a)
	if err != nil {
		return r, err
	}
	defer conn.Close() //nolint:errcheck // all was received
	id := rand.IntN(1 << 16)
	received, first := make(chan map[int]bool), make(chan struct{})
	go func() { received <- receive(conn, f, a, id, o, first) }()
	for i := range o.count {
		switch i {
		case 0:
		case 1:
			// The kernel queues few packets until it knows the neighbor's address.
			select {
			case <-first:
			case <-time.After(o.wait):
			}
		default:
			time.Sleep(o.interval)
		}
		body := &icmp.Echo{ID: id, Seq: i + 1, Data: make([]byte, max(0, o.size-f.headers))}
		raw, err := (&icmp.Message{Type: f.request, Body: body}).Marshal(nil)
		if err != nil {
			return r, err
		}
		r.Sent++
		if _, err := conn.Write(raw); err != nil {
			r.Error = err.Error()
		}
	}
	if err := conn.SetReadDeadline(time.Now().Add(o.wait)); err != nil {
		return r, err
	}
	seen := <-received
	r.Received = len(seen)
	for seq := 1; seq <= r.Sent && len(r.Missing) < 5; seq++ {
		if !seen[seq] {
			r.Missing = append(r.Missing, seq)
		}
	}
	return r, nil
}

// dial returns a socket with a source address, which does not fragment, and which receives
// only the target's answers: many sockets of this program that each receive all messages would
// lose some.
func dial(f family, source string, target netip.Addr) (*net.IPConn, error) {
	var from *net.IPAddr
	if source != "" {
		from = &net.IPAddr{IP: net.ParseIP(source)}
	}
	conn, err := net.DialIP(f.network, from, &net.IPAddr{IP: target.AsSlice(), Zone: target.Zone()})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(filter(conn, target), unfragmented(conn, target), drain(conn)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// filter blocks all messages except echo replies.
func filter(conn *net.IPConn, target netip.Addr) error {
	if target.Is4() {
		var f ipv4.ICMPFilter
		f.SetAll(true)
		f.Accept(ipv4.ICMPTypeEchoReply)
		return ipv4.NewPacketConn(conn).SetICMPFilter(&f)
	}
	var f ipv6.ICMPFilter
	f.SetAll(true)
	f.Accept(ipv6.ICMPTypeEchoReply)
	return ipv6.NewPacketConn(conn).SetICMPFilter(&f)
}

// unfragmented makes the kernel reject packets that are larger than the MTU.
func unfragmented(conn *net.IPConn, target netip.Addr) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	e := raw.Control(func(fd uintptr) {
		if target.Is4() {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_PMTUDISC_DO)
			return
		}
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_MTU_DISCOVER, unix.IPV6_PMTUDISC_DO)
	})
	return errors.Join(e, err)
}

// drain discards the messages that the socket received before it had a target and a filter.
// They may have filled its buffer.
func drain(conn *net.IPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) {
		buffer := make([]byte, 1)
		for err == nil || errors.Is(err, unix.EINTR) {
			_, _, err = unix.Recvfrom(int(fd), buffer, unix.MSG_DONTWAIT)
		}
	})
}

// receive returns the sequence numbers of the answers of a target, when all are
// received or at the read deadline.
// It closes a channel after the first one.
func receive(conn *net.IPConn, f family, target netip.Addr, id int, o options, first chan<- struct{}) map[int]bool {
	seen := map[int]bool{}
	buffer := make([]byte, 1<<16)
	for len(seen) < o.count {
		n, from, err := conn.ReadFrom(buffer)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return seen
		}
		if err != nil {
			continue // an ICMP error, such as unreachable
		}
		m, err := icmp.ParseMessage(f.protocol, buffer[:n])
		if err != nil || m.Type != f.answer {
			continue
		}
		sender, ok := netip.AddrFromSlice(from.(*net.IPAddr).IP) //nolint:forcetypeassert // by its network
		echo, isEcho := m.Body.(*icmp.Echo)
		if ok && isEcho && echo.ID == id && sender.Unmap() == target.WithZone("") && n == max(8, o.size-f.headers+8) {
			if len(seen) == 0 {
				close(first)
			}
			seen[echo.Seq] = true
		}
	}
	return seen
}
