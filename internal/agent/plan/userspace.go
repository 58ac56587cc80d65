package plan

import (
	"fmt"
	"strings"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/journal"
)

// bindUserspaceDriver gives the device of a link to a userspace driver.
func (p *planner) bindUserspaceDriver() {
	d := p.observed.Device
	if !d.Found {
		p.problem = desired.Problemf(v1alpha1.ReasonNoPCIDevice, "link %s has no PCI device that a userspace driver could take; use driver: kernel", p.link.Name)
		return
	}
	if p.addressMismatch() || !p.prerequisites() {
		if p.problem != nil {
			p.unconfigure()
		}
		return
	}
	if !p.ensureUnheld() {
		return
	}
	// Rules outlive the link.
	p.setRules(nil)
	p.bind()
}

// withoutLink brings a device that has no link on this host, and that the
// journal knows, to where it should be.
func (p *planner) withoutLink() {
	d, w := p.observed.Device, p.desired
	p.setRules(nil)
	switch {
	case d.Driver == d.Entry.KernelDriver && d.Entry.Driver != "":
		// It is back, and its link is about to appear.
		if w.BindFailure != nil {
			p.problem = w.BindFailure
		}
		if w.Release {
			p.dropJournalEntry()
		}
	case d.Driver == d.Entry.KernelDriver && !w.NeedsUserspaceDriver():
		p.linkInOtherNetNS()
	case w.ReleaseUnbound && d.Driver == "":
		// Nobody has it: EC2 can take it, and the next boot finds nothing amiss.
		p.dropJournalEntry()
	case !w.NeedsUserspaceDriver():
		p.bindKernelDriver()
	case p.addressMismatch():
	case d.Driver == w.DPDKDriver && (!d.NoIOMMU || w.AllowNoIOMMU):
		// As asked; only the journal may be of another wish.
		p.problem = nil
		p.writeJournalEntry()
	case d.Driver == "" && d.Override != w.DPDKDriver:
		// Nothing says any more whose device this is but its MAC address, which
		// the kernel driver shows.
		p.bindKernelDriver()
	case !p.prerequisites():
		if p.problem.Reason != v1alpha1.ReasonWaitingForDevice {
			p.bindKernelDriver()
		}
	case d.Driver == "" || p.ensureUnheld():
		p.problem = nil
		p.bind()
	}
}

// linkInOtherNetNS is a device whose link is in another network namespace, as that of a pod
// which got the device from the device plugin.
func (p *planner) linkInOtherNetNS() {
	if !p.desired.Release {
		p.inOtherNetNS, p.problem = true, nil
		return
	}
	if p.ensureUnheld() {
		p.dropJournalEntry()
	}
}

// addressMismatch says, and notes the problem, that the device is not where the user
// expects it.
func (p *planner) addressMismatch() bool {
	d, want := p.observed.Device, p.desired.PCIAddress
	if want == nil || *want == d.Address {
		return false
	}
	at := "is at PCI address " + d.String()
	if !d.Found {
		at = "has no PCI address"
	}
	p.problem = desired.Problemf(v1alpha1.ReasonInvalidConfig, "the device with MAC address %s %s, not %s as pciAddress says: drop the field or correct it", p.desired.MAC, at, *want)
	return true
}

// prerequisites says whether the userspace driver can take the device now. If
// not, either the problem is noted, or a step is planned after which it may.
func (p *planner) prerequisites() bool {
	w, u := p.desired, p.observed.Userspace
	if !u.Loaded {
		if p.policy.LoadModules {
			p.add(host.LoadModule{Name: w.DPDKDriver})
			return false
		}
		p.problem = desired.Problemf(v1alpha1.ReasonDriverNotLoaded, "this node has no driver %s: load it (modprobe %s, and a file in /etc/modules-load.d for the next boot), or have the agent load it (--load-modules)", w.DPDKDriver, w.DPDKDriver)
		return false
	}
	if w.DPDKDriver != string(v1alpha1.DPDKDriverVFIO) || p.observed.Device.IOMMUGroup != "" && !p.observed.Device.NoIOMMU {
		return true
	}
	switch {
	case !w.AllowNoIOMMU:
		p.problem = desired.Problemf(v1alpha1.ReasonNoIOMMU, "device %s has no IOMMU, as on every EC2 instance that is not metal: set dpdk.allowNoIOMMU: true, by which programs that use the device can reach all of the node's memory; on metal turn the IOMMU on (intel_iommu=on, or arm-smmu)", p.observed.Device.Address)
		return false
	case u.NoIOMMU == "":
		p.problem = desired.Problemf(v1alpha1.ReasonNoIOMMUUnsupported, "device %s has no IOMMU, and the kernel of this node is built without CONFIG_VFIO_NOIOMMU: use another kernel, an instance type with an IOMMU (metal), or dpdk.driver: igb_uio", p.observed.Device.Address)
		return false
	case u.NoIOMMU == "N":
		p.add(host.SetParameter{Module: "vfio", Name: host.NoIOMMUParameter, Value: "Y"})
	}
	return true
}

// bind gives the device to the userspace driver. What it is comes first into the
// journal: without a link nothing else tells.
func (p *planner) bind() {
	d, driver := p.observed.Device, p.desired.DPDKDriver
	p.writeJournalEntry()
	if d.Override != driver {
		p.add(host.SetOverride{Address: d.Address, Driver: driver})
	}
	if d.Driver != "" && d.Driver != driver {
		p.add(host.Unbind{Address: d.Address, Driver: d.Driver})
	}
	if d.Driver != driver {
		p.add(host.Bind{Address: d.Address, Driver: driver})
	}
}

// writeJournalEntry writes down which device the ENI is, unless that is there.
func (p *planner) writeJournalEntry() {
	d := p.observed.Device
	e := journal.Entry{
		NetworkInterfaceID: p.desired.NetworkInterfaceID, MAC: p.desired.MAC, Address: d.Address, Vendor: d.Vendor, Product: d.Product,
		KernelDriver: d.CurrentKernelDriver(), Driver: p.desired.DPDKDriver, Boot: p.observed.Boot,
	}
	if d.Entry == nil || *d.Entry != e {
		p.add(host.WriteEntry{Entry: e})
	}
}

// dropJournalEntry removes what the journal has of the ENI.
func (p *planner) dropJournalEntry() {
	if d := p.observed.Device; d.Entry != nil || d.Stale {
		p.add(host.DropEntry{NetworkInterfaceID: p.desired.NetworkInterfaceID})
	}
}

// bindKernelDriver returns the device to its kernel driver. The entry stays until the
// link shows that it arrived.
func (p *planner) bindKernelDriver() {
	d := p.observed.Device
	if d.HasUserspaceDriver() && !p.ensureUnheld() {
		return
	}
	if d.Driver != "" {
		p.add(host.Unbind{Address: d.Address, Driver: d.Driver})
	}
	if d.Override != "" {
		p.add(host.SetOverride{Address: d.Address})
	}
	p.add(host.Bind{Address: d.Address, Driver: d.Entry.KernelDriver})
}

// restoreDriverOverride makes the kernel's hold on a device with a link what it was before
// the agent: by the next boot or hot-plug no override may be left, and an entry
// stays only where pods may take the link.
func (p *planner) restoreDriverOverride() {
	d := p.observed.Device
	if !d.Found {
		p.dropJournalEntry()
		return
	}
	if d.Entry != nil && d.Entry.Driver != "" && d.Override != "" {
		p.add(host.SetOverride{Address: d.Address})
	}
	if p.desired.Driver == v1alpha1.DriverKernel && p.desired.ResourceName != "" && !p.desired.Release && p.policy.OfferDevices {
		p.writeJournalEntry()
		return
	}
	p.dropJournalEntry()
}

// reportOrphan notes that the device is most likely there, and only the journal missing.
func (p *planner) reportOrphan() {
	a := p.observed.Device.Orphan
	if a == nil || p.desired.ReleaseTimedOut {
		return
	}
	reason := v1alpha1.ReasonWaitingForDevice
	if p.desired.Release {
		reason = v1alpha1.ReasonDeviceInUse
	}
	p.problem = desired.Problemf(reason, "device %s was this ENI's and has a userspace driver still, but the agent's journal does not know it: run the agent with the --state-dir and the rights that it had (docs/dpdk.md), or give the device back to its kernel driver by hand", *a)
}

// ensureUnheld says whether the device can be taken from whoever has it, and notes the
// problem if not.
func (p *planner) ensureUnheld() bool {
	h := p.observed.Holders
	switch {
	case h.Err != nil:
		p.problem = desired.Problemf(v1alpha1.ReasonWaitingForPods, "device %s is not taken away before its releasePolicy's timeout, as it is not known whether a pod holds it: %s", p.observed.Device.Address, h.Err)
	case len(h.Containers) > 0:
		who := make([]string, 0, 3)
		for _, x := range h.Containers[:min(3, len(h.Containers))] {
			who = append(who, x.String())
		}
		if n := len(h.Containers) - len(who); n > 0 {
			who = append(who, fmt.Sprintf("%d more", n))
		}
		p.problem = desired.Problemf(v1alpha1.ReasonWaitingForPods, "device %s is held by pod %s: it is taken away when that has ended, or at its releasePolicy's timeout", p.observed.Device.Address, strings.Join(who, ", "))
	default:
		return true
	}
	return false
}
