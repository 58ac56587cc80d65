// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"bufio"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// maxIndexLineBytes limits a line of modules.dep. The longest line of a distribution's
// kernel has a few KiB.
const maxIndexLineBytes = 1 << 20

// A moduleIndex is the index that depmod(8) writes for the modules of a kernel release.
// It is read for one load and dropped: it has half a megabyte.
type moduleIndex struct {
	// files are the files of modules by name, depends the modules that must be loaded
	// first: modules.dep.
	files   map[string]string
	depends map[string][]string
	// softdeps are the soft dependencies: modules.softdep.
	softdeps map[string]softdep
	// builtin are the modules built into the kernel: modules.builtin.
	builtin map[string]bool
}

type softdep struct {
	pre, post []string
}

func readIndex(root *os.Root) (*moduleIndex, error) {
	x := &moduleIndex{
		files:    map[string]string{},
		depends:  map[string][]string{},
		softdeps: map[string]softdep{},
		builtin:  map[string]bool{},
	}
	if err := eachLine(root, "modules.dep", x.addDependencies); err != nil {
		return nil, err
	}
	// Both files are optional.
	for name, add := range map[string]func(string){"modules.softdep": x.addSoftdeps, "modules.builtin": x.addBuiltin} {
		if err := eachLine(root, name, add); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return x, nil
}

func eachLine(root *os.Root, name string, f func(line string)) error {
	file, err := root.Open(name)
	if err != nil {
		return errors.Wrapf(err, "cannot read %q", name)
	}
	defer file.Close() //nolint:errcheck // Nothing was written.
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxIndexLineBytes)
	for lines.Scan() {
		f(lines.Text())
	}
	return errors.Wrapf(lines.Err(), "cannot read %q", name)
}

// addDependencies parses FILE: FILE…, where the dependency to load first is last.
func (x *moduleIndex) addDependencies(line string) {
	file, depends, ok := strings.Cut(line, ":")
	if !ok {
		return
	}
	name := moduleName(file)
	x.files[name] = file
	first := []string{}
	for n := range strings.FieldsSeq(depends) {
		first = append(first, moduleName(n))
	}
	slices.Reverse(first)
	x.depends[name] = first
}

// addSoftdeps parses softdep MODULE pre: MODULE… post: MODULE….
func (x *moduleIndex) addSoftdeps(line string) {
	fields := strings.Fields(line)
	if len(fields) < 2 || fields[0] != "softdep" {
		return
	}
	name := underscores(fields[1])
	d, post := x.softdeps[name], false
	for _, f := range fields[2:] {
		switch {
		case f == "pre:":
			post = false
		case f == "post:":
			post = true
		case post:
			d.post = append(d.post, underscores(f))
		default:
			d.pre = append(d.pre, underscores(f))
		}
	}
	x.softdeps[name] = d
}

func (x *moduleIndex) addBuiltin(line string) {
	if line != "" {
		x.builtin[moduleName(line)] = true
	}
}
