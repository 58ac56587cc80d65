// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/test/kubelet"
	"github.com/nodeeni/provider-aws-eni/test/process"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
	"github.com/nodeeni/provider-aws-eni/test/vpc"
)

// A cluster is a Kubernetes cluster on emulated EC2 instances.
type cluster struct {
	dir    string // of files of this run
	prefix string // of network namespaces

	control    *testbed.ControlPlane
	kubeconfig string // a file
	kube       client.Client
	world      *testbed.World
	vpc        *vpc.VPC
	programs   []*process.Process
	images     []string // archives

	nodes  map[string]*node // by name
	serial int

	figures []figure
}

// shared is the cluster of all tests. A test leaves it as it was.
var shared struct {
	once sync.Once
	c    *cluster
	err  error
}

// start returns the cluster, with two nodes, after the first test has started it.
func start(t *testing.T) *cluster {
	t.Helper()
	if os.Getenv("NODE_PROGRAMS") == "" {
		t.Skip("this test runs kubelets: run make e2e-node, or set NODE_PROGRAMS to the directory that test/node/ensure.sh prints")
	}
	shared.once.Do(func() {
		shared.c = &cluster{dir: os.Getenv(inside), prefix: os.Getenv("NODE_TEST_PREFIX"), nodes: map[string]*node{}}
		shared.err = shared.c.start(context.WithoutCancel(t.Context()))
	})
	if shared.err != nil {
		t.Fatalf("%v\n%s", shared.err, shared.c.logs())
	}
	t.Cleanup(func() {
		if err := shared.c.vpc.Err(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(shared.c.logs())
		}
	})
	return shared.c
}

func (c *cluster) start(ctx context.Context) error {
	for _, p := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"control plane", c.startControlPlane},
		{"emulator and VPC", c.startEC2},
		{"images", c.writeImages},
		{"two nodes", func(ctx context.Context) error { return errors.Join(c.addNode(ctx), c.addNode(ctx)) }},
		{"Multus", c.installMultus},
		{"release", c.installRelease},
	} {
		started := time.Now()
		if err := p.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		report(started, p.name)
	}
	return nil
}

// report prints the duration of a phase.
func report(started time.Time, phase string) {
	fmt.Fprintf(os.Stderr, "%6.1f s: %s\n", time.Since(started).Seconds(), phase)
}

func stopShared() error {
	c := shared.c
	if c == nil {
		return nil
	}
	c.printFigures()
	var errs []error
	for _, n := range c.nodes {
		errs = append(errs, n.kubelet.Close())
	}
	for _, p := range c.programs {
		p.Kill()
	}
	if c.vpc != nil {
		errs = append(errs, c.vpc.Close(context.Background()))
	}
	if c.world != nil {
		c.world.Close()
	}
	if c.control != nil {
		errs = append(errs, c.control.Stop())
	}
	return errors.Join(errs...)
}

// kubectl runs kubectl with a standard input.
func (c *cluster) kubectl(ctx context.Context, input string, args ...string) (string, error) {
	return c.run(ctx, input, filepath.Join(c.control.Assets, "kubectl"), append([]string{"--kubeconfig", c.kubeconfig}, args...)...)
}

func (c *cluster) run(ctx context.Context, input, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdin = strings.NewReader(input)
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+c.dir, "HELM_CONFIG_HOME="+c.dir, "HELM_DATA_HOME="+c.dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w: %s%s", filepath.Base(program), strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out), nil
}

// apply applies manifests.
func (c *cluster) apply(ctx context.Context, manifests string) error {
	_, err := c.kubectl(ctx, manifests, "apply", "--server-side", "-f", "-")
	return err
}

// eventually calls check until it returns nil.
func eventually(ctx context.Context, within time.Duration, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %s: %w", within, err)
		case <-tick.C:
		}
	}
}

// logs returns objects, and the ends of the logs of programs and pods.
func (c *cluster) logs() string {
	var out strings.Builder
	if c.kubeconfig != "" {
		for _, args := range []string{"get pods -A -o wide", "get neni,hif,enia,eni -A -o wide", "get events -A --sort-by=.lastTimestamp"} {
			text, err := c.kubectl(context.Background(), "", strings.Fields(args)...)
			if err != nil {
				text = err.Error()
			}
			lines := strings.Split(strings.TrimSpace(text), "\n")
			fmt.Fprintf(&out, "kubectl %s:\n%s\n", args, strings.Join(lines[max(0, len(lines)-40):], "\n"))
		}
	}
	files, _ := filepath.Glob(filepath.Join(c.dir, "*.log"))
	for _, n := range c.nodes {
		pods, _ := filepath.Glob(n.kubelet.PodLogs("*", "*", "*.log"))
		files = append(files, pods...)
		fmt.Fprintf(&out, "%s:\n%s\n", n.name, n.kubelet.Log())
	}
	for _, f := range files {
		fmt.Fprintf(&out, "%s:\n%s\n", f, process.Tail(f, 15))
	}
	return out.String()
}

// writeImages writes the images of pods.
func (c *cluster) writeImages(context.Context) error {
	program := func(name string) string { return filepath.Join(c.dir, name) }
	archive := program("images.tar")
	c.images = append(c.images, archive)
	return kubelet.WriteImages(archive,
		kubelet.ProgramImage(probeImage, program("probe")),
		kubelet.ProgramImage("provider-aws-eni:devel", program("provider")),
		kubelet.ProgramImage("provider-aws-eni-agent:devel", program("agent")),
		// The plugin's daemon is the program of the plugin.
		kubelet.Image{
			Name: "dhcp.invalid/dhcp:1", Entrypoint: []string{"/dhcp", "daemon"},
			Programs: map[string]string{"/dhcp": filepath.Join(os.Getenv("NODE_PROGRAMS"), "cni", "dhcp")}, Links: map[string]string{"/var/run": "/run"},
		},
		multus(filepath.Join(os.Getenv("NODE_PROGRAMS"), "bin")),
	)
}
