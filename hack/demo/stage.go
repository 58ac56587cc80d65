// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// prefix is the prefix of the demo's network namespaces.
const prefix = "eni-demo"

// manifest is the basic NodeENI of aws-multi-eni-controller's README.
const manifest = `apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: multus-eni-config
spec:
  nodeSelector:
    ng: multi-eni
  subnetID: subnet-0f59b4f14737be9ad  # Use your subnet ID
  securityGroupIDs:
  - sg-05da196f3314d4af8  # Use your security group ID
  deviceIndex: 2
  mtu: 9001  # Optional: Set MTU for jumbo frames
  deleteOnTermination: true
  description: "Multus ENI for secondary network interfaces"
`

// stage is the environment of the demo.
type stage struct {
	dir     string
	started time.Time
	release string // prefix of the names of a Helm release, or empty

	cp         *testbed.ControlPlane
	kube       client.Client
	world      *testbed.World
	hosts      *testbed.Hosts
	namespaces []string
	processes  []*exec.Cmd
}

func (s *stage) logf(format string, args ...any) {
	fmt.Printf("%6.1f s  %s\n", time.Since(s.started).Seconds(), fmt.Sprintf(format, args...))
}

// build starts all processes.
func (s *stage) build(ctx context.Context) error {
	s.logf("starting etcd and kube-apiserver")
	var err error
	if s.cp, err = testbed.StartControlPlane(ctx); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "admin.kubeconfig"), s.cp.KubeconfigData, 0o600); err != nil {
		return errors.Wrap(err, "cannot write kubeconfig")
	}
	scheme, err := controller.NewScheme()
	if err != nil {
		return err
	}
	if s.kube, err = client.New(s.cp.Config, client.Options{Scheme: scheme}); err != nil {
		return errors.Wrap(err, "cannot reach the API server")
	}
	s.logf("starting the EC2 emulator, with a VPC and two instances")
	if s.world, err = testbed.NewWorld(ctx, s.kube, ec2emulator.Options{NetworkInterfacesPerRegion: 5000}); err != nil {
		return err
	}
	if err := s.install(ctx); err != nil {
		return err
	}
	if s.hosts, err = testbed.NewHosts(ctx, prefix, s.world.EC2); err != nil {
		return errors.Wrap(err, "cannot create the network namespaces (is another demo running?)")
	}
	s.logf("starting the provider")
	kubeconfig, err := s.cp.Kubeconfig(ctx, s.kube, s.release+testbed.ProviderServiceAccount, s.dir)
	if err != nil {
		return err
	}
	if err := s.start(ctx, "provider", []string{"KUBECONFIG=" + kubeconfig}, filepath.Join(testbed.RepositoryRoot(), "bin", "provider"), "--debug",
		"--region", testbed.Region, "--namespace", testbed.Namespace, "--no-leader-election", "--no-metrics-secure",
		"--metrics-bind-address", cmp.Or(os.Getenv("DEMO_METRICS"), "0"), "--health-probe-bind-address", "0"); err != nil {
		return err
	}
	for _, node := range []string{"node-a", "node-b"} {
		if err := s.node(ctx, node); err != nil {
			return err
		}
	}
	return nil
}

// node creates an instance with its Node, its network namespace, and its agent.
func (s *stage) node(ctx context.Context, name string) error {
	n, err := s.world.AddNode(ctx, name, testbed.SubnetNodesA, "", map[string]string{"ng": "multi-eni"})
	if err != nil {
		return err
	}
	s.logf("starting the agent of %s in its own network namespace", name)
	ns, err := s.hosts.Add(ctx, name, instanceID(n))
	if err != nil {
		return err
	}
	s.namespaces = append(s.namespaces, ns)
	u, err := url.Parse(s.cp.Config.Host)
	if err != nil {
		return errors.Wrap(err, "cannot read the API server's address")
	}
	if err := s.hosts.Forward(ctx, ns, u.Host); err != nil {
		return err
	}
	kubeconfig, err := s.agentKubeconfig(ctx, name)
	if err != nil {
		return err
	}
	return s.start(ctx, "agent-"+name, nil, "ip", "netns", "exec", ns, filepath.Join(testbed.RepositoryRoot(), "bin", "agent"),
		"--node-name", name, "--namespace", testbed.Namespace, "--kubeconfig", kubeconfig, "--link-kinds", "device,veth",
		"--metrics-bind-address", "0", "--health-probe-bind-address", "0")
}

func instanceID(n *corev1.Node) string { return filepath.Base(n.Spec.ProviderID) }

// start starts a child process that exits with the demo, with its output in a file.
func (s *stage) start(ctx context.Context, name string, env []string, program string, args ...string) error {
	log, err := os.Create(filepath.Join(s.dir, name+".log"))
	if err != nil {
		return errors.Wrap(err, "cannot write a log")
	}
	defer log.Close() //nolint:errcheck // the program has it open
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	// Called on the main thread, see main. A separate process group, so that Ctrl-C reaches
	// only the demo, which then stops its children in order; they are terminated if the demo is
	// killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return errors.Wrapf(err, "cannot start %s", name)
	}
	s.processes = append(s.processes, cmd)
	return nil
}

// play applies the manifest and waits until the hosts are ready.
func (s *stage) play(ctx context.Context) (time.Duration, error) {
	if err := s.agentsAlive(ctx); err != nil {
		return 0, err
	}
	path := filepath.Join(s.dir, "nodeeni.yaml")
	if err := os.WriteFile(path, []byte(manifest), 0o600); err != nil {
		return 0, errors.Wrap(err, "cannot write the manifest")
	}
	s.logf("kubectl apply -f nodeeni.yaml\n\n%s", manifest)
	begun := time.Now()
	if out, err := s.kubectl(ctx, "apply", "-f", path); err != nil {
		return 0, errors.Wrapf(err, "kubectl apply: %s", out)
	}
	err := wait(ctx, 60*time.Second, func() (bool, error) {
		l := &v1alpha1.HostInterfaceList{}
		if err := s.kube.List(ctx, l); err != nil {
			return false, err
		}
		ready := 0
		for i := range l.Items {
			if l.Items[i].GetCondition(xpv2.TypeReady).Status == corev1.ConditionTrue {
				ready++
			}
		}
		return ready == len(s.namespaces), nil
	})
	took := time.Since(begun)
	if err != nil {
		return took, errors.Wrap(errors.Join(err, s.hosts.Err()), "the HostInterfaces did not become Ready")
	}
	s.logf("both HostInterfaces are Ready")
	// The NodeENI's status aggregates theirs.
	return took, wait(ctx, 10*time.Second, func() (bool, error) {
		n := &v1alpha1.NodeENI{}
		err := s.kube.Get(ctx, client.ObjectKey{Name: "multus-eni-config"}, n)
		return n.GetCondition(xpv2.TypeReady).Status == corev1.ConditionTrue, err
	})
}

// agentsAlive waits for the agents' Leases, so that the measurement
// excludes the start of the processes.
func (s *stage) agentsAlive(ctx context.Context) error {
	return errors.Wrap(wait(ctx, 30*time.Second, func() (bool, error) {
		out, err := s.kubectl(ctx, "get", "leases", "-n", testbed.Namespace, "-o", "name")
		return err == nil && countLines(out) >= len(s.namespaces), nil
	}), "the agents did not start")
}

func wait(ctx context.Context, within time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	for {
		if ok, err := done(); err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}

// close stops all processes and removes all resources, in reverse order.
func (s *stage) close(ctx context.Context) error {
	var errs []error
	for _, p := range slices.Backward(s.processes) {
		_ = p.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(10*time.Second, func() { _ = p.Process.Kill() })
		_ = p.Wait()
		kill.Stop()
	}
	if s.hosts != nil {
		errs = append(errs, s.hosts.Close(ctx))
	}
	if s.world != nil {
		s.world.Close()
	}
	if s.cp != nil {
		errs = append(errs, s.cp.Stop())
	}
	return errors.Join(errs...)
}
