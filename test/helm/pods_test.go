// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// inside is set in the process that TestPods starts in a network namespace.
const inside = "TEST_PODS_DIRECTORY"

// node is the name that test/kubelet/run.sh gives the kubelet's node, and address is its
// address in the network namespace.
const (
	node    = "node"
	address = "192.0.2.10"
)

// TestPods runs the provider and an agent in pods of a real kubelet, as the chart configures
// them, until a NodeENI is Ready. It requires root, and the directory that
// test/kubelet/ensure.sh prints in KUBELET. Everything runs in a network namespace, in
// which the test adds the link of the ENI.
func TestPods(t *testing.T) {
	if os.Getenv("KUBELET") == "" {
		t.Skip("this test runs a kubelet: run make e2e-kubelet, or set KUBELET to the directory that test/kubelet/ensure.sh prints")
	}
	if dir := os.Getenv(inside); dir != "" {
		runPods(t, dir)
		return
	}
	// Paths of sockets are limited to 107 characters: no t.TempDir.
	dir, err := os.MkdirTemp("", "helm-pods-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	// As make build does, whose compiled packages are cached.
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", dir, "./cmd/provider", "./cmd/agent", "./hack/ec2emulator", "./test/kubelet/pause")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("cannot build: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--net", os.Args[0], "-test.run=^TestPods$", "-test.v", "-test.timeout=4m")
	cmd.Env = append(os.Environ(), inside+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	// The kernel sends Pdeathsig when the thread that started the program ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	t.Logf("in the network namespace:\n%s", out)
	if err != nil {
		t.Fatal(err)
	}
}

func runPods(t *testing.T, dir string) {
	t.Helper()
	runtime.LockOSThread() // see TestPods
	setUpNetwork(t)
	images(t, filepath.Join(dir, "image.tar"), map[string]string{
		"pause.invalid/pause:1":        filepath.Join(dir, "pause"),
		"provider-aws-eni:devel":       filepath.Join(dir, "provider"),
		"provider-aws-eni-agent:devel": filepath.Join(dir, "agent"),
	})

	s := &server{serviceAccounts: true}
	s.start(t)
	t.Cleanup(func() { _ = errors.Join(s.env.Stop(), os.RemoveAll(s.dir)) })
	kube := s.client(t)
	start(t, dir, "ec2emulator", filepath.Join(dir, "ec2emulator"), "--address=127.0.0.1:4566")
	startKubelet(t, s, dir)
	registered(t, kube)

	h := helmClient{t: t, s: s, name: "edge", namespace: "edge-network"}
	createNamespace(t, kube, h.namespace)
	apply(t, kube, `{apiVersion: v1, kind: Secret, metadata: {namespace: edge-network, name: aws}, stringData: {credentials: "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = emulated\n"}}`)
	// Controllers create this ConfigMap, and pods from workloads: here the test does.
	ca := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: "kube-root-ca.crt"}, Data: map[string]string{"ca.crt": string(s.config.CAData)}}
	if err := kube.Create(t.Context(), ca); err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(strings.TrimPrefix(s.config.Host, "https://"), ":")
	env := fmt.Sprintf(`[{name: KUBERNETES_SERVICE_HOST, value: "%s"}, {name: KUBERNETES_SERVICE_PORT, value: "%s"}]`, host, strings.TrimSuffix(port, "/"))
	h.install(loadChart(t), `
provider: {hostNetwork: true, flags: {region: us-east-1, log-level: debug}, env: `+env+`}
agent: {flags: {link-kinds: [device, veth], log-level: debug}, env: `+env+`}
clusterProviderConfig:
  spec: {credentials: {source: Secret, secretRef: {namespace: edge-network, name: aws, key: credentials}}, endpoint: {url: {type: Static, static: "http://127.0.0.1:4566"}}}
`)
	h.upgrade(loadChart(t), "{}")

	deployment, daemonSet := &appsv1.Deployment{}, &appsv1.DaemonSet{}
	for name, o := range map[string]client.Object{"edge-provider-aws-eni": deployment, "edge-provider-aws-eni-agent": daemonSet} {
		if err := kube.Get(t.Context(), client.ObjectKey{Namespace: h.namespace, Name: name}, o); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			logs(t, dir)
		}
	})
	for name, template := range map[string]corev1.PodTemplateSpec{"provider": deployment.Spec.Template, "agent": daemonSet.Spec.Template} {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name, Labels: template.Labels}, Spec: template.Spec}
		p.Spec.NodeName = node
		if err := kube.Create(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"provider", "agent"} {
		within(t, time.Minute, "pod "+name+" is ready", func() error {
			p := &corev1.Pod{}
			if err := kube.Get(t.Context(), client.ObjectKey{Namespace: h.namespace, Name: name}, p); err != nil {
				return err
			}
			for _, c := range p.Status.Conditions {
				if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
					return nil
				}
			}
			return fmt.Errorf("status %+v", p.Status)
		})
	}

	apply(t, kube, `{apiVersion: networking.k8s.aws/v1alpha1, kind: NodeENI, metadata: {name: uplink}, spec: {nodeSelector: {ng: multi-eni}, subnetID: subnet-tenant-a, securityGroupIDs: [sg-05da196f3314d4af8], mtu: 9001}}`)
	attachLink(t, kube)
	neni := h.get("networking.k8s.aws/v1alpha1", "NodeENI", "", "uplink")
	within(t, time.Minute, "the NodeENI is Ready", func() error { return isReady(t.Context(), kube, neni) })
	if out := ip(t, "link show dev uplink-0"); !strings.Contains(out, "mtu 9001") || !strings.Contains(out, "UP") {
		t.Errorf("the link is not configured: %s", out)
	}
	// NET_ADMIN is capability 12.
	for program, want := range map[string]string{"/provider": "0000000000000000", "/agent": "0000000000001000"} {
		if got := capabilities(t, program); got != want {
			t.Errorf("%s has the effective capabilities %s, want %s", program, got, want)
		}
	}

	if err := kube.Delete(t.Context(), neni); err != nil {
		t.Fatal(err)
	}
	within(t, time.Minute, "the NodeENI is deleted", func() error {
		if h.get("networking.k8s.aws/v1alpha1", "NodeENI", "", "uplink") != nil {
			return errors.New("it exists")
		}
		return nil
	})
}

// within fails the test if check does not return nil in time.
func within(t *testing.T, d time.Duration, what string, check func() error) {
	t.Helper()
	started := time.Now()
	if err := eventually(t.Context(), d, check); err != nil {
		t.Fatalf("after %s: not true: %s: %v", d, what, err)
	}
	t.Logf("%5.1f s: %s", time.Since(started).Seconds(), what)
}

func ip(t *testing.T, args string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ip", strings.Fields(args)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ip %s: %v: %s", args, err, out)
	}
	return string(out)
}

func apply(t *testing.T, kube client.Client, text string) {
	t.Helper()
	u := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &u.Object); err != nil {
		t.Fatal(err)
	}
	if err := eventually(t.Context(), 10*time.Second, func() error { return kube.Create(t.Context(), u.DeepCopy()) }); err != nil {
		t.Fatal(err)
	}
}

// start starts a program that ends with the test, with its output in a file.
func start(t *testing.T, dir, name, program string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = log.Close()
	})
}

// startKubelet starts containerd and a kubelet with test/kubelet/run.sh.
func startKubelet(t *testing.T, s *server, dir string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "kubeconfig"), s.env.KubeConfig, 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, dir, "kubelet", "env", "NODE_IP="+address, "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc",
		filepath.Join(root, "test", "kubelet", "run.sh"), filepath.Join(os.Getenv("KUBELET"), "kubelet"), dir, "10250")
}

// registered waits for the kubelet's node, and makes it an instance of the emulator.
func registered(t *testing.T, kube client.Client) {
	t.Helper()
	n := &corev1.Node{}
	within(t, 90*time.Second, "the node is registered", func() error { return kube.Get(t.Context(), client.ObjectKey{Name: node}, n) })
	patch := `{"metadata":{"labels":{"ng":"multi-eni","topology.kubernetes.io/zone":"us-east-1a"}},"spec":{"providerID":"aws:///us-east-1a/i-000000000000000a1"}}`
	if err := kube.Patch(t.Context(), n, client.RawPatch("application/merge-patch+json", []byte(patch))); err != nil {
		t.Fatal(err)
	}
}

// capabilities returns the effective capabilities of a program in this network namespace.
func capabilities(t *testing.T, program string) string {
	t.Helper()
	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		ns, _ := os.Readlink(filepath.Join(d, "ns", "net"))
		cmdline, _ := os.ReadFile(filepath.Join(d, "cmdline"))
		status, _ := os.ReadFile(filepath.Join(d, "status"))
		if name, _, _ := strings.Cut(string(cmdline), "\x00"); ns != own || name != program {
			continue
		}
		for line := range strings.Lines(string(status)) {
			if v, ok := strings.CutPrefix(line, "CapEff:"); ok {
				return strings.TrimSpace(v)
			}
		}
	}
	t.Fatalf("%s does not run", program)
	return ""
}

// logs prints the end of the logs of the programs and pods.
func logs(t *testing.T, dir string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	pods, _ := filepath.Glob(filepath.Join(dir, "logs", "*", "*", "*.log"))
	for _, f := range append(files, pods...) {
		text, _ := os.ReadFile(f)
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		t.Logf("%s:\n%s", f, strings.Join(lines[max(0, len(lines)-25):], "\n"))
	}
}

// images writes an archive of images, each of which contains one static program.
func images(t *testing.T, to string, programs map[string]string) {
	t.Helper()
	files, manifest := map[string][]byte{}, []map[string]any{}
	for image, program := range programs {
		raw, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(program)
		layer := archive(t, map[string][]byte{name: raw})
		sum := sha256.Sum256(layer)
		config, err := json.Marshal(map[string]any{
			"architecture": "amd64", "os": "linux",
			"config": map[string]any{"Entrypoint": []string{"/" + name}},
			"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + hex.EncodeToString(sum[:])}},
		})
		if err != nil {
			t.Fatal(err)
		}
		files[name+".tar"], files[name+".json"] = layer, config
		manifest = append(manifest, map[string]any{"Config": name + ".json", "RepoTags": []string{image}, "Layers": []string{name + ".tar"}})
	}
	raw, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	files["manifest.json"] = raw
	if err := os.WriteFile(to, archive(t, files), 0o600); err != nil {
		t.Fatal(err)
	}
}

func archive(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	var errs []error
	for name, raw := range files {
		errs = append(errs, w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(raw))}))
		_, err := w.Write(raw)
		errs = append(errs, err)
	}
	if err := errors.Join(append(errs, w.Close())...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
