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
			reason: "Modules are spelled as the kernel does, whatever their files are called.",
			raw:    "license=GPL v2\x00depends=vfio-pci-core,vfio\x00name=vfio_pci\x00",
			want:   module{needs: []string{"vfio_pci_core", "vfio"}},
		},
		"DependsOnNothing": {
			reason: "An empty list is no module without a name.",
			raw:    "depends=\x00retpoline=Y\x00",
		},
		"Softdeps": {
			reason: "A module can have several wishes.",
			raw:    "softdep=post: vfio_iommu_type1\x00softdep=pre: a\x00\x00",
			want:   module{wishes: []string{"post: vfio_iommu_type1", "pre: a"}},
		},
		"NoValue": {reason: "What is no pair is passed over.", raw: "depends\x00"},
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

// vfio is the modules of VFIO and of a NIC, as Debian's kernel has them.
func vfio() moduleSet {
	return set(
		module{name: "vfio", wishes: []string{"post: vfio_iommu_type1 vfio_iommu_spapr_tce"}},
		module{name: "vfio_iommu_type1", needs: []string{"vfio"}},
		module{name: "vfio_virqfd"},
		module{name: "irqbypass"},
		module{name: "vfio_pci_core", needs: []string{"vfio", "vfio_virqfd", "irqbypass"}},
		module{name: "vfio_pci", needs: []string{"vfio_pci_core", "vfio"}},
		module{name: "broken", needs: []string{"missing"}},
		module{name: "a", needs: []string{"b"}},
		module{name: "b", needs: []string{"a"}},
	)
}

func TestOrder(t *testing.T) {
	cases := map[string]struct {
		reason  string
		names   []string
		wishes  bool
		want    string
		wantErr string
	}{
		"First":     {reason: "What a module needs comes before it, once.", names: []string{"vfio-pci"}, want: "vfio vfio_virqfd irqbypass vfio_pci_core vfio_pci"},
		"Several":   {reason: "Of several modules none comes twice.", names: []string{"irqbypass", "vfio", "vfio_pci"}, want: "irqbypass vfio vfio_virqfd vfio_pci_core vfio_pci"},
		"Wishes":    {reason: "A wish comes after the module if it says so, and is dropped if there is no such module.", names: []string{"vfio_pci"}, wishes: true, want: "vfio vfio_iommu_type1 vfio_virqfd irqbypass vfio_pci_core vfio_pci"},
		"Builtin":   {reason: "A part of the kernel has no file.", names: []string{"ext4", "irqbypass"}, want: "irqbypass"},
		"Missing":   {reason: "A module that is not at hand is named, with the one that needs it.", names: []string{"broken"}, wantErr: "module missing is not at hand, which broken needs"},
		"Unknown":   {reason: "So is one that was asked for.", names: []string{"e1000"}, wantErr: "module e1000 is not at hand"},
		"Circle":    {reason: "Modules that need each other do not hang us.", names: []string{"a"}, want: "b a"},
		"Unrelated": {reason: "Nothing comes that was not asked for.", names: []string{"irqbypass"}, want: "irqbypass"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			order := vfio().order
			if tc.wishes {
				order = vfio().orderWithWishes
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
	some, err := s.orderWithWishes("vfio_pci")
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
		t.Errorf("modules.dep names what is needed first last: -want, +got:\n%s", d)
	}
	if d := cmp.Diff("softdep vfio post: vfio_iommu_type1 vfio_iommu_spapr_tce\n", softdep); d != "" {
		t.Errorf("modules.softdep: -want, +got:\n%s", d)
	}
}
