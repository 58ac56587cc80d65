// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/yaml"

	"github.com/nodeeni/provider-aws-eni/hack/chart/render"
)

// root is the directory of the repository.
const root = "../.."

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	code := m.Run()
	for _, s := range []*server{&plain, &withCRDs} {
		if s.env != nil {
			if err := s.env.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
			_ = os.RemoveAll(s.dir)
		}
	}
	os.Exit(code)
}

// A server is an API server that tests share.
type server struct {
	crds            bool // with the CRDs of the package
	serviceAccounts bool // pods get the token of their service account

	once       sync.Once
	err        error
	env        *envtest.Environment
	dir        string
	config     *rest.Config
	kubeconfig string // a file
}

// Servers that tests share.
var plain, withCRDs = server{}, server{crds: true}

// start starts the server with the first test that uses it.
func (s *server) start(t *testing.T) *server {
	t.Helper()
	s.once.Do(func() { s.err = s.run() })
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s
}

func (s *server) run() error {
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	if assets == "" {
		return errors.New("KUBEBUILDER_ASSETS is not set: run make test-helm")
	}
	s.env = &envtest.Environment{BinaryAssetsDirectory: assets, ControlPlaneStartTimeout: time.Minute, ControlPlaneStopTimeout: 20 * time.Second}
	if s.crds {
		s.env.CRDDirectoryPaths = []string{filepath.Join(root, "package", "crds")}
	}
	s.env.ControlPlane.Etcd = &envtest.Etcd{}
	s.env.ControlPlane.Etcd.Configure().Append("unsafe-no-fsync")
	s.env.ControlPlane.GetAPIServer().Configure().Set("authorization-mode", "Node,RBAC")
	if s.serviceAccounts {
		s.env.ControlPlane.GetAPIServer().Configure().Disable("disable-admission-plugins")
	}
	var err error
	if s.config, err = s.env.Start(); err != nil {
		return err
	}
	s.config.QPS = -1
	if s.dir, err = os.MkdirTemp("", "provider-aws-eni-helm-"); err != nil {
		return err
	}
	s.kubeconfig = filepath.Join(s.dir, "kubeconfig")
	return os.WriteFile(s.kubeconfig, s.env.KubeConfig, 0o600)
}

// client returns a client with the permissions of a cluster administrator.
func (s *server) client(t *testing.T) client.Client {
	t.Helper()
	kube, err := client.New(s.config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return kube
}

// helm returns the configuration of Helm for a namespace, which it creates.
func (s *server) helm(t *testing.T, namespace string) *action.Configuration {
	t.Helper()
	createNamespace(t, s.client(t), namespace)
	flags := genericclioptions.NewConfigFlags(false)
	cache := filepath.Join(t.TempDir(), "cache")
	flags.KubeConfig, flags.Namespace, flags.CacheDir = &s.kubeconfig, &namespace, &cache
	flags.WrapConfigFn = func(c *rest.Config) *rest.Config { c.QPS = -1; return c }
	cfg := &action.Configuration{}
	if err := cfg.Init(flags, namespace, "secret", t.Logf); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func createNamespace(t *testing.T, kube client.Client, name string) {
	t.Helper()
	err := kube.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	if err != nil && !kerrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// loadChart returns the chart in the repository.
func loadChart(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(filepath.Join(root, render.Dir))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// values parses values in YAML.
func values(t *testing.T, text string) map[string]any {
	t.Helper()
	v := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// template renders the chart, as helm template does.
func template(t *testing.T, name, namespace string, vals map[string]any) ([]*unstructured.Unstructured, error) {
	t.Helper()
	i := action.NewInstall(&action.Configuration{})
	i.ReleaseName, i.Namespace, i.DryRun, i.ClientOnly, i.IncludeCRDs = name, namespace, true, true, true
	i.KubeVersion = &chartutil.KubeVersion{Version: "v1.35.0", Major: "1", Minor: "35"}
	i.APIVersions = chartutil.VersionSet{"networking.k8s.aws/v1alpha1/ClusterProviderConfig"}
	r, err := i.RunWithContext(t.Context(), loadChart(t), vals)
	if err != nil {
		return nil, err
	}
	if len(r.Hooks) > 0 {
		t.Errorf("the chart has hooks, which Helm does not uninstall: %s", r.Hooks[0].Path)
	}
	return documents(t, []byte(r.Manifest)), nil
}

// documents returns the objects of a YAML file.
func documents(t *testing.T, raw []byte) []*unstructured.Unstructured {
	t.Helper()
	var out []*unstructured.Unstructured
	r := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(raw)))
	for {
		doc, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		u := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict(doc, &u.Object); err != nil {
			t.Fatalf("%v:\n%s", err, doc)
		}
		if len(u.Object) > 0 {
			out = append(out, u)
		}
	}
}

// key identifies an object.
func key(u *unstructured.Unstructured) string {
	return fmt.Sprintf("%s %s/%s", u.GroupVersionKind().GroupKind(), u.GetNamespace(), u.GetName())
}

// eventually calls check until it returns nil.
func eventually(ctx context.Context, within time.Duration, check func() error) error {
	deadline := time.Now().Add(within)
	for {
		err := check()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
