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

// varLib is where the guest has its disk.
const varLib = "/var/lib"

// diskBytes is the size of a disk, of which only what is written takes room.
const diskBytes = 1 << 30

// makeDisk makes the disk that keeps its files over a reset, with the files
// given by the paths that they have in the guest.
func (k *Kit) makeDisk(ctx context.Context, dir string, files map[string]string) (string, error) {
	tree := filepath.Join(dir, "disk")
	if err := os.Mkdir(tree, 0o755); err != nil {
		return "", err
	}
	for name, source := range files {
		rest, ok := strings.CutPrefix(name, varLib+"/")
		if !ok {
			return "", errors.Errorf("cannot put %q into the guest: only %s is a disk", name, varLib)
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
	// Lazily, as most of it is never used.
	out, err := exec.CommandContext(ctx, k.mkfs, "-q", "-F", "-d", tree, "-E", "lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0", image).CombinedOutput()
	if err != nil {
		return "", errors.Wrapf(err, "cannot make a file system: %s", out)
	}
	return image, os.RemoveAll(tree)
}

// copyFile keeps the permissions: a program stays one.
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
