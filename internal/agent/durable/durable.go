// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package durable writes files so that content and name survive a crash of the node.
package durable

import (
	"io/fs"
	"os"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A Disk writes files and syncs them to disk. Its zero value is ready for use.
type Disk struct {
	// Sync syncs a file or directory. Default: fsync(2).
	Sync func(f *os.File) error
}

func (d Disk) sync(f *os.File) error {
	if d.Sync != nil {
		return d.Sync(f)
	}
	return f.Sync()
}

// Write creates a file, replacing any file that a crash left under its name, and syncs
// it. The caller then renames it to its final name and calls SyncDir.
func (d Disk) Write(root *os.Root, name string, content []byte, mode fs.FileMode) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(mode) // OpenFile applied the umask.
	}
	if err == nil {
		// Without it the file may be empty after a crash.
		err = d.sync(f)
	}
	return errors.Join(err, f.Close())
}

// SyncDir syncs a directory, so that the names in it survive a crash.
func (d Disk) SyncDir(root *os.Root) error {
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(d.sync(f), f.Close())
}
