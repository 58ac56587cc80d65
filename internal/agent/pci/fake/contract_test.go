package fake

import (
	"io/fs"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// A host is what the agent binds devices with.
type host struct {
	pci.Bus

	modules interface {
		Loaded(name string) bool
		Load(name string) error
		Parameter(module, name string) (string, error)
		SetParameter(module, name, value string) error
	}
}

func hosts() map[string]func(t *testing.T) host {
	return map[string]func(t *testing.T) host{
		"Fake": func(t *testing.T) host {
			t.Helper()
			b := New()
			for _, m := range []string{"vfio-pci", "uio_pci_generic"} {
				if err := b.Load(m); err != nil {
					t.Fatal(err)
				}
			}
			b.Plug(Device{Device: pci.Device{Address: address(ena), Vendor: "1d0f", Product: "ec20"}})
			b.Plug(Device{Device: pci.Device{Address: address(stranger), Vendor: "8086", Product: "0001"}})
			b.Plug(Device{Device: pci.Device{Address: address(grouped), Vendor: "1d0f", Product: "ec20", IOMMUGroup: "17"}})
			return host{Bus: b, modules: b}
		},
		"Sysfs": func(t *testing.T) host {
			t.Helper()
			k := newKernel(t)
			return host{Bus: pci.NewSysfs(k), modules: pci.NewModules(k, emptyLibrary(t), "6.1")}
		},
	}
}

// Each demand is met by the fake, and by the code that talks to a kernel. A
// demand is a list of changes, each with its error, and the device in the end.
func TestContract(t *testing.T) {
	type change struct {
		do  func(h host) error
		err error
	}
	override := func(a, driver string) change {
		return change{do: func(h host) error { return h.SetOverride(address(a), driver) }}
	}
	bind := func(a, driver string, err error) change {
		return change{do: func(h host) error { return h.Bind(address(a), driver) }, err: err}
	}
	unbind := func(a string, err error) change {
		return change{do: func(h host) error { return h.Unbind(address(a)) }, err: err}
	}
	probe := func(a string, err error) change {
		return change{do: func(h host) error { return h.Probe(address(a)) }, err: err}
	}
	set := func(value string, err error) change {
		return change{do: func(h host) error { return h.modules.SetParameter("vfio", noIOMMUParameter, value) }, err: err}
	}
	const missing = "0000:00:1f.0"

	type end struct {
		Driver, Override, Group string
		NoIOMMU                 bool
		Links                   int
	}
	cases := map[string]struct {
		reason  string
		changes []change
		device  string
		want    end
		err     error
	}{
		"Start":           {reason: "A device that a driver knows is bound to it.", device: ena, want: end{Driver: "ena", Links: 1}},
		"Unknown":         {reason: "A device that no driver knows has none.", device: stranger},
		"Missing":         {reason: "A device that is not there is not found.", device: missing, err: pci.ErrNotFound},
		"Unbind":          {reason: "A device that is unbound has neither driver nor link.", changes: []change{unbind(ena, nil)}, device: ena},
		"UnbindTwice":     {reason: "A device without driver cannot be unbound.", changes: []change{unbind(ena, nil), unbind(ena, syscall.ENODEV)}, device: ena},
		"UnbindMissing":   {reason: "A device that is not there cannot be unbound.", changes: []change{unbind(missing, pci.ErrNotFound)}, device: ena, want: end{Driver: "ena", Links: 1}},
		"OverrideMissing": {reason: "A device that is not there has no override.", changes: []change{{do: func(h host) error { return h.SetOverride(address(missing), "ena") }, err: pci.ErrNotFound}}, device: ena, want: end{Driver: "ena", Links: 1}},
		"OverrideKeeps":   {reason: "An override unbinds nothing.", changes: []change{override(ena, "vfio-pci")}, device: ena, want: end{Driver: "ena", Override: "vfio-pci", Links: 1}},
		"OverrideCleared": {reason: "An override is cleared.", changes: []change{override(ena, "vfio-pci"), override(ena, "")}, device: ena, want: end{Driver: "ena", Links: 1}},
		"OverrideNoName":  {reason: "An override is the name of a driver.", changes: []change{{do: func(h host) error { return h.SetOverride(address(ena), "a/b") }, err: cmpopts.AnyError}}, device: ena, want: end{Driver: "ena", Links: 1}},
		"OverrideUnknown": {reason: "An override may name a driver that is not there.", changes: []change{override(ena, "igb_uio")}, device: ena, want: end{Driver: "ena", Override: "igb_uio", Links: 1}},
		"BindTwice":       {reason: "A device has one driver at a time.", changes: []change{bind(ena, "ena", syscall.EBUSY)}, device: ena, want: end{Driver: "ena", Links: 1}},
		"BindBack":        {reason: "A device comes back to its driver, with a link.", changes: []change{unbind(ena, nil), bind(ena, "ena", nil)}, device: ena, want: end{Driver: "ena", Links: 1}},
		"BindUnknown":     {reason: "A driver takes no device that it does not know.", changes: []change{bind(stranger, "ena", syscall.ENODEV)}, device: stranger},
		"BindNoDriver":    {reason: "A driver that is not loaded is told apart.", changes: []change{bind(stranger, "igb_uio", pci.ErrNoDriver)}, device: stranger},
		"BindMissing":     {reason: "A device that is not there cannot be bound.", changes: []change{bind(missing, "ena", pci.ErrNotFound)}, device: stranger},
		"BindNoName":      {reason: "A path is not the name of a driver.", changes: []change{bind(stranger, "..", cmpopts.AnyError)}, device: stranger},
		"BindOverridden": {
			reason:  "A driver takes no device whose override names another, also one that it knows.",
			changes: []change{unbind(ena, nil), override(ena, "vfio-pci"), bind(ena, "ena", syscall.ENODEV)},
			device:  ena, want: end{Override: "vfio-pci"},
		},
		"BindWithoutOverride": {
			reason:  "A driver that knows no device takes those whose override names it, and no others.",
			changes: []change{unbind(ena, nil), bind(ena, "uio_pci_generic", syscall.ENODEV), override(ena, "uio_pci_generic"), bind(ena, "uio_pci_generic", nil)},
			device:  ena, want: end{Driver: "uio_pci_generic", Override: "uio_pci_generic"},
		},
		"BindBusyOverridden": {
			reason:  "A driver that a device has is no driver that its override excludes.",
			changes: []change{override(ena, "vfio-pci"), bind(ena, "ena", syscall.ENODEV)},
			device:  ena, want: end{Driver: "ena", Override: "vfio-pci", Links: 1},
		},
		"VFIO": {
			reason:  "A device with an IOMMU is bound to vfio-pci, and keeps its group.",
			changes: []change{override(grouped, "vfio-pci"), unbind(grouped, nil), bind(grouped, "vfio-pci", nil)},
			device:  grouped, want: end{Driver: "vfio-pci", Override: "vfio-pci", Group: "17"},
		},
		"VFIOBack": {
			reason:  "A device returns from vfio-pci by the steps in reverse.",
			changes: []change{override(grouped, "vfio-pci"), unbind(grouped, nil), bind(grouped, "vfio-pci", nil), unbind(grouped, nil), override(grouped, ""), probe(grouped, nil)},
			device:  grouped, want: end{Driver: "ena", Group: "17", Links: 1},
		},
		"NoIOMMU": {
			reason:  "A device without an IOMMU is refused by vfio-pci, and left without driver.",
			changes: []change{override(ena, "vfio-pci"), unbind(ena, nil), bind(ena, "vfio-pci", syscall.EINVAL)},
			device:  ena, want: end{Override: "vfio-pci"},
		},
		"NoIOMMUAllowed": {
			reason:  "A device without an IOMMU is given a group by vfio-pci, where that is allowed.",
			changes: []change{set("Y", nil), override(ena, "vfio-pci"), unbind(ena, nil), bind(ena, "vfio-pci", nil)},
			device:  ena, want: end{Driver: "vfio-pci", Override: "vfio-pci", Group: "0", NoIOMMU: true},
		},
		"NoIOMMUBack": {
			reason:  "A group that was given is taken back.",
			changes: []change{set("Y", nil), override(ena, "vfio-pci"), unbind(ena, nil), bind(ena, "vfio-pci", nil), unbind(ena, nil)},
			device:  ena, want: end{Override: "vfio-pci"},
		},
		"ProbeBound":      {reason: "A device that has a driver keeps it.", changes: []change{probe(ena, nil)}, device: ena, want: end{Driver: "ena", Links: 1}},
		"ProbeUnknown":    {reason: "It is no error that no driver knows a device.", changes: []change{probe(stranger, nil)}, device: stranger},
		"ProbeMissing":    {reason: "A device that is not there is not found.", changes: []change{probe(missing, pci.ErrNotFound)}, device: ena, want: end{Driver: "ena", Links: 1}},
		"ProbeOverridden": {reason: "The driver that an override names is found.", changes: []change{override(stranger, "uio_pci_generic"), probe(stranger, nil)}, device: stranger, want: end{Driver: "uio_pci_generic", Override: "uio_pci_generic"}},
		"ProbeFails":      {reason: "It is no error that the driver found fails.", changes: []change{override(stranger, "vfio-pci"), probe(stranger, nil)}, device: stranger, want: end{Override: "vfio-pci"}},
		"ParameterNo":     {reason: "A parameter of yes and no takes nothing else.", changes: []change{set("maybe", syscall.EINVAL)}, device: ena, want: end{Driver: "ena", Links: 1}},
		"LoadLoaded":      {reason: "A module that is loaded is left alone.", changes: []change{{do: func(h host) error { return h.modules.Load("vfio-pci") }}}, device: ena, want: end{Driver: "ena", Links: 1}},
		"LoadMissing":     {reason: "A module that is not there is told apart.", changes: []change{{do: func(h host) error { return h.modules.Load("igb_uio") }, err: pci.ErrNoModule}}, device: ena, want: end{Driver: "ena", Links: 1}},
		"ParameterGone": {
			reason: "A parameter that a module does not have is told apart.",
			changes: []change{
				{do: func(h host) error { return h.modules.SetParameter("vfio", "other", "Y") }, err: fs.ErrNotExist},
				{do: func(h host) error { _, err := h.modules.Parameter("igb_uio", "wc_activate"); return err }, err: fs.ErrNotExist},
			},
			device: ena, want: end{Driver: "ena", Links: 1},
		},
	}
	for kind, start := range hosts() {
		for name, tc := range cases {
			t.Run(kind+"/"+name, func(t *testing.T) {
				h := start(t)
				for i, c := range tc.changes {
					err := c.do(h)
					if diff := cmp.Diff(c.err, err, cmpopts.EquateErrors()); diff != "" {
						t.Fatalf("\n%s\nchange %d: -want, +got:\n%s", tc.reason, i, diff)
					}
				}
				d, err := h.Device(address(tc.device))
				if diff := cmp.Diff(tc.err, err, cmpopts.EquateErrors()); diff != "" {
					t.Fatalf("\n%s\n-want, +got:\n%s", tc.reason, diff)
				}
				got := end{Driver: d.Driver, Override: d.Override, Group: d.IOMMUGroup, NoIOMMU: d.NoIOMMU, Links: len(d.Netdevs)}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
				}
			})
		}
		t.Run(kind+"/Parameter", func(t *testing.T) {
			h := start(t)
			for _, want := range []string{"N", "Y"} {
				if got, err := h.modules.Parameter("vfio", noIOMMUParameter); got != want || err != nil {
					t.Errorf("A parameter is what it was set to: want %s, got %q, %v", want, got, err)
				}
				if err := h.modules.SetParameter("vfio", noIOMMUParameter, "Y"); err != nil {
					t.Error(err)
				}
			}
			if !h.modules.Loaded("vfio_pci") || h.modules.Loaded("igb_uio") {
				t.Error("A module is loaded or not.")
			}
		})
	}
}
