// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package render renders the Helm chart without an API server.
package render

import (
	"fmt"
	"path/filepath"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
)

// Dir is the chart's directory in the repository.
const Dir = "cluster/charts/provider-aws-eni"

// Name and namespace of the release that the plain manifests are rendered for.
const (
	Name      = "provider-aws-eni"
	Namespace = "provider-aws-eni-system"
)

// Plain is the release of the plain manifests. The chart omits Helm's labels and
// annotations if Service is not "Helm".
func Plain() Release { return Release{Name: Name, Namespace: Namespace, Service: "kubectl"} }

// A Release is the value Release of the templates.
type Release struct{ Name, Namespace, Service string }

// Templates returns the output of each template of the chart by path, such as
// "provider/rbac.yaml". Root is the directory of the repository.
func Templates(root string, r Release, values map[string]any) (map[string]string, error) {
	chart, err := loader.Load(filepath.Join(root, Dir))
	if err != nil {
		return nil, fmt.Errorf("cannot load the chart: %w", err)
	}
	all, err := chartutil.ToRenderValues(chart, values, chartutil.ReleaseOptions{Name: r.Name, Namespace: r.Namespace, Revision: 1, IsInstall: true}, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot read the values: %w", err)
	}
	release, ok := all["Release"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the release's values have type %T", all["Release"])
	}
	release["Service"] = r.Service
	rendered, err := engine.Render(chart, all)
	if err != nil {
		return nil, fmt.Errorf("cannot render the chart: %w", err)
	}
	out := map[string]string{}
	for path, text := range rendered {
		name := strings.TrimPrefix(path, chart.Name()+"/templates/")
		if text = strings.TrimSpace(text); text != "" && filepath.Ext(name) == ".yaml" {
			out[name] = text
		}
	}
	return out, nil
}
