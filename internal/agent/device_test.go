// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"strings"
	"testing"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/nic"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	pcifake "github.com/nodeeni/provider-aws-eni/internal/agent/pci/fake"
)

// TestSlotReused detaches an ENI without its release, and attaches another one at the
// same slot: releasing the first must not unbind the second.
func TestSlotReused(t *testing.T) {
	for _, mode := range []v1alpha1.ReleaseMode{v1alpha1.ReleaseImmediate, v1alpha1.ReleaseWaitForPods} {
		t.Run(string(mode), func(t *testing.T) {
			m := newMachine(t)
			a := m.plug(6, mac1)
			r := m.newHarness(
				hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), releasePolicy(mode, 0)),
				hif("b", mac2, 2, userspace(v1alpha1.DPDKDriverVFIO)),
			)
			loadModules(r)
			r.reconcile("a", "b")
			m.bus.Unplug(a)
			m.plug(6, mac2)
			r.reconcile("b", "a")
			check(t, "The driver of the attached device", "vfio-pci", m.driver(a))
			r.checkReady("b", "True Bound: device 0000:00:06.0 has driver vfio-pci")
			r.checkReady("a", "False WaitingForDevice: no link of this host has the MAC address 02:00:00:00:00:01 yet")
			m.pods.holds(a, "of-b")
			r.delete("a")
			r.reconcile("a")
			check(t, "The driver after the other's release", "vfio-pci", m.driver(a))
			if r.exists("a") != nil {
				t.Error("A HostInterface without a device is released at once.")
			}
		})
	}
}

// TestRenamed renames a link between listing links and reading its device: the
// device of the link that got the name is not changed.
func TestRenamed(t *testing.T) {
	m := newMachine(t)
	named := func(name string) func(*pcifake.Device) { return func(d *pcifake.Device) { d.Name = name } }
	a, b := m.plug(6, mac1, named("eth1")), m.plug(7, mac2, named("eth2"))
	r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO)))
	loadModules(r)
	swapped := false
	r.host.NIC = nic.ReaderFn(func(name string) (nic.Info, error) {
		if !swapped {
			swapped = true
			must(t, m.links.SetName(m.indexOf("eth1"), "ens6"))
			must(t, m.links.SetName(m.indexOf("eth2"), "eth1"))
		}
		return m.info(name)
	})
	r.reconcile("a")
	check(t, "The driver of the ENI's device", "vfio-pci", m.driver(a))
	check(t, "The driver of the other device", "ena", m.driver(b))

	// A device that does not list the link is not the link's device.
	r = m.newHarness(hif("b", mac2, 2, userspace(v1alpha1.DPDKDriverVFIO)))
	loadModules(r)
	m.bus.Change(b, func(d *pcifake.Device) { d.Netdevs[0].Index = 99 })
	r.reconcile("b")
	r.checkReady("b", "False NoPCIDevice: link eth1 has no PCI device to bind to a userspace driver; use driver: kernel, in a NodeENI without enableDPDK")
}

// TestSiblingBindFailure fails to bind one device repeatedly: the
// plugin that offers another device is not restarted.
func TestSiblingBindFailure(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1)
	m.plug(7, mac2, func(d *pcifake.Device) { d.BindErrors = map[string]error{"vfio-pci": errors.New("refused")} })
	r := m.offering(m.newHarness(
		hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk")),
		hif("b", mac2, 2, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk")),
	))
	r.reconcile("a", "b", "a")
	must(t, r.client.Create(t.Context(), pluginPod("plugin", node, time.Now().Add(time.Second))))
	for i := range 5 {
		r.now = after(time.Duration(i) * time.Hour)
		r.reconcile("b", "a")
	}
	check(t, "Plugins left", 1, len(r.podNames()))
	check(t, "The sibling", "False", string(r.get("b").GetCondition("Ready").Status))
}

// TestReclaimLink reclaims a device from pods that use its link in the host's network
// namespace.
func TestReclaimLink(t *testing.T) {
	offered := resource("intel.com/eni")
	cases := map[string]struct {
		reason string
		take   func(r *harness)
	}{
		"HandedOver": {reason: "Binding a userspace driver waits for the pod.", take: func(r *harness) { r.change("a", userspace(v1alpha1.DPDKDriverVFIO)) }},
		"Released":   {reason: "A release waits for the pod.", take: func(r *harness) { r.delete("a") }},
		"OfferedBefore": {reason: "A release waits for a pod that got the device before the resource was removed from the spec.", take: func(r *harness) {
			r.change("a", func(hi *v1alpha1.HostInterface) { hi.Spec.Config.ResourceName = nil })
			r.reconcile("a")
			r.delete("a")
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			a := m.plug(6, mac1)
			r := m.offering(m.newHarness(hif("a", mac1, 1, offered)))
			r.reconcile("a")
			m.pods.holds(a, "fw-0")
			tc.take(r)
			r.reconcile("a")
			r.checkReady("a", "False WaitingForPods: device 0000:00:06.0 is in use by pod apps/fw-0 (main); released when the pod terminates or after releasePolicy.timeout")
			check(t, tc.reason+" The driver", "ena", m.driver(a))
			m.pods.usage = nil
			r.reconcile("a")
			if hi := r.exists("a"); hi != nil && hi.Status.Driver != "vfio-pci" {
				t.Errorf("%s The wait ends with the pod: %v", tc.reason, hi.GetCondition("Ready"))
			}
		})
	}

	// A device that was never offered does not wait for a kubelet that does not
	// respond.
	m := newMachine(t)
	a := m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO)))
	loadModules(r)
	m.pods.err = errors.New("no answer")
	r.reconcile("a")
	check(t, "The driver", "vfio-pci", m.driver(a))
}

// TestGroupNotViable reports a device that cannot be opened.
func TestGroupNotViable(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1)
	m.pages = []pci.HugePages{{SizeKiB: 2048, Total: 8, Free: 8}}
	blocker := m.plug(9, mac2, func(d *pcifake.Device) { d.IOMMUGroup = "7" })
	r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO)))
	loadModules(r)
	r.reconcile("a")
	c := r.get("a").GetCondition(v1alpha1.TypeUserspaceUsable)
	want := "device 0000:00:06.0 cannot be opened while other devices of its IOMMU group 7 have kernel drivers: 0000:00:09.0 (ena); bind them to vfio-pci, or unbind them, or use an instance type with one IOMMU group per ENI"
	check(t, "The condition with a blocker", "False GroupNotViable: "+want, string(c.Status)+" "+string(c.Reason)+": "+c.Message)
	must(t, m.bus.Unbind(blocker))
	r.reconcile("a")
	check(t, "The condition without the blocker", "True", string(r.get("a").GetCondition(v1alpha1.TypeUserspaceUsable).Status))

	var many []pci.Blocker
	for i := range uint8(6) {
		many = append(many, pci.Blocker{Address: pci.Address{Device: i}, Driver: "nvme"})
	}
	check(t, "Many", "0000:00:00.0 (nvme), 0000:00:01.0 (nvme), 0000:00:02.0 (nvme), 0000:00:03.0 (nvme), and 2 more", joinBlockers(many))
}

// TestMemoryCaching reports a device whose memory is mapped without write
// combining.
func TestMemoryCaching(t *testing.T) {
	prefetchable := []pci.BAR{{Index: 0, Start: 0x1000, End: 0x1fff}, {Index: 2, Start: 0x8000, End: 0x8fff, Prefetchable: true}}
	cases := map[string]struct {
		reason  string
		bars    []pci.BAR
		types   []pci.Memtype
		caching string
		usable  string
	}{
		"WriteCombining": {
			reason: "Only the caching of prefetchable memory is reported.", bars: prefetchable,
			types:   []pci.Memtype{{Start: 0x1000, End: 0x2000, Kind: "uncached-minus"}, {Start: 0x8000, End: 0x9000, Kind: "write-combining"}},
			caching: "WriteCombining", usable: "True",
		},
		"Uncached": {
			reason: "Uncached memory is reported with a fix.", bars: prefetchable,
			types: []pci.Memtype{{Start: 0x8000, End: 0x9000, Kind: "uncached-minus"}}, caching: "Uncached",
			usable: "False MemoryUncached",
		},
		"NotMapped": {reason: "While the device is not open the caching is unknown.", bars: prefetchable, usable: "True"},
		"NoBAR":     {reason: "A device without prefetchable memory has no caching.", types: []pci.Memtype{{Start: 0x8000, End: 0x9000, Kind: "uncached"}}, usable: "True"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.plug(6, mac1)
			m.bars, m.types = tc.bars, tc.types
			m.pages = []pci.HugePages{{SizeKiB: 2048, Total: 8, Free: 8}}
			r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO)))
			loadModules(r)
			r.reconcile("a")
			hi := r.get("a")
			check(t, tc.reason, tc.caching, hi.Status.MemoryCaching)
			c := hi.GetCondition(v1alpha1.TypeUserspaceUsable)
			if got := string(c.Status) + " " + string(c.Reason); !strings.HasPrefix(got, tc.usable) {
				t.Errorf("%s %s: want %s, got %s: %s", tc.reason, v1alpha1.TypeUserspaceUsable, tc.usable, got, c.Message)
			}
		})
	}
}
