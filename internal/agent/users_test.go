// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// TestWaitForLinks releases a link that pods use through macvlan links.
func TestWaitForLinks(t *testing.T) {
	const (
		held  = "False WaitingForPods: device 0000:00:06.0 is in use by pod apps/fw-3 (net1), link net1 (macvlan) in network namespace 4 of an unknown pod; released when the pod terminates or after releasePolicy.timeout"
		taken = "The agent took ENI eni-a of node node-a from its users, because it is being released and releasePolicy."
		users = ": pod apps/fw-3 (net1), link net1 (macvlan) in network namespace 4 of an unknown pod"
		ofPod = ": interface net1 of this pod has no network; delete the pod to give it an interface again"
	)
	events := func(why string) []string {
		return []string{
			"HostInterface /a Warning InterfaceTaken: " + taken + why + users,
			"NodeENI /data Warning InterfaceTaken: " + taken + why + users,
			"Pod apps/fw-3 Warning InterfaceTaken: " + taken + why + ofPod,
		}
	}
	cases := map[string]struct {
		reason string
		policy func(*v1alpha1.HostInterface)
		end    func(m *machine, r *harness) // ends the wait; nil without a wait
		says   string
		events []string
	}{
		"Ends":     {reason: "The release waits for the pods, and takes nothing from them.", policy: func(*v1alpha1.HostInterface) {}, end: func(m *machine, _ *harness) { m.links.SetOthers(nil) }, says: held},
		"TimesOut": {reason: "At the timeout the interface is taken, and each pod gets an event.", policy: releasePolicy(v1alpha1.ReleaseWaitForPods, 3*time.Minute), end: func(_ *machine, r *harness) { r.now = after(4 * time.Minute) }, says: held, events: events("timeout has passed")},
		"Immediate": {
			reason: "Mode Immediate does not wait, and each pod gets an event.", policy: releasePolicy(v1alpha1.ReleaseImmediate, 0),
			events: events("mode is Immediate"),
		},
		"Unknown": {
			reason: "Without a scan the link may be in use.", policy: func(*v1alpha1.HostInterface) {},
			end:  func(m *machine, _ *harness) { m.links.SetOthers(nil) },
			says: "False WaitingForPods: device 0000:00:06.0 is kept until releasePolicy.timeout: cannot determine whether a pod uses it: operation not permitted",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.plug(6, mac1)
			r := m.newHarness(hif("a", mac1, 1, tc.policy, ofNodeENI))
			r.host.CNI = cachePods(t, 3)
			recorded := r.record()
			r.reconcile("a")
			index := m.indexOf("ens6")
			m.links.SetOthers(nil, macvlan(4, index), macvlan(3, index), vethOf(3))
			if name == "Unknown" {
				m.links.SetOthers(errors.New("operation not permitted"))
			}
			r.delete("a")
			if tc.end != nil {
				for range 2 {
					result, err := r.Reconcile(t.Context(), request("a"))
					if err != nil || result.RequeueAfter != holderPoll {
						t.Fatalf("%s The users are polled, without an error: %v, %v", tc.reason, result, err)
					}
					r.checkReady("a", tc.says)
				}
				tc.end(m, r)
			}
			r.reconcile("a")
			if r.exists("a") != nil {
				t.Errorf("%s The HostInterface is released in the end.", tc.reason)
			}
			if diff := cmp.Diff(tc.events, recorded.about(eventTaken, eventLost), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nevents: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestTakenFromContainers takes a device from pods of the device plugin.
func TestTakenFromContainers(t *testing.T) {
	m := newMachine(t)
	a := m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), releasePolicy(v1alpha1.ReleaseImmediate, 0)))
	loadModules(r)
	recorded := r.record()
	r.reconcile("a")
	m.pods.holds(a, "fw-0")
	r.delete("a")
	r.reconcile("a")
	why := "The agent took ENI eni-a of node node-a from its users, because it is being released and releasePolicy.mode is Immediate"
	if diff := cmp.Diff([]string{
		"HostInterface /a Warning InterfaceTaken: " + why + ": pod apps/fw-0 (main)",
		"Pod apps/fw-0 Warning InterfaceTaken: " + why + "; delete the pod to give it an interface again",
	}, recorded.about(eventTaken)); diff != "" {
		t.Errorf("Each pod gets one event.\n-want, +got:\n%s", diff)
	}
}

// TestTakenOnce takes a device and a macvlan of the same pod.
func TestTakenOnce(t *testing.T) {
	m := newMachine(t)
	a := m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1, releasePolicy(v1alpha1.ReleaseImmediate, 0)))
	r.host.CNI = cachePods(t, 3)
	recorded := r.record()
	r.reconcile("a")
	m.pods.holds(a, "fw-3")
	m.links.SetOthers(nil, macvlan(3, m.indexOf("ens6")), vethOf(3))
	r.delete("a")
	r.reconcile("a")
	if got := recorded.about(eventTaken); len(got) != 2 {
		t.Errorf("A pod with a device and a link gets one event: %v", got)
	}
}

// TestManyTaken takes a link from many pods.
func TestManyTaken(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1, releasePolicy(v1alpha1.ReleaseImmediate, 0)))
	var others []link.Scanned
	var namespaces []int
	for i := range 50 {
		others, namespaces = append(others, macvlan(i, m.indexOf("ens6")), macvlan(i, m.indexOf("ens6")), vethOf(i)), append(namespaces, i)
	}
	r.host.CNI = cachePods(t, namespaces...)
	recorded := r.record()
	m.links.SetOthers(nil, others...)
	r.delete("a")
	r.reconcile("a")
	if got := len(recorded.about(eventTaken)); got != 1+maxPodEvents {
		t.Errorf("The number of events is bounded, and each pod gets one: %d", got)
	}
}

// TestInPod moves a link without a journal entry to a pod, as the host-device plugin does
// if it names the link.
func TestInPod(t *testing.T) {
	m := newMachine(t)
	a := m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1))
	r.host.CNI = cachePods(t, 3)
	recorded := r.record()
	r.reconcile("a")
	l, _ := m.bus.Link(a)
	m.links.Remove(l.Index)
	moved := link.Scanned{Namespace: 3, Index: 9, Name: "net1", Kind: link.KindDevice, MAC: "0a:00:00:00:00:77", PermanentMAC: mac1, Peer: link.NoNamespace}
	m.links.SetOthers(nil, moved, vethOf(3))
	const inPod = "True InPod: the link with MAC address " + mac1 + " is in pod apps/fw-3, as net1"
	restarted := m.newHarness(r.get("a"))
	restarted.host.CNI = r.host.CNI
	for _, r := range []*harness{r, restarted} {
		r.reconcile("a")
		r.checkReady("a", inPod)
	}
	check(t, "Affected by an end of a pod", 1, len(r.tracker.affected(link.Event{Subject: link.SubjectNamespace})))

	m.links.SetOthers(nil, moved)
	r.reconcile("a")
	r.checkReady("a", "True InPod: the link with MAC address "+mac1+" is in network namespace 3 of an unknown pod, as net1")

	m.links.SetOthers(nil)
	m.links.Add(link.Link{Name: "ens6", MAC: mac1, MTU: 1500})
	r.reconcile("a")
	r.checkReady("a", "True Configured: link ens6 is configured")
	check(t, "Affected by an end of a pod", 0, len(r.tracker.affected(link.Event{Subject: link.SubjectNamespace})))
	if got := recorded.about(eventTaken, eventLost); len(got) != 0 {
		t.Errorf("A pod that ends has lost nothing: %v", got)
	}
}

// TestLost removes a link that pods use, as detaching its ENI does.
func TestLost(t *testing.T) {
	cases := map[string]struct {
		reason string
		then   func(m *machine)
		want   []string
	}{
		"Detached": {
			reason: "Pods that still run have lost their interface.",
			then:   func(m *machine) { m.links.SetOthers(nil, vethOf(3), link.Scanned{Namespace: 3, Name: "eth0"}) },
			want: []string{
				"HostInterface /a Warning InterfaceLost: ENI eni-a disappeared from node node-a while it was in use: it was detached outside of the provider, or its device failed: pod apps/fw-3 (net1)",
				"NodeENI /data Warning InterfaceLost: ENI eni-a disappeared from node node-a while it was in use: it was detached outside of the provider, or its device failed: pod apps/fw-3 (net1)",
				"Pod apps/fw-3 Warning InterfaceLost: ENI eni-a disappeared from node node-a while it was in use: it was detached outside of the provider, or its device failed: interface net1 of this pod has no network; delete the pod to give it an interface again",
			},
		},
		"Ended": {reason: "A pod that has ended has lost nothing.", then: func(m *machine) { m.links.SetOthers(nil) }},
		"Back": {reason: "A link that is missing for a moment is not lost.", then: func(m *machine) {
			m.links.SetOthers(nil, vethOf(3), link.Scanned{Namespace: 3, Name: "net1", Kind: link.KindDevice, MAC: mac1})
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			a := m.plug(6, mac1)
			r := m.newHarness(hif("a", mac1, 1, ofNodeENI))
			r.host.CNI = cachePods(t, 3)
			r.reconcile("a")
			m.links.SetOthers(nil, macvlan(3, m.indexOf("ens6")), vethOf(3))
			r.reconcile("a")
			recorded := r.record()

			l, _ := m.bus.Link(a)
			m.links.Remove(l.Index)
			m.links.SetOthers(nil, vethOf(3), link.Scanned{Namespace: 3, Name: "eth0"})
			result, err := r.Reconcile(t.Context(), request("a"))
			if err != nil || result.RequeueAfter > lostAfter || result.RequeueAfter == 0 {
				t.Errorf("A missing link is observed again soon: %v, %v", result, err)
			}
			if got := recorded.about(eventLost); len(got) != 0 {
				t.Errorf("A link that is missing for a moment is not lost: %v", got)
			}
			tc.then(m)
			r.now = after(lostAfter)
			for range 2 {
				r.reconcile("a")
			}
			if diff := cmp.Diff(tc.want, recorded.about(eventLost), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestLostOnRelease deletes the HostInterface of a link that was detached in use.
func TestLostOnRelease(t *testing.T) {
	m := newMachine(t)
	a := m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1))
	r.host.CNI = cachePods(t, 3)
	r.reconcile("a")
	m.links.SetOthers(nil, macvlan(3, m.indexOf("ens6")), vethOf(3))
	r.reconcile("a")
	recorded := r.record()
	l, _ := m.bus.Link(a)
	m.links.Remove(l.Index)
	m.links.SetOthers(nil, vethOf(3), link.Scanned{Namespace: 3, Name: "eth0"})
	r.delete("a")
	r.reconcile("a")
	if got := recorded.about(eventLost, eventTaken); len(got) != 2 || r.exists("a") != nil {
		t.Errorf("The pod is told, and the HostInterface is released: %v", got)
	}
}

// TestMTUOfPods changes the MTU of a link that pods use.
func TestMTUOfPods(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1))
	r.host.CNI = cachePods(t, 3)
	recorded := r.record()
	r.reconcile("a")
	r.change("a", mtu(9001))
	r.reconcile("a")
	if got := recorded.about(eventMTUNotInPod, eventMTUInPod); len(got) != 0 {
		t.Errorf("Without pods, a changed MTU is no event: %v", got)
	}
	index := m.indexOf("ens6")
	m.links.SetOthers(nil, macvlan(3, index), vethOf(3))
	const (
		lowered = "HostInterface /a Warning MTUReducedInPods: The MTU of link ens6 was lowered from 9001 to 1500, and the kernel lowered the MTU of the links of running pods with it: pod apps/fw-3 (net1)"
		raised  = "HostInterface /a Warning MTUNotInPods: The MTU of link ens6 was raised from 1500 to 8000. Running pods keep their MTU until they are created again: pod apps/fw-3 (net1)"
	)
	for _, step := range []struct {
		mtu    int32
		reason string
		want   []string
	}{
		{1500, "A lowered MTU reaches running pods.", []string{lowered}},
		{8000, "A raised MTU does not reach running pods.", []string{raised}},
	} {
		r.change("a", mtu(step.mtu))
		r.reconcile("a")
		for range 3 {
			// Another program reverts the MTU.
			if err := m.links.SetMTU(index, 1500); err != nil {
				t.Fatal(err)
			}
			r.reconcile("a")
		}
		if diff := cmp.Diff(step.want, recorded.about(eventMTUNotInPod, eventMTUInPod)); diff != "" {
			t.Errorf("\n%s The event is recorded once.\n-want, +got:\n%s", step.reason, diff)
		}
	}
}

// TestScansAtRest counts the scans of an idle agent.
func TestScansAtRest(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1)
	r := m.newHarness(hif("a", mac1, 1), hif("b", mac2, 2, userspace(v1alpha1.DPDKDriverVFIO)))
	m.plug(7, mac2)
	loadModules(r)
	r.reconcile("a", "b")
	before := m.links.Scans()
	r.reconcile("a", "b")
	check(t, "Scans of a reconcile of a link and of a device without one", 1, m.links.Scans()-before)
	check(t, "HostInterfaces that an end of a pod affects", 1, len(r.tracker.affected(link.Event{Subject: link.SubjectNamespace})))
}
