// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestMap(t *testing.T) {
	cases := map[string]struct {
		reason     string
		args       []string
		start      string
		has, hasNo []string
	}{
		"Default":    {reason: "The default is SVG, on the standard output.", args: []string{"map"}, start: "<svg ", has: []string{"eni-c-ready2", "eni-c-kept", "NoSubnetInZone", ">n-new<"}, hasNo: []string{">n-other<"}},
		"HTML":       {reason: "A page embeds the SVG.", args: []string{"map", "-o", "html"}, start: "<!DOCTYPE html>", has: []string{"<svg ", "eni-c-ready2", "Content-Security-Policy"}},
		"Dot":        {reason: "A graph is for Graphviz.", args: []string{"map", "--output=dot"}, start: "graph enis {", has: []string{"eni-c-ready2"}},
		"Restricted": {reason: "Only the named NodeENIs are drawn.", args: []string{"map", "new", "idle"}, start: "<svg ", has: []string{">n-new<", "NodeENIs without nodes: idle"}, hasNo: []string{"n-ready"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := run(t, t.Context(), world(), tc.args...)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(got, tc.start) {
				t.Errorf("\n%s\nit starts with %.40s", tc.reason, got)
			}
			for _, s := range tc.has {
				if !strings.Contains(got, s) {
					t.Errorf("\n%s\nno %s in the output", tc.reason, s)
				}
			}
			for _, s := range tc.hasNo {
				if strings.Contains(got, s) {
					t.Errorf("\n%s\n%s is in the output", tc.reason, s)
				}
			}
		})
	}
}

// TestMapFile verifies that a file has the format of its extension, and replaces an earlier file.
func TestMapFile(t *testing.T) {
	cases := map[string]struct {
		file  string
		args  []string
		start string
	}{
		"SVG":    {file: "map.svg", start: "<svg "},
		"HTML":   {file: "map.HTML", start: "<!DOCTYPE html>"},
		"Dot":    {file: "map.dot", start: "graph enis {"},
		"Other":  {file: "map", start: "<svg "},
		"Output": {file: "map.html", args: []string{"-o", "svg"}, start: "<svg "},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), tc.file)
			if err := os.WriteFile(file, []byte(strings.Repeat("old", 100000)), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := run(t, t.Context(), world(), append([]string{"map", "-f", file}, tc.args...)...); err != nil || got != "" {
				t.Fatalf("%q, %v", got, err)
			}
			raw, err := os.ReadFile(file)
			if err != nil || !strings.HasPrefix(string(raw), tc.start) || strings.Contains(string(raw), "oldold") {
				t.Errorf("the file starts with %.40s: %v", raw, err)
			}
		})
	}
}

func TestMapErrors(t *testing.T) {
	cases := map[string]struct {
		reason  string
		objects []client.Object
		args    []string
		want    string
	}{
		"Unknown":   {reason: "An unknown NodeENI is an error.", objects: world(), args: []string{"map", "dtaa"}, want: `NodeENI "dtaa" does not exist: see kubectl get nodeeni`},
		"Format":    {reason: "An unknown format is an error that names the formats.", args: []string{"map", "-o", "png"}, want: `unknown output format "png": use svg, html or dot`},
		"Directory": {reason: "A file that cannot be written is an error.", args: []string{"map", "-f", "/does/not/exist.svg"}, want: "cannot write the map: open /does/not/exist.svg"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := run(t, t.Context(), tc.objects, tc.args...)
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("\n%s\ngot %v, want %s", tc.reason, err, tc.want)
			}
		})
	}
	got, err := run(t, t.Context(), nil, "map")
	if err != nil || xml.Unmarshal([]byte(got), new(struct{})) != nil || !strings.Contains(got, "No network interfaces found") {
		t.Errorf("\nWithout NodeENIs the picture is valid.\n%v\n%s", err, got)
	}
}
