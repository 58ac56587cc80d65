// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin/plugintest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
)

// foreignPools is a file of the device plugin with a pool of another owner.
const foreignPools = `{"resourceList":[ {"resourceName":"gpus",  "selectors":{"vendors":["10de"]}} ]}`

// newOfferingNode returns a node that offers a device with a userspace driver, in slot 6,
// and a device with its kernel driver, in slot 7, and runs the device plugin.
func newOfferingNode(t *testing.T, file string) *simulatedDaemonSet {
	t.Helper()
	m := newMachine(t)
	m.plug(6, mac1)
	m.plug(7, mac2)
	if file != "" {
		must(t, os.WriteFile(m.pluginFile(), []byte(file), 0o600))
	}
	d := &simulatedDaemonSet{m: m, r: m.offering(m.newHarness(
		hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk")),
		hif("b", mac2, 2, resource("intel.com/my-eni")),
	))}
	d.reconcile("a", "b")
	d.checkOffers("Before the reboot", "0000:00:06.0", "0000:00:07.0")
	return d
}

// reboot reboots the node, with the devices in exchanged slots. The agent has not started.
func (d *simulatedDaemonSet) reboot() {
	d.m.t.Helper()
	hour := time.Now().Add(-time.Hour)
	if err := os.Chtimes(d.m.pluginFile(), hour, hour); !os.IsNotExist(err) {
		must(d.m.t, err)
	}
	m := newMachine(d.m.t)
	m.state, m.boot, m.pods = d.m.state, "boot-2", d.m.pods
	m.pods.allocatable = nil
	m.plug(7, mac1)
	m.plug(6, mac2)
	d.m = m
	d.restartAgent()
}

// restartAgent replaces the agent. The new one has reconciled nothing.
func (d *simulatedDaemonSet) restartAgent() {
	d.m.t.Helper()
	next := d.m.newHarness()
	next.client, next.Reconciler.client, next.pods.Client = d.r.client, d.r.client, d.r.client
	d.r = d.m.offering(next)
}

// startPlugin starts the plugin after a reboot, in another pod: minutes before the agent.
func (d *simulatedDaemonSet) startPlugin() {
	d.m.t.Helper()
	must(d.m.t, d.r.client.DeleteAllOf(d.m.t.Context(), &corev1.Pod{}, client.InNamespace(pluginPod("", node, time.Now()).Namespace)))
	d.run()
	d.startedAt(time.Now().Add(-time.Minute))
}

// startedAt changes the start of a running plugin.
func (d *simulatedDaemonSet) startedAt(at time.Time) {
	d.m.t.Helper()
	p := &corev1.Pod{}
	must(d.m.t, d.r.client.Get(d.m.t.Context(), client.ObjectKeyFromObject(pluginPod(d.pod(), node, at)), p))
	if running := p.Status.ContainerStatuses[0].State.Running; running != nil {
		running.StartedAt.Time = at
	}
	must(d.m.t, d.r.client.Status().Update(d.m.t.Context(), p))
}

// checkOffers checks the devices that the kubelet can allocate; empty if none.
func (d *simulatedDaemonSet) checkOffers(reason, dpdk, eni string) {
	d.m.t.Helper()
	got := map[string]string{}
	for x := range d.m.pods.allocatable {
		got[x.Resource] += x.ID
	}
	check(d.m.t, reason+": devices of intel.com/dpdk", dpdk, got["intel.com/dpdk"])
	check(d.m.t, reason+": devices of intel.com/my-eni", eni, got["intel.com/my-eni"])
}

// TestHoldAfterBoot reboots a node on which the plugin starts before the agent. Its file
// has addresses from before the reboot, which are now other ENIs' devices.
func TestHoldAfterBoot(t *testing.T) {
	for name, file := range map[string]string{"OwnPools": `{"resourceList":[]}`, "ForeignPools": foreignPools} {
		t.Run(name, func(t *testing.T) {
			d := newOfferingNode(t, file)
			d.reboot()
			d.startPlugin()
			d.checkOffers("The plugin offers another ENI before the agent starts", "", "0000:00:07.0")
			started := d.started

			// The agent has observed one of two HostInterfaces.
			d.r.reconcile("a")
			d.run()
			d.checkOffers("Before the devices are configured", "", "")
			check(t, "The file until all devices are configured", file, d.m.offered())
			d.reconcile("a", "b")
			d.checkOffers("After the devices are configured", "0000:00:07.0", "0000:00:06.0")
			check(t, "Condition Offered of b", "True Allocatable: device 0000:00:06.0 is allocatable to pods that request intel.com/my-eni", d.r.offeredCondition("b"))
			if n := d.started - started; n > 2 {
				t.Errorf("The plugin was restarted %d times after a reboot.", n)
			}

			// A restart of the agent without a reboot removes nothing.
			before, started := d.m.offered(), d.started
			d.startedAt(time.Now().Add(time.Second)) // later than the file, whose second it may share
			d.restartAgent()
			must(t, d.r.offers.Withhold(t.Context()))
			d.r.reconcile("b")
			check(t, "The file after a restart of the agent, before all HostInterfaces are observed", before, d.m.offered())
			d.reconcile("b", "a")
			check(t, "The file after a restart of the agent", before, d.m.offered())
			check(t, "Starts of the plugin", started, d.started)
		})
	}
}

// TestHoldBeforePlugin reboots a node on which the agent starts before the plugin.
func TestHoldBeforePlugin(t *testing.T) {
	d := newOfferingNode(t, foreignPools)
	d.reboot()
	must(t, d.r.offers.Withhold(t.Context()))
	check(t, "The file before the first reconcile", foreignPools, d.m.offered())
	d.startPlugin()
	d.checkOffers("The plugin starts before the devices are configured", "", "")
	started := d.started
	d.reconcile("b", "a")
	d.checkOffers("After the devices are configured", "0000:00:07.0", "0000:00:06.0")
	if n := d.started - started; n > 2 {
		t.Errorf("The plugin was restarted %d times after a reboot.", n)
	}
}

// TestHoldWithoutAPIServer starts an agent after a reboot while no API server responds.
func TestHoldWithoutAPIServer(t *testing.T) {
	d := newOfferingNode(t, foreignPools)
	d.reboot()
	a, err := New(&rest.Config{Host: "http://127.0.0.1:1"}, Options{
		NodeName: node, Namespace: "default", Host: d.m.openHost(), DevicePlugin: offer.DevicePlugin{File: d.m.pluginFile()},
	})
	must(t, err)
	a.syncTimeout = 100 * time.Millisecond
	if err := a.Run(t.Context()); err == nil {
		t.Error("The agent cannot list HostInterfaces.")
	}
	check(t, "The file", foreignPools, d.m.offered())
}

// TestHoldWithoutHostInterfaces reboots a node whose HostInterfaces were deleted meanwhile.
func TestHoldWithoutHostInterfaces(t *testing.T) {
	d := newOfferingNode(t, foreignPools)
	for _, name := range []string{"a", "b"} {
		d.r.change(name, func(hi *v1alpha1.HostInterface) { hi.Finalizers = nil })
		d.r.delete(name)
	}
	d.reboot()
	d.startPlugin()
	d.reconcile("")
	d.checkOffers("Without HostInterfaces", "", "")
	check(t, "The file", foreignPools, d.m.offered())
}

// TestHoldRetries cannot restart the plugin, or write its file, at first.
func TestHoldRetries(t *testing.T) {
	cases := map[string]struct {
		reason        string
		fail, recover func(d *simulatedDaemonSet)
	}{
		"Plugin": {
			reason:  "The plugin is restarted when the API server responds.",
			fail:    func(d *simulatedDaemonSet) { d.r.pods.err = errors.New("refused") },
			recover: func(d *simulatedDaemonSet) { d.r.pods.err = nil },
		},
		"File": {
			reason: "The file is written when its directory is accessible.",
			fail: func(d *simulatedDaemonSet) {
				must(d.m.t, os.Rename(d.m.pluginFile(), d.m.pluginFile()+".moved"))
				must(d.m.t, os.Mkdir(d.m.pluginFile(), 0o700))
			},
			recover: func(d *simulatedDaemonSet) {
				must(d.m.t, os.Remove(d.m.pluginFile()))
				must(d.m.t, os.Rename(d.m.pluginFile()+".moved", d.m.pluginFile()))
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := newOfferingNode(t, foreignPools)
			d.reboot()
			d.startPlugin()
			tc.fail(d)
			if err := d.r.offers.Hold(t.Context()); err == nil {
				t.Error("The error is returned.")
			}
			d.r.reconcile("a")
			check(t, "The link is configured meanwhile: condition Ready", "True", string(d.r.get("a").GetCondition("Ready").Status))
			tc.recover(d)
			d.r.reconcile("a")
			d.run()
			d.checkOffers(tc.reason, "", "")
			d.reconcile("a", "b")
			d.checkOffers(tc.reason, "0000:00:07.0", "0000:00:06.0")
		})
	}
}

// TestBootWithoutFile reboots a node with the plugin's directory in a file system that is
// empty after a boot.
func TestBootWithoutFile(t *testing.T) {
	d := newOfferingNode(t, "")
	must(t, os.Remove(d.m.pluginFile()))
	d.reboot()
	d.startPlugin()
	check(t, "The plugin exits with code", 0, plugintest.ExitCode(d.exit))
	if d.exit == nil {
		t.Error("The plugin exits without a file.")
	}
	started := d.started
	d.r.reconcile("a")
	d.run()
	d.checkOffers("Before the devices are configured", "", "")
	d.reconcile("a", "b")
	d.checkOffers("After the devices are configured", "0000:00:07.0", "0000:00:06.0")
	check(t, "Restarts of the plugin", 1, d.started-started)
}
