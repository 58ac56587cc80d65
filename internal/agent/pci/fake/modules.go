// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fake

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"syscall"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// The module and its parameter that permits VFIO without an IOMMU.
const (
	vfio             = "vfio"
	noIOMMUParameter = "enable_unsafe_noiommu_mode"
)

// A Module is a kernel module of the host, loaded or not.
type Module struct {
	// Needs are the modules that it depends on.
	Needs []string
	// Drivers that it registers, by name.
	Drivers map[string]Driver
	// Parameters and their values after loading. All are boolean, Y or N.
	Parameters map[string]string
	// Loaded is true if the module is loaded.
	Loaded bool
}

// addStock adds the modules of a stock kernel.
func (b *Bus) addStock() {
	b.modules = map[string]*Module{
		"ena":             {Drivers: map[string]Driver{"ena": {IDs: []string{"1d0f:0ec2", "1d0f:1ec2", "1d0f:ec20", "1d0f:ec21"}, Net: true}}},
		"virtio_pci":      {Drivers: map[string]Driver{"virtio-pci": {IDs: []string{"1af4:1000", "1af4:1041"}, Net: true}}},
		vfio:              {Parameters: map[string]string{noIOMMUParameter: "N"}},
		"vfio_pci":        {Needs: []string{vfio}, Drivers: map[string]Driver{"vfio-pci": {VFIO: true}}},
		"uio":             {},
		"uio_pci_generic": {Needs: []string{"uio"}, Drivers: map[string]Driver{"uio_pci_generic": {}}},
	}
	for _, name := range []string{"ena", "virtio_pci"} {
		_ = b.load(name, &linkEvents{}) // They have no dependencies.
	}
}

// AddModule adds or replaces a module.
func (b *Bus) AddModule(name string, m Module) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m.Parameters = maps.Clone(m.Parameters)
	b.modules[underscores(name)] = &m
}

// DropModule removes a module file. A loaded module stays loaded.
func (b *Bus) DropModule(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m, ok := b.modules[underscores(name)]; ok && !m.Loaded {
		delete(b.modules, underscores(name))
	}
}

// Loaded reports whether a module is loaded.
func (b *Bus) Loaded(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, ok := b.modules[underscores(name)]
	return ok && m.Loaded
}

// Load loads a module after its dependencies. Its drivers bind the unbound devices that
// they match.
func (b *Bus) Load(name string) error {
	if b.Loaded(name) {
		return nil
	}
	err := b.do(Op(fmt.Sprintf("load %s", underscores(name))), func(n *linkEvents) error { return b.load(name, n) })
	return errors.Wrapf(err, "cannot load kernel module %q", name)
}

func (b *Bus) load(name string, n *linkEvents) error {
	m, ok := b.modules[underscores(name)]
	if !ok {
		return pci.ErrNoModule
	}
	if m.Loaded {
		return nil
	}
	for _, needed := range m.Needs {
		if err := b.load(needed, n); err != nil {
			return err
		}
	}
	m.Loaded = true
	for _, name := range slices.Sorted(maps.Keys(m.Drivers)) {
		b.register(name, m.Drivers[name], n)
	}
	return nil
}

// Parameter returns a parameter of a loaded module.
func (b *Bus) Parameter(module, name string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	value, err := b.parameter(module, name)
	return value, errors.Wrapf(err, "cannot read parameter %q of kernel module %q", name, module)
}

// SetParameter sets a parameter of a loaded module.
func (b *Bus) SetParameter(module, name, value string) error {
	op := Op(fmt.Sprintf("set %s %s=%s", underscores(module), name, value))
	err := b.do(op, func(*linkEvents) error {
		if _, err := b.parameter(module, name); err != nil {
			return err
		}
		yes, no := strings.ContainsAny(value, "Yy1"), strings.ContainsAny(value, "Nn0")
		if len(value) != 1 || yes == no {
			return syscall.EINVAL
		}
		b.modules[underscores(module)].Parameters[name] = map[bool]string{true: "Y", false: "N"}[yes]
		return nil
	})
	return errors.Wrapf(err, "cannot set parameter %q of kernel module %q to %q", name, module, value)
}

func (b *Bus) parameter(module, name string) (string, error) {
	m, ok := b.modules[underscores(module)]
	if !ok || !m.Loaded {
		return "", fs.ErrNotExist
	}
	value, ok := m.Parameters[name]
	if !ok {
		return "", fs.ErrNotExist
	}
	return value, nil
}

func (b *Bus) noIOMMU() bool {
	value, err := b.parameter(vfio, noIOMMUParameter)
	return err == nil && value == "Y"
}

func underscores(name string) string { return strings.ReplaceAll(name, "-", "_") }
