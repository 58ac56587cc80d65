// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/release"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/metadata"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/nodeeni/provider-aws-eni/hack/chart/render"
)

// A helmClient performs Helm's actions on one release.
type helmClient struct {
	t               *testing.T
	s               *server
	name, namespace string
}

func (h helmClient) install(c *chart.Chart, vals string) *release.Release {
	h.t.Helper()
	i := action.NewInstall(h.s.helm(h.t, h.namespace))
	i.ReleaseName, i.Namespace, i.Timeout = h.name, h.namespace, time.Minute
	r, err := i.RunWithContext(h.t.Context(), c, values(h.t, vals))
	if err != nil {
		h.t.Fatalf("cannot install: %v", err)
	}
	return r
}

func (h helmClient) upgrade(c *chart.Chart, vals string) *release.Release {
	h.t.Helper()
	u := action.NewUpgrade(h.s.helm(h.t, h.namespace))
	u.Namespace, u.Timeout, u.ResetThenReuseValues = h.namespace, time.Minute, true
	r, err := u.RunWithContext(h.t.Context(), h.name, c, values(h.t, vals))
	if err != nil {
		h.t.Fatalf("cannot upgrade: %v", err)
	}
	return r
}

func (h helmClient) rollback(revision int) {
	h.t.Helper()
	r := action.NewRollback(h.s.helm(h.t, h.namespace))
	r.Version, r.Timeout = revision, time.Minute
	if err := r.Run(h.name); err != nil {
		h.t.Fatalf("cannot roll back: %v", err)
	}
}

func (h helmClient) uninstall() {
	h.t.Helper()
	u := action.NewUninstall(h.s.helm(h.t, h.namespace))
	u.Timeout, u.Wait = time.Minute, true
	if _, err := u.Run(h.name); err != nil {
		h.t.Fatalf("cannot uninstall: %v", err)
	}
}

// ofServer are the resources whose objects the API server writes, some of them after it is
// ready. The chart has none of them.
var ofServer = []string{"events", "leases", "apiservices", "componentstatuses", "flowschemas", "prioritylevelconfigurations", "servicecidrs"}

// inventory returns the objects of the API server by kind, namespace and name, except those
// that the API server writes itself.
func (h helmClient) inventory() map[string]bool {
	h.t.Helper()
	d, err := discovery.NewDiscoveryClientForConfig(h.s.config)
	if err != nil {
		h.t.Fatal(err)
	}
	lists, err := d.ServerPreferredResources()
	if err != nil {
		h.t.Fatal(err)
	}
	m, err := metadata.NewForConfig(h.s.config)
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[string]bool{}
	for _, l := range lists {
		gv, err := schema.ParseGroupVersion(l.GroupVersion)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, r := range l.APIResources {
			if !slices.Contains(r.Verbs, "list") || slices.Contains(ofServer, r.Name) {
				continue
			}
			objects, err := m.Resource(gv.WithResource(r.Name)).List(h.t.Context(), metav1.ListOptions{})
			if kerrors.IsNotFound(err) || kerrors.IsMethodNotSupported(err) { // of a CRD that was deleted
				continue
			}
			if err != nil {
				h.t.Fatal(err)
			}
			for _, o := range objects.Items {
				if ofAPIServer(o.ManagedFields) {
					continue
				}
				out[strings.TrimSpace(r.Kind+" "+o.Namespace+"/"+o.Name)] = true
			}
		}
	}
	return out
}

// waitForStorage waits until the API server lists all custom resources. It creates the cache
// of a CRD's storage with the first request. A CRD that is deleted earlier keeps its finalizer
// for minutes ("could not list instances: storage is (re)initializing").
func (h helmClient) waitForStorage() {
	h.t.Helper()
	kube := h.s.client(h.t)
	crds := &unstructured.UnstructuredList{}
	crds.SetAPIVersion("apiextensions.k8s.io/v1")
	crds.SetKind("CustomResourceDefinitionList")
	if err := kube.List(h.t.Context(), crds); err != nil {
		h.t.Fatal(err)
	}
	for _, crd := range crds.Items {
		group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
		kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
		versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
		for _, v := range versions {
			version, _, _ := unstructured.NestedString(v.(map[string]any), "name")
			list := &unstructured.UnstructuredList{}
			list.SetGroupVersionKind(schema.GroupVersionKind{Group: group, Version: version, Kind: kind + "List"})
			if err := eventually(h.t.Context(), 30*time.Second, func() error { return kube.List(h.t.Context(), list) }); err != nil {
				h.t.Fatalf("cannot list %s: %v", crd.GetName(), err)
			}
		}
	}
}

// ofAPIServer reports whether only the API server has written an object, by its managed
// fields. It creates some objects, such as Service default/kubernetes, after it is ready.
func ofAPIServer(fields []metav1.ManagedFieldsEntry) bool {
	for _, f := range fields {
		if f.Manager != "kube-apiserver" {
			return false
		}
	}
	return len(fields) > 0
}

// added returns the objects that are not in an earlier inventory.
func (h helmClient) added(before map[string]bool) []string {
	h.t.Helper()
	var out []string
	for o := range h.inventory() {
		if !before[o] {
			out = append(out, o)
		}
	}
	slices.Sort(out)
	return out
}

// get returns an object, or nil if it does not exist.
func (h helmClient) get(apiVersion, kind, namespace, name string) *unstructured.Unstructured {
	h.t.Helper()
	u := &unstructured.Unstructured{}
	u.SetAPIVersion(apiVersion)
	u.SetKind(kind)
	err := h.s.client(h.t).Get(h.t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, u)
	if kerrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return u
}

// source returns the credentials source of the ClusterProviderConfig default, or "" if it
// does not exist.
func (h helmClient) source() string {
	h.t.Helper()
	u := h.get("networking.k8s.aws/v1alpha1", "ClusterProviderConfig", "", "default")
	if u == nil {
		return ""
	}
	s, _, _ := unstructured.NestedString(u.Object, "spec", "credentials", "source")
	return s
}

// previous returns the chart as an older version that differs: one CRD lacks a field, there
// is no PodDisruptionBudget, and there is a ConfigMap.
func previous(t *testing.T) *chart.Chart {
	t.Helper()
	c := loadChart(t)
	c.Metadata.Version = "0.0.1"
	c.Templates = slices.DeleteFunc(c.Templates, func(f *chart.File) bool { return f.Name == "templates/provider/poddisruptionbudget.yaml" })
	c.Templates = append(c.Templates, &chart.File{Name: "templates/configmap.yaml", Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-old\n  namespace: {{ .Release.Namespace }}\n")})
	for _, f := range c.Files {
		if f.Name != "files/crds/"+nodeENIs {
			continue
		}
		crd := map[string]any{}
		if err := yaml.Unmarshal(f.Data, &crd); err != nil {
			t.Fatal(err)
		}
		unstructured.RemoveNestedField(crd["spec"].(map[string]any)["versions"].([]any)[0].(map[string]any), append(strings.Split("schema.openAPIV3Schema.properties.spec.properties", "."), "rollout")...)
		var err error
		if f.Data, err = yaml.Marshal(crd); err != nil {
			t.Fatal(err)
		}
		return c
	}
	t.Fatal("the chart has no CRD of NodeENIs")
	return nil
}

const nodeENIs = "networking.k8s.aws_nodeenis.yaml"

// hasRollout reports whether the CRD of NodeENIs has the field that the previous version
// lacks.
func (h helmClient) hasRollout() bool {
	h.t.Helper()
	crd := h.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "nodeenis.networking.k8s.aws")
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	_, found, _ := unstructured.NestedMap(versions[0].(map[string]any), append(strings.Split("schema.openAPIV3Schema.properties.spec.properties", "."), "rollout")...)
	return found
}

// TestRelease installs the previous version of the chart, upgrades it, rolls it back and
// uninstalls it.
func TestRelease(t *testing.T) {
	s := plain.start(t)
	h := helmClient{t: t, s: s, name: "edge", namespace: "edge-network"}
	createNamespace(t, s.client(t), h.namespace)
	before := h.inventory()
	want := func(when string, rollout, budget, old bool, source string) {
		t.Helper()
		if got := h.hasRollout(); got != rollout {
			t.Errorf("%s: the CRD of NodeENIs has spec.rollout: %t, want %t", when, got, rollout)
		}
		if got := h.get("policy/v1", "PodDisruptionBudget", h.namespace, "edge-provider-aws-eni") != nil; got != budget {
			t.Errorf("%s: the PodDisruptionBudget exists: %t, want %t", when, got, budget)
		}
		if got := h.get("v1", "ConfigMap", h.namespace, "edge-old") != nil; got != old {
			t.Errorf("%s: the ConfigMap exists: %t, want %t", when, got, old)
		}
		if got := h.source(); got != source {
			t.Errorf("%s: the ClusterProviderConfig has source %q, want %q", when, got, source)
		}
	}

	r := h.install(previous(t), "{agent: {dpdk: {enabled: true}}}")
	if !strings.Contains(r.Info.Notes, "NEXT STEP: the ClusterProviderConfig default was not created") {
		t.Errorf("the notes do not mention the ClusterProviderConfig:\n%s", r.Info.Notes)
	}
	want("installed", false, false, true, "")

	// A custom resource, which must outlive all that follows.
	neni := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(`{apiVersion: networking.k8s.aws/v1alpha1, kind: NodeENI, metadata: {name: kept}, spec: {nodeSelector: {a: b}, subnetID: subnet-0f59b4f14737be9ad, securityGroupIDs: [sg-05da196f3314d4af8]}}`), &neni.Object); err != nil {
		t.Fatal(err)
	}
	if err := eventually(t.Context(), 10*time.Second, func() error { return s.client(t).Create(t.Context(), neni) }); err != nil {
		t.Fatal(err)
	}

	r = h.upgrade(loadChart(t), "{}")
	if strings.Contains(r.Info.Notes, "NEXT STEP") {
		t.Errorf("the notes have a next step:\n%s", r.Info.Notes)
	}
	want("upgraded", true, true, false, "None")
	h.size(2)
	h.upgrade(loadChart(t), "{clusterProviderConfig: {spec: {credentials: {source: PodIdentity}}}}")
	want("upgraded with other values", true, true, false, "PodIdentity")

	h.rollback(1)
	want("rolled back", false, false, true, "PodIdentity")
	h.upgrade(loadChart(t), "{}")
	// Helm 3 adopts a custom resource that it kept, and does not change it.
	want("upgraded again", true, true, false, "PodIdentity")
	h.rollback(1)

	h.uninstall()
	kept := []string{
		"ClusterProviderConfig /default",
		"CustomResourceDefinition /clusterproviderconfigs.networking.k8s.aws",
		"CustomResourceDefinition /hostinterfaces.networking.k8s.aws",
		"CustomResourceDefinition /networkinterfaceattachments.ec2.networking.k8s.aws",
		"CustomResourceDefinition /networkinterfaces.ec2.networking.k8s.aws",
		"CustomResourceDefinition /nodeeniplans.networking.k8s.aws",
		"CustomResourceDefinition /nodeenis.networking.k8s.aws",
		"CustomResourceDefinition /providerconfigs.networking.k8s.aws",
		"CustomResourceDefinition /providerconfigusages.networking.k8s.aws",
		"NodeENI /kept",
	}
	if diff := cmp.Diff(kept, h.added(before)); diff != "" {
		t.Errorf("Helm keeps CRDs and custom resources, and deletes all else.\n-want, +got:\n%s", diff)
	}

	// The same release adopts the objects that it kept. Helm does not upgrade CRDs that it
	// adopts: the chart's README.md applies them first.
	cmd := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), "--kubeconfig", s.kubeconfig,
		"apply", "--server-side", "--force-conflicts", "-f", filepath.Join(root, render.Dir, "files", "crds"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	h.install(loadChart(t), "{crds: {keep: false}, clusterProviderConfig: {keep: false}}")
	want("installed again", true, true, false, "PodIdentity")
	if u := h.get("networking.k8s.aws/v1alpha1", "NodeENI", "", "kept"); u == nil || u.GetUID() != neni.GetUID() {
		t.Error("the NodeENI was not kept")
	}
	h.waitForStorage()
	h.uninstall()
	err := eventually(t.Context(), 30*time.Second, func() error {
		if added := h.added(before); len(added) > 0 {
			return fmt.Errorf("left are %s", strings.Join(added, ", "))
		}
		return nil
	})
	if err != nil {
		t.Errorf("without keep, Helm deletes everything: %v", err)
	}
}

// size checks the size of the Secret in which Helm stores a release, which the API server
// limits to 1 MiB. It contains the chart, its rendered objects and the values.
func (h helmClient) size(revision int) {
	h.t.Helper()
	secret := &corev1.Secret{}
	if err := h.s.client(h.t).Get(h.t.Context(), client.ObjectKey{Namespace: h.namespace, Name: fmt.Sprintf("sh.helm.release.v1.%s.v%d", h.name, revision)}, secret); err != nil {
		h.t.Fatal(err)
	}
	size := len(secret.Data["release"])
	h.t.Logf("the release's Secret has %d KiB of 1024", size>>10)
	if size > 512<<10 {
		h.t.Errorf("the release's Secret has %d KiB: Helm cannot store more than 1024", size>>10)
	}
}

// TestForeignConfig checks that a release does not change a ClusterProviderConfig that it did
// not create.
func TestForeignConfig(t *testing.T) {
	s := withCRDs.start(t)
	h := helmClient{t: t, s: s, name: "foreign", namespace: "foreign"}
	own := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(`{apiVersion: networking.k8s.aws/v1alpha1, kind: ClusterProviderConfig, metadata: {name: default}, spec: {credentials: {source: IRSA}}}`), &own.Object); err != nil {
		t.Fatal(err)
	}
	if err := s.client(t).Create(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	r := h.install(loadChart(t), "{crds: {install: false}}")
	if got := h.source(); got != "IRSA" {
		t.Errorf("the release changed the source to %q", got)
	}
	if !strings.Contains(r.Info.Notes, "exists and is not managed by this release") {
		t.Errorf("the notes do not mention it:\n%s", r.Info.Notes)
	}
	h.uninstall()
	if got := h.source(); got != "IRSA" {
		t.Errorf("the uninstall changed the source to %q", got)
	}
	if err := s.client(t).Delete(t.Context(), own); err != nil {
		t.Fatal(err)
	}
}

// TestTakeOwnership replaces an installation of cluster/manifests with a release, as the
// chart's README.md describes.
func TestTakeOwnership(t *testing.T) {
	s := withCRDs.start(t)
	h := helmClient{t: t, s: s, name: render.Name, namespace: render.Namespace}
	kubectl := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), append([]string{"--kubeconfig", s.kubeconfig}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("kubectl %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	dir := filepath.Join(root, render.ManifestsDir)
	kubectl("apply", "-k", dir)
	kubectl("apply", "-k", filepath.Join(dir, "dpdk"))
	before := h.inventory()
	kubectl("-n", h.namespace, "delete", "deployment,daemonset", "-l", "app.kubernetes.io/part-of=provider-aws-eni")
	i := action.NewInstall(s.helm(t, h.namespace))
	i.ReleaseName, i.Namespace, i.TakeOwnership = h.name, h.namespace, true
	if _, err := i.RunWithContext(t.Context(), loadChart(t), values(t, "{agent: {dpdk: {enabled: true}}}")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Secret " + h.namespace + "/sh.helm.release.v1." + h.name + ".v1"}, h.added(before)); diff != "" {
		t.Errorf("The release has the objects of the manifests, by name.\n-want, +got:\n%s", diff)
	}
	h.uninstall()
	kubectl("delete", "clusterproviderconfig", "default")
}

// crdOfMultiENIController is the CRD of aws-multi-eni-controller as far as a merge could keep
// its parts: another required field, defaults, and other columns.
const crdOfMultiENIController = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: nodeenis.networking.k8s.aws}
spec:
  group: networking.k8s.aws
  names: {kind: NodeENI, listKind: NodeENIList, plural: nodeenis, shortNames: [neni], singular: nodeeni}
  scope: Cluster
  versions:
  - name: v1alpha1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns: [{name: Nodes, type: integer, jsonPath: .status.attachments}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          apiVersion: {type: string}
          kind: {type: string}
          metadata: {type: object}
          spec:
            type: object
            required: [nodeSelector]
            properties:
              deviceIndex: {type: integer, default: 1}
              deleteOnTermination: {type: boolean, default: true}
              nodeSelector: {type: object, additionalProperties: {type: string}}
          status:
            type: object
            properties:
              attachments: {type: array, items: {type: object, properties: {dpdkBound: {type: boolean}}}}
`

// TestTakeOwnershipOfMultiENIController installs the chart in a cluster with the CRD of
// aws-multi-eni-controller: the CRD becomes this chart's, without a rest of the old one.
func TestTakeOwnershipOfMultiENIController(t *testing.T) {
	s := plain.start(t)
	h := helmClient{t: t, s: s, name: render.Name, namespace: render.Namespace}
	old := filepath.Join(t.TempDir(), "crd.yaml")
	if err := os.WriteFile(old, []byte(crdOfMultiENIController), 0o600); err != nil {
		t.Fatal(err)
	}
	kubectl := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), append([]string{"--kubeconfig", s.kubeconfig}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("kubectl %s: %v: %s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	kubectl("create", "-f", old)
	i := action.NewInstall(s.helm(t, h.namespace))
	i.ReleaseName, i.Namespace, i.CreateNamespace, i.TakeOwnership, i.Timeout = h.name, h.namespace, true, true, time.Minute
	if _, err := i.RunWithContext(t.Context(), loadChart(t), values(t, "{}")); err != nil {
		t.Fatal(err)
	}
	type crd struct {
		Spec struct {
			Versions []struct {
				Schema                   any `json:"schema"`
				AdditionalPrinterColumns any `json:"additionalPrinterColumns"`
			} `json:"versions"`
		} `json:"spec"`
	}
	var want, got crd
	ours, err := os.ReadFile(filepath.Join(root, "package", "crds", "networking.k8s.aws_nodeenis.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(ours, &want); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(kubectl("get", "crd", "nodeenis.networking.k8s.aws", "-o", "yaml")), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("The CRD in the cluster: -the chart's, +got:\n%s", diff)
	}
	// Other tests use the server.
	h.waitForStorage()
	kubectl("delete", "clusterproviderconfig", "default", "--ignore-not-found")
	h.uninstall()
	kubectl("delete", "crd", "--selector", "app.kubernetes.io/managed-by=Helm")
	kubectl("delete", "namespace", h.namespace, "--wait=false")
}

// TestTwoReleases checks that the names of all objects follow the release.
func TestTwoReleases(t *testing.T) {
	keys := func(name string) map[string]bool {
		objects, err := template(t, name, "a", values(t, "{crds: {install: false}, clusterProviderConfig: {create: false}, agent: {dpdk: {enabled: true}}}"))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]bool{}
		for _, u := range objects {
			out[key(u)] = true
		}
		return out
	}
	a, b := keys("one"), keys("two")
	for _, k := range slices.Sorted(maps.Keys(a)) {
		if b[k] {
			t.Errorf("%s does not follow the release's name", k)
		}
	}
}
