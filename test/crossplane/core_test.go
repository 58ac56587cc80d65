// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Ports of Crossplane that differ from its defaults: the RBAC manager and the functions use
// the defaults.
const (
	webhookPort = 9444
	metricsPort = 8082
)

// startCrossplane installs Crossplane as its chart does, without activation of all kinds,
// and starts it.
func (c *cluster) startCrossplane(ctx context.Context) error {
	module, err := moduleDir(ctx, "crossplane", "github.com/crossplane/crossplane/v2")
	if err != nil {
		return err
	}
	if err := c.kube.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: crossplaneSpace}}); err != nil {
		return err
	}
	if err := c.applyChart(ctx, filepath.Join(module, "cluster", "charts", "crossplane")); err != nil {
		return err
	}
	core, err := c.token(ctx, crossplaneSpace, "crossplane", "crossplane", nil)
	if err != nil {
		return err
	}
	rbac, err := c.token(ctx, crossplaneSpace, "rbac-manager", "rbac-manager", nil)
	if err != nil {
		return err
	}
	program := filepath.Join(os.Getenv("CROSSPLANE_PROGRAMS"), "crossplane")
	env := []string{
		"POD_NAMESPACE=" + crossplaneSpace, "POD_SERVICE_ACCOUNT=crossplane",
		"TLS_CA_SECRET_NAME=crossplane-root-ca", "TLS_SERVER_SECRET_NAME=crossplane-tls-server", "TLS_CLIENT_SECRET_NAME=crossplane-tls-client",
		"WEBHOOK_SERVICE_NAME=crossplane-webhooks", "WEBHOOK_SERVICE_NAMESPACE=" + crossplaneSpace, "WEBHOOK_SERVICE_PORT=9443",
		"CRDS_PATH=" + filepath.Join(module, "cluster", "crds"), "WEBHOOK_CONFIGS_PATH=" + filepath.Join(module, "cluster", "webhookconfigurations"),
	}
	// A kubelet starts an init container again that fails: the API server may not serve the
	// new CRDs yet.
	if err := eventually(ctx, time.Minute, func() error {
		initialize := exec.CommandContext(ctx, program, "core", "init")
		initialize.Env = append(os.Environ(), append(env, "KUBECONFIG="+core)...)
		out, err := initialize.CombinedOutput()
		if err != nil {
			return fmt.Errorf("cannot initialize Crossplane: %w: %s", err, out)
		}
		return nil
	}); err != nil {
		return err
	}
	tls := filepath.Join(c.dir, "tls")
	for _, s := range []string{"server", "client"} {
		if err := c.writeSecret(ctx, crossplaneSpace, "crossplane-tls-"+s, filepath.Join(tls, s)); err != nil {
			return err
		}
	}
	for _, d := range []string{"xpkg", "xfn"} { // volumes of the Deployment
		if err := os.Mkdir(filepath.Join(c.dir, d), 0o700); err != nil {
			return err
		}
	}
	if err := c.routeWebhooks(ctx); err != nil {
		return err
	}
	if err := c.start("rbac-manager", []string{"KUBECONFIG=" + rbac}, program, "rbac", "start", "--debug"); err != nil {
		return err
	}
	return c.start("crossplane", append(env, "KUBECONFIG="+core,
		"TLS_SERVER_CERTS_DIR="+filepath.Join(tls, "server"), "TLS_CLIENT_CERTS_DIR="+filepath.Join(tls, "client"),
		fmt.Sprintf("WEBHOOK_PORT=%d", webhookPort), fmt.Sprintf("METRICS_PORT=%d", metricsPort),
		"XPKG_CACHE_DIR="+filepath.Join(c.dir, "xpkg"), "XFN_CACHE_DIR="+filepath.Join(c.dir, "xfn")),
		program, "core", "start", "--debug")
}

// applyChart creates the objects of Crossplane's chart but its workloads.
func (c *cluster) applyChart(ctx context.Context, dir string) error {
	chart, err := loader.LoadDir(dir)
	if err != nil {
		return err
	}
	// Without activations, as in hardened installations: the kinds are activated by
	// cluster/manifests/crossplane.
	values, err := chartutil.ToRenderValues(chart, map[string]any{"provider": map[string]any{"defaultActivations": []any{}}},
		chartutil.ReleaseOptions{Name: "crossplane", Namespace: crossplaneSpace, IsInstall: true}, nil)
	if err != nil {
		return err
	}
	files, err := engine.Render(chart, values)
	if err != nil {
		return err
	}
	for name, content := range files {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		for _, u := range documents([]byte(content)) {
			if u.GetKind() == "Deployment" {
				continue
			}
			if err := c.kube.Create(ctx, u); err != nil && !kerrors.IsAlreadyExists(err) {
				return fmt.Errorf("cannot create %s %s of Crossplane's chart: %w", u.GetKind(), u.GetName(), err)
			}
		}
	}
	return nil
}

// documents returns the objects of a YAML file. It ignores documents without a kind.
func documents(raw []byte) []*unstructured.Unstructured {
	d := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(raw), 4096)
	var out []*unstructured.Unstructured
	for {
		u := &unstructured.Unstructured{}
		if err := d.Decode(u); err != nil {
			if err != io.EOF { //nolint:errorlint // as the decoder returns it
				panic(err)
			}
			return out
		}
		if u.GetKind() != "" {
			out = append(out, u)
		}
	}
}

// writeSecret writes the data of a Secret to a directory, as a kubelet mounts it.
func (c *cluster) writeSecret(ctx context.Context, namespace, name, dir string) error {
	s := &corev1.Secret{}
	if err := c.kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, s); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // the provider runs as another user
		return err
	}
	for k, v := range s.Data {
		if err := os.WriteFile(filepath.Join(dir, k), v, 0o644); err != nil { //nolint:gosec // the provider runs as another user
			return err
		}
	}
	return nil
}

// routeWebhooks creates the EndpointSlice of Crossplane's webhooks, which has no pods.
func (c *cluster) routeWebhooks(ctx context.Context) error {
	return c.kube.Create(ctx, &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: crossplaneSpace, Name: "crossplane-webhooks", Labels: map[string]string{discoveryv1.LabelServiceName: "crossplane-webhooks"}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{serviceAddress}, Conditions: discoveryv1.EndpointConditions{Ready: new(true)}}},
		Ports:       []discoveryv1.EndpointPort{{Name: new(""), Port: new(int32(webhookPort)), Protocol: new(corev1.ProtocolTCP)}},
	})
}
