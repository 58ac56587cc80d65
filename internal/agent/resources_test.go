// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/extendedresource"
	"github.com/nodeeni/provider-aws-eni/internal/agent/extendedresource/kubelettest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

const uplink = "networking.k8s.aws/uplink"

// readiness sets the extended resource of a HostInterface.
func readiness(interfaces int32) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) {
		hi.Spec.Config.Readiness = &v1alpha1.HostReadiness{Resource: uplink, Capacity: 5, Interfaces: interfaces}
	}
}

// A deviceManager is a simulated kubelet with a directory of device plugins.
type deviceManager struct {
	*kubelettest.Kubelet

	t   *testing.T
	dir string
}

func newDeviceManager(t *testing.T) *deviceManager {
	t.Helper()
	d := &deviceManager{t: t, dir: t.TempDir()}
	d.start()
	return d
}

func (d *deviceManager) start() {
	d.t.Helper()
	k, err := kubelettest.Start(d.t.Context(), d.dir)
	must(d.t, err)
	d.Kubelet = k
	d.t.Cleanup(func() {
		k.Stop()
		must(d.t, k.Violations())
	})
}

// advertise makes an agent advertise resources.
func (d *deviceManager) advertise(r *harness) {
	r.resources = extendedresource.New(d.dir, func() time.Time { return r.now() })
	d.t.Cleanup(r.resources.Close)
}

// units waits until the kubelet has a number of units, as "allocatable/capacity".
func (d *deviceManager) units(what, want string) {
	d.t.Helper()
	until(d.t, what+": "+want, func() bool {
		got, _ := d.Resource(uplink)
		return got == want
	})
}

// resourceCondition returns the condition ResourceAdvertised.
func (r *harness) resourceCondition(name string) string {
	r.t.Helper()
	c := r.get(name).GetCondition(v1alpha1.TypeResourceAdvertised)
	return string(c.Status) + " " + string(c.Reason) + ": " + c.Message
}

// TestResource follows the resource of two devices: they are plugged, unplugged, released, and
// the agent restarts.
func TestResource(t *testing.T) {
	m, k := newMachine(t), newDeviceManager(t)
	r := m.newHarness(hif("a", mac1, 1, readiness(2)), hif("b", mac2, 2, readiness(2)))
	k.advertise(r)
	a := m.plug(6, mac1)
	r.reconcile("a", "b")
	k.units("The second device is missing", "0/5")
	const advertised = "True Advertised: the node advertises networking.k8s.aws/uplink"
	check(t, "The resource is advertised while the device is missing", advertised, r.resourceCondition("b"))
	check(t, "A ready interface", advertised, r.resourceCondition("a"))

	m.plug(7, mac2)
	r.reconcile("b")
	k.units("Both are configured", "5/5")
	writes := r.writes.Load()
	r.reconcile("a", "b")
	check(t, "Writes in the steady state", writes, r.writes.Load())

	m.bus.Unplug(a)
	r.reconcile("a")
	k.units("A device was unplugged", "0/5")
	check(t, "The resource is still advertised", advertised, r.resourceCondition("a"))
	m.plug(6, mac1)
	r.reconcile("a")
	k.units("It was plugged again", "5/5")

	// A new agent has observed one interface only.
	r.resources.Close()
	k.units("No agent runs", "0/5")
	k.advertise(r)
	r.reconcile("a")
	k.units("The new agent has not observed the other interface", "0/5")
	r.reconcile("b")
	k.units("It has observed both", "5/5")

	r.change("a", func(hi *v1alpha1.HostInterface) { hi.Spec.Config.Readiness = nil })
	r.reconcile("a")
	if c := r.get("a").GetCondition(v1alpha1.TypeResourceAdvertised); c.Status != corev1.ConditionUnknown {
		t.Errorf("Without a resource there is no condition: %v", c)
	}
	k.units("One of two interfaces is left", "0/5")
	r.change("b", readiness(1))
	r.reconcile("b")
	k.units("One interface suffices", "5/5")
	r.delete("b")
	r.reconcile("b")
	k.units("The last one is released", "0/5")
}

// TestResourceReleases checks that no unit is allocatable when a device is taken from its
// driver: for another driver, or because it is released, with and without a wait for pods.
func TestResourceReleases(t *testing.T) {
	cases := map[string]struct {
		reason string
		take   func(r *harness)
	}{
		"Release": {reason: "A released interface is not ready.", take: func(r *harness) { r.delete("a") }},
		"Driver": {reason: "The link is missing while the driver changes.", take: func(r *harness) {
			r.change("a", func(hi *v1alpha1.HostInterface) {
				hi.Spec.Config.Driver, hi.Spec.Config.DPDK = v1alpha1.DriverKernel, nil
			})
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m, k := newMachine(t), newDeviceManager(t)
			m.plug(6, mac1)
			r := m.newHarness(hif("a", mac1, 1, readiness(1), userspace(v1alpha1.DPDKDriverVFIO)))
			loadModules(r)
			k.advertise(r)
			r.reconcile("a")
			k.units("The device has its driver", "5/5")
			unbinds := 0
			r.host.PCI = unbindBus{Bus: r.host.PCI, before: func() {
				unbinds++
				k.units(tc.reason, "0/5")
			}}
			tc.take(r)
			r.reconcile("a")
			if unbinds == 0 {
				t.Error("The device was not unbound.")
			}
		})
	}
}

// An unbindBus calls a function before each unbind.
type unbindBus struct {
	pci.Bus

	before func()
}

// Unbind implements pci.Bus.
func (b unbindBus) Unbind(a pci.Address) error {
	b.before()
	return b.Bus.Unbind(a)
}

// TestResourceOfOfferedDevice has a device that pods get from the device plugin, which does not
// run.
func TestResourceOfOfferedDevice(t *testing.T) {
	m, k := newMachine(t), newDeviceManager(t)
	m.plug(6, mac1)
	r := m.offering(m.newHarness(hif("a", mac1, 1, readiness(1), resource("intel.com/dpdk"))))
	k.advertise(r)
	r.reconcile("a")
	check(t, "Condition Ready", "True Configured: link ens6 is configured", r.readyOf("a"))
	k.units("A device that pods cannot be allocated is not ready", "0/5")
}

// TestResourceWithoutKubelet has an agent without access to the kubelet.
func TestResourceWithoutKubelet(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1, readiness(1)))
	r.reconcile("a")
	check(t, "Condition ResourceAdvertised", "False NoKubeletDirectory: this agent does not advertise networking.k8s.aws/uplink: set the Helm value agent.readinessResource.enabled, or --kubelet-device-plugins-dir and its mount", r.resourceCondition("a"))
	r.checkReady("a", "True Configured: link ens6 is configured")
}

// TestWatchKubelet restarts the kubelet, which removes the sockets of device plugins.
func TestWatchKubelet(t *testing.T) {
	m, k := newMachine(t), newDeviceManager(t)
	m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1, readiness(1)))
	k.advertise(r)
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	r.resources.OnLost(func() { enqueue(q, r.tracker.names()...) })
	done := make(chan struct{})
	t.Cleanup(func() { q.ShutDown(); <-done })
	go func() {
		defer close(done)
		loop(t.Context(), q, r, newProgress())
	}()
	go watchKubelet(t.Context(), r.resources, q, r.tracker)
	enqueue(q, "a")
	k.units("The interface is ready", "5/5")
	for range 5 {
		k.Stop()
		k.start()
		k.units("The kubelet has restarted", "5/5")
	}
}
