// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"os"
	"path/filepath"

	"github.com/nodeeni/provider-aws-eni/test/kubelet"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// values of the release. The testbed has created the CRDs and the ClusterProviderConfig.
// A network namespace has no PCI devices: the agent also accepts veth links. A prefix is
// returned 10 s after its withdrawal, not 5 min: TestNoAddressTwice uses the default.
const values = `
crds: {install: false}
clusterProviderConfig: {create: false}
provider: {flags: {region: us-east-1, log-level: debug}}
agent: {flags: {link-kinds: [device, veth], log-level: debug}, env: [{name: PREFIX_GUARD, value: 10s}], readinessResource: {enabled: true}}
`

// installRelease installs the Helm chart, and waits until its pods are ready.
func (c *cluster) installRelease(ctx context.Context) error {
	_, err := c.run(ctx, values, filepath.Join(c.dir, "helm"), "--kubeconfig", c.kubeconfig,
		"upgrade", "--install", "provider-aws-eni", filepath.Join(testbed.RepositoryRoot(), "cluster", "charts", "provider-aws-eni"),
		"--namespace", testbed.Namespace, "--values", "-", "--wait", "--timeout", "3m")
	return err
}

// multus returns the image of Multus, with the paths of upstream's image.
func multus(programs string) kubelet.Image {
	const bin = "/usr/src/multus-cni/bin/"
	return kubelet.Image{
		Name: "multus.invalid/multus:1", Entrypoint: []string{bin + "multus-daemon"},
		Programs: map[string]string{
			bin + "multus-daemon":  filepath.Join(programs, "multus-daemon"),
			bin + "multus-shim":    filepath.Join(programs, "multus-shim"),
			bin + "install_multus": filepath.Join(programs, "install_multus"),
			bin + "passthru":       filepath.Join(programs, "passthru-cni"),
		},
		// The daemon determines its user.
		Env:   []string{"USER=root", "HOME=/root"},
		Files: map[string]string{"/etc/passwd": "root:x:0:0:root:/root:/bin/false\n"},
		Links: map[string]string{"/var/run": "/run"},
	}
}

// installMultus installs the definitions of networks and Multus, and waits until its pods
// are ready.
func (c *cluster) installMultus(ctx context.Context) error {
	raw, err := os.ReadFile("testdata/multus.yaml")
	if err != nil {
		return err
	}
	if err := c.apply(ctx, string(raw)); err != nil {
		return err
	}
	_, err = c.kubectl(ctx, "", "--namespace", "kube-system", "rollout", "status", "daemonset/multus", "--timeout=2m")
	return err
}
