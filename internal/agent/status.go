package agent

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	"github.com/nodeeni/provider-aws-eni/internal/agent/plan"
)

// An Outcome is how far the host was brought.
type Outcome struct {
	Plan     plan.Plan
	Observed host.Observed
	// Applied are the steps taken, the last of which is the one that failed if
	// Failure is not nil.
	Applied []host.Step
	Failure error
	// RequeueAfter is how soon to look again, zero if events will tell.
	RequeueAfter time.Duration
	// Offer to pods.
	Offer offer.Status
}

// offerable returns the device to offer: none if the HostInterface may not use it.
func (o Outcome) offerable() host.Device {
	if o.Plan.Blocked() {
		return host.Device{}
	}
	return o.Observed.Device
}

// readyCondition says whether a HostInterface is as asked.
func readyCondition(w desired.State, o Outcome) xpv2.Condition {
	switch {
	case o.Failure != nil:
		return v1alpha1.NotReady(v1alpha1.ReasonKernelRefused, o.Failure.Error())
	case o.Plan.Problem != nil:
		return v1alpha1.NotReady(o.Plan.Problem.Reason, o.Plan.Problem.Message)
	case o.Plan.InOtherNetNS:
		return v1alpha1.Ready(v1alpha1.ReasonConfigured, fmt.Sprintf("the link of device %s is in another network namespace, as that of a pod which was given the device", o.Observed.Device.Address))
	case w.NeedsUserspaceDriver():
		return v1alpha1.Ready(v1alpha1.ReasonBound, fmt.Sprintf("device %s has driver %s", o.Observed.Device.Address, o.Observed.Device.Driver))
	default:
		return v1alpha1.Ready(v1alpha1.ReasonConfigured, fmt.Sprintf("link %s is as asked", o.Plan.Link.Name))
	}
}

// newStatus is the status to report, in place of the one there is.
func newStatus(hi *v1alpha1.HostInterface, w desired.State, o Outcome) v1alpha1.HostInterfaceStatus {
	out := v1alpha1.HostInterfaceStatus{
		ConditionedStatus:  *hi.Status.ConditionedStatus.DeepCopy(),
		ObservedGeneration: hi.Generation,
	}
	if l := o.Plan.Link; l.Index != 0 {
		out.InterfaceName = l.Name
		out.MTU = int32(l.MTU) //nolint:gosec // The kernel's own type has 32 bits.
	}
	out.OriginalMTU = int32(o.Plan.OriginalMTU) //nolint:gosec // as above
	setDeviceStatus(&out, w, o)
	if o.Observed.Device.Orphan != nil {
		// Nothing else tells of it.
		out.PCIAddress, out.Driver, out.KernelDriver = hi.Status.PCIAddress, hi.Status.Driver, hi.Status.KernelDriver
	}
	set := func(c *xpv2.Condition) {
		if c == nil {
			return
		}
		if was := hi.Status.GetCondition(c.Type); was.Status == c.Status {
			c.LastTransitionTime = was.LastTransitionTime
		}
		out.SetConditions(*c)
	}
	out.Conditions = slices.DeleteFunc(out.Conditions, func(c xpv2.Condition) bool {
		return c.Type == v1alpha1.TypeOffered || c.Type == v1alpha1.TypeUserspaceUsable
	})
	set(new(readyCondition(w, o)))
	set(usableCondition(w, o))
	set(o.Offer.Condition)
	return out
}

// setDeviceStatus says what the device is.
func setDeviceStatus(out *v1alpha1.HostInterfaceStatus, w desired.State, o Outcome) {
	d := o.Observed.Device
	// A link without hardware has a driver, too.
	out.Driver, out.DriverVersion = d.Info.Driver, d.Info.Version
	out.KernelDriver = d.Info.Driver
	if d.Info.SpeedMbps > 0 {
		out.LinkSpeedMbps = new(d.Info.SpeedMbps)
	}
	out.Resource = o.Offer.Resource
	if w.Driver == v1alpha1.DriverDPDK {
		for _, p := range o.Observed.Userspace.HugePages {
			if p.Total == 0 {
				continue
			}
			out.HugePages = append(out.HugePages, v1alpha1.HugePages{Size: size(p.SizeKiB), Total: int32(min(p.Total, math.MaxInt32))}) //nolint:gosec // bounded
		}
	}
	if !d.Found {
		return
	}
	out.PCIAddress, out.NUMANode = d.String(), d.NUMANode
	out.IOMMUGroup, out.NoIOMMU = d.IOMMUGroup, d.NoIOMMU
	out.Driver, out.KernelDriver = d.Driver, d.CurrentKernelDriver()
	out.MemoryCaching = string(d.Caching)
}

// size spells a size as Kubernetes does: 2Mi, 1Gi.
func size(kib int) string {
	for _, unit := range []struct {
		kib  int
		name string
	}{{1 << 20, "Gi"}, {1 << 10, "Mi"}} {
		if kib >= unit.kib && kib%unit.kib == 0 {
			return strconv.Itoa(kib/unit.kib) + unit.name
		}
	}
	return strconv.Itoa(kib) + "Ki"
}

// usableCondition says whether a program will find what it needs beside the device; nil
// where none is meant to use it.
func usableCondition(w desired.State, o Outcome) *xpv2.Condition {
	d := o.Observed.Device
	if !w.NeedsUserspaceDriver() || !d.HasUserspaceDriver() {
		return nil
	}
	c := v1alpha1.UserspaceUsable()
	switch {
	case d.Driver == string(v1alpha1.DPDKDriverVFIO) && len(d.Blockers) > 0:
		c = v1alpha1.UserspaceNotUsable(v1alpha1.ReasonGroupNotViable, fmt.Sprintf("no program can open device %s while others of its IOMMU group %s are with drivers of the kernel: %s; give them to vfio-pci or to no driver, or use an instance type that has the ENI in a group of its own", d.Address, d.IOMMUGroup, joinBlockers(d.Blockers)))
	case !slices.ContainsFunc(o.Observed.Userspace.HugePages, func(p pci.HugePages) bool { return p.Total > 0 }):
		c = v1alpha1.UserspaceNotUsable(v1alpha1.ReasonNoHugePages, "no huge pages are reserved on this node, without which DPDK programs do not start: reserve some (vm.nr_hugepages, or hugepagesz=1G hugepages=4 on the kernel's command line) and restart the kubelet")
	case d.Caching == pci.CachingUncached:
		c = v1alpha1.UserspaceNotUsable(v1alpha1.ReasonMemoryUncached, fmt.Sprintf("the memory of device %s is mapped uncached, which costs an ENA device most of its throughput: use a %s with write combining", d.Address, d.Driver))
	}
	return &c
}

// joinBlockers names a few, and how many more there are.
func joinBlockers(blockers []pci.Blocker) string {
	const most = 4
	names := make([]string, 0, most+1)
	for i, b := range blockers {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(blockers)-most))
			break
		}
		names = append(names, b.String())
	}
	return strings.Join(names, ", ")
}

// equalStatus compares statuses by what they say.
func equalStatus(a, b v1alpha1.HostInterfaceStatus) bool {
	return equality.Semantic.DeepEqual(a, b)
}
