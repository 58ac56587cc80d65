// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// tree creates a directory of files and symlinks, whose content begins with ->, and
// opens it.
func tree(t *testing.T, files map[string]string) (*sysfs.FS, string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case content == "/": // An empty directory.
			err = os.MkdirAll(p, 0o700)
		case len(content) > 2 && content[:2] == "->":
			err = os.Symlink(content[2:], p)
		default:
			err = os.WriteFile(p, []byte(content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	f, err := sysfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, dir
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// broken fails accesses to one file with an error that a directory on disk does not
// return.
type broken struct {
	Files

	name string
	err  error
}

func (b broken) Read(name string) (string, error) {
	if name == b.name {
		return "", b.err
	}
	return b.Files.Read(name)
}

func (b broken) Write(name, value string) error {
	if name == b.name {
		return b.err
	}
	return b.Files.Write(name, value)
}

func (b broken) ReadDir(name string) ([]string, error) {
	if name == b.name {
		return nil, b.err
	}
	return b.Files.ReadDir(name)
}

// Link implements Files. The name of a symlink that is broken, and not what it leads to,
// begins with ->.
func (b broken) Link(name string) (string, error) {
	if "->"+name == b.name {
		return "", b.err
	}
	return b.Files.Link(name)
}

func (b broken) Target(name string) (string, error) {
	if name == b.name {
		return "", b.err
	}
	return b.Files.Target(name)
}

const release = "6.1.0-56-cloud-amd64"

// moduleTree is a /lib/modules with the VFIO modules of a Debian 12 kernel, the index
// of depmod, and some compressed modules. The content of a module file is its name, so
// that a test sees which file was loaded.
func moduleTree() map[string]string {
	dir := release + "/"
	files := map[string]string{
		dir + "modules.dep": `kernel/drivers/vfio/vfio.ko:
kernel/drivers/vfio/vfio_iommu_type1.ko: kernel/drivers/vfio/vfio.ko
kernel/drivers/vfio/vfio_virqfd.ko:
kernel/virt/lib/irqbypass.ko:
kernel/drivers/vfio/pci/vfio-pci-core.ko: kernel/drivers/vfio/vfio_virqfd.ko kernel/virt/lib/irqbypass.ko kernel/drivers/vfio/vfio.ko
kernel/drivers/vfio/pci/vfio-pci.ko: kernel/drivers/vfio/pci/vfio-pci-core.ko kernel/drivers/vfio/vfio_virqfd.ko kernel/virt/lib/irqbypass.ko kernel/drivers/vfio/vfio.ko
kernel/drivers/uio/uio.ko.xz:
kernel/drivers/uio/uio_pci_generic.ko.xz: kernel/drivers/uio/uio.ko.xz
kernel/a.ko: kernel/b.ko
kernel/b.ko: kernel/a.ko
a line without a colon
`,
		dir + "modules.softdep": `# Soft dependencies extracted from modules themselves.
softdep vfio post: vfio_iommu_type1 vfio_iommu_spapr_tce
softdep b pre: uio
softdep
alias nonsense here
`,
		dir + "modules.builtin": "kernel/fs/ext4/ext4.ko\nkernel/drivers/net/dash-ed.ko\n\n",
	}
	for _, f := range []string{
		"kernel/drivers/vfio/vfio.ko", "kernel/drivers/vfio/vfio_iommu_type1.ko", "kernel/drivers/vfio/vfio_virqfd.ko",
		"kernel/virt/lib/irqbypass.ko", "kernel/drivers/vfio/pci/vfio-pci-core.ko", "kernel/drivers/vfio/pci/vfio-pci.ko",
		"kernel/drivers/uio/uio.ko.xz", "kernel/drivers/uio/uio_pci_generic.ko.xz", "kernel/a.ko", "kernel/b.ko",
	} {
		files[dir+f] = moduleName(f)
	}
	return files
}
