// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/journal"
)

// bindUserspaceDriver plans to bind the device of a link to a userspace driver.
func (p *planner) bindUserspaceDriver() {
	d := p.observed.Device
	if !d.Found {
		p.problem = desired.Problemf(v1alpha1.ReasonNoPCIDevice, "link %s has no PCI device to bind to a userspace driver; use driver: kernel, in a NodeENI without enableDPDK", p.link.Name)
		return
	}
	if p.addressMismatch() || !p.prerequisites() {
		// The link is not used with its kernel driver, except by pods that have it already.
		if p.problem != nil && p.unheld() {
			p.unconfigure()
		}
		return
	}
	if !p.ensureUnheld() {
		return
	}
	// Rules are not deleted with their link.
	p.setRules(nil)
	p.bind()
}

// withoutLink plans for a device that has a journal entry and no link on this host.
func (p *planner) withoutLink() {
	d, w := p.observed.Device, p.desired
	p.setRules(nil)
	if d.TakenOver {
		// Once its driver changes, only the entry identifies the device.
		p.add(host.WriteEntry{Entry: *d.Entry})
		p.problem = nil
		return
	}
	switch {
	case d.Driver == d.Entry.KernelDriver && d.Entry.Driver != "":
		// The kernel driver is bound again, and the link is about to appear.
		if w.BindFailure != nil {
			p.problem = w.BindFailure
		}
		if w.Release {
			p.dropJournalEntry()
		}
	case d.Driver == d.Entry.KernelDriver && !w.NeedsUserspaceDriver():
		p.linkInOtherNetNS()
	case w.ReleaseUnbound && d.Driver == "":
		// No driver uses it: EC2 can detach it, and the next boot is not affected.
		p.dropJournalEntry()
	case !w.NeedsUserspaceDriver():
		p.bindKernelDriver()
	case p.addressMismatch():
	case d.Driver == w.DPDKDriver && (!d.NoIOMMU || w.AllowNoIOMMU):
		// Already bound; the journal entry may be of an earlier configuration.
		p.problem = nil
		p.writeJournalEntry()
	case d.Driver == "" && d.Override != w.DPDKDriver:
		// Only the MAC address identifies the device now, which requires the kernel
		// driver.
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

// linkInOtherNetNS plans for a link in another network namespace, such as a pod's.
func (p *planner) linkInOtherNetNS() {
	if p.desired.NeedsUserspaceDriver() {
		// Only the link identifies the device.
		p.problem = desired.Problemf(v1alpha1.ReasonWaitingForPods, "%s is in use by %s; bound to %s when the pod terminates", p.subject(), host.JoinUsers(p.observed.Uses.Users), p.desired.DPDKDriver)
		return
	}
	if !p.desired.Release {
		p.inOtherNetNS, p.problem = true, nil
		return
	}
	if p.ensureUnheld() {
		p.dropJournalEntry()
	}
}

// addressMismatch reports whether the device has another PCI address than configured,
// and sets the problem.
func (p *planner) addressMismatch() bool {
	d, want := p.observed.Device, p.desired.PCIAddress
	if want == nil || *want == d.Address {
		return false
	}
	at := "is at PCI address " + d.String()
	if !d.Found {
		at = "has no PCI address"
	}
	p.problem = desired.Problemf(v1alpha1.ReasonInvalidConfig, "the device with MAC address %s %s, but pciAddress is %s: correct or remove the field", p.desired.MAC, at, *want)
	return true
}

// prerequisites reports whether the userspace driver can be bound now. If not, it sets
// the problem, or plans a step that may enable it.
func (p *planner) prerequisites() bool {
	w, u := p.desired, p.observed.Userspace
	if !u.Loaded {
		if p.policy.LoadModules {
			p.add(host.LoadModule{Name: w.DPDKDriver})
			return false
		}
		p.problem = desired.Problemf(v1alpha1.ReasonDriverNotLoaded, "driver %s is not loaded on this node: load it (modprobe %s, and a file in /etc/modules-load.d for the next boot), or run the agent with --load-modules", w.DPDKDriver, w.DPDKDriver)
		return false
	}
	if w.DPDKDriver != string(v1alpha1.DPDKDriverVFIO) || p.observed.Device.IOMMUGroup != "" && !p.observed.Device.NoIOMMU {
		return true
	}
	switch {
	case !w.AllowNoIOMMU:
		p.problem = desired.Problemf(v1alpha1.ReasonNoIOMMU, "device %s has no IOMMU, as on every EC2 instance type but metal: set dpdk.allowNoIOMMU: true, which gives programs that use the device access to all of the node's memory; on metal enable the IOMMU (intel_iommu=on, or arm-smmu)", p.observed.Device.Address)
		return false
	case u.NoIOMMU == "":
		p.problem = desired.Problemf(v1alpha1.ReasonNoIOMMUUnsupported, "device %s has no IOMMU, and the kernel of this node is built without CONFIG_VFIO_NOIOMMU: use another kernel, an instance type with an IOMMU (metal), or dpdk.driver: igb_uio", p.observed.Device.Address)
		return false
	case u.NoIOMMU == "N":
		p.add(host.SetParameter{Module: "vfio", Name: host.NoIOMMUParameter, Value: "Y"})
	}
	return true
}

// bind plans to bind the userspace driver. The journal entry is written first: without a
// link only the entry identifies the device.
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

// writeJournalEntry plans the journal entry of the device, unless it exists.
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

// dropJournalEntry plans to remove the journal entry of the ENI.
func (p *planner) dropJournalEntry() {
	if d := p.observed.Device; d.Entry != nil || d.Stale {
		p.add(host.DropEntry{NetworkInterfaceID: p.desired.NetworkInterfaceID})
	}
}

// bindKernelDriver plans to bind the kernel driver. The journal entry stays until the
// link has appeared.
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

// restoreDriverOverride clears the driver_override of a device with a link, so that it
// does not affect the next boot or hot-plug. The journal entry is kept only if pods may
// move the link to their network namespace.
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

// reportOrphan sets the problem of a device that is present without a journal entry.
func (p *planner) reportOrphan() {
	if why := p.observed.Device.NotIdentified; why != "" && !p.desired.Release {
		p.problem = desired.Problemf(v1alpha1.ReasonDeviceNotIdentified, "the device was bound to a userspace driver before this provider adopted the ENI, and cannot be identified: %s. Drain the node and reboot it: the kernel then binds the device to its own driver, and the agent identifies it by its MAC address", why)
		return
	}
	a := p.observed.Device.Orphan
	if a == nil || p.desired.ReleaseTimedOut {
		return
	}
	reason := v1alpha1.ReasonWaitingForDevice
	if p.desired.Release {
		reason = v1alpha1.ReasonDeviceInUse
	}
	p.problem = desired.Problemf(reason, "device %s belongs to this ENI and has a userspace driver, but no journal entry: run the agent with its previous --state-dir and permissions (docs/dpdk.md), or bind the device to its kernel driver manually", *a)
}

// ensureUnheld reports whether no pod uses the interface, or whether it is taken from pods,
// and sets the problem otherwise.
func (p *planner) ensureUnheld() bool {
	u := p.observed.Uses
	switch {
	case p.unheld():
		return true
	case u.Err != nil:
		p.problem = desired.Problemf(v1alpha1.ReasonWaitingForPods, "%s is kept until releasePolicy.timeout: cannot determine whether a pod uses it: %s", p.subject(), u.Err)
	default:
		p.problem = desired.Problemf(v1alpha1.ReasonWaitingForPods, "%s is in use by %s; released when the pod terminates or after releasePolicy.timeout", p.subject(), host.JoinUsers(u.Users))
	}
	return false
}

// unheld reports whether the interface may be taken: no pod uses it, or pods are not waited
// for.
func (p *planner) unheld() bool {
	u := p.observed.Uses
	return !p.desired.WaitForPods || u.Err == nil && len(u.Users) == 0
}

// subject returns the device or link, for a message.
func (p *planner) subject() string {
	switch {
	case p.observed.Device.Found:
		return "device " + p.observed.Device.String()
	case p.link.Index != 0:
		return "link " + p.link.Name
	default:
		return "the link with MAC address " + p.desired.MAC
	}
}
