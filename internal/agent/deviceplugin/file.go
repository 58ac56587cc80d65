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
	// maxFileBytes bounds what is read. Ten thousand devices are half of it.
	maxFileBytes = 1 << 20
	// newMode is of a file that was not there: the plugin need not be root.
	newMode = 0o644
	// attempts to write a file that somebody else writes at the same time.
	attempts = 3
)

// A File is the plugin's file, in a folder of the host that the plugin and the
// agent share.
type File struct {
	dir, name string
	// change, if set, is called before a new file takes the place of the old.
	change func()
	disk   durable.Disk
}

// NewFile returns the file of a path, such as /etc/pcidp/config.json. Its folder
// is opened with each use, and need not be there before.
func NewFile(path string) *File {
	return &File{dir: filepath.Dir(path), name: filepath.Base(path)}
}

// Changed returns when the file was last written; the zero time if there is none.
// A plugin that was started before has read another.
func (f *File) Changed() (time.Time, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return time.Time{}, errors.Wrapf(err, "cannot open folder of the device plugin's file %q", f.name)
	}
	defer root.Close() //nolint:errcheck // Nothing was written.
	info, err := root.Stat(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, errors.Wrapf(err, "cannot look at the device plugin's file %q", f.name)
	}
	return info.ModTime(), nil
}

// An Applied is what Apply did.
type Applied struct {
	Merged

	// Corrupt is why the plugin could not read the file that was there, or nil.
	Corrupt error
	// KeptAside is the name, in the same folder, under which such a file is
	// kept. Somebody should look at it.
	KeptAside string
}

// Apply puts the pools of an owner into the file, as Merge does, and writes the
// file only if it changed. Whoever reads the file at any moment, also after the
// power went, reads the old one whole or the new one whole.
//
// A file that the plugin could not read is kept under another name, with its
// content, and a new one is written: until then the plugin offers nothing.
func (f *File) Apply(pools []Pool, o Owner) (Applied, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return Applied{}, errors.Wrapf(err, "cannot open folder of the device plugin's file %q", f.name)
	}
	defer root.Close() //nolint:errcheck // What was written is synced.
	for range attempts {
		a, done, err := f.apply(root, pools, o)
		if done || err != nil {
			return a, errors.Wrapf(err, "cannot write the device plugin's file %q", f.name)
		}
	}
	return Applied{}, errors.Errorf("cannot write the device plugin's file %q: somebody else changes it all the time", f.name)
}

// apply is one attempt. It is not done if the file changed meanwhile.
func (f *File) apply(root *os.Root, pools []Pool, o Owner) (Applied, bool, error) {
	old, mode, err := f.read(root)
	if err != nil {
		return Applied{}, true, err
	}
	var a Applied
	a.Merged, err = Merge(old, pools, o)
	if errors.Is(err, ErrCorrupt) {
		a.Corrupt = err
		if a.KeptAside, err = f.keepAside(root, old); err != nil {
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

// read returns the file and its mode; nothing if there is none.
func (f *File) read(root *os.Root) ([]byte, fs.FileMode, error) {
	info, err := root.Lstat(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, newMode, nil
	}
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		// A link to the file of a ConfigMap, say, which is not for writing.
		return nil, 0, errors.Errorf("it is no regular file but %s: give the agent a folder of its own", info.Mode().Type())
	}
	file, err := root.Open(f.name)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close() //nolint:errcheck // Nothing was written.
	b, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err == nil && len(b) > maxFileBytes {
		err = errors.Errorf("it has over %d bytes", maxFileBytes)
	}
	return b, info.Mode().Perm(), err
}

// keepAside gives a file a second name, of its content: the same file is kept
// once, however often it is found.
func (f *File) keepAside(root *os.Root, content []byte) (string, error) {
	sum := sha256.Sum256(content)
	name := f.name + ".corrupt-" + hex.EncodeToString(sum[:4])
	err := root.Link(f.name, name)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return name, errors.Wrapf(err, "cannot keep a file that the plugin could not read as %q", name)
}

// replace writes a file beside the old one, and puts it in its place unless that
// is no longer the old one.
func (f *File) replace(root *os.Root, old, content []byte, mode fs.FileMode) (bool, error) {
	// The name is always the same: what a crash left is overwritten, and does
	// not pile up. One agent runs on a node.
	draft := "." + f.name + ".draft"
	if err := f.disk.Write(root, draft, content, mode); err != nil {
		_ = root.Remove(draft) // The error that matters is that of the write.
		return true, err
	}
	if f.change != nil {
		f.change()
	}
	// Whoever else writes this file does not know of us: its change would be
	// lost. Between this look and the next line it still is.
	now, _, err := f.read(root)
	if err != nil || !bytes.Equal(now, old) {
		_ = root.Remove(draft) // It is of no use, and overwritten later.
		return err != nil, err
	}
	if err := root.Rename(draft, f.name); err != nil {
		return true, err
	}
	return true, f.disk.SyncDir(root)
}
