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

// startWithin is how long containerd and the kubelet may take. It is five
// seconds on a machine that does nothing else.
const startWithin = 90 * time.Second

// NodeName is the name of the kubelet's node.
const NodeName = "node"

// A Kubelet is a running one.
type Kubelet struct {
	dir     string
	process *process.Process
}

// Start starts a kubelet from a folder that ensure.sh has made, as the node of an
// API server, and returns once it listens. Close ends it, and all that it has
// started.
func Start(ctx context.Context, folder string, kubeconfig []byte) (*Kubelet, error) {
	// Not a test's own folder: the path of a socket has 107 characters at most.
	dir, err := os.MkdirTemp("", "kubelet-")
	if err != nil {
		return nil, err
	}
	k := &Kubelet{dir: dir}
	if err := k.start(ctx, filepath.Join(folder, "kubelet"), kubeconfig); err != nil {
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
	// The kubelet is the first process of its namespaces, and all others end with
	// it: containerd, its shims, the pods.
	k.process, err = process.Start(k.log(), "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc",
		filepath.Join(testbed.RepositoryRoot(), "test/kubelet/run.sh"), program, k.dir, port)
	if err != nil {
		return err
	}
	return k.await(ctx, startWithin, "it listens", func() bool { return exists(k.PodResources()) && exists(k.plugins("kubelet.sock")) })
}

// freePort is a port that nobody listened at a moment ago. The kubelet listens at
// none that it is not told.
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

// await waits until something is so.
func (k *Kubelet) await(ctx context.Context, within time.Duration, what string, is func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-k.process.Exited():
			return errors.New("the kubelet has ended")
		case <-ctx.Done():
			return errors.Errorf("waited %s until %s", within, what)
		}
	}
	return nil
}

// Close ends the kubelet and all that it has started at once, and removes its
// files.
func (k *Kubelet) Close() error {
	if k.process != nil {
		k.process.Kill()
	}
	return os.RemoveAll(k.dir)
}

// PodResources is the socket at which the kubelet tells which pod has which
// device.
func (k *Kubelet) PodResources() string {
	return filepath.Join(k.dir, "kubelet", "pod-resources", "kubelet.sock")
}

// plugins is a file in the folder where device plugins and the kubelet meet.
func (k *Kubelet) plugins(name string) string {
	return filepath.Join(k.dir, "kubelet", "device-plugins", name)
}

func (k *Kubelet) log() string { return filepath.Join(k.dir, "kubelet.log") }

// Log is the end of what the kubelet and containerd have said.
func (k *Kubelet) Log() string { return process.Tail(k.log(), 60) }
