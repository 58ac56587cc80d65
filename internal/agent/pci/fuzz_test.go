// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"0000:00:06.0", "00:1f.7", "10000:e1:00.0", "ffffffff:FF:1F.7", "", "0000:00:06", "::.", "0x00:00:06.0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			return
		}
		again, err := ParseAddress(a.String())
		if again != a || err != nil {
			t.Errorf("%q parses as %s, which parses as %s: %v", s, a, again, err)
		}
		if got := a.String(); strings.ContainsAny(got, "/\x00") || !strings.HasSuffix(got, strings.ToLower(s)) && strings.Count(s, ":") != 2 {
			t.Errorf("%q is not a suffix of %q: only the domain is optional.", s, got)
		}
	})
}

func FuzzUevent(f *testing.F) {
	f.Add(sysfsTree()["devices/pci0000:00/0000:00:06.0/uevent"])
	f.Add("PCI_ID=1D0F\nPCI_CLASS=2000000000\n=\nDRIVER=\x00\r\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		u := ParseUevent(text)
		for key, value := range u {
			if key == "" || strings.ContainsAny(key+value, "\n") || !strings.Contains(text, key+"="+value) {
				t.Errorf("%q=%q is not a line of %q", key, value, text)
			}
		}
		d := deviceFromUevent(Address{}, u)
		if strings.Contains(d.Vendor, ":") || d.Driver != u["DRIVER"] {
			t.Errorf("%q parses as %+v", text, d)
		}
	})
}

func FuzzParseModalias(f *testing.F) {
	for _, s := range []string{enaModalias, "pci:v00001AF4d00001041svFFFFFFFFsd00000000bc02sc00i00", "virtio:d00000001v00001AF4", "pci:v", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseModalias(s)
		if err != nil {
			if m != (Modalias{}) {
				t.Errorf("%q is rejected, and returns %+v", s, m)
			}
			return
		}
		for _, n := range []string{m.Vendor, m.Product, m.SubsystemVendor, m.Subsystem} {
			if len(n) != 4 && len(n) != 8 {
				t.Errorf("%q has a field of %d digits: %q", s, len(n), n)
			}
		}
		if len(m.Class) != 6 || len(s) != len(enaModalias) {
			t.Errorf("%q parses as %+v", s, m)
		}
	})
}

func FuzzParseResource(f *testing.F) {
	f.Add(enaResource)
	f.Add("0x1 0x0 0x200\n0x0 0xffffffffffffffff 0x2200")
	f.Add("0b1 0o7 1_0\n")
	f.Add("\n")
	f.Fuzz(func(t *testing.T, text string) {
		bars, err := ParseResource(text)
		if err != nil && bars != nil {
			t.Errorf("%q is rejected, and returns %+v", text, bars)
		}
		last := -1
		for _, b := range bars {
			if b.Index <= last || b.Index > 5 || b.End < b.Start {
				t.Errorf("%q has %+v after %d", text, b, last)
			}
			last = b.Index
		}
	})
}

func FuzzParseMemtypes(f *testing.F) {
	f.Add("PAT memtype list:\nPAT: [mem 0x0000000080004000-0x0000000080008000] uncached-minus\n", uint64(0x80004000), uint64(0x1000))
	f.Add("write-combining @ 0x80100000-0x80200000\n", uint64(0x80100000), uint64(0xfffff))
	f.Add("PAT: [mem 0-0xffffffffffffffff] uncached", uint64(0), uint64(1<<64-1))
	f.Add("PAT: [mem -] \n @ -\n", uint64(1), uint64(0))
	f.Fuzz(func(t *testing.T, text string, start, length uint64) {
		types := ParseMemtypes(text)
		for _, m := range types {
			if m.End <= m.Start || m.Kind == "" {
				t.Errorf("%q has %+v", text, m)
			}
		}
		end := max(start, start+length) // The sum may overflow.
		got := CachingOf([]BAR{{Start: start, End: end}}, types)
		touched := slices.ContainsFunc(types, func(m Memtype) bool { return m.Start <= end && m.End > start })
		if len(got) != 1 || !touched && got[0] != CachingUnknown {
			t.Errorf("%q has no range at %#x-%#x, and returns %s", text, start, end, got)
		}
	})
}

func FuzzModuleIndex(f *testing.F) {
	files := moduleTree()
	f.Add(files[release+"/modules.dep"], files[release+"/modules.softdep"], files[release+"/modules.builtin"], "vfio-pci")
	f.Add("a.ko: b.ko\nb.ko: a.ko\n", "softdep a pre: a b post: a\n", "a.ko\n", "a")
	f.Add("a.ko: a.ko a.ko\na.ko:\n:\n: a.ko", "softdep a post:", "\n.ko", "")
	f.Fuzz(func(t *testing.T, deps, softdeps, builtin, name string) {
		dir := t.TempDir()
		for file, text := range map[string]string{"modules.dep": deps, "modules.softdep": softdeps, "modules.builtin": builtin} {
			if err := os.WriteFile(path.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		x, err := readIndex(root)
		if err != nil {
			return
		}
		order, err := x.loadOrder(name)
		if err != nil {
			return
		}
		if !slices.Contains(order, x.files[underscores(name)]) {
			t.Errorf("%q is not in its own load order: %q", name, order)
		}
		for i, file := range order {
			if slices.Contains(order[:i], file) {
				t.Errorf("%q is loaded twice: %q", file, order)
			}
		}
		// Each module comes after its dependencies, unless they form a cycle.
		for i, file := range order {
			for _, n := range x.depends[moduleName(file)] {
				j := slices.Index(order, x.files[n])
				if j > i && !x.reaches(n, moduleName(file), map[string]bool{}) {
					t.Errorf("%q is loaded before its dependency %q: %q", file, n, order)
				}
			}
		}
	})
}

// reaches reports whether a module depends on another, directly or not, by hard or soft
// dependencies.
func (x *moduleIndex) reaches(from, to string, seen map[string]bool) bool {
	if seen[from] {
		return false
	}
	seen[from] = true
	for _, n := range slices.Concat(x.depends[from], x.softdeps[from].pre, x.softdeps[from].post) {
		if n == to || x.reaches(n, to, seen) {
			return true
		}
	}
	return false
}
