package pci

import (
	"bufio"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// maxIndexLineBytes bounds a line of modules.dep: the longest of a
// distribution's kernel are a few KiB.
const maxIndexLineBytes = 1 << 20

// A moduleIndex is what depmod(8) writes beside the modules of a release. It is
// read for one load and dropped: a distribution's is half a megabyte.
type moduleIndex struct {
	// files are the files by the module's name, and needs the modules that must
	// be loaded before it: modules.dep.
	files map[string]string
	needs map[string][]string
	// wishes are of modules.softdep.
	wishes map[string]softdeps
	// builtin are the modules that are part of the kernel: modules.builtin.
	builtin map[string]bool
}

type softdeps struct {
	before, after []string
}

func readIndex(root *os.Root) (*moduleIndex, error) {
	x := &moduleIndex{
		files:   map[string]string{},
		needs:   map[string][]string{},
		wishes:  map[string]softdeps{},
		builtin: map[string]bool{},
	}
	if err := eachLine(root, "modules.dep", x.addDependencies); err != nil {
		return nil, err
	}
	// An installation without these two has no module with wishes, or none that
	// is built in.
	for name, add := range map[string]func(string){"modules.softdep": x.addWishes, "modules.builtin": x.addBuiltin} {
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

// addDependencies reads FILE: FILE…, where what is needed first stands last.
func (x *moduleIndex) addDependencies(line string) {
	file, needs, ok := strings.Cut(line, ":")
	if !ok {
		return
	}
	name := moduleName(file)
	x.files[name] = file
	first := []string{}
	for n := range strings.FieldsSeq(needs) {
		first = append(first, moduleName(n))
	}
	slices.Reverse(first)
	x.needs[name] = first
}

// addWishes reads softdep MODULE pre: MODULE… post: MODULE….
func (x *moduleIndex) addWishes(line string) {
	fields := strings.Fields(line)
	if len(fields) < 2 || fields[0] != "softdep" {
		return
	}
	name := underscores(fields[1])
	wishes, after := x.wishes[name], false
	for _, f := range fields[2:] {
		switch {
		case f == "pre:":
			after = false
		case f == "post:":
			after = true
		case after:
			wishes.after = append(wishes.after, underscores(f))
		default:
			wishes.before = append(wishes.before, underscores(f))
		}
	}
	x.wishes[name] = wishes
}

func (x *moduleIndex) addBuiltin(line string) {
	if line != "" {
		x.builtin[moduleName(line)] = true
	}
}
