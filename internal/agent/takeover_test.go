// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	pcifake "github.com/nodeeni/provider-aws-eni/internal/agent/pci/fake"
)

// takeOver sets the record of aws-multi-eni-controller in a HostInterface.
func takeOver(boot, address string) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) {
		hi.Spec.TakeOver = &v1alpha1.TakeOver{BootID: boot}
		if address != "" {
			a := v1alpha1.PCIAddress(address)
			hi.Spec.TakeOver.PCIAddress = &a
		}
	}
}

func ethernet(d *pcifake.Device) { d.Class = "020000" }

// bindAsDevbind binds a device as dpdk-devbind.py does, which aws-multi-eni-controller runs:
// it clears the driver override.
func (m *machine) bindAsDevbind(a pci.Address, driver string) {
	m.t.Helper()
	must(m.t, m.bus.Load("vfio-pci"))
	must(m.t, m.bus.SetOverride(a, driver))
	must(m.t, m.bus.Unbind(a))
	must(m.t, m.bus.Bind(a, driver))
	must(m.t, m.bus.SetOverride(a, ""))
}

// TestTakeOver takes over devices that aws-multi-eni-controller bound to vfio-pci. No driver
// changes, whether the devices are identified or not.
func TestTakeOver(t *testing.T) {
	const six, seven = "0000:00:06.0", "0000:00:07.0"
	dpdk := userspace(v1alpha1.DPDKDriverVFIO)
	bound := func(a string) string { return "True Bound: device " + a + " has driver vfio-pci" }
	not := func(why string) string {
		return "False DeviceNotIdentified: the device was bound to a userspace driver before this provider adopted the ENI, and cannot be identified: " + why +
			". Drain the node and reboot it: the kernel then binds the device to its own driver, and the agent identifies it by its MAC address"
	}
	cases := map[string]struct {
		reason string
		plug   func(m *machine)
		a, b   *v1alpha1.HostInterface
		want   string
		wantB  string
	}{
		"Alone": {
			reason: "The only device with a userspace driver is the device of the only ENI without a link.",
			a:      hif("a", mac1, 1, dpdk, takeOver("boot-1", six)),
			want:   bound(six),
		},
		"Two": {
			reason: "Two devices are identified by their recorded addresses, in the order of the device indexes.",
			plug:   func(m *machine) { m.bindAsDevbind(m.plug(7, mac2, ethernet), "vfio-pci") },
			a:      hif("a", mac1, 1, dpdk, takeOver("boot-1", six)),
			b:      hif("b", mac2, 2, dpdk, takeOver("boot-1", seven)),
			want:   bound(six), wantB: bound(seven),
		},
		"Swapped": {
			reason: "Addresses in another order than the device indexes may be swapped.",
			plug:   func(m *machine) { m.bindAsDevbind(m.plug(7, mac2, ethernet), "vfio-pci") },
			a:      hif("a", mac1, 1, dpdk, takeOver("boot-1", seven)),
			b:      hif("b", mac2, 2, dpdk, takeOver("boot-1", six)),
			want:   not("PCI address 0000:00:07.0 of device index 1 is above PCI address 0000:00:06.0 of device index 2"),
			wantB:  not("PCI address 0000:00:07.0 of device index 1 is above PCI address 0000:00:06.0 of device index 2"),
		},
		"Foreign": {
			reason: "Another device with a userspace driver could be the ENI's.",
			plug:   func(m *machine) { m.bindAsDevbind(m.plug(7, mac2, ethernet), "vfio-pci") },
			a:      hif("a", mac1, 1, dpdk, takeOver("boot-1", six)),
			want:   not("the recorded PCI addresses (0000:00:06.0) differ from the addresses of the network devices with a userspace driver (0000:00:06.0, 0000:00:07.0)"),
		},
		"Unrecorded": {
			reason: "The device could be the one of another ENI without a link.",
			a:      hif("a", mac1, 1, dpdk, takeOver("boot-1", six)),
			b:      hif("b", mac2, 2),
			want:   not("HostInterface b has no link on the node either, and no recorded PCI address"),
			wantB:  "False WaitingForDevice: no link of this host has the MAC address 02:00:00:00:00:02 yet",
		},
		"Visible": {
			reason: "Another ENI with a link does not matter.",
			plug:   func(m *machine) { m.plug(7, mac2, ethernet) },
			a:      hif("a", mac1, 1, dpdk, takeOver("boot-1", six)),
			b:      hif("b", mac2, 2, takeOver("boot-1", "")),
			want:   bound(six), wantB: "True Configured: link ens7 is configured",
		},
		"WrongAddress": {
			reason: "An address without a device with a userspace driver is wrong.",
			a:      hif("a", mac1, 1, dpdk, takeOver("boot-1", seven)),
			want:   not("the recorded PCI addresses (0000:00:07.0) differ from the addresses of the network devices with a userspace driver (0000:00:06.0)"),
		},
		"OtherBoot": {
			reason: "A record of an earlier boot is not used.",
			a:      hif("a", mac1, 1, dpdk, takeOver("boot-0", six)),
			want:   "False WaitingForDevice: no link of this host has the MAC address 02:00:00:00:00:01 yet",
		},
		"NoNetwork": {
			reason: "A device that is not a network device does not matter.",
			plug: func(m *machine) {
				m.bindAsDevbind(m.plug(8, mac2, func(d *pcifake.Device) { d.Class = "010802" }), "vfio-pci")
			},
			a:    hif("a", mac1, 1, dpdk, takeOver("boot-1", six)),
			want: bound(six),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.plug(5, "02:00:00:00:00:05", ethernet) // the primary interface
			m.bindAsDevbind(m.plug(6, mac1, ethernet), "vfio-pci")
			if tc.plug != nil {
				tc.plug(m)
			}
			names := []string{"a"}
			r := m.newHarness(tc.a)
			if tc.b != nil {
				r = m.newHarness(tc.a, tc.b)
				names = append(names, "b")
			}
			ops := m.bus.Ops()
			r.reconcile(names...)
			r.reconcile(names...)
			t.Log(tc.reason)
			r.checkReady("a", tc.want)
			if tc.b != nil {
				r.checkReady("b", tc.wantB)
			}
			check(t, "Operations on devices", ops, m.bus.Ops())
			if strings.HasPrefix(tc.want, "True") {
				again := m.newHarness(r.get("a"))
				again.reconcile("a")
				again.checkReady("a", tc.want) // a new agent finds the device by the journal
			}
		})
	}
}

// TestTakeOverWithPods takes over a device that a pod uses, with its pool in the device
// plugin's file, and releases it.
func TestTakeOverWithPods(t *testing.T) {
	m := newMachine(t)
	m.plug(5, "02:00:00:00:00:05", ethernet)
	a := m.plug(6, mac1, ethernet)
	m.bindAsDevbind(a, "vfio-pci")
	r := m.offering(m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk"), takeOver("boot-1", a.String()))))
	must(t, os.WriteFile(m.pluginFile(), []byte(`{"resourceList":[{"resourcePrefix":"intel.com","resourceName":"sriov_placeholder","selectors":[{"drivers":["placeholder"],"pciAddresses":["0000:00:00.0"]}]},`+
		`{"resourcePrefix":"intel.com","resourceName":"dpdk","selectors":[{"drivers":["vfio-pci"],"pciAddresses":["0000:00:06.0"]}]}]}`), 0o600))
	m.pods.holds(a, "fw-0")
	ops := m.bus.Ops()
	r.reconcile("a")
	r.checkReady("a", "True Bound: device 0000:00:06.0 has driver vfio-pci")
	check(t, "Operations on devices", ops, m.bus.Ops())
	file := m.offered()
	check(t, "Pools of the resource", 1, strings.Count(file, `"dpdk"`))
	check(t, "The pool is the agent's", true, strings.Contains(file, `"managedBy":"provider-aws-eni"`))
	check(t, "The placeholder stays", true, strings.Contains(file, "sriov_placeholder"))

	r.delete("a")
	r.reconcile("a")
	check(t, "The driver while the pod uses the device", "vfio-pci", m.driver(a))
	m.pods.usage = nil
	for range 4 {
		r.reconcile("a")
	}
	check(t, "The driver after the release", "ena", m.driver(a))
}

// TestLeave deletes HostInterfaces with leave: neither a device nor a link changes.
func TestLeave(t *testing.T) {
	leave := func(hi *v1alpha1.HostInterface) { hi.Spec.Leave = true }
	m := newMachine(t)
	a := m.plug(6, mac1)
	m.plug(7, mac2)
	r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO)), hif("b", mac2, 2, mtu(9001)))
	loadModules(r)
	r.reconcile("a", "b")
	r.change("a", leave)
	r.change("b", leave)
	r.reconcile("a", "b")
	m.pods.holds(a, "fw-0")
	links := func() string { s, _ := m.links.Snapshot(); return fmt.Sprint(s.Links) }
	ops, before := m.bus.Ops(), links()
	r.delete("a")
	r.delete("b")
	r.reconcile("a", "b")
	for _, name := range []string{"a", "b"} {
		if r.exists(name) != nil {
			t.Errorf("HostInterface %s still exists", name)
		}
	}
	check(t, "Operations on devices", ops, m.bus.Ops())
	check(t, "Links", before, links())
	check(t, "The driver", "vfio-pci", m.driver(a))
	if strings.Contains(m.String(), "journal") {
		t.Errorf("the journal has entries of an ENI that is not managed:\n%s", m)
	}
}
