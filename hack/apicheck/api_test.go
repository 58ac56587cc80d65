// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func check(t *testing.T, source string) *types.Package {
	t.Helper()
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, "a.go", "package a\n"+source, 0)
	if err != nil {
		t.Fatal(err)
	}
	cfg := types.Config{Importer: importer.ForCompiler(files, "source", nil)}
	pkg, err := cfg.Check("a", files, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

func TestDescribe(t *testing.T) {
	got, internal := describe(check(t, `
type S struct { A, b int; F func(n int) error }
func (s *S) M(x, y int) (err error) { return nil }
func (s S) V() {}
func (s *S) private() {}
type I interface { M(); J }
type J interface { N(x int) string }
type K string
type L = K
const C K = "c"
var V, w int
func F(s *S, more ...K) (a, b int) { return 0, 0 }
func f() {}
`))
	want := []string{
		`const C K = "c"`, `func F(*S, ...K) (int, int)`, `method (*S) M(int, int) error`, `method (S) V()`,
		`type I interface { M(); N(int) string }`, `type J interface { N(int) string }`, `type K string`, `type L = K`,
		`type S struct`, `type S struct, A int`, `type S struct, F func(n int) error`, `var V int`,
	}
	if diff := cmp.Diff(want, got); diff != "" || len(internal) > 0 {
		t.Errorf("describe(...): internal %v; -want, +got:\n%s", internal, diff)
	}
}

func TestDescribeInternal(t *testing.T) {
	hidden := types.NewPackage(module+"internal/hidden", "hidden")
	name := types.NewTypeName(0, hidden, "T", nil)
	pkg := types.NewPackage(module+"pkg/a", "a")
	pkg.Scope().Insert(types.NewVar(0, pkg, "V", types.NewNamed(name, types.Typ[types.Int], nil)))
	pkg.Scope().Insert(types.NewVar(0, pkg, "W", types.Typ[types.Int]))
	if _, internal := describe(pkg); !slices.Equal(internal, []string{"var V hidden.T"}) {
		t.Errorf("describe(...): internal %v", internal)
	}
}

func TestCompare(t *testing.T) {
	cases := map[string]struct {
		reason   string
		old, now string
		want     string
	}{
		"Same":      {reason: "The record is current.", old: "func F()", now: "func F()"},
		"Added":     {reason: "An addition is recorded.", old: "func F()", now: "func F()\nfunc G()", want: "the change is compatible"},
		"Removed":   {reason: "A removal is incompatible.", old: "func F()\nfunc G()", now: "func F()", want: "the change is incompatible"},
		"Changed":   {reason: "A changed signature is incompatible.", old: "func F()", now: "func F(int)", want: "  - func F()\n  + func F(int)\n1 recorded lines are missing: the change is incompatible"},
		"Interface": {reason: "A new method of an interface breaks its implementations.", old: "type I interface { A() }", now: "type I interface { A(); B() }", want: "the change is incompatible"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := compare(strings.Split(tc.old, "\n"), strings.Split(tc.now, "\n"))
			if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("\n%s\ncompare(...): want %q, got %q", tc.reason, tc.want, got)
			}
		})
	}
}
