// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/kernelvm"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

const (
	pluginFile = "/var/lib/pcidp/config.json"
	stateDir   = "/var/lib/provider-aws-eni"
)

// withModules returns the flags of an agent that binds and offers devices.
func withModules() []string {
	return []string{"--load-modules", "--device-plugin-config", pluginFile, "--state-dir", stateDir}
}

// dpdk returns a NodeENI with driver dpdk.
func dpdk(name string, index int, lines ...string) string {
	return strings.Replace(nodeENI(name, append([]string{"host:", "  driver: dpdk", "  releasePolicy: {mode: Immediate}"}, lines...)...), "deviceIndex: 2", fmt.Sprintf("deviceIndex: %d", index), 1)
}

// dpdkEnv boots a machine with an agent that has the permissions for DPDK.
func dpdkEnv(t *testing.T, o kernelvm.Options) *env {
	t.Helper()
	e := newEnvAs(t, testbed.DPDKAgentServiceAccount, o)
	e.must(e.guest.Create(t.Context(), "/var/lib/pcidp/README", "The device plugin's directory.\n"))
	e.startAgent(withModules()...)
	return e
}

// run runs the steps of a test on one machine, in order.
func run(e *env, steps ...step) {
	for _, s := range steps {
		t, ok := e.t, false
		t.Run(s.name, func(t *testing.T) { s.do(e.with(t)); ok = !t.Failed() })
		if !ok {
			return
		}
	}
}

type step struct {
	name string
	do   func(e *env)
}

// device waits until the device of a NodeENI has a driver, and returns its
// HostInterface and its card.
func (e *env) bound(name, driver string) (*v1alpha1.HostInterface, card) {
	e.t.Helper()
	h := e.awaitReady(name, corev1.ConditionTrue, v1alpha1.ReasonBound)
	c := e.hardware.card(h.Spec.NetworkInterfaceID)
	if d := e.driverOf(c.address); d != driver {
		e.t.Fatalf("the device has driver %q, but its HostInterface has %q", d, driver)
	}
	if h.Status.Driver != driver || h.Status.KernelDriver != "virtio-pci" || h.Status.PCIAddress != c.address || h.Status.InterfaceName != "" {
		e.t.Errorf("the status does not describe the device: %+v", h.Status)
	}
	if l := e.link(c.mac); l != nil {
		e.t.Errorf("the device has a link: %+v", l)
	}
	return h, c
}

// back waits until the device of a NodeENI has its kernel driver and link again.
func (e *env) back(name string) {
	e.t.Helper()
	h := e.awaitReady(name, corev1.ConditionTrue, v1alpha1.ReasonConfigured)
	c := e.hardware.card(h.Spec.NetworkInterfaceID)
	if d, l := e.driverOf(c.address), e.link(c.mac); d != "virtio-pci" || l == nil || !l.Up {
		e.t.Errorf("the device has driver %q and link %+v", d, l)
	}
	e.clean(c)
}

// clean checks that no driver_override and no journal entry is left.
func (e *env) clean(c card) {
	e.t.Helper()
	if o := e.read("/sys/bus/pci/devices/" + c.address + "/driver_override"); o != "(null)" && o != "" {
		e.t.Errorf("a driver override is left: %s", o)
	}
	if names, err := e.guest.List(e.t.Context(), stateDir); err == nil && len(names) > 0 {
		e.t.Errorf("the journal has %v left", names)
	}
}

// offered returns the devices that the plugin's file offers, by resource.
func (e *env) offered() map[string][]string {
	e.t.Helper()
	var file struct {
		ResourceList []struct {
			ResourcePrefix, ResourceName string
			Selectors                    struct{ PCIAddresses, Drivers []string }
		}
	}
	e.must(json.Unmarshal([]byte(e.read(pluginFile)), &file))
	out := map[string][]string{}
	for _, p := range file.ResourceList {
		out[p.ResourcePrefix+"/"+p.ResourceName+" "+strings.Join(p.Selectors.Drivers, ",")] = p.Selectors.PCIAddresses
	}
	return out
}

func (e *env) offers(want map[string][]string) {
	e.t.Helper()
	e.eventually(within, func() error {
		if d := cmp.Diff(want, e.offered()); d != "" {
			return fmt.Errorf("the plugin's file differs, -want, +got:\n%s", d)
		}
		return nil
	})
}

// TestVFIO binds devices to vfio-pci on a machine with an IOMMU.
func TestVFIO(t *testing.T) {
	e := dpdkEnv(t, kernelvm.Options{IOMMU: true, HugePages: 32})
	run(e,
		step{"Bound", func(e *env) {
			e.apply(dpdk("fast", 2, "  resourceName: intel.com/dpdk"))
			h, c := e.bound("fast", "vfio-pci")
			if h.Status.IOMMUGroup == "" || h.Status.NoIOMMU {
				e.t.Errorf("the status has no IOMMU group: %+v", h.Status)
			}
			if s, err := e.guest.Stat(e.t.Context(), "/dev/vfio/"+h.Status.IOMMUGroup); err != nil || !s.Device {
				e.t.Errorf("there is no file of the group: %v", err)
			}
			want := []v1alpha1.HugePages{{Size: "2Mi", Total: 32}}
			if d := cmp.Diff(want, h.Status.HugePages); d != "" || h.GetCondition(v1alpha1.TypeUserspaceUsable).Status != corev1.ConditionTrue {
				e.t.Errorf("huge pages: %s %+v", d, h.GetCondition(v1alpha1.TypeUserspaceUsable))
			}
			e.offers(map[string][]string{"intel.com/dpdk vfio-pci": {c.address}})
		}},
		step{"TwoInOnePool", func(e *env) { e.joins("fast", "intel.com/dpdk") }},
		step{"TakenOver", func(e *env) { e.takesOver("fast") }},
		step{"Elsewhere", func(e *env) {
			e.apply(dpdk("elsewhere", 3, "  dpdk: {pciAddress: \"0000:00:1f.0\"}"))
			h := e.awaitReady("elsewhere", corev1.ConditionFalse, v1alpha1.ReasonInvalidConfig)
			if d := e.driverOf(e.hardware.card(h.Spec.NetworkInterfaceID).address); d != "virtio-pci" {
				e.t.Errorf("a device at another address has driver %s", d)
			}
			e.remove("elsewhere")
		}},
		step{"NoModule", func(e *env) {
			e.apply(dpdk("igb", 3, "  dpdk: {driver: igb_uio}"))
			h := e.awaitReady("igb", corev1.ConditionFalse, v1alpha1.ReasonModuleNotFound)
			c := e.hardware.card(h.Spec.NetworkInterfaceID)
			if d := e.driverOf(c.address); d != "virtio-pci" {
				e.t.Errorf("the device has the driver %q", d)
			}
			e.remove("igb")
		}},
		step{"AgentKilled", func(e *env) {
			_, c := e.bound("fast", "vfio-pci")
			e.killAgent()
			e.startAgent(withModules()...)
			e.bound("fast", "vfio-pci")
			e.offers(map[string][]string{"intel.com/dpdk vfio-pci": {c.address}})
		}},
		step{"Rebooted", func(e *env) { e.rebootBound("fast", "intel.com/dpdk") }},
		step{"TurnedOff", func(e *env) {
			e.change("fast", func(s *v1alpha1.NodeENISpec) {
				s.Host.Driver, s.Host.DPDK, s.Host.ResourceName, s.MTU = v1alpha1.DriverKernel, nil, nil, new(int32(9001))
			})
			e.hasMTU("fast", 9001)
			e.back("fast")
			e.offers(map[string][]string{})
		}},
		step{"InUse", func(e *env) {
			e.change("fast", func(s *v1alpha1.NodeENISpec) { s.Host.Driver = v1alpha1.DriverDPDK })
			_, c := e.bound("fast", "vfio-pci")
			e.must(e.guest.Hold(e.t.Context(), c.address))
			e.change("fast", func(s *v1alpha1.NodeENISpec) { s.Host.Driver = v1alpha1.DriverKernel })
			h := e.awaitReady("fast", corev1.ConditionFalse, v1alpha1.ReasonDeviceInUse)
			if m := h.GetCondition(xpv2.TypeReady).Message; !strings.Contains(m, "a program holds the device") {
				e.t.Errorf("the message does not name the reason of the wait: %s", m)
			}
			e.must(e.guest.Release(e.t.Context(), c.address))
			e.back("fast")
		}},
		step{"Deleted", func(e *env) {
			e.change("fast", func(s *v1alpha1.NodeENISpec) { s.Host.Driver = v1alpha1.DriverDPDK })
			e.bound("fast", "vfio-pci")
			e.deleteNodeENI("fast")
			if names, err := e.guest.List(e.t.Context(), stateDir); err != nil || len(names) > 0 {
				e.t.Errorf("the journal has %v left: %v", names, err)
			}
		}},
	)
}

// takesOver starts an agent without a journal, as after a migration from another controller,
// while a program uses the device. The attachment has what the other controller recorded.
func (e *env) takesOver(name string) {
	e.t.Helper()
	// A device of the same kind with its kernel driver, as the primary interface of an instance.
	e.apply(strings.Replace(nodeENI("plain"), "deviceIndex: 2", "deviceIndex: 3", 1))
	e.awaitReady("plain", corev1.ConditionTrue, v1alpha1.ReasonConfigured)
	h, c := e.bound(name, "vfio-pci")
	e.must(e.guest.Hold(e.t.Context(), c.address))
	e.killAgent()
	a := &ec2v1alpha1.NetworkInterfaceAttachment{}
	e.must(e.kube.Get(e.t.Context(), client.ObjectKey{Namespace: h.Spec.AttachmentRef.Namespace, Name: h.Spec.AttachmentRef.Name}, a))
	b := a.DeepCopy()
	record, err := json.Marshal(v1alpha1.TakeOver{BootID: e.read("/proc/sys/kernel/random/boot_id"), PCIAddress: new(v1alpha1.PCIAddress(c.address))})
	e.must(err)
	a.Annotations[v1alpha1.AnnotationTakeOver] = string(record)
	e.must(e.kube.Patch(e.t.Context(), a, client.MergeFrom(b)))
	e.eventually(within, func() error {
		h, err := e.host(name)
		if err == nil && h.Spec.TakeOver == nil {
			err = errors.New("the HostInterface has no record")
		}
		return err
	})
	const journal = "/var/lib/taken-over"
	flags := withModules()
	flags[len(flags)-1] = journal
	e.startAgent(flags...)
	e.eventually(within, func() error {
		names, err := e.guest.List(e.t.Context(), journal)
		if err == nil && len(names) != 1 {
			err = fmt.Errorf("the journal has %v", names)
		}
		return err
	})
	e.bound(name, "vfio-pci")
	e.must(e.guest.Release(e.t.Context(), c.address))
	e.killAgent()
	e.startAgent(withModules()...)
	e.bound(name, "vfio-pci")
	e.remove("plain")
}

// joins offers a second device in the pool of a first, and removes it again.
func (e *env) joins(first, pool string, lines ...string) {
	e.t.Helper()
	_, one := e.bound(first, "vfio-pci")
	_, name, _ := strings.Cut(pool, "/")
	e.apply(dpdk("second", 3, append([]string{"  resourceName: " + name}, lines...)...))
	_, two := e.bound("second", "vfio-pci")
	e.offers(map[string][]string{pool + " vfio-pci": {one.address, two.address}})
	e.remove("second")
	e.offers(map[string][]string{pool + " vfio-pci": {one.address}})
}

// rebootBound reboots the machine, and waits until the device of a NodeENI has
// its userspace driver again and is offered.
func (e *env) rebootBound(name, pool string) {
	e.t.Helper()
	_, c := e.bound(name, "vfio-pci")
	e.reboot()
	if d := e.driverOf(c.address); d != "virtio-pci" {
		e.t.Errorf("after a boot the device has the driver %q", d)
	}
	e.startAgent(withModules()...)
	e.eventually(within, func() error {
		if d := e.driverOf(c.address); d != "vfio-pci" {
			return fmt.Errorf("the device has the driver %q", d)
		}
		return nil
	})
	e.bound(name, "vfio-pci")
	e.offers(map[string][]string{pool + " vfio-pci": {c.address}})
}

// TestKilledAtEachStep kills the agent before each step of binding a
// userspace driver and back, and continues with another agent.
func TestKilledAtEachStep(t *testing.T) {
	machines := map[string]struct {
		machine kernelvm.Options
		config  v1alpha1.DPDKConfig
		lines   []string
	}{
		"IOMMU":   {machine: kernelvm.Options{IOMMU: true}},
		"NoIOMMU": {machine: kernelvm.Options{NoIOMMUModule: true}, config: v1alpha1.DPDKConfig{AllowNoIOMMU: true}, lines: []string{allowNoIOMMU}},
	}
	for name, m := range machines {
		t.Run(name, func(t *testing.T) {
			killedAtEachStep(dpdkEnv(t, m.machine), m.config, m.lines...)
		})
	}
}

// allowNoIOMMU is the line of a NodeENI that allows binding a device without
// an IOMMU.
const allowNoIOMMU = "  dpdk: {allowNoIOMMU: true}"

func killedAtEachStep(e *env, config v1alpha1.DPDKConfig, lines ...string) {
	lines = append(lines, "  resourceName: intel.com/dpdk")
	e.apply(dpdk("fast", 2, lines...))
	h, c := e.bound("fast", "vfio-pci")
	device, drivers := "/sys/bus/pci/devices/"+c.address, "/sys/bus/pci/drivers/"
	over := func(s *v1alpha1.NodeENISpec) {
		s.Host.Driver, s.Host.DPDK, s.Host.ResourceName = v1alpha1.DriverDPDK, &config, new(v1alpha1.ResourceName("intel.com/dpdk"))
	}
	back := func(s *v1alpha1.NodeENISpec) {
		s.Host.Driver, s.Host.DPDK, s.Host.ResourceName = v1alpha1.DriverKernel, nil, nil
	}
	bindFiles := []string{stateDir, device + "/driver_override", drivers + "virtio-pci/unbind", drivers + "vfio-pci/bind", "/var/lib/pcidp"}
	unbindFiles := []string{"/var/lib/pcidp", drivers + "vfio-pci/unbind", device + "/driver_override", drivers + "virtio-pci/bind"}
	var steps []step
	for _, at := range unbindFiles {
		steps = append(steps, step{"Back" + strings.ReplaceAll(at, "/", "_"), func(e *env) {
			e.diesAt(at, func() { e.change("fast", back) }, func() {
				if d := e.driverOf(c.address); d != "" && strings.HasSuffix(at, "/driver_override") {
					e.t.Errorf("the agent was killed before it had unbound the device, which has driver %q", d)
				}
			})
			e.offersAfter(c, false)
			e.back("fast")
			e.change("fast", over)
			e.bound("fast", "vfio-pci")
		}})
	}
	for _, at := range bindFiles {
		steps = append(steps, step{"Over" + strings.ReplaceAll(at, "/", "_"), func(e *env) {
			e.change("fast", back)
			e.back("fast")
			e.diesAt(at, func() { e.change("fast", over) }, func() {
				if names, err := e.guest.List(e.t.Context(), stateDir); strings.HasPrefix(at, "/sys/") && (err != nil || len(names) == 0) {
					e.t.Errorf("the agent was killed before it had written the journal entry: %v, %v", names, err)
				}
			})
			e.bound("fast", "vfio-pci")
			e.offersAfter(c, true)
		}})
	}
	for i, at := range unbindFiles {
		steps = append(steps, step{"Release" + strings.ReplaceAll(at, "/", "_"), func(e *env) {
			name := fmt.Sprintf("deleted-%d", i)
			e.apply(dpdk(name, 3, lines...))
			h, c := e.bound(name, "vfio-pci")
			e.diesAt(strings.ReplaceAll(at, device, "/sys/bus/pci/devices/"+c.address), func() {
				n := &v1alpha1.NodeENI{}
				n.Name = name
				e.must(e.kube.Delete(e.t.Context(), n))
			}, func() {})
			e.unplugged(h)
			e.offersAfter(c, false)
		}})
	}
	steps = append(steps, step{"InTheEnd", func(e *env) {
		e.change("fast", back)
		e.back("fast")
		if l := e.link(h.Spec.MACAddress); l == nil || l.MAC != c.mac {
			e.t.Errorf("the link has another MAC address: %+v", l)
		}
	}})
	run(e, steps...)
}

// diesAt kills the agent when it opens a file for writing during a
// change, calls dead, and starts another agent.
func (e *env) diesAt(file string, do, dead func()) {
	e.t.Helper()
	e.must(e.guest.KillAt(e.t.Context(), agentProcess, file))
	do()
	e.eventually(within, func() error {
		p, err := e.guest.Process(e.t.Context(), agentProcess)
		if err == nil && p.Running {
			return fmt.Errorf("the agent has not opened %s", file)
		}
		return err
	})
	dead()
	e.startAgent(withModules()...)
}

// offersAfter waits until the plugin's file has, or has not, a device.
func (e *env) offersAfter(c card, want bool) {
	e.t.Helper()
	e.eventually(within, func() error {
		has := false
		for _, addresses := range e.offered() {
			has = has || slices.Contains(addresses, c.address)
		}
		if has != want {
			return fmt.Errorf("the plugin's file offers device %s: %t", c.address, has)
		}
		return nil
	})
}

// TestNoIOMMU binds devices without an IOMMU.
func TestNoIOMMU(t *testing.T) {
	e := dpdkEnv(t, kernelvm.Options{NoIOMMUModule: true})
	const parameter = "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
	run(e,
		step{"Refused", func(e *env) {
			e.apply(dpdk("fast", 2))
			h := e.awaitReady("fast", corev1.ConditionFalse, v1alpha1.ReasonNoIOMMU)
			c := e.hardware.card(h.Spec.NetworkInterfaceID)
			if d, l := e.driverOf(c.address), e.link(c.mac); d != "virtio-pci" || l == nil {
				e.t.Errorf("the device has driver %q and link %+v", d, l)
			}
			if p := e.read(parameter); p != "N" {
				e.t.Errorf("enable_unsafe_noiommu_mode is %s", p)
			}
		}},
		step{"Allowed", func(e *env) {
			e.change("fast", func(s *v1alpha1.NodeENISpec) { s.Host.DPDK = &v1alpha1.DPDKConfig{AllowNoIOMMU: true} })
			h, _ := e.bound("fast", "vfio-pci")
			if !h.Status.NoIOMMU || h.Status.IOMMUGroup == "" {
				e.t.Errorf("the status does not report the missing IOMMU: %+v", h.Status)
			}
			if s, err := e.guest.Stat(e.t.Context(), "/dev/vfio/noiommu-"+h.Status.IOMMUGroup); err != nil || !s.Device {
				e.t.Errorf("there is no file of the group: %v", err)
			}
			if c := h.GetCondition(v1alpha1.TypeUserspaceUsable); c.Reason != v1alpha1.ReasonNoHugePages {
				e.t.Errorf("the status does not report the missing huge pages: %+v", c)
			}
			// The default resource is the name of the NodeENI.
			e.offers(map[string][]string{"intel.com/fast vfio-pci": {h.Status.PCIAddress}})
		}},
		step{"TwoInOnePool", func(e *env) { e.joins("fast", "intel.com/fast", allowNoIOMMU) }},
		step{"Rebooted", func(e *env) { e.rebootBound("fast", "intel.com/fast") }},
		step{"Forbidden", func(e *env) {
			e.change("fast", func(s *v1alpha1.NodeENISpec) { s.Host.DPDK.AllowNoIOMMU = false })
			h := e.awaitReady("fast", corev1.ConditionFalse, v1alpha1.ReasonNoIOMMU)
			c := e.hardware.card(h.Spec.NetworkInterfaceID)
			if d := e.driverOf(c.address); d != "virtio-pci" {
				e.t.Errorf("the device has the driver %q", d)
			}
			e.clean(c)
			e.offers(map[string][]string{})
		}},
		step{"Deleted", func(e *env) {
			e.change("fast", func(s *v1alpha1.NodeENISpec) { s.Host.DPDK.AllowNoIOMMU = true })
			e.bound("fast", "vfio-pci")
			e.deleteNodeENI("fast")
		}},
	)
}

// TestStockKernel has no IOMMU, and a vfio built without CONFIG_VFIO_NOIOMMU.
func TestStockKernel(t *testing.T) {
	e := dpdkEnv(t, kernelvm.Options{Machine: kernelvm.PC})
	run(e,
		step{"Unsupported", func(e *env) {
			e.apply(dpdk("fast", 2, "  dpdk: {allowNoIOMMU: true}"))
			h := e.awaitReady("fast", corev1.ConditionFalse, v1alpha1.ReasonNoIOMMUUnsupported)
			c := e.hardware.card(h.Spec.NetworkInterfaceID)
			if d := e.driverOf(c.address); d != "virtio-pci" {
				e.t.Errorf("the device has the driver %q", d)
			}
			e.clean(c)
		}},
		step{"UIO", func(e *env) {
			e.change("fast", func(s *v1alpha1.NodeENISpec) {
				s.Host.DPDK = &v1alpha1.DPDKConfig{Driver: v1alpha1.DPDKDriverUIOGeneric}
			})
			_, c := e.bound("fast", "uio_pci_generic")
			e.offers(map[string][]string{"intel.com/fast uio_pci_generic": {c.address}})
		}},
		step{"Kernel", func(e *env) {
			e.change("fast", func(s *v1alpha1.NodeENISpec) { s.Host.Driver, s.Host.DPDK = v1alpha1.DriverKernel, nil })
			e.back("fast")
			e.deleteNodeENI("fast")
		}},
	)
}

// remove deletes one of several NodeENIs, and waits until its device is
// unplugged.
func (e *env) remove(name string) {
	e.t.Helper()
	h, err := e.host(name)
	e.must(err)
	n := &v1alpha1.NodeENI{}
	n.Name = name
	e.must(e.kube.Delete(e.t.Context(), n))
	e.unplugged(h)
}

// unplugged waits until the card of a HostInterface is unplugged.
func (e *env) unplugged(h *v1alpha1.HostInterface) {
	e.t.Helper()
	e.eventually(within, func() error {
		if e.hardware.has(h.Spec.NetworkInterfaceID) {
			return fmt.Errorf("ENI %s is still plugged", h.Spec.NetworkInterfaceID)
		}
		return nil
	})
}

func (h *hardware) has(eni string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.plugged[eni]
	return ok
}
