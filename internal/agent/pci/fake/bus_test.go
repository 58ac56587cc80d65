// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fake

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	linkfake "github.com/nodeeni/provider-aws-eni/internal/agent/link/fake"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

const mac = "02:00:00:00:00:06"

func address(s string) pci.Address {
	a, err := pci.ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

// emptyLibrary is a /lib/modules with no module in it.
func emptyLibrary(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "6.1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "6.1", "modules.dep"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func plugged(a string) Device {
	return Device{Device: pci.Device{Address: address(a), Vendor: "1d0f", Product: "ec20"}, MAC: mac}
}

func mustAll(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// links returns the links of the same host as a Bus.
func links(b *Bus) *linkfake.Links {
	l := linkfake.New()
	b.LinkAdded = func(x Link) int { return l.Add(link.Link{Name: x.Name, MAC: x.MAC, MTU: 1500}) }
	b.LinkRemoved = func(x Link) { l.Remove(x.Index) }
	return l
}

func TestLinksFollow(t *testing.T) {
	b := New()
	l := links(b)
	other := l.Add(link.Link{Name: "lo", Kind: "loopback"})
	b.Plug(plugged(ena))
	before, _ := b.Link(address(ena))
	if err := l.SetMTU(before.Index, 9001); err != nil {
		t.Errorf("The link of a device is a link of the host: %v", err)
	}

	mustAll(t, b.Unbind(address(ena)))
	s, _ := l.Snapshot()
	if diff := cmp.Diff([]link.Link{{Index: other, Name: "lo", Kind: "loopback"}}, s.Links); diff != "" {
		t.Errorf("An unbound device has no link.\n-want, +got:\n%s", diff)
	}

	mustAll(t, b.Bind(address(ena), "ena"))
	after, ok := b.Link(address(ena))
	if !ok || after.Index == before.Index || after.MAC != before.MAC {
		t.Errorf("After a rebind the link has a new index and the same MAC address: %+v, %+v", before, after)
	}
	s, _ = l.Snapshot()
	want := link.Link{Index: after.Index, Name: "eth0", Kind: link.KindDevice, MAC: mac, MTU: 1500}
	if diff := cmp.Diff(want, s.Links[len(s.Links)-1]); diff != "" {
		t.Errorf("After a rebind the link has no configuration.\n-want, +got:\n%s", diff)
	}

	b.Unplug(address(ena))
	if s, _ := l.Snapshot(); len(s.Links) != 1 {
		t.Errorf("An unplugged device has no link: %+v", s.Links)
	}
	b.Unplug(address(ena)) // Unplugging a missing device is a no-op.
}

func TestNames(t *testing.T) {
	b := New()
	named := plugged(ena)
	named.Name = "ens6"
	b.Plug(named)
	b.Plug(plugged("0000:00:07.0"))
	named.Address = address("0000:00:08.0")
	b.Plug(named)
	mustAll(t, b.SetOverride(address("0000:00:07.0"), "vfio-pci"))
	want := `0000:00:06.0 1d0f:ec20 driver=ena net=ens6
0000:00:07.0 1d0f:ec20 driver=ena override=vfio-pci net=eth0
0000:00:08.0 1d0f:ec20 driver=ena net=eth1
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("Devices are sorted; link names are unique.\n-want, +got:\n%s", diff)
	}
}

func TestPrintUserspace(t *testing.T) {
	b := New()
	one := plugged(ena)
	one.IOMMUGroup = "17"
	b.Plug(one)
	b.Plug(Device{Device: pci.Device{Address: address(unclaimed), Vendor: "8086", Product: "0001"}})
	mustAll(t, b.Load("vfio-pci"), b.SetOverride(address(ena), "vfio-pci"), b.Unbind(address(ena)), b.Bind(address(ena), "vfio-pci"))
	want := `0000:00:06.0 1d0f:ec20 driver=vfio-pci override=vfio-pci group=17
0000:00:07.0 8086:0001 driver=none
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("Unset attributes are not printed.\n-want, +got:\n%s", diff)
	}
}

func TestUnbindAndBindErrors(t *testing.T) {
	b := New()
	d := plugged(ena)
	d.UnbindError = syscall.EBUSY
	b.Plug(d)
	err := b.Unbind(address(ena))
	if diff := cmp.Diff(syscall.EBUSY, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A device with an UnbindError is not unbound.\n-want, +got:\n%s", diff)
	}
	b.Change(address(ena), func(d *Device) {
		d.UnbindError = nil
		d.BindErrors = map[string]error{"ena": syscall.ENOMEM}
	})
	mustAll(t, b.Unbind(address(ena)))
	err = b.Bind(address(ena), "ena")
	if diff := cmp.Diff(syscall.ENOMEM, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("The error of a driver's probe function is returned.\n-want, +got:\n%s", diff)
	}
	mustAll(t, b.Probe(address(ena)))
	if got, want := b.String(), "0000:00:06.0 1d0f:ec20 driver=none\n"; got != want {
		t.Errorf("A device whose driver fails stays unbound: %s", got)
	}
}

func TestFault(t *testing.T) {
	b := New()
	b.Plug(plugged(ena))
	mine := errors.New("mine")
	var ops []Op
	b.Fault = func(n int, op Op) error {
		ops = append(ops, op)
		// Fault may read the Bus.
		if _, err := b.Device(address(ena)); err != nil {
			t.Error(err)
		}
		if n == 3 {
			return mine
		}
		return nil
	}
	mustAll(t, b.Load("vfio-pci"), b.SetOverride(address(ena), "vfio-pci"))
	err := b.Unbind(address(ena))
	if diff := cmp.Diff(mine, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("The third operation fails.\n-want, +got:\n%s", diff)
	}
	if got, want := b.String(), "0000:00:06.0 1d0f:ec20 driver=ena override=vfio-pci net=eth0\n"; got != want {
		t.Errorf("A failed operation changes nothing: %s", got)
	}
	mustAll(t, b.SetParameter("vfio", noIOMMUParameter, "y"), b.Unbind(address(ena)), b.Bind(address(ena), "vfio-pci"), b.Probe(address(ena)))
	want := []Op{
		"load vfio_pci", "override 0000:00:06.0 vfio-pci", "unbind 0000:00:06.0", "set vfio enable_unsafe_noiommu_mode=y",
		"unbind 0000:00:06.0", "bind 0000:00:06.0 vfio-pci", "probe 0000:00:06.0",
	}
	if diff := cmp.Diff(want, ops); diff != "" || b.Ops() != len(want) {
		t.Errorf("Each operation is formatted and counted: %d\n-want, +got:\n%s", b.Ops(), diff)
	}
}

func TestModules(t *testing.T) {
	b := New()
	d := plugged(ena)
	d.IOMMUGroup = "17"
	b.Plug(d)
	mustAll(t, b.SetOverride(address(ena), "vfio-pci"), b.Unbind(address(ena)))
	if b.Loaded("vfio") {
		t.Error("A module is not loaded initially.")
	}
	mustAll(t, b.Load("vfio-pci"), b.Load("vfio_pci"))
	if got, want := b.String(), "0000:00:06.0 1d0f:ec20 driver=vfio-pci override=vfio-pci group=17\n"; got != want || !b.Loaded("vfio") {
		t.Errorf("Loading a module loads its dependencies and binds devices whose override names its driver: %s", got)
	}
	b.DropModule("vfio-pci")
	b.DropModule("uio_pci_generic")
	if !b.Loaded("vfio-pci") {
		t.Error("A loaded module stays loaded without its file.")
	}
	err := b.Load("uio_pci_generic")
	if diff := cmp.Diff(pci.ErrNoModule, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A module without a file is not loaded.\n-want, +got:\n%s", diff)
	}
	b.AddModule("igb-uio", Module{Needs: []string{"nowhere"}})
	err = b.Load("igb_uio")
	if diff := cmp.Diff(pci.ErrNoModule, err, cmpopts.EquateErrors()); diff != "" || b.Loaded("igb_uio") {
		t.Errorf("A module with a missing dependency is not loaded.\n-want, +got:\n%s", diff)
	}
	b.AddModule("vfio", Module{Loaded: true}) // As built without CONFIG_VFIO_NOIOMMU.
	if err := b.SetParameter("vfio", noIOMMUParameter, "Y"); err == nil {
		t.Error("Setting a missing parameter is an error.")
	}
}

func TestAddDriver(t *testing.T) {
	b := New()
	b.Plug(Device{Device: pci.Device{Address: address(unclaimed), Vendor: "8086", Product: "0001"}, MAC: mac})
	b.AddDriver("e1000", Driver{IDs: []string{"8086:0001"}, Net: true})
	b.AddDriver("e1000", Driver{})
	if got, want := b.String(), "0000:00:07.0 8086:0001 driver=e1000 net=eth0\n"; got != want {
		t.Errorf("A new driver binds the devices that it matches: %s", got)
	}
	d, err := b.Device(address(unclaimed))
	mustAll(t, err)
	d.Netdevs[0].Name = "changed"
	if again, _ := b.Device(address(unclaimed)); again.Netdevs[0].Name != "eth0" {
		t.Error("Device returns a copy.")
	}
	b.Change(address(ena), func(*Device) { t.Error("A missing device is not changed.") })
	if _, ok := b.Link(address(ena)); ok {
		t.Error("A missing device has no link.")
	}
}

func TestGroup(t *testing.T) {
	b := New()
	one, two := plugged(ena), plugged("0000:00:08.0")
	one.IOMMUGroup, two.IOMMUGroup = "17", "17"
	b.Plug(one)
	b.Plug(two)
	b.Plug(plugged("0000:00:09.0"))
	mustAll(t, b.Load("vfio-pci"))
	blockers := func() []pci.Blocker {
		d, err := b.Device(address(ena))
		mustAll(t, err)
		return d.Blockers
	}
	if diff := cmp.Diff([]pci.Blocker{{Address: two.Address, Driver: "ena"}}, blockers()); diff != "" {
		t.Errorf("Another device of the group is a blocker.\n-want, +got:\n%s", diff)
	}
	mustAll(t, b.SetOverride(two.Address, "vfio-pci"), b.Unbind(two.Address), b.Bind(two.Address, "vfio-pci"))
	if diff := cmp.Diff([]pci.Blocker(nil), blockers()); diff != "" {
		t.Errorf("A device of the group that is bound to VFIO is no blocker.\n-want, +got:\n%s", diff)
	}
}
