// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"sync"

	"github.com/vishvananda/netns"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// Hosts emulate instances by network namespaces. When the emulator attaches an
// ENI, a veth with the ENI's MAC address appears in the namespace of the
// instance, as a PCI device would. The veth's peer is a port of the bridge of the
// ENI's subnet, so that hosts can reach each other.
type Hosts struct {
	prefix string
	vpc    string
	ec2    *ec2emulator.Server
	remove func()

	mu         sync.Mutex
	namespaces map[string]string // by instance
	links      map[string]plug   // by attachment
	bridges    map[string]string // by subnet range
	serial     int
	errs       []error
	listeners  []net.Listener
}

type plug struct{ namespace, outside string }

// NewHosts creates the namespace of the VPC. The names of all namespaces start with
// prefix, which must be short and unique.
func NewHosts(ctx context.Context, prefix string, ec2 *ec2emulator.Server) (*Hosts, error) {
	h := &Hosts{
		prefix: prefix, vpc: prefix + "-vpc", ec2: ec2,
		namespaces: map[string]string{}, links: map[string]plug{}, bridges: map[string]string{},
	}
	if err := h.addNamespace(ctx, h.vpc); err != nil {
		return nil, err
	}
	h.remove = ec2.OnAttachment(func(e ec2emulator.Event) { h.plug(context.WithoutCancel(ctx), e) })
	return h, nil
}

// Add creates the namespace of an instance, with a primary interface that has the
// default route, and returns the name of the namespace.
func (h *Hosts) Add(ctx context.Context, node, instanceID string) (string, error) {
	ns := h.prefix + "-" + node
	if err := h.addNamespace(ctx, ns); err != nil {
		return "", err
	}
	h.mu.Lock()
	h.serial++
	n := h.serial
	h.namespaces[instanceID] = ns
	h.mu.Unlock()
	// TEST-NET-1 (RFC 5737): not used outside these namespaces.
	return ns, IP(ctx,
		fmt.Sprintf("-n %s link add ens5 type veth peer name p%d netns %s", ns, n, h.vpc),
		fmt.Sprintf("-n %s addr add 192.0.2.%d/24 dev ens5", ns, 10+n),
		fmt.Sprintf("-n %s link set ens5 up", ns),
		fmt.Sprintf("-n %s route add default via 192.0.2.1 dev ens5", ns),
		fmt.Sprintf("-n %s link set p%d up", h.vpc, n),
	)
}

// Err returns the errors of adding and removing links.
func (h *Hosts) Err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return errors.Join(h.errs...)
}

// Close deletes all namespaces and their links.
func (h *Hosts) Close(ctx context.Context) error {
	h.remove()
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, l := range h.listeners {
		errs = append(errs, l.Close())
	}
	for _, ns := range h.namespaces {
		errs = append(errs, IP(ctx, "netns delete "+ns))
	}
	errs = append(errs, IP(ctx, "netns delete "+h.vpc))
	return errors.Join(errs...)
}

func (*Hosts) addNamespace(ctx context.Context, ns string) error {
	return IP(ctx, "netns add "+ns, "-n "+ns+" link set lo up")
}

// IP runs commands of ip, such as "-n NAMESPACE link show".
func IP(ctx context.Context, commands ...string) error {
	for _, c := range commands {
		if out, err := exec.CommandContext(ctx, "ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			return errors.Wrapf(err, "ip %s: %s", c, strings.TrimSpace(string(out)))
		}
	}
	return nil
}

// plug adds or deletes the link of an attachment when the emulator attaches or detaches
// an ENI.
func (h *Hosts) plug(ctx context.Context, e ec2emulator.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ns, ok := h.namespaces[e.InstanceID]
	if !ok || (e.DeviceIndex == 0 && e.NetworkCardIndex == 0) {
		return
	}
	var err error
	if e.Type == ec2emulator.Attached {
		err = h.attach(ctx, ns, e)
	} else if p, ok := h.links[e.AttachmentID]; ok {
		delete(h.links, e.AttachmentID)
		// Deleting one end deletes the pair. The agent may rename the other end.
		err = IP(ctx, "-n "+h.vpc+" link delete "+p.outside)
	}
	if err != nil {
		h.errs = append(h.errs, err)
	}
}

func (h *Hosts) attach(ctx context.Context, ns string, e ec2emulator.Event) error {
	bridge, err := h.bridge(ctx, e.SubnetCIDR.String(), e.SubnetCIDR.Masked().Addr().Next().String(), e.SubnetCIDR.Bits())
	if err != nil {
		return err
	}
	h.serial++
	outside := fmt.Sprintf("v%d", h.serial)
	h.links[e.AttachmentID] = plug{namespace: ns, outside: outside}
	return IP(ctx,
		fmt.Sprintf("-n %s link add %s mtu 9216 type veth peer name %s address %s mtu 1500 netns %s", h.vpc, outside, LinkName(e), e.MAC, ns),
		fmt.Sprintf("-n %s link set %s master %s up", h.vpc, outside, bridge),
	)
}

// LinkName returns the initial name of the link of an ENI. Device indexes are per
// network card, so the name depends on both.
func LinkName(e ec2emulator.Event) string {
	return fmt.Sprintf("ens%d", 5+32*e.NetworkCardIndex+e.DeviceIndex)
}

// bridge returns the bridge of a subnet. It has the address of the VPC router.
func (h *Hosts) bridge(ctx context.Context, cidr, gateway string, bits int) (string, error) {
	if b, ok := h.bridges[cidr]; ok {
		return b, nil
	}
	b := fmt.Sprintf("br%d", len(h.bridges))
	h.bridges[cidr] = b
	return b, IP(ctx,
		fmt.Sprintf("-n %s link add %s mtu 9216 type bridge", h.vpc, b),
		fmt.Sprintf("-n %s addr add %s/%d dev %s", h.vpc, gateway, bits, b),
		fmt.Sprintf("-n %s link set %s up", h.vpc, b),
	)
}

// Forward forwards connections to a loopback address in a namespace to the same
// address outside the namespace.
func (h *Hosts) Forward(ctx context.Context, ns, address string) error {
	l, err := listenIn(ctx, ns, address)
	if err != nil {
		return err
	}
	h.mu.Lock()
	h.listeners = append(h.listeners, l)
	h.mu.Unlock()
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return // closed
			}
			go proxy(ctx, in, address)
		}
	}()
	return nil
}

func proxy(ctx context.Context, in net.Conn, address string) {
	defer in.Close() //nolint:errcheck // the connection has ended
	out, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return
	}
	defer out.Close() //nolint:errcheck // the connection has ended
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() {
			_, _ = io.Copy(way[0], way[1])
			done <- struct{}{}
		}()
	}
	<-done
}

// listenIn listens in a namespace. A socket stays in the namespace of the
// thread that created it.
func listenIn(ctx context.Context, ns, address string) (net.Listener, error) {
	type result struct {
		l   net.Listener
		err error
	}
	c := make(chan result)
	go func() {
		// Not unlocked, so that the runtime ends this thread, which is in another
		// namespace.
		runtime.LockOSThread()
		h, err := netns.GetFromName(ns)
		if err == nil {
			defer h.Close() //nolint:errcheck // read only
			err = netns.Set(h)
		}
		if err != nil {
			c <- result{err: errors.Wrapf(err, "cannot enter network namespace %q", ns)}
			return
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		c <- result{l: l, err: errors.Wrapf(err, "cannot listen at %s in network namespace %q", address, ns)}
	}()
	r := <-c
	return r.l, r.err
}
