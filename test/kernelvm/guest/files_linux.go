// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors" //nolint:depguard // See wrapf.
	"io"
	"os"
	"path/filepath"

	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

func read(a wire.Read) (any, error) {
	f, err := os.Open(a.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // Nothing was written.
	// Files of proc do not support reading from an offset.
	if _, err := io.CopyN(io.Discard, f, a.Offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, int64(a.Limit)))
	return wire.Data{Data: raw, End: len(raw) < a.Limit}, err
}

// write does not create a file: a missing attribute is an error.
func write(a wire.Write) (any, error) {
	f, err := os.OpenFile(a.Path, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(a.Data)
	return nil, errors.Join(err, f.Close())
}

func create(a wire.Write) (any, error) {
	if err := os.MkdirAll(filepath.Dir(a.Path), 0o755); err != nil {
		return nil, err
	}
	flags := os.O_WRONLY | os.O_CREATE
	if a.Append {
		flags |= os.O_APPEND
	} else {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(a.Path, flags, os.FileMode(a.Mode))
	if err != nil {
		return nil, err
	}
	_, err = f.Write(a.Data)
	return nil, errors.Join(err, f.Close())
}

func readlink(a wire.Path) (any, error) { return os.Readlink(a.Path) }

func list(a wire.Path) (any, error) {
	entries, err := os.ReadDir(a.Path)
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

func stat(a wire.Path) (any, error) {
	i, err := os.Stat(a.Path)
	if err != nil {
		return nil, err
	}
	return wire.Stat{Size: i.Size(), IsDir: i.IsDir(), Device: i.Mode()&os.ModeDevice != 0}, nil
}

func loadModules(a wire.Load) (any, error) {
	c, err := readConfig()
	if err != nil {
		return nil, err
	}
	return nil, load(modulesDir(c.Release), a.Files)
}
