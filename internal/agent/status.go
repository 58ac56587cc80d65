// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/extendedresource"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	"github.com/nodeeni/provider-aws-eni/internal/agent/plan"
	"github.com/nodeeni/provider-aws-eni/internal/agent/prefixpool"
)

// An Outcome is the result of settle.
type Outcome struct {
	Plan     plan.Plan
	Observed host.Observed
	// Applied are the steps tried. The last one failed if Failure is not nil.
	Applied []host.Step
	Failure error
	// InitialMTU is the MTU of the link before the first step, and MTU the MTU that a step
	// has set; 0 without one.
	InitialMTU, MTU int
	// Taken are the users from which the steps took the interface.
	Taken []host.User
	// RequeueAfter is the delay of the next check, zero if events suffice.
	RequeueAfter time.Duration
	// Offer is the status of the offer to pods.
	Offer offer.Status
	// Resource is the status of the extended resource.
	Resource extendedresource.Status
	// Prefixes is the decision about the prefixes of the network for pods, or nil.
	Prefixes *prefixpool.Decision
}

// offerable returns the device to offer: none if the HostInterface may not use it.
func (o Outcome) offerable() host.Device {
	if o.Plan.Blocked() {
		return host.Device{}
	}
	return o.Observed.Device
}

// usable reports whether pods can use the interface.
func (o Outcome) usable(w desired.State) bool {
	offered := o.Offer.Condition == nil || o.Offer.Condition.Status == corev1.ConditionTrue
	return readyCondition(w, o).Status == corev1.ConditionTrue && offered
}

// readyCondition returns the condition Ready.
func readyCondition(w desired.State, o Outcome) xpv2.Condition {
	switch {
	case o.Failure != nil:
		return v1alpha1.NotReady(v1alpha1.ReasonKernelRefused, o.Failure.Error())
	case o.Plan.Problem != nil:
		return v1alpha1.NotReady(o.Plan.Problem.Reason, o.Plan.Problem.Message)
	case o.Plan.InOtherNetNS:
		return v1alpha1.InPod(inPodMessage(w, o.Observed))
	case w.NeedsUserspaceDriver():
		return v1alpha1.Ready(v1alpha1.ReasonBound, fmt.Sprintf("device %s has driver %s", o.Observed.Device.Address, o.Observed.Device.Driver))
	default:
		return v1alpha1.Ready(v1alpha1.ReasonConfigured, fmt.Sprintf("link %s is configured", o.Plan.Link.Name))
	}
}

// inPodMessage names the pod that has the link of an ENI.
func inPodMessage(w desired.State, o host.Observed) string {
	subject := "the link with MAC address " + w.MAC
	if o.Device.Found {
		subject = "the link of device " + o.Device.String()
	}
	if o.Uses.Moved == nil || len(o.Uses.Users) == 0 {
		return subject + " is in another network namespace, such as a pod's"
	}
	u := o.Uses.Users[0]
	if u.IsPod() {
		return fmt.Sprintf("%s is in pod %s/%s, as %s", subject, u.Pod.Namespace, u.Pod.Name, u.Link)
	}
	return fmt.Sprintf("%s is in network namespace %d of an unknown pod, as %s", subject, u.Namespace, u.Link)
}

// newStatus returns the status to write.
func newStatus(hi *v1alpha1.HostInterface, w desired.State, o Outcome) v1alpha1.HostInterfaceStatus {
	out := v1alpha1.HostInterfaceStatus{
		ConditionedStatus:  *hi.Status.ConditionedStatus.DeepCopy(),
		ObservedGeneration: hi.Generation,
	}
	if l := o.Plan.Link; l.Index != 0 {
		out.InterfaceName = l.Name
		out.AltNames = slices.Sorted(slices.Values(l.AltNames))
		out.MTU = int32(l.MTU) //nolint:gosec // The kernel's own type has 32 bits.
	}
	out.Network, out.BootID = networkStatus(hi, o.Plan.Network, o.Prefixes), o.Observed.Boot
	out.OriginalMTU = int32(o.Plan.OriginalMTU) //nolint:gosec // as above
	setDeviceStatus(&out, w, o)
	if o.Observed.Device.Orphan != nil {
		// The status is the only record of it.
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
		return slices.Contains([]xpv2.ConditionType{v1alpha1.TypeOffered, v1alpha1.TypeResourceAdvertised, v1alpha1.TypeUserspaceUsable}, c.Type)
	})
	set(new(readyCondition(w, o)))
	set(usableCondition(w, o))
	set(o.Offer.Condition)
	set(o.Resource.Condition)
	return out
}

// setDeviceStatus sets the status fields of the device.
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
	out.PCIAddress, out.PCIeRoot, out.NUMANode = d.String(), d.PCIeRoot, d.NUMANode
	out.IOMMUGroup, out.NoIOMMU = d.IOMMUGroup, d.NoIOMMU
	out.Driver, out.KernelDriver = d.Driver, d.CurrentKernelDriver()
	out.MemoryCaching = string(d.Caching)
}

// size formats a size as a Kubernetes quantity: 2Mi, 1Gi.
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

// usableCondition returns the condition UserspaceUsable: whether DPDK programs can use the
// device; nil without a userspace driver.
func usableCondition(w desired.State, o Outcome) *xpv2.Condition {
	d := o.Observed.Device
	if !w.NeedsUserspaceDriver() || !d.HasUserspaceDriver() {
		return nil
	}
	c := v1alpha1.UserspaceUsable()
	switch {
	case d.Driver == string(v1alpha1.DPDKDriverVFIO) && len(d.Blockers) > 0:
		c = v1alpha1.UserspaceNotUsable(v1alpha1.ReasonGroupNotViable, fmt.Sprintf("device %s cannot be opened while other devices of its IOMMU group %s have kernel drivers: %s; bind them to vfio-pci, or unbind them, or use an instance type with one IOMMU group per ENI", d.Address, d.IOMMUGroup, joinBlockers(d.Blockers)))
	case !slices.ContainsFunc(o.Observed.Userspace.HugePages, func(p pci.HugePages) bool { return p.Total > 0 }):
		c = v1alpha1.UserspaceNotUsable(v1alpha1.ReasonNoHugePages, "no huge pages are reserved on this node, and DPDK programs need them: reserve some (vm.nr_hugepages, or hugepagesz=1G hugepages=4 on the kernel's command line) and restart the kubelet")
	case d.Caching == pci.CachingUncached:
		c = v1alpha1.UserspaceNotUsable(v1alpha1.ReasonMemoryUncached, fmt.Sprintf("the memory of device %s is mapped uncached, which reduces the throughput of an ENA device: use a %s with write combining", d.Address, d.Driver))
	}
	return &c
}

// joinBlockers lists a few blockers, and the number of the rest.
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

// equalStatus reports whether two statuses are semantically equal.
func equalStatus(a, b v1alpha1.HostInterfaceStatus) bool {
	return equality.Semantic.DeepEqual(a, b)
}
