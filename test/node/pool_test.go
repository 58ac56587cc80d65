// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestPool scales a Deployment from 0 to 40 pods and back: prefixes grow and are returned, and
// no two pods have one address.
func TestPool(t *testing.T) {
	c := start(t)
	startUplink(t, c)
	c.deploy(t, peers, "deployment/peers")
	selector := client.MatchingLabels{"app": "peers"}
	ctx := context.WithoutCancel(t.Context())
	must(t, "scale to 0", c.scale(ctx, "peers", 0))
	_, err := c.endpoints(ctx, selector, 0)
	must(t, "no pods", err)
	must(t, "one prefix on each node", c.prefixes(ctx, 1, 1))
	c.startWithRoom(t, selector)

	before, err := c.activity()
	must(t, "activity", err)
	started := time.Now()
	must(t, "scale to 40", c.scale(ctx, "peers", 40))
	must(t, "two prefixes or more on each node", c.prefixes(ctx, 2, 3))
	c.since(started, "8 to 40 pods: EC2 has assigned a further prefix to each node")
	pods, err := c.endpoints(ctx, selector, 40)
	must(t, "40 pods", err)
	c.since(started, "8 to 40 pods: all have working interfaces")
	after, err := c.activity()
	must(t, "activity", err)
	grown := after.since(before)
	c.count("8 to 40 pods, for which prefixes are requested: API writes per pod", len(grown.writes), 32, maxWritesPerPod)
	c.count("8 to 40 pods, for which prefixes are requested: EC2 calls per pod", len(grown.calls), 32, maxCallsPerPod)
	if len(grown.writes) > 32*maxWritesPerPod || float64(len(grown.calls)) > 32*maxCallsPerPod {
		t.Errorf("The start of 32 pods for which prefixes are requested has caused %d API writes and %d EC2 calls: %v", len(grown.writes), len(grown.calls), grown)
	}
	c.unused(t, "8 to 40 pods", len(pods))
	seen := map[netip.Addr]string{}
	for _, p := range pods {
		for _, a := range p.addresses {
			if other := seen[a]; other != "" {
				t.Errorf("the pods %s and %s have the address %s", other, p.pod, a)
			}
			seen[a] = p.pod
		}
	}
	must(t, "ping", c.pingAll(ctx, pods[:6], ping{size: 9001, count: 20}, netip.MustParseAddr(router)))

	started = time.Now()
	must(t, "scale to 0", c.scale(ctx, "peers", 0))
	must(t, "one prefix on each node", c.prefixes(ctx, 1, 1))
	c.since(started, "40 to 0 pods, and the prefixes are returned")
}

// startWithRoom starts 8 pods, for which the prefixes have room: their start and their end
// cause no write of the provider and the agents, and no change in EC2.
func (c *cluster) startWithRoom(t *testing.T, selector client.MatchingLabels) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	var before activity
	must(t, "the provider and the agents are idle", eventually(ctx, time.Minute, func() error {
		first, err := c.activity()
		if err != nil {
			return err
		}
		time.Sleep(5 * time.Second)
		if before, err = c.activity(); err != nil {
			return err
		}
		if x := before.since(first); len(x.writes)+len(x.calls) > 0 {
			return fmt.Errorf("not idle: %v", x)
		}
		return nil
	}))
	must(t, "scale to 8", c.scale(ctx, "peers", 8))
	_, err := c.endpoints(ctx, selector, 8)
	must(t, "8 pods", err)
	after, err := c.activity()
	must(t, "activity", err)
	x := after.since(before)
	c.count("0 to 8 pods, for which the prefixes have room: API writes per pod", len(x.writes), 8, 0)
	c.count("0 to 8 pods, for which the prefixes have room: EC2 calls per pod", len(x.calls), 8, 0)
	c.unused(t, "0 to 8 pods", 8)
	if len(x.writes)+len(x.calls) > 0 {
		t.Errorf("The start of pods for which the prefixes have room has caused writes: %v", x)
	}
}

const (
	// maxWritesPerPod and maxCallsPerPod are the bounds of the activity while prefixes are
	// requested for pods.
	maxWritesPerPod, maxCallsPerPod = 1, 0.1

	// maxUnused is the number of addresses of a node that no pod has: one prefix in stock, and
	// the rest of another one.
	maxUnused = 16 + 15
)

// unused records how many addresses of the prefixes of uplink no pod has.
func (c *cluster) unused(t *testing.T, what string, pods int) {
	t.Helper()
	prefixes := 0
	for _, n := range c.sorted() {
		e, err := c.eni(n, "uplink")
		must(t, "the ENI of a node", err)
		prefixes += len(e.IPv4Prefixes)
	}
	unused, bound := 16*prefixes-pods, maxUnused*len(c.nodes)
	c.figure(what+": addresses in prefixes of which no pod has one", fmt.Sprintf("%d of %d", unused, 16*prefixes), fmt.Sprintf("≤ %d", bound))
	if unused > bound {
		t.Errorf("%d addresses of %d prefixes are unused, want at most %d", unused, prefixes, bound)
	}
}

// prefixes waits until the ENI of each node has a number of prefixes in EC2.
func (c *cluster) prefixes(ctx context.Context, least, most int) error {
	return eventually(ctx, 3*time.Minute, func() error {
		for _, n := range c.sorted() {
			e, err := c.eni(n, "uplink")
			if err != nil {
				return err
			}
			if got := len(e.IPv4Prefixes); got < least || got > most {
				return fmt.Errorf("node %s: the ENI has the prefixes %v, want %d to %d", n.name, e.IPv4Prefixes, least, most)
			}
		}
		return nil
	})
}

// otherPod is a pod without a second interface.
const otherPod = `
apiVersion: v1
kind: Pod
metadata: {namespace: default, name: other}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: main, image: "probe.invalid/probe:1"}
`

// TestDeleteUnderPods deletes a NodeENI while pods use its ENIs: no further pod gets one, no
// pod starts on the nodes because of their taint, but a pod of the provider does, and the ENIs
// are released when the pods have ended.
func TestDeleteUnderPods(t *testing.T) {
	c := start(t)
	startUplink(t, c)
	c.deploy(t, peers, "deployment/peers")
	selector := client.MatchingLabels{"app": "peers"}
	ctx := context.WithoutCancel(t.Context())
	_, err := c.kubectl(ctx, "", "patch", "nodeeni/uplink", "--type=merge", "--patch", `{"spec":{"rollout":{"taintEffect":"NoSchedule"}}}`)
	must(t, "set rollout.taintEffect", err)
	pods, err := c.endpoints(ctx, selector, 6)
	must(t, "the pods are ready", err)
	_, err = c.kubectl(ctx, "", "delete", "nodeeni/uplink", "--wait=false")
	must(t, "delete the NodeENI", err)
	must(t, "every HostInterface waits for the pods", eventually(ctx, time.Minute, func() error {
		list := &v1alpha1.HostInterfaceList{}
		if err := c.kube.List(ctx, list, client.MatchingLabels{v1alpha1.LabelNodeENI: "uplink"}); err != nil {
			return err
		}
		waiting := 0
		for _, h := range list.Items {
			if h.GetCondition("Ready").Reason == v1alpha1.ReasonWaitingForPods {
				waiting++
			}
		}
		if waiting != len(c.sorted()) {
			return fmt.Errorf("%d HostInterfaces wait for pods: %v", waiting, list.Items)
		}
		return nil
	}))
	if out, err := c.kubectl(ctx, "", "get", "net-attach-def", "--output=name"); err != nil || out != "" {
		t.Errorf("The definition is deleted first: %q, %v", out, err)
	}
	must(t, "pods keep their interfaces", c.pingAll(ctx, pods, ping{size: 9001, count: 20}, netip.MustParseAddr(router)))
	c.deploy(t, otherPod, "pod/other")
	_, err = c.kubectl(ctx, "", "wait", "pod/other", "--for=jsonpath={.status.conditions[?(@.type=='PodScheduled')].reason}=Unschedulable", "--timeout=30s")
	must(t, "the scheduler finds no node without the taint", err)
	must(t, "the provider's pods are replaced", c.kill(ctx, "provider"))
	started := time.Now()
	must(t, "scale to 0", c.scale(ctx, "peers", 0))
	_, err = c.kubectl(ctx, "", "wait", "--for=delete", "nodeeni/uplink", "--timeout=2m")
	must(t, "the NodeENI is deleted", err)
	report(started, "the last pod ends, and the ENIs are released")
	_, err = c.kubectl(ctx, "", "wait", "pod/other", "--for=condition=Ready", "--timeout=30s")
	must(t, "the pod starts without the taint", err)
}
