// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"strconv"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// QEMU's device types of NICs.
const (
	// VirtioNet accepts any MTU.
	VirtioNet = "virtio-net-pci"
	// VMXNet3 rejects an MTU above 9000.
	VMXNet3 = "vmxnet3"
)

// A NIC is a network card to plug in.
type NIC struct {
	// ID identifies the card for Unplug: a letter, then letters, digits and dashes.
	ID string
	// MAC address.
	MAC string
	// Driver is QEMU's device type. Default: VirtioNet.
	Driver string
	// Segment is the network segment: cards on one segment receive each other's frames.
	Segment int
	// Subnet, if set, connects the card to a router with the first address of this subnet
	// instead, whose DHCP server offers Address.
	Subnet  netip.Prefix
	Address netip.Addr
	// IPv6Subnet, if set, is the subnet that the router advertises, as a default router.
	IPv6Subnet netip.Prefix
	// Properties are further properties of the QEMU device.
	Properties map[string]any
}

// A nic is a plugged card.
type nic struct {
	port int
	// networks are the ids of QEMU's networks of the card.
	networks []string
	// unplugging is true if the guest was requested to release the card.
	unplugging bool
	// removed is closed when the guest has released it.
	removed chan struct{}
	left    bool
}

// Plug plugs a card into a free port, and returns its PCI address. It does not wait for
// the guest's kernel to detect it.
func (g *Guest) Plug(ctx context.Context, n NIC) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	port, err := g.reservePort(n.ID)
	if err != nil {
		return "", errors.Wrapf(err, "cannot plug %q", n.ID)
	}
	if err := g.plug(ctx, n, port); err != nil {
		g.releasePort(n.ID)
		return "", g.explain(errors.Wrapf(err, "cannot plug %q", n.ID))
	}
	address, err := g.portAddress(ctx, port)
	return address, g.explain(errors.Wrapf(err, "cannot get the PCI address of %q", n.ID))
}

func (g *Guest) plug(ctx context.Context, n NIC, port int) error {
	err := g.addNetworks(ctx, n, port)
	if err == nil {
		err = g.monitor.execute(ctx, "device_add", g.deviceArguments(n, port))
	}
	if err != nil {
		return errors.Join(err, g.deleteNetworks(ctx, g.takeNetworks(n.ID)))
	}
	return nil
}

func (g *Guest) deviceArguments(n NIC, port int) map[string]any {
	if n.Driver == "" {
		n.Driver = VirtioNet
	}
	// Without a ROM, which the firmware would probe.
	args := map[string]any{"driver": n.Driver, "id": n.ID, "netdev": wireOf(n.ID), "mac": n.MAC, "romfile": ""}
	if g.options.Machine == PC {
		args["bus"], args["addr"] = "pci.0", fmt.Sprintf("%#x", slotPorts+port)
	} else {
		args["bus"] = portName(port)
	}
	// By default a virtio device bypasses the IOMMU, and DPDK's driver then waits
	// forever for its first packet.
	if g.options.IOMMU && n.Driver == VirtioNet {
		args["disable-legacy"], args["iommu_platform"] = "on", true
	}
	maps.Copy(args, n.Properties)
	return args
}

// SetCarrier connects or disconnects the cable of a card.
func (g *Guest) SetCarrier(ctx context.Context, id string, up bool) error {
	return g.explain(errors.Wrapf(g.monitor.execute(ctx, "set_link", map[string]any{"name": id, "up": up}), "cannot set the carrier of %q", id))
}

// Unplug requests the guest to release a card, and waits for it. If ctx ends earlier,
// the request remains, and another call of Unplug continues to wait.
func (g *Guest) Unplug(ctx context.Context, id string) error {
	g.mu.Lock()
	n, ok := g.nics[id]
	ask := ok && !n.unplugging
	if ask {
		n.unplugging = true
	}
	g.mu.Unlock()
	if !ok {
		return errors.Errorf("cannot unplug %q: it is not plugged", id)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if ask {
		if err := g.monitor.execute(ctx, "device_del", map[string]any{"id": id}); err != nil {
			return g.explain(errors.Wrapf(err, "cannot unplug %q", id))
		}
	}
	select {
	case <-n.removed:
	case <-g.process.Exited():
		return g.explain(errors.Errorf("cannot unplug %q: the machine exited", id))
	case <-ctx.Done():
		return g.explain(errors.Wrapf(ctx.Err(), "the guest did not release %q in time", id))
	}
	networks := g.takeNetworks(id) // none if another call removed the card
	g.releasePort(id)
	return g.explain(errors.Wrapf(g.deleteNetworks(ctx, networks), "cannot unplug %q", id))
}

// portAddress reads the number of the bus behind a port, which the firmware assigns.
func (g *Guest) portAddress(ctx context.Context, port int) (string, error) {
	if g.options.Machine == PC {
		return fmt.Sprintf("0000:00:%02x.0", slotPorts+port), nil
	}
	text, err := g.Read(ctx, fmt.Sprintf("/sys/bus/pci/devices/0000:00:%02x.0/secondary_bus_number", slotPorts+port))
	if err != nil {
		return "", err
	}
	bus, err := strconv.Atoi(strings.TrimSpace(text))
	return fmt.Sprintf("0000:%02x:00.0", bus), err
}

// reservePort reserves a port for a card.
func (g *Guest) reservePort(id string) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.nics[id]; ok {
		return 0, errors.New("already plugged")
	}
	taken := map[int]bool{}
	for _, n := range g.nics {
		taken[n.port] = true
	}
	for port := range g.options.Ports {
		if !taken[port] {
			g.nics[id] = &nic{port: port, removed: make(chan struct{})}
			return port, nil
		}
	}
	return 0, errors.Errorf("all %d ports are in use", g.options.Ports)
}

// releasePort releases the port of a card.
func (g *Guest) releasePort(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.nics, id)
}

// onDeleted handles the deletion of a device. Some cards consist of two devices; the
// second has no ID.
func (g *Guest) onDeleted(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n, ok := g.nics[id]; ok && !n.left {
		n.left = true
		close(n.removed)
	}
}
