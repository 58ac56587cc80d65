// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nodeeni/provider-aws-eni/hack/chart/render"
)

// Marks of the generated part of the chart's README.md.
const (
	valuesBegin = "<!-- Generated from values.yaml by make generate. -->\n"
	valuesEnd   = "<!-- End of the generated part. -->\n"
)

// generated returns the generated files of the chart by path in its directory.
func generated(root string) (map[string]string, error) {
	out := map[string]string{}
	crds, err := filepath.Glob(filepath.Join(root, "package", "crds", "*.yaml"))
	if err != nil || len(crds) == 0 {
		return nil, errors.Join(err, errors.New("package/crds has no CRDs"))
	}
	for _, path := range crds {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		out[filepath.Join("files", "crds", filepath.Base(path))] = string(text)
	}

	dir := filepath.Join(root, render.Dir)
	text, err := os.ReadFile(filepath.Join(dir, "values.yaml"))
	if err != nil {
		return nil, err
	}
	values, err := parseValues(text)
	if err != nil {
		return nil, err
	}
	if out["values.schema.json"], err = schema(root, values); err != nil {
		return nil, err
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		return nil, err
	}
	before, rest, found := strings.Cut(string(readme), valuesBegin)
	_, after, foundEnd := strings.Cut(rest, valuesEnd)
	if !found || !foundEnd {
		return nil, errors.New("README.md of the chart lacks the marks of the generated part")
	}
	tables, err := tables(values)
	if err != nil {
		return nil, err
	}
	out["README.md"] = before + valuesBegin + tables + valuesEnd + after
	return out, nil
}

// tables returns the values as Markdown: a table of the values at the top level, and one
// for each section there.
func tables(values []value) (string, error) {
	var top, sections strings.Builder
	top.WriteString(tableHead)
	for _, v := range values {
		b := &top
		if len(v.children) > 0 {
			b = &sections
			fmt.Fprintf(b, "\n### %s\n%s", v.path, tableHead)
		}
		if err := rows(b, v); err != nil {
			return "", err
		}
	}
	return top.String() + sections.String() + "\n", nil
}

const tableHead = "\n| value | default | meaning |\n|---|---|---|\n"

func rows(b *strings.Builder, v value) error {
	if len(v.children) == 0 {
		d, err := v.byDefault()
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "| `%s` | `%s` | %s |\n", v.path, d, v.comment)
		return nil
	}
	if v.comment != "" {
		fmt.Fprintf(b, "| `%s` | | %s |\n", v.path, v.comment)
	}
	for _, c := range v.children {
		if err := rows(b, c); err != nil {
			return err
		}
	}
	return nil
}
