package agent

import (
	"fmt"
	"strings"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/journal"
)

// noIOMMUParameter of vfio lets vfio-pci take devices without an IOMMU.
const noIOMMUParameter = "enable_unsafe_noiommu_mode"

// handOver gives the device of a link to a userspace driver.
func (p *planner) handOver() {
	d := p.observed.Device
	if !d.Found {
		p.problem = problem(v1alpha1.ReasonNoPCIDevice, "link %s has no PCI device that a userspace driver could take; use driver: kernel", p.link.Name)
		return
	}
	if p.elsewhere() || !p.prerequisites() {
		if p.problem != nil {
			p.undo()
		}
		return
	}
	if !p.free() {
		return
	}
	// Rules outlive the link.
	p.rules(nil)
	p.bind()
}

// withoutLink brings a device that has no link on this host, and that the
// journal knows, to where it should be.
func (p *planner) withoutLink() {
	d, w := p.observed.Device, p.wanted
	p.rules(nil)
	switch {
	case d.Driver == d.Entry.KernelDriver && d.Entry.Driver != "":
		// It is back, and its link is about to appear.
		if w.Refused != nil {
			p.problem = w.Refused
		}
		if w.Release {
			p.strike()
		}
	case d.Driver == d.Entry.KernelDriver && !w.handsOver():
		p.away()
	case w.LetGo && d.Driver == "":
		// Nobody has it: EC2 can take it, and the next boot finds nothing amiss.
		p.strike()
	case !w.handsOver():
		p.takeBack()
	case p.elsewhere():
	case d.Driver == w.DPDKDriver && (!d.NoIOMMU || w.AllowNoIOMMU):
		// As asked; only the journal may be of another wish.
		p.problem = nil
		p.journal()
	case d.Driver == "" && d.Override != w.DPDKDriver:
		// Nothing says any more whose device this is but its MAC address, which
		// the kernel driver shows.
		p.takeBack()
	case !p.prerequisites():
		if p.problem.Reason != v1alpha1.ReasonWaitingForDevice {
			p.takeBack()
		}
	case d.Driver == "" || p.free():
		p.problem = nil
		p.bind()
	}
}

// away is a device whose link is in another network namespace, as that of a pod
// which got the device from the device plugin.
func (p *planner) away() {
	if !p.wanted.Release {
		p.isAway, p.problem = true, nil
		return
	}
	if p.free() {
		p.strike()
	}
}

// elsewhere says, and notes the problem, that the device is not where the user
// expects it.
func (p *planner) elsewhere() bool {
	d, want := p.observed.Device, p.wanted.PCIAddress
	if want == nil || *want == d.Address {
		return false
	}
	at := "is at PCI address " + d.String()
	if !d.Found {
		at = "has no PCI address"
	}
	p.problem = problem(v1alpha1.ReasonInvalidConfig, "the device with MAC address %s %s, not %s as pciAddress says: drop the field or correct it", p.wanted.MAC, at, *want)
	return true
}

// prerequisites says whether the userspace driver can take the device now. If
// not, either the problem is noted, or a step is planned after which it may.
func (p *planner) prerequisites() bool {
	w, u := p.wanted, p.observed.Userspace
	if !u.Loaded {
		if p.policy.LoadModules {
			p.add(LoadModule{Name: w.DPDKDriver})
			return false
		}
		p.problem = problem(v1alpha1.ReasonDriverNotLoaded, "this node has no driver %s: load it (modprobe %s, and a file in /etc/modules-load.d for the next boot), or have the agent load it (--load-modules)", w.DPDKDriver, w.DPDKDriver)
		return false
	}
	if w.DPDKDriver != string(v1alpha1.DPDKDriverVFIO) || p.observed.Device.IOMMUGroup != "" && !p.observed.Device.NoIOMMU {
		return true
	}
	switch {
	case !w.AllowNoIOMMU:
		p.problem = problem(v1alpha1.ReasonNoIOMMU, "device %s has no IOMMU, as on every EC2 instance that is not metal: set dpdk.allowNoIOMMU: true, by which programs that use the device can reach all of the node's memory; on metal turn the IOMMU on (intel_iommu=on, or arm-smmu)", p.observed.Device.Address)
		return false
	case u.NoIOMMU == "":
		p.problem = problem(v1alpha1.ReasonNoIOMMUUnsupported, "device %s has no IOMMU, and the kernel of this node is built without CONFIG_VFIO_NOIOMMU: use another kernel, an instance type with an IOMMU (metal), or dpdk.driver: igb_uio", p.observed.Device.Address)
		return false
	case u.NoIOMMU == "N":
		p.add(SetParameter{Module: "vfio", Name: noIOMMUParameter, Value: "Y"})
	}
	return true
}

// bind gives the device to the userspace driver. What it is comes first into the
// journal: without a link nothing else tells.
func (p *planner) bind() {
	d, driver := p.observed.Device, p.wanted.DPDKDriver
	p.journal()
	if d.Override != driver {
		p.add(SetOverride{Address: d.Address, Driver: driver})
	}
	if d.Driver != "" && d.Driver != driver {
		p.add(Unbind{Address: d.Address, Driver: d.Driver})
	}
	if d.Driver != driver {
		p.add(Bind{Address: d.Address, Driver: driver})
	}
}

// journal writes down which device the ENI is, unless that is there.
func (p *planner) journal() {
	d := p.observed.Device
	e := journal.Entry{
		NetworkInterfaceID: p.wanted.NetworkInterfaceID, MAC: p.wanted.MAC, Address: d.Address, Vendor: d.Vendor, Product: d.Product,
		KernelDriver: d.kernelDriver(), Driver: p.wanted.DPDKDriver, Boot: p.observed.Boot,
	}
	if d.Entry == nil || *d.Entry != e {
		p.add(WriteEntry{Entry: e})
	}
}

// strike removes what the journal has of the ENI.
func (p *planner) strike() {
	if d := p.observed.Device; d.Entry != nil || d.Stale {
		p.add(DropEntry{NetworkInterfaceID: p.wanted.NetworkInterfaceID})
	}
}

// takeBack returns the device to its kernel driver. The entry stays until the
// link shows that it arrived.
func (p *planner) takeBack() {
	d := p.observed.Device
	if d.handedOver() && !p.free() {
		return
	}
	if d.Driver != "" {
		p.add(Unbind{Address: d.Address, Driver: d.Driver})
	}
	if d.Override != "" {
		p.add(SetOverride{Address: d.Address})
	}
	p.add(Bind{Address: d.Address, Driver: d.Entry.KernelDriver})
}

// settleBack makes the kernel's hold on a device with a link what it was before
// the agent: by the next boot or hot-plug no override may be left, and an entry
// stays only where pods may take the link.
func (p *planner) settleBack() {
	d := p.observed.Device
	if !d.Found {
		p.strike()
		return
	}
	if d.Entry != nil && d.Entry.Driver != "" && d.Override != "" {
		p.add(SetOverride{Address: d.Address})
	}
	if p.wanted.Driver == v1alpha1.DriverKernel && p.wanted.ResourceName != "" && !p.wanted.Release && p.policy.Offers {
		p.journal()
		return
	}
	p.strike()
}

// orphan notes that the device is most likely there, and only the journal missing.
func (p *planner) orphan() {
	a := p.observed.Device.Orphan
	if a == nil || p.wanted.Late {
		return
	}
	reason := v1alpha1.ReasonWaitingForDevice
	if p.wanted.Release {
		reason = v1alpha1.ReasonDeviceInUse
	}
	p.problem = problem(reason, "device %s was this ENI's and has a userspace driver still, but the agent's journal does not know it: run the agent with the --state-dir and the rights that it had (docs/dpdk.md), or give the device back to its kernel driver by hand", *a)
}

// free says whether the device can be taken from whoever has it, and notes the
// problem if not.
func (p *planner) free() bool {
	h := p.observed.Holders
	switch {
	case h.Err != nil:
		p.problem = problem(v1alpha1.ReasonWaitingForPods, "device %s is not taken away before its releasePolicy's timeout, as it is not known whether a pod holds it: %s", p.observed.Device.Address, h.Err)
	case len(h.Of) > 0:
		who := make([]string, 0, 3)
		for _, x := range h.Of[:min(3, len(h.Of))] {
			who = append(who, x.String())
		}
		if n := len(h.Of) - len(who); n > 0 {
			who = append(who, fmt.Sprintf("%d more", n))
		}
		p.problem = problem(v1alpha1.ReasonWaitingForPods, "device %s is held by pod %s: it is taken away when that has ended, or at its releasePolicy's timeout", p.observed.Device.Address, strings.Join(who, ", "))
	default:
		return true
	}
	return false
}
