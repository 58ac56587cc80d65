// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nodeeni/provider-aws-eni/hack/chart/render"
)

const root = "../.."

// TestGenerated checks that the generated files of the chart and the plain manifests are
// current.
func TestGenerated(t *testing.T) {
	chart, err := generated(root)
	if err != nil {
		t.Fatal(err)
	}
	manifests, err := render.Manifests(root)
	if err != nil {
		t.Fatal(err)
	}
	for dir, files := range map[string]map[string]string{render.Dir: chart, render.ManifestsDir: manifests} {
		for path, want := range files {
			got, err := os.ReadFile(filepath.Join(root, dir, path))
			if err != nil {
				t.Error(err)
			}
			if string(got) != want {
				t.Errorf("%s/%s is not current: run make manifests", dir, path)
			}
		}
	}
}

// TestCRDs checks that the chart contains exactly the CRDs of the package.
func TestCRDs(t *testing.T) {
	files, err := generated(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := filepath.Glob(filepath.Join(root, render.Dir, "files", "crds", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range got {
		if _, ok := files[filepath.Join("files", "crds", filepath.Base(path))]; !ok {
			t.Errorf("%s is not in package/crds", path)
		}
	}
}

// TestDocumentation checks that the values that documents name exist.
func TestDocumentation(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, render.Dir, "values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema node
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:mode|image|namespace|crds|rbac|admissionPolicies|clusterProviderConfig|provider|agent)\\.[A-Za-z0-9.-]+)`")
	for _, path := range []string{"docs/migration.md", "docs/install.md", "docs/configuration.md", "docs/dpdk.md", render.Dir + "/README.md"} {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for line := range strings.Lines(string(text)) {
			// Tables of migration.md have the predecessor's values on the left.
			if cells := strings.Split(line, "|"); path == "docs/migration.md" && len(cells) > 2 {
				line = cells[2]
			}
			for _, m := range named.FindAllStringSubmatch(line, -1) {
				if strings.HasSuffix(m[1], ".yaml") { // a file
					continue
				}
				found++
				if !schema.has(schema, strings.Split(m[1], ".")) {
					t.Errorf("%s names the value %s, which the chart does not have", path, m[1])
				}
			}
		}
		if found == 0 {
			t.Errorf("%s names no value", path)
		}
	}
}

// A node is a part of the schema.
type node struct {
	Ref         string          `json:"$ref"`
	AllOf       []node          `json:"allOf"`
	Properties  map[string]node `json:"properties"`
	Definitions map[string]node `json:"definitions"`
}

// has reports whether a node has a property by path.
func (n node) has(root node, path []string) bool {
	if n.Ref != "" {
		return root.Definitions[strings.TrimPrefix(n.Ref, "#/definitions/")].has(root, path)
	}
	if len(path) == 0 {
		return true
	}
	for _, x := range n.AllOf {
		if x.has(root, path) {
			return true
		}
	}
	p, ok := n.Properties[path[0]]
	return ok && p.has(root, path[1:])
}

func TestParseValues(t *testing.T) {
	for name, tc := range map[string]struct {
		reason, text, want, err string
	}{
		"Leaf": {
			reason: "A map without comments is one value, whose comment is joined to a line.",
			text:   "# Requests of\n# the pod.\nresources:\n  cpu: 1\n",
			want:   "resources={\"cpu\":1} Requests of the pod.",
		},
		"Section": {
			reason: "A map whose keys have comments is a section.",
			text:   "image:\n  # Tag.\n  tag: a\n  # Policy.\n  policy: []\n",
			want:   "image.tag=\"a\" Tag.|image.policy=[] Policy.",
		},
		"NoComment": {
			reason: "A value without a comment is an error.",
			text:   "image:\n  # Tag.\n  tag: a\n  policy: b\n",
			err:    "image.policy has no comment",
		},
	} {
		t.Run(name, func(t *testing.T) {
			values, err := parseValues([]byte(tc.text))
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("%s\nwant error %q, got %v", tc.reason, tc.err, err)
				}
				return
			}
			var got []string
			var walk func([]value)
			walk = func(values []value) {
				for _, v := range values {
					if len(v.children) > 0 {
						walk(v.children)
						continue
					}
					d, err := v.byDefault()
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, v.path+"="+d+" "+v.comment)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			walk(values)
			if s := strings.Join(got, "|"); s != tc.want {
				t.Errorf("%s\nwant %s, got %s", tc.reason, tc.want, s)
			}
		})
	}
}
