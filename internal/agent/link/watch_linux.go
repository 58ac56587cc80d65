// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// receiveBuffer holds the messages of a few thousand links that change at once. The
// kernel limits it to net.core.rmem_max. An overrun causes a resync.
const receiveBuffer = 1 << 20

// Watch calls f for each event. All messages are read from one socket, so events arrive
// in the order of the changes.
func (l *Netlink) Watch(ctx context.Context, f func(Event)) error {
	var s *nl.NetlinkSocket
	err := l.namespace.Do(func() error {
		var err error
		s, err = nl.Subscribe(unix.NETLINK_ROUTE, unix.RTNLGRP_LINK,
			unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV6_IFADDR,
			unix.RTNLGRP_IPV4_ROUTE, unix.RTNLGRP_IPV6_ROUTE,
			unix.RTNLGRP_IPV4_RULE, unix.RTNLGRP_IPV6_RULE, unix.RTNLGRP_NSID)
		return err
	})
	if err != nil {
		return errors.Wrap(err, "cannot subscribe to netlink events")
	}
	stop := context.AfterFunc(ctx, s.Close)
	defer func() {
		if stop() {
			s.Close()
		}
	}()
	if err := s.SetReceiveBufferSize(receiveBuffer, false); err != nil {
		return errors.Wrap(err, "cannot set the receive buffer of the netlink socket")
	}

	f(Event{Subject: SubjectAll, Received: time.Now()})
	for {
		messages, from, err := s.Receive()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, unix.ENOBUFS):
			// The socket overran: the kernel dropped messages.
			f(Event{Subject: SubjectAll, Received: time.Now()})
			continue
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return errors.Wrap(err, "cannot receive netlink events")
		case from.Pid != nl.PidKernel:
			continue
		}
		received := time.Now()
		for _, m := range messages {
			if e, ok := event(m); ok {
				e.Received = received
				f(e)
			}
		}
	}
}

// event converts a message to an event. It drops messages that no caller needs: a busy
// node changes the routes of its pods many times a second.
func event(m syscall.NetlinkMessage) (Event, bool) {
	switch m.Header.Type {
	case unix.RTM_NEWLINK, unix.RTM_DELLINK:
		if len(m.Data) < unix.SizeofIfInfomsg {
			return Event{}, false
		}
		e := Event{Subject: SubjectLink, LinkIndex: int(nl.DeserializeIfInfomsg(m.Data).Index)}
		header := unix.NlMsghdr(m.Header)
		if d, err := netlink.LinkDeserialize(&header, m.Data); err == nil {
			e.MAC = d.Attrs().HardwareAddr.String()
		}
		return e, true
	case unix.RTM_NEWADDR, unix.RTM_DELADDR:
		if len(m.Data) < unix.SizeofIfAddrmsg {
			return Event{}, false
		}
		return Event{Subject: SubjectAddress, LinkIndex: int(nl.DeserializeIfAddrmsg(m.Data).Index)}, true
	case unix.RTM_NEWROUTE, unix.RTM_DELROUTE:
		return routeEvent(m.Data)
	case unix.RTM_NEWRULE, unix.RTM_DELRULE:
		table, _, ok := table(m.Data)
		return Event{Subject: SubjectTable, Table: table}, ok
	case unix.RTM_NEWNSID, unix.RTM_DELNSID:
		return Event{Subject: SubjectNamespace}, true
	default:
		return Event{}, false
	}
}

func routeEvent(data []byte) (Event, bool) {
	table, msg, ok := table(data)
	switch {
	case !ok:
		return Event{}, false
	case table == TableMain && msg.Dst_len == 0:
		return Event{Subject: SubjectDefault}, true
	case msg.Protocol == Protocol:
		return Event{Subject: SubjectTable, Table: table}, true
	default:
		return Event{}, false
	}
}

// table returns the table of a route or rule message, which have the same header.
func table(data []byte) (int, *nl.RtMsg, bool) {
	if len(data) < unix.SizeofRtMsg {
		return 0, nil, false
	}
	msg := nl.DeserializeRtMsg(data)
	attributes, err := nl.ParseRouteAttr(data[unix.SizeofRtMsg:])
	if err != nil {
		return 0, nil, false
	}
	for _, a := range attributes {
		// RTA_TABLE and FRA_TABLE have the same number. The header's own field holds
		// only tables below 256.
		if a.Attr.Type == unix.RTA_TABLE && len(a.Value) >= 4 {
			return int(nl.NativeEndian().Uint32(a.Value)), msg, true
		}
	}
	return int(msg.Table), msg, true
}
