// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agenttest

import (
	"fmt"
	"net"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// A Host is a network namespace with the links that a test plugs in. Their peers are in
// a second namespace, which stands for the network.
type Host struct {
	// Netlink makes changes that the methods do not offer, on behalf of other programs
	// on the host.
	Netlink *netlink.Handle

	t       testing.TB
	ns      *link.Namespace
	sysctls *sysfs.Sysctls
	path    string
	network netns.NsHandle
	far     *netlink.Handle
}

// NewHost creates a host with a loopback link. The test's cleanup deletes it.
func NewHost(tb testing.TB) *Host {
	tb.Helper()
	here, network := newNamespace(tb), newNamespace(tb)
	// A namespace without a name is accessible through a file descriptor of this
	// process.
	path := fmt.Sprintf("/proc/%d/fd/%d", unix.Getpid(), int(here))
	ns, err := link.OpenNamespace(path)
	if err != nil {
		tb.Fatal(err)
	}
	proc, err := sysfs.Open("/proc")
	if err != nil {
		tb.Fatal(err)
	}
	h := &Host{t: tb, ns: ns, sysctls: sysfs.NewSysctls(proc, ns.Do), path: path, network: network}
	h.Netlink, h.far = newHandle(tb, here), newHandle(tb, network)
	tb.Cleanup(func() {
		h.Netlink.Close()
		h.far.Close()
		_ = proc.Close()
		_ = ns.Close()
		_ = here.Close()
		_ = network.Close()
	})
	h.Do(h.Netlink.LinkSetUp(h.Link("lo")))
	return h
}

func newNamespace(tb testing.TB) netns.NsHandle {
	tb.Helper()
	runtime.LockOSThread()
	home, err := netns.Get()
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = home.Close() }()
	n, err := netns.New()
	if err != nil {
		runtime.UnlockOSThread()
		tb.Skipf("this test needs a network namespace of its own, which needs root or unprivileged user namespaces: %v", err)
	}
	// If restoring the namespace fails the thread stays locked, and terminates with the
	// test.
	if err := netns.Set(home); err != nil {
		tb.Fatal(err)
	}
	runtime.UnlockOSThread()
	return n
}

func newHandle(tb testing.TB, n netns.NsHandle) *netlink.Handle {
	tb.Helper()
	h, err := netlink.NewHandleAt(n, unix.NETLINK_ROUTE)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// NetNS returns the path of the namespace.
func (h *Host) NetNS() string { return h.path }

// Namespace returns the host's namespace.
func (h *Host) Namespace() *link.Namespace { return h.ns }

// Do fails the test if err is not nil.
func (h *Host) Do(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// PlugIn adds a link in the state in which EC2 attaches an ENI: down, with the default
// MTU of a driver.
func (h *Host) PlugIn(name, mac string) {
	h.t.Helper()
	address, err := net.ParseMAC(mac)
	h.Do(err)
	v := netlink.NewVeth(netlink.LinkAttrs{Name: name, HardwareAddr: address, MTU: 1500, TxQLen: -1})
	v.PeerName, v.PeerNamespace = "to-"+name[:min(len(name), 12)], netlink.NsFd(int(h.network))
	h.Do(h.Netlink.LinkAdd(v))
	far, err := h.far.LinkByName(v.PeerName)
	h.Do(err)
	h.Do(h.far.LinkSetMTU(far, 9216))
	h.Do(h.far.LinkSetUp(far))
}

// PullOut removes a link, as detaching an ENI does.
func (h *Host) PullOut(name string) {
	h.t.Helper()
	h.Do(h.Netlink.LinkDel(h.Link(name)))
}

// Link returns the link with a name or alternative name.
func (h *Host) Link(name string) netlink.Link {
	h.t.Helper()
	l, err := h.Netlink.LinkByName(name)
	if err != nil {
		h.t.Fatalf("cannot find link %q: %v", name, err)
	}
	return l
}

// Address parses an address such as 10.0.0.1/24.
func (h *Host) Address(s string) *netlink.Addr {
	h.t.Helper()
	a, err := netlink.ParseAddr(s)
	h.Do(err)
	return a
}

// Default adds a default route to the main table.
func (h *Host) Default(name, gateway string, metric int) {
	h.t.Helper()
	h.Do(h.Netlink.RouteAdd(&netlink.Route{
		LinkIndex: h.Link(name).Attrs().Index, Gw: net.ParseIP(gateway), Priority: metric, Flags: unix.RTNH_F_ONLINK,
	}))
}
