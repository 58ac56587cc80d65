// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestLife checks that pods keep or get working interfaces in the course of a cluster's life.
func TestLife(t *testing.T) {
	c := start(t)
	startUplink(t, c)
	c.deploy(t, peers, "deployment/peers")
	selector := client.MatchingLabels{"app": "peers"}
	ctx := context.WithoutCancel(t.Context()) // a step that was begun is completed
	for _, step := range []struct {
		what string
		do   func() error
		pods int
	}{
		{"the provider's and the agents' pods are killed", func() error {
			if err := c.kill(ctx, "provider"); err != nil {
				return err
			}
			return c.kill(ctx, "agent")
		}, 6},
		{"the Deployment is scaled", func() error { return c.scale(ctx, "peers", 10) }, 10},
		{"a node is rebooted", func() error { return c.reboot(ctx, c.sorted()[0]) }, 10},
		{"a node is drained", func() error { return c.scaleAndDrain(ctx, selector) }, 4},
		{"an instance is replaced", func() error { return c.replace(ctx) }, 6},
	} {
		started := time.Now()
		must(t, step.what, step.do())
		endpoints, err := c.endpoints(ctx, selector, step.pods)
		must(t, step.what+": the pods are ready", err)
		report(started, step.what)
		if err := c.pingAll(ctx, endpoints, ping{size: 9001, count: 20}, netip.MustParseAddr(router)); err != nil {
			t.Errorf("after %s: %v", step.what, err)
		}
	}
}

// scaleAndDrain scales the Deployment down, evicts the pods of a node, and uncordons the node.
func (c *cluster) scaleAndDrain(ctx context.Context, selector client.MatchingLabels) error {
	if err := c.scale(ctx, "peers", 4); err != nil {
		return err
	}
	if _, err := c.endpoints(ctx, selector, 4); err != nil {
		return err
	}
	n := c.sorted()[0]
	if err := c.drain(ctx, n); err != nil {
		return err
	}
	pods, err := c.podsOn(ctx, n, selector)
	if err == nil && len(pods) > 0 {
		err = fmt.Errorf("node %s has %d pods after the drain", n.name, len(pods))
	}
	if err != nil {
		return err
	}
	return c.uncordon(ctx, n)
}

// replace terminates the instance with all pods, adds another one, and waits until it has an
// ENI. Nothing waits for the agent of the terminated instance.
func (c *cluster) replace(ctx context.Context) error {
	old := c.sorted()[1]
	if err := c.terminate(ctx, old); err != nil {
		return err
	}
	if err := c.hostReleased(ctx, old); err != nil {
		return err
	}
	if err := c.addNode(ctx); err != nil {
		return err
	}
	if err := c.label(ctx, "network", "uplink"); err != nil {
		return err
	}
	if err := c.released(ctx); err != nil {
		return err
	}
	if err := c.hostReady(ctx, c.sorted()[1]); err != nil {
		return err
	}
	return c.scale(ctx, "peers", 6)
}

// hostReleased waits until a node has no HostInterface. If the leader was on the node, another
// replica leads a minute later. Without the proof that the instance is terminated, it would
// then wait for two minutes because of the agent's Lease.
func (c *cluster) hostReleased(ctx context.Context, n *node) error {
	return eventually(ctx, 2*time.Minute, func() error {
		list := &v1alpha1.HostInterfaceList{}
		if err := c.kube.List(ctx, list, client.MatchingFields{"spec.nodeName": n.name}); err != nil {
			return err
		}
		if len(list.Items) > 0 {
			return fmt.Errorf("node %s has HostInterface %s", n.name, list.Items[0].GetName())
		}
		return nil
	})
}

// hostReady waits until a node has an interface that is Ready. A provider's pod that was killed
// may have been the leader: its Lease has to expire.
func (c *cluster) hostReady(ctx context.Context, n *node) error {
	return eventually(ctx, 3*time.Minute, func() error {
		list := &v1alpha1.HostInterfaceList{}
		if err := c.kube.List(ctx, list, client.MatchingFields{"spec.nodeName": n.name}); err != nil {
			return err
		}
		for _, h := range list.Items {
			if h.Status.GetCondition(xpv2.TypeReady).Status == corev1.ConditionTrue {
				return nil
			}
		}
		return fmt.Errorf("node %s has %d HostInterfaces, none is Ready", n.name, len(list.Items))
	})
}
