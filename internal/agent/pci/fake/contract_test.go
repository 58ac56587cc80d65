// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fake

import (
	"io/fs"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// A host is a bus with its modules.
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
			b.Plug(Device{Device: pci.Device{Address: address(unclaimed), Vendor: "8086", Product: "0001"}})
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

// TestContract tests the fake and the sysfs code against the same requirements. Each
// case is a list of operations with their errors, and the final state of a device.
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
		"Start":           {reason: "A plugged device is bound to the driver that matches it.", device: ena, want: end{Driver: "ena", Links: 1}},
		"Unknown":         {reason: "A device that no driver matches is unbound.", device: unclaimed},
		"Missing":         {reason: "A missing device is ErrNotFound.", device: missing, err: pci.ErrNotFound},
		"Unbind":          {reason: "An unbound device has neither driver nor link.", changes: []change{unbind(ena, nil)}, device: ena},
		"UnbindTwice":     {reason: "Unbinding a device without a driver is ENODEV.", changes: []change{unbind(ena, nil), unbind(ena, syscall.ENODEV)}, device: ena},
		"UnbindMissing":   {reason: "A missing device is ErrNotFound.", changes: []change{unbind(missing, pci.ErrNotFound)}, device: ena, want: end{Driver: "ena", Links: 1}},
		"OverrideMissing": {reason: "A missing device is ErrNotFound.", changes: []change{{do: func(h host) error { return h.SetOverride(address(missing), "ena") }, err: pci.ErrNotFound}}, device: ena, want: end{Driver: "ena", Links: 1}},
		"OverrideKeeps":   {reason: "Setting an override does not unbind the device.", changes: []change{override(ena, "vfio-pci")}, device: ena, want: end{Driver: "ena", Override: "vfio-pci", Links: 1}},
		"OverrideCleared": {reason: "An override is cleared.", changes: []change{override(ena, "vfio-pci"), override(ena, "")}, device: ena, want: end{Driver: "ena", Links: 1}},
		"OverrideNoName":  {reason: "An invalid driver name is rejected.", changes: []change{{do: func(h host) error { return h.SetOverride(address(ena), "a/b") }, err: cmpopts.AnyError}}, device: ena, want: end{Driver: "ena", Links: 1}},
		"OverrideUnknown": {reason: "An override may name a driver that is not registered.", changes: []change{override(ena, "igb_uio")}, device: ena, want: end{Driver: "ena", Override: "igb_uio", Links: 1}},
		"BindTwice":       {reason: "A device has one driver at a time.", changes: []change{bind(ena, "ena", syscall.EBUSY)}, device: ena, want: end{Driver: "ena", Links: 1}},
		"BindBack":        {reason: "A rebound device has a link again.", changes: []change{unbind(ena, nil), bind(ena, "ena", nil)}, device: ena, want: end{Driver: "ena", Links: 1}},
		"BindUnknown":     {reason: "A driver does not bind a device that it does not match.", changes: []change{bind(unclaimed, "ena", syscall.ENODEV)}, device: unclaimed},
		"BindNoDriver":    {reason: "A driver that is not loaded is ErrNoDriver.", changes: []change{bind(unclaimed, "igb_uio", pci.ErrNoDriver)}, device: unclaimed},
		"BindMissing":     {reason: "A missing device is ErrNotFound.", changes: []change{bind(missing, "ena", pci.ErrNotFound)}, device: unclaimed},
		"BindNoName":      {reason: "A path is not the name of a driver.", changes: []change{bind(unclaimed, "..", cmpopts.AnyError)}, device: unclaimed},
		"BindOverridden": {
			reason:  "A driver does not bind a device whose override names another driver.",
			changes: []change{unbind(ena, nil), override(ena, "vfio-pci"), bind(ena, "ena", syscall.ENODEV)},
			device:  ena, want: end{Override: "vfio-pci"},
		},
		"BindWithoutOverride": {
			reason:  "A driver without IDs binds only devices whose override names it.",
			changes: []change{unbind(ena, nil), bind(ena, "uio_pci_generic", syscall.ENODEV), override(ena, "uio_pci_generic"), bind(ena, "uio_pci_generic", nil)},
			device:  ena, want: end{Driver: "uio_pci_generic", Override: "uio_pci_generic"},
		},
		"BindBusyOverridden": {
			reason:  "Binding a device to its current driver fails if its override names another driver.",
			changes: []change{override(ena, "vfio-pci"), bind(ena, "ena", syscall.ENODEV)},
			device:  ena, want: end{Driver: "ena", Override: "vfio-pci", Links: 1},
		},
		"VFIO": {
			reason:  "A device with an IOMMU keeps its group when it is bound to vfio-pci.",
			changes: []change{override(grouped, "vfio-pci"), unbind(grouped, nil), bind(grouped, "vfio-pci", nil)},
			device:  grouped, want: end{Driver: "vfio-pci", Override: "vfio-pci", Group: "17"},
		},
		"VFIOBack": {
			reason:  "The reverse steps rebind a device from vfio-pci to its kernel driver.",
			changes: []change{override(grouped, "vfio-pci"), unbind(grouped, nil), bind(grouped, "vfio-pci", nil), unbind(grouped, nil), override(grouped, ""), probe(grouped, nil)},
			device:  grouped, want: end{Driver: "ena", Group: "17", Links: 1},
		},
		"NoIOMMU": {
			reason:  "vfio-pci rejects a device without an IOMMU, which stays unbound.",
			changes: []change{override(ena, "vfio-pci"), unbind(ena, nil), bind(ena, "vfio-pci", syscall.EINVAL)},
			device:  ena, want: end{Override: "vfio-pci"},
		},
		"NoIOMMUAllowed": {
			reason:  "With the no-IOMMU parameter, vfio-pci creates a group for a device without an IOMMU.",
			changes: []change{set("Y", nil), override(ena, "vfio-pci"), unbind(ena, nil), bind(ena, "vfio-pci", nil)},
			device:  ena, want: end{Driver: "vfio-pci", Override: "vfio-pci", Group: "0", NoIOMMU: true},
		},
		"NoIOMMUBack": {
			reason:  "The group that vfio-pci created is deleted when the device is unbound.",
			changes: []change{set("Y", nil), override(ena, "vfio-pci"), unbind(ena, nil), bind(ena, "vfio-pci", nil), unbind(ena, nil)},
			device:  ena, want: end{Override: "vfio-pci"},
		},
		"ProbeBound":      {reason: "Probing does not change a bound device.", changes: []change{probe(ena, nil)}, device: ena, want: end{Driver: "ena", Links: 1}},
		"ProbeUnknown":    {reason: "Probing without a matching driver is no error.", changes: []change{probe(unclaimed, nil)}, device: unclaimed},
		"ProbeMissing":    {reason: "A missing device is ErrNotFound.", changes: []change{probe(missing, pci.ErrNotFound)}, device: ena, want: end{Driver: "ena", Links: 1}},
		"ProbeOverridden": {reason: "Probing binds the driver that the override names.", changes: []change{override(unclaimed, "uio_pci_generic"), probe(unclaimed, nil)}, device: unclaimed, want: end{Driver: "uio_pci_generic", Override: "uio_pci_generic"}},
		"ProbeFails":      {reason: "Probing with a driver that fails is no error.", changes: []change{override(unclaimed, "vfio-pci"), probe(unclaimed, nil)}, device: unclaimed, want: end{Override: "vfio-pci"}},
		"ParameterNo":     {reason: "A boolean parameter rejects other values.", changes: []change{set("maybe", syscall.EINVAL)}, device: ena, want: end{Driver: "ena", Links: 1}},
		"LoadLoaded":      {reason: "A loaded module is not loaded again.", changes: []change{{do: func(h host) error { return h.modules.Load("vfio-pci") }}}, device: ena, want: end{Driver: "ena", Links: 1}},
		"LoadMissing":     {reason: "A missing module is ErrNoModule.", changes: []change{{do: func(h host) error { return h.modules.Load("igb_uio") }, err: pci.ErrNoModule}}, device: ena, want: end{Driver: "ena", Links: 1}},
		"ParameterGone": {
			reason: "A missing parameter is fs.ErrNotExist.",
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
					t.Errorf("A parameter has the value that was set: want %s, got %q, %v", want, got, err)
				}
				if err := h.modules.SetParameter("vfio", noIOMMUParameter, "Y"); err != nil {
					t.Error(err)
				}
			}
			if !h.modules.Loaded("vfio_pci") || h.modules.Loaded("igb_uio") {
				t.Error("Loaded reports whether a module is loaded.")
			}
		})
	}
}
