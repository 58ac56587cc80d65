// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A module is a kernel module with its metadata (modinfo(8)).
type module struct {
	name string
	// file is the path below /lib/modules/RELEASE, source the path on the host.
	file, source string
	// depends are the hard dependencies: depends=.
	depends []string
	// softdeps are the softdep= lines, such as "post: vfio_iommu_type1".
	softdeps []string
}

// A moduleSet contains the available modules of a kernel by name, and the names of its
// built-in modules.
type moduleSet struct {
	modules map[string]module
	builtin map[string]bool
}

// readModules reads the modules below dir/modules.
func readModules(dir string) (moduleSet, error) {
	s := moduleSet{modules: map[string]module{}, builtin: map[string]bool{}}
	root := filepath.Join(dir, "modules")
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".ko") {
			return err
		}
		m, err := readModule(p)
		if err != nil {
			return err
		}
		if m.file, err = filepath.Rel(root, p); err != nil {
			return err
		}
		s.modules[m.name] = m
		return nil
	})
	if err != nil {
		return s, errors.Wrapf(err, "cannot read the modules below %s", root)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "modules.builtin"))
	if err != nil {
		return s, err
	}
	for l := range strings.Lines(string(raw)) {
		s.builtin[moduleName(strings.TrimSpace(l))] = true
	}
	return s, nil
}

func readModule(p string) (module, error) {
	f, err := elf.Open(p)
	if err != nil {
		return module{}, errors.Wrapf(err, "cannot read %s", p)
	}
	defer f.Close() //nolint:errcheck // Nothing was written.
	section := f.Section(".modinfo")
	if section == nil {
		return module{}, errors.Errorf("%s has no .modinfo section", p)
	}
	raw, err := section.Data()
	if err != nil {
		return module{}, errors.Wrapf(err, "cannot read %s", p)
	}
	m := parseModinfo(raw)
	m.name, m.source = moduleName(p), p
	return m, nil
}

// parseModinfo parses NUL-terminated KEY=VALUE pairs.
func parseModinfo(raw []byte) module {
	m := module{}
	for pair := range bytes.SplitSeq(raw, []byte{0}) {
		key, value, _ := strings.Cut(string(pair), "=")
		switch {
		case value == "":
		case key == "depends":
			for n := range strings.SplitSeq(value, ",") {
				m.depends = append(m.depends, underscores(n))
			}
		case key == "softdep":
			m.softdeps = append(m.softdeps, value)
		}
	}
	return m
}

// order returns modules and their hard dependencies, each after its own dependencies.
// It skips built-in modules.
func (s moduleSet) order(names ...string) ([]module, error) {
	return s.visit(func(m module) ([]string, []string) { return m.depends, nil }, names)
}

// orderWithSoftdeps also returns available soft dependencies.
func (s moduleSet) orderWithSoftdeps(names ...string) ([]module, error) {
	return s.visit(func(m module) ([]string, []string) {
		before, after := m.parseSoftdeps()
		has := func(n string) bool { _, ok := s.modules[n]; return !ok }
		return slices.Concat(slices.DeleteFunc(before, has), m.depends), slices.DeleteFunc(after, has)
	}, names)
}

func (s moduleSet) visit(around func(module) (before, after []string), names []string) ([]module, error) {
	var out []module
	seen := map[string]bool{}
	var visit func(name, by string) error
	visit = func(name, by string) error {
		name = underscores(name)
		if seen[name] || s.builtin[name] {
			return nil
		}
		seen[name] = true
		m, ok := s.modules[name]
		if !ok {
			return errors.Errorf("module %s is not available%s: add its directory to ensure.sh", name, by)
		}
		before, after := around(m)
		for _, n := range before {
			if err := visit(n, ", a dependency of "+name); err != nil {
				return err
			}
		}
		out = append(out, m)
		for _, n := range after {
			if err := visit(n, ", a soft dependency of "+name); err != nil {
				return err
			}
		}
		return nil
	}
	for _, n := range names {
		if err := visit(n, ""); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// parseSoftdeps returns the soft dependencies to load before and after the module.
func (m module) parseSoftdeps() (before, after []string) {
	for _, w := range m.softdeps {
		into := &before
		for f := range strings.FieldsSeq(w) {
			switch f {
			case "pre:":
				into = &before
			case "post:":
				into = &after
			default:
				*into = append(*into, underscores(f))
			}
		}
	}
	return before, after
}

// index returns modules.dep and modules.softdep of some modules, in the format of
// depmod(8).
func (s moduleSet) index(of []module) (dep, softdep string, err error) {
	for _, m := range of {
		all, err := s.order(m.name)
		if err != nil {
			return "", "", err
		}
		dep += m.file + ":"
		// The dependency to load first is last.
		for _, n := range slices.Backward(all[:len(all)-1]) {
			dep += " " + n.file
		}
		dep += "\n"
		for _, w := range m.softdeps {
			softdep += fmt.Sprintf("softdep %s %s\n", m.name, w)
		}
	}
	return dep, softdep, nil
}

// replace replaces the file of a module.
func (s moduleSet) replace(source string) (moduleSet, error) {
	m, err := readModule(source)
	if err != nil {
		return s, err
	}
	was, ok := s.modules[m.name]
	if !ok {
		return s, errors.Errorf("no module %s to replace", m.name)
	}
	m.file = was.file
	out := moduleSet{builtin: s.builtin, modules: maps.Clone(s.modules)}
	out.modules[m.name] = m
	return out, nil
}

func moduleName(file string) string {
	return underscores(strings.TrimSuffix(path.Base(file), ".ko"))
}

// underscores returns the name of a module as the kernel formats it. Its file name may
// have dashes.
func underscores(name string) string { return strings.ReplaceAll(name, "-", "_") }

func files(modules []module) []string {
	out := make([]string, 0, len(modules))
	for _, m := range modules {
		out = append(out, m.file)
	}
	return out
}
