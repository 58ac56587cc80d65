// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/kubelet"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// A node is an instance of the emulator with a kubelet, in a network namespace.
type node struct {
	name      string // of the Node, by the address of the instance
	instance  string
	namespace string
	serial    int
	kubelet   *kubelet.Kubelet
}

// podNetwork is the primary network of a node's pods: a pair of veths for each pod, and
// routes between the nodes.
const podNetwork = `{"cniVersion": "0.4.0", "name": "primary", "plugins": [
  {"type": "ptp", "mtu": 1500, "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.%d.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}
]}`

// addNode launches an instance, and waits until its Node is Ready.
func (c *cluster) addNode(ctx context.Context) error {
	n, err := c.register(ctx, nil, "", nil)
	if err != nil {
		return err
	}
	return c.nodeReady(ctx, n)
}

// register launches an instance, whose kubelet registers its Node with labels and taints. PCI
// devices are as in kubelet.Options.
func (c *cluster) register(ctx context.Context, labels map[string]string, taints string, pciDevices map[string]string) (*node, error) {
	c.serial++
	n := &node{serial: c.serial, namespace: fmt.Sprintf("%s-node%d", c.prefix, c.serial)}
	i, err := c.world.EC2.AddInstance(ec2emulator.Instance{SubnetID: testbed.SubnetNodesA, Type: "m5.xlarge", PrivateIPAddress: fmt.Sprintf("10.0.128.%d", 9+n.serial)})
	if err != nil {
		return nil, err
	}
	n.instance, n.name = i.ID, "ip-"+strings.ReplaceAll(i.PrivateIPAddress, ".", "-")+".ec2.internal"
	if err := c.connect(ctx, n); err != nil {
		return nil, err
	}
	all := map[string]string{corev1.LabelTopologyZone: i.AvailabilityZone, corev1.LabelInstanceTypeStable: i.Type}
	maps.Copy(all, labels)
	n.kubelet, err = kubelet.Start(ctx, kubelet.Options{
		Programs: os.Getenv("KUBELET"), Kubeconfig: c.control.KubeconfigData, NetworkNamespace: n.namespace,
		Name: n.name, Address: n.address(), ProviderID: "aws:///" + i.AvailabilityZone + "/" + i.ID,
		Labels: all, Taints: taints,
		Images: c.images, PCIDevices: pciDevices,
		Plugins: filepath.Join(os.Getenv("NODE_PROGRAMS"), "cni"),
		Files:   map[string]string{"/etc/cni/net.d/10-primary.conflist": fmt.Sprintf(podNetwork, n.serial)},
	})
	if err != nil {
		return nil, err
	}
	c.nodes[n.name] = n
	return n, nil
}

// address returns the address of a node's primary interface. TEST-NET-1 (RFC 5737) is not
// used outside these namespaces.
func (n *node) address() string { return fmt.Sprintf("192.0.2.%d", 10+n.serial) }

// connect creates the network namespace of a node, with its primary interface and the ENIs
// that are attached.
func (c *cluster) connect(ctx context.Context, n *node) error {
	port := fmt.Sprintf("p%d", n.serial)
	pods := fmt.Sprintf("10.244.%d.0/24", n.serial)
	err := testbed.IP(ctx,
		"netns add "+n.namespace,
		"-n "+n.namespace+" link set lo up",
		// The MAC address survives a reboot.
		fmt.Sprintf("link add %s master nodes type veth peer name ens5 address 02:00:00:00:01:%02x netns %s", port, n.serial, n.namespace),
		"link set "+port+" up",
		"-n "+n.namespace+" address add "+n.address()+"/24 dev ens5",
		"-n "+n.namespace+" link set ens5 up",
		"-n "+n.namespace+" route add default via "+controlAddress+" dev ens5",
		"route replace "+pods+" via "+n.address(),
	)
	if err != nil {
		return err
	}
	return c.vpc.AddHost(ctx, n.instance, n.namespace)
}

// disconnect deletes the network namespace of a node and its links. The kernel deletes the
// links of a namespace some time after the namespace.
func (c *cluster) disconnect(ctx context.Context, n *node) error {
	return errors.Join(c.vpc.RemoveHost(ctx, n.instance), testbed.IP(ctx, fmt.Sprintf("link delete p%d", n.serial), "netns delete "+n.namespace))
}

// nodeReady waits until a Node is Ready, as its kubelet reports it from now on.
func (c *cluster) nodeReady(ctx context.Context, n *node) error {
	since := metav1.Now().Add(-time.Second)
	return eventually(ctx, 2*time.Minute, func() error {
		o := &corev1.Node{}
		if err := c.kube.Get(ctx, client.ObjectKey{Name: n.name}, o); err != nil {
			return err
		}
		for _, x := range o.Status.Conditions {
			if x.Type == corev1.NodeReady && x.Status == corev1.ConditionTrue && x.LastHeartbeatTime.After(since) {
				return nil
			}
		}
		return fmt.Errorf("node %s: %v", n.name, o.Status.Conditions)
	})
}

// label labels all nodes, until the test ends.
func (c *cluster) label(ctx context.Context, key, value string) error {
	patch := fmt.Sprintf(`{"metadata":{"labels":{%q:%q}}}`, key, value)
	if value == "" {
		patch = fmt.Sprintf(`{"metadata":{"labels":{%q:null}}}`, key)
	}
	var errs []error
	for name := range c.nodes {
		o := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
		errs = append(errs, c.kube.Patch(ctx, o, client.RawPatch("application/merge-patch+json", []byte(patch))))
	}
	return errors.Join(errs...)
}
