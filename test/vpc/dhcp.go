// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package vpc

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Offsets, message types and options of DHCP, RFC 2131 and RFC 2132.
const (
	offXID, offYourAddress, offHardware, offCookie, offOptions = 4, 16, 28, 236, 240

	discover, offer, request, acknowledge = 1, 2, 3, 5

	optionMask, optionRouter, optionMTU, optionLease, optionType, optionServer, optionEnd = 1, 3, 26, 51, 53, 54, 255

	lease = 3600 // seconds, as EC2's
)

// serveDHCP offers the primary address of an ENI on its link, to the ENI's MAC address only.
func (v *VPC) serveDHCP(ctx context.Context, l *link) (func(), error) {
	var conn net.PacketConn
	err := v.within(func() error {
		config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
			var err error
			e := c.Control(func(fd uintptr) {
				err = errors.Join(
					unix.SetsockoptString(int(fd), unix.SOL_SOCKET, unix.SO_BINDTODEVICE, l.name),
					unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
					unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BROADCAST, 1))
			})
			return errors.Join(e, err)
		}}
		var err error
		conn, err = config.ListenPacket(ctx, "udp4", ":67")
		return err
	})
	if err != nil {
		return nil, errors.Wrapf(err, "cannot serve DHCP on %s", l.name)
	}
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, _, err := conn.ReadFrom(buffer)
			if err != nil {
				return // closed
			}
			if out := v.lease(l, buffer[:n]); out != nil {
				_, _ = conn.WriteTo(out, &net.UDPAddr{IP: net.IPv4bcast, Port: 68}) // or the client retries
			}
		}
	}()
	return func() { _ = conn.Close() }, nil
}

// lease returns the answer to a message of a DHCP client, or nil.
func (v *VPC) lease(l *link, message []byte) []byte {
	n, ok := v.ec2.NetworkInterface(l.eni)
	if !ok || len(message) < offOptions || message[0] != 1 || net.HardwareAddr(message[offHardware:offHardware+6]).String() != n.MACAddress {
		return nil
	}
	answers := map[byte]byte{discover: offer, request: acknowledge}
	kind, ok := answers[messageType(message[offOptions:])]
	if !ok {
		return nil
	}
	out := make([]byte, offOptions, 300)
	copy(out, message[:offHardware+16])
	out[0] = 2
	address, err := netip.ParseAddr(n.PrivateIPAddresses[0])
	if err != nil {
		return nil
	}
	copy(out[offYourAddress:], address.AsSlice())
	copy(out[offCookie:], []byte{99, 130, 83, 99})
	router := l.router.AsSlice()
	add := func(option byte, value ...byte) {
		out = append(append(out, option, byte(len(value))), value...)
	}
	add(optionType, kind)
	add(optionServer, router...)
	add(optionLease, binary.BigEndian.AppendUint32(nil, lease)...)
	add(optionMask, net.CIDRMask(l.bits, 32)...)
	add(optionRouter, router...)
	add(optionMTU, binary.BigEndian.AppendUint16(nil, MTU)...)
	return append(out, optionEnd)
}

// messageType returns the type of a message, or zero.
func messageType(options []byte) byte {
	for len(options) >= 3 && options[0] != optionEnd {
		if options[0] == 0 { // padding
			options = options[1:]
			continue
		}
		if options[0] == optionType {
			return options[2]
		}
		options = options[min(len(options), 2+int(options[1])):]
	}
	return 0
}
