// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubelet

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm"
	"github.com/nodeeni/provider-aws-eni/test/process"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// startTimeout limits the start of containerd and the kubelet. It takes five seconds on
// an idle machine.
const startTimeout = 90 * time.Second

// NodeName is the default name of a kubelet's node.
const NodeName = "node"

// Options of a kubelet.
type Options struct {
	// Programs is the directory with the kubelet, which ensure.sh prints.
	Programs string
	// Kubeconfig connects to the API server.
	Kubeconfig []byte
	// NetworkNamespace by name. Default: the current one.
	NetworkNamespace string
	// Name of the node. Default NodeName.
	Name string
	// Address of the node, at which its kubelet listens at port 10250. Default: the
	// loopback address and an unused port.
	Address string
	// ProviderID of the node.
	ProviderID string
	// Labels of the node, in addition to the kubelet's.
	Labels map[string]string
	// Taints with which the node registers, as for the kubelet's flag
	// --register-with-taints. Default: none.
	Taints string
	// Images of pods, as archives that WriteImages writes.
	Images []string
	// Plugins is a directory with CNI plugins. Default: the plugins of the Debian package.
	Plugins string
	// Files by their path on the node, with their content: below /etc/cni and /etc/pcidp.
	Files map[string]string
	// PCIDevices are the drivers of the node's PCI devices, by address, in place of the devices
	// of this machine. Only /sys/bus/pci has them.
	PCIDevices map[string]string
}

// A Kubelet is a running kubelet.
type Kubelet struct {
	options Options
	dir     string
	process *process.Process
	starts  int
}

// Start starts a kubelet as a node of an API server, and returns when it listens. Close
// terminates it and all its child processes.
func Start(ctx context.Context, o Options) (*Kubelet, error) {
	// Do not use t.TempDir: the path of a socket is limited to 107 characters.
	work, err := os.MkdirTemp("", "kubelet-")
	if err != nil {
		return nil, err
	}
	k := &Kubelet{options: o, dir: work}
	err = k.prepare(ctx)
	if err == nil {
		err = k.Boot(ctx)
	}
	if err != nil {
		return nil, errors.Join(errors.Wrapf(err, "cannot start a kubelet; its log:\n%s", k.Log()), k.Close())
	}
	return k, nil
}

// prepare writes the files of the node.
func (k *Kubelet) prepare(ctx context.Context) error {
	if err := os.WriteFile(filepath.Join(k.dir, "kubeconfig"), k.options.Kubeconfig, 0o600); err != nil {
		return err
	}
	pause := filepath.Join(k.dir, "pause")
	if err := kernelvm.Build(ctx, "test/kubelet/pause", pause); err != nil {
		return err
	}
	if err := WriteImages(filepath.Join(k.dir, "pause.tar"), ProgramImage(pauseImage, pause)); err != nil {
		return err
	}
	for _, archive := range k.options.Images {
		if err := os.Symlink(archive, filepath.Join(k.dir, filepath.Base(archive))); err != nil {
			return err
		}
	}
	if k.options.Plugins != "" {
		to := filepath.Join(k.dir, "host", "opt", "cni", "bin")
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
		if err := os.CopyFS(to, os.DirFS(k.options.Plugins)); err != nil {
			return err
		}
	}
	for path, content := range k.options.Files {
		if err := k.WriteFile(path, content); err != nil {
			return err
		}
	}
	for address, driver := range k.options.PCIDevices {
		if err := k.writePCIDevice(address, driver); err != nil {
			return err
		}
	}
	return nil
}

// writePCIDevice writes an ENA device that is bound to a driver.
func (k *Kubelet) writePCIDevice(address, driver string) error {
	for _, dir := range []string{"drivers/" + driver, "devices/" + address} {
		if err := os.MkdirAll(k.Path("/sys/bus/pci/"+dir), 0o755); err != nil {
			return err
		}
	}
	device := "/sys/bus/pci/devices/" + address
	for name, content := range map[string]string{"vendor": "0x1d0f\n", "device": "0xec20\n", "class": "0x020000\n"} {
		if err := k.WriteFile(device+"/"+name, content); err != nil {
			return err
		}
	}
	return os.Symlink("../../drivers/"+driver, k.Path(device+"/driver"))
}

// WriteFile writes a file of the node, below a directory that run.sh mounts.
func (k *Kubelet) WriteFile(path, content string) error {
	to := k.Path(path)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, []byte(content), 0o600)
}

// Path returns the path on this machine of a file of the node.
func (k *Kubelet) Path(path string) string { return filepath.Join(k.dir, "host", path) }

// Boot starts containerd and the kubelet of a node that PowerOff stopped.
func (k *Kubelet) Boot(ctx context.Context) error {
	o := k.options
	port := "10250"
	if o.Address == "" {
		var err error
		if port, err = freePort(ctx); err != nil {
			return err
		}
	}
	env := []string{"PROVIDER_ID=" + o.ProviderID, "LABELS=" + labels.FormatLabels(o.Labels), "TAINTS=" + o.Taints}
	if len(o.Labels) == 0 {
		env[1] = "LABELS="
	}
	if o.Name != "" {
		env = append(env, "NODE_NAME="+o.Name)
	}
	if o.Address != "" {
		env = append(env, "NODE_IP="+o.Address, "LISTEN=0.0.0.0")
	}
	if o.Plugins != "" {
		env = append(env, "CNI_BIN=/opt/cni/bin")
	}
	var enter []string
	if o.NetworkNamespace != "" {
		enter = []string{"nsenter", "--net=/run/netns/" + o.NetworkNamespace}
	}
	// The kubelet is the init of its PID namespace: containerd, its shims and the pods
	// are killed with it.
	program := slices.Concat(env, enter, []string{
		"unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc",
		filepath.Join(testbed.RepositoryRoot(), "test/kubelet/run.sh"), filepath.Join(o.Programs, "kubelet"), k.dir, port,
	})
	k.starts++
	for _, socket := range []string{k.PodResources(), k.DevicePlugins("kubelet.sock")} {
		_ = os.Remove(socket) // of the last boot
	}
	var err error
	if k.process, err = process.Start(k.log(), "env", program...); err != nil {
		return err
	}
	return k.await(ctx, startTimeout, "the kubelet does not listen", func() bool { return exists(k.PodResources()) && exists(k.DevicePlugins("kubelet.sock")) })
}

// Restart kills the kubelet and starts it again, and returns when it listens. containerd and the
// pods keep running.
func (k *Kubelet) Restart(ctx context.Context) error {
	before, err := os.Stat(k.DevicePlugins("kubelet.sock"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(k.dir, "restart"), []byte("\n"), 0o600); err != nil {
		return err
	}
	return k.await(ctx, startTimeout, "the kubelet does not listen after its restart", func() bool {
		now, err := os.Stat(k.DevicePlugins("kubelet.sock"))
		return err == nil && !now.ModTime().Equal(before.ModTime())
	})
}

// PowerOff kills the kubelet, containerd and all pods. Files of the node remain.
func (k *Kubelet) PowerOff() {
	if k.process != nil {
		k.process.Kill()
		k.process = nil
	}
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
	k.PowerOff()
	return os.RemoveAll(k.dir)
}

// PodResources returns the socket of the PodResources API.
func (k *Kubelet) PodResources() string {
	return filepath.Join(k.dir, "kubelet", "pod-resources", "kubelet.sock")
}

// DevicePlugins returns the path of a file in the kubelet's directory of device plugins.
func (k *Kubelet) DevicePlugins(name string) string {
	return filepath.Join(k.dir, "kubelet", "device-plugins", name)
}

// log returns the path of the log since the last boot.
func (k *Kubelet) log() string { return filepath.Join(k.dir, fmt.Sprintf("kubelet-%d.log", k.starts)) }

// Log returns the last lines of the log of the kubelet and containerd.
func (k *Kubelet) Log() string { return process.Tail(k.log(), 60) }

// PodLogs returns a pattern of the logs of pods: pod, container and file.
func (k *Kubelet) PodLogs(pod, container, file string) string {
	return filepath.Join(k.dir, "logs", pod, container, file)
}
