// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// testProviderDeleted deletes the Provider while ENIs exist. The ClusterUsage rejects that.
// Without it, the CRDs are deleted with the Provider, and the provider of
// cluster/manifests releases the ENIs, as docs/install.md describes.
func testProviderDeleted(t *testing.T) {
	e := installed(t)
	ctx := t.Context()
	e.addNodes(t)
	e.createNodeENI(t, "recovery")
	for i := range 3 {
		e.createAttached(t, "default", fmt.Sprintf("recovery-%d", i), nodeName(i))
	}
	e.wait(t, time.Minute, func() error {
		var errs []error
		for i := range 3 {
			u, err := e.get(ctx, resourceAPI, "NetworkInterfaceAttachment", "default", fmt.Sprintf("recovery-%d", i))
			if status, reason, message := condition(u, "Ready"); err != nil || status != "True" {
				errs = append(errs, fmt.Errorf("%s is not Ready: %s %s %w", u.GetName(), reason, message, err))
			}
		}
		return errors.Join(errs...)
	})
	before := len(e.ours())

	out, err := e.kubectl(ctx, "delete", "provider.pkg.crossplane.io", "provider-aws-eni", "--timeout=10s")
	if err == nil || !strings.Contains(out, "delete the NodeENIs, NetworkInterfaceAttachments and NetworkInterfaces first") {
		t.Fatalf("the ClusterUsage does not reject the deletion of the Provider: %v: %s", err, out)
	}

	t.Log("the ClusterUsage is deleted, then the Provider")
	if _, err := e.kubectl(ctx, "delete", "clusterusages.protection.crossplane.io", "provider-aws-eni", "--timeout=30s"); err != nil {
		t.Fatal(err)
	}
	// The webhook rejects the deletion until it sees that the ClusterUsage is deleted.
	e.wait(t, 30*time.Second, func() error {
		_, err := e.kubectl(ctx, "delete", "provider.pkg.crossplane.io", "provider-aws-eni", "--timeout=30s")
		return err
	})
	e.wait(t, time.Minute, func() error { return e.terminating(t, true) })
	e.wait(t, time.Minute, func() error {
		_, err := e.get(ctx, "apps/v1", "Deployment", crossplaneSpace, "provider-aws-eni")
		l, lerr := e.list(ctx, "apps/v1", "Deployment", crossplaneSpace)
		if lerr != nil || len(l) != 2 { // the functions
			return fmt.Errorf("there are %d Deployments: %w", len(l), errors.Join(err, lerr))
		}
		return nil
	})
	if n := len(e.ours()); n != before {
		t.Errorf("EC2 has %d ENIs of the provider after the deletion of the Provider, %d before", n, before)
	}

	t.Log("recovery by the commands of docs/install.md")
	started := time.Now()
	e.recover(t)
	if err := e.terminating(t, false); err != nil {
		t.Error(err)
	}
	if n := e.ours(); len(n) > 0 {
		t.Errorf("EC2 has %d ENIs of the provider, want none: %v", len(n), n)
	}
	t.Logf("%d ENIs were released and all CRDs ended after %.1f s", before, time.Since(started).Seconds())
}

// createAttached creates an ENI that is attached to a node and configured there, with
// connection Secrets.
func (e *environment) createAttached(t *testing.T, namespace, name, node string) {
	t.Helper()
	for _, u := range []*unstructured.Unstructured{
		object(resourceAPI, "NetworkInterface", namespace, name, map[string]any{
			"writeConnectionSecretToRef": map[string]any{"name": name + "-eni"},
			"forProvider":                map[string]any{"subnetId": "subnet-0f59b4f14737be9ad"},
		}),
		object(resourceAPI, "NetworkInterfaceAttachment", namespace, name, map[string]any{
			"writeConnectionSecretToRef": map[string]any{"name": name + "-attachment"},
			"forProvider":                map[string]any{"networkInterfaceRef": map[string]any{"name": name}, "nodeName": node},
			"host":                       map[string]any{"mtu": int64(9001)},
		}),
	} {
		if err := e.kube.Create(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
}

// terminating returns an error unless CRDs of the provider are being deleted, or none.
func (e *environment) terminating(t *testing.T, want bool) error {
	t.Helper()
	l, err := e.list(t.Context(), "apiextensions.k8s.io/v1", "CustomResourceDefinition", "")
	if err != nil {
		return err
	}
	var names []string
	for _, c := range l {
		if strings.HasSuffix(c.GetName(), "networking.k8s.aws") && c.GetDeletionTimestamp() != nil {
			names = append(names, c.GetName())
		}
	}
	if (len(names) > 0) != want {
		return fmt.Errorf("the CRDs %v are being deleted", names)
	}
	return nil
}

// recover runs the commands of docs/install.md.
func (e *environment) recover(t *testing.T) {
	t.Helper()
	dir := e.manifests(t)
	script := `set -e
kubectl apply -k ` + dir + ` || true # the CRD of the ClusterProviderConfig may be ending
while kubectl get crd -o jsonpath='{.items[*].metadata.deletionTimestamp}' | grep -q .; do
  kubectl apply --server-side -f package/crds
  sleep 2
done
kubectl apply --server-side -f package/crds
`
	cmd := exec.CommandContext(t.Context(), "timeout", "180", "bash", "-c", script)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "KUBECONFIG="+e.kubeconfig, "PATH="+os.Getenv("KUBEBUILDER_ASSETS")+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		e.dump(t)
		t.Fatalf("the recovery did not end: %v: %s", err, out)
	}
}

// manifests writes a kustomization of cluster/manifests with the images of the registry, as
// docs/install.md describes, and a ClusterProviderConfig for the emulator. It returns the
// directory.
func (e *environment) manifests(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(e.dir, "kustomization")
	absolute, err := filepath.Abs(filepath.Join(root, "cluster/manifests"))
	if err != nil {
		t.Fatal(err)
	}
	base, err := filepath.Rel(dir, absolute)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	content := fmt.Sprintf(`apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- %s
images:
- name: provider-aws-eni
  newName: %s/provider-aws-eni
  newTag: %s
- name: provider-aws-eni-agent
  newName: %s/provider-aws-eni-agent
  newTag: %s
patches:
- patch: |
    apiVersion: networking.k8s.aws/v1alpha1
    kind: ClusterProviderConfig
    metadata:
      name: default
    spec:
      credentials: {source: Secret, secretRef: {namespace: %s, name: aws-credentials, key: credentials}}
      endpoint: {url: {type: Static, static: %q}}
      hostNamespaces: {names: null, selector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: Exists}]}}
- target: {kind: Deployment, name: provider-aws-eni}
  patch: |
    - {op: add, path: /spec/template/spec/containers/0/args, value: [--providerconfig-endpoint-namespaces=tenant]}
`, base, e.registry, version1, e.registry, version1, testbed.Namespace, e.ec2URL)
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// testManifests uses the provider of cluster/manifests, which the recovery installed.
func testManifests(t *testing.T) {
	e := installed(t)
	ctx := t.Context()
	e.addNodes(t)
	dir := e.manifests(t)
	// The ClusterProviderConfig ended with its CRD.
	e.wait(t, 30*time.Second, func() error { _, err := e.kubectl(ctx, "apply", "-k", dir); return err })
	e.createNodeENI(t, "manifests")
	e.createAttached(t, "default", "manifests", nodeName(0))
	e.wait(t, time.Minute, func() error {
		return e.ready(t, resourceAPI, "NetworkInterfaceAttachment", "default", "manifests")
	})
	e.checkLinks(t, nodes+1, 9001)
	e.scrape(t)
	e.deleteNodeENI(t, "manifests")
	for _, kind := range []string{"networkinterfaceattachments", "networkinterfaces"} {
		if _, err := e.kubectl(ctx, "-n", "default", "delete", kind+".ec2.networking.k8s.aws", "manifests", "--timeout=60s"); err != nil {
			t.Error(err)
		}
	}
	if n := e.ours(); len(n) > 0 {
		t.Errorf("EC2 has %d ENIs of the provider, want none: %v", len(n), n)
	}
	testProviderConfigInNamespace(t)
}

// ready returns an error unless an object is Ready.
func (e *environment) ready(t *testing.T, apiVersion, kind, namespace, name string) error {
	t.Helper()
	u, err := e.get(t.Context(), apiVersion, kind, namespace, name)
	if err != nil && !kerrors.IsNotFound(err) {
		return err
	}
	if status, reason, message := condition(u, "Ready"); status != "True" {
		return fmt.Errorf("%s %s is not Ready: %s %s", kind, name, reason, message)
	}
	return nil
}
