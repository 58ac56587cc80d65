// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fake

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// A Driver is a PCI driver.
type Driver struct {
	// IDs are the devices that the driver matches without an override, as
	// vendor:product.
	IDs []string
	// Net is true if the driver creates a link for each device.
	Net bool
	// VFIO is true if the driver needs an IOMMU, or the no-IOMMU parameter.
	VFIO bool
}

// An Op is one operation:
//
//	override ADDRESS DRIVER, unbind ADDRESS, bind ADDRESS DRIVER, probe ADDRESS,
//	load MODULE, set MODULE NAME=VALUE
type Op string

// A Bus keeps the PCI devices of a host in memory.
type Bus struct {
	mu      sync.Mutex
	devices map[pci.Address]*device
	drivers map[string]Driver
	modules map[string]*Module
	ops     int
	index   int
	groups  int

	// Fault, if set, is called before each operation with its number, from 1. If it
	// returns an error, the operation fails with it and changes nothing.
	Fault func(n int, op Op) error
	// LinkAdded, if set, is called after a link was added. It returns the link's index,
	// and must not change the Bus.
	LinkAdded func(l Link) int
	// LinkRemoved, if set, is called after a link was removed. It must not change the
	// Bus.
	LinkRemoved func(l Link)
}

// A Link is the network interface of a device that is bound to a network driver.
type Link struct {
	Address pci.Address
	// Index is never reused: after a rebind the device's link has another.
	Index     int
	Name, MAC string
}

var _ pci.Bus = &Bus{}

// New returns a host without devices. It has the drivers ena and virtio-pci, and the
// modules of vfio-pci and uio_pci_generic, as stock kernels do. It does not have
// igb_uio, which no distribution ships.
func New() *Bus {
	b := &Bus{devices: map[pci.Address]*device{}, drivers: map[string]Driver{}, modules: map[string]*Module{}}
	b.addStock()
	return b
}

// Plug adds a device and binds it to a driver that matches, as the kernel does on
// hotplug. It ignores d.Driver.
func (b *Bus) Plug(d Device) {
	b.mu.Lock()
	d.Driver, d.Netdevs = "", nil
	x := &device{Device: d}
	b.devices[d.Address] = x
	var n linkEvents
	b.attach(x, &n)
	b.mu.Unlock()
	b.notify(n)
}

// Unplug removes a device, bound or not.
func (b *Bus) Unplug(a pci.Address) {
	b.mu.Lock()
	var n linkEvents
	if x, ok := b.devices[a]; ok {
		b.detach(x, &n)
		delete(b.devices, a)
	}
	b.mu.Unlock()
	b.notify(n)
}

// Change changes a device outside of pci.Bus: its errors, or the override that another
// program has set.
func (b *Bus) Change(a pci.Address, f func(d *Device)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if x, ok := b.devices[a]; ok {
		f(&x.Device)
	}
}

// Link returns the link of a device. It reports false if the device has none.
func (b *Bus) Link(a pci.Address) (Link, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x, ok := b.devices[a]
	if !ok || x.link == nil {
		return Link{}, false
	}
	return *x.link, true
}

// Ops returns the number of operations so far, including failed ones.
func (b *Bus) Ops() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ops
}

// String returns a line for each device, sorted by address:
//
//	0000:00:06.0 1d0f:ec20 driver=ena net=eth1
//	0000:00:07.0 1d0f:ec20 driver=vfio-pci override=vfio-pci group=0
//	0000:00:08.0 1d0f:ec20 driver=none
func (b *Bus) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var s strings.Builder
	for _, a := range slices.SortedFunc(maps.Keys(b.devices), pci.Address.Compare) {
		d := b.devices[a]
		driver := d.Driver
		if driver == "" {
			driver = "none"
		}
		fmt.Fprintf(&s, "%s %s driver=%s", a, d.id(), driver)
		for _, f := range []struct{ name, value string }{
			{"override", d.Override}, {"net", strings.Join(d.netdevs(), ",")}, {"group", d.IOMMUGroup},
		} {
			if f.value != "" {
				fmt.Fprintf(&s, " %s=%s", f.name, f.value)
			}
		}
		s.WriteByte('\n')
	}
	return s.String()
}

// Addresses returns the addresses of all devices, sorted.
func (b *Bus) Addresses() ([]pci.Address, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.SortedFunc(maps.Keys(b.devices), pci.Address.Compare), nil
}

// Device returns a copy of a device.
func (b *Bus) Device(a pci.Address) (pci.Device, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x, ok := b.devices[a]
	if !ok {
		return pci.Device{}, errors.Wrapf(pci.ErrNotFound, "cannot read PCI device %q", a)
	}
	d := x.Device.Device
	d.Netdevs = slices.Clone(d.Netdevs)
	if d.NUMANode != nil {
		node := *d.NUMANode
		d.NUMANode = &node
	}
	var others []pci.Device
	for _, o := range b.devices {
		if o != x && d.IOMMUGroup != "" && o.IOMMUGroup == d.IOMMUGroup {
			others = append(others, o.Device.Device)
		}
	}
	d.Blockers = pci.BlockersOf(others)
	return d, nil
}

// SetOverride sets or clears the override of a device.
func (b *Bus) SetOverride(a pci.Address, driver string) error {
	err := b.change(Op(fmt.Sprintf("override %s %s", a, driver)), a, func(d *device, _ *linkEvents) error {
		if driver != "" && !isName(driver) {
			return syscall.EINVAL
		}
		d.Override = driver
		return nil
	})
	return errors.Wrapf(err, "cannot set driver override of PCI device %q to %q", a, driver)
}

// Unbind unbinds a device from its driver.
func (b *Bus) Unbind(a pci.Address) error {
	err := b.change(Op(fmt.Sprintf("unbind %s", a)), a, func(d *device, n *linkEvents) error {
		if d.Driver == "" {
			return syscall.ENODEV
		}
		if d.UnbindError != nil {
			return d.UnbindError
		}
		b.detach(d, n)
		return nil
	})
	return errors.Wrapf(err, "cannot unbind PCI device %q from its driver", a)
}

// Bind binds a device to a driver.
func (b *Bus) Bind(a pci.Address, driver string) error {
	op := Op(fmt.Sprintf("bind %s %s", a, driver))
	err := b.do(op, func(n *linkEvents) error {
		if !isName(driver) {
			return syscall.EINVAL
		}
		if _, ok := b.drivers[driver]; !ok {
			return pci.ErrNoDriver
		}
		d, ok := b.devices[a]
		if !ok {
			return pci.ErrNotFound
		}
		if !b.matches(driver, d) {
			return syscall.ENODEV
		}
		if d.Driver != "" {
			return syscall.EBUSY
		}
		return b.probe(driver, d, n)
	})
	return errors.Wrapf(err, "cannot bind PCI device %q to driver %q", a, driver)
}

// Probe probes for a driver of a device.
func (b *Bus) Probe(a pci.Address) error {
	err := b.change(Op(fmt.Sprintf("probe %s", a)), a, func(d *device, n *linkEvents) error {
		b.attach(d, n)
		return nil
	})
	return errors.Wrapf(err, "cannot probe for a driver of PCI device %q", a)
}

func (b *Bus) change(op Op, a pci.Address, f func(d *device, n *linkEvents) error) error {
	return b.do(op, func(n *linkEvents) error {
		d, ok := b.devices[a]
		if !ok {
			return pci.ErrNotFound
		}
		return f(d, n)
	})
}

// do executes one operation unless Fault fails it. It calls LinkAdded and LinkRemoved
// without the lock, as they may read the Bus.
func (b *Bus) do(op Op, f func(n *linkEvents) error) error {
	b.mu.Lock()
	b.ops++
	number, fault := b.ops, b.Fault
	b.mu.Unlock()
	if fault != nil {
		if err := fault(number, op); err != nil {
			return err
		}
	}
	b.mu.Lock()
	var n linkEvents
	err := f(&n)
	b.mu.Unlock()
	b.notify(n)
	return err
}
