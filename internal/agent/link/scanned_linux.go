// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"iter"
	"net"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// attributeType masks the flags of an attribute's type (NLA_TYPE_MASK).
const attributeType = 1<<14 - 1

// attributes returns the types and values of attributes, up to the first invalid one. The
// netlink library's own parser allocates, and a scan parses a message for each link of
// each pod.
func attributes(b []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= unix.SizeofRtAttr {
			length := int(nl.NativeEndian().Uint16(b))
			kind := nl.NativeEndian().Uint16(b[2:]) & attributeType
			if length < unix.SizeofRtAttr || length > len(b) || !yield(kind, b[unix.SizeofRtAttr:length]) {
				return
			}
			b = b[min((length+unix.RTA_ALIGNTO-1)&^(unix.RTA_ALIGNTO-1), len(b)):]
		}
	}
}

// scanned returns the link of a message, which has a header at least. The netlink library
// would keep many more attributes of each link.
func scanned(m []byte) Scanned {
	out := Scanned{Index: int(nl.DeserializeIfInfomsg(m).Index), Kind: KindDevice, Peer: NoNamespace}
	for kind, v := range attributes(m[unix.SizeofIfInfomsg:]) {
		switch kind {
		case unix.IFLA_IFNAME:
			out.Name = nl.BytesToString(v)
		case unix.IFLA_ADDRESS:
			out.MAC = net.HardwareAddr(v).String()
		case unix.IFLA_PERM_ADDRESS:
			// A device without an address of its own has zeros.
			if slices.ContainsFunc(v, func(b byte) bool { return b != 0 }) {
				out.PermanentMAC = net.HardwareAddr(v).String()
			}
		case unix.IFLA_LINK:
			out.Lower = int(number(v))
		case unix.IFLA_LINK_NETNSID:
			if id := number(v); id >= 0 {
				out.Peer = int(id)
			}
		case unix.IFLA_LINKINFO:
			for kind, v := range attributes(v) {
				if kind == nl.IFLA_INFO_KIND {
					out.Kind = nl.BytesToString(v)
				}
			}
		}
	}
	return out
}

// number returns a signed number of 32 bits, or 0.
func number(v []byte) int32 {
	if len(v) < 4 {
		return 0
	}
	return int32(nl.NativeEndian().Uint32(v)) //nolint:gosec // The kernel's type is signed.
}
