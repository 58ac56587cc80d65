// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"net/netip"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// stray is a network on the ENIs of uplink with addresses that EC2 has assigned to no ENI.
const stray = `
apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata: {namespace: default, name: stray}
spec:
  config: |
    {
      "cniVersion": "0.4.0", "name": "stray", "plugins": [
        {"type": "macvlan", "master": "uplink-0", "mode": "bridge", "ipam": {"type": "static", "addresses": [
          {"address": "10.0.1.250/24", "gateway": "10.0.1.1"},
          {"address": "2600:1f13:abc:1001:1234::1/64"}
        ]}}
      ]
    }
---
apiVersion: v1
kind: Pod
metadata:
  namespace: default
  name: stray
  labels: {app: stray}
  annotations: {k8s.v1.cni.cncf.io/networks: stray}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: main, image: "probe.invalid/probe:1"}
`

// TestDroppedSource checks that the VPC of this package drops what EC2 drops: a pod with an
// address that EC2 did not assign to the node's ENI reaches neither the router nor pods on
// other nodes, and is not reached.
func TestDroppedSource(t *testing.T) {
	c := start(t)
	startUplink(t, c)
	c.deploy(t, peers, "deployment/peers")
	c.deploy(t, stray, "pod/stray", "net-attach-def/stray")
	pods, err := c.endpoints(t.Context(), client.MatchingLabels{"app": "peers"}, 6)
	must(t, "the pods are ready", err)
	strays, err := c.endpoints(t.Context(), client.MatchingLabels{"app": "stray"}, 1)
	must(t, "the pod with the wrong address is ready", err)

	from := strays[0]
	before, err := c.vpc.Dropped(t.Context())
	must(t, "count dropped packets", err)
	for _, a := range from.addresses {
		var targets []string
		if a.Is4() {
			targets = append(targets, router)
		}
		for _, p := range pods {
			for _, b := range p.addresses {
				// The kernel of the node forwards between pods on the same ENI.
				if p.node != from.node && b.Is4() == a.Is4() {
					targets = append(targets, b.String())
				}
			}
		}
		if len(targets) < 3 {
			t.Fatalf("pods have the addresses %v", pods)
		}
		results, err := c.ping(t.Context(), from, a.String(), ping{size: 100, count: 5}, targets...)
		must(t, "ping", err)
		for _, r := range results {
			if r.Received > 0 {
				t.Errorf("from %s, which EC2 did not assign: %s", a, r)
			}
		}
		unreachable(t, c, pods, from, a)
	}
	after, err := c.vpc.Dropped(t.Context())
	must(t, "count dropped packets", err)
	if after-before < 10 {
		t.Errorf("the VPC dropped %d packets because of their source, want at least 10", after-before)
	}
}

// unreachable checks that no pod on another node reaches an address.
func unreachable(t *testing.T, c *cluster, pods []endpoint, to endpoint, address netip.Addr) {
	t.Helper()
	for _, p := range pods {
		if p.node == to.node {
			continue
		}
		for _, a := range p.addresses {
			if a.Is4() != address.Is4() {
				continue
			}
			results, err := c.ping(t.Context(), p, a.String(), ping{size: 100, count: 5}, address.String())
			must(t, "ping", err)
			if results[0].Received > 0 {
				t.Errorf("from %s: %s", a, results[0])
			}
		}
		return // of one pod
	}
	t.Errorf("no pod is on another node than %s: %v", to.node, pods)
}
