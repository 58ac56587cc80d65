// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/crossplane/crossplane-runtime/v2/pkg/fieldpath"
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
		"spec.replicas", pod + "priorityClassName", pod + "securityContext", pod + "topologySpreadConstraints", pod + "nodeSelector",
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
