// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
)

// offering enables offers in a file of the machine.
func (m *machine) offering(r *harness) *harness {
	m.t.Helper()
	r.policy.OfferDevices, r.policy.LoadModules = true, true
	var err error
	r.offers, err = offer.New(offer.DevicePlugin{File: m.pluginFile()}, r.pods, node, r.host)
	must(m.t, err)
	return r
}

func (m *machine) pluginFile() string { return filepath.Join(filepath.Dir(m.state), "config.json") }

func (m *machine) offered() string {
	b, err := os.ReadFile(m.pluginFile())
	if err != nil {
		m.t.Fatal(err)
	}
	return string(b)
}

// pluginPod returns a pod of the device plugin that runs on a node since a time.
func pluginPod(name, onNode string, since time.Time, change ...func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: offer.DefaultPluginNamespace, Name: name, UID: types.UID(name), Labels: map[string]string{"app": "sriovdp"}},
		Spec:       corev1.PodSpec{NodeName: onNode},
		Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{
			State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(since)}},
		}}},
	}
	for _, c := range change {
		c(p)
	}
	return p
}

func (r *harness) podNames() []string {
	r.t.Helper()
	l := &corev1.PodList{}
	if err := r.client.List(r.t.Context(), l); err != nil {
		r.t.Fatal(err)
	}
	var names []string
	for _, p := range l.Items {
		names = append(names, p.Name)
	}
	return names
}

func (r *harness) offeredCondition(name string) string {
	c := r.get(name).GetCondition(v1alpha1.TypeOffered)
	return string(c.Status) + " " + string(c.Reason) + ": " + c.Message
}

func resource(name string) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) { hi.Spec.Config.ResourceName = new(v1alpha1.ResourceName(name)) }
}

func TestOffers(t *testing.T) {
	past := time.Now().Add(-time.Hour)
	m := newMachine(t)
	a, b := m.plug(6, mac1), m.plug(7, mac2)
	if err := os.WriteFile(m.pluginFile(), []byte(`{"resourceList":[ {"resourceName":"gpus",  "selectors":{"vendors":["10de"]}} ]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	objects := []client.Object{
		hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk")),
		hif("b", mac2, 2, userspace(v1alpha1.DPDKDriverVFIO), resource("dpdk")),
		pluginPod("here", node, past),
		pluginPod("elsewhere", "node-b", past),
		pluginPod("other", node, past, func(p *corev1.Pod) { p.Labels = map[string]string{"app": "web"} }),
		pluginPod("foreign", node, past, func(p *corev1.Pod) { p.Namespace = "default" }),
		pluginPod("operator", node, past, func(p *corev1.Pod) { p.Labels = map[string]string{"app": "sriov-device-plugin"} }),
	}
	r := m.offering(m.newHarness(objects...))

	r.reconcile("a")
	check(t, "Before all HostInterfaces have been observed", "False NotAllocatable: the agent has not observed all HostInterfaces since its start", r.offeredCondition("a"))
	if strings.Contains(m.offered(), "dpdk") {
		t.Error("The file is not written before all HostInterfaces have been observed.")
	}
	r.reconcile("b")
	const both = `{"resourceList":[
    {"resourcePrefix":"intel.com","resourceName":"dpdk","deviceType":"netDevice","selectors":{"drivers":["vfio-pci"],"pciAddresses":["0000:00:06.0","0000:00:07.0"]},"additionalInfo":{"*":{"managedBy":"provider-aws-eni"}}}, {"resourceName":"gpus",  "selectors":{"vendors":["10de"]}} ]}`
	if diff := cmp.Diff(both, m.offered()); diff != "" {
		t.Errorf("Two devices are in one pool; existing pools are kept.\n-want, +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"foreign", "elsewhere", "other"}, r.podNames()); diff != "" {
		t.Errorf("Only the plugin's pods of this node are deleted.\n-want, +got:\n%s", diff)
	}
	check(t, "Without a plugin", "False PluginNotRunning: no pod with labels app in (sriov-device-plugin,sriovdp) in namespace kube-system runs on this node: install the SR-IOV network device plugin, or set --device-plugin-namespace and --device-plugin-selector", r.offeredCondition("b"))

	// The DaemonSet creates another pod.
	starting := pluginPod("next", node, time.Time{}, func(p *corev1.Pod) { p.Status.ContainerStatuses = nil })
	must(t, r.client.Create(t.Context(), starting))
	r.reconcile("a", "b")
	if !strings.Contains(strings.Join(r.podNames(), " "), "next") {
		t.Error("A pod that is starting is not deleted.")
	}
	check(t, "While it starts", "False NotAllocatable: the kubelet does not list device 0000:00:06.0 of resource intel.com/dpdk yet: the device plugin is starting, or skips the device; see its log on this node", r.offeredCondition("a"))
	must(t, r.client.Delete(t.Context(), starting))
	must(t, r.client.Create(t.Context(), pluginPod("next", node, time.Now().Add(time.Minute))))
	m.pods.allocatable = map[podresources.Device]bool{}
	for _, x := range []pci.Address{a, b} {
		m.pods.allocatable[podresources.Device{Resource: "intel.com/dpdk", ID: x.String()}] = true
	}
	r.reconcile("a", "b")
	check(t, "In the end", "True Allocatable: device 0000:00:06.0 is allocatable to pods that request intel.com/dpdk", r.offeredCondition("a"))
	check(t, "The resource in status", "intel.com/dpdk", r.get("b").Status.Resource)

	// A new agent changes nothing, and restarts nothing.
	before := m.offered()
	r2 := m.offering(m.newHarness(r.get("a"), r.get("b"), pluginPod("next", node, time.Now().Add(time.Minute))))
	r2.reconcile("a", "b")
	check(t, "After a restart of the agent the file", before, m.offered())
	check(t, "and the plugins", "next", strings.Join(r2.podNames(), " "))
	check(t, "and the condition", "True Allocatable: device 0000:00:07.0 is allocatable to pods that request intel.com/dpdk", r2.offeredCondition("b"))

	// A device in use by a pod is withdrawn from its pool before it is released.
	m.pods.holds(a, "fw-0")
	r2.delete("a")
	r2.reconcile("a")
	check(t, "A device that is being reclaimed is not in the file", false, strings.Contains(m.offered(), "0000:00:06.0"))
	gives := func(x pci.Address) podresources.Device {
		return podresources.Device{Resource: "intel.com/dpdk", ID: x.String()}
	}
	r2.checkReady("a", "False Releasing: the device is kept while pods may be allocated it: waiting until the device plugin's pod with labels app in (sriov-device-plugin,sriovdp) in namespace kube-system terminates, at most for releasePolicy.timeout")
	m.pods.usage = nil
	r2.reconcile("a")
	check(t, "The driver while the kubelet can still allocate the device", "vfio-pci", m.driver(a))
	m.pods.holds(a, "fw-1")
	delete(m.pods.allocatable, gives(a))
	r2.reconcile("a")
	check(t, "The driver while a newer pod uses it", "vfio-pci", m.driver(a))
	m.pods.usage = nil
	r2.reconcile("a")
	check(t, "The driver afterwards", "ena", m.driver(a))

	// After the other device is released, the plugin's file has its original content.
	r2.change("b", kernel, func(hi *v1alpha1.HostInterface) { hi.Spec.Config.ResourceName = nil })
	r2.reconcile("b")
	delete(m.pods.allocatable, gives(b))
	r2.reconcile("b")
	if diff := cmp.Diff(`{"resourceList":[ {"resourceName":"gpus",  "selectors":{"vendors":["10de"]}} ]}`, m.offered()); diff != "" {
		t.Errorf("The agent's pools are removed.\n-want, +got:\n%s", diff)
	}
	check(t, "Without an offer there is no condition", "Unknown : ", r2.offeredCondition("b"))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestOfferConditions checks which devices are offered, and the condition Offered.
func TestOfferConditions(t *testing.T) {
	labelled := func(hi *v1alpha1.HostInterface) {
		hi.Labels = map[string]string{v1alpha1.LabelNodeENI: "my-data-plane"}
	}
	cases := map[string]struct {
		reason string
		change []func(*v1alpha1.HostInterface)
		setup  func(m *machine, r *harness)
		want   string
		file   string
	}{
		"Kernel": {
			reason: "A device with its kernel driver is offered.",
			change: []func(*v1alpha1.HostInterface){resource("example.com/eni")},
			want:   "False PluginNotRunning", file: `"example.com","resourceName":"eni","deviceType":"netDevice","selectors":{"drivers":["ena"],"pciAddresses":["0000:00:06.0"]}`,
		},
		"Default": {
			reason: "The default resource of a device with driver dpdk is the name of its NodeENI.",
			change: []func(*v1alpha1.HostInterface){userspace(v1alpha1.DPDKDriverVFIO), labelled},
			want:   "False PluginNotRunning", file: `"intel.com","resourceName":"my_data_plane"`,
		},
		"NoDefault": {
			reason: "A device with its kernel driver has no default resource.",
			change: []func(*v1alpha1.HostInterface){labelled},
			want:   "Unknown ", file: `"resourceList": []`,
		},
		"ForeignBadName": {
			reason: "A foreign pool that makes the plugin exit is reported and not changed.",
			change: []func(*v1alpha1.HostInterface){resource("example.com/eni")},
			setup: func(m *machine, _ *harness) {
				must(m.t, os.WriteFile(m.pluginFile(), []byte(`{"resourceList":[{"resourceName":"my.nic","selectors":{}}]}`), 0o600))
			},
			want: "False NotAllocatable: the device plugin exits because of pool 2 (intel.com/my.nic) in its file", file: `{"resourceName":"my.nic","selectors":{}}`,
		},
		"BadName": {
			reason: "A name that would make the plugin exit is not written.",
			change: []func(*v1alpha1.HostInterface){resource("intel.com/my.eni")},
			want:   "False NotInFile", file: `"resourceList": []`,
		},
		"LongName": {
			reason: "A name that is too long for the plugin's socket is not written.",
			change: []func(*v1alpha1.HostInterface){resource("a-name-of-more-than-fifty-eight-characters-without-a-prefix-1")},
			want:   "False NotInFile: cannot offer devices as \"a-name-of-more-than-fifty-eight-characters-without-a-prefix-1\": prefix and name have 70 characters: use at most 67 together", file: `"resourceList": []`,
		},
		"Taken": {
			reason: "A name in use by a foreign pool is rejected.",
			change: []func(*v1alpha1.HostInterface){resource("intel.com/gpus")},
			setup: func(m *machine, _ *harness) {
				must(m.t, os.WriteFile(m.pluginFile(), []byte(`{"resourceList": [{"resourceName": "gpus"}]}`), 0o600))
			},
			want: "False NotInFile", file: `{"resourceList": [{"resourceName": "gpus"}]}`,
		},
		"NotBound": {
			reason: "A device without the desired driver is not offered.",
			change: []func(*v1alpha1.HostInterface){userspace(v1alpha1.DPDKDriverIGBUIO), resource("intel.com/dpdk")},
			want:   "False NotInFile", file: `"resourceList": []`,
		},
		"Protected": {
			reason: "A protected link is not offered.",
			change: []func(*v1alpha1.HostInterface){resource("intel.com/eni")},
			setup:  func(_ *machine, r *harness) { r.policy.Primary = "ens6" },
			want:   "False NotInFile", file: `"resourceList": []`,
		},
		"Unasked": {
			reason: "Without access to the kubelet the condition is unknown.",
			change: []func(*v1alpha1.HostInterface){resource("intel.com/eni")},
			setup:  func(m *machine, r *harness) { r.host.Pods = nil; m.offering(r) },
			want:   "False KubeletUnknown", file: `"0000:00:06.0"`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.plug(6, mac1)
			r := m.offering(m.newHarness(hif("a", mac1, 1, tc.change...)))
			if tc.setup != nil {
				tc.setup(m, r)
			}
			r.reconcile("a")
			if got := r.offeredCondition("a"); !strings.HasPrefix(got, tc.want) {
				t.Errorf("%s\nwant %s, got %s", tc.reason, tc.want, got)
			}
			if !strings.Contains(m.offered(), tc.file) {
				t.Errorf("%s\nwant %s in\n%s", tc.reason, tc.file, m.offered())
			}
			writes := r.writes.Load()
			r.reconcile("a")
			check(t, "Writes in the steady state", writes, r.writes.Load())
		})
	}

	m := newMachine(t)
	m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1, resource("intel.com/eni")))
	r.reconcile("a")
	check(t, "The condition of an agent without the plugin's file", "False NotWritten: this agent does not offer devices (--device-plugin-config is not set)", r.offeredCondition("a"))
}

// TestOfferAfterBoot restarts the plugin after devices were bound that it has not
// seen, although its file has not changed.
func TestOfferAfterBoot(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1)
	r := m.offering(m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk"))))
	r.reconcile("a")
	file := m.offered()
	hour := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(m.pluginFile(), hour, hour))

	again := newMachine(t)
	again.state, again.boot, again.pods = m.state, "boot-2", m.pods
	again.plug(6, mac1)
	r = again.offering(again.newHarness(r.get("a"), pluginPod("early", node, time.Now().Add(-time.Minute))))
	r.reconcile("a")
	check(t, "The file", file, again.offered())
	check(t, "Plugins left", 0, len(r.podNames()))
}

// TestWithdrawFails cannot remove a device from the plugin's file.
func TestWithdrawFails(t *testing.T) {
	ways := map[string]func(r *harness){
		"Release": func(r *harness) { r.delete("a") },
		"Kernel": func(r *harness) {
			r.change("a", kernel, func(hi *v1alpha1.HostInterface) { hi.Spec.Config.ResourceName = nil })
		},
	}
	for way, take := range ways {
		t.Run(way, func(t *testing.T) {
			m := newMachine(t)
			a := m.plug(6, mac1)
			r := m.offering(m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk"))))
			r.reconcile("a")
			must(t, os.Remove(m.pluginFile()))
			must(t, os.Mkdir(m.pluginFile(), 0o700))
			take(r)
			if _, err := r.Reconcile(t.Context(), request("a")); err == nil {
				t.Error("The withdrawal is retried.")
			}
			if c := r.get("a").GetCondition("Ready"); c.Reason != v1alpha1.ReasonReleasing || !strings.Contains(c.Message, "not a regular file") {
				t.Errorf("The condition has the reason why the device is kept: %v", c)
			}
			if s := r.get("a").Status; s.Driver != "vfio-pci" || s.PCIAddress == "" {
				t.Errorf("The rest of the status is not changed: %+v", s)
			}
			check(t, "The driver", "vfio-pci", m.driver(a))
			r.now = after(11 * time.Minute)
			r.reconcile("a")
			check(t, "The driver after the timeout", "ena", m.driver(a))
			if hi := r.exists("a"); way == "Release" && hi != nil {
				t.Error("The HostInterface is released in the end.")
			}
		})
	}
}

// TestWithdrawByOldClock withdraws a device when the file's modification time is not
// later than the previous write's: the file system's clock is coarse, and may be set back.
func TestWithdrawByOldClock(t *testing.T) {
	m := newMachine(t)
	a := m.plug(6, mac1)
	r := m.offering(m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk"))))
	r.reconcile("a")
	r.reconcile("a")
	future := time.Now().Add(time.Hour)
	must(t, os.Chtimes(m.pluginFile(), future, future))
	r.reconcile("a")
	must(t, r.client.Create(t.Context(), pluginPod("plugin", node, time.Now().Add(-time.Minute))))
	r.delete("a")
	r.pods.err = errors.New("refused")
	if _, err := r.Reconcile(t.Context(), request("a")); err == nil {
		t.Error("The device plugin is restarted before the device is reclaimed.")
	}
	check(t, "The driver while the plugin may offer the device", "vfio-pci", m.driver(a))
}

// TestWithdrawTwice fails to restart the plugin the first time. The device is not
// reclaimed until the plugin has been restarted, also by another agent; other
// HostInterfaces of the node are reconciled meanwhile.
func TestWithdrawTwice(t *testing.T) {
	ways := map[string]func(r *harness){
		"Release": func(r *harness) { r.delete("a") },
		"Kernel": func(r *harness) {
			r.change("a", kernel, func(hi *v1alpha1.HostInterface) { hi.Spec.Config.ResourceName = nil })
		},
	}
	for way, take := range ways {
		for name, restarted := range map[string]bool{"SameAgent": false, "AnotherAgent": true} {
			t.Run(way+"/"+name, func(t *testing.T) {
				m := newMachine(t)
				a := m.plug(6, mac1)
				m.plug(7, mac2)
				r := m.offering(m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk")), hif("b", mac2, 2)))
				r.reconcile("a", "b")
				r.reconcile("a")
				must(t, r.client.Create(t.Context(), pluginPod("plugin", node, time.Now().Add(-time.Second))))
				take(r)
				r.pods.err = errors.New("refused")
				if _, err := r.Reconcile(t.Context(), request("a")); err == nil {
					t.Error("The withdrawal is retried.")
				}
				if _, err := r.Reconcile(t.Context(), request("a")); err == nil {
					t.Error("The withdrawal is retried repeatedly.")
				}
				check(t, "The driver while the plugin may offer the device", "vfio-pci", m.driver(a))
				r.change("b", mtu(9001))
				_, _ = r.Reconcile(t.Context(), request("b"))
				check(t, "Condition Ready of the other HostInterface", "True", string(r.get("b").GetCondition("Ready").Status))
				check(t, "Its MTU", int32(9001), r.get("b").Status.MTU)
				if restarted {
					client := r.client
					r = m.newHarness()
					r.client, r.Reconciler.client, r.pods.Client = client, client, client
					r = m.offering(r)
					r.reconcile("b")
				} else {
					r.pods.err = nil
				}
				r.reconcile("a")
				check(t, "Plugins left", 0, len(r.podNames()))
				check(t, "The driver while the plugin ends", "vfio-pci", m.driver(a))
				r.reconcile("a")
				check(t, "The driver", "ena", m.driver(a))
			})
		}
	}
}

// TestWithdrawAtStart deletes a HostInterface before a new agent
// has observed another one.
func TestWithdrawAtStart(t *testing.T) {
	m := newMachine(t)
	a, b := m.plug(6, mac1), m.plug(7, mac2)
	r := m.offering(m.newHarness(
		hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk"), releasePolicy(v1alpha1.ReleaseImmediate, 0)),
		hif("b", mac2, 2, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk"))))
	r.reconcile("a", "b")
	if !strings.Contains(m.offered(), a.String()) || !strings.Contains(m.offered(), b.String()) {
		t.Fatalf("Both are offered:\n%s", m.offered())
	}

	client := r.client
	r = m.newHarness()
	r.client, r.Reconciler.client, r.pods.Client = client, client, client
	r = m.offering(r)
	r.delete("a")
	r.reconcile("a")
	if !strings.Contains(m.offered(), b.String()) {
		t.Errorf("A device that was not observed yet stays in the file:\n%s", m.offered())
	}
	check(t, "The driver until the device is out of the file", "vfio-pci", m.driver(a))
	r.reconcile("b", "a")
	if strings.Contains(m.offered(), a.String()) || !strings.Contains(m.offered(), b.String()) {
		t.Errorf("Only the released device is removed from the file:\n%s", m.offered())
	}
	check(t, "The driver then", "ena", m.driver(a))
}
