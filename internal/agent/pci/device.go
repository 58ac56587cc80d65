package pci

import (
	"slices"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Errors that callers tell apart. What else the kernel answers is in the chain
// of an error as a syscall.Errno.
var (
	// ErrNotFound says that the host has no device at that address.
	ErrNotFound = errors.New("no such PCI device")

	// ErrNoDriver says that the kernel has no driver of that name: its module
	// is not loaded.
	ErrNoDriver = errors.New("no such PCI driver")
)

// A Device is a function on a PCI bus, as the kernel shows it. DEVICE stands for
// /sys/bus/pci/devices/ADDRESS.
type Device struct {
	// Address is the name of the folder DEVICE.
	Address

	// Vendor is PCI_ID of DEVICE/uevent before its colon, such as 1d0f.
	Vendor string
	// Product is PCI_ID of DEVICE/uevent after its colon, such as ec20.
	Product string
	// Class is PCI_CLASS of DEVICE/uevent, such as 020000 for Ethernet.
	Class string

	// Driver that the device is bound to, or empty: DRIVER of DEVICE/uevent,
	// which is there as long as the link DEVICE/driver is.
	Driver string
	// Override is the only driver that may bind the device, or empty if all
	// may: DEVICE/driver_override.
	Override string

	// IOMMUGroup is where DEVICE/iommu_group links to, or empty if the device
	// is in none. A device that is bound to vfio-pci without an IOMMU is given
	// a group of its own until it is unbound.
	IOMMUGroup string
	// NoIOMMU says that the group is such a one: DEVICE/iommu_group/name is
	// vfio-noiommu. Nothing then keeps the device from the host's memory.
	NoIOMMU bool
	// Blockers are other devices of its group whose drivers keep every program
	// from the group: DEVICE/iommu_group/devices.
	Blockers []Blocker
	// NUMANode is DEVICE/numa_node, or nil if the host does not say.
	NUMANode *int32

	// Netdevs are the links of the device, in the order of their names:
	// DEVICE/net/* and, for virtio, DEVICE/virtio*/net/*.
	Netdevs []Netdev

	// Modalias is MODALIAS of DEVICE/uevent. Modules say in its words which
	// devices they drive.
	Modalias string
}

// A Blocker is a device that keeps programs from its IOMMU group.
type Blocker struct {
	Address

	// Driver that has it.
	Driver string
}

func (b Blocker) String() string { return b.Address.String() + " (" + b.Driver + ")" }

// blocks says whether a driver keeps programs from the IOMMU group of its device.
// Those do not that leave DMA to others (driver_managed_dma in the kernel, since
// 6.0; vfio had a list of the same before): of ports, the stub, and VFIO's own.
func blocks(driver string) bool {
	switch driver {
	case "", "pcieport", "pci-stub":
		return false
	default:
		return !strings.Contains(driver, "vfio")
	}
}

// BlockersOf returns those of a group's other devices that keep programs from it,
// in the order of their addresses.
func BlockersOf(others []Device) []Blocker {
	var out []Blocker
	for _, o := range others {
		if blocks(o.Driver) {
			out = append(out, Blocker{Address: o.Address, Driver: o.Driver})
		}
	}
	slices.SortFunc(out, func(a, b Blocker) int { return a.Compare(b.Address) })
	return out
}

// A Netdev is a link of a device.
type Netdev struct {
	// Name that the kernel has for it at the moment.
	Name string
	// Index is ifindex of its folder. No other link has it before the next boot.
	Index int
}

// A Bus binds the devices of a host to drivers.
type Bus interface {
	// Device returns a device, or ErrNotFound.
	Device(a Address) (Device, error)

	// SetOverride says which driver alone may bind a device from now on. The
	// empty string lets all drivers bind it again. It does not unbind it.
	SetOverride(a Address, driver string) error

	// Unbind takes a device from the driver that has it. The links of the
	// device are gone then, with all that was set on them. A device without a
	// driver is ENODEV.
	Unbind(a Address) error

	// Bind gives a device to a driver, or returns ErrNoDriver. A device that
	// has a driver is EBUSY. One whose override names another driver is
	// ENODEV, as is one that the driver does not know and no override names
	// it. Any other error is the driver's own, and then the device has none.
	Bind(a Address, driver string) error

	// Probe lets the kernel look for a driver, among all or, with an override,
	// for that one. It is no error if none is found, nor if the one found
	// fails: look at the device.
	Probe(a Address) error
}
