// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// File types of the mode, <linux/stat.h>.
const (
	modeDirectory = 0o040000
	modeCharacter = 0o020000
	modeRegular   = 0o100000
)

// An archive is a cpio archive in the "newc" format of an initramfs
// (Documentation/driver-api/early-userspace/buffer-format.rst). It adds missing parent
// directories, as the kernel skips a file without one.
type archive struct {
	w     io.Writer
	dirs  map[string]bool
	inode int
	err   error
}

func newArchive(w io.Writer) *archive {
	return &archive{w: w, dirs: map[string]bool{".": true, "/": true}}
}

// file adds a regular file with an absolute name.
func (a *archive) file(name string, permissions int, data []byte) {
	a.parents(name)
	a.entry(name, modeRegular|permissions, 0, 0, data)
}

// device adds the device node of a character device.
func (a *archive) device(name string, permissions, major, minor int) {
	a.parents(name)
	a.entry(name, modeCharacter|permissions, major, minor, nil)
}

func (a *archive) parents(name string) {
	dir := path.Dir(name)
	if a.dirs[dir] {
		return
	}
	a.parents(dir)
	a.dirs[dir] = true
	a.entry(dir, modeDirectory|0o755, 0, 0, nil)
}

// close writes the trailer, and returns the first error.
func (a *archive) close() error {
	a.inode = -1 // the trailer has inode 0
	a.entry("TRAILER!!!", 0, 0, 0, nil)
	return errors.Wrap(a.err, "cannot write the archive")
}

func (a *archive) entry(name string, mode, major, minor int, data []byte) {
	if a.err != nil {
		return
	}
	a.inode++
	name = strings.TrimPrefix(name, "/")
	header := strings.Builder{}
	header.WriteString("070701")
	// inode, mode, user, group, links, time, size, device, device number, length of the
	// name with its terminator, checksum.
	for _, v := range []int{a.inode, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name) + 1, 0} {
		fmt.Fprintf(&header, "%08x", v)
	}
	for _, part := range [][]byte{padded(header.String() + name + "\x00"), padded(string(data))} {
		if _, err := a.w.Write(part); err != nil {
			a.err = err
			return
		}
	}
}

// padded pads to a multiple of four bytes.
func padded(s string) []byte { return append([]byte(s), make([]byte, -len(s)&3)...) }
