package kernelvm

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Drivers of NICs, as qemu names the devices.
const (
	// VirtioNet takes every MTU.
	VirtioNet = "virtio-net-pci"
	// VMXNet3 refuses an MTU above 9000.
	VMXNet3 = "vmxnet3"
)

// A NIC is a network card to plug.
type NIC struct {
	// ID by which it is unplugged: a letter, then letters, digits and dashes.
	ID string
	// MAC address.
	MAC string
	// Driver is the kind of the card. Default: VirtioNet.
	Driver string
	// Segment is the wire that it is on: cards on one wire hear each other.
	Segment int
	// Properties of the device beyond these, as qemu names them.
	Properties map[string]any
}

// A nic is one that is plugged.
type nic struct {
	port int
	// asked says that the guest was asked to let go of it.
	asked bool
	// gone is closed once it has.
	gone chan struct{}
	left bool
}

// Plug plugs a card into a free port, and returns the PCI address that it has
// there. It does not wait for the kernel to see it.
func (g *Guest) Plug(ctx context.Context, n NIC) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	port, err := g.take(n.ID)
	if err != nil {
		return "", errors.Wrapf(err, "cannot plug %q", n.ID)
	}
	if err := g.plug(ctx, n, port); err != nil {
		g.leave(n.ID)
		return "", g.explain(errors.Wrapf(err, "cannot plug %q", n.ID))
	}
	address, err := g.portAddress(ctx, port)
	return address, g.explain(errors.Wrapf(err, "cannot find out the PCI address of %q", n.ID))
}

func (g *Guest) plug(ctx context.Context, n NIC, port int) error {
	if err := g.monitor.execute(ctx, "netdev_add", map[string]any{"type": "hubport", "id": wireOf(n.ID), "hubid": n.Segment}); err != nil {
		return err
	}
	if err := g.monitor.execute(ctx, "device_add", g.deviceArguments(n, port)); err != nil {
		return errors.Join(err, g.monitor.execute(ctx, "netdev_del", map[string]any{"id": wireOf(n.ID)}))
	}
	return nil
}

func (g *Guest) deviceArguments(n NIC, port int) map[string]any {
	if n.Driver == "" {
		n.Driver = VirtioNet
	}
	// Without a ROM, which a boot would look into.
	args := map[string]any{"driver": n.Driver, "id": n.ID, "netdev": wireOf(n.ID), "mac": n.MAC, "romfile": ""}
	if g.options.Machine == PC {
		args["bus"], args["addr"] = "pci.0", fmt.Sprintf("%#x", slotPorts+port)
	} else {
		args["bus"] = portName(port)
	}
	// A virtio device goes past the IOMMU unless it is told not to, and then
	// DPDK's driver waits forever for its first packet.
	if g.options.IOMMU && n.Driver == VirtioNet {
		args["disable-legacy"], args["iommu_platform"] = "on", true
	}
	maps.Copy(args, n.Properties)
	return args
}

func wireOf(id string) string { return "wire-" + id }

// Unplug asks the guest to let go of a card, and waits until it has. If ctx ends
// before that, the guest stays asked, and Unplug can be called again to wait on.
func (g *Guest) Unplug(ctx context.Context, id string) error {
	g.mu.Lock()
	n, ok := g.nics[id]
	ask := ok && !n.asked
	if ask {
		n.asked = true
	}
	g.mu.Unlock()
	if !ok {
		return errors.Errorf("cannot unplug %q: it is not plugged", id)
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if ask {
		if err := g.monitor.execute(ctx, "device_del", map[string]any{"id": id}); err != nil {
			return g.explain(errors.Wrapf(err, "cannot unplug %q", id))
		}
	}
	select {
	case <-n.gone:
	case <-g.process.Exited():
		return g.explain(errors.Errorf("cannot unplug %q: the machine has ended", id))
	case <-ctx.Done():
		return g.explain(errors.Wrapf(ctx.Err(), "the guest does not let go of %q", id))
	}
	if !g.leave(id) {
		return nil // Another call has cleaned up.
	}
	return g.explain(errors.Wrapf(g.monitor.execute(ctx, "netdev_del", map[string]any{"id": wireOf(id)}), "cannot unplug %q", id))
}

// Address returns the PCI address of a card that is plugged.
func (g *Guest) Address(ctx context.Context, id string) (string, error) {
	g.mu.Lock()
	n, ok := g.nics[id]
	g.mu.Unlock()
	if !ok {
		return "", errors.Errorf("%q is not plugged", id)
	}
	return g.portAddress(ctx, n.port)
}

// portAddress asks the kernel which bus is behind a port: the firmware numbers
// them.
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

// take reserves a port.
func (g *Guest) take(id string) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.nics[id]; ok {
		return 0, errors.New("it is plugged already")
	}
	taken := map[int]bool{}
	for _, n := range g.nics {
		taken[n.port] = true
	}
	for port := range g.options.Ports {
		if !taken[port] {
			g.nics[id] = &nic{port: port, gone: make(chan struct{})}
			return port, nil
		}
	}
	return 0, errors.Errorf("all of the %d ports are taken", g.options.Ports)
}

// leave gives a port back, and says whether this call did.
func (g *Guest) leave(id string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.nics[id]
	delete(g.nics, id)
	return ok
}

// deleted hears that a device is gone. Some consist of two; the other one has
// no id.
func (g *Guest) deleted(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n, ok := g.nics[id]; ok && !n.left {
		n.left = true
		close(n.gone)
	}
}
