// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	pcifake "github.com/nodeeni/provider-aws-eni/internal/agent/pci/fake"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
)

func releasePolicy(mode v1alpha1.ReleaseMode, timeout time.Duration) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) {
		hi.Spec.Config.ReleasePolicy = &v1alpha1.ReleasePolicy{Mode: mode}
		if timeout > 0 {
			hi.Spec.Config.ReleasePolicy.Timeout = &metav1.Duration{Duration: timeout}
		}
	}
}

// TestWaitForPods reclaims a device that pods use.
func TestWaitForPods(t *testing.T) {
	const held = "False WaitingForPods: device 0000:00:06.0 is in use by pod apps/fw-0 (main); released when the pod terminates or after releasePolicy.timeout"
	ways := map[string]struct {
		take   func(r *harness)
		driver string // afterwards
	}{
		"Release": {take: func(r *harness) { r.delete("a") }, driver: "ena"},
		"Kernel":  {take: func(r *harness) { r.change("a", kernel) }, driver: "ena"},
		"Driver":  {take: func(r *harness) { r.change("a", userspace(v1alpha1.DPDKDriverUIOGeneric)) }, driver: "uio_pci_generic"},
	}
	cases := map[string]struct {
		reason string
		policy func(*v1alpha1.HostInterface)
		end    func(k *kubelet, r *harness) // ends the wait; nil without a wait
		says   string
	}{
		"Ends":      {reason: "The condition names the pod that is waited for.", policy: func(*v1alpha1.HostInterface) {}, end: func(k *kubelet, _ *harness) { k.usage = nil }, says: held},
		"Times out": {reason: "The wait ends at the timeout.", policy: releasePolicy(v1alpha1.ReleaseWaitForPods, 3*time.Minute), end: func(_ *kubelet, r *harness) { r.now = after(4 * time.Minute) }, says: held},
		"By itself": {reason: "The default timeout is ten minutes.", policy: releasePolicy(v1alpha1.ReleaseWaitForPods, 0), end: func(_ *kubelet, r *harness) { r.now = after(11 * time.Minute) }, says: held},
		"Immediate": {reason: "Mode Immediate does not wait.", policy: releasePolicy(v1alpha1.ReleaseImmediate, 0)},
		"Unknown": {
			reason: "Without a response of the kubelet the device may be in use.",
			policy: func(*v1alpha1.HostInterface) {},
			end:    func(k *kubelet, _ *harness) { k.err, k.usage = nil, nil },
			says:   "False WaitingForPods: device 0000:00:06.0 is kept until releasePolicy.timeout: cannot determine whether a pod uses it: no such socket: mount its directory into the agent, and check that the kubelet runs",
		},
	}
	for way, w := range ways {
		for name, tc := range cases {
			t.Run(way+"/"+name, func(t *testing.T) {
				m := newMachine(t)
				a := m.plug(6, mac1)
				r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), tc.policy))
				loadModules(r)
				r.reconcile("a")
				m.pods.holds(a, "fw-0")
				if strings.Contains(name, "Unknown") {
					m.pods.err = podresources.ErrNoSocket
				}
				asked := m.pods.asked
				r.reconcile("a")
				check(t, "Calls to the kubelet in the steady state", 0, m.pods.asked-asked)
				w.take(r)
				if tc.end != nil {
					for range 2 {
						result, err := r.Reconcile(t.Context(), request("a"))
						if err != nil || result.RequeueAfter != holderPoll {
							t.Fatalf("%s The kubelet is polled, without an error: %v, %v", tc.reason, result, err)
						}
						r.checkReady("a", tc.says)
						check(t, tc.reason+" The driver", "vfio-pci", m.driver(a))
					}
					tc.end(m.pods, r)
				}
				r.reconcile("a")
				check(t, tc.reason+" The driver in the end", w.driver, m.driver(a))
				if hi := r.exists("a"); way == "Release" && hi != nil {
					t.Errorf("%s The HostInterface is released in the end.", tc.reason)
				}
			})
		}
	}
}

func after(d time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(d) }
}

// TestManyPods checks the list of pods in the message.
func TestManyPods(t *testing.T) {
	m := newMachine(t)
	a := m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO)))
	loadModules(r)
	r.reconcile("a")
	m.pods.holds(a, "e", "d", "c", "b", "a")
	r.delete("a")
	r.reconcile("a")
	r.checkReady("a", "False WaitingForPods: device 0000:00:06.0 is in use by pod apps/a (main), apps/b (main), apps/c (main), 2 more; released when the pod terminates or after releasePolicy.timeout")
}

// TestInUse reclaims a device from a program that blocks the unbind.
func TestInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		a := m.plug(6, mac1)
		r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), releasePolicy(v1alpha1.ReleaseImmediate, 0)))
		loadModules(r)
		r.reconcile("a")

		program := make(chan struct{})
		r.host.PCI = pci.NewTimeoutBus(heldBus{Bus: m.bus, until: program}, pci.DefaultTimeout)
		r.delete("a")
		for range 3 {
			result, err := r.Reconcile(t.Context(), request("a"))
			if err != nil || result.RequeueAfter != holderPoll {
				t.Fatalf("The reconcile is retried soon: %v, %v", result, err)
			}
			c := r.get("a").GetCondition("Ready")
			if c.Reason != v1alpha1.ReasonDeviceInUse || !strings.Contains(c.Message, "a program holds the device") {
				t.Errorf("The condition has the reason of the wait: %v", c)
			}
		}
		close(program)
		synctest.Wait()
		r.reconcile("a")
		check(t, "The driver when the program has ended", "ena", m.driver(a))
		if r.exists("a") != nil {
			t.Error("The HostInterface is released in the end.")
		}
	})
}

// A heldBus blocks Unbind until a program has ended.
type heldBus struct {
	pci.Bus

	until chan struct{}
}

func (b heldBus) Unbind(a pci.Address) error {
	<-b.until
	return b.Bus.Unbind(a)
}

// TestLinkWithPod moves a link to a pod's network namespace; its
// HostInterface stays Ready.
func TestLinkWithPod(t *testing.T) {
	m := newMachine(t)
	a := m.plug(6, mac1)
	offered := func(hi *v1alpha1.HostInterface) {
		hi.Spec.Config.ResourceName = new(v1alpha1.ResourceName("intel.com/eni"))
	}
	r := m.newHarness(hif("a", mac1, 1, offered))
	r.policy.OfferDevices = true
	r.reconcile("a")
	r.checkReady("a", "True Configured: link ens6 is configured")

	// The link moves to the pod's network namespace: no netlink message, and no
	// file below /sys, shows it on the host any more.
	l, _ := m.bus.Link(a)
	m.links.Remove(l.Index)
	m.bus.Change(a, func(d *pcifake.Device) { d.Netdevs = nil })
	m.pods.holds(a, "fw-0")
	for _, r := range []*harness{r, m.newHarness(r.get("a"))} {
		r.reconcile("a")
		r.checkReady("a", "True InPod: the link of device 0000:00:06.0 is in another network namespace, such as a pod's")
	}

	r.delete("a")
	r.reconcile("a")
	if c := r.get("a").GetCondition("Ready"); c.Reason != v1alpha1.ReasonWaitingForPods {
		t.Errorf("A release waits for the pod: %v", c)
	}
	m.pods.err = errors.New("the kubelet is restarting")
	r.reconcile("a")
	if r.exists("a") == nil {
		t.Fatal("Without a response of the kubelet the release waits.")
	}
	m.pods.err, m.pods.usage = nil, nil
	r.reconcile("a")
	if r.exists("a") != nil {
		t.Error("The HostInterface is released when the pod has ended.")
	}
	check(t, "The driver", "ena", m.driver(a))
}
