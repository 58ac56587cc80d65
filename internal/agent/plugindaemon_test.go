// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin/plugintest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
)

// A simulatedDaemonSet runs the simulated device plugin in a pod of a node, which it
// replaces after the deletion. The plugin exits where the real one does; then its
// container waits for its next start, and the kubelet can allocate no device.
type simulatedDaemonSet struct {
	m *machine
	r *harness
	// started is the number of pods, and exit why the plugin of the last one has exited.
	started int
	exit    error
}

// run creates the pod if it does not exist.
func (d *simulatedDaemonSet) run() {
	d.m.t.Helper()
	for _, name := range d.r.podNames() {
		if name == d.pod() {
			return
		}
	}
	d.started++
	file, err := os.ReadFile(d.m.pluginFile())
	if !os.IsNotExist(err) { // The plugin exits without a file, as with an empty one.
		must(d.m.t, err)
	}
	drivers := map[string]string{}
	for slot := range uint8(32) {
		a := pci.Address{Device: slot}
		if x, err := d.m.bus.Device(a); err == nil {
			drivers[a.String()] = x.Driver
		}
	}
	pools, exit := plugintest.Start(file, drivers)
	d.exit = exit
	d.m.pods.allocatable = map[podresources.Device]bool{}
	for _, p := range pools {
		for _, x := range p.Devices {
			d.m.pods.allocatable[podresources.Device{Resource: p.String(), ID: x}] = true
		}
	}
	now := time.Now()
	must(d.m.t, d.r.client.Create(d.m.t.Context(), pluginPod(d.pod(), node, now, func(p *corev1.Pod) {
		if exit != nil {
			p.Status.ContainerStatuses[0] = corev1.ContainerStatus{
				State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
				LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
					StartedAt: metav1.NewTime(now), FinishedAt: metav1.NewTime(now), ExitCode: int32(plugintest.ExitCode(exit)),
				}},
			}
		}
	})))
}

func (d *simulatedDaemonSet) pod() string { return fmt.Sprintf("plugin-%d", d.started) }

// reconcile reconciles HostInterfaces and runs the DaemonSet, several times.
func (d *simulatedDaemonSet) reconcile(names ...string) {
	d.m.t.Helper()
	for range 8 {
		for _, n := range names {
			_, err := d.r.Reconcile(d.m.t.Context(), request(n))
			must(d.m.t, err)
		}
		d.run()
	}
}

// TestReleaseLastDevice releases the devices of a node. The plugin exits when its file has
// no pool.
func TestReleaseLastDevice(t *testing.T) {
	m := newMachine(t)
	a, b := m.plug(6, mac1), m.plug(7, mac2)
	r := m.offering(m.newHarness(
		hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk")),
		hif("b", mac2, 2, resource("intel.com/my-eni")),
	))
	d := &simulatedDaemonSet{m: m, r: r}
	d.reconcile("a", "b")
	check(t, "Condition Offered of a", "True Allocatable: device 0000:00:06.0 is allocatable to pods that request intel.com/dpdk", r.offeredCondition("a"))
	check(t, "Condition Offered of b", "True Allocatable: device 0000:00:07.0 is allocatable to pods that request intel.com/my-eni", r.offeredCondition("b"))

	started := d.started
	r.delete("a")
	r.delete("b")
	d.reconcile("a", "b")
	for _, name := range []string{"a", "b"} {
		if hi := r.exists(name); hi != nil {
			t.Errorf("HostInterface %s is not released: %+v", name, hi.GetCondition("Ready"))
		}
	}
	check(t, "The driver of a", "ena", m.driver(a))
	check(t, "The driver of b", "ena", m.driver(b))
	if d.exit == nil || plugintest.ExitCode(d.exit) != 0 {
		t.Errorf("The plugin exits without pools: %v", d.exit)
	}
	if n := d.started - started; n > 2 {
		t.Errorf("The plugin was restarted %d times for two releases.", n)
	}
}

// TestPluginWithoutPools reconciles a node on which no device is offered: the plugin's pod,
// which exits again and again, is not deleted for each reconcile.
func TestPluginWithoutPools(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1)
	r := m.offering(m.newHarness(hif("a", mac1, 1)))
	d := &simulatedDaemonSet{m: m, r: r}
	for range 3 {
		d.reconcile("a")
	}
	check(t, "Starts of the plugin's pod", 1, d.started)
	// Another agent does not restart it either.
	next := m.newHarness()
	next.client, next.Reconciler.client, next.pods.Client = r.client, r.client, r.client
	hour := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(m.pluginFile(), hour, hour))
	d.r = m.offering(next)
	d.reconcile("a")
	check(t, "Starts of the plugin's pod after a restart of the agent", 1, d.started)
}

// TestForeignContentEndsPlugin offers devices next to a foreign pool for which the plugin
// exits.
func TestForeignContentEndsPlugin(t *testing.T) {
	const good, bad = `{"resourceList":[{"resourceName":"gpus","selectors":{"vendors":["10de"]}}]}`, `{"resourceList":[{"resourceName":"gpus"}]}`
	const because = `the device plugin exits because of pool 2 (intel.com/gpus) in its file, which this agent does not manage: it has no selectors: add them, such as {"vendors": ["1d0f"]}, or remove the pool`
	m := newMachine(t)
	a, b := m.plug(6, mac1), m.plug(7, mac2)
	must(t, os.WriteFile(m.pluginFile(), []byte(bad), 0o600))
	r := m.offering(m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk"))))
	d := &simulatedDaemonSet{m: m, r: r}
	d.run()
	d.reconcile("a")
	check(t, "Condition Offered", "False NotAllocatable: "+because, r.offeredCondition("a"))
	check(t, "Starts of the plugin's pod, whose log has the cause", 1, d.started)
	check(t, "Exit code of the plugin", 2, plugintest.ExitCode(d.exit))

	repair := func(from, to string) {
		t.Helper()
		file := strings.Replace(m.offered(), strings.TrimSuffix(strings.TrimPrefix(from, `{"resourceList":[`), `]}`), strings.TrimSuffix(strings.TrimPrefix(to, `{"resourceList":[`), `]}`), 1)
		must(t, os.WriteFile(m.pluginFile(), []byte(file), 0o600))
		must(t, os.Chtimes(m.pluginFile(), time.Now().Add(time.Second), time.Now().Add(time.Second)))
	}
	repair(bad, good)
	d.reconcile("a")
	check(t, "Condition Offered of a repaired file", "True Allocatable: device 0000:00:06.0 is allocatable to pods that request intel.com/dpdk", r.offeredCondition("a"))
	check(t, "Starts of the plugin's pod", 2, d.started)

	// A running plugin has the file from before, and is not restarted for another device.
	repair(good, bad)
	must(t, r.client.Create(t.Context(), hif("b", mac2, 2, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk"))))
	d.reconcile("b", "a")
	check(t, "Condition Offered while the plugin runs", "True Allocatable: device 0000:00:06.0 is allocatable to pods that request intel.com/dpdk, until the device plugin's next start: "+because, r.offeredCondition("a"))
	check(t, "Condition Offered of the other device", "False NotAllocatable: "+because, r.offeredCondition("b"))
	check(t, "Starts of the plugin's pod", 2, d.started)

	// A release does not depend on the file's repair.
	r.delete("a")
	r.delete("b")
	d.reconcile("a", "b")
	for name, x := range map[string]pci.Address{"a": a, "b": b} {
		if hi := r.exists(name); hi != nil {
			t.Errorf("HostInterface %s is not released: %+v", name, hi.GetCondition("Ready"))
		}
		check(t, "The driver of "+name, "ena", m.driver(x))
	}
	check(t, "Starts of the plugin's pod", 3, d.started)
}

// TestPluginCrashes offers a device while the plugin's pod has exited for an unknown reason.
func TestPluginCrashes(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1)
	r := m.offering(m.newHarness(hif("a", mac1, 1, resource("intel.com/dpdk"))))
	r.reconcile("a")
	must(t, r.client.Create(t.Context(), client.Object(pluginPod("plugin", node, time.Now(), func(p *corev1.Pod) {
		p.Status.ContainerStatuses[0].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{StartedAt: metav1.Now(), ExitCode: 255}}
	}))))
	r.reconcile("a")
	check(t, "Condition Offered", "False NotAllocatable: the kubelet does not list device 0000:00:06.0 of resource intel.com/dpdk yet: the device plugin's pod "+offer.DefaultPluginNamespace+"/plugin (exit code 255) is not running; see its log", r.offeredCondition("a"))
}

// TestLongDefaultName offers a device of a NodeENI whose name does not fit into the path of
// the plugin's socket.
func TestLongDefaultName(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1)
	r := m.offering(m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), func(hi *v1alpha1.HostInterface) {
		hi.Labels = map[string]string{v1alpha1.LabelNodeENI: strings.Repeat("n", 63)}
	})))
	d := &simulatedDaemonSet{m: m, r: r}
	d.reconcile("a")
	if got := r.offeredCondition("a"); !strings.HasPrefix(got, "True Allocatable") || len(r.get("a").Status.Resource) != len("/")+67 {
		t.Errorf("Condition Offered of resource %q: %s; the plugin: %v", r.get("a").Status.Resource, got, d.exit)
	}
}
