// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/process"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// The versions of the package.
const (
	version1 = "v0.0.1"
	version2 = "v0.0.2"
)

// An environment is a cluster with Crossplane, a registry, EC2 and nodes.
type environment struct {
	*cluster
	registry string
	ec2      *ec2emulator.Server
	ec2URL   string
	hosts    *testbed.Hosts
	pods     *podRuntime
	world    *testbed.World
	agents   map[string]*process.Process // by node
	stopPods context.CancelFunc
	tokens   *podIdentityAgent
}

var shared struct {
	once sync.Once
	env  *environment
	err  error
}

// installed returns the environment that all tests share, in which the package is
// installed. The first test starts it.
func installed(t *testing.T) *environment {
	t.Helper()
	shared.once.Do(func() { shared.env, shared.err = start(context.Background()) }) //nolint:usetesting // outlives the test
	if shared.err != nil {
		if shared.env != nil {
			shared.env.dump(t)
		}
		t.Fatal(shared.err)
	}
	return shared.env
}

func stopShared() {
	if e := shared.env; e != nil {
		e.stopPods()
		e.stop()
	}
}

func start(ctx context.Context) (*environment, error) {
	e := &environment{agents: map[string]*process.Process{}, stopPods: func() {}}
	var err error
	if e.cluster, err = startCluster(os.Getenv(inside)); err != nil {
		return nil, err
	}
	scheme, err := controller.NewScheme()
	if err != nil {
		return e, err
	}
	if e.kube, err = client.NewWithWatch(e.config, client.Options{Scheme: scheme}); err != nil {
		return e, err
	}
	if e.registry, err = startRegistry(ctx); err != nil {
		return e, err
	}
	if err := release(ctx, e.registry, version1); err != nil {
		return e, err
	}
	if err := e.startEC2(ctx); err != nil {
		return e, err
	}
	if err := e.startCrossplane(ctx); err != nil {
		return e, err
	}
	if e.tokens, err = startPodIdentityAgent(ctx); err != nil {
		return e, err
	}
	e.startPods()
	if err := e.installFunctions(ctx); err != nil {
		return e, err
	}
	if err := e.installProvider(ctx, version1); err != nil {
		return e, err
	}
	return e, e.installAgents(ctx)
}

func (e *environment) startEC2(ctx context.Context) error {
	e.ec2 = ec2emulator.New(ec2emulator.Options{})
	u, err := e.ec2.Start(ctx, "")
	if err != nil {
		return err
	}
	e.ec2URL = u
	e.world = &testbed.World{EC2: e.ec2, EC2URL: u, Kube: e.kube}
	if err := e.ec2.Seed(testbed.Seed()); err != nil {
		return err
	}
	e.hosts, err = testbed.NewHosts(ctx, "h", e.ec2)
	return err
}

func (e *environment) startPods() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	e.pods = &podRuntime{c: e.cluster, hosts: e.hosts, forward: []string{e.apiServer(), strings.TrimPrefix(e.ec2URL, "http://"), e.tokens.address}, inject: e.tokens.variables(), running: map[string]*workload{}}
	go func() {
		defer close(done)
		e.pods.run(ctx)
	}()
	e.stopPods = func() {
		cancel()
		<-done
		for _, w := range e.pods.running {
			w.stop()
		}
	}
}

func (e *environment) apiServer() string {
	u, err := url.Parse(e.config.Host)
	if err != nil || u.Host == "" {
		return e.config.Host
	}
	return u.Host
}

func (e *environment) installFunctions(ctx context.Context) error {
	for program, module := range map[string]string{
		"function-patch-and-transform": "github.com/crossplane-contrib/function-patch-and-transform",
		"function-auto-ready":          "github.com/crossplane/function-auto-ready",
	} {
		image, err := pushFunction(ctx, e.registry, program, module)
		if err != nil {
			return fmt.Errorf("cannot push %s: %w", program, err)
		}
		if err := e.kube.Create(ctx, object("pkg.crossplane.io/v1", "Function", "", program, map[string]any{"package": image})); err != nil {
			return err
		}
	}
	return nil
}

// installProvider applies cluster/manifests/crossplane with the package of a version, as
// docs/install.md does, and waits until the Provider is healthy.
func (e *environment) installProvider(ctx context.Context, version string) error {
	raw, err := os.ReadFile(filepath.Join(root, "cluster/manifests/crossplane/provider.yaml"))
	if err != nil {
		return err
	}
	const placeholder = "registry.example.org/provider-aws-eni:devel"
	manifest := strings.Replace(string(raw), placeholder, e.registry+"/provider-aws-eni-package:"+version, 1)
	if manifest == string(raw) {
		return fmt.Errorf("provider.yaml does not contain %s", placeholder)
	}
	// The ProviderConfig of a tenant needs the endpoint of the emulator, which users do not set.
	manifest = strings.Replace(manifest, "- --namespace=provider-aws-eni-system\n", "- --namespace=provider-aws-eni-system\n            - --providerconfig-endpoint-namespaces=tenant\n", 1)
	path := filepath.Join(e.dir, "provider.yaml")
	if err := os.WriteFile(path, []byte(manifest), 0o600); err != nil {
		return err
	}
	for _, f := range []string{filepath.Join(root, "cluster/manifests/namespace.yaml"), filepath.Join(root, "cluster/manifests/crossplane/rbac.yaml"), path} {
		// The first attempts fail: Crossplane's CRDs are new to kubectl.
		if err := eventually(ctx, 30*time.Second, func() error { _, err := e.kubectl(ctx, "apply", "-f", f); return err }); err != nil {
			return err
		}
	}
	return e.healthy(ctx, version)
}

// healthy waits until a version of the package is active and healthy.
func (e *environment) healthy(ctx context.Context, version string) error {
	return eventually(ctx, 2*time.Minute, func() error {
		p, err := e.get(ctx, "pkg.crossplane.io/v1", "Provider", "", "provider-aws-eni")
		if err != nil {
			return err
		}
		if image, _, _ := unstructured.NestedString(p.Object, "status", "currentIdentifier"); !strings.HasSuffix(image, ":"+version) {
			return fmt.Errorf("the Provider runs %q, not %s", image, version)
		}
		if _, err := e.kubectl(ctx, "wait", "provider.pkg.crossplane.io/provider-aws-eni", "--for=condition=Healthy", "--timeout=0"); err != nil {
			return err
		}
		return e.pods.ready()
	})
}

// ready returns an error if a replica has ended or a program could not be started.
func (r *podRuntime) ready() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	for name, w := range r.running {
		if w.log != "" {
			return fmt.Errorf("a replica of %s ended:\n%s", name, process.Tail(w.log, 20))
		}
	}
	return nil
}

// installAgents applies the agents' manifests and the ClusterProviderConfig for the emulator.
func (e *environment) installAgents(ctx context.Context) error {
	manifests := filepath.Join(root, "cluster/manifests")
	if _, err := e.kubectl(ctx, "apply", "-f", filepath.Join(manifests, "agent.yaml"), "-f", filepath.Join(manifests, "admission.yaml")); err != nil {
		return err
	}
	for _, o := range []client.Object{
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: testbed.Namespace, Name: "aws-credentials"},
			StringData: map[string]string{"credentials": "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = " + secretKey + "\n"},
		},
		&v1alpha1.ClusterProviderConfig{
			ObjectMeta: metav1.ObjectMeta{Name: "default"},
			Spec: v1alpha1.ClusterProviderConfigSpec{
				ProviderConfigSpec: v1alpha1.ProviderConfigSpec{
					Credentials: v1alpha1.ProviderCredentials{
						Source:    v1alpha1.CredentialsSourceSecret,
						SecretRef: &xpv2.SecretKeySelector{SecretReference: xpv2.SecretReference{Namespace: testbed.Namespace, Name: "aws-credentials"}, Key: "credentials"},
					},
					Endpoint: &v1alpha1.EndpointConfig{URL: v1alpha1.EndpointURL{Type: "Static", Static: e.ec2URL}},
				},
				// By their labels, which the provider reads.
				HostNamespaces: &v1alpha1.NamespaceSelector{Selector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: corev1.LabelMetadataName, Operator: metav1.LabelSelectorOpExists}}}},
			},
		},
	} {
		if err := e.kube.Create(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// secretKey is in no output of any program.
const secretKey = "c2VjcmV0LW9mLXRoZS1zdWl0ZQ" //nolint:gosec // for the emulator

// node adds a node with its agent, which runs from the image that make images pushed, with
// a token that is bound to its pod.
func (e *environment) node(t *testing.T, name, subnet, instanceType string) {
	t.Helper()
	ctx := t.Context()
	n, err := e.world.AddNode(ctx, name, subnet, instanceType, map[string]string{"role": "edge"})
	if err != nil {
		t.Fatal(err)
	}
	ns, err := e.hosts.Add(ctx, name, filepath.Base(n.Spec.ProviderID))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.hosts.Forward(context.WithoutCancel(ctx), ns, e.apiServer()); err != nil {
		t.Fatal(err)
	}
	account := testbed.AgentServiceAccount
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: testbed.Namespace, Name: account + "-" + name},
		Spec:       corev1.PodSpec{NodeName: name, ServiceAccountName: account, Containers: []corev1.Container{{Name: "agent", Image: e.registry + "/provider-aws-eni-agent:" + version1}}},
	}
	if err := e.kube.Create(ctx, pod); err != nil {
		t.Fatal(err)
	}
	kubeconfig, err := e.token(ctx, testbed.Namespace, account, pod.Name, pod)
	if err != nil {
		t.Fatal(err)
	}
	program, _, err := unpack(ctx, pod.Spec.Containers[0].Image, filepath.Join(e.dir, "images"))
	if err != nil {
		t.Fatal(err)
	}
	// veth: the links of network namespaces are no PCI devices.
	p, err := process.Start(filepath.Join(e.dir, pod.Name+".log"), "ip", "netns", "exec", ns, "env", "KUBECONFIG="+kubeconfig, program,
		"--node-name", name, "--namespace", testbed.Namespace, "--link-kinds", "device,veth")
	if err != nil {
		t.Fatal(err)
	}
	e.agents[name] = p
	e.wait(t, 30*time.Second, func() error {
		_, err := e.get(ctx, "coordination.k8s.io/v1", "Lease", testbed.Namespace, "agent-"+name)
		return err
	})
}

// get returns an object.
func (e *environment) get(ctx context.Context, apiVersion, kind, namespace, name string) (*unstructured.Unstructured, error) {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(schema.FromAPIVersionAndKind(apiVersion, kind))
	return u, e.kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, u)
}

// list returns the objects of a kind in a namespace, or in all.
func (e *environment) list(ctx context.Context, apiVersion, kind, namespace string) ([]unstructured.Unstructured, error) {
	l := &unstructured.UnstructuredList{}
	l.SetGroupVersionKind(schema.FromAPIVersionAndKind(apiVersion, kind+"List"))
	err := e.kube.List(ctx, l, client.InNamespace(namespace))
	return l.Items, err
}

// object returns an object with a spec.
func object(apiVersion, kind, namespace, name string, spec map[string]any) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	u.SetAPIVersion(apiVersion)
	u.SetKind(kind)
	u.SetNamespace(namespace)
	u.SetName(name)
	return u
}

// apply creates the objects of files in examples, or updates them.
func (e *environment) apply(t *testing.T, files ...string) {
	t.Helper()
	for _, f := range files {
		e.wait(t, 30*time.Second, func() error { _, err := e.kubectl(t.Context(), "apply", "-f", filepath.Join(root, f)); return err })
	}
}

// namespaceFor creates a namespace.
func (e *environment) namespaceFor(t *testing.T, name string) {
	t.Helper()
	if err := e.kube.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil && !kerrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// dump logs the last lines of every program.
func (e *environment) dump(t *testing.T) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(e.dir, "*.log"))
	for _, f := range files {
		switch filepath.Base(f) {
		case "audit.log", "kube-apiserver.log", "kube-controller-manager.log", "crossplane.log", "rbac-manager.log":
		default:
			t.Logf("%s:\n%s", filepath.Base(f), process.Tail(f, 4))
		}
	}
}

// ip runs ip in the network namespace of a node.
func (e *environment) ip(t *testing.T, node string, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ip", append([]string{"-n", "h-" + node}, args...)...).CombinedOutput()
	return string(out), err
}

// applyExample applies the files of a directory of examples/compositions, with other ids.
func (e *environment) applyExample(t *testing.T, dir string, ids *strings.Replacer) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "examples/compositions", dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no files: %v", err)
	}
	var ordered []string // xr.yaml is last, as in docs/compositions.md
	for _, f := range files {
		if b := filepath.Base(f); b != "rendered.yaml" && b != "xr.yaml" {
			ordered = append(ordered, f)
		}
	}
	for _, f := range append(ordered, filepath.Join(root, "examples/compositions", dir, "xr.yaml")) {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(e.dir, "example.yaml")
		if err := os.WriteFile(path, []byte(ids.Replace(string(raw))), 0o600); err != nil {
			t.Fatal(err)
		}
		// The kind of an XR exists some time after its definition.
		e.wait(t, 30*time.Second, func() error { _, err := e.kubectl(t.Context(), "apply", "-f", path); return err })
	}
}
