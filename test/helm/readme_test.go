// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// insideReadme is set in the process that TestReadme starts in a network namespace.
const insideReadme = "TEST_README_DIRECTORY"

// Addresses in the network namespace: the Service kubernetes, to which no kube-proxy
// forwards, and EC2.
const (
	serviceAddress = "10.0.0.1"
	ec2Address     = "10.0.0.2:4566"
	registryHost   = "127.0.0.1:5000"
)

// TestReadme follows README.md from the images to a Ready HostInterface: Kubernetes with a
// controller manager, a scheduler and a kubelet pulls the images that make images pushed, and
// runs the pods that the release's Deployment and DaemonSet create. It prints the time.
//
// Three things differ from EKS: the ClusterProviderConfig gets the endpoint of an emulator and
// a key; the agent also accepts veth links, because a network namespace has no PCI devices;
// and the test adds the link when the ENI is attached.
func TestReadme(t *testing.T) {
	if os.Getenv("KUBELET") == "" || os.Getenv("KUBE_CONTROLLER_MANAGER") == "" || os.Getenv("KUBE_SCHEDULER") == "" {
		t.Skip("this test runs a kubelet: run make e2e-kubelet")
	}
	if dir := os.Getenv(insideReadme); dir != "" {
		runReadme(t, dir)
		return
	}
	dir, err := os.MkdirTemp("", "helm-readme-") //nolint:usetesting // paths of sockets are limited to 107 characters
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	// Outside the namespace, which has no route to a module proxy.
	for _, c := range [][]string{
		{root, "go", "build", "-trimpath", "-o", dir, "./hack/ec2emulator", "./test/kubelet/pause"},
		{".", "go", "build", "-trimpath", "-o", dir, "helm.sh/helm/v3/cmd/helm"},
		{root, "make", "images", "VERSION=devel"},
	} {
		build := exec.CommandContext(t.Context(), c[1], c[2:]...)
		build.Dir, build.Env = c[0], append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "MAKEFLAGS=", "MAKELEVEL=")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("cannot build: %v\n%s", err, out)
		}
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--net", os.Args[0], "-test.run=^TestReadme$", "-test.v", "-test.timeout=6m")
	cmd.Env = append(os.Environ(), insideReadme+"="+dir)
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

func runReadme(t *testing.T, dir string) {
	t.Helper()
	runtime.LockOSThread() // see TestReadme
	setUpNetwork(t)
	ip(t, "address add "+serviceAddress+"/32 dev lo")
	ip(t, "address add "+strings.Split(ec2Address, ":")[0]+"/32 dev lo")
	images(t, filepath.Join(dir, "image.tar"), map[string]string{"pause.invalid/pause:1": filepath.Join(dir, "pause")})
	serveRegistry(t)
	s := &server{serviceAccounts: true}
	s.start(t)
	t.Cleanup(func() { _ = errors.Join(s.env.Stop(), os.RemoveAll(s.dir)) })
	kube := s.client(t)
	start(t, dir, "ec2emulator", filepath.Join(dir, "ec2emulator"), "--address="+ec2Address)
	startControllers(t, s, dir, serveService(t, s.config))
	writePodNetwork(t, dir)
	startKubelet(t, s, dir)
	registered(t, kube)
	t.Cleanup(func() {
		if t.Failed() {
			logs(t, dir)
			out, _ := s.shell(t, dir, "kubectl get pods -A -o wide; kubectl get neni,eni,enia,hif -A -o wide; kubectl get neni -o jsonpath={..status}; kubectl describe pods -n provider-aws-eni-system | grep -A20 Events:")
			t.Log(out)
		}
	})

	commands := readmeCommands(t)
	started := time.Now()
	for _, c := range commands {
		out, err := s.shell(t, dir, c)
		if err != nil {
			t.Fatalf("%s: %v: %s", c, err, out)
		}
		t.Logf("%5.1f s: %s", time.Since(started).Seconds(), c)
	}
	// The emulator's endpoint and key.
	for _, c := range []string{
		`kubectl -n provider-aws-eni-system create secret generic aws --from-literal=credentials="$(printf '[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = emulated\n')"`,
		`kubectl patch clusterproviderconfig default --type=merge -p '{"spec": {"credentials": {"source": "Secret", "secretRef": {"namespace": "provider-aws-eni-system", "name": "aws", "key": "credentials"}}, "endpoint": {"url": {"type": "Static", "static": "http://` + ec2Address + `"}}}}'`,
		"kubectl -n provider-aws-eni-system rollout status deployment/provider-aws-eni --timeout=2m",
		"kubectl -n provider-aws-eni-system rollout status daemonset/provider-aws-eni-agent --timeout=2m",
		"kubectl label node " + node + " --overwrite ng=multi-eni",
	} {
		if out, err := s.shell(t, dir, c); err != nil {
			t.Fatalf("%s: %v: %s", c, err, out)
		}
	}
	t.Logf("%5.1f s: the provider and the agent are ready", time.Since(started).Seconds())
	apply(t, kube, readmeManifest(t))
	hif := attachLink(t, kube)
	within(t, time.Minute, "the HostInterface is Ready", func() error { return isReady(t.Context(), kube, hif) })
	t.Logf("%5.1f s from the images to a Ready HostInterface, by the commands of README.md", time.Since(started).Seconds())
	if out, err := s.shell(t, dir, "kubectl delete nodeeni multus-eni-config --timeout=60s"); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// readmeCommands returns the commands of README.md from the images to the release. The
// registry is the test's.
func readmeCommands(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(raw), "registry.example.org", registryHost)
	text = strings.ReplaceAll(text, "\\\n", " ")
	_, text, ok := strings.Cut(text, "\n## Install\n")
	text, _, found := strings.Cut(text, "\n### Install with manifests\n")
	if !ok || !found {
		t.Fatal("README.md has no section Install before Install with manifests")
	}
	var out []string
	for line := range strings.Lines(text) {
		if c, ok := strings.CutPrefix(line, "    "); ok {
			c = strings.Join(strings.Fields(c), " ")
			if strings.HasPrefix(c, "helm upgrade") {
				c += " --set 'agent.flags.link-kinds={device,veth}'" // see TestReadme
			}
			out = append(out, c)
		}
	}
	if len(out) != 4 {
		t.Fatalf("README.md installs with the commands %q, want four", out)
	}
	return out
}

// readmeManifest returns the NodeENI of README.md.
func readmeManifest(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```yaml\n(apiVersion: networking.k8s.aws/v1alpha1\nkind: NodeENI\n.*?)```").FindSubmatch(raw)
	if m == nil {
		t.Fatal("README.md has no NodeENI")
	}
	return strings.Replace(string(m[1]), "subnet-0f59b4f14737be9ad", "subnet-tenant-a", 1) // a subnet of the emulator
}

// shell runs a command in the root of the repository, as a user in a shell does.
func (s *server) shell(t *testing.T, dir, command string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "bash", "-c", command)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "KUBECONFIG="+s.kubeconfig, "PATH="+dir+":"+os.Getenv("KUBEBUILDER_ASSETS")+":"+os.Getenv("PATH"), "MAKEFLAGS=", "MAKELEVEL=", "HELM_CACHE_HOME="+dir, "HELM_CONFIG_HOME="+dir, "HELM_DATA_HOME="+dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// serveRegistry serves a registry that stores images in memory.
func serveRegistry(t *testing.T) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", registryHost)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go http.Serve(l, registry.New(registry.Logger(log.New(io.Discard, "", 0)))) //nolint:errcheck,gosec // until the test ends
}

// startControllers starts the controller manager and the scheduler of Kubernetes.
func startControllers(t *testing.T, s *server, dir, ca string) {
	t.Helper()
	key := filepath.Join(s.env.ControlPlane.GetAPIServer().CertDir, "sa-signer.key")
	start(t, dir, "kube-controller-manager", filepath.Join(os.Getenv("KUBE_CONTROLLER_MANAGER"), "kube-controller-manager"),
		"--kubeconfig", s.kubeconfig, "--leader-elect=false", "--service-account-private-key-file", key, "--root-ca-file", ca)
	start(t, dir, "kube-scheduler", filepath.Join(os.Getenv("KUBE_SCHEDULER"), "kube-scheduler"), "--kubeconfig", s.kubeconfig, "--leader-elect=false")
}

// serveService serves the API at the address of the Service kubernetes, as kube-proxy
// forwards it, and returns a file with the certificates that clients trust. The certificate
// of envtest's API server does not contain that address.
func serveService(t *testing.T, config *rest.Config) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kubernetes"}, IPAddresses: []net.IP{net.ParseIP(serviceAddress)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	if target.Host == "" {
		target = &url.URL{Scheme: "https", Host: config.Host}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(config.CAData)
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1 // watches
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	proxy.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	l, err := tls.Listen("tcp", serviceAddress+":443", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go http.Serve(l, proxy) //nolint:errcheck,gosec // until the test ends
	path := filepath.Join(t.TempDir(), "ca.crt")
	bundle := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), config.CAData...)
	if err := os.WriteFile(path, bundle, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// podNetwork connects each pod with a pair of veths.
const podNetwork = `{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "ptp", "mtu": 1500, "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}
]}`

// writePodNetwork configures the network of pods where test/kubelet/run.sh expects it.
func writePodNetwork(t *testing.T, dir string) {
	t.Helper()
	to := filepath.Join(dir, "host", "etc", "cni", "net.d")
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, "10-pods.conflist"), []byte(podNetwork), 0o600); err != nil {
		t.Fatal(err)
	}
}

// setUpNetwork creates the primary link of the node.
func setUpNetwork(t *testing.T) {
	t.Helper()
	ip(t, "link set lo up")
	ip(t, "link add ens5 type veth peer name peer5")
	ip(t, "addr add "+address+"/24 dev ens5")
	ip(t, "link set ens5 up")
	ip(t, "link set peer5 up")
	ip(t, "route add default via 192.0.2.1 dev ens5")
}

// attachLink adds a link with the MAC address of the only HostInterface, and returns the
// HostInterface.
func attachLink(t *testing.T, kube client.Client) *unstructured.Unstructured {
	t.Helper()
	var out *unstructured.Unstructured
	within(t, time.Minute, "a HostInterface exists", func() error {
		u := &unstructured.UnstructuredList{}
		u.SetAPIVersion("networking.k8s.aws/v1alpha1")
		u.SetKind("HostInterfaceList")
		if err := kube.List(t.Context(), u); err != nil {
			return err
		}
		if len(u.Items) != 1 {
			return fmt.Errorf("there are %d HostInterfaces", len(u.Items))
		}
		out = &u.Items[0]
		mac, _, _ := unstructured.NestedString(out.Object, "spec", "macAddress")
		ip(t, "link add ens6 mtu 9216 type veth peer name peer6 mtu 9216")
		ip(t, "link set ens6 mtu 1500 address "+mac)
		return nil
	})
	return out
}

// isReady returns an error unless an object has the condition Ready.
func isReady(ctx context.Context, kube client.Client, u *unstructured.Unstructured) error {
	if err := kube.Get(ctx, client.ObjectKeyFromObject(u), u); err != nil {
		return err
	}
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == "Ready" && c["status"] == "True" {
			return nil
		}
	}
	return fmt.Errorf("conditions %v", conditions)
}
