// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

const repository = "github.com/nodeeni/provider-aws-eni"

// A Kit contains the files of machines: a kernel, its modules, and the program that
// runs in them. Close removes its files.
type Kit struct {
	kernel, release string
	modules         moduleSet
	noIOMMU         string // vfio.ko with CONFIG_VFIO_NOIOMMU

	qemu, mkfs string

	dir, init string
}

// Prepare creates a kit from the directory that ensure.sh prints.
func Prepare(ctx context.Context, dir string) (*Kit, error) {
	k := &Kit{kernel: filepath.Join(dir, "vmlinuz"), noIOMMU: filepath.Join(dir, "noiommu", "vfio.ko")}
	raw, err := os.ReadFile(filepath.Join(dir, "release"))
	if err != nil {
		return nil, errors.Wrapf(err, "cannot use %q: not a directory from test/kernelvm/ensure.sh", dir)
	}
	k.release = strings.TrimSpace(string(raw))
	if k.modules, err = readModules(dir); err != nil {
		return nil, err
	}
	if k.qemu, err = program("qemu-system-x86_64"); err != nil {
		return nil, err
	}
	if k.mkfs, err = program("mkfs.ext4"); err != nil {
		return nil, err
	}
	if k.dir, err = os.MkdirTemp("", "kernelvm-kit-"); err != nil {
		return nil, err
	}
	k.init = filepath.Join(k.dir, "init")
	if err := Build(ctx, "test/kernelvm/guest", k.init); err != nil {
		return nil, errors.Join(err, k.Close())
	}
	return k, nil
}

// Close removes the kit's files. Running machines do not need them.
func (k *Kit) Close() error { return os.RemoveAll(k.dir) }

// program returns the path of a program, which may only be in root's PATH.
func program(name string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return p, nil
		}
	}
	return "", errors.Errorf("cannot find %s: test/kernelvm/ensure.sh installs it", name)
}

// Build builds a package of this repository, such as cmd/agent, for a machine.
func Build(ctx context.Context, pkg, to string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", to, repository+"/"+pkg)
	// The guest has no C library, and the architecture of the kernel.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	out, err := cmd.CombinedOutput()
	return errors.Wrapf(err, "cannot build %s: %s", pkg, out)
}
