// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/journal"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/nic"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// A Device is the PCI device of an ENI. It is identified by the MAC address of its link
// or, without a link, by the journal.
type Device struct {
	pci.Device

	// Found is true if the device is known; without it, only Info, Stale and Orphan are set.
	Found bool
	// Info is the ethtool information of the link. A link without hardware has it too.
	Info nic.Info
	// Entry is the journal entry of the device, or nil without a valid one.
	Entry *journal.Entry
	// TakenOver is true if Entry is not in the journal yet: other software bound the device
	// to its userspace driver.
	TakenOver bool
	// NotIdentified is why the device that other software bound is not identified, or "".
	NotIdentified string
	// Stale is true if the journal entry of the ENI is not valid any more.
	Stale bool
	// Orphan is the address of a device with a userspace driver that has no journal
	// entry and is the ENI's according to its status. It is not changed.
	Orphan *pci.Address
	// Caching of the device's prefetchable memory; empty if unknown.
	Caching pci.Caching
}

// CurrentKernelDriver returns the kernel driver that is bound, or will be bound again.
func (d Device) CurrentKernelDriver() string {
	if d.Entry != nil && (d.Driver == "" || desired.IsUserspaceDriver(d.Driver)) {
		return d.Entry.KernelDriver
	}
	return d.Driver
}

// HasUserspaceDriver reports whether the device is bound to a userspace driver.
func (d Device) HasUserspaceDriver() bool { return d.Found && desired.IsUserspaceDriver(d.Driver) }

// Userspace describes the kernel's support for userspace drivers.
type Userspace struct {
	// Loaded is true if the desired driver is loaded.
	Loaded bool
	// NoIOMMU is vfio's parameter enable_unsafe_noiommu_mode, Y or N, or empty if the
	// kernel does not have it.
	NoIOMMU string
	// HugePages are the reserved huge pages.
	HugePages []pci.HugePages
}

// observeDevice returns the device of an ENI. l is the ENI's link, if it has one.
func observeDevice(h *Host, w desired.State, l link.Link, links []link.Link) (Device, error) {
	entry, ok := h.Journal.Entry(w.NetworkInterfaceID)
	if l.Index != 0 {
		return deviceOf(h, l, entry, ok)
	}
	if !ok {
		d, why, err := takeOver(h, w, links)
		if d.Found || err != nil {
			return d, err
		}
		return Device{Orphan: findOrphan(h, w), NotIdentified: why}, nil
	}
	d, err := h.PCI.Device(entry.Address)
	if errors.Is(err, pci.ErrNotFound) {
		return Device{Stale: true}, nil
	}
	if err != nil {
		return Device{}, err
	}
	if !sameDevice(h, entry, d) {
		return Device{Stale: true}, nil
	}
	return Device{Device: d, Found: true, Entry: &entry, Caching: memoryCaching(h, d)}, nil
}

// findOrphan returns the address in the status, if its device still has a userspace
// driver and no journal entry of another ENI.
func findOrphan(h *Host, w desired.State) *pci.Address {
	if w.StatusAddress == nil {
		return nil
	}
	if _, ok := h.Journal.At(*w.StatusAddress); ok {
		return nil
	}
	d, err := h.PCI.Device(*w.StatusAddress)
	if err != nil || !desired.IsUserspaceDriver(d.Driver) || d.Override != d.Driver {
		return nil
	}
	return w.StatusAddress
}

// errRenamed is the error of a link whose name belongs to another link meanwhile.
var errRenamed = errors.New("the link has been renamed")

// deviceOf returns the device of a link. Unknown properties are empty: they are only
// reported in the status.
//
// ethtool and /sys identify links by name, and udev may be renaming them. So the link's
// index is compared with the links of the device.
func deviceOf(h *Host, l link.Link, entry journal.Entry, ok bool) (Device, error) {
	info, noInfo := h.NIC.Info(l.Name)
	a, noAddress := pci.ParseAddress(info.Bus)
	if noInfo != nil || noAddress != nil {
		return Device{Info: info, Stale: ok}, nil //nolint:nilerr // A link without hardware is not an error.
	}
	d, err := h.PCI.Device(a)
	if errors.Is(err, pci.ErrNotFound) {
		return Device{Info: info, Stale: ok}, nil
	}
	if err == nil && !slices.ContainsFunc(d.Netdevs, func(n pci.Netdev) bool { return n.Index == l.Index }) {
		return Device{Info: info, Stale: ok}, errRenamed
	}
	out := Device{Device: d, Found: true, Info: info}
	if ok && entry.Address == a && entry.Boot == h.Boot {
		out.Entry = &entry
	} else {
		out.Stale = ok
	}
	return out, err
}

// sameDevice reports whether a device without a link is the device of a journal entry. A
// device that was plugged in at the same address later has a link, or another vendor or
// product. A driver_override with a kernel driver was not set by the agent.
func sameDevice(h *Host, e journal.Entry, d pci.Device) bool {
	return e.Boot == h.Boot && e.Vendor == d.Vendor && e.Product == d.Product && len(d.Netdevs) == 0 &&
		(d.Override == "" || desired.IsUserspaceDriver(d.Override))
}

// memoryCaching returns the caching of the prefetchable memory, through which packets
// reach the device.
func memoryCaching(h *Host, d pci.Device) pci.Caching {
	bars, err := h.Memory.BARs(d.Address)
	if err != nil {
		return ""
	}
	bars = slices.DeleteFunc(bars, func(b pci.BAR) bool { return !b.Prefetchable })
	types, err := h.Memory.Memtypes()
	if err != nil {
		return ""
	}
	known := slices.DeleteFunc(pci.CachingOf(bars, types), func(c pci.Caching) bool { return c == pci.CachingUnknown })
	switch {
	case len(known) == 0:
		return ""
	case slices.Contains(known, pci.CachingUncached):
		return pci.CachingUncached
	default:
		return pci.CachingWriteCombining
	}
}

// NoIOMMUParameter of module vfio allows vfio-pci to bind devices without an IOMMU.
const NoIOMMUParameter = "enable_unsafe_noiommu_mode"

// observeUserspace returns the kernel's support for the desired driver.
func observeUserspace(h *Host, w desired.State) Userspace {
	u := Userspace{Loaded: h.Modules.Loaded(w.DPDKDriver)}
	// An error means that vfio is not loaded, or built without the parameter.
	if v, err := h.Modules.Parameter("vfio", NoIOMMUParameter); err == nil {
		u.NoIOMMU = v
	}
	u.HugePages, _ = h.Memory.HugePages() // Only reported in the status.
	return u
}

// ReclaimsDevice reports whether the desired state takes the device from pods that may
// use it. A device that the agent offered has a journal entry. A device without one may
// be in a pool of another owner, or may have been offered earlier.
func ReclaimsDevice(w desired.State, d Device) bool {
	switch {
	case !d.Found:
		return false
	case w.Release:
		return true
	case d.Entry == nil:
		return w.NeedsUserspaceDriver()
	case d.Driver == d.Entry.KernelDriver:
		return d.Entry.Driver == "" && w.NeedsUserspaceDriver()
	case !d.HasUserspaceDriver():
		return false
	default:
		return w.Driver != v1alpha1.DriverDPDK || w.DPDKDriver != d.Driver || d.NoIOMMU && !w.AllowNoIOMMU
	}
}
