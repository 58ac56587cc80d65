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
		reason string
		name   string
		sys    map[string]string
		remove string
		finit  map[string]error
		want   []string
		err    error
		says   string
	}{
		"InOrder": {
			reason: "What a module needs is loaded first, and what is wished for after a module after it.",
			name:   "vfio-pci",
			want:   []string{"vfio", "vfio_iommu_type1", "irqbypass", "vfio_virqfd", "vfio_pci_core", "vfio_pci"},
		},
		"Underscores": {
			reason: "Dashes and underscores of a name are the same, and compressed files are said to be.",
			name:   "uio-pci-generic",
			want:   []string{"uio (compressed)", "uio_pci_generic (compressed)"},
		},
		"Circle":  {reason: "Modules that wish for each other are loaded once.", name: "a", want: []string{"uio (compressed)", "b", "a"}},
		"Loaded":  {reason: "A module that is loaded is left alone.", name: "vfio-pci", sys: map[string]string{"module/vfio_pci/initstate": "live\n"}},
		"Driver":  {reason: "A driver that is part of the kernel is left alone, without a release.", name: "ena", sys: map[string]string{"bus/pci/drivers/ena/bind": ""}, remove: release},
		"Builtin": {reason: "A module that is part of the kernel is left alone.", name: "ext4"},
		"Partly": {
			reason: "What is loaded already is not loaded again, and what is not yet live is waited for by the kernel.",
			name:   "vfio-pci",
			sys:    map[string]string{"module/vfio/initstate": "live\n", "module/irqbypass/parameters": "/", "module/vfio_virqfd/initstate": "coming\n"},
			want:   []string{"vfio_iommu_type1", "vfio_virqfd", "vfio_pci_core", "vfio_pci"},
		},
		"Race":         {reason: "A module that somebody loads at the same time is loaded.", name: "vfio", finit: map[string]error{"vfio": syscall.EEXIST}, want: []string{"vfio", "vfio_iommu_type1"}},
		"Missing":      {reason: "A module that the release does not have is told apart.", name: "igb_uio", err: ErrNoModule},
		"NoRelease":    {reason: "A release without a folder is told apart.", name: "vfio", remove: release, err: fs.ErrNotExist},
		"NoIndex":      {reason: "A release without an index is told apart.", name: "vfio", remove: release + "/modules.dep", err: fs.ErrNotExist},
		"NoWishes":     {reason: "A release without wishes and parts of the kernel has none.", name: "vfio", remove: release + "/modules.softdep", want: []string{"vfio"}},
		"NoFile":       {reason: "A module whose file is gone is an error.", name: "vfio", remove: release + "/kernel/drivers/vfio/vfio.ko", err: fs.ErrNotExist},
		"Locked":       {reason: "What a refusal means is said.", name: "vfio", finit: map[string]error{"vfio": syscall.EPERM}, want: []string{"vfio"}, err: syscall.EPERM, says: "CAP_SYS_MODULE"},
		"Unsigned":     {reason: "What a refusal means is said.", name: "vfio", finit: map[string]error{"vfio": syscall.EKEYREJECTED}, want: []string{"vfio"}, err: syscall.EKEYREJECTED, says: "not signed"},
		"OtherKernel":  {reason: "What a refusal means is said.", name: "vfio", finit: map[string]error{"vfio": syscall.ENOEXEC}, want: []string{"vfio"}, err: syscall.ENOEXEC, says: "another kernel"},
		"NoSymbol":     {reason: "What a refusal means is said.", name: "vfio", finit: map[string]error{"vfio": syscall.ENOENT}, want: []string{"vfio"}, err: syscall.ENOENT, says: "symbol"},
		"Compressed":   {reason: "What a refusal means is said.", name: "uio", finit: map[string]error{"uio": syscall.EOPNOTSUPP}, want: []string{"uio (compressed)"}, err: syscall.EOPNOTSUPP, says: "CONFIG_MODULE_DECOMPRESS"},
		"Memory":       {reason: "What a refusal says itself is not explained.", name: "vfio", finit: map[string]error{"vfio": syscall.ENOMEM}, want: []string{"vfio"}, err: syscall.ENOMEM, says: "refuses it: "},
		"NoModuleName": {reason: "A path is not the name of a module.", name: "../vfio", err: ErrNoModule},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			sys, _ := tree(t, tc.sys)
			_, dir := tree(t, library())
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
			if err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("\n%s\n%q does not say %q", tc.reason, err, tc.says)
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
		t.Errorf("A line that is too long is an error, and not half read: %v", err)
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
		"vfio-pci":    {reason: "A module that is live is loaded, by either spelling.", want: true},
		"vfio_pci":    {reason: "A module that is live is loaded, by either spelling.", want: true},
		"kernel_part": {reason: "A part of the kernel with parameters has no state.", want: true},
		"virtio_pci":  {reason: "A part of the kernel without parameters has a driver.", want: true},
		"half":        {reason: "A module that is coming may still fail."},
		"missing":     {reason: "What is nowhere is not loaded."},
		"..":          {reason: "What is no name is not loaded."},
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
		t.Errorf("A parameter that the build does not have is told apart.\n-want, +got:\n%s", diff)
	}
	err = m.SetParameter("vfio", "other", "1")
	if diff := cmp.Diff(fs.ErrNotExist, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A parameter that the build does not have is never made.\n-want, +got:\n%s", diff)
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
