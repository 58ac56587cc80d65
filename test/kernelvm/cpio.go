package kernelvm

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Kinds of files as their mode says, <linux/stat.h>.
const (
	modeFolder    = 0o040000
	modeCharacter = 0o020000
	modeRegular   = 0o100000
)

// An archive is a cpio archive in the format that the kernel unpacks, "newc"
// (Documentation/driver-api/early-userspace/buffer-format.rst). Folders are
// made as they are needed: the kernel drops a file whose folder is not there.
type archive struct {
	w       io.Writer
	folders map[string]bool
	inode   int
	err     error
}

func newArchive(w io.Writer) *archive {
	return &archive{w: w, folders: map[string]bool{".": true, "/": true}}
}

// file adds a regular file. Names are absolute.
func (a *archive) file(name string, permissions int, data []byte) {
	a.parents(name)
	a.entry(name, modeRegular|permissions, 0, 0, data)
}

// device adds the node of a character device.
func (a *archive) device(name string, permissions, major, minor int) {
	a.parents(name)
	a.entry(name, modeCharacter|permissions, major, minor, nil)
}

func (a *archive) parents(name string) {
	dir := path.Dir(name)
	if a.folders[dir] {
		return
	}
	a.parents(dir)
	a.folders[dir] = true
	a.entry(dir, modeFolder|0o755, 0, 0, nil)
}

// close ends the archive, and returns the first error there was.
func (a *archive) close() error {
	a.inode = -1 // the last entry is no file
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
	// inode, mode, user, group, links, time, size, the device that it is on, the
	// device that it is, length of the name with its end, checksum.
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

// padded fills up to a multiple of four, as the kernel reads it.
func padded(s string) []byte { return append([]byte(s), make([]byte, -len(s)&3)...) }
