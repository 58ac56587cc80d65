// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"strings"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
)

const podMAC = "0a:00:00:00:00:03"

// restart replaces the agent by a new agent, whose only state is the host and the API server.
func (r *harness) restart() *harness {
	r.t.Helper()
	h, err := host.Open(host.Options{NetNS: r.net.NetNS(), StateDir: r.t.TempDir()})
	must(r.t, err)
	r.t.Cleanup(func() { _ = h.Close() })
	out := newHarnessOn(r.t, h, r.get("a"))
	out.net, out.host.CNI = r.net, r.host.CNI
	return out
}

// TestMacvlanOfPod releases a link above which a pod has a macvlan, in real network
// namespaces.
func TestMacvlanOfPod(t *testing.T) {
	r := newHarness(t, hif("a", mac1, 1))
	h := r.net
	h.PlugIn("eth1", mac1)
	r.host.CNI = cachePods(t, 3)
	p := h.NewPod("veth3", podMAC)
	p.AddMacvlan("net1", "eth1", "0a:00:00:00:01:03")
	r.reconcile("a")
	r.checkReady("a", "True Configured: link eth1 is configured")

	r.delete("a")
	r.start("a")
	r.becomesReady("a", "False WaitingForPods: link eth1 is in use by pod apps/fw-3 (net1); released when the pod terminates or after releasePolicy.timeout")
	if !strings.Contains(h.Of("eth1"), " up") {
		t.Errorf("The link stays up while the pod uses it:\n%s", h.Of("eth1"))
	}
	p.End()
	took := r.eventually("released", func() bool { return r.exists("a") == nil })
	if took > holderPoll-time.Second {
		t.Errorf("The end of a pod is an event, not only observed by polling: %s", took)
	}
}

// TestLinkOfPod moves the link itself to a pod, restarts the agent, and moves it back, in
// real network namespaces.
func TestLinkOfPod(t *testing.T) {
	s := states()[0]
	r := newHarness(t, hif("a", mac1, 1, s.apply))
	h := r.net
	h.PlugIn("eth1", mac1)
	r.host.CNI = cachePods(t, 3)
	p := h.NewPod("veth3", podMAC)
	r.reconcile("a")
	configured := h.Of("eth1")

	const inPod = "True InPod: the link with MAC address " + mac1 + " is in pod apps/fw-3, as net1"
	p.Take("eth1", "net1")
	r.reconcile("a")
	r.checkReady("a", inPod)
	r = r.restart()
	r.reconcile("a")
	r.checkReady("a", inPod)
	r.checkIdle("a")

	r.start("a")
	p.Return("net1", "eth1")
	r.becomesReady("a", "True Configured: link eth1 is configured")
	r.eventually("configured again", func() bool { return h.Of("eth1") == configured })

	// The plugin moves the link through a namespace of its own.
	for range 5 {
		p.Take("eth1", "net1")
		r.becomesReady("a", inPod)
		p.Return("net1", "eth1")
		r.becomesReady("a", "True Configured: link eth1 is configured")
	}
}

// TestReleaseLinkOfPod releases a link that is in a pod, in real network namespaces.
func TestReleaseLinkOfPod(t *testing.T) {
	r := newHarness(t, hif("a", mac1, 1))
	h := r.net
	h.PlugIn("eth1", mac1)
	r.host.CNI = cachePods(t, 3)
	recorded := r.record()
	p := h.NewPod("veth3", podMAC)
	r.reconcile("a")
	p.Take("eth1", "net1")
	r.delete("a")
	r.reconcile("a")
	r.checkReady("a", "False WaitingForPods: the link with MAC address "+mac1+" is in use by pod apps/fw-3 (net1); released when the pod terminates or after releasePolicy.timeout")
	if got := recorded.about(eventTaken); len(got) != 0 {
		t.Errorf("Nothing is taken during the wait: %v", got)
	}
	r.now = after(podsTimeout + time.Minute)
	r.reconcile("a")
	if got := recorded.about(eventTaken); r.exists("a") != nil || len(got) != 2 || !strings.HasPrefix(got[1], "Pod apps/fw-3 Warning") {
		t.Errorf("After the timeout it is released, and the pod gets an event: %v", got)
	}
}

// TestMTUReachesPods compares the events about the MTU with the kernel.
func TestMTUReachesPods(t *testing.T) {
	r := newHarness(t, hif("a", mac1, 1, mtu(1500)))
	h := r.net
	h.PlugIn("eth1", mac1)
	recorded := r.record()
	p := h.NewPod("veth3", podMAC)
	p.AddMacvlan("net1", "eth1", "0a:00:00:00:01:03")
	r.reconcile("a")
	for _, step := range []struct {
		mtu, inPod int
		event      string
	}{{1400, 1400, eventMTUInPod}, {9001, 1400, eventMTUNotInPod}} {
		r.change("a", mtu(int32(step.mtu)))
		r.reconcile("a")
		check(t, "MTU in the pod", step.inPod, p.Link("net1").Attrs().MTU)
		check(t, "Events", 1, len(recorded.about(step.event)))
	}
}

// TestDetachedInUse removes a link above which a pod has a macvlan: the kernel removes the
// macvlan with it.
func TestDetachedInUse(t *testing.T) {
	r := newHarness(t, hif("a", mac1, 1, releasePolicy(v1alpha1.ReleaseWaitForPods, 0)))
	h := r.net
	h.PlugIn("eth1", mac1)
	r.host.CNI = cachePods(t, 3)
	recorded := r.record()
	h.NewPod("veth3", podMAC).AddMacvlan("net1", "eth1", "0a:00:00:00:01:03")
	r.reconcile("a")
	h.PullOut("eth1")
	r.reconcile("a")
	r.now = after(lostAfter)
	r.reconcile("a")
	if got := recorded.about(eventLost); len(got) != 2 || !strings.HasPrefix(got[1], "Pod apps/fw-3 Warning") {
		t.Errorf("The pod gets an event: %v", got)
	}
}
