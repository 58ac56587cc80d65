package host

import (
	"context"
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/journal"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/nic"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
)

// A Device is the PCI device of an ENI. Its link's MAC address says which one
// that is; where it has no link, the journal does.
type Device struct {
	pci.Device

	// Found says that the device is known. The rest is of no use otherwise.
	Found bool
	// Info is what the link's driver says. A link without hardware has it too.
	Info nic.Info
	// Entry is that of the journal, or nil if that has none that is true of
	// the device.
	Entry *journal.Entry
	// Stale says that the journal has an entry of the ENI that is not true any
	// more.
	Stale bool
	// Orphan is the address of a device with a userspace driver that was the
	// ENI's when its status was last written, and that the journal does not
	// know. It is left alone.
	Orphan *pci.Address
	// Caching of the device's prefetchable memory, where that can be read.
	Caching pci.Caching
}

// CurrentKernelDriver that the device has, or returns to.
func (d Device) CurrentKernelDriver() string {
	if d.Entry != nil && (d.Driver == "" || desired.IsUserspaceDriver(d.Driver)) {
		return d.Entry.KernelDriver
	}
	return d.Driver
}

// HasUserspaceDriver says that a userspace driver has the device.
func (d Device) HasUserspaceDriver() bool { return d.Found && desired.IsUserspaceDriver(d.Driver) }

// Userspace is what the kernel offers to userspace drivers.
type Userspace struct {
	// Loaded says that the driver asked for is there.
	Loaded bool
	// NoIOMMU is vfio's parameter enable_unsafe_noiommu_mode, Y or N, or empty
	// if this kernel does not have it.
	NoIOMMU string
	// HugePages are those reserved.
	HugePages []pci.HugePages
}

// Holders are the containers that hold a device.
type Holders struct {
	Containers []podresources.Holder
	Err        error
}

// observeDevice finds the device of an ENI and describes it. l is the ENI's link,
// if it has one.
func observeDevice(h *Host, w desired.State, l link.Link) (Device, error) {
	entry, ok := h.Journal.Entry(w.NetworkInterfaceID)
	if l.Index != 0 {
		return deviceOf(h, l, entry, ok)
	}
	if !ok {
		return Device{Orphan: findOrphan(h, w)}, nil
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

// findOrphan returns the device that the status tells of, if it is still as it says
// and is none that the journal knows as another ENI's.
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

// errRenamed says that a link's name was another link's when it was asked for.
var errRenamed = errors.New("the device is not behind the link any more")

// deviceOf is the device behind a link. What cannot be found out of it is left
// empty: a description is not worth failing for.
//
// ethtool and /sys know links by their names, which udev may just be giving to
// another: what the device says of its links shows whether it is the one.
func deviceOf(h *Host, l link.Link, entry journal.Entry, ok bool) (Device, error) {
	info, noInfo := h.NIC.Info(l.Name)
	a, noAddress := pci.ParseAddress(info.Bus)
	if noInfo != nil || noAddress != nil {
		return Device{Info: info, Stale: ok}, nil //nolint:nilerr // A link without hardware is none of an error.
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

// sameDevice says whether a device without a link is the one that an entry is about.
// Another that was plugged in at its address meanwhile has a link of its own, or
// is of another make, or nobody has named a driver for it: what names one is the
// agent's own doing, and goes with the device.
func sameDevice(h *Host, e journal.Entry, d pci.Device) bool {
	return e.Boot == h.Boot && e.Vendor == d.Vendor && e.Product == d.Product && len(d.Netdevs) == 0 &&
		(d.Override == "" || desired.IsUserspaceDriver(d.Override))
}

// memoryCaching is that of the prefetchable memory, by which packets go to the device.
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

// NoIOMMUParameter of vfio lets vfio-pci take devices without an IOMMU.
const NoIOMMUParameter = "enable_unsafe_noiommu_mode"

// observeUserspace sees what the kernel offers to the driver asked for.
func observeUserspace(h *Host, w desired.State) Userspace {
	u := Userspace{Loaded: h.Modules.Loaded(w.DPDKDriver)}
	// Not loaded, or built without: both are told by Loaded.
	if v, err := h.Modules.Parameter("vfio", NoIOMMUParameter); err == nil {
		u.NoIOMMU = v
	}
	u.HugePages, _ = h.Memory.HugePages() // A description.
	return u
}

// ReclaimsDevice says whether what is wanted takes the device from pods that may have
// it. One that the agent offered has an entry; one without may be in a pool of
// somebody else's, or in one that the agent took back a while ago.
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

// observeHolders asks who has the device, as whatever resource: its name may have
// changed since.
func observeHolders(ctx context.Context, h *Host, w desired.State, d Device) Holders {
	if !w.WaitForPods || h.Pods == nil || !ReclaimsDevice(w, d) {
		return Holders{}
	}
	usage, err := h.Pods.Usage(ctx)
	if err != nil && d.Entry == nil {
		return Holders{} // Most likely nobody has it, and nothing is to wait for a kubelet.
	}
	if err != nil {
		return Holders{Err: err}
	}
	var holders Holders
	for device, of := range usage {
		if device.ID == d.String() {
			holders.Containers = append(holders.Containers, of...)
		}
	}
	slices.SortFunc(holders.Containers, podresources.Holder.Compare)
	holders.Containers = slices.Compact(holders.Containers)
	return holders
}
