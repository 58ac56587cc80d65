// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// resourceName is the extended resource of NodeENI uplink.
const resourceName = "networking.k8s.aws/uplink"

// requesting returns a manifest of pods that request a unit of the resource.
func requesting() string {
	container := `- {name: main, image: "probe.invalid/probe:1"`
	return strings.Replace(peers, container, container+", resources: {limits: {"+resourceName+": 1}}", 1)
}

// TestResource creates pods that request the resource of a NodeENI before the NodeENI. They are
// Pending until the interfaces are ready, and the kubelet does not fail to start them. Then the
// agents are killed, a kubelet restarts, a node is rebooted, and the NodeENI is deleted.
func TestResource(t *testing.T) {
	c := start(t)
	ctx := context.WithoutCancel(t.Context())
	selector := client.MatchingLabels{"app": "peers"}
	must(t, "label the nodes", c.label(ctx, "network", "uplink"))
	t.Cleanup(func() { must(t, "remove the labels", c.label(ctx, "network", "")) })
	c.deploy(t, requesting(), "deployment/peers", "nodeeni/uplink")
	must(t, "the pods are Pending", c.unscheduled(ctx, 6))

	applied := time.Now()
	must(t, "create the NodeENI", c.apply(ctx, withReadiness("resource: {capacity: 20}")))
	verify := func(what string) {
		t.Helper()
		endpoints, err := c.endpoints(ctx, selector, 6)
		must(t, what+": the pods are ready", err)
		report(applied, what)
		must(t, what+": the kubelets have their pods", eventually(ctx, time.Minute, func() error {
			return each(endpoints, func(e endpoint) error {
				_, err := c.probe(ctx, e, "settle")
				return err
			})
		}))
		must(t, what+": ping", c.pingAll(ctx, endpoints, ping{size: 9001, count: 20}, netip.MustParseAddr(router)))
	}
	verify("from the NodeENI until six pods are ready that request its resource")
	must(t, "no pod failed to start", c.failedStarts(ctx, 0))
	for _, n := range c.sorted() {
		must(t, "the units", c.hasUnits(ctx, n, "20/20"))
	}

	before, err := c.uids(ctx, selector)
	must(t, "list the pods", err)
	must(t, "kill the agents", c.kill(ctx, "agent"))
	must(t, "restart a kubelet", c.sorted()[0].kubelet.Restart(ctx))
	for _, n := range c.sorted() {
		must(t, "the units after the restarts", c.hasUnits(ctx, n, "20/20"))
	}
	after, err := c.uids(ctx, selector)
	must(t, "list the pods", err)
	if before != after {
		t.Errorf("The pods keep running: %s before, %s after the restarts", before, after)
	}
	verify("restarts of the agents and of a kubelet")

	rebooted := c.sorted()[0]
	must(t, "reboot", c.rebootWithUnits(ctx, rebooted, 3))
	must(t, "the units after the boot", c.hasUnits(ctx, rebooted, "20/20"))
	verify("a boot of a node")

	_, err = c.kubectl(ctx, "", "scale", "deployment/peers", "--replicas=0")
	must(t, "delete the pods", err)
	_, err = c.kubectl(ctx, "", "delete", "nodeeni/uplink", "--timeout=2m")
	must(t, "delete the NodeENI", err)
	for _, n := range c.sorted() {
		must(t, "no unit is allocatable", eventually(ctx, time.Minute, func() error {
			got, err := c.units(ctx, n)
			if err == nil && !strings.HasPrefix(got, "0/") {
				err = fmt.Errorf("node %s has %s units", n.name, got)
			}
			return err
		}))
	}
}

// unscheduled waits until the scheduler found no node for a number of pods, and checks that they
// remain Pending.
func (c *cluster) unscheduled(ctx context.Context, pods int) error {
	check := func() error {
		list := &corev1.PodList{}
		if err := c.kube.List(ctx, list, client.MatchingLabels{"app": "peers"}); err != nil {
			return err
		}
		n := 0
		for _, p := range list.Items {
			for _, x := range p.Status.Conditions {
				if x.Type == corev1.PodScheduled && x.Reason == corev1.PodReasonUnschedulable && strings.Contains(x.Message, "Insufficient "+resourceName) {
					n++
				}
			}
		}
		if n != pods {
			return fmt.Errorf("%d of %d pods are unschedulable", n, len(list.Items))
		}
		return nil
	}
	if err := eventually(ctx, time.Minute, check); err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	return check()
}

// units returns the units of a node's resource, as "allocatable/capacity".
func (c *cluster) units(ctx context.Context, n *node) (string, error) {
	o := &corev1.Node{}
	if err := c.kube.Get(ctx, client.ObjectKey{Name: n.name}, o); err != nil {
		return "", err
	}
	has := func(l corev1.ResourceList) string { q := l[resourceName]; return q.String() }
	return has(o.Status.Allocatable) + "/" + has(o.Status.Capacity), nil
}

// hasUnits waits until a node has a number of units.
func (c *cluster) hasUnits(ctx context.Context, n *node, want string) error {
	return eventually(ctx, 2*time.Minute, func() error {
		got, err := c.units(ctx, n)
		if err == nil && got != want {
			err = fmt.Errorf("node %s has %s units, want %s", n.name, got, want)
		}
		return err
	})
}

// uids returns the names and UIDs of pods.
func (c *cluster) uids(ctx context.Context, selector client.MatchingLabels) (string, error) {
	list := &corev1.PodList{}
	err := c.kube.List(ctx, list, selector)
	var out []string
	for _, p := range list.Items {
		out = append(out, p.Name+"="+string(p.UID))
	}
	return strings.Join(out, " "), err
}

// rebootWithUnits reboots a node. The kubelet starts the node's pods before the agent, and rejects
// the pods that have a unit. They are deleted, as the garbage collector of pods does later.
func (c *cluster) rebootWithUnits(ctx context.Context, n *node, pods int) error {
	if err := c.powerCycle(ctx, n); err != nil {
		return err
	}
	err := eventually(ctx, time.Minute, func() error {
		list, err := c.podsOn(ctx, n, client.MatchingLabels{"app": "peers"})
		if err != nil {
			return err
		}
		rejected := 0
		for _, p := range list {
			if p.Status.Phase == corev1.PodFailed && p.Status.Reason == "UnexpectedAdmissionError" {
				rejected++
			}
		}
		if rejected < pods {
			return fmt.Errorf("the kubelet has rejected %d pods, want %d", rejected, pods)
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = c.kubectl(ctx, "", "delete", "pods", "--selector=app=peers", "--field-selector=status.phase=Failed")
	return err
}
