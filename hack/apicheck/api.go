// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// describe returns one line for each exported declaration, field and method of a package,
// sorted, and the lines with types of internal packages. An interface has one line with all its
// methods: a new method breaks other implementations. Names of parameters are left out.
func describe(pkg *types.Package) (lines, internal []string) {
	d := describer{pkg: pkg}
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		if o := scope.Lookup(name); o.Exported() {
			d.object(o)
		}
	}
	slices.Sort(d.lines)
	slices.Sort(d.internal)
	return slices.Compact(d.lines), slices.Compact(d.internal)
}

type describer struct {
	pkg             *types.Package
	lines, internal []string

	// leaks is true if the line in progress has a type of an internal package.
	leaks bool
}

func (d *describer) addf(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	d.lines = append(d.lines, line)
	if d.leaks {
		d.internal = append(d.internal, line)
	}
	d.leaks = false
}

func (d *describer) object(o types.Object) {
	switch o := o.(type) {
	case *types.Const:
		d.addf("const %s %s = %s", o.Name(), d.text(o.Type()), o.Val().ExactString())
	case *types.Var:
		d.addf("var %s %s", o.Name(), d.text(o.Type()))
	case *types.Func:
		d.addf("func %s%s", o.Name(), d.signature(o.Signature()))
	case *types.TypeName:
		if o.IsAlias() {
			d.addf("type %s = %s", o.Name(), d.text(types.Unalias(o.Type())))
			return
		}
		d.named(o)
	}
}

func (d *describer) named(o *types.TypeName) {
	switch t := o.Type().Underlying().(type) {
	case *types.Struct:
		d.addf("type %s struct", o.Name())
		for f := range t.Fields() {
			if f.Exported() {
				d.addf("type %s struct, %s %s", o.Name(), f.Name(), d.text(f.Type()))
			}
		}
	case *types.Interface:
		methods := make([]string, 0, t.NumMethods())
		for m := range t.Methods() {
			methods = append(methods, m.Name()+d.signature(m.Signature()))
		}
		slices.Sort(methods)
		d.addf("type %s interface { %s }", o.Name(), strings.Join(methods, "; "))
		return
	default:
		d.addf("type %s %s", o.Name(), d.text(t))
	}
	set := types.NewMethodSet(types.NewPointer(o.Type()))
	for s := range set.Methods() {
		m, ok := s.Obj().(*types.Func)
		if !ok || !m.Exported() {
			continue
		}
		d.addf("method (%s) %s%s", d.text(m.Signature().Recv().Type()), m.Name(), d.signature(m.Signature()))
	}
}

// text returns a type as this package would write it.
func (d *describer) text(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p == d.pkg {
			return ""
		}
		if strings.Contains(p.Path()+"/", "/internal/") && strings.HasPrefix(p.Path(), module) {
			d.leaks = true
		}
		return p.Name()
	})
}

// signature returns the parameters and results of a function without their names.
func (d *describer) signature(s *types.Signature) string {
	unnamed := func(t *types.Tuple) *types.Tuple {
		var vars []*types.Var
		for v := range t.Variables() {
			vars = append(vars, types.NewParam(0, d.pkg, "", v.Type()))
		}
		return types.NewTuple(vars...)
	}
	return strings.TrimPrefix(d.text(types.NewSignatureType(nil, nil, nil, unnamed(s.Params()), unnamed(s.Results()), s.Variadic())), "func")
}

// compare returns how the API differs from the recorded API and what to do, or "".
func compare(recorded, now []string) string {
	var b strings.Builder
	list := func(sign string, from, in []string) (n int) {
		for _, line := range from {
			if !slices.Contains(in, line) {
				fmt.Fprintf(&b, "  %s %s\n", sign, line)
				n++
			}
		}
		return n
	}
	removed, added := list("-", recorded, now), list("+", now, recorded)
	switch {
	case removed > 0:
		fmt.Fprintf(&b, "%d recorded lines are missing: the change is incompatible. Keep them, and add new names beside them.\n"+
			"If callers must change their code, list the change under \"Changed\" in CHANGELOG.md, run 'make record-api' and commit.\n", removed)
	case added > 0:
		fmt.Fprintf(&b, "%d lines are new: the change is compatible. To record them, run 'make record-api' and commit.\n", added)
	}
	return b.String()
}
