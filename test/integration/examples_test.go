// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// ourGroups is the suffix of this provider's API groups.
const ourGroups = "networking.k8s.aws"

// yamlFiles returns the sorted paths of the YAML files below directories of the
// repository.
func yamlFiles(t *testing.T, dirs ...string) []string {
	t.Helper()
	var out []string
	for _, f := range dirs {
		err := filepath.WalkDir(filepath.Join(testbed.RepositoryRoot(), f), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" {
				return err
			}
			rel, err := filepath.Rel(testbed.RepositoryRoot(), path)
			out = append(out, rel)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(out)
	return out
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testbed.RepositoryRoot(), path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// strictClient returns an administrator's client with strict field validation.
func strictClient(t *testing.T) client.Client {
	t.Helper()
	kube, err := client.New(controlPlane(t).Config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return client.WithFieldValidation(kube, metav1.FieldValidationStrict)
}

// dryRunCreate returns the error of a dry-run create, and reports whether the API server has
// the kind.
func dryRunCreate(t *testing.T, kube client.Client, u *unstructured.Unstructured) (known bool, err error) {
	t.Helper()
	gvk := u.GroupVersionKind()
	if _, err := kube.RESTMapper().RESTMapping(gvk.GroupKind(), gvk.Version); err != nil {
		if meta.IsNoMatchError(err) && !strings.HasSuffix(gvk.Group, ourGroups) {
			return false, nil
		}
		return false, err
	}
	// A dry run requires the namespace.
	if ns := u.GetNamespace(); ns != "" {
		n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}
		if err := kube.Create(t.Context(), n); err != nil && !kerrors.IsAlreadyExists(err) {
			return true, err
		}
	}
	err = client.NewDryRunClient(kube).Create(t.Context(), u.DeepCopy())
	// The API server validates an object before it checks whether it exists.
	if kerrors.IsAlreadyExists(err) {
		err = nil
	}
	return true, err
}

// foreignKinds are the kinds in examples without a CRD in tests. test/crossplane/render
// tests Compositions, their definitions and their composite resources; the composed resources
// in rendered.yaml are applied here.
var foreignKinds = map[string]func(*testing.T, *unstructured.Unstructured){
	"k8s.cni.cncf.io/v1, Kind=NetworkAttachmentDefinition":                       networkAttachment,
	"apiextensions.crossplane.io/v2, Kind=CompositeResourceDefinition":           nil,
	"apiextensions.crossplane.io/v1, Kind=Composition":                           nil,
	"apiextensions.crossplane.io/v1alpha1, Kind=ManagedResourceActivationPolicy": nil,
	"network.example.org/v1alpha1, Kind=Appliance":                               nil,
	"network.example.org/v1alpha1, Kind=NodeNetwork":                             nil,
	"network.example.org/v1alpha1, Kind=SecondaryNetwork":                        nil,
	"network.example.org/v1alpha1, Kind=Uplink":                                  nil,
	"pkg.crossplane.io/v1, Kind=Function":                                        nil,
	"pkg.crossplane.io/v1, Kind=Provider":                                        nil,
	"protection.crossplane.io/v1beta1, Kind=ClusterUsage":                        nil,
	"pkg.crossplane.io/v1beta1, Kind=DeploymentRuntimeConfig":                    nil,
}

// networkAttachment checks the CNI configuration of a NetworkAttachmentDefinition.
func networkAttachment(t *testing.T, u *unstructured.Unstructured) {
	t.Helper()
	text, _, err := unstructured.NestedString(u.Object, "spec", "config")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		CNIVersion string `json:"cniVersion"`
		Type       string `json:"type"`
		Master     string `json:"master"`
		Device     string `json:"device"`
	}
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		t.Errorf("spec.config is not JSON: %v", err)
	}
	if config.CNIVersion == "" || config.Type == "" {
		t.Errorf("spec.config lacks cniVersion or type: %s", text)
	}
}

func TestExamples(t *testing.T) {
	kube := strictClient(t)
	for _, path := range yamlFiles(t, "examples", "cluster/manifests") {
		if filepath.Base(path) == "kustomization.yaml" {
			continue // not an object
		}
		t.Run(path, func(t *testing.T) {
			if !strings.HasPrefix(read(t, path), "# ") {
				t.Error("the file does not start with a comment that describes the example")
			}
			docs := documents(t, path)
			if len(docs) == 0 {
				t.Error("the file has no objects")
			}
			for _, u := range docs {
				if u.GetName() == "" {
					t.Errorf("%s has no name", u.GetKind())
				}
				known, err := dryRunCreate(t, kube, u)
				if err != nil {
					t.Errorf("%s %q is rejected: %v", u.GetKind(), u.GetName(), err)
				}
				if known {
					continue
				}
				check, ok := foreignKinds[u.GroupVersionKind().String()]
				if !ok {
					t.Errorf("kind %s is unknown: add it to foreignKinds", u.GroupVersionKind())
				}
				if check != nil {
					check(t, u)
				}
			}
		})
	}
}

// TestExamplesCoverKinds checks that each kind has an example.
func TestExamplesCoverKinds(t *testing.T) {
	want, got := map[string]bool{}, map[string]bool{}
	for _, path := range yamlFiles(t, "package/crds") {
		for _, u := range documents(t, path) {
			kind, _, _ := unstructured.NestedString(u.Object, "spec", "names", "kind")
			want[kind] = true
		}
	}
	for _, path := range yamlFiles(t, "examples") {
		for _, u := range documents(t, path) {
			if strings.HasSuffix(u.GroupVersionKind().Group, ourGroups) {
				got[u.GetKind()] = true
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("kinds with an example: -want, +got:\n%s", diff)
	}
	if len(want) != 8 {
		t.Errorf("there are %d kinds; the README's table has 8", len(want))
	}
}

// TestNetworkAttachmentMasters checks that the links in NetworkAttachmentDefinitions have
// names that an example configures.
func TestNetworkAttachmentMasters(t *testing.T) {
	names := map[string]bool{}
	for _, path := range yamlFiles(t, "examples") {
		for _, u := range documents(t, path) {
			switch u.GetKind() {
			case "NodeENI":
				for _, n := range eni.AltNames(u.GetName(), 0) {
					names[n] = true
				}
			case "NetworkInterfaceAttachment":
				alt, _, _ := unstructured.NestedStringSlice(u.Object, "spec", "host", "altNames")
				for _, n := range alt {
					names[n] = true
				}
			}
		}
	}
	for _, path := range yamlFiles(t, "examples/multus", "examples/compositions") {
		for _, u := range documents(t, path) {
			if u.GetKind() != "NetworkAttachmentDefinition" {
				continue
			}
			text, _, _ := unstructured.NestedString(u.Object, "spec", "config")
			config := map[string]any{}
			if err := json.Unmarshal([]byte(text), &config); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"master", "device"} {
				if n, ok := config[key].(string); ok && !names[n] {
					t.Errorf("%s: %s refers to %s %q, which no example configures", path, u.GetName(), key, n)
				}
				if n, ok := config[key].(string); ok && len(n) > 15 {
					t.Errorf("%s: %s refers to %s %q, which CNI plugins before v1.6.0 do not find", path, u.GetName(), key, n)
				}
			}
		}
	}
}
