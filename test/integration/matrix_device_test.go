// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/journal"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	linkfake "github.com/nodeeni/provider-aws-eni/internal/agent/link/fake"
	"github.com/nodeeni/provider-aws-eni/internal/agent/nic"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
	pcifake "github.com/nodeeni/provider-aws-eni/internal/agent/pci/fake"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestDeviceFields sets, changes and removes each field of a NodeENI that configures the
// PCI device of an ENI: its driver, and the device plugin's resource. The agent is real.
// The PCI devices are in memory, because network namespaces have none; test/kernel uses a
// real kernel.
func TestDeviceFields(t *testing.T) {
	e := newEnv(t, options{noAgents: true, long: !testing.Short()})
	runMatrix(t, e, deviceFieldCases(), func(e *env, name string, c fieldCase) subject {
		s := &deviceSubject{nodeENISubject: newNodeENISubject(e, name, c), host: newPCIHost(e)}
		if !strings.Contains(c.set.patch, "allowNoIOMMU") {
			s.host.iommuGroup = "7"
		}
		e.t.Cleanup(e.EC2.OnAttachment(func(x ec2emulator.Event) {
			if x.InstanceID == instanceID(s.node) {
				s.host.plug(x)
			}
		}))
		e.runAgent(testbed.DPDKAgentServiceAccount, agent.Options{
			NodeName: name, Host: s.host.open(e), DevicePlugin: offer.DevicePlugin{File: s.host.pluginFile},
			Policy: desired.Policy{LoadModules: true, OfferDevices: true},
		})
		return s
	})
}

// deviceFieldCases are cases of TestNodeENIFields with the expected state of the device.
func deviceFieldCases() map[string]fieldCase {
	all := nodeENICases()
	cases := map[string]fieldCase{}
	add := func(field string, set, change map[string]string) {
		c := all[field]
		c.set.has, c.change.has, c.removal.has = set, change, nil
		cases[field] = c
	}
	bound := func(driver string) map[string]string {
		return map[string]string{"driver": driver, "link": "none", "offered": "intel.com/NodeENI " + driver, "ready": "Bound"}
	}
	for _, f := range []string{"enableDPDK", "dpdkEnabled", "host.driver"} {
		add(f, bound("vfio-pci"), nil)
	}
	for _, f := range []string{"dpdkDriver", "host.dpdk.driver"} {
		add(f, bound("igb_uio"), bound("uio_pci_generic"))
	}
	offered := func(name string) map[string]string { return map[string]string{"offered": name + " ena"} }
	for _, f := range []string{"dpdkResourceName", "host.resourceName"} {
		add(f, offered("intel.com/one"), offered("intel.com/two"))
	}
	// The device has the address of the set step. After the change it keeps its userspace
	// driver, and the device plugin no longer offers it.
	invalid := string(v1alpha1.ReasonInvalidConfig)
	for _, f := range []string{"dpdkPCIAddress", "host.pciAddress"} {
		add(f, nil, map[string]string{"ready": invalid})
	}
	add("host.dpdk.pciAddress", bound("vfio-pci"), map[string]string{"driver": "vfio-pci", "link": "none", "ready": invalid})
	// For a host without IOMMU.
	add("host.dpdk.allowNoIOMMU", bound("vfio-pci"), map[string]string{"ready": string(v1alpha1.ReasonNoIOMMU)})
	return cases
}

// A deviceSubject is a NodeENI with one node and an in-memory host.
type deviceSubject struct {
	*nodeENISubject

	host *pciHost
}

// settled returns an error unless the agent has reconciled the spec. It may have rejected
// it.
func (s *deviceSubject) settled() error {
	n := s.e.nodeENI(s.name)
	for _, c := range []xpv2.ConditionType{xpv2.TypeReady, xpv2.TypeSynced} {
		if got := n.GetCondition(c); got.ObservedGeneration != n.Generation || c == xpv2.TypeSynced && got.Status != corev1.ConditionTrue {
			return fmt.Errorf("%s is %s of generation %d, want %d: %s", c, got.Status, got.ObservedGeneration, n.Generation, got.Message)
		}
	}
	h, err := s.hostInterface()
	if err != nil {
		return err
	}
	if h.Status.ObservedGeneration != h.Generation {
		return fmt.Errorf("the agent has observed generation %d, want %d", h.Status.ObservedGeneration, h.Generation)
	}
	return nil
}

func (s *deviceSubject) hostInterface() (v1alpha1.HostInterface, error) {
	l := &v1alpha1.HostInterfaceList{}
	if err := s.e.kube.List(s.e.t.Context(), l); err != nil {
		return v1alpha1.HostInterface{}, err
	}
	i := slices.IndexFunc(l.Items, func(h v1alpha1.HostInterface) bool { return h.Spec.NodeName == s.name })
	if i < 0 {
		return v1alpha1.HostInterface{}, errors.New("no HostInterface exists")
	}
	return l.Items[i], nil
}

// view returns the ENI's device on the host.
func (s *deviceSubject) view() map[string]string {
	s.e.t.Helper()
	out, err := s.host.view(strings.ReplaceAll(s.name, "-", "_"))
	if err != nil {
		s.e.t.Fatal(err)
	}
	h, err := s.hostInterface()
	if err != nil {
		s.e.t.Fatal(err)
	}
	out["ready"] = string(h.GetCondition(xpv2.TypeReady).Reason)
	return out
}

// A pciHost is an in-memory host. A device has a link while it has the kernel driver.
type pciHost struct {
	links      *linkfake.Links
	bus        *pcifake.Bus
	state      string
	pluginFile string
	// iommuGroup is the group of the device, or empty on a host without IOMMU.
	iommuGroup string
}

func newPCIHost(e *env) *pciHost {
	dir := e.t.TempDir()
	h := &pciHost{links: linkfake.New(), bus: pcifake.New(), state: filepath.Join(dir, "state"), pluginFile: filepath.Join(dir, "config.json")}
	h.bus.LinkAdded = func(l pcifake.Link) int { return h.links.Add(link.Link{Name: l.Name, MAC: l.MAC, MTU: 1500}) }
	h.bus.LinkRemoved = func(l pcifake.Link) { h.links.Remove(l.Index) }
	h.bus.AddModule("igb_uio", pcifake.Module{Drivers: map[string]pcifake.Driver{"igb_uio": {}}})
	return h
}

// eniAddress returns the PCI address of the ENI at device index 1.
func eniAddress() pci.Address { return pci.Address{Device: 6} }

// plug adds or removes the device of an ENI when the emulator attaches or detaches it.
func (h *pciHost) plug(x ec2emulator.Event) {
	switch {
	case x.DeviceIndex == 0:
	case x.Type == ec2emulator.Attached:
		h.bus.Plug(pcifake.Device{
			Device: pci.Device{Address: eniAddress(), Vendor: "1d0f", Product: "ec20", IOMMUGroup: h.iommuGroup},
			MAC:    x.MAC, Name: "ens6",
		})
	default:
		h.bus.Unplug(eniAddress())
	}
}

// open opens the host for an agent.
func (h *pciHost) open(e *env) *host.Host {
	e.t.Helper()
	j, err := journal.Open(h.state)
	if err != nil {
		e.t.Fatal(err)
	}
	return &host.Host{
		Links: h.links, NIC: nic.ReaderFn(h.info), Sysctls: noSysctls{}, PCI: h.bus, Modules: h.bus, Memory: noMemory{},
		Journal: j, Boot: "boot",
	}
}

func (h *pciHost) info(name string) (nic.Info, error) {
	l, ok := h.bus.Link(eniAddress())
	index, err := h.links.Index(name)
	if !ok || err != nil || index != l.Index {
		return nic.Info{}, errors.Errorf("no device has link %q", name)
	}
	d, err := h.bus.Device(eniAddress())
	return nic.Info{Driver: d.Driver, Bus: eniAddress().String()}, err
}

// view returns the ENI's device: its driver, its link, and the device plugin's resources. It
// replaces the NodeENI's name in resource names.
func (h *pciHost) view(nodeENI string) (map[string]string, error) {
	d, err := h.bus.Device(eniAddress())
	if err != nil {
		return nil, err
	}
	out := map[string]string{"driver": d.Driver, "link": "none"}
	if len(d.Netdevs) > 0 {
		out["link"] = d.Netdevs[0].Name
	}
	raw, err := os.ReadFile(h.pluginFile)
	if os.IsNotExist(err) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	var file struct {
		ResourceList []struct {
			ResourcePrefix, ResourceName string
			Selectors                    struct{ PCIAddresses, Drivers []string }
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, err
	}
	var pools []string
	for _, p := range file.ResourceList {
		if slices.Contains(p.Selectors.PCIAddresses, eniAddress().String()) {
			pools = append(pools, strings.ReplaceAll(p.ResourcePrefix+"/"+p.ResourceName, nodeENI, "NodeENI")+" "+strings.Join(p.Selectors.Drivers, " "))
		}
	}
	if len(pools) > 0 {
		out["offered"] = strings.Join(pools, ", ")
	}
	return out, nil
}

// noSysctls is a host without sysctls for links.
type noSysctls struct{}

func (noSysctls) Get(sysfs.Sysctl) (string, bool, error)       { return "", false, nil }
func (noSysctls) Set(sysfs.Sysctl, string, func() error) error { return nil }

// noMemory is a host without huge pages.
type noMemory struct{}

func (noMemory) HugePages() ([]pci.HugePages, error) { return nil, nil }
func (noMemory) BARs(pci.Address) ([]pci.BAR, error) { return nil, nil }
func (noMemory) Memtypes() ([]pci.Memtype, error)    { return nil, nil }
