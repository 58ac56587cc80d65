// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// ErrNoModule means that the kernel release has no module of that name.
var ErrNoModule = errors.New("no such kernel module")

// Modules are the modules of a kernel: loaded ones, below /sys, and available ones,
// below /lib/modules/RELEASE.
//
// Options and blacklists of modprobe.d do not apply: a module is loaded only if its
// name is configured.
type Modules struct {
	sys     Files
	dir     string
	release string
	// finit loads the module in an open file. The kernel decompresses the file if
	// compressed is true.
	finit func(f *os.File, compressed bool) error
}

// NewModules returns the modules of the kernel with this release (see Release), its
// /sys, and a /lib/modules directory. The directory is opened when a module is loaded,
// and need not exist before.
func NewModules(sys Files, dir, release string) *Modules {
	return &Modules{sys: sys, dir: dir, release: release, finit: finit}
}

// Loaded reports whether a module is loaded or built into the kernel. Dashes and
// underscores in its name are equivalent.
func (m *Modules) Loaded(name string) bool {
	if validateName(name) != nil {
		return false
	}
	dir := path.Join("module", underscores(name))
	if _, err := m.sys.ReadDir(dir); err == nil {
		// A built-in module has no initstate. A module that is "coming" may still fail.
		state, err := m.sys.Read(path.Join(dir, "initstate"))
		return errors.Is(err, fs.ErrNotExist) || err == nil && state == "live"
	}
	// A built-in module without parameters is not in /sys/module.
	for _, n := range []string{name, underscores(name), strings.ReplaceAll(name, "_", "-")} {
		if _, err := m.sys.ReadDir(path.Join(drivers, n)); err == nil {
			return true
		}
	}
	return false
}

// Load loads a module after its dependencies. It skips modules that are loaded or built
// in. It returns ErrNoModule if there is no such module.
//
// Soft dependencies (modules.softdep) are loaded as well if they exist: without
// vfio_iommu_type1, a soft dependency of vfio, VFIO has no IOMMU backend.
func (m *Modules) Load(name string) error {
	if m.Loaded(name) {
		return nil
	}
	root, err := os.OpenRoot(path.Join(m.dir, m.release))
	if err != nil {
		return errors.Wrapf(err, "cannot load kernel module %q", name)
	}
	defer root.Close() //nolint:errcheck // Nothing was written.

	index, err := readIndex(root)
	if err != nil {
		return errors.Wrapf(err, "cannot load kernel module %q", name)
	}
	if index.builtin[underscores(name)] {
		return nil
	}
	files, err := index.loadOrder(name)
	if err != nil {
		return errors.Wrapf(err, "cannot load kernel module %q", name)
	}
	for _, file := range files {
		if m.Loaded(moduleName(file)) {
			continue
		}
		if err := m.loadFile(root, file); err != nil {
			return errors.Wrapf(err, "cannot load kernel module %q", name)
		}
	}
	return nil
}

func (m *Modules) loadFile(root *os.Root, file string) error {
	f, err := root.Open(file)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // Nothing was written.
	compressed := !strings.HasSuffix(file, ".ko")
	err = m.finit(f, compressed)
	if errors.Is(err, syscall.EEXIST) { // Another process loaded it concurrently.
		return nil
	}
	return errors.Wrapf(err, "%s: the kernel rejected it%s", file, finitHint(err, compressed))
}

// Parameter returns a parameter of a loaded module,
// /sys/module/MODULE/parameters/NAME. The error is fs.ErrNotExist if the module
// is not loaded or its build does not have that parameter.
func (m *Modules) Parameter(module, name string) (string, error) {
	p, err := parameterPath(module, name)
	if err != nil {
		return "", err
	}
	return m.sys.Read(p)
}

// SetParameter sets a parameter of a loaded module until it is unloaded.
func (m *Modules) SetParameter(module, name, value string) error {
	p, err := parameterPath(module, name)
	if err != nil {
		return err
	}
	return m.sys.Write(p, value)
}

func parameterPath(module, name string) (string, error) {
	if validateName(module) != nil || validateName(name) != nil {
		return "", errors.Errorf("invalid parameter %q of kernel module %q", name, module)
	}
	return path.Join("module", underscores(module), "parameters", name), nil
}

// underscores returns the name of a module as the kernel formats it. Its file name may
// have dashes.
func underscores(name string) string { return strings.ReplaceAll(name, "-", "_") }

// moduleName returns the name of the module in a file:
// kernel/drivers/vfio/pci/vfio-pci.ko.xz is vfio_pci.
func moduleName(file string) string {
	name, _, _ := strings.Cut(path.Base(file), ".ko")
	return underscores(name)
}

// loadOrder returns the files of a module and its dependencies, each after its own
// dependencies.
func (x *moduleIndex) loadOrder(name string) ([]string, error) {
	if _, ok := x.files[underscores(name)]; !ok {
		return nil, ErrNoModule
	}
	var files []string
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		file, ok := x.files[name]
		if seen[name] || !ok { // The release does not have this soft dependency.
			return
		}
		seen[name] = true
		d := x.softdeps[name]
		for _, n := range slices.Concat(x.depends[name], d.pre) {
			visit(n)
		}
		files = append(files, file)
		for _, n := range d.post {
			visit(n)
		}
	}
	visit(underscores(name))
	return files, nil
}
