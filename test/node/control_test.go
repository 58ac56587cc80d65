// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"os"
	"path/filepath"

	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/nodeeni/provider-aws-eni/apis"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/process"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
	"github.com/nodeeni/provider-aws-eni/test/vpc"
)

const (
	// serviceAddress is the address of the Service kubernetes. The API server itself has
	// it: there is no kube-proxy.
	serviceAddress = "10.96.0.1"
	// controlAddress is the address of the control plane in the network of the nodes'
	// primary interfaces.
	controlAddress = "192.0.2.1"
)

// startControlPlane starts the control plane in this network namespace. Its bridge connects
// the primary interfaces of the nodes.
func (c *cluster) startControlPlane(ctx context.Context) error {
	err := testbed.IP(ctx,
		"address add "+serviceAddress+"/32 dev lo",
		// A bridge without an address of its own has the address of a port, which changes with
		// the ports.
		"link add nodes address 02:00:00:00:00:01 type bridge",
		"address add "+controlAddress+"/24 dev nodes",
		"link set nodes up",
	)
	if err != nil {
		return err
	}
	policy := filepath.Join(c.dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return err
	}
	c.control, err = testbed.StartControlPlane(ctx, func(s *envtest.APIServer) {
		s.Address, s.Port = serviceAddress, "443"
		s.Configure().
			Set("service-cluster-ip-range", "10.96.0.0/16").
			Set("advertise-address", controlAddress).
			Set("audit-policy-file", policy).
			Set("audit-log-path", c.auditLog()).
			// It does not wait for watches of nodes that are off.
			Set("shutdown-watch-termination-grace-period", "1s").
			Set("kubelet-preferred-address-types", "InternalIP"). // there is no DNS server
			Disable("disable-admission-plugins")                  // service accounts
	})
	if err != nil {
		return err
	}
	if err := apis.AddToScheme(scheme.Scheme); err != nil {
		return err
	}
	if c.kube, err = client.New(c.control.Config, client.Options{Scheme: scheme.Scheme}); err != nil {
		return err
	}
	c.kubeconfig = filepath.Join(c.dir, "kubeconfig")
	ca := filepath.Join(c.dir, "ca.crt")
	if err := os.WriteFile(c.kubeconfig, c.control.KubeconfigData, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(ca, c.control.Config.CAData, 0o600); err != nil {
		return err
	}
	for name, flags := range map[string][]string{
		"kube-controller-manager": {"--service-account-private-key-file", c.control.ServiceAccountKey, "--root-ca-file", ca},
		"kube-scheduler":          nil,
	} {
		dir := map[string]string{"kube-controller-manager": "KUBE_CONTROLLER_MANAGER", "kube-scheduler": "KUBE_SCHEDULER"}[name]
		args := append([]string{"--kubeconfig", c.kubeconfig, "--leader-elect=false"}, flags...)
		p, err := process.Start(filepath.Join(c.dir, name+".log"), filepath.Join(os.Getenv(dir), name), args...)
		if err != nil {
			return err
		}
		c.programs = append(c.programs, p)
	}
	return nil
}

// startEC2 starts the emulator of EC2, at an address that pods reach, and the VPC.
func (c *cluster) startEC2(ctx context.Context) error {
	var err error
	if c.world, err = testbed.NewWorldAt(ctx, c.kube, ec2emulator.Options{}, controlAddress+":4566"); err != nil {
		return err
	}
	c.vpc, err = vpc.New(ctx, c.prefix+"-vpc", c.world.EC2)
	return err
}
