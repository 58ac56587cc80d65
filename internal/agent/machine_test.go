// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/journal"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link/fake"
	"github.com/nodeeni/provider-aws-eni/internal/agent/nic"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	pcifake "github.com/nodeeni/provider-aws-eni/internal/agent/pci/fake"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
)

// A machine is a host in memory with PCI devices, whose links depend on
// the driver. Its journal is on disk.
type machine struct {
	t     *testing.T
	links *fake.Links
	bus   *pcifake.Bus
	pods  *kubelet
	state string
	boot  string
	pages []pci.HugePages
	bars  []pci.BAR
	types []pci.Memtype
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, links: fake.New(), bus: pcifake.New(), pods: &kubelet{}, state: filepath.Join(t.TempDir(), "state"), boot: "boot-1"}
	m.bus.LinkAdded = func(l pcifake.Link) int { return m.links.Add(link.Link{Name: l.Name, MAC: l.MAC, MTU: 1500}) }
	m.bus.LinkRemoved = func(l pcifake.Link) { m.links.Remove(l.Index) }
	return m
}

// plug adds an ENA device at a slot.
func (m *machine) plug(slot uint8, mac string, change ...func(*pcifake.Device)) pci.Address {
	m.t.Helper()
	one := int32(1)
	d := pcifake.Device{
		Device: pci.Device{Address: pci.Address{Device: slot}, Vendor: "1d0f", Product: "ec20", NUMANode: &one, PCIeRoot: "pci0000:00", IOMMUGroup: fmt.Sprint(slot + 1)},
		MAC:    mac, Name: fmt.Sprintf("ens%d", slot),
	}
	for _, c := range change {
		c(&d)
	}
	m.bus.Plug(d)
	return d.Address
}

func noIOMMU(d *pcifake.Device) { d.IOMMUGroup = "" }

// openHost opens the machine for a new agent.
func (m *machine) openHost() *host.Host {
	m.t.Helper()
	j, err := journal.Open(m.state)
	if err != nil {
		m.t.Fatal(err)
	}
	return &host.Host{
		Links: m.links, Sysctls: noSysctls{}, NIC: nic.ReaderFn(m.info), PCI: m.bus, Modules: m.bus, Memory: m,
		Journal: j, Boot: m.boot, Pods: m.pods,
	}
}

func (m *machine) info(name string) (nic.Info, error) {
	for slot := range uint8(32) {
		a := pci.Address{Device: slot}
		if l, ok := m.bus.Link(a); ok && m.indexOf(name) == l.Index {
			d, err := m.bus.Device(a)
			return nic.Info{Driver: d.Driver, Version: "6.1", Bus: a.String(), SpeedMbps: 25000}, err
		}
	}
	return nic.Info{}, errors.New("no such link")
}

func (m *machine) indexOf(name string) int {
	s, _ := m.links.Snapshot()
	i := slices.IndexFunc(s.Links, func(l link.Link) bool { return l.Name == name })
	if i < 0 {
		return 0
	}
	return s.Links[i].Index
}

func (m *machine) HugePages() ([]pci.HugePages, error) { return m.pages, nil }
func (m *machine) BARs(pci.Address) ([]pci.BAR, error) { return m.bars, nil }
func (m *machine) Memtypes() ([]pci.Memtype, error)    { return m.types, nil }
func (m *machine) newHarness(objects ...client.Object) *harness {
	return newHarnessOn(m.t, m.openHost(), objects...)
}
func (m *machine) driver(a pci.Address) string { return m.device(a).Driver }
func check[T comparable](t *testing.T, what string, w, g T) {
	t.Helper()
	if w != g {
		t.Errorf("%s: want %v, got %v", what, w, g)
	}
}

func (m *machine) device(a pci.Address) pci.Device {
	m.t.Helper()
	d, err := m.bus.Device(a)
	if err != nil {
		m.t.Fatal(err)
	}
	return d
}

// String describes the observable state: devices, links and journal
// entries.
func (m *machine) String() string {
	s, _ := m.links.Snapshot()
	var lines []string
	for _, l := range s.Links {
		state := "down"
		if l.Up {
			state = "up"
		}
		lines = append(lines, fmt.Sprintf("link %s %s mtu %d %s %s", l.MAC, l.Name, l.MTU, state, strings.Join(l.AltNames, ",")))
	}
	of := func(index int) string {
		i := slices.IndexFunc(s.Links, func(l link.Link) bool { return l.Index == index })
		return s.Links[i].Name
	}
	for _, a := range s.Addresses {
		lines = append(lines, fmt.Sprintf("address %s dev %s", a.Prefix, of(a.LinkIndex)))
	}
	for _, r := range s.Routes {
		lines = append(lines, fmt.Sprintf("route %s via %s dev %s table %d", r.Destination, r.Gateway, of(r.LinkIndex), r.Table))
	}
	for _, r := range s.Rules {
		lines = append(lines, fmt.Sprintf("rule from %s lookup %d", r.From, r.Table))
	}
	names, _ := filepath.Glob(filepath.Join(m.state, "*"))
	for _, n := range names {
		lines = append(lines, "journal "+filepath.Base(n))
	}
	slices.Sort(lines)
	return m.bus.String() + "\n" + strings.Join(lines, "\n")
}

// A kubelet is a fake of the kubelet's pod resources.
type kubelet struct {
	usage       podresources.Usage
	allocatable map[podresources.Device]bool
	err         error
	asked       int
}

func (k *kubelet) Usage(context.Context) (podresources.Usage, error) {
	k.asked++
	return k.usage, k.err
}

func (k *kubelet) Allocatable(context.Context) (map[podresources.Device]bool, error) {
	return k.allocatable, k.err
}

// holds allocates a device to pods.
func (k *kubelet) holds(a pci.Address, pods ...string) {
	k.usage = podresources.Usage{}
	for _, p := range pods {
		d := podresources.Device{Resource: "intel.com/old_name", ID: a.String()}
		k.usage[d] = append(k.usage[d], podresources.Holder{Namespace: "apps", Pod: p, Container: "main"})
	}
}
