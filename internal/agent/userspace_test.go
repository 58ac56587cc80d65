// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	pcifake "github.com/nodeeni/provider-aws-eni/internal/agent/pci/fake"
)

// userspace sets driver dpdk.
func userspace(driver v1alpha1.DPDKDriver, change ...func(*v1alpha1.DPDKConfig)) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) {
		hi.Spec.Config.Driver, hi.Spec.Config.DPDK = v1alpha1.DriverDPDK, &v1alpha1.DPDKConfig{Driver: driver}
		for _, c := range change {
			c(hi.Spec.Config.DPDK)
		}
	}
}

func kernel(hi *v1alpha1.HostInterface) {
	hi.Spec.Config.Driver, hi.Spec.Config.DPDK = v1alpha1.DriverKernel, nil
}

func withoutIOMMU(c *v1alpha1.DPDKConfig) { c.AllowNoIOMMU = true }

func expectAt(a string) func(*v1alpha1.DPDKConfig) {
	return func(c *v1alpha1.DPDKConfig) { c.PCIAddress = new(v1alpha1.PCIAddress(a)) }
}

func loadModules(r *harness) { r.policy.LoadModules = true }

func TestBindUserspaceDriver(t *testing.T) {
	cases := map[string]struct {
		reason string
		device func(*pcifake.Device)
		change func(*v1alpha1.HostInterface)
		setup  func(m *machine, r *harness)
		want   string
		driver string
		steps  []string
	}{
		"VFIO": {
			reason: "A journal entry is written, the driver_override set, and the device unbound and bound.",
			change: userspace(v1alpha1.DPDKDriverVFIO),
			setup:  func(m *machine, _ *harness) { _ = m.bus.Load("vfio-pci") },
			want:   "True Bound: device 0000:00:06.0 has driver vfio-pci", driver: "vfio-pci",
			steps: []string{
				"# journal: eni-a is 0000:00:06.0, from ena to vfio-pci",
				"echo vfio-pci > /sys/bus/pci/devices/0000:00:06.0/driver_override",
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/ena/unbind",
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/vfio-pci/bind",
			},
		},
		"LoadModule": {
			reason: "A module is loaded with --load-modules.",
			change: userspace(v1alpha1.DPDKDriverUIOGeneric),
			setup:  func(_ *machine, r *harness) { loadModules(r) },
			want:   "True Bound: device 0000:00:06.0 has driver uio_pci_generic", driver: "uio_pci_generic",
			steps: []string{
				"modprobe uio_pci_generic",
				"# journal: eni-a is 0000:00:06.0, from ena to uio_pci_generic",
				"echo uio_pci_generic > /sys/bus/pci/devices/0000:00:06.0/driver_override",
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/ena/unbind",
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/uio_pci_generic/bind",
			},
		},
		"NotLoaded": {
			reason: "Without --load-modules the missing driver is reported, and nothing is changed.",
			change: userspace(v1alpha1.DPDKDriverVFIO),
			want:   "False DriverNotLoaded: driver vfio-pci is not loaded on this node: load it (modprobe vfio-pci, and a file in /etc/modules-load.d for the next boot), or run the agent with --load-modules", driver: "ena",
		},
		"NoModule": {
			reason: "A missing module is reported.",
			change: userspace(v1alpha1.DPDKDriverIGBUIO),
			setup:  func(_ *machine, r *harness) { loadModules(r) },
			want:   `False ModuleNotFound: cannot apply "modprobe igb_uio": cannot load kernel module "igb_uio": no such kernel module: install the module for the node's kernel, load it, or set another driver in dpdk.driver`, driver: "ena",
			steps: []string{"modprobe igb_uio", "modprobe igb_uio"},
		},
		"NoIOMMU": {
			reason: "A device without an IOMMU is not bound without allowNoIOMMU.",
			device: noIOMMU,
			change: userspace(v1alpha1.DPDKDriverVFIO),
			setup:  func(m *machine, _ *harness) { _ = m.bus.Load("vfio-pci") },
			want:   "False NoIOMMU: device 0000:00:06.0 has no IOMMU, as on every EC2 instance type but metal: set dpdk.allowNoIOMMU: true, which gives programs that use the device access to all of the node's memory; on metal enable the IOMMU (intel_iommu=on, or arm-smmu)", driver: "ena",
		},
		"NoIOMMUAllowed": {
			reason: "With allowNoIOMMU, vfio's parameter is set.",
			device: noIOMMU,
			change: userspace(v1alpha1.DPDKDriverVFIO, withoutIOMMU),
			setup:  func(m *machine, r *harness) { loadModules(r) },
			want:   "True Bound: device 0000:00:06.0 has driver vfio-pci", driver: "vfio-pci",
			steps: []string{
				"modprobe vfio-pci",
				"echo Y > /sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
				"# journal: eni-a is 0000:00:06.0, from ena to vfio-pci",
				"echo vfio-pci > /sys/bus/pci/devices/0000:00:06.0/driver_override",
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/ena/unbind",
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/vfio-pci/bind",
			},
		},
		"NoIOMMUUnsupported": {
			reason: "A kernel without CONFIG_VFIO_NOIOMMU is reported.",
			device: noIOMMU,
			change: userspace(v1alpha1.DPDKDriverVFIO, withoutIOMMU),
			setup: func(m *machine, _ *harness) {
				m.bus.AddModule("vfio", pcifake.Module{})
				_ = m.bus.Load("vfio-pci")
			},
			want: "False NoIOMMUUnsupported: device 0000:00:06.0 has no IOMMU, and the kernel of this node is built without CONFIG_VFIO_NOIOMMU: use another kernel, an instance type with an IOMMU (metal), or dpdk.driver: igb_uio", driver: "ena",
		},
		"Elsewhere": {
			reason: "A pciAddress of another device is reported, not used.",
			change: userspace(v1alpha1.DPDKDriverVFIO, expectAt("00:07.0")),
			setup:  func(m *machine, _ *harness) { _ = m.bus.Load("vfio-pci") },
			want:   "False InvalidConfig: the device with MAC address 02:00:00:00:00:01 is at PCI address 0000:00:06.0, but pciAddress is 0000:00:07.0: correct or remove the field", driver: "ena",
		},
		"There": {
			reason: "A pciAddress may omit the domain.",
			change: userspace(v1alpha1.DPDKDriverUIOGeneric, expectAt("00:06.0")),
			setup:  func(m *machine, _ *harness) { _ = m.bus.Load("uio_pci_generic") },
			want:   "True Bound: device 0000:00:06.0 has driver uio_pci_generic", driver: "uio_pci_generic",
			steps: []string{
				"# journal: eni-a is 0000:00:06.0, from ena to uio_pci_generic",
				"echo uio_pci_generic > /sys/bus/pci/devices/0000:00:06.0/driver_override",
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/ena/unbind",
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/uio_pci_generic/bind",
			},
		},
		"Refused": {
			reason: "A device that fails to bind is bound to its kernel driver again, and the error is reported.",
			device: func(d *pcifake.Device) { d.BindErrors = map[string]error{"uio_pci_generic": syscall.ENODEV} },
			change: userspace(v1alpha1.DPDKDriverUIOGeneric),
			setup:  func(m *machine, _ *harness) { _ = m.bus.Load("uio_pci_generic") },
			want:   `False BindRefused: cannot apply "echo 0000:00:06.0 > /sys/bus/pci/drivers/uio_pci_generic/bind": cannot bind PCI device "0000:00:06.0" to driver "uio_pci_generic": no such device: the device keeps its kernel driver and is retried later; see dmesg on the node`, driver: "ena",
			steps: []string{
				"# journal: eni-a is 0000:00:06.0, from ena to uio_pci_generic",
				"echo uio_pci_generic > /sys/bus/pci/devices/0000:00:06.0/driver_override",
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/ena/unbind",
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/uio_pci_generic/bind",
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/uio_pci_generic/bind",
				`echo "" > /sys/bus/pci/devices/0000:00:06.0/driver_override`,
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/ena/bind",
				"# journal: eni-a is removed",
			},
		},
		"Held": {
			reason: "A device that fails to unbind keeps its kernel driver, without an override or a journal entry.",
			device: func(d *pcifake.Device) { d.UnbindError = syscall.EBUSY },
			change: userspace(v1alpha1.DPDKDriverUIOGeneric),
			setup:  func(m *machine, _ *harness) { _ = m.bus.Load("uio_pci_generic") },
			want:   `False BindRefused: cannot apply "echo 0000:00:06.0 > /sys/bus/pci/drivers/ena/unbind": cannot unbind PCI device "0000:00:06.0" from its driver: device or resource busy: the device keeps its kernel driver and is retried later; see dmesg on the node`, driver: "ena",
			steps: []string{
				"# journal: eni-a is 0000:00:06.0, from ena to uio_pci_generic",
				"echo uio_pci_generic > /sys/bus/pci/devices/0000:00:06.0/driver_override",
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/ena/unbind",
				"echo 0000:00:06.0 > /sys/bus/pci/drivers/ena/unbind",
				`echo "" > /sys/bus/pci/devices/0000:00:06.0/driver_override`,
				"# journal: eni-a is removed",
			},
		},
		"ReadOnly": {
			reason: "Missing permissions for /sys are reported.",
			change: userspace(v1alpha1.DPDKDriverUIOGeneric),
			setup: func(m *machine, _ *harness) {
				_ = m.bus.Load("uio_pci_generic")
				m.bus.Fault = func(int, pcifake.Op) error { return syscall.EROFS }
			},
			want: `False NotPermitted: cannot apply "echo uio_pci_generic > /sys/bus/pci/devices/0000:00:06.0/driver_override": cannot set driver override of PCI device "0000:00:06.0" to "uio_pci_generic": read-only file system: the agent lacks a permission on this node; run it with the DPDK profile (docs/dpdk.md), and check that kernel lockdown is off`, driver: "ena",
			steps: []string{
				"# journal: eni-a is 0000:00:06.0, from ena to uio_pci_generic",
				"echo uio_pci_generic > /sys/bus/pci/devices/0000:00:06.0/driver_override",
				"echo uio_pci_generic > /sys/bus/pci/devices/0000:00:06.0/driver_override",
				"# journal: eni-a is removed",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			device := tc.device
			if device == nil {
				device = func(*pcifake.Device) {}
			}
			a := m.plug(6, mac1, device)
			r := m.newHarness(hif("a", mac1, 1, tc.change))
			if tc.setup != nil {
				tc.setup(m, r)
			}
			if diff := cmp.Diff(tc.steps, r.steps("a")); diff != "" {
				t.Errorf("\n%s\nsteps: -want, +got:\n%s", tc.reason, diff)
			}
			r.checkReady("a", tc.want)
			check(t, tc.reason+" The driver", tc.driver, m.driver(a))
			s := r.get("a").Status
			check(t, "The driver in status", tc.driver, s.Driver)
			check(t, "The kernel driver in status", "ena", s.KernelDriver)
			check(t, "The PCI address in status", "0000:00:06.0", s.PCIAddress)
			ops, writes := m.bus.Ops(), r.writes.Load()
			r.reconcile("a")
			if m.bus.Ops() != ops || r.writes.Load() != writes {
				t.Errorf("%s The steady state has no changes or writes: %d changes, %d writes.", tc.reason, m.bus.Ops()-ops, r.writes.Load()-writes)
			}
		})
	}
}

// steps reconciles once, and returns the changes of the host.
func (r *harness) steps(name string) []string {
	r.t.Helper()
	hi := r.get(name)
	w, pr := desired.Parse(hi)
	r.setDeadlines(hi, &w)
	o, _ := r.settle(r.t.Context(), name, w, pr)
	r.reconcile(name)
	if len(o.Applied) == 0 {
		return nil
	}
	return stepStrings(o.Applied)
}

func TestUserspaceStatus(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1, noIOMMU)
	r := m.newHarness(hif("a", mac1, 1, mtu(9001)))
	loadModules(r)
	r.reconcile("a")
	r.change("a", userspace(v1alpha1.DPDKDriverVFIO, withoutIOMMU), func(hi *v1alpha1.HostInterface) { hi.Generation = 6 })
	r.reconcile("a")
	node := int32(1)
	want := v1alpha1.HostInterfaceStatus{
		ObservedGeneration: 7, PCIAddress: "0000:00:06.0", Driver: "vfio-pci", KernelDriver: "ena", NUMANode: &node, PCIeRoot: "pci0000:00", IOMMUGroup: "0", NoIOMMU: true, BootID: "boot-1",
	}
	want.SetConditions(
		v1alpha1.Ready(v1alpha1.ReasonBound, "device 0000:00:06.0 has driver vfio-pci"),
		v1alpha1.UserspaceNotUsable(v1alpha1.ReasonNoHugePages, "no huge pages are reserved on this node, and DPDK programs need them: reserve some (vm.nr_hugepages, or hugepagesz=1G hugepages=4 on the kernel's command line) and restart the kubelet"),
	)
	ignore := cmpopts.IgnoreFields(xpv2.Condition{}, "LastTransitionTime")
	if diff := cmp.Diff(want, r.get("a").Status, ignore); diff != "" {
		t.Errorf("The status describes a device without a link.\n-want, +got:\n%s", diff)
	}

	m.pages = []pci.HugePages{{SizeKiB: 2048, Total: 512}, {SizeKiB: 1 << 20, Total: 4}}
	r.reconcile("a")
	want.SetConditions(v1alpha1.UserspaceUsable())
	want.HugePages = []v1alpha1.HugePages{{Size: "2Mi", Total: 512}, {Size: "1Gi", Total: 4}}
	if diff := cmp.Diff(want, r.get("a").Status, ignore); diff != "" {
		t.Errorf("The status has the reserved huge pages.\n-want, +got:\n%s", diff)
	}

	r.change("a", kernel)
	r.reconcile("a")
	r.checkReady("a", "True Configured: link ens6 is configured")
	if s := r.get("a").Status; len(s.Conditions) != 1 || s.HugePages != nil || s.NoIOMMU || s.IOMMUGroup != "" || s.MTU != 9001 {
		t.Errorf("Status fields of userspace drivers are cleared: %+v", s)
	}
}

// TestBindBackoff retries a device that fails to bind with backoff, and at once
// after the configuration has changed.
func TestBindBackoff(t *testing.T) {
	m := newMachine(t)
	a := m.plug(6, mac1, func(d *pcifake.Device) { d.BindErrors = map[string]error{"uio_pci_generic": syscall.EINVAL} })
	r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverUIOGeneric)))
	loadModules(r)
	now := time.Unix(1000, 0)
	r.now = func() time.Time { return now }
	var waits []time.Duration
	for range 7 {
		result, err := r.Reconcile(t.Context(), request("a"))
		if err != nil {
			t.Fatal(err)
		}
		ops := m.bus.Ops()
		r.reconcile("a")
		check(t, "Changes during the backoff", 0, m.bus.Ops()-ops)
		waits = append(waits, result.RequeueAfter)
		now = now.Add(10 * time.Second)
		for range 40 { // longer than each wait
			if _, held := r.tracker.bindFailure("a", desired.State{Driver: v1alpha1.DriverDPDK, DPDKDriver: "uio_pci_generic"}, now); held == 0 {
				break
			}
			now = now.Add(10 * time.Second)
		}
	}
	// The agent's own resync is a minute here.
	want := []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute, time.Minute, time.Minute}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Errorf("The delay after each attempt: -want, +got:\n%s", diff)
	}
	r.change("a", userspace(v1alpha1.DPDKDriverVFIO))
	r.reconcile("a")
	check(t, "The driver after the configuration has changed", "vfio-pci", m.driver(a))
}

func TestSwitchDrivers(t *testing.T) {
	m := newMachine(t)
	a := m.plug(6, mac1, noIOMMU)
	r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO, withoutIOMMU)))
	loadModules(r)
	r.reconcile("a")
	check(t, "The driver", "vfio-pci", m.driver(a))

	r.change("a", userspace(v1alpha1.DPDKDriverUIOGeneric))
	want := []string{
		"modprobe uio_pci_generic",
		"# journal: eni-a is 0000:00:06.0, from ena to uio_pci_generic",
		"echo uio_pci_generic > /sys/bus/pci/devices/0000:00:06.0/driver_override",
		"echo 0000:00:06.0 > /sys/bus/pci/drivers/vfio-pci/unbind",
		"echo 0000:00:06.0 > /sys/bus/pci/drivers/uio_pci_generic/bind",
	}
	if diff := cmp.Diff(want, r.steps("a")); diff != "" {
		t.Errorf("Another userspace driver is bound without the kernel driver in between.\n-want, +got:\n%s", diff)
	}

	r.change("a", userspace(v1alpha1.DPDKDriverVFIO, withoutIOMMU))
	r.reconcile("a")
	r.change("a", userspace(v1alpha1.DPDKDriverVFIO))
	r.reconcile("a")
	if c := r.get("a").GetCondition("Ready"); c.Reason != v1alpha1.ReasonNoIOMMU || m.driver(a) != "ena" {
		t.Errorf("A device without an IOMMU is bound to its kernel driver when allowNoIOMMU is removed: %s, %s", m.driver(a), c.Reason)
	}
	if strings.Contains(m.String(), "journal") || strings.Contains(m.String(), "override") {
		t.Errorf("The journal and the override are removed:\n%s", m)
	}

	r.change("a", kernel)
	r.reconcile("a")
	r.checkReady("a", "True Configured: link ens6 is configured")
	if strings.Contains(m.String(), "journal") || strings.Contains(m.String(), "override") {
		t.Errorf("The journal and the override are removed:\n%s", m)
	}
}

// TestForeignDevice attaches another ENI at the slot of an ENI that had a userspace
// driver.
func TestForeignDevice(t *testing.T) {
	for name, change := range map[string]func(*pcifake.Device){
		"SameKind":  func(*pcifake.Device) {},
		"OtherKind": func(d *pcifake.Device) { d.Vendor, d.Product = "1af4", "1041" },
		"NoDriver":  func(d *pcifake.Device) { d.BindErrors = map[string]error{"ena": syscall.EIO} },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			a := m.plug(6, mac1)
			r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO)))
			loadModules(r)
			r.reconcile("a")
			m.bus.Unplug(a)
			m.plug(6, mac2, change)
			before := m.device(a)
			_, _ = r.Reconcile(t.Context(), request("a"))
			is := m.device(a)
			if is.Driver == "vfio-pci" || is.Override != "" {
				t.Errorf("A foreign device is not bound to a userspace driver: %+v", is)
			}
			if name != "NoDriver" && is.Driver != before.Driver {
				t.Errorf("A foreign device keeps its driver: %s", is.Driver)
			}
			r.delete("a")
			if _, err := r.Reconcile(t.Context(), request("a")); name == "NoDriver" && err == nil {
				t.Error("A failure to bind the kernel driver does not release the device before the timeout.")
			}
			r.now = after(11 * time.Minute)
			_, _ = r.Reconcile(t.Context(), request("a"))
			if r.exists("a") != nil {
				t.Error("After the timeout the device is released without a driver.")
			}
			if is := m.device(a); name != "NoDriver" && is.Driver != before.Driver || strings.Contains(m.String(), "journal") {
				t.Errorf("The release of a detached device does not change a foreign device:\n%s", m)
			}
		})
	}
}

// TestReboot reboots the node; the device may get another PCI address.
func TestReboot(t *testing.T) {
	for _, slot := range []uint8{6, 9} {
		m := newMachine(t)
		m.plug(6, mac1)
		hi := hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO))
		r := m.newHarness(hi)
		loadModules(r)
		r.reconcile("a")

		again := newMachine(t)
		again.state, again.boot = m.state, "boot-2"
		a := again.plug(slot, mac1)
		other := again.plug(15-slot, mac2)
		r = again.newHarness(r.get("a"))
		loadModules(r)
		r.reconcile("a")
		check(t, fmt.Sprintf("After a boot at slot %d the driver", slot), "vfio-pci", again.driver(a))
		check(t, "The other device's driver", "ena", again.driver(other))
		check(t, "The address in status", a.String(), r.get("a").Status.PCIAddress)
		r.delete("a")
		r.reconcile("a")
		check(t, "After release the driver", "ena", again.driver(a))
	}
}

// TestUserspaceCrash interrupts binding and unbinding after
// each step, and continues with a new agent.
func TestUserspaceCrash(t *testing.T) {
	ways := map[string]struct{ from, to func(*v1alpha1.HostInterface) }{
		"HandOver": {from: kernel, to: userspace(v1alpha1.DPDKDriverVFIO, withoutIOMMU)},
		"TakeBack": {from: userspace(v1alpha1.DPDKDriverVFIO, withoutIOMMU), to: kernel},
		"Change":   {from: userspace(v1alpha1.DPDKDriverVFIO, withoutIOMMU), to: userspace(v1alpha1.DPDKDriverUIOGeneric)},
		"Release":  {from: userspace(v1alpha1.DPDKDriverVFIO, withoutIOMMU)},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			whole := ""
			for crash := 0; ; crash++ {
				m := newMachine(t)
				m.plug(6, mac1, noIOMMU)
				r := m.newHarness(hif("a", mac1, 1, way.from))
				loadModules(r)
				r.reconcile("a")
				if way.to == nil {
					r.delete("a")
				} else {
					r.change("a", way.to)
				}
				// Without a crash first, to count the steps and record
				// the result.
				steps := 0
				ended := crash > 0 && !r.crashAfter("a", crash, &steps)
				var objects []client.Object
				if hi := r.exists("a"); hi != nil {
					objects = append(objects, hi)
				}
				r = m.newHarness(objects...)
				loadModules(r)
				r.reconcile("a")
				r.reconcile("a")
				if way.to == nil && r.exists("a") != nil {
					t.Fatalf("After a crash at step %d the HostInterface is not released.", crash)
				}
				if whole == "" {
					whole = m.String()
				}
				if diff := cmp.Diff(whole, m.String()); diff != "" {
					t.Fatalf("A crash after %d steps has another result: -want, +got:\n%s", crash, diff)
				}
				if ended {
					if crash < 4 {
						t.Errorf("There were only %d steps.", crash)
					}
					break
				}
			}
		})
	}
}

// crashAfter applies a number of steps, and returns false if there
// were fewer.
func (r *harness) crashAfter(name string, steps int, done *int) bool {
	r.t.Helper()
	for range maxRounds {
		plan := r.plan(name).Plan.Steps
		if len(plan) == 0 {
			return false
		}
		for _, s := range plan {
			if _, err := host.Apply(r.host, []host.Step{s}); err != nil {
				r.t.Fatalf("cannot apply %q: %v", s, err)
			}
			if *done++; *done == steps {
				return true
			}
		}
	}
	return false
}

func (r *harness) exists(name string) *v1alpha1.HostInterface {
	r.t.Helper()
	l := &v1alpha1.HostInterfaceList{}
	if err := r.client.List(r.t.Context(), l); err != nil {
		r.t.Fatal(err)
	}
	for i := range l.Items {
		if l.Items[i].Name == name {
			return l.Items[i].DeepCopy()
		}
	}
	return nil
}

// TestNoJournal replaces the agent by one without the journal, for example with another
// --state-dir.
func TestNoJournal(t *testing.T) {
	m := newMachine(t)
	a := m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO)))
	loadModules(r)
	r.reconcile("a")

	m.state = t.TempDir()
	r = m.newHarness(r.get("a"))
	r.reconcile("a")
	const says = "device 0000:00:06.0 belongs to this ENI and has a userspace driver, but no journal entry: run the agent with its previous --state-dir and permissions (docs/dpdk.md), or bind the device to its kernel driver manually"
	r.checkReady("a", "False WaitingForDevice: "+says)
	r.delete("a")
	r.reconcile("a")
	r.checkReady("a", "False DeviceInUse: "+says)
	check(t, "The driver", "vfio-pci", m.driver(a))
	r.now = after(11 * time.Minute)
	r.reconcile("a")
	if r.exists("a") != nil {
		t.Error("The wait ends at the timeout.")
	}
}
