// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package multus

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/durable"
)

// DefaultDir is the directory from which Multus reads the files of networks.
const DefaultDir = "/etc/cni/multus/net.d"

const (
	// prefix and suffix enclose the id of the ENI in the name of a file.
	prefix, suffix = "provider-aws-eni.", ".conflist"
	// temporary is the suffix of a file that is not complete. Multus reads only
	// files with the suffixes .conf, .conflist and .json.
	temporary = ".new"
	// maxFileBytes limits the size of a file.
	maxFileBytes = 1 << 20
	fileMode     = 0o644
)

// A Dir is the directory of Multus on the node. Each method opens the directory, which
// Multus may create later.
type Dir struct {
	path string
	disk durable.Disk
}

// NewDir returns the directory with a path, such as DefaultDir.
func NewDir(path string) *Dir { return &Dir{path: path} }

// A File is a file of the directory.
type File struct {
	// Name of the file.
	Name string
	// Network is the name of the network, or empty if the file is not valid or not readable.
	Network string
	// ENI is the id of the ENI for which an agent wrote the file, or empty for a foreign
	// file.
	ENI string
	// Content of a file that an agent wrote.
	Content []byte
}

// List returns the files that Multus reads, in the order in which it reads them. The error
// is fs.ErrNotExist if the directory does not exist.
func (d *Dir) List() ([]File, error) {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, errors.Wrap(err, "cannot open the directory of Multus")
	}
	defer root.Close() //nolint:errcheck // Nothing was written.
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, errors.Wrap(err, "cannot list the directory of Multus")
	}
	var out []File
	for _, e := range entries {
		if !isConfig(e) {
			continue
		}
		f := File{Name: e.Name(), ENI: eniOf(e.Name())}
		raw, err := read(root, e.Name())
		// A foreign file may be a symbolic link out of the directory.
		if err != nil && f.ENI != "" && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Wrapf(err, "cannot read %q in the directory of Multus", e.Name())
		}
		f.Network = networkName(raw)
		if f.ENI != "" {
			f.Content = raw
		}
		out = append(out, f)
	}
	return out, nil
}

// isConfig reports whether a file is read as a CNI configuration.
func isConfig(e fs.DirEntry) bool {
	return slices.Contains([]string{".conf", ".conflist", ".json"}, filepath.Ext(e.Name())) && !e.IsDir()
}

// networkName returns the name of the network of a file.
func networkName(raw []byte) string {
	c := struct {
		Name string `json:"name"`
	}{}
	if json.Unmarshal(raw, &c) != nil {
		return ""
	}
	return c.Name
}

// eniOf returns the id of the ENI in the name of a file, or "" for a foreign file.
func eniOf(name string) string {
	id, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return ""
	}
	id, ok = strings.CutSuffix(id, suffix)
	if !ok {
		return ""
	}
	return id
}

func read(root *os.Root, name string) ([]byte, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxFileBytes))
	return raw, errors.Join(err, f.Close())
}

// Write replaces the file of an ENI atomically: at any time, also after a power failure,
// Multus reads either the old or the new content.
func (d *Dir) Write(eni string, content []byte) error {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return errors.Wrap(err, "cannot open the directory of Multus")
	}
	defer root.Close() //nolint:errcheck // What was written is synced.
	name := prefix + eni + suffix
	err = d.disk.Write(root, name+temporary, content, fileMode)
	if err == nil {
		err = root.Rename(name+temporary, name)
	}
	if err == nil {
		err = d.disk.SyncDir(root)
	}
	return errors.Wrapf(err, "cannot write %q in the directory of Multus", name)
}

// Remove removes the file of an ENI, if it exists.
func (d *Dir) Remove(eni string) error {
	root, err := os.OpenRoot(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return errors.Wrap(err, "cannot open the directory of Multus")
	}
	defer root.Close() //nolint:errcheck // What was removed is synced.
	name := prefix + eni + suffix
	for _, n := range []string{name + temporary, name} {
		if err := root.Remove(n); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return errors.Wrapf(err, "cannot remove %q from the directory of Multus", n)
		}
	}
	return errors.Wrap(d.disk.SyncDir(root), "cannot sync the directory of Multus")
}
