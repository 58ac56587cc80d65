// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// varLib is the mount point of the guest's disk.
const varLib = "/var/lib"

// diskBytes is the size of the sparse image of the disk.
const diskBytes = 1 << 30

// makeDisk creates the image of the disk, whose files survive a reset. files maps paths
// in the guest to source files.
func (k *Kit) makeDisk(ctx context.Context, dir string, files map[string]string) (string, error) {
	tree := filepath.Join(dir, "disk")
	if err := os.Mkdir(tree, 0o755); err != nil {
		return "", err
	}
	for name, source := range files {
		rest, ok := strings.CutPrefix(name, varLib+"/")
		if !ok {
			return "", errors.Errorf("cannot add %q to the disk of the guest: not below %s", name, varLib)
		}
		if err := copyFile(source, filepath.Join(tree, rest)); err != nil {
			return "", err
		}
	}
	image := filepath.Join(dir, "disk.img")
	f, err := os.Create(image)
	if err != nil {
		return "", err
	}
	if err := errors.Join(f.Truncate(diskBytes), f.Close()); err != nil {
		return "", err
	}
	// Initialize lazily, as most of the disk is never used.
	out, err := exec.CommandContext(ctx, k.mkfs, "-q", "-F", "-d", tree, "-E", "lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0", image).CombinedOutput()
	if err != nil {
		return "", errors.Wrapf(err, "cannot create a file system: %s", out)
	}
	return image, os.RemoveAll(tree)
}

// copyFile copies a file with its permissions.
func copyFile(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // Nothing was written.
	i, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, i.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
