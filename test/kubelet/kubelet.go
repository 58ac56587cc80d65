// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubelet

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm"
	"github.com/nodeeni/provider-aws-eni/test/process"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// startTimeout limits the start of containerd and the kubelet. It takes five seconds on
// an idle machine.
const startTimeout = 90 * time.Second

// NodeName is the name of the kubelet's node.
const NodeName = "node"

// A Kubelet is a running kubelet.
type Kubelet struct {
	dir     string
	process *process.Process
}

// Start starts a kubelet from the directory that ensure.sh prints, as a node of an API
// server, and returns when it listens. Close terminates it and all its child processes.
func Start(ctx context.Context, dir string, kubeconfig []byte) (*Kubelet, error) {
	// Do not use t.TempDir: the path of a socket is limited to 107 characters.
	work, err := os.MkdirTemp("", "kubelet-")
	if err != nil {
		return nil, err
	}
	k := &Kubelet{dir: work}
	if err := k.start(ctx, filepath.Join(dir, "kubelet"), kubeconfig); err != nil {
		return nil, errors.Join(errors.Wrapf(err, "cannot start a kubelet; its log:\n%s", k.Log()), k.Close())
	}
	return k, nil
}

func (k *Kubelet) start(ctx context.Context, program string, kubeconfig []byte) error {
	for _, d := range []string{"kubelet", "logs"} {
		if err := os.Mkdir(filepath.Join(k.dir, d), 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(k.dir, "kubeconfig"), kubeconfig, 0o600); err != nil {
		return err
	}
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	pause := filepath.Join(k.dir, "pause")
	if err := kernelvm.Build(ctx, "test/kubelet/pause", pause); err != nil {
		return err
	}
	if err := writeImage(filepath.Join(k.dir, "image.tar"), pause); err != nil {
		return err
	}
	// The kubelet is the init of its PID namespace: containerd, its shims and the pods
	// are killed with it.
	k.process, err = process.Start(k.log(), "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc",
		filepath.Join(testbed.RepositoryRoot(), "test/kubelet/run.sh"), program, k.dir, port)
	if err != nil {
		return err
	}
	return k.await(ctx, startTimeout, "the kubelet does not listen", func() bool { return exists(k.PodResources()) && exists(k.plugins("kubelet.sock")) })
}

// freePort returns a port that was unused a moment ago. The kubelet cannot choose a
// port itself.
func freePort(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// await waits for a condition.
func (k *Kubelet) await(ctx context.Context, within time.Duration, what string, is func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-k.process.Exited():
			return errors.New("the kubelet exited")
		case <-ctx.Done():
			return errors.Errorf("timed out after %s: %s", within, what)
		}
	}
	return nil
}

// Close kills the kubelet and its child processes, and removes its files.
func (k *Kubelet) Close() error {
	if k.process != nil {
		k.process.Kill()
	}
	return os.RemoveAll(k.dir)
}

// PodResources returns the socket of the PodResources API.
func (k *Kubelet) PodResources() string {
	return filepath.Join(k.dir, "kubelet", "pod-resources", "kubelet.sock")
}

// plugins returns the path of a file in the kubelet's directory of device plugins.
func (k *Kubelet) plugins(name string) string {
	return filepath.Join(k.dir, "kubelet", "device-plugins", name)
}

func (k *Kubelet) log() string { return filepath.Join(k.dir, "kubelet.log") }

// Log returns the last lines of the log of the kubelet and containerd.
func (k *Kubelet) Log() string { return process.Tail(k.log(), 60) }
