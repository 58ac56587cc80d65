// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin/plugintest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
	realkubelet "github.com/nodeeni/provider-aws-eni/test/kubelet"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// kubeletWithin is the timeout of one step of the kubelet. Most take a
// second.
const kubeletWithin = 60 * time.Second

// TestKubelet offers devices to pods of a real kubelet, and reclaims a device in use by a
// pod. The devices are fakes; the plugin reads the file
// that the agent writes.
func TestKubelet(t *testing.T) {
	folder := os.Getenv("KUBELET")
	if folder == "" {
		t.Skip("this test runs a kubelet: run make e2e-kubelet, or set KUBELET to the directory that test/kubelet/ensure.sh prints")
	}
	cp, err := testbed.StartControlPlane(t.Context())
	must(t, err)
	t.Cleanup(func() { must(t, cp.Stop()) })
	kube, err := client.New(cp.Config, client.Options{})
	must(t, err)
	k, err := realkubelet.Start(t.Context(), realkubelet.Options{Programs: folder, Kubeconfig: cp.KubeconfigData})
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the kubelet's log:\n%s", k.Log())
		}
		must(t, k.Close())
	})
	pods := podresources.NewClient(k.PodResources())

	m := newMachine(t)
	a, b := m.plug(6, mac1), m.plug(7, mac2)
	r := m.newHarness(
		hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk")),
		hif("b", mac2, 2, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk")),
	)
	r.host.Pods = pods
	r = m.offering(r)
	d := &pluginDaemon{t: t, kubelet: k, harness: r, file: m.pluginFile()}
	t.Cleanup(d.stop)
	name := map[pci.Address]string{a: "a", b: "b"}

	began := time.Now()
	d.until("both are offered", func() bool {
		r.reconcile("a", "b")
		return strings.HasPrefix(r.offeredCondition("a"), "True Allocatable") && strings.HasPrefix(r.offeredCondition("b"), "True Allocatable")
	})
	pod := realkubelet.Pod("holder", "intel.com/dpdk")
	must(t, kube.Create(t.Context(), pod))
	var held pci.Address
	d.until("a pod has one", func() bool {
		u, err := pods.Usage(t.Context())
		must(t, err)
		for _, x := range []pci.Address{a, b} {
			if h := u[podresources.Device{Resource: "intel.com/dpdk", ID: x.String()}]; len(h) > 0 {
				check(t, "Who holds a device", "default/holder (main)", h[0].String())
				held = x
			}
		}
		return held != pci.Address{} && d.containers() == 1
	})
	free := map[pci.Address]pci.Address{a: b, b: a}[held]

	r.delete(name[held])
	d.until("the release waits for the pod, and the device is not allocatable", func() bool {
		r.reconcile(name[held], name[free])
		has, err := pods.Allocatable(t.Context())
		must(t, err)
		return strings.Contains(r.readyOf(name[held]), "WaitingForPods: device "+held.String()+" is in use by pod default/holder (main)") &&
			!has[podresources.Device{Resource: "intel.com/dpdk", ID: held.String()}] && has[podresources.Device{Resource: "intel.com/dpdk", ID: free.String()}]
	})
	// Neither the withdrawal nor the deletion of the pod means that the device is not
	// used any more.
	must(t, kube.Delete(t.Context(), pod))
	looks := 0
	d.until("the pod has ended, and the kernel driver is bound", func() bool {
		r.reconcile(name[held], name[free])
		looks++
		return m.driver(held) == "ena"
	})
	check(t, "Running containers when the device is reclaimed", 0, d.containers())
	if looks < 5 {
		t.Errorf("The device was reclaimed after %d reconciles, but the pod takes seconds to end.", looks)
	}
	if r.exists(name[held]) != nil {
		t.Error("The HostInterface is released in the end.")
	}
	d.until("the other is offered", func() bool {
		r.reconcile(name[free])
		return strings.HasPrefix(r.offeredCondition(name[free]), "True Allocatable")
	})

	// The plugin exits when its file has no pool.
	starts := d.starts
	r.delete(name[free])
	d.until("the last device is released", func() bool {
		r.reconcile(name[free])
		return r.exists(name[free]) == nil
	})
	check(t, "The driver of the last device", "ena", m.driver(free))
	check(t, "The plugin exits", true, d.exited)
	if n := d.starts - starts; n > 1 {
		t.Errorf("The release of the last device has restarted the plugin %d times.", n)
	}
	t.Logf("from the first offer to the release of the last device: %s, %d restarts of the plugin", time.Since(began).Round(100*time.Millisecond), d.starts-1)
	if d.starts > 3 {
		t.Errorf("The plugin was restarted %d times, want at most 2: for the withdrawal of the first device, and for the last one.", d.starts-1)
	}
}

// readyOf returns the condition Ready of a HostInterface.
func (r *harness) readyOf(name string) string {
	c := r.get(name).GetCondition("Ready")
	return string(c.Status) + " " + string(c.Reason) + ": " + c.Message
}

// pluginDaemon acts as the DaemonSet: after the device plugin's pod was deleted it
// creates another one, which reads the current file.
type pluginDaemon struct {
	t       *testing.T
	kubelet *realkubelet.Kubelet
	harness *harness
	file    string

	plugin *realkubelet.Plugin
	starts int
	// exited is true if the last plugin has exited because of its file.
	exited bool
}

// containers returns the number of running containers.
func (d *pluginDaemon) containers() int {
	d.t.Helper()
	n, err := d.kubelet.Containers(d.t.Context())
	must(d.t, err)
	return n
}

// until runs the plugin's DaemonSet until a condition is met.
func (d *pluginDaemon) until(what string, is func() bool) {
	d.t.Helper()
	began := time.Now()
	defer func() { d.t.Logf("%s: %s, plugin start %d", time.Since(began).Round(time.Millisecond), what, d.starts) }()
	for !is() {
		if time.Since(began) > kubeletWithin {
			d.t.Fatalf("after %s not yet: %s; the file:\n%s", kubeletWithin, what, d.offered())
		}
		if !slices.ContainsFunc(d.harness.podNames(), func(p string) bool { return strings.HasPrefix(p, "plugin-") }) {
			d.start()
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (d *pluginDaemon) offered() string {
	raw, err := os.ReadFile(d.file)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func (d *pluginDaemon) start() {
	d.t.Helper()
	d.stop()
	if _, err := os.Stat(d.file); err != nil {
		return // the pod would wait for the volume
	}
	// Start times of containers are whole seconds: a container that started in the second of the
	// change may have read the file before it. So this one starts in the next second.
	started := time.Now().Truncate(time.Second).Add(time.Second)
	time.Sleep(time.Until(started))
	var err error
	d.plugin, err = d.kubelet.StartPlugin(d.t.Context(), d.file)
	if d.exited = plugintest.Exits(err); !d.exited {
		must(d.t, err)
	}
	d.starts++
	must(d.t, d.harness.client.Create(d.t.Context(), client.Object(pluginPod("plugin-"+time.Now().Format("150405.000000"), node, started, func(p *corev1.Pod) {
		if d.exited {
			p.Status.ContainerStatuses[0].State = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{StartedAt: metav1.NewTime(started)}}
		}
	}))))
}

func (d *pluginDaemon) stop() {
	if d.plugin != nil {
		d.plugin.Stop()
		d.plugin = nil
	}
}
