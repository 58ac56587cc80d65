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

// A Kit is what machines are made of: a kernel, its modules, and the program
// that runs in them. Close removes what it has made.
type Kit struct {
	kernel, release string
	modules         moduleSet
	noIOMMU         string // vfio.ko with CONFIG_VFIO_NOIOMMU

	qemu, mkfs string

	dir, init string
}

// Prepare makes a kit from a folder that ensure.sh has made.
func Prepare(ctx context.Context, folder string) (*Kit, error) {
	k := &Kit{kernel: filepath.Join(folder, "vmlinuz"), noIOMMU: filepath.Join(folder, "noiommu", "vfio.ko")}
	raw, err := os.ReadFile(filepath.Join(folder, "release"))
	if err != nil {
		return nil, errors.Wrapf(err, "cannot use %q: it is not what test/kernelvm/ensure.sh prints", folder)
	}
	k.release = strings.TrimSpace(string(raw))
	if k.modules, err = readModules(folder); err != nil {
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

// Release of the kernel, as uname -r prints it.
func (k *Kit) Release() string { return k.release }

// Close removes the kit's files. Machines that run do not need them.
func (k *Kit) Close() error { return os.RemoveAll(k.dir) }

// program finds one that may be in a folder only root has in its path.
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

// Build builds a package of this repository, such as cmd/agent, to run in a
// machine.
func Build(ctx context.Context, pkg, to string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", to, repository+"/"+pkg)
	// A guest has no C library, and is of the kind of the kernel.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	out, err := cmd.CombinedOutput()
	return errors.Wrapf(err, "cannot build %s: %s", pkg, out)
}
