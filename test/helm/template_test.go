// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"helm.sh/helm/v3/pkg/chartutil"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/nodeeni/provider-aws-eni/hack/chart/render"
)

// everything sets the values that are empty or off by default.
const everything = `
nameOverride: eni
commonLabels: {team: network}
image: {registry: registry.example.org/team/, tag: v1.2.3, pullPolicy: Always, pullSecrets: [{name: regcred}]}
clusterProviderConfig:
  name: network
  spec:
    credentials: {source: Secret, secretRef: {namespace: team-a, name: aws, key: credentials}}
    allowedNamespaces: {names: [team-a], selector: {matchLabels: {a: b}}}
    assumeRoleChain: [{roleARN: 'arn:aws:iam::123456789012:role/eni', externalID: acme}]
provider:
  image: {digest: 'sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'}
  replicas: 3
  flags:
    region: us-east-1
    ec2-share: 0.8
    kube-api-qps: 1000000
    leader-election: false
    debug: true
    poll: 5m
    providerconfig-host-namespaces: [team-a, team-b]
  env: [{name: HTTPS_PROXY, value: 'http://proxy.example.org'}]
  serviceAccount: {name: acme-eni, annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::123456789012:role/eni'}}
  secrets: {access: Namespaces, namespaces: [team-a, team-b]}
  metrics:
    port: 9443
    readers: [{namespace: team-a, name: prometheus}]
    service: {enabled: true}
    serviceMonitor:
      enabled: true
      labels: {release: prometheus}
      interval: 30s
      scrapeTimeout: 10s
      relabelings: [{action: labeldrop, regex: pod}]
      metricRelabelings: [{action: drop, sourceLabels: [__name__], regex: go_.*}]
  health: {port: 9081}
  terminationGracePeriodSeconds: 0
  strategy: {type: Recreate}
  nodeSelector: {role: infra}
  tolerations: [{key: infra, operator: Exists}]
  affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: a, labelSelector: {matchLabels: {a: b}}}}]}}
  topologySpreadConstraints:
  - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule}
  - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {a: b}}}
  podLabels: {a: b}
  podAnnotations: {c: d}
  extraContainers: [{name: changelogs, image: 'changelogs:devel', volumeMounts: [{name: changelogs, mountPath: /var/run/changelogs}]}]
  extraVolumes: [{name: changelogs, emptyDir: {}}]
  extraVolumeMounts: [{name: changelogs, mountPath: /var/run/changelogs}]
  hostNetwork: true
  podDisruptionBudget: {maxUnavailable: 50%}
  networkPolicy: {from: [{podSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}]}
agent:
  image: {repository: node-agent}
  flags: {default-mtu: 9001, interface-mtus: ['eth1:9000', 'eth2:1500'], debug: true}
  env: [{name: GOMEMLIMIT, value: 60MiB}]
  metrics:
    bindAddress: 0.0.0.0
    port: 19080
    podMonitor: {enabled: true, labels: {release: prometheus}, interval: 1m, scrapeTimeout: 5s, relabelings: [{action: labeldrop, regex: pod}]}
  health: {port: 19081}
  livenessProbe: {failureThreshold: 5}
  cniDirectory: /data/cni
  readinessResource: {enabled: true, directory: /data/kubelet/device-plugins}
  updateStrategy: {type: OnDelete, rollingUpdate: null}
  tolerations: [{key: network, operator: Exists}]
  podLabels: {a: b}
  podAnnotations: {c: d}
  kernel:
    flags: {debug: false}
    serviceAccount: {name: acme-agent, annotations: {a: b}}
    nodeSelector: {ng: multi-eni}
    matchExpressions: [{key: fargate, operator: DoesNotExist}]
    seLinuxOptions: {type: spc_t}
  dpdk:
    loadModules: true
    noIOMMU: false
    memoryCaching: false
    flags: {device-plugin-prefix: example.org}
    devicePlugin: {namespace: plugins, label: component, values: [dp], directory: /etc/dp, podResourcesDirectory: /data/kubelet/pod-resources}
    serviceAccount: {name: acme-agent-dpdk, annotations: {a: b}}
    nodeSelector: {ng: dpdk}
    matchExpressions: [{key: fargate, operator: DoesNotExist}]
    seLinuxOptions: {type: spc_t}
`

// TestTemplates validates every object of the chart over combinations of values: those that
// decide which objects exist, each with and without everything else.
func TestTemplates(t *testing.T) {
	s := withCRDs.start(t)
	kube := client.WithFieldValidation(s.client(t), "Strict")
	const name, namespace = "release", "templates"
	for _, ns := range []string{namespace, "plugins", "team-a", "team-b"} {
		createNamespace(t, kube, ns)
	}
	flags := flagNames(t)
	validated := map[string]bool{}
	all := 0
	for _, m := range []string{"standalone", "crossplane"} {
		for _, k := range []bool{true, false} {
			for _, d := range []string{"{enabled: false}", "{enabled: true}", "{enabled: true, loadModules: true, devicePlugin: {enabled: false}}"} {
				for _, off := range []bool{false, true} {
					for _, rest := range []string{"{}", everything} {
						all++
						text := fmt.Sprintf(`{mode: %s, agent: {kernel: {enabled: %t}, dpdk: %s}}`, m, k, d)
						if off {
							text = fmt.Sprintf(`{mode: %s, agent: {kernel: {enabled: %t, serviceAccount: {create: false}}, dpdk: %s}, rbac: {create: false}, admissionPolicies: {create: false},
								crds: {install: false}, clusterProviderConfig: {create: false},
								provider: {serviceAccount: {create: false}, secrets: {access: None}, podDisruptionBudget: {enabled: false}, networkPolicy: {enabled: false}}}`, m, k, d)
						}
						vals := chartutil.CoalesceTables(values(t, text), values(t, rest))
						objects, err := template(t, name, namespace, vals)
						if err != nil {
							t.Fatalf("%s: %v", text, err)
						}
						seen := map[string]bool{}
						for _, u := range objects {
							if seen[key(u)] {
								t.Errorf("%s: %s occurs twice", text, key(u))
							}
							seen[key(u)] = true
							raw, err := json.Marshal(u.Object)
							if err != nil {
								t.Fatal(err)
							}
							if validated[string(raw)] {
								continue
							}
							validated[string(raw)] = true
							validate(t, kube, u, flags, text)
						}
					}
				}
			}
		}
	}
	t.Logf("validated %d different objects of %d combinations of values", len(validated), all)
}

func validate(t *testing.T, kube client.Client, u *unstructured.Unstructured, flags map[string]bool, vals string) {
	t.Helper()
	if u.GetLabels()["app.kubernetes.io/managed-by"] != "Helm" && u.GetKind() != "CustomResourceDefinition" {
		t.Errorf("%s: %s lacks labels: %v", vals, key(u), u.GetLabels())
	}
	switch u.GetKind() {
	case "ServiceMonitor":
		decode(t, u, &monitoringv1.ServiceMonitor{})
		return
	case "PodMonitor":
		decode(t, u, &monitoringv1.PodMonitor{})
		return
	case "CustomResourceDefinition": // exists; TestCRDs compares it
		return
	}
	if u.GetKind() == "Deployment" {
		list, _, _ := unstructured.NestedSlice(u.Object, "spec", "template", "spec", "tolerations")
		for _, taint := range []string{"networking.k8s.aws/not-ready", "networking.k8s.aws/releasing"} {
			if !slices.ContainsFunc(list, func(x any) bool { return x.(map[string]any)["key"] == taint }) {
				t.Errorf("%s: %s does not tolerate %s: %v", vals, key(u), taint, list)
			}
		}
	}
	for _, arg := range arguments(u) {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		if !strings.HasPrefix(arg, "--") || !flags[name] && !flags[strings.TrimPrefix(name, "no-")] {
			t.Errorf("%s: %s has unknown argument %q", vals, key(u), arg)
		}
	}
	if err := kube.Create(t.Context(), u, client.DryRunAll); err != nil {
		t.Errorf("%s: %s is rejected: %v", vals, key(u), err)
	}
}

// decode decodes an object strictly.
func decode(t *testing.T, u *unstructured.Unstructured, into any) {
	t.Helper()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(u.Object, into, true); err != nil {
		t.Errorf("%s: %v", key(u), err)
	}
}

// arguments returns the arguments of the first container.
func arguments(u *unstructured.Unstructured) []string {
	containers, _, _ := unstructured.NestedSlice(u.Object, "spec", "template", "spec", "containers")
	if len(containers) == 0 {
		return nil
	}
	args, _, _ := unstructured.NestedStringSlice(containers[0].(map[string]any), "args")
	return args
}

// flagNames returns the flags of both programs.
func flagNames(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, path := range []string{"cmd/provider/main.go", "cmd/agent/main.go", "internal/logs/logs.go"} {
		source, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\.Flag\("([a-z0-9-]+)"`).FindAllStringSubmatch(string(source), -1) {
			out[m[1]] = true
		}
	}
	return out
}

// TestFlags checks how flags are passed.
func TestFlags(t *testing.T) {
	objects, err := template(t, "acme", "network", values(t, everything+"    enabled: true\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"Deployment.apps network/acme-eni": {
			"--debug", "--ec2-share=0.8", "--health-probe-bind-address=:9081", "--kube-api-qps=1000000", "--no-leader-election", "--metrics-bind-address=:9443",
			"--poll=5m", "--providerconfig-host-namespaces=team-a,team-b", "--region=us-east-1",
		},
		"DaemonSet.apps network/acme-eni-agent": {
			"--proc-root=/host/proc", "--multus-dir=/etc/cni/multus/net.d", "--cni-config-dir=/etc/cni/net.d", "--cni-dir=/var/lib/cni", "--kubelet-device-plugins-dir=/var/lib/kubelet/device-plugins", "--metrics-bind-address=0.0.0.0:19080", "--health-probe-bind-address=127.0.0.1:19081",
			"--no-debug", "--default-mtu=9001", "--interface-mtus=eth1:9000,eth2:1500",
		},
		"DaemonSet.apps network/acme-eni-agent-dpdk": {
			"--proc-root=/host/proc", "--sys-root=/host/sys", "--multus-dir=/etc/cni/multus/net.d", "--cni-config-dir=/etc/cni/net.d", "--cni-dir=/var/lib/cni", "--device-plugin-config=/etc/pcidp/config.json", "--device-plugin-namespace=plugins", "--device-plugin-selector=component in (dp)",
			"--pod-resources-socket=/var/lib/kubelet/pod-resources/kubelet.sock", "--kubelet-device-plugins-dir=/var/lib/kubelet/device-plugins", "--load-modules", "--metrics-bind-address=0.0.0.0:19080", "--health-probe-bind-address=127.0.0.1:19081",
			"--debug", "--default-mtu=9001", "--device-plugin-prefix=example.org", "--interface-mtus=eth1:9000,eth2:1500",
		},
	}
	got := map[string][]string{}
	for _, u := range objects {
		if args := arguments(u); args != nil {
			got[key(u)] = args
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
}

// TestManifests checks that Helm installs the objects of cluster/manifests, with its own
// labels in addition.
func TestManifests(t *testing.T) {
	files := map[string][]string{
		`{namespace: {create: true}}`: {"namespace", "provider", "agent", "admission", "clusterproviderconfig", "networkpolicy"},
		`{namespace: {create: true}, agent: {dpdk: {enabled: true}}}`: {
			"namespace", "provider", "agent", "admission", "clusterproviderconfig", "networkpolicy", "dpdk/agent", "dpdk/admission",
		},
		`{mode: crossplane, namespace: {create: true}}`: {"namespace", "agent", "admission", "clusterproviderconfig"},
	}
	for vals, names := range files {
		t.Run(vals, func(t *testing.T) {
			want := map[string]any{}
			for _, name := range names {
				raw, err := os.ReadFile(filepath.Join(root, render.ManifestsDir, name+".yaml"))
				if err != nil {
					t.Fatal(err)
				}
				for _, u := range documents(t, raw) {
					want[key(u)] = u.Object
				}
			}
			if diff := cmp.Diff(want, rendered(t, vals)); diff != "" {
				t.Errorf("-manifests, +chart:\n%s", diff)
			}
		})
	}
}

// rendered returns the objects of the chart by key without the CRDs and without the labels
// and annotations that it has for Helm.
func rendered(t *testing.T, vals string) map[string]any {
	t.Helper()
	objects, err := template(t, render.Name, render.Namespace, values(t, vals))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	for _, u := range objects {
		if u.GetKind() != "CustomResourceDefinition" {
			out[key(u)] = withoutHelm(u.Object)
		}
	}
	delete(out["ClusterProviderConfig.networking.k8s.aws /default"].(map[string]any)["metadata"].(map[string]any), "labels")
	return out
}

// withoutHelm returns a value without Helm's labels and annotations, at every level.
func withoutHelm(x any) any {
	switch x := x.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, v := range x {
			if v = withoutHelm(v); k == "annotations" && len(v.(map[string]any)) == 0 {
				continue
			}
			out[k] = v
		}
		for _, k := range []string{"app.kubernetes.io/instance", "app.kubernetes.io/version", "app.kubernetes.io/managed-by", "helm.sh/chart", "helm.sh/resource-policy"} {
			delete(out, k)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, v := range x {
			out[i] = withoutHelm(v)
		}
		return out
	default:
		return x
	}
}

// TestModules checks that agent.dpdk.loadModules is the kustomization dpdk-modules.
func TestModules(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), "kustomize", filepath.Join(root, render.ManifestsDir, "dpdk-modules"))
	raw, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := rendered(t, `{agent: {dpdk: {enabled: true, loadModules: true}}}`)
	for _, u := range documents(t, raw) {
		want := sorted(u.Object)
		if diff := cmp.Diff(want, sorted(got[key(u)])); diff != "" {
			t.Errorf("%s: -kustomization, +chart:\n%s", key(u), diff)
		}
	}
}

// TestReadinessResource checks that agent.readinessResource.enabled is the component
// readiness-resource, for both profiles.
func TestReadinessResource(t *testing.T) {
	dir := t.TempDir()
	manifests, err := filepath.Abs(filepath.Join(root, render.ManifestsDir))
	if err != nil {
		t.Fatal(err)
	}
	if manifests, err = filepath.Rel(dir, manifests); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("resources: [%[1]s, %[1]s/dpdk]\ncomponents: [%[1]s/readiness-resource]\n", manifests)
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	raw, err := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), "kustomize", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	got := rendered(t, `{namespace: {create: true}, agent: {readinessResource: {enabled: true}, dpdk: {enabled: true}}}`)
	for _, u := range documents(t, raw) {
		if diff := cmp.Diff(sorted(u.Object), sorted(got[key(u)])); diff != "" {
			t.Errorf("%s: -kustomization, +chart:\n%s", key(u), diff)
		}
	}
}

// sorted returns an object with its lists sorted: the patches append.
func sorted(x any) any {
	switch x := x.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, v := range x {
			out[k] = sorted(v)
		}
		return out
	case []any:
		out := make([]any, 0, len(x))
		for _, v := range x {
			out = append(out, sorted(v))
		}
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return out
	default:
		return x
	}
}

// TestCRDs checks that the chart installs the CRDs of the package, which Helm keeps.
func TestCRDs(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(root, "package", "crds", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for vals, keep := range map[string]bool{"{}": true, "{crds: {keep: false}}": false} {
		want := map[string]any{}
		for _, path := range paths {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			u := &unstructured.Unstructured{}
			if err := yaml.Unmarshal(raw, &u.Object); err != nil {
				t.Fatal(err)
			}
			if keep {
				a := u.GetAnnotations()
				a["helm.sh/resource-policy"] = "keep"
				u.SetAnnotations(a)
			}
			want[u.GetName()] = u.Object
		}
		objects, err := template(t, "a", "b", values(t, vals))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]any{}
		for _, u := range objects {
			if u.GetKind() == "CustomResourceDefinition" {
				got[u.GetName()] = u.Object
			}
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("%s: CRDs: -package, +chart:\n%s", vals, diff)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -package, +chart:\n%s", vals, diff)
		}
	}
}
