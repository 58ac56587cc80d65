// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// uplink is a NodeENI whose ENIs have prefixes for pods, and the network of these pods. The
// cool-down of a prefix is shorter than the default.
const uplink = `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata: {name: uplink}
spec:
  nodeSelector: {network: uplink}
  subnetID: subnet-0f59b4f14737be9ad
  securityGroupIDs: [sg-05da196f3314d4af8]
  mtu: 9001
  addresses: {ipv6PrefixCount: 1}
  network: {type: macvlan, namespaces: [default], ipam: {ipv4Prefixes: {min: 1, max: 3, coolDown: 5s}}}
  description: ENI of uplink
`

// peers are pods with an interface of network uplink, half of them on each node.
const peers = `
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: default, name: peers}
spec:
  replicas: 6
  selector: {matchLabels: {app: peers}}
  template:
    metadata:
      labels: {app: peers}
      annotations: {k8s.v1.cni.cncf.io/networks: uplink}
    spec:
      terminationGracePeriodSeconds: 1
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, nodeTaintsPolicy: Honor, labelSelector: {matchLabels: {app: peers}}}
      containers:
      - {name: main, image: "probe.invalid/probe:1"}
`

// router is the VPC's router in the subnet of uplink.
const router = "10.0.1.1"

// startUplink creates NodeENI uplink and its network, which are deleted when the test ends.
func startUplink(t *testing.T, c *cluster) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		if _, err := c.kubectl(ctx, "", "delete", "nodeeni/uplink", "--ignore-not-found", "--timeout=2m"); err != nil {
			t.Error(err)
		}
		if err := c.label(ctx, "network", ""); err != nil {
			t.Error(err)
		}
	})
	must(t, "label the nodes", c.label(ctx, "network", "uplink"))
	must(t, "create the NodeENI", c.apply(ctx, uplink))
	must(t, "the NodeENI is Ready", c.nodeENIReady(ctx, "uplink", c.sorted()...))
}

// must fails the test if a step returned an error.
func must(t *testing.T, step string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", step, err)
	}
}

// TestPing pings from each pod all others, the router and a host in another subnet, with IPv4
// and IPv6, in jumbo frames.
func TestPing(t *testing.T) {
	c := start(t)
	started := time.Now()
	startUplink(t, c)
	report(started, "NodeENI Ready on two nodes")
	c.deploy(t, peers, "deployment/peers")
	endpoints, err := c.endpoints(t.Context(), client.MatchingLabels{"app": "peers"}, 6)
	must(t, "the pods are ready", err)
	report(started, "six pods ready")
	for _, e := range endpoints {
		if len(e.addresses) != 2 {
			t.Errorf("pod %s has the addresses %v, want one of each version", e.pod, e.addresses)
		}
	}
	if err := c.pingAll(t.Context(), endpoints, ping{size: 9001, count: 100}, append(c.outside(t), netip.MustParseAddr(router))...); err != nil {
		t.Error(err)
	}
	report(started, "pings")
}

// outside returns the addresses of a host in another subnet.
func (c *cluster) outside(t *testing.T) []netip.Addr {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	namespace := c.prefix + "-outside"
	i, err := c.world.EC2.AddInstance(ec2emulator.Instance{SubnetID: testbed.SubnetNodesA})
	must(t, "add an instance", err)
	must(t, "add a network namespace", testbed.IP(ctx, "netns add "+namespace))
	must(t, "connect it", c.vpc.AddHost(ctx, i.ID, namespace))
	out := []netip.Addr{netip.MustParseAddr("10.0.2.50"), netip.MustParseAddr("2600:1f13:abc:1002::50")}
	_, err = c.world.EC2.AddNetworkInterface(ec2emulator.NetworkInterface{
		SubnetID: "subnet-abcdef1234567890", PrivateIPAddresses: []string{out[0].String()}, IPv6Addresses: []string{out[1].String()},
		Attachment: &ec2emulator.Attachment{InstanceID: i.ID, DeviceIndex: 1, DeleteOnTermination: true},
	})
	must(t, "add an ENI", err)
	c.world.EC2.Drain()
	must(t, "configure its link", testbed.IP(ctx,
		"-n "+namespace+" link set ens6 mtu 9001 up",
		"-n "+namespace+" address add "+out[0].String()+"/24 dev ens6",
		"-n "+namespace+" address add "+out[1].String()+"/64 dev ens6 nodad",
		"-n "+namespace+" route add default via 10.0.2.1",
		"-n "+namespace+" -6 route add default via "+routerIPv6+" dev ens6",
	))
	t.Cleanup(func() {
		must(t, "terminate the instance", c.world.EC2.SetInstanceState(i.ID, "terminated"))
		c.world.EC2.Drain()
		must(t, "delete the network namespace", testbed.IP(ctx, "netns delete "+namespace))
	})
	return out
}

// deploy applies a manifest, whose objects are deleted when the test ends.
func (c *cluster) deploy(t *testing.T, manifest string, objects ...string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		if _, err := c.kubectl(ctx, "", append([]string{"delete", "--ignore-not-found", "--cascade=foreground", "--timeout=60s"}, objects...)...); err != nil {
			t.Error(err)
		}
	})
	must(t, "apply a manifest", c.apply(ctx, manifest))
}
