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

// A module is a file of a kernel, with what it says of itself (modinfo(8)).
type module struct {
	name string
	// file below /lib/modules/RELEASE, and where it is on this machine.
	file, source string
	// needs are the modules that must be loaded before it: depends=.
	needs []string
	// wishes are its softdep= lines, such as "post: vfio_iommu_type1".
	wishes []string
}

// A moduleSet is the modules of a kernel by their names, as far as they are at
// hand, and those that are part of it.
type moduleSet struct {
	modules map[string]module
	builtin map[string]bool
}

// readModules reads the modules below folder/modules.
func readModules(folder string) (moduleSet, error) {
	s := moduleSet{modules: map[string]module{}, builtin: map[string]bool{}}
	root := filepath.Join(folder, "modules")
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
	raw, err := os.ReadFile(filepath.Join(folder, "modules.builtin"))
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
		return module{}, errors.Errorf("%s says nothing of itself", p)
	}
	raw, err := section.Data()
	if err != nil {
		return module{}, errors.Wrapf(err, "cannot read %s", p)
	}
	m := parseModinfo(raw)
	m.name, m.source = moduleName(p), p
	return m, nil
}

// parseModinfo reads KEY=VALUE pairs that end with a zero.
func parseModinfo(raw []byte) module {
	m := module{}
	for pair := range bytes.SplitSeq(raw, []byte{0}) {
		key, value, _ := strings.Cut(string(pair), "=")
		switch {
		case value == "":
		case key == "depends":
			for n := range strings.SplitSeq(value, ",") {
				m.needs = append(m.needs, underscores(n))
			}
		case key == "softdep":
			m.wishes = append(m.wishes, value)
		}
	}
	return m
}

// order returns modules and those that they need, each after what it needs
// itself. Parts of the kernel are left out.
func (s moduleSet) order(names ...string) ([]module, error) {
	return s.visit(func(m module) ([]string, []string) { return m.needs, nil }, names)
}

// orderWithWishes returns those that they wish for as well, if they are at hand.
func (s moduleSet) orderWithWishes(names ...string) ([]module, error) {
	return s.visit(func(m module) ([]string, []string) {
		before, after := m.softdeps()
		has := func(n string) bool { _, ok := s.modules[n]; return !ok }
		return slices.Concat(slices.DeleteFunc(before, has), m.needs), slices.DeleteFunc(after, has)
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
			return errors.Errorf("module %s is not at hand%s: add its folder to ensure.sh", name, by)
		}
		before, after := around(m)
		for _, n := range before {
			if err := visit(n, ", which "+name+" needs"); err != nil {
				return err
			}
		}
		out = append(out, m)
		for _, n := range after {
			if err := visit(n, ", which "+name+" wishes for"); err != nil {
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

// softdeps are the wishes by when they are to be loaded.
func (m module) softdeps() (before, after []string) {
	for _, w := range m.wishes {
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

// index returns modules.dep and modules.softdep for some of the modules, as
// depmod(8) writes them.
func (s moduleSet) index(of []module) (dep, softdep string, err error) {
	for _, m := range of {
		all, err := s.order(m.name)
		if err != nil {
			return "", "", err
		}
		dep += m.file + ":"
		// What is needed first stands last.
		for _, n := range slices.Backward(all[:len(all)-1]) {
			dep += " " + n.file
		}
		dep += "\n"
		for _, w := range m.wishes {
			softdep += fmt.Sprintf("softdep %s %s\n", m.name, w)
		}
	}
	return dep, softdep, nil
}

// replace takes another file for a module, in the place of its own.
func (s moduleSet) replace(source string) (moduleSet, error) {
	m, err := readModule(source)
	if err != nil {
		return s, err
	}
	was, ok := s.modules[m.name]
	if !ok {
		return s, errors.Errorf("no module %s is at hand to be replaced", m.name)
	}
	m.file = was.file
	out := moduleSet{builtin: s.builtin, modules: maps.Clone(s.modules)}
	out.modules[m.name] = m
	return out, nil
}

func moduleName(file string) string {
	return underscores(strings.TrimSuffix(path.Base(file), ".ko"))
}

// underscores spells a module as the kernel does. Its file may have dashes.
func underscores(name string) string { return strings.ReplaceAll(name, "-", "_") }

func files(modules []module) []string {
	out := make([]string, 0, len(modules))
	for _, m := range modules {
		out = append(out, m.file)
	}
	return out
}
