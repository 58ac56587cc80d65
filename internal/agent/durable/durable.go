// Package durable writes files that outlive a crash of the node: their content,
// and their names.
package durable

import (
	"io/fs"
	"os"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A Disk writes files and waits until the disk has them. Its zero value is ready
// for use.
type Disk struct {
	// Sync waits until the disk has a file or a folder. Default: fsync(2).
	Sync func(f *os.File) error
}

func (d Disk) sync(f *os.File) error {
	if d.Sync != nil {
		return d.Sync(f)
	}
	return f.Sync()
}

// Write makes a file, in place of what a crash may have left under its name, and
// returns when its content is on the disk. What follows is a rename to the name
// that is read, and SyncFolder.
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
		err = f.Chmod(mode) // The umask has had its say.
	}
	if err == nil {
		// Without this a crash may leave the new name with nothing in it.
		err = d.sync(f)
	}
	return errors.Join(err, f.Close())
}

// SyncFolder makes the names in a folder outlive a crash.
func (d Disk) SyncFolder(root *os.Root) error {
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(d.sync(f), f.Close())
}
