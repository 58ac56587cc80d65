// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/klog/v2"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestRuntimeConfig compares the pods that Crossplane runs with the pods of the manifests.
func TestRuntimeConfig(t *testing.T) {
	find := func(path, kind string) *fieldpath.Paved {
		for _, d := range documents(t, path) {
			if d.GetKind() == kind {
				return fieldpath.Pave(d.Object)
			}
		}
		t.Fatalf("%s has no %s", path, kind)
		return nil
	}
	deployment := find("cluster/manifests/provider.yaml", "Deployment")
	config := find("cluster/manifests/crossplane/provider.yaml", "DeploymentRuntimeConfig")
	value := func(p *fieldpath.Paved, path string) any {
		v, err := p.GetValue(path)
		if err != nil {
			t.Fatal(err)
		}
		if probe, ok := v.(map[string]any); ok && probe["httpGet"] != nil {
			// Crossplane's container has no port of this name.
			_ = unstructured.SetNestedField(probe, "health", "httpGet", "port")
		}
		return v
	}
	const pod, container = "spec.template.spec.", "spec.template.spec.containers[0]."
	for _, path := range []string{
		"spec.replicas", pod + "priorityClassName", pod + "securityContext", pod + "topologySpreadConstraints", pod + "nodeSelector", pod + "tolerations",
		container + "livenessProbe", container + "readinessProbe", container + "resources", container + "securityContext",
	} {
		if diff := cmp.Diff(value(deployment, path), value(config, "spec.deploymentTemplate."+path)); diff != "" {
			t.Errorf("%s of the Deployment and of the DeploymentRuntimeConfig differ:\n%s", path, diff)
		}
	}
	if diff := cmp.Diff("package-runtime", value(config, "spec.deploymentTemplate."+container+"name")); diff != "" {
		t.Errorf("Crossplane's name of the container: -want, +got:\n%s", diff)
	}
}

// TestTolerations checks that the provider and the agents run on a node with the taint
// networking.k8s.aws/not-ready, with which a node may start, and with the taint
// networking.k8s.aws/releasing, which it has while its interfaces are released.
func TestTolerations(t *testing.T) {
	checked := 0
	for _, path := range yamlFiles(t, "cluster/manifests") {
		for _, d := range documents(t, path) {
			pod := []string{"spec", "template", "spec", "tolerations"}
			switch d.GetKind() {
			case "Deployment", "DaemonSet":
			case "DeploymentRuntimeConfig":
				pod = append([]string{"spec", "deploymentTemplate"}, pod...)
			default:
				continue
			}
			checked++
			list, _, err := unstructured.NestedSlice(d.Object, pod...)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(list)
			if err != nil {
				t.Fatal(err)
			}
			var tolerations []corev1.Toleration
			if err := json.Unmarshal(raw, &tolerations); err != nil {
				t.Fatal(err)
			}
			for _, effect := range []corev1.TaintEffect{corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute} {
				for _, key := range []string{"networking.k8s.aws/not-ready", v1alpha1.TaintReleasing} {
					taint := corev1.Taint{Key: key, Value: "true", Effect: effect}
					if !slices.ContainsFunc(tolerations, func(x corev1.Toleration) bool { return x.ToleratesTaint(klog.Background(), &taint, false) }) {
						t.Errorf("%s: %s %s does not tolerate %s", path, d.GetKind(), d.GetName(), taint.ToString())
					}
				}
			}
		}
	}
	if checked != 4 {
		t.Errorf("%d kinds of pods were checked, want 4", checked)
	}
}
