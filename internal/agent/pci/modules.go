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

// ErrNoModule says that the kernel's release has no module of that name.
var ErrNoModule = errors.New("no such kernel module")

// Modules are the modules of a kernel: those that it runs, below /sys, and those
// that it could load, below /lib/modules/RELEASE.
//
// They are loaded without the options and blacklists of modprobe.d: what is
// loaded here, somebody asked for by name.
type Modules struct {
	sys     Files
	dir     string
	release string
	// finit gives an open module to the kernel. Compressed says that it has to
	// be decompressed, which the kernel does itself.
	finit func(f *os.File, compressed bool) error
}

// NewModules returns the modules of the kernel of a release (see Release), whose
// /sys it is given, out of a folder that is a /lib/modules. The folder is opened
// when a module is loaded, and need not be there before.
func NewModules(sys Files, dir, release string) *Modules {
	return &Modules{sys: sys, dir: dir, release: release, finit: finit}
}

// Loaded says whether a module is there to be used: loaded, or part of the
// kernel. Dashes and underscores in its name are the same.
func (m *Modules) Loaded(name string) bool {
	if checkDriver(name) != nil {
		return false
	}
	dir := path.Join("module", underscores(name))
	if _, err := m.sys.ReadDir(dir); err == nil {
		// What is part of the kernel has no state. A module that is "coming"
		// may still fail.
		state, err := m.sys.Read(path.Join(dir, "initstate"))
		return errors.Is(err, fs.ErrNotExist) || err == nil && state == "live"
	}
	// A part of the kernel that has no parameter is not in /sys/module.
	for _, n := range []string{name, underscores(name), strings.ReplaceAll(name, "_", "-")} {
		if _, err := m.sys.ReadDir(path.Join(drivers, n)); err == nil {
			return true
		}
	}
	return false
}

// Load loads a module and those that it needs, first those. Modules that the
// kernel has already are left alone. ErrNoModule says that there is none.
//
// What a module merely wishes for (modules.softdep) is loaded too, if it is
// there: without vfio_iommu_type1, which vfio wishes for, vfio has no IOMMU.
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
	files, err := index.order(name)
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
	if errors.Is(err, syscall.EEXIST) { // Somebody loaded it a moment ago.
		return nil
	}
	return errors.Wrapf(err, "%s: the kernel refuses it%s", file, because(err, compressed))
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
	if checkDriver(module) != nil || checkDriver(name) != nil {
		return "", errors.Errorf("cannot use %q of %q: not a parameter of a module", name, module)
	}
	return path.Join("module", underscores(module), "parameters", name), nil
}

// underscores spells a module as the kernel does. Its file may have dashes.
func underscores(name string) string { return strings.ReplaceAll(name, "-", "_") }

// moduleName is of a file: kernel/drivers/vfio/pci/vfio-pci.ko.xz is vfio_pci.
func moduleName(file string) string {
	name, _, _ := strings.Cut(path.Base(file), ".ko")
	return underscores(name)
}

// order returns the files of a module and of all that it needs, each after those
// that it needs itself.
func (x *moduleIndex) order(name string) ([]string, error) {
	if _, ok := x.files[underscores(name)]; !ok {
		return nil, ErrNoModule
	}
	var files []string
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		file, ok := x.files[name]
		if seen[name] || !ok { // A wish for a module that the release does not have.
			return
		}
		seen[name] = true
		wishes := x.wishes[name]
		for _, n := range slices.Concat(x.needs[name], wishes.before) {
			visit(n)
		}
		files = append(files, file)
		for _, n := range wishes.after {
			visit(n)
		}
	}
	visit(underscores(name))
	return files, nil
}
