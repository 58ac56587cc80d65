// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"slices"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Errors that callers distinguish. Errors of the kernel are in the error chain as
// syscall.Errno.
var (
	// ErrNotFound means that the host has no device at the address.
	ErrNotFound = errors.New("no such PCI device")

	// ErrNoDriver means that no driver of that name is registered: its module is not
	// loaded.
	ErrNoDriver = errors.New("no such PCI driver")
)

// A Device is a PCI function as the kernel reports it. DEVICE stands for
// /sys/bus/pci/devices/ADDRESS.
type Device struct {
	// Address is the name of the directory DEVICE.
	Address

	// Vendor is PCI_ID of DEVICE/uevent before its colon, such as 1d0f.
	Vendor string
	// Product is PCI_ID of DEVICE/uevent after its colon, such as ec20.
	Product string
	// Class is PCI_CLASS of DEVICE/uevent, such as 020000 for Ethernet.
	Class string

	// Driver is the driver that the device is bound to, or empty: DRIVER of
	// DEVICE/uevent, which exists as long as the symlink DEVICE/driver.
	Driver string
	// Override is the only driver that may bind the device, or empty if any driver may:
	// DEVICE/driver_override.
	Override string

	// IOMMUGroup is the target of DEVICE/iommu_group, or empty if the device has no
	// group. While a device without an IOMMU is bound to vfio-pci it has a group that
	// VFIO creates.
	IOMMUGroup string
	// NoIOMMU is true if VFIO created the group: DEVICE/iommu_group/name is
	// vfio-noiommu. The device can then access all memory of the host.
	NoIOMMU bool
	// Blockers are other devices of the IOMMU group whose kernel drivers make the group
	// not viable for VFIO: DEVICE/iommu_group/devices.
	Blockers []Blocker
	// NUMANode is DEVICE/numa_node, or nil if the host reports none.
	NUMANode *int32
	// PCIeRoot is the root of the device's hierarchy, such as pci0000:00, in the target of
	// the symlink DEVICE. It is empty if the target has no root.
	PCIeRoot string

	// Netdevs are the links of the device, sorted by name: DEVICE/net/* and, for
	// virtio, DEVICE/virtio*/net/*.
	Netdevs []Netdev

	// Modalias is MODALIAS of DEVICE/uevent, which modules match by their aliases.
	Modalias string
}

// IsNetwork reports whether the device is a network controller (PCI class 02).
func (d Device) IsNetwork() bool { return strings.HasPrefix(d.Class, "02") }

// A Blocker is a device that makes its IOMMU group not viable for VFIO.
type Blocker struct {
	Address

	// Driver is the kernel driver that the device is bound to.
	Driver string
}

// String returns the address and the driver of the device.
func (b Blocker) String() string { return b.Address.String() + " (" + b.Driver + ")" }

// blocks reports whether a driver makes the IOMMU group of its device not viable for
// VFIO. Drivers that leave DMA to others do not (driver_managed_dma in the kernel since
// 6.0, a list in vfio before): pcieport, pci-stub and the VFIO drivers.
func blocks(driver string) bool {
	switch driver {
	case "", "pcieport", "pci-stub":
		return false
	default:
		return !strings.Contains(driver, "vfio")
	}
}

// BlockersOf returns the devices among the other devices of a group that make it not
// viable for VFIO, sorted by address.
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

// A Netdev is a network interface of a device.
type Netdev struct {
	// Name is the current name of the interface.
	Name string
	// Index is its ifindex. The kernel does not reuse it before the next boot.
	Index int
}

// Devices are the devices of a host.
type Devices interface {
	// Addresses returns the addresses of all devices, sorted.
	Addresses() ([]Address, error)

	// Device returns a device, or ErrNotFound.
	Device(a Address) (Device, error)
}

// A Bus binds the devices of a host to drivers.
type Bus interface {
	Devices

	// SetOverride restricts a device to one driver. The empty string removes the
	// restriction. It does not unbind the device.
	SetOverride(a Address, driver string) error

	// Unbind unbinds a device from its driver. The kernel deletes the links of the
	// device with their configuration. A device without a driver is ENODEV.
	Unbind(a Address) error

	// Bind binds a device to a driver, or returns ErrNoDriver. A device that is bound
	// is EBUSY. A device whose override names another driver is ENODEV, as is a device
	// that the driver does not match without an override. Any other error comes from
	// the driver's probe function, and the device stays unbound.
	Bind(a Address, driver string) error

	// Probe makes the kernel probe for a driver: the override if there is one,
	// otherwise any that matches. It returns no error if no driver matches or its probe
	// function fails: read the device to see the result.
	Probe(a Address) error
}
