// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/durable"
)

const (
	// maxFileBytes limits the size of the file. Ten thousand devices need half of it.
	maxFileBytes = 1 << 20
	// newMode is the mode of a new file: the plugin may run without root.
	newMode = 0o644
	// attempts limits retries after concurrent writes of another program.
	attempts = 3
)

// A File is the plugin's file, in a host directory that the plugin and the agent share.
type File struct {
	dir, name string
	// beforeRename, if set, is called before a new file replaces the old one.
	beforeRename func()
	disk         durable.Disk
}

// NewFile returns the file at a path, such as /etc/pcidp/config.json. Each call opens
// the directory, which need not exist before.
func NewFile(path string) *File {
	return &File{dir: filepath.Dir(path), name: filepath.Base(path)}
}

// Changed returns the modification time of the file, or the zero time if it does not
// exist. A plugin that started earlier has not read the current file.
func (f *File) Changed() (time.Time, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return time.Time{}, errors.Wrapf(err, "cannot open directory of the device plugin's file %q", f.name)
	}
	defer root.Close() //nolint:errcheck // Nothing was written.
	info, err := root.Stat(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, errors.Wrapf(err, "cannot stat the device plugin's file %q", f.name)
	}
	return info.ModTime(), nil
}

// An Applied is the result of Apply.
type Applied struct {
	Merged

	// Corrupt is the reason why the plugin could not read the previous file, or nil.
	Corrupt error
	// BackupName is the name of the backup of such a file, in the same directory. An
	// operator should inspect it.
	BackupName string
}

// Apply merges the pools of an owner into the file (see Merge), and writes it if it
// changed. It replaces the file atomically: at any time, also after a power failure, a
// reader sees either the old or the new content.
//
// If the plugin cannot read the file, Apply keeps a backup of it and writes a new file:
// with the old file the plugin offers nothing.
func (f *File) Apply(pools []Pool, o Owner) (Applied, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return Applied{}, errors.Wrapf(err, "cannot open directory of the device plugin's file %q", f.name)
	}
	defer root.Close() //nolint:errcheck // What was written is synced.
	for range attempts {
		a, done, err := f.apply(root, pools, o)
		if done || err != nil {
			return a, errors.Wrapf(err, "cannot write the device plugin's file %q", f.name)
		}
	}
	return Applied{}, errors.Errorf("cannot write the device plugin's file %q: another program keeps changing it", f.name)
}

// apply makes one attempt. It reports false if the file changed meanwhile.
func (f *File) apply(root *os.Root, pools []Pool, o Owner) (Applied, bool, error) {
	old, mode, err := f.read(root)
	if err != nil {
		return Applied{}, true, err
	}
	var a Applied
	a.Merged, err = Merge(old, pools, o)
	if errors.Is(err, ErrCorrupt) {
		a.Corrupt = err
		if a.BackupName, err = f.backUp(root, old); err != nil {
			return a, true, err
		}
		a.Merged, err = Merge(nil, pools, o)
	}
	if err != nil || !a.Changed {
		return a, true, err
	}
	done, err := f.replace(root, old, a.File, mode)
	return a, done, err
}

// read returns the content and the mode of the file. The content is nil if the file
// does not exist.
func (f *File) read(root *os.Root) ([]byte, fs.FileMode, error) {
	info, err := root.Lstat(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, newMode, nil
	}
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		// For example the symlink of a ConfigMap volume, which is read-only.
		return nil, 0, errors.Errorf("not a regular file (%s): mount a writable directory of the host into the agent", info.Mode().Type())
	}
	file, err := root.Open(f.name)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close() //nolint:errcheck // Nothing was written.
	b, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err == nil && len(b) > maxFileBytes {
		err = errors.Errorf("it exceeds %d bytes", maxFileBytes)
	}
	return b, info.Mode().Perm(), err
}

// backUp hard-links a file to a name derived from its content, so that each corrupt
// file is kept once.
func (f *File) backUp(root *os.Root, content []byte) (string, error) {
	sum := sha256.Sum256(content)
	name := f.name + ".corrupt-" + hex.EncodeToString(sum[:4])
	err := root.Link(f.name, name)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return name, errors.Wrapf(err, "cannot back up the file, which the plugin could not read, as %q", name)
}

// replace writes a temporary file and renames it over the file, unless the file changed
// since it was read.
func (f *File) replace(root *os.Root, old, content []byte, mode fs.FileMode) (bool, error) {
	// A fixed name: a file that a crash left is overwritten. One agent runs on a node.
	temp := "." + f.name + ".draft"
	if err := f.disk.Write(root, temp, content, mode); err != nil {
		_ = root.Remove(temp) // The error of the write is returned.
		return true, err
	}
	if f.beforeRename != nil {
		f.beforeRename()
	}
	// Do not overwrite a concurrent change of another program. A change between this
	// check and the rename is still lost.
	now, _, err := f.read(root)
	if err != nil || !bytes.Equal(now, old) {
		_ = root.Remove(temp) // If this fails, the next write overwrites it.
		return err != nil, err
	}
	if err := root.Rename(temp, f.name); err != nil {
		return true, err
	}
	return true, f.disk.SyncDir(root)
}
