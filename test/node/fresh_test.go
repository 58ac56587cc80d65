// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// freshRounds is the number of times that TestFresh applies a NodeENI and its pods, one on each
// of two nodes.
var freshRounds = flag.Int("fresh-rounds", 4, "number of rounds of each part of TestFresh")

const startupTaint = "networking.k8s.aws/not-ready"

// onEachNode is a pod with an interface of network uplink on each node with a label.
const onEachNode = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {namespace: default, name: peers}
spec:
  selector: {matchLabels: {app: peers}}
  template:
    metadata:
      labels: {app: peers}
      annotations: {k8s.v1.cni.cncf.io/networks: uplink}
    spec:
      terminationGracePeriodSeconds: 1
      nodeSelector: {LABEL}
      containers:
      - {name: main, image: "probe.invalid/probe:1"}
`

// selecting returns a manifest of pods that select nodes by a label.
func selecting(label string) string { return strings.Replace(onEachNode, "LABEL", label, 1) }

// withReadiness returns the manifest of uplink with spec.readiness.
func withReadiness(readiness string) string { return uplink + "  readiness: {" + readiness + "}\n" }

// TestFresh measures the time from the creation of a NodeENI, on nodes without ENIs, until pods
// run with a working interface.
func TestFresh(t *testing.T) {
	c := start(t)
	ctx := context.WithoutCancel(t.Context())
	selector := client.MatchingLabels{"app": "peers"}
	remove := func() error {
		_, first := c.kubectl(ctx, "", "delete", "daemonset/peers", "--ignore-not-found", "--cascade=foreground", "--timeout=60s")
		_, second := c.kubectl(ctx, "", "delete", "nodeeni/uplink", "--ignore-not-found", "--timeout=2m")
		return errors.Join(first, second)
	}
	t.Cleanup(func() { must(t, "remove", errors.Join(remove(), c.label(ctx, "network", ""))) })
	must(t, "label the nodes", c.label(ctx, "network", "uplink"))
	c.untilStarted(t, "pods that select ready nodes, with their NodeENI", selector, remove, func() (time.Time, error) {
		applied := time.Now()
		return applied, c.apply(ctx, withReadiness("")+"---\n"+selecting(`ready.networking.k8s.aws/uplink: "true"`))
	})
	c.untilStarted(t, "pods that were created before their NodeENI, and failed to start", selector, remove, func() (time.Time, error) {
		err := c.apply(ctx, selecting("network: uplink"))
		if err == nil {
			err = eventually(ctx, time.Minute, func() error { return c.failedStarts(ctx, 2) })
		}
		return time.Now(), errors.Join(err, c.apply(ctx, uplink))
	})
}

// untilStarted repeats the creation of a NodeENI and of one pod on each node, and prints the
// percentiles of the time until the pods are ready. Each pod then pings the router.
func (c *cluster) untilStarted(t *testing.T, what string, selector client.MatchingLabels, remove func() error, create func() (time.Time, error)) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	var took []time.Duration
	for range *freshRounds {
		must(t, "remove the NodeENI and the pods of the last round", remove())
		applied, err := create()
		must(t, "create", err)
		ready := map[string]time.Duration{}
		must(t, what, eventually(ctx, 3*time.Minute, func() error {
			list := &corev1.PodList{}
			if err := c.kube.List(ctx, list, selector); err != nil {
				return err
			}
			for i := range list.Items {
				if _, err := interfaces(&list.Items[i]); err == nil && ready[list.Items[i].Spec.NodeName] == 0 {
					ready[list.Items[i].Spec.NodeName] = time.Since(applied)
				}
			}
			if len(ready) != len(c.nodes) {
				return fmt.Errorf("pods are ready on %v", ready)
			}
			return nil
		}))
		endpoints, err := c.endpoints(ctx, selector, len(c.nodes))
		must(t, what, err)
		must(t, "ping", c.pingAll(ctx, endpoints, ping{size: 9001, count: 5}, netip.MustParseAddr(router)))
		for _, d := range ready {
			took = append(took, d)
		}
	}
	slices.Sort(took)
	c.figure("from NodeENI to Ready, "+what, fmt.Sprintf("p50 %.1f s, p99 %.1f s of %d", percentile(took, 50).Seconds(), percentile(took, 99).Seconds(), len(took)), "")
}

// percentile returns the smallest of sorted durations that p per cent do not exceed.
func percentile(sorted []time.Duration, p int) time.Duration {
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

// failedStarts returns an error unless the kubelet failed to start a number of pods.
func (c *cluster) failedStarts(ctx context.Context, want int) error {
	pods := &corev1.PodList{}
	if err := c.kube.List(ctx, pods, client.MatchingLabels{"app": "peers"}); err != nil {
		return err
	}
	events := &corev1.EventList{}
	if err := c.kube.List(ctx, events); err != nil {
		return err
	}
	failed := map[string]bool{}
	for _, e := range events.Items {
		of := func(p corev1.Pod) bool { return p.UID == e.InvolvedObject.UID }
		if e.Reason == "FailedCreatePodSandBox" && slices.ContainsFunc(pods.Items, of) {
			failed[e.InvolvedObject.Name] = true
		}
	}
	if len(failed) != want {
		return fmt.Errorf("%d pods failed to start, want %d: %v", len(failed), want, failed)
	}
	return nil
}

// TestStartupTaint adds a node that registers with a startup taint: pods for it wait, and the
// kubelet starts them only when the interface is ready.
func TestStartupTaint(t *testing.T) {
	c := start(t)
	ctx := context.WithoutCancel(t.Context())
	must(t, "create the NodeENI", c.apply(ctx, withReadiness("startupTaint: "+startupTaint)))
	c.deploy(t, selecting("network: uplink"), "daemonset/peers", "nodeeni/uplink")
	registered := time.Now()
	n, err := c.register(ctx, map[string]string{"network": "uplink"}, startupTaint+"=:NoSchedule", nil)
	must(t, "register a node", err)
	t.Cleanup(func() { must(t, "terminate", errors.Join(c.terminate(ctx, n), c.hostReleased(ctx, n))) })
	must(t, "the node is ready for pods", eventually(ctx, 2*time.Minute, func() error {
		o := &corev1.Node{}
		if err := c.kube.Get(ctx, client.ObjectKey{Name: n.name}, o); err != nil {
			return err
		}
		if slices.ContainsFunc(o.Spec.Taints, func(x corev1.Taint) bool { return x.Key == startupTaint }) {
			return errors.New("the node has the startup taint")
		}
		if o.Labels[v1alpha1.ReadinessKey("uplink")] != "true" {
			return fmt.Errorf("the startup taint was removed before the node was ready: %v", o.Labels)
		}
		return nil
	}))
	report(registered, "the node registers, and loses the startup taint")
	endpoints, err := c.endpoints(ctx, client.MatchingLabels{"app": "peers"}, 1)
	must(t, "the pod is ready", err)
	c.since(registered, "from the registration of a node with a startup taint until its pod has a working interface")
	must(t, "no pod was started earlier", c.failedStarts(ctx, 0))
	must(t, "ping", c.pingAll(ctx, endpoints, ping{size: 9001, count: 20}, netip.MustParseAddr(router)))
}
