// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
)

const (
	// pciDevice is the device of the DPDK example, and pciResource its resource.
	pciDevice, pciResource = "0000:00:06.0", "intel.com/intel_sriov_netdevice"

	// pluginFile is as the agent writes it for examples/nodeeni/dpdk.yaml.
	pluginFile = `{"resourceList":[{"resourcePrefix":"intel.com","resourceName":"intel_sriov_netdevice","selectors":[{"drivers":["vfio-pci"],"pciAddresses":["0000:00:06.0"]}]}]}`

	// hugePages of 2 MiB are the 64 MiB that applyExample requests, in place of the example's
	// 512 MiB: the memory of a machine that runs for long is fragmented.
	hugePages = 32
)

// useDevice applies the DPDK example on a node with a PCI device that is bound to vfio-pci, and
// with huge pages. The device is a fake without memory, and a stand-in of the device plugin
// offers it: test/kernel binds devices of a virtual machine, and sends packets through them.
func (c *cluster) useDevice(t *testing.T, file string) {
	t.Helper()
	started := time.Now()
	ctx := context.WithoutCancel(t.Context())
	reserveHugePages(t, hugePages)
	n, err := c.register(ctx, map[string]string{"ng": "multi-eni"}, "", map[string]string{pciDevice: "vfio-pci"})
	must(t, "register a node", err)
	t.Cleanup(func() { must(t, "terminate", errors.Join(c.terminate(ctx, n), c.hostReleased(ctx, n))) })
	must(t, "the node is ready", c.nodeReady(ctx, n))
	must(t, "Multus is ready on the node", eventually(ctx, 2*time.Minute, func() error {
		_, err := os.Stat(n.kubelet.Path("/etc/cni/net.d/00-multus.conf"))
		return err
	}))
	config := filepath.Join(t.TempDir(), "config.json")
	must(t, "write the device plugin's file", os.WriteFile(config, []byte(pluginFile), 0o600))
	plugin, err := n.kubelet.StartPlugin(ctx, config)
	must(t, "start the device plugin", err)
	t.Cleanup(plugin.Stop)

	c.applyExample(t, file)
	e := endpoint{namespace: "default", pod: "dpdk-pod"}
	must(t, "the pod is ready", eventually(ctx, 2*time.Minute, func() error {
		p := &corev1.Pod{}
		if err := c.kube.Get(ctx, client.ObjectKey{Namespace: e.namespace, Name: e.pod}, p); err != nil {
			return err
		}
		if !isReady(p) {
			return fmt.Errorf("pod %s is not ready: %s, %v", p.Name, p.Status.Phase, p.Status.Conditions)
		}
		if status := p.Annotations["k8s.v1.cni.cncf.io/network-status"]; !strings.Contains(status, `"default/dpdk-network"`) {
			return fmt.Errorf("pod %s: the network is not in the status: %s", p.Name, status)
		}
		return nil
	}))
	out, err := c.probe(ctx, e, "devices")
	must(t, "read the environment of the pod", err)
	var got map[string]string
	must(t, "read the environment of the pod", json.Unmarshal([]byte(out), &got))
	if diff := cmp.Diff(map[string]string{"PCIDEVICE_INTEL_COM_INTEL_SRIOV_NETDEVICE": pciDevice}, got); diff != "" {
		t.Errorf("The pod gets the device: -want, +got:\n%s", diff)
	}
	usage, err := podresources.NewClient(n.kubelet.PodResources()).Usage(ctx)
	must(t, "list the devices of pods", err)
	holders := usage[podresources.Device{Resource: pciResource, ID: pciDevice}]
	if diff := cmp.Diff([]podresources.Holder{{Namespace: e.namespace, Pod: e.pod, Container: "dpdk-container"}}, holders); diff != "" {
		t.Errorf("The kubelet has allocated the device: -want, +got:\n%s", diff)
	}
	report(started, filepath.Base(file))
}

// reserveHugePages reserves huge pages of 2 MiB of this machine, until the test ends. A kubelet
// counts them when it starts.
func reserveHugePages(t *testing.T, pages int) {
	t.Helper()
	const file = "/proc/sys/vm/nr_hugepages"
	before, err := os.ReadFile(file)
	must(t, "read the number of huge pages", err)
	have, err := strconv.Atoi(strings.TrimSpace(string(before)))
	must(t, "read the number of huge pages", err)
	if have >= pages {
		return
	}
	t.Cleanup(func() { must(t, "release the huge pages", os.WriteFile(file, before, 0o600)) })
	must(t, "reserve huge pages", eventually(t.Context(), time.Minute, func() error {
		if err := os.WriteFile(file, []byte(strconv.Itoa(pages)), 0o600); err != nil {
			return err
		}
		now, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if got := strings.TrimSpace(string(now)); got != strconv.Itoa(pages) {
			return fmt.Errorf("this machine has memory for %s huge pages of 2 MiB, and the example requests %d", got, pages)
		}
		return nil
	}))
}
