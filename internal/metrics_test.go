// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package internal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const metricsPrefix = "provider_aws_eni_"

// TestMetricsAreDocumented compares the metrics in the code with docs/configuration.md, and
// with the metrics of the alerting rules and the dashboard.
func TestMetricsAreDocumented(t *testing.T) {
	code := metricsOfCode(t)
	if len(code) < 20 {
		t.Fatalf("found %d metrics in the code: %v", len(code), code)
	}
	raw, err := os.ReadFile(filepath.Join("..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string][]string{}
	for _, m := range regexp.MustCompile("\\| `("+metricsPrefix+`[a-z0-9_]+)(?:\{([a-z,]+)\})?`).FindAllStringSubmatch(string(raw), -1) {
		labels := strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' })
		slices.Sort(labels)
		documented[m[1]] = labels
	}
	if diff := cmp.Diff(code, documented); diff != "" {
		t.Errorf("docs/configuration.md has each metric with its labels: -code, +document:\n%s", diff)
	}
	for _, file := range []string{"rules.yaml", "dashboard.json"} {
		if raw, err = os.ReadFile(filepath.Join("..", "cluster", "monitoring", file)); err != nil {
			t.Fatal(err)
		}
		names := regexp.MustCompile(metricsPrefix+`[a-z0-9_]+`).FindAllString(string(raw), -1)
		if len(names) < 10 {
			t.Errorf("found %d metrics in %s", len(names), file)
		}
		for _, name := range names {
			base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
			if _, ok := code[name]; !ok && code[base] == nil {
				t.Errorf("cluster/monitoring/%s names the metric %s, which does not exist", file, name)
			}
		}
	}
}

// metricsOfCode returns the labels of each metric by its name.
func metricsOfCode(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, dir := range []string{".", filepath.Join("..", "cmd")} {
		walk(t, dir, ".go", func(path string, content []byte) error {
			if strings.HasSuffix(path, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, content, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if call, ok := n.(*ast.CallExpr); ok {
					if name, labels := metricOf(call); name != "" {
						slices.Sort(labels)
						out[metricsPrefix+name] = labels
					}
				}
				return true
			})
			return nil
		})
	}
	return out
}

// metricOf returns the name and the labels of the metric that a call creates, or "".
func metricOf(call *ast.CallExpr) (string, []string) {
	name := ""
	switch fn := calledName(call); {
	case strings.HasPrefix(fn, "prometheus.New") && len(call.Args) > 0:
		if opts, ok := call.Args[0].(*ast.CompositeLit); ok {
			name = nameOf(opts)
			if labels := constLabels(opts); name != "" && labels != nil {
				return name, labels
			}
		} else if c, ok := call.Args[0].(*ast.CallExpr); ok && calledName(c) == "prometheus.BuildFQName" {
			name = literal(c.Args[2])
		}
		for _, a := range call.Args[1:] {
			if l, ok := a.(*ast.CompositeLit); ok && name != "" {
				return name, literals(l.Elts)
			}
		}
		return name, []string{}
	case fn == "desc": // of clients/ec2
		return literal(call.Args[0]), literals(call.Args[2:])
	}
	return "", nil
}

// nameOf returns the name in options, with the subsystem of the agent.
func nameOf(opts *ast.CompositeLit) string {
	name, prefix, own := "", "", false
	for _, e := range opts.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch key, _ := kv.Key.(*ast.Ident); {
		case key == nil:
		case key.Name == "Namespace":
			own = true
		case key.Name == "Name":
			name = literal(kv.Value)
		case key.Name == "Subsystem":
			prefix = "agent_"
		}
	}
	if name == "" || !own {
		return ""
	}
	return prefix + strings.TrimPrefix(name, metricsPrefix)
}

// constLabels returns the names of the constant labels in options.
func constLabels(opts *ast.CompositeLit) (names []string) {
	for _, e := range opts.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, _ := kv.Key.(*ast.Ident)
		labels, ok := kv.Value.(*ast.CompositeLit)
		if key == nil || key.Name != "ConstLabels" || !ok {
			continue
		}
		for _, l := range labels.Elts {
			if kv, ok := l.(*ast.KeyValueExpr); ok {
				names = append(names, literal(kv.Key))
			}
		}
	}
	return names
}

func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return ""
}

func literals(all []ast.Expr) []string {
	out := []string{}
	for _, e := range all {
		out = append(out, literal(e))
	}
	return out
}

func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, err := strconv.Unquote(l.Value)
	if err != nil {
		return ""
	}
	return s
}
