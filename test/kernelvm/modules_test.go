// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseModinfo(t *testing.T) {
	cases := map[string]struct {
		reason string
		raw    string
		want   module
	}{
		"Depends": {
			reason: "Module names have underscores, also if their file names have dashes.",
			raw:    "license=GPL v2\x00depends=vfio-pci-core,vfio\x00name=vfio_pci\x00",
			want:   module{depends: []string{"vfio_pci_core", "vfio"}},
		},
		"DependsOnNothing": {
			reason: "An empty list has no modules.",
			raw:    "depends=\x00retpoline=Y\x00",
		},
		"Softdeps": {
			reason: "A module can have several soft dependencies.",
			raw:    "softdep=post: vfio_iommu_type1\x00softdep=pre: a\x00\x00",
			want:   module{softdeps: []string{"post: vfio_iommu_type1", "pre: a"}},
		},
		"NoValue": {reason: "Malformed pairs are skipped.", raw: "depends\x00"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, parseModinfo([]byte(tc.raw)), cmp.AllowUnexported(module{})); d != "" {
				t.Errorf("%s -want, +got:\n%s", tc.reason, d)
			}
		})
	}
}

func set(modules ...module) moduleSet {
	s := moduleSet{modules: map[string]module{}, builtin: map[string]bool{"ext4": true}}
	for _, m := range modules {
		m.file = "kernel/" + m.name + ".ko"
		s.modules[m.name] = m
	}
	return s
}

// vfio returns the modules of VFIO and of a NIC, as in Debian's kernel.
func vfio() moduleSet {
	return set(
		module{name: "vfio", softdeps: []string{"post: vfio_iommu_type1 vfio_iommu_spapr_tce"}},
		module{name: "vfio_iommu_type1", depends: []string{"vfio"}},
		module{name: "vfio_virqfd"},
		module{name: "irqbypass"},
		module{name: "vfio_pci_core", depends: []string{"vfio", "vfio_virqfd", "irqbypass"}},
		module{name: "vfio_pci", depends: []string{"vfio_pci_core", "vfio"}},
		module{name: "broken", depends: []string{"missing"}},
		module{name: "a", depends: []string{"b"}},
		module{name: "b", depends: []string{"a"}},
	)
}

func TestOrder(t *testing.T) {
	cases := map[string]struct {
		reason   string
		names    []string
		softdeps bool
		want     string
		wantErr  string
	}{
		"First":     {reason: "Dependencies precede a module, once.", names: []string{"vfio-pci"}, want: "vfio vfio_virqfd irqbypass vfio_pci_core vfio_pci"},
		"Several":   {reason: "Modules are unique.", names: []string{"irqbypass", "vfio", "vfio_pci"}, want: "irqbypass vfio vfio_virqfd vfio_pci_core vfio_pci"},
		"Softdeps":  {reason: "A post soft dependency follows the module, and is skipped if it is missing.", names: []string{"vfio_pci"}, softdeps: true, want: "vfio vfio_iommu_type1 vfio_virqfd irqbypass vfio_pci_core vfio_pci"},
		"Builtin":   {reason: "A built-in module has no file.", names: []string{"ext4", "irqbypass"}, want: "irqbypass"},
		"Missing":   {reason: "The error names a missing module and its dependent.", names: []string{"broken"}, wantErr: "module missing is not available, a dependency of broken"},
		"Unknown":   {reason: "The error names a missing requested module.", names: []string{"e1000"}, wantErr: "module e1000 is not available"},
		"Circle":    {reason: "Cyclic dependencies terminate.", names: []string{"a"}, want: "b a"},
		"Unrelated": {reason: "Only requested modules and dependencies are returned.", names: []string{"irqbypass"}, want: "irqbypass"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			order := vfio().order
			if tc.softdeps {
				order = vfio().orderWithSoftdeps
			}
			modules, err := order(tc.names...)
			if (err == nil) != (tc.wantErr == "") || err != nil && !strings.Contains(err.Error(), tc.wantErr) {
				t.Fatalf("%s Error %v, want %q", tc.reason, err, tc.wantErr)
			}
			var got []string
			for _, m := range modules {
				got = append(got, m.name)
			}
			if d := cmp.Diff(tc.want, strings.Join(got, " ")); d != "" {
				t.Errorf("%s -want, +got:\n%s", tc.reason, d)
			}
		})
	}
}

func TestIndex(t *testing.T) {
	s := vfio()
	some, err := s.orderWithSoftdeps("vfio_pci")
	if err != nil {
		t.Fatal(err)
	}
	dep, softdep, err := s.index(some)
	if err != nil {
		t.Fatal(err)
	}
	wantDep := `kernel/vfio.ko:
kernel/vfio_iommu_type1.ko: kernel/vfio.ko
kernel/vfio_virqfd.ko:
kernel/irqbypass.ko:
kernel/vfio_pci_core.ko: kernel/irqbypass.ko kernel/vfio_virqfd.ko kernel/vfio.ko
kernel/vfio_pci.ko: kernel/vfio_pci_core.ko kernel/irqbypass.ko kernel/vfio_virqfd.ko kernel/vfio.ko
`
	if d := cmp.Diff(wantDep, dep); d != "" {
		t.Errorf("modules.dep lists the first dependency last: -want, +got:\n%s", d)
	}
	if d := cmp.Diff("softdep vfio post: vfio_iommu_type1 vfio_iommu_spapr_tce\n", softdep); d != "" {
		t.Errorf("modules.softdep: -want, +got:\n%s", d)
	}
}
