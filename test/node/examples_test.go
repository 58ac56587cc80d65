// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// An example is a file of examples/multus.
type example struct {
	reason string
	// needs is the file of examples/nodeeni with the NodeENIs.
	needs string
	// label of the nodes, key and value, that the NodeENIs select.
	label [2]string
	// nodeENIs that become Ready.
	nodeENIs []string
	// pods of the file, or that use its networks, by namespace, with their networks.
	pods []examplePod
	// routers that each pod pings, by the name of the interface. Without routers, a second
	// pod on the same node pings it: EC2 drops the packets to others.
	routers map[string]string
}

// An examplePod is a pod that uses networks of an example.
type examplePod struct{ namespace, name, networks string }

// TestExamplesMultus applies each file of examples/multus. Its pods run, and their interfaces
// answer.
func TestExamplesMultus(t *testing.T) {
	c := start(t)
	examples := map[string]example{
		"basic.yaml": {
			reason: "Pods on the same ENI reach each other with any addresses.", needs: "basic.yaml", label: [2]string{"ng", "multi-eni"},
			nodeENIs: []string{"multus-eni-config"}, pods: []examplePod{{"default", "multinet-pod", "secondary-network"}},
		},
		"network.yaml": {
			reason: "Pods of a generated network reach the VPC's router.", label: [2]string{"ng", "multi-eni"},
			nodeENIs: []string{"data"}, pods: []examplePod{{"default", "", "data"}}, routers: map[string]string{"net1": "10.0.1.1"},
		},
		"two-subnets.yaml": {
			reason: "A pod has an interface in each subnet.", needs: "two-subnets.yaml", label: [2]string{"ng", "multi-eni"},
			nodeENIs: []string{"multus-eni-subnet1", "multus-eni-subnet2"}, pods: []examplePod{{"default", "multi-subnet-pod", "subnet1-network,subnet2-network"}},
		},
		"tenants.yaml": {
			reason: "Each tenant's pods have an interface on the tenant's ENI.", needs: "tenants.yaml", label: [2]string{"ng", "multi-tenant"},
			nodeENIs: []string{"tenant-a-eni", "tenant-b-eni"},
			pods:     []examplePod{{"tenant-a", "", "tenant-a-network"}, {"tenant-b", "", "tenant-b-network"}},
		},
		"routed.yaml": {
			reason: "A pod with an address of the ENI's prefix reaches the VPC's router.",
			pods:   []examplePod{{"default", "routed-pod", "routed"}}, routers: map[string]string{"net1": "10.0.1.1"},
		},
		"host-device.yaml": {
			reason: "A pod has the ENI and its address from the VPC's DHCP server.", needs: "basic.yaml", label: [2]string{"ng", "multi-eni"},
			nodeENIs: []string{"multus-eni-config"}, pods: []examplePod{{"default", "whole-eni-pod", "whole-eni"}}, routers: map[string]string{"net1": "10.0.1.1"},
		},
		"firewall.yaml": {
			reason: "A pod has two ENIs and reaches the routers of both subnets.", label: [2]string{"role", "firewall"},
			nodeENIs: []string{"ingress", "egress"}, pods: []examplePod{{"default", "network-firewall", "ingress-network,egress-network"}},
			routers: map[string]string{"net1": "10.0.5.1", "net2": "10.0.6.1"},
		},
	}
	files, err := filepath.Glob(filepath.Join(testbed.RepositoryRoot(), "examples", "multus", "*.yaml"))
	must(t, "list the examples", err)
	c.startDHCP(t)
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			x, ok := examples[filepath.Base(f)]
			switch {
			case filepath.Base(f) == "dpdk.yaml":
				c.useDevice(t, f)
				return
			case !ok:
				t.Fatal("the example has no case here")
			}
			c.use(t, f, x)
		})
	}
}

// use applies an example and checks the interfaces of its pods.
func (c *cluster) use(t *testing.T, file string, x example) {
	t.Helper()
	started := time.Now()
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() { must(t, "the ENIs are deleted", eventually(ctx, time.Minute, c.noENIs)) })
	if x.label[0] != "" {
		must(t, "label the nodes", c.label(ctx, x.label[0], x.label[1]))
		t.Cleanup(func() { must(t, "remove the label", c.label(ctx, x.label[0], "")) })
	}
	if x.needs != "" {
		c.applyExample(t, filepath.Join(testbed.RepositoryRoot(), "examples", "nodeeni", x.needs))
		for _, n := range x.nodeENIs {
			must(t, "the NodeENI is Ready", c.nodeENIReady(ctx, n, c.sorted()...))
		}
	}
	c.applyExample(t, file)
	for _, p := range x.pods {
		if p.name == "" { // the example has no pod
			p.name = p.networks
			c.deploy(t, c.podManifest(p, ""), "--namespace="+p.namespace, "pod/"+p.name)
		}
		endpoints, err := c.endpointsOf(ctx, p.namespace, p.name)
		must(t, "the pod is ready", err)
		if want := len(strings.Split(p.networks, ",")); len(endpoints) != want {
			t.Fatalf("%s\npod %s has the interfaces %v, want %d", x.reason, p.name, endpoints, want)
		}
		for _, e := range endpoints {
			if err := c.answers(t, p, e, x.routers[e.name]); err != nil {
				t.Errorf("%s\n%v", x.reason, err)
			}
		}
	}
	report(started, filepath.Base(file))
}

// answers pings the router from an interface, or the interface from a second pod on the same
// network and node.
func (c *cluster) answers(t *testing.T, p examplePod, e endpoint, router string) error {
	t.Helper()
	from, target := e, router
	if router == "" {
		// host-local allocates addresses on each node: the peer is on the node of the pod.
		peer := examplePod{p.namespace, fmt.Sprintf("peer-%s-%s", e.pod, e.name), p.networks}
		c.deploy(t, c.podManifest(peer, e.node), "--namespace="+peer.namespace, "pod/"+peer.name)
		endpoints, err := c.endpointsOf(t.Context(), peer.namespace, peer.name)
		if err != nil {
			return err
		}
		target = e.addresses[0].String()
		for _, x := range endpoints {
			if x.name == e.name {
				from = x
			}
		}
	}
	results, err := c.ping(t.Context(), from, from.addresses[0].String(), ping{size: 1500, count: 20}, target)
	if err == nil && results[0].Lost() > 0 {
		err = fmt.Errorf("pod %s, interface %s, from %s: %s", from.pod, from.name, from.addresses[0], results[0])
	}
	return err
}

// podManifest returns the manifest of a pod with networks, on a node unless that is empty.
func (c *cluster) podManifest(p examplePod, node string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata: {namespace: %s, name: %s, annotations: {k8s.v1.cni.cncf.io/networks: "%s"}}
spec:
  nodeName: "%s"
  terminationGracePeriodSeconds: 1
  containers:
  - {name: main, image: %q}
`, p.namespace, p.name, p.networks, node, probeImage)
}

// applyExample applies a file whose objects are deleted when the test ends. This kernel has no
// ipvlan: macvlan replaces it, and mode bridge its mode l2. In both modes the kernel forwards
// between pods on the same link. Unlike ipvlan, macvlan gives each pod a MAC address.
func (c *cluster) applyExample(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	must(t, "read an example", err)
	text := strings.NewReplacer("hugepages-2Mi: 512Mi", "hugepages-2Mi: 64Mi", `"type": "ipvlan"`, `"type": "macvlan"`, "type: ipvlan", "type: macvlan", `"mode": "l2"`, `"mode": "bridge"`).Replace(string(raw))
	text = regexp.MustCompile(`(?m)image: .*$`).ReplaceAllString(text, "image: "+probeImage)
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		_, err := c.kubectl(ctx, text, "delete", "--ignore-not-found", "--timeout=2m", "-f", "-")
		must(t, "delete an example", err)
	})
	must(t, "apply an example", c.apply(ctx, text))
}

// noENIs returns an error if a node has ENIs, except the primary ones.
func (c *cluster) noENIs() error {
	for _, e := range c.world.EC2.ENIs(ec2emulator.Exists) {
		if e.Attachment == nil || e.Attachment.DeviceIndex > 0 {
			return fmt.Errorf("ENI %s exists: %s", e.ID, e.Description)
		}
	}
	return nil
}

// startDHCP starts the daemon of plugin dhcp on all nodes, until the test ends.
func (c *cluster) startDHCP(t *testing.T) {
	t.Helper()
	raw, err := os.ReadFile("testdata/dhcp.yaml")
	must(t, "read a manifest", err)
	c.deploy(t, string(raw), "--namespace=kube-system", "daemonset/dhcp")
	_, err = c.kubectl(t.Context(), "", "--namespace", "kube-system", "rollout", "status", "daemonset/dhcp", "--timeout=2m")
	must(t, "the DHCP daemon is ready", err)
}
