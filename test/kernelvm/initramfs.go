// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// bootModules are the modules of the machine's hardware, which udev would load on a
// host.
func bootModules() []string {
	return []string{"virtio_pci", "virtio_net", "virtio_blk", "ext4", "vmxnet3"}
}

// availableModules are the modules that an agent or a test can load.
func availableModules() []string {
	return []string{"vfio-pci", "vfio_iommu_type1", "uio_pci_generic", "8021q", "dummy", "veth"}
}

// writeInitramfs writes the initramfs of the kernel.
func (k *Kit) writeInitramfs(to string, modules moduleSet, c wire.Config) (err error) {
	first, err := modules.order(bootModules()...)
	if err != nil {
		return err
	}
	all, err := modules.orderWithSoftdeps(append(bootModules(), availableModules()...)...)
	if err != nil {
		return err
	}
	c.Release, c.Modules = k.release, files(first)

	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	a := newArchive(f)
	// The kernel opens it for /init before any mount.
	a.device("/dev/console", 0o600, 5, 1)
	if err := addFile(a, "/init", k.init, 0o755); err != nil {
		return err
	}
	config, err := json.Marshal(c)
	if err != nil {
		return err
	}
	a.file(wire.ConfigPath, 0o644, config)
	if err := k.addModules(a, modules, all); err != nil {
		return err
	}
	return a.close()
}

// addModules adds modules with the layout of a distribution.
func (k *Kit) addModules(a *archive, modules moduleSet, some []module) error {
	dir := filepath.Join("/lib/modules", k.release)
	for _, m := range some {
		if err := addFile(a, filepath.Join(dir, m.file), m.source, 0o644); err != nil {
			return err
		}
	}
	dep, softdep, err := modules.index(some)
	if err != nil {
		return err
	}
	a.file(filepath.Join(dir, "modules.dep"), 0o644, []byte(dep))
	a.file(filepath.Join(dir, "modules.softdep"), 0o644, []byte(softdep))
	return addFile(a, filepath.Join(dir, "modules.builtin"), filepath.Join(filepath.Dir(k.kernel), "modules.builtin"), 0o644)
}

func addFile(a *archive, name, source string, permissions int) error {
	raw, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	a.file(name, permissions, raw)
	return nil
}
