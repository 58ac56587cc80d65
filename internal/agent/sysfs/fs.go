// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package sysfs

import (
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// maxAttributeBytes is the kernel's limit: an attribute is at most one page.
const maxAttributeBytes = 4096

// An FS is a tree of attribute files.
type FS struct {
	root *os.Root
}

// Open opens the tree below a directory.
func Open(dir string) (*FS, error) {
	r, err := os.OpenRoot(dir)
	return &FS{root: r}, errors.Wrapf(err, "cannot open %q", dir)
}

// Close closes the tree.
func (f *FS) Close() error { return f.root.Close() }

// Read returns an attribute without surrounding white space.
func (f *FS) Read(name string) (string, error) {
	file, err := f.root.Open(name)
	if err != nil {
		return "", errors.Wrapf(err, "cannot read %q", name)
	}
	defer file.Close() //nolint:errcheck // Nothing was written.
	b, err := io.ReadAll(io.LimitReader(file, maxAttributeBytes))
	if err != nil {
		return "", errors.Wrapf(err, "cannot read %q", name)
	}
	return strings.TrimSpace(string(b)), nil
}

// Write writes an existing attribute with one write(2), as the kernel executes each
// write separately.
func (f *FS) Write(name, value string) error {
	return f.writeIf(name, value, func() error { return nil })
}

// writeIf writes an attribute if check succeeds. It calls check after opening the file,
// so that a later rename cannot redirect the write.
func (f *FS) writeIf(name, value string, check func() error) error {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return errors.Wrapf(err, "cannot write %q to %q", value, name)
	}
	werr := check()
	if werr == nil {
		_, werr = file.WriteString(value)
	}
	cerr := file.Close()
	if werr == nil {
		werr = cerr
	}
	return errors.Wrapf(werr, "cannot write %q to %q", value, name)
}

// Link returns a symlink's target: in sysfs a relative path.
func (f *FS) Link(name string) (string, error) {
	t, err := f.root.Readlink(name)
	return t, errors.Wrapf(err, "cannot read link %q", name)
}

// Target returns the last element of a symlink's target: in sysfs usually the name of a
// driver, a group or a device.
func (f *FS) Target(name string) (string, error) {
	t, err := f.Link(name)
	if err != nil {
		return "", err
	}
	return path.Base(t), nil
}

// ReadDir returns the names in a directory, sorted.
func (f *FS) ReadDir(name string) ([]string, error) {
	dir, err := f.root.Open(name)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot list %q", name)
	}
	defer dir.Close() //nolint:errcheck // Nothing was written.
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot list %q", name)
	}
	slices.Sort(names)
	return names, nil
}
