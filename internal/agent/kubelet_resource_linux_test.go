// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/internal/agent/extendedresource"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
	realkubelet "github.com/nodeeni/provider-aws-eni/test/kubelet"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestKubeletResource follows the extended resource of a real kubelet's node: through the loss of
// an interface, restarts of the agent and of the kubelet, and a boot of the node. The devices are
// fakes.
func TestKubeletResource(t *testing.T) {
	programs := os.Getenv("KUBELET")
	if programs == "" {
		t.Skip("this test runs a kubelet: run make e2e-kubelet, or set KUBELET to the directory that test/kubelet/ensure.sh prints")
	}
	cp, err := testbed.StartControlPlane(t.Context())
	must(t, err)
	t.Cleanup(func() { must(t, cp.Stop()) })
	kube, err := client.New(cp.Config, client.Options{})
	must(t, err)
	k, err := realkubelet.Start(t.Context(), realkubelet.Options{Programs: programs, Kubeconfig: cp.KubeconfigData})
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the kubelet's log:\n%s", k.Log())
		}
		must(t, k.Close())
	})
	n := &resourceNode{t: t, kube: kube, kubelet: k, machine: newMachine(t)}
	n.machine.plug(6, mac1)
	r := n.machine.newHarness(hif("a", mac1, 1, readiness(2)), hif("b", mac2, 2, readiness(2)))
	stop := n.start(r)
	n.has("one of two interfaces is configured", "0/5")
	second := n.machine.plug(7, mac2)
	n.enqueue("b")
	n.has("both interfaces are configured", "5/5")
	n.create("holder")
	n.is("holder", "Running")

	n.machine.bus.Unplug(second)
	n.enqueue("b")
	n.has("an interface was detached", "0/5")
	n.create("late")
	n.is("late", "Failed UnexpectedAdmissionError")
	n.is("holder", "Running")
	n.machine.plug(7, mac2)
	n.enqueue("b")
	n.has("it was attached again", "5/5")

	stop()
	n.has("no agent runs", "0/5")
	stop = n.start(r)
	n.has("an agent has started", "5/5")

	for range 3 {
		must(t, k.Restart(t.Context()))
		n.allocatable("the kubelet has restarted", 5)
		n.is("holder", "Running")
	}
	n.create("after")
	n.is("after", "Running")

	// The kubelet starts the pods of the node before the agent, as after a boot.
	stop()
	k.PowerOff()
	must(t, k.Boot(t.Context()))
	n.is("holder", "Failed UnexpectedAdmissionError")
	n.is("after", "Failed UnexpectedAdmissionError")
	stop = n.start(r)
	n.has("the agent has started after a boot", "5/5")
	n.create("new")
	n.is("new", "Running")

	r.delete("a")
	r.delete("b")
	n.enqueue("a", "b")
	n.has("both interfaces are released", "0/5")
	n.is("new", "Running")
	stop()
}

// A resourceNode is the node of a real kubelet whose agent has fake devices.
type resourceNode struct {
	t       *testing.T
	kube    client.Client
	kubelet *realkubelet.Kubelet
	machine *machine
	// queue of the running agent.
	queue queue
}

// start starts an agent on the node. It returns a function that stops the agent.
func (n *resourceNode) start(r *harness) (stop func()) {
	n.t.Helper()
	r.resources = extendedresource.New(n.kubelet.DevicePlugins(""), time.Now)
	q := newQueue(newLimiter())
	n.queue = q
	r.resources.OnLost(func() { enqueue(q, r.tracker.names()...) })
	ctx, cancel := context.WithCancel(n.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		loop(ctx, q, r, newProgress())
	}()
	go watchKubelet(ctx, r.resources, q, r.tracker)
	enqueue(q, "a", "b")
	stop = func() {
		cancel()
		q.ShutDown()
		<-done
		r.resources.Close()
	}
	n.t.Cleanup(stop)
	return stop
}

// enqueue makes the agent reconcile HostInterfaces.
func (n *resourceNode) enqueue(names ...string) { enqueue(n.queue, names...) }

// has waits until the node has a number of units, as "allocatable/capacity".
func (n *resourceNode) has(what, want string) {
	n.t.Helper()
	n.eventually(what+": "+want, func() (string, bool) {
		o := &corev1.Node{}
		must(n.t, client.IgnoreNotFound(n.kube.Get(n.t.Context(), client.ObjectKey{Name: realkubelet.NodeName}, o)))
		has := func(l corev1.ResourceList) string { q := l[uplink]; return q.String() }
		got := has(o.Status.Allocatable) + "/" + has(o.Status.Capacity)
		return got, got == want
	})
}

// allocatable waits until the kubelet has a number of allocatable units. The node's status is
// older.
func (n *resourceNode) allocatable(what string, want int) {
	n.t.Helper()
	pods := podresources.NewClient(n.kubelet.PodResources())
	n.eventually(what, func() (string, bool) {
		all, err := pods.Allocatable(n.t.Context())
		return fmt.Sprintf("%d units, %v", len(all), err), err == nil && len(all) == want
	})
}

// create creates a pod on the node that requests a unit, without the scheduler.
func (n *resourceNode) create(name string) {
	n.t.Helper()
	must(n.t, n.kube.Create(n.t.Context(), realkubelet.Pod(name, uplink)))
}

// is waits until a pod has a phase, and a reason if it failed.
func (n *resourceNode) is(name, want string) {
	n.t.Helper()
	n.eventually("pod "+name+" is "+want, func() (string, bool) {
		p := &corev1.Pod{}
		must(n.t, n.kube.Get(n.t.Context(), client.ObjectKey{Namespace: "default", Name: name}, p))
		got := strings.TrimSpace(string(p.Status.Phase) + " " + p.Status.Reason)
		return fmt.Sprintf("%s: %s", got, p.Status.Message), got == want
	})
}

// eventually waits until a condition is met, and logs the time.
func (n *resourceNode) eventually(what string, is func() (string, bool)) {
	n.t.Helper()
	began := time.Now()
	for {
		got, ok := is()
		if ok {
			n.t.Logf("%s: %s (%s)", time.Since(began).Round(time.Millisecond), what, got)
			return
		}
		if time.Since(began) > kubeletWithin {
			n.t.Fatalf("after %s not yet: %s: %s", kubeletWithin, what, got)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
