// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"encoding/binary"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Offsets and values of a neighbor solicitation in an Ethernet frame, RFC 4861.
const (
	offIP, offICMP, offTarget     = 14, 14 + 40, 14 + 40 + 8
	lenAdvertisement              = 14 + 40 + 24 + 8
	solicitation, advertisement   = 135, 136
	flagsRouterSolicitedOverrides = 0xE0
)

// serveNeighbors answers neighbor solicitations for addresses of other ENIs. The kernel
// answers for single addresses only, not for prefixes.
func (v *VPC) serveNeighbors() error {
	fd := -1
	err := v.within(func() error {
		var err error
		if fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(htons(unix.ETH_P_IPV6))); err != nil {
			return err
		}
		return unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 200_000})
	})
	if err != nil {
		return errors.Wrap(err, "cannot receive neighbor solicitations")
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		buffer := make([]byte, 2048)
		for {
			select {
			case <-stop:
				_ = unix.Close(fd) // a socket without unsent data
				return
			default:
			}
			n, from, err := unix.Recvfrom(fd, buffer, 0)
			if sender, ok := from.(*unix.SockaddrLinklayer); err == nil && ok && sender.Pkttype != unix.PACKET_OUTGOING {
				if answer := v.answer(sender.Ifindex, buffer[:n]); answer != nil {
					_ = unix.Sendto(fd, answer, 0, &unix.SockaddrLinklayer{Ifindex: sender.Ifindex}) // or the host retries
				}
			}
		}
	}()
	v.stop = append(v.stop, func() {
		close(stop)
		<-stopped
	})
	return nil
}

func htons(v uint16) uint16 { return v<<8 | v>>8 }

// answer returns the advertisement for a solicitation, or nil. Duplicate address detection,
// whose source is unspecified, gets no answer.
func (v *VPC) answer(index int, frame []byte) []byte {
	if len(frame) < offTarget+16 || frame[offIP+6] != unix.IPPROTO_ICMPV6 || frame[offICMP] != solicitation {
		return nil
	}
	source := netip.AddrFrom16([16]byte(frame[offIP+8 : offIP+24]))
	target := netip.AddrFrom16([16]byte(frame[offTarget : offTarget+16]))
	mac := v.proxy(index, target)
	if mac == nil || source.IsUnspecified() {
		return nil
	}
	out := make([]byte, lenAdvertisement)
	copy(out, frame[6:12])
	copy(out[6:], mac)
	binary.BigEndian.PutUint16(out[12:], unix.ETH_P_IPV6)
	ip := out[offIP:]
	ip[0], ip[6], ip[7] = 0x60, unix.IPPROTO_ICMPV6, 255
	binary.BigEndian.PutUint16(ip[4:], lenAdvertisement-offICMP)
	copy(ip[8:], frame[offTarget:offTarget+16])
	copy(ip[24:], frame[offIP+8:offIP+24])
	icmp := out[offICMP:]
	icmp[0], icmp[4] = advertisement, flagsRouterSolicitedOverrides
	copy(icmp[8:], frame[offTarget:offTarget+16])
	icmp[24], icmp[25] = 2, 1 // option: target link-layer address
	copy(icmp[26:], mac)
	binary.BigEndian.PutUint16(icmp[2:], checksum(ip[8:40], icmp))
	return out
}

// checksum returns the checksum of an ICMPv6 message, RFC 4443.
func checksum(addresses, message []byte) uint16 {
	sum := uint32(len(message)) + unix.IPPROTO_ICMPV6
	for _, part := range [][]byte{addresses, message} {
		for i := 0; i < len(part); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(part[i:]))
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// proxy returns the MAC address of a link if another link has the target.
func (v *VPC) proxy(index int, target netip.Addr) net.HardwareAddr {
	v.mu.Lock()
	defer v.mu.Unlock()
	var own *link
	elsewhere := false
	for _, l := range v.links {
		if l.index == index {
			own = l
			continue
		}
		for p := range l.routes {
			elsewhere = elsewhere || p.Contains(target)
		}
	}
	if own == nil || !elsewhere {
		return nil
	}
	return own.mac
}
