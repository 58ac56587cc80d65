// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// scale sets the number of pods of a Deployment in namespace default.
func (c *cluster) scale(ctx context.Context, deployment string, pods int) error {
	_, err := c.kubectl(ctx, "", "scale", "deployment/"+deployment, fmt.Sprintf("--replicas=%d", pods))
	return err
}

// drain evicts the pods of a node, which is then cordoned.
func (c *cluster) drain(ctx context.Context, n *node) error {
	_, err := c.kubectl(ctx, "", "drain", n.name, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=90s")
	return err
}

func (c *cluster) uncordon(ctx context.Context, n *node) error {
	_, err := c.kubectl(ctx, "", "uncordon", n.name)
	return err
}

// kill deletes the pods of a component of the release, provider or agent, without a grace
// period, and waits until others are ready.
func (c *cluster) kill(ctx context.Context, component string) error {
	selector := "--selector=app.kubernetes.io/component=" + component
	if _, err := c.kubectl(ctx, "", "--namespace", testbed.Namespace, "delete", "pods", selector, "--force", "--grace-period=0"); err != nil {
		return err
	}
	return c.released(ctx)
}

// released waits until the pods of the release are ready.
func (c *cluster) released(ctx context.Context) error {
	var errs []error
	for _, o := range []string{"deployment/provider-aws-eni", "daemonset/provider-aws-eni-agent"} {
		_, err := c.kubectl(ctx, "", "--namespace", testbed.Namespace, "rollout", "status", o, "--timeout=2m")
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// reboot restarts a node: all processes end without notice, its links are new ones, and its
// files remain.
func (c *cluster) reboot(ctx context.Context, n *node) error {
	since := time.Now().Truncate(time.Second)
	if err := c.powerCycle(ctx, n); err != nil {
		return err
	}
	return eventually(ctx, 3*time.Minute, func() error { return c.startedSince(ctx, n, since) })
}

// powerCycle restarts a node, and returns when it is ready. Its pods may still start.
func (c *cluster) powerCycle(ctx context.Context, n *node) error {
	n.kubelet.PowerOff()
	if err := errors.Join(c.disconnect(ctx, n), c.connect(ctx, n)); err != nil {
		return err
	}
	if err := n.kubelet.Boot(ctx); err != nil {
		return err
	}
	return c.nodeReady(ctx, n)
}

// startedSince returns an error unless all containers of a node's pods were started after a
// time.
func (c *cluster) startedSince(ctx context.Context, n *node, since time.Time) error {
	pods, err := c.podsOn(ctx, n)
	if err != nil {
		return err
	}
	for _, p := range pods {
		for _, s := range p.Status.ContainerStatuses {
			if s.State.Running == nil || s.State.Running.StartedAt.Time.Before(since) {
				return fmt.Errorf("container %s of pod %s was not started: %v", s.Name, p.Name, s.State)
			}
		}
	}
	return nil
}

// terminate terminates the instance of a node, and deletes the Node and its pods, as the
// cloud's controller and the garbage collector of pods do after a while.
func (c *cluster) terminate(ctx context.Context, n *node) error {
	if err := c.world.EC2.SetInstanceState(n.instance, "terminated"); err != nil {
		return err
	}
	c.world.EC2.Drain()
	delete(c.nodes, n.name)
	pods, err := c.podsOn(ctx, n)
	errs := []error{err, n.kubelet.Close(), c.disconnect(ctx, n), c.kube.Delete(ctx, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: n.name}})}
	for i := range pods {
		errs = append(errs, client.IgnoreNotFound(c.kube.Delete(ctx, &pods[i], client.GracePeriodSeconds(0))))
	}
	return errors.Join(errs...)
}

// sorted returns the nodes by age.
func (c *cluster) sorted() []*node {
	return slices.SortedFunc(maps.Values(c.nodes), func(a, b *node) int { return a.serial - b.serial })
}

// podsOn returns the pods on a node.
func (c *cluster) podsOn(ctx context.Context, n *node, o ...client.ListOption) ([]corev1.Pod, error) {
	list := &corev1.PodList{}
	err := c.kube.List(ctx, list, append(o, client.MatchingFields{"spec.nodeName": n.name})...)
	return list.Items, err
}
