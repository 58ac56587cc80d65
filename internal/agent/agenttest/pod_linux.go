// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agenttest

import (
	"net"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// A Pod is the network namespace of a pod of a host.
type Pod struct {
	// Netlink makes changes in the namespace.
	Netlink *netlink.Handle

	host  *Host
	ns    netns.NsHandle
	ended bool
}

// NewPod creates a pod. veth is the host's end of the link that the primary CNI plugin
// adds, whose other end is eth0 with a MAC address; without a name the pod has none.
func (h *Host) NewPod(veth, mac string) *Pod {
	h.t.Helper()
	p := &Pod{host: h, ns: newNamespace(h.t)}
	p.Netlink = newHandle(h.t, p.ns)
	h.t.Cleanup(p.End)
	if veth == "" {
		return p
	}
	address, err := net.ParseMAC(mac)
	h.Do(err)
	v := netlink.NewVeth(netlink.LinkAttrs{Name: veth, MTU: 1500, TxQLen: -1})
	v.PeerName, v.PeerHardwareAddr, v.PeerNamespace = "eth0", address, netlink.NsFd(int(p.ns))
	h.Do(h.Netlink.LinkAdd(v))
	return p
}

// End ends the pod: the kernel deletes its namespace.
func (p *Pod) End() {
	if p.ended {
		return
	}
	p.ended = true
	p.Netlink.Close()
	_ = p.ns.Close()
}

// AddMacvlan adds a macvlan in the pod above a link of the host, as the macvlan plugin
// does.
func (p *Pod) AddMacvlan(name, lower, mac string) {
	p.host.t.Helper()
	address, err := net.ParseMAC(mac)
	p.host.Do(err)
	p.host.Do(p.host.Netlink.LinkAdd(&netlink.Macvlan{
		LinkAttrs: netlink.LinkAttrs{
			Name: name, HardwareAddr: address, TxQLen: -1,
			ParentIndex: p.host.Link(lower).Attrs().Index, Namespace: netlink.NsFd(int(p.ns)),
		},
		Mode: netlink.MACVLAN_MODE_BRIDGE,
	}))
}

// Take moves a link of the host to the pod and renames it, as the host-device plugin
// does.
func (p *Pod) Take(name, as string) {
	p.host.t.Helper()
	l := p.host.Link(name)
	p.host.Do(p.host.Netlink.LinkSetDown(l))
	// The plugin renames the link in a namespace of its own, which it deletes.
	between := newNamespace(p.host.t)
	defer func() { _ = between.Close() }()
	handle := newHandle(p.host.t, between)
	defer handle.Close()
	p.host.Do(p.host.Netlink.LinkSetNsFd(l, int(between)))
	move(p.host, handle, name, as, p.ns)
	p.host.Do(p.Netlink.LinkSetUp(p.Link(as)))
}

// Return moves a link of the pod back to the host, as the host-device plugin does when
// the pod ends.
func (p *Pod) Return(name, as string) {
	p.host.t.Helper()
	here, err := netns.GetFromPath(p.host.path)
	p.host.Do(err)
	defer func() { _ = here.Close() }()
	p.host.Do(p.Netlink.LinkSetDown(p.Link(name)))
	move(p.host, p.Netlink, name, as, here)
}

// move renames a link and moves it to another namespace.
func move(h *Host, from *netlink.Handle, name, as string, to netns.NsHandle) {
	h.t.Helper()
	l, err := from.LinkByName(name)
	h.Do(err)
	h.Do(from.LinkSetName(l, as))
	h.Do(from.LinkSetNsFd(l, int(to)))
}

// Link returns a link of the pod.
func (p *Pod) Link(name string) netlink.Link {
	p.host.t.Helper()
	l, err := p.Netlink.LinkByName(name)
	p.host.Do(err)
	return l
}

// Adopt moves a link of the host to the pod.
func (p *Pod) Adopt(name string) {
	p.host.t.Helper()
	p.host.Do(p.host.Netlink.LinkSetNsFd(p.host.Link(name), int(p.ns)))
}

// AddChild adds a macvlan above a link of the pod, in this or another pod.
func (p *Pod) AddChild(name string, lower int, in *Pod) {
	p.host.t.Helper()
	p.host.Do(p.Netlink.LinkAdd(&netlink.Macvlan{
		LinkAttrs: netlink.LinkAttrs{Name: name, TxQLen: -1, ParentIndex: lower, Namespace: netlink.NsFd(int(in.ns))},
		Mode:      netlink.MACVLAN_MODE_BRIDGE,
	}))
}
