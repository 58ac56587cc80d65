// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// agentTable is the agent's routing table for device index 1, and agentRules the
// number of its rules: one per address.
const (
	agentTable = 20001
	agentRules = 2
)

// A link can be plugged into a host and unplugged.
type link struct {
	host     netns.NsHandle
	near     *netlink.Handle // of the host
	far      *netlink.Handle // of the network
	hardware net.HardwareAddr
}

// outside is the name of the link's peer.
const outside = "bench"

func newLink(host, network string) (*link, error) {
	l := &link{}
	var err error
	if l.hardware, err = net.ParseMAC(agentMAC); err != nil {
		return nil, err
	}
	if l.host, err = netns.GetFromName(host); err != nil {
		return nil, errors.Wrapf(err, "cannot open network namespace %q", host)
	}
	n, err := netns.GetFromName(network)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot open network namespace %q", network)
	}
	defer n.Close() //nolint:errcheck // read only
	if l.near, err = netlink.NewHandleAt(l.host); err != nil {
		return nil, errors.Wrap(err, "cannot open a netlink socket")
	}
	l.far, err = netlink.NewHandleAt(n)
	return l, errors.Wrap(err, "cannot open a netlink socket")
}

func (l *link) close() {
	l.near.Close()
	l.far.Close()
	_ = l.host.Close()
}

// plug adds the link in the state of a new ENI: down, with the driver's MTU.
func (l *link) plug() error {
	v := netlink.NewVeth(netlink.LinkAttrs{Name: outside, MTU: 9216, TxQLen: -1})
	v.PeerName, v.PeerNamespace, v.PeerHardwareAddr, v.PeerMTU = "ens6", netlink.NsFd(int(l.host)), l.hardware, 1500
	return errors.Wrap(l.far.LinkAdd(v), "cannot plug a link in")
}

// unplug removes the link, if it exists.
func (l *link) unplug() error {
	there, err := l.far.LinkByName(outside)
	missing := netlink.LinkNotFoundError{}
	if errors.As(err, &missing) {
		return nil
	}
	if err != nil {
		return errors.Wrap(err, "cannot find the link")
	}
	return errors.Wrap(l.far.LinkDel(there), "cannot remove the link")
}

// routed reports whether all rules of the link exist.
func (l *link) routed() (bool, error) {
	n := 0
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		rules, err := l.near.RuleList(family)
		if errors.Is(err, netlink.ErrDumpInterrupted) {
			return false, nil // retried at the next poll
		}
		if err != nil {
			return false, errors.Wrap(err, "cannot list the rules")
		}
		for i := range rules {
			if rules[i].Table == agentTable {
				n++
			}
		}
	}
	return n == agentRules, nil
}
