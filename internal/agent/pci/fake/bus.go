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

// A Device is what is plugged in.
type Device struct {
	pci.Device

	// MAC of the link that a network driver makes of the device. It is the
	// device's own, and outlives each of its links.
	MAC string
	// Name that such a link is given, as udev does by the slot of the device.
	// Without one it is the first of eth0, eth1, … that is free.
	Name string

	// Holds keeps the device with its driver: Unbind returns it.
	Holds error
	// Fails are errors of drivers, by name, that cannot take the device. It is
	// left without driver.
	Fails map[string]error
}

// A Driver can have devices.
type Driver struct {
	// Knows are the devices it takes without being named by their override, as
	// vendor:product.
	Knows []string
	// Net drivers make a link of a device.
	Net bool
	// VFIO drivers need an IOMMU, or the parameter to do without.
	VFIO bool
}

// An Op is one change, in the words of an operator:
//
//	override ADDRESS DRIVER, unbind ADDRESS, bind ADDRESS DRIVER, probe ADDRESS,
//	load MODULE, set MODULE NAME=VALUE
type Op string

// A Bus is the PCI devices of a host in memory.
type Bus struct {
	mu      sync.Mutex
	devices map[pci.Address]*device
	drivers map[string]Driver
	modules map[string]*Module
	ops     int
	index   int
	groups  int

	// Fault, if set, is asked before each change, with its number from 1. What
	// it returns is the change's error, and then nothing has changed.
	Fault func(n int, op Op) error
	// Appeared, if set, is called after a link appeared, and may say its
	// index. It must not change the Bus.
	Appeared func(l Link) int
	// Vanished, if set, is called after a link vanished. It must not change the
	// Bus.
	Vanished func(l Link)
}

// A Link is of a device that a network driver has.
type Link struct {
	Address pci.Address
	// Index is given once: a device that comes back has another.
	Index     int
	Name, MAC string
}

type device struct {
	Device

	link *Link
	// borrowed says that the IOMMU group is VFIO's, which gives one to a device
	// that has none for as long as it has the device.
	borrowed bool
}

var _ pci.Bus = &Bus{}

// New returns a host without devices. It has the drivers ena and virtio-pci,
// and the modules of vfio-pci and uio_pci_generic, as stock kernels do. It has
// no igb_uio, which nobody ships.
func New() *Bus {
	b := &Bus{devices: map[pci.Address]*device{}, drivers: map[string]Driver{}, modules: map[string]*Module{}}
	b.addStock()
	return b
}

// Plug adds a device. It is bound at once if a driver is there that knows it, as
// devices are at boot and when they are plugged in; the driver that it comes
// with is not looked at.
func (b *Bus) Plug(d Device) {
	b.mu.Lock()
	d.Driver, d.Netdevs = "", nil
	x := &device{Device: d}
	b.devices[d.Address] = x
	var n news
	b.attach(x, &n)
	b.mu.Unlock()
	b.tell(n)
}

// Unplug takes a device out, whatever has it.
func (b *Bus) Unplug(a pci.Address) {
	b.mu.Lock()
	var n news
	if x, ok := b.devices[a]; ok {
		b.detach(x, &n)
		delete(b.devices, a)
	}
	b.mu.Unlock()
	b.tell(n)
}

// Change changes a device behind the back of everybody: what it Holds, whether
// it Fails, which override somebody else has set.
func (b *Bus) Change(a pci.Address, f func(d *Device)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if x, ok := b.devices[a]; ok {
		f(&x.Device)
	}
}

// Link returns the link of a device, and false if it has none.
func (b *Bus) Link(a pci.Address) (Link, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x, ok := b.devices[a]
	if !ok || x.link == nil {
		return Link{}, false
	}
	return *x.link, true
}

// Ops returns how many changes there have been, failed ones among them.
func (b *Bus) Ops() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ops
}

// String prints a line for each device, in order:
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

func (d *device) netdevs() []string {
	names := make([]string, 0, len(d.Netdevs))
	for _, n := range d.Netdevs {
		names = append(names, n.Name)
	}
	return names
}

func (d *device) id() string { return d.Vendor + ":" + d.Product }

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
	err := b.change(Op(fmt.Sprintf("override %s %s", a, driver)), a, func(d *device, _ *news) error {
		if driver != "" && !isName(driver) {
			return syscall.EINVAL
		}
		d.Override = driver
		return nil
	})
	return errors.Wrapf(err, "cannot set driver override of PCI device %q to %q", a, driver)
}

// Unbind takes a device from its driver.
func (b *Bus) Unbind(a pci.Address) error {
	err := b.change(Op(fmt.Sprintf("unbind %s", a)), a, func(d *device, n *news) error {
		if d.Driver == "" {
			return syscall.ENODEV
		}
		if d.Holds != nil {
			return d.Holds
		}
		b.detach(d, n)
		return nil
	})
	return errors.Wrapf(err, "cannot unbind PCI device %q from its driver", a)
}

// Bind gives a device to a driver.
func (b *Bus) Bind(a pci.Address, driver string) error {
	op := Op(fmt.Sprintf("bind %s %s", a, driver))
	err := b.do(op, func(n *news) error {
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

// Probe looks for a driver of a device.
func (b *Bus) Probe(a pci.Address) error {
	err := b.change(Op(fmt.Sprintf("probe %s", a)), a, func(d *device, n *news) error {
		b.attach(d, n)
		return nil
	})
	return errors.Wrapf(err, "cannot probe for a driver of PCI device %q", a)
}

func (b *Bus) change(op Op, a pci.Address, f func(d *device, n *news) error) error {
	return b.do(op, func(n *news) error {
		d, ok := b.devices[a]
		if !ok {
			return pci.ErrNotFound
		}
		return f(d, n)
	})
}

// do does one change, unless it is to fail, and tells of links when it is done:
// who hears of one may look at the Bus.
func (b *Bus) do(op Op, f func(n *news) error) error {
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
	var n news
	err := f(&n)
	b.mu.Unlock()
	b.tell(n)
	return err
}
