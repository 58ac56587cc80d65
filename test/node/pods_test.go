// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/node/network"
)

// probeImage is the image of command probe.
const probeImage = "probe.invalid/probe:1"

// routerIPv6 is the address of the VPC's router.
const routerIPv6 = "fe80:ec2::1"

// eni returns the ENI of a NodeENI on a node.
func (c *cluster) eni(n *node, nodeENI string) (ec2emulator.NetworkInterface, error) {
	found := c.world.EC2.ENIs(ec2emulator.Exists, func(e ec2emulator.NetworkInterface) bool {
		return e.Attachment != nil && e.Attachment.InstanceID == n.instance && strings.Contains(e.Description, nodeENI)
	})
	if len(found) != 1 {
		return ec2emulator.NetworkInterface{}, fmt.Errorf("node %s has %d ENIs of NodeENI %s, want 1", n.name, len(found), nodeENI)
	}
	return found[0], nil
}

// nodeENIReady waits until a NodeENI is Ready, with one ENI on each node with its label.
func (c *cluster) nodeENIReady(ctx context.Context, name string, nodes ...*node) error {
	var want []string
	for _, n := range nodes {
		want = append(want, n.name)
	}
	slices.Sort(want)
	return eventually(ctx, 3*time.Minute, func() error {
		neni := &v1alpha1.NodeENI{}
		if err := c.kube.Get(ctx, client.ObjectKey{Name: name}, neni); err != nil {
			return err
		}
		var got []string
		for _, a := range neni.Status.Attachments {
			got = append(got, a.NodeID)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("NodeENI %s: nodes: -want, +got:\n%s", name, diff)
		}
		if x := neni.Status.GetCondition(xpv2.TypeReady); x.Status != corev1.ConditionTrue || neni.Status.ObservedGeneration != neni.Generation {
			return fmt.Errorf("NodeENI %s: %v", name, x)
		}
		return nil
	})
}

// An endpoint is a pod's interface.
type endpoint struct {
	namespace, pod, node, name string
	addresses                  []netip.Addr
}

// endpoints returns the additional interfaces of the pods with a label, when as many as
// expected are ready and no others exist.
func (c *cluster) endpoints(ctx context.Context, selector client.MatchingLabels, pods int) ([]endpoint, error) {
	var out []endpoint
	err := eventually(ctx, 3*time.Minute, func() error {
		list := &corev1.PodList{}
		if err := c.kube.List(ctx, list, selector); err != nil {
			return err
		}
		out = nil
		for i := range list.Items {
			found, err := interfaces(&list.Items[i])
			if err != nil {
				return err
			}
			out = append(out, found...)
		}
		if len(list.Items) != pods {
			return fmt.Errorf("%d pods of %v exist, want %d", len(list.Items), selector, pods)
		}
		return nil
	})
	return out, err
}

// endpointsOf returns the additional interfaces of a pod, when it is ready.
func (c *cluster) endpointsOf(ctx context.Context, namespace, pod string) ([]endpoint, error) {
	var out []endpoint
	err := eventually(ctx, time.Minute, func() error {
		p := &corev1.Pod{}
		err := c.kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: pod}, p)
		if err == nil {
			out, err = interfaces(p)
		}
		return err
	})
	return out, err
}

func isReady(p *corev1.Pod) bool {
	for _, x := range p.Status.Conditions {
		if x.Type == corev1.PodReady {
			return x.Status == corev1.ConditionTrue
		}
	}
	return false
}

// interfaces returns the additional interfaces of a ready pod, which Multus records in its
// annotation.
func interfaces(p *corev1.Pod) ([]endpoint, error) {
	if !isReady(p) || p.DeletionTimestamp != nil {
		return nil, fmt.Errorf("pod %s is not ready: %s", p.Name, p.Status.Phase)
	}
	var status []struct {
		Interface string       `json:"interface"`
		IPs       []netip.Addr `json:"ips"`
		Default   bool         `json:"default"`
	}
	if err := json.Unmarshal([]byte(p.Annotations["k8s.v1.cni.cncf.io/network-status"]), &status); err != nil {
		return nil, fmt.Errorf("pod %s: network status: %w", p.Name, err)
	}
	var out []endpoint
	for _, s := range status {
		if !s.Default {
			out = append(out, endpoint{namespace: p.Namespace, pod: p.Name, node: p.Spec.NodeName, name: s.Interface, addresses: s.IPs})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("pod %s has no additional interface", p.Name)
	}
	return out, nil
}

// A ping describes the packets that are sent to each target.
type ping struct {
	size, count int
}

// probe runs command probe in a pod. It always prints JSON: without output, the stream of
// kubectl exec was closed too early, and the command runs again.
func (c *cluster) probe(ctx context.Context, e endpoint, args ...string) (string, error) {
	for range 5 {
		out, err := c.kubectl(ctx, "", append([]string{"--namespace", e.namespace, "exec", e.pod, "--", "/probe"}, args...)...)
		if err != nil || out != "" {
			return out, err
		}
	}
	return "", fmt.Errorf("probe %v in pod %s: no output", args, e.pod)
}

// ping pings targets of one IP version from an address of an interface.
func (c *cluster) ping(ctx context.Context, e endpoint, from string, p ping, targets ...string) ([]network.Result, error) {
	out, err := c.probe(ctx, e, append([]string{"ping", "-source", from, "-size", strconv.Itoa(p.size), "-count", strconv.Itoa(p.count)}, targets...)...)
	if err != nil {
		return nil, err
	}
	var results []network.Result
	err = json.Unmarshal([]byte(out), &results)
	return results, err
}

// pingAll pings from each interface all others, other addresses and the VPC's router, and
// returns an error for each target of which an answer was lost.
func (c *cluster) pingAll(ctx context.Context, endpoints []endpoint, p ping, others ...netip.Addr) error {
	type job struct {
		from    endpoint
		address string
		targets []string
	}
	var jobs []job
	for _, from := range endpoints {
		for _, a := range from.addresses {
			j := job{from: from, address: a.String()}
			for _, to := range others {
				if to.Is4() == a.Is4() {
					j.targets = append(j.targets, to.String())
				}
			}
			if a.Is6() {
				j.targets = append(j.targets, routerIPv6+"%"+from.name)
			}
			for _, to := range endpoints {
				for _, b := range to.addresses {
					if a != b && a.Is4() == b.Is4() {
						j.targets = append(j.targets, b.String())
					}
				}
			}
			jobs = append(jobs, j)
		}
	}
	// The plugins do not wait for duplicate address detection.
	err := each(endpoints, func(e endpoint) error {
		_, err := c.probe(ctx, e, "settle")
		return err
	})
	return errors.Join(err, each(jobs, func(j job) error {
		results, err := c.ping(ctx, j.from, j.address, p, j.targets...)
		for _, r := range results {
			if r.Lost() > 0 || r.Sent != p.count {
				err = errors.Join(err, fmt.Errorf("pod %s on node %s, from %s: %s", j.from.pod, j.from.node, j.address, r))
			}
		}
		return err
	}))
}

// each calls f for all items concurrently.
func each[T any](items []T, f func(T) error) error {
	errs := make(chan error)
	for _, i := range items {
		go func() { errs <- f(i) }()
	}
	var all []error
	for range items {
		all = append(all, <-errs)
	}
	return errors.Join(all...)
}
