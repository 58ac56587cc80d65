// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"os"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// skipStats is RTEXT_FILTER_SKIP_STATS of linux/rtnetlink.h: counters are half of a
// message.
const skipStats = 1 << 3

// Scan reads the links of all network namespaces that the host's has an id for. It needs
// NET_ADMIN, and enters no other namespace.
func (l *Netlink) Scan() (Scan, error) {
	s := Scan{}
	ids, err := dump(l.namespaceIDs)
	if err != nil {
		return s, errors.Wrap(err, "cannot list network namespaces")
	}
	for _, id := range append([]int{HostNamespace}, ids...) {
		links, err := dump(func() ([]Scanned, error) { return l.linksOf(id) })
		if id != HostNamespace && isNoNamespace(err) {
			continue // It was deleted meanwhile.
		}
		if err != nil {
			return Scan{}, errors.Wrapf(err, "cannot list the links of network namespace %d", id)
		}
		s.Links = append(s.Links, links...)
	}
	// The dumps assign an id to the host's namespace if another one has a link above one of
	// the host's.
	own, err := l.ownID()
	if err != nil {
		return Scan{}, errors.Wrap(err, "cannot get the id of the host's network namespace")
	}
	return normalize(s, ids, own), nil
}

// normalize replaces the id that the host's namespace has for itself.
func normalize(s Scan, ids []int, own int) Scan {
	out := Scan{}
	for _, id := range ids {
		if id != own {
			out.Namespaces = append(out.Namespaces, id)
		}
	}
	for _, l := range s.Links {
		if l.Namespace == own {
			continue // The host's own links, listed a second time.
		}
		if own != NoNamespace && l.Peer == own {
			l.Peer = HostNamespace
		}
		onHost := l.Peer == HostNamespace || l.Namespace == HostNamespace && l.Peer == NoNamespace
		if !onHost {
			l.Lower = 0
		}
		out.Links = append(out.Links, l)
	}
	return out
}

// isNoNamespace reports whether an error means that no namespace has the id.
func isNoNamespace(err error) bool {
	return errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV)
}

// request executes a request on the socket of scans.
func (l *Netlink) request(kind, flags int, answer uint16, f func(m []byte) error, data ...nl.NetlinkRequestData) error {
	r := nl.NewNetlinkRequest(kind, flags)
	r.Sockets = map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: l.scans}
	for _, d := range data {
		r.AddData(d)
	}
	var invalid error
	err := r.ExecuteIter(unix.NETLINK_ROUTE, answer, func(m []byte) bool {
		invalid = f(m)
		return invalid == nil
	})
	if err != nil {
		return err
	}
	return invalid
}

// namespaceIDs returns the ids of the namespaces that the host's has an id for.
func (l *Netlink) namespaceIDs() ([]int, error) {
	var out []int
	err := l.request(unix.RTM_GETNSID, unix.NLM_F_DUMP, unix.RTM_NEWNSID, func(m []byte) error {
		id, err := namespaceID(m)
		if err == nil && id >= 0 {
			out = append(out, id)
		}
		return err
	}, nl.NewRtGenMsg())
	return out, err
}

// ownID returns the id that the host's namespace has for itself, or NoNamespace.
func (l *Netlink) ownID() (int, error) {
	kind, value := netlink.NETNSA_PID, os.Getpid()
	if l.namespace != nil && l.namespace.open {
		kind, value = netlink.NETNSA_FD, int(l.namespace.handle)
	}
	out := NoNamespace
	err := l.request(unix.RTM_GETNSID, 0, unix.RTM_NEWNSID, func(m []byte) error {
		id, err := namespaceID(m)
		if err == nil && id >= 0 {
			out = id
		}
		return err
	}, nl.NewRtGenMsg(), nl.NewRtAttr(kind, nl.Uint32Attr(uint32(value)))) //nolint:gosec // A process id or a file descriptor.
	return out, err
}

// namespaceID returns the id in a message, or a negative number.
func namespaceID(m []byte) (int, error) {
	header := nl.NewRtGenMsg().Len()
	if len(m) < header {
		return NoNamespace, unix.EBADMSG
	}
	for kind, v := range attributes(m[header:]) {
		if kind == netlink.NETNSA_NSID {
			return int(number(v)), nil
		}
	}
	return NoNamespace, nil
}

// linksOf returns the links of a namespace. Its ids are ids in the host's namespace.
func (l *Netlink) linksOf(namespace int) ([]Scanned, error) {
	data := []nl.NetlinkRequestData{
		nl.NewIfInfomsg(unix.AF_UNSPEC),
		nl.NewRtAttr(unix.IFLA_EXT_MASK, nl.Uint32Attr(skipStats)),
	}
	if namespace != HostNamespace {
		data = append(data, nl.NewRtAttr(unix.IFLA_TARGET_NETNSID, nl.Uint32Attr(uint32(namespace)))) //nolint:gosec // An id of the kernel.
	}
	var out []Scanned
	err := l.request(unix.RTM_GETLINK, unix.NLM_F_DUMP, unix.RTM_NEWLINK, func(m []byte) error {
		if len(m) < unix.SizeofIfInfomsg {
			return unix.EBADMSG
		}
		x := scanned(m)
		x.Namespace = namespace
		out = append(out, x)
		return nil
	}, data...)
	return out, err
}
