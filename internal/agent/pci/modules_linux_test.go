// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

func TestLoad(t *testing.T) {
	cases := map[string]struct {
		reason   string
		name     string
		sys      map[string]string
		remove   string
		finit    map[string]error
		want     []string
		err      error
		wantText string
	}{
		"InOrder": {
			reason: "Dependencies are loaded first, and post soft dependencies after their module.",
			name:   "vfio-pci",
			want:   []string{"vfio", "vfio_iommu_type1", "irqbypass", "vfio_virqfd", "vfio_pci_core", "vfio_pci"},
		},
		"Underscores": {
			reason: "Dashes and underscores are equivalent, and compressed files are loaded with the flag.",
			name:   "uio-pci-generic",
			want:   []string{"uio (compressed)", "uio_pci_generic (compressed)"},
		},
		"Cycle":   {reason: "Modules with cyclic soft dependencies are loaded once.", name: "a", want: []string{"uio (compressed)", "b", "a"}},
		"Loaded":  {reason: "A loaded module is not loaded again.", name: "vfio-pci", sys: map[string]string{"module/vfio_pci/initstate": "live\n"}},
		"Driver":  {reason: "A built-in driver is not loaded, even without /lib/modules.", name: "ena", sys: map[string]string{"bus/pci/drivers/ena/bind": ""}, remove: release},
		"Builtin": {reason: "A built-in module is not loaded.", name: "ext4"},
		"Partly": {
			reason: "Loaded dependencies are skipped; for a module that is not live yet, the kernel waits.",
			name:   "vfio-pci",
			sys:    map[string]string{"module/vfio/initstate": "live\n", "module/irqbypass/parameters": "/", "module/vfio_virqfd/initstate": "coming\n"},
			want:   []string{"vfio_iommu_type1", "vfio_virqfd", "vfio_pci_core", "vfio_pci"},
		},
		"Race":         {reason: "A module that another process loads concurrently is no error.", name: "vfio", finit: map[string]error{"vfio": syscall.EEXIST}, want: []string{"vfio", "vfio_iommu_type1"}},
		"Missing":      {reason: "A module that the release does not have is ErrNoModule.", name: "igb_uio", err: ErrNoModule},
		"NoRelease":    {reason: "A missing directory of the release is fs.ErrNotExist.", name: "vfio", remove: release, err: fs.ErrNotExist},
		"NoIndex":      {reason: "A missing index is fs.ErrNotExist.", name: "vfio", remove: release + "/modules.dep", err: fs.ErrNotExist},
		"NoSoftdeps":   {reason: "modules.softdep is optional.", name: "vfio", remove: release + "/modules.softdep", want: []string{"vfio"}},
		"NoFile":       {reason: "A missing module file is an error.", name: "vfio", remove: release + "/kernel/drivers/vfio/vfio.ko", err: fs.ErrNotExist},
		"Locked":       {reason: "An error with a misleading errno is explained.", name: "vfio", finit: map[string]error{"vfio": syscall.EPERM}, want: []string{"vfio"}, err: syscall.EPERM, wantText: "CAP_SYS_MODULE"},
		"Unsigned":     {reason: "An error with a misleading errno is explained.", name: "vfio", finit: map[string]error{"vfio": syscall.EKEYREJECTED}, want: []string{"vfio"}, err: syscall.EKEYREJECTED, wantText: "not signed"},
		"OtherKernel":  {reason: "An error with a misleading errno is explained.", name: "vfio", finit: map[string]error{"vfio": syscall.ENOEXEC}, want: []string{"vfio"}, err: syscall.ENOEXEC, wantText: "another kernel"},
		"NoSymbol":     {reason: "An error with a misleading errno is explained.", name: "vfio", finit: map[string]error{"vfio": syscall.ENOENT}, want: []string{"vfio"}, err: syscall.ENOENT, wantText: "symbol"},
		"Compressed":   {reason: "An error with a misleading errno is explained.", name: "uio", finit: map[string]error{"uio": syscall.EOPNOTSUPP}, want: []string{"uio (compressed)"}, err: syscall.EOPNOTSUPP, wantText: "CONFIG_MODULE_DECOMPRESS"},
		"Memory":       {reason: "An error with a clear errno has no hint.", name: "vfio", finit: map[string]error{"vfio": syscall.ENOMEM}, want: []string{"vfio"}, err: syscall.ENOMEM, wantText: "rejected it: "},
		"NoModuleName": {reason: "A path is not the name of a module.", name: "../vfio", err: ErrNoModule},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			sys, _ := tree(t, tc.sys)
			_, dir := tree(t, moduleTree())
			if tc.remove != "" {
				if err := os.RemoveAll(dir + "/" + tc.remove); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			m := NewModules(sys, dir, release)
			m.finit = func(f *os.File, compressed bool) error {
				b, err := io.ReadAll(f)
				if err != nil {
					return err
				}
				module := string(b)
				if compressed {
					got = append(got, module+" (compressed)")
				} else {
					got = append(got, module)
				}
				return tc.finit[module]
			}
			err := m.Load(tc.name)
			if diff := cmp.Diff(tc.err, err, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if err != nil && !strings.Contains(err.Error(), tc.wantText) {
				t.Errorf("\n%s\n%q does not contain %q", tc.reason, err, tc.wantText)
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestLongIndex(t *testing.T) {
	sys, _ := tree(t, nil)
	_, dir := tree(t, map[string]string{release + "/modules.dep": strings.Repeat("a", maxIndexLineBytes+1)})
	if err := NewModules(sys, dir, release).Load("vfio"); err == nil || errors.Is(err, ErrNoModule) {
		t.Errorf("An overlong line is an error, and is not truncated: %v", err)
	}
}

func TestLoaded(t *testing.T) {
	sys, _ := tree(t, map[string]string{
		"module/vfio_pci/initstate": "live\n", "module/half/initstate": "coming\n",
		"module/kernel_part/parameters": "/", "bus/pci/drivers/virtio-pci": "/",
	})
	cases := map[string]struct {
		reason string
		want   bool
	}{
		"vfio-pci":    {reason: "A live module is loaded, with a dash or an underscore.", want: true},
		"vfio_pci":    {reason: "A live module is loaded, with a dash or an underscore.", want: true},
		"kernel_part": {reason: "A built-in module with parameters has no initstate.", want: true},
		"virtio_pci":  {reason: "A built-in module without parameters has a driver.", want: true},
		"half":        {reason: "A module whose state is coming is not loaded yet."},
		"missing":     {reason: "An unknown module is not loaded."},
		"..":          {reason: "An invalid name is not loaded."},
	}
	m := NewModules(sys, t.TempDir(), release)
	for name, tc := range cases {
		if got := m.Loaded(name); got != tc.want {
			t.Errorf("%s: %s got %t", name, tc.reason, got)
		}
	}
}

func TestParameter(t *testing.T) {
	const name = "module/vfio/parameters/enable_unsafe_noiommu_mode"
	sys, dir := tree(t, map[string]string{name: "N\n"})
	m := NewModules(sys, t.TempDir(), release)
	if got, err := m.Parameter("vfio", "enable_unsafe_noiommu_mode"); got != "N" || err != nil {
		t.Errorf("A parameter is read: %q, %v", got, err)
	}
	if err := m.SetParameter("vfio", "enable_unsafe_noiommu_mode", "Y"); err != nil {
		t.Error(err)
	}
	if got := read(t, dir, name); got != "Y" {
		t.Errorf("A parameter is written: %q", got)
	}
	_, err := m.Parameter("vfio-pci", "ids")
	if diff := cmp.Diff(fs.ErrNotExist, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A parameter that the build does not have is fs.ErrNotExist.\n-want, +got:\n%s", diff)
	}
	err = m.SetParameter("vfio", "other", "1")
	if diff := cmp.Diff(fs.ErrNotExist, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A parameter that the build does not have is never created.\n-want, +got:\n%s", diff)
	}
	if _, err := m.Parameter("..", "x"); err == nil {
		t.Error("A path is not a module.")
	}
	if err := m.SetParameter("vfio", "../x", "1"); err == nil {
		t.Error("A path is not a parameter.")
	}
}

func TestRelease(t *testing.T) {
	got, err := Release()
	if err != nil {
		t.Skipf("no Linux: %s", err)
	}
	want, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Skipf("no /proc: %s", err)
	}
	if got != strings.TrimSpace(string(want)) {
		t.Errorf("The release is the running kernel's: want %q, got %q", want, got)
	}
}
