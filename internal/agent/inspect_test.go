// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
)

// TestInspect prints the state of a node with a configured link, a link to configure, a device
// for a userspace driver and an ENI without a link. Nothing is changed.
func TestInspect(t *testing.T) {
	m := newMachine(t)
	m.plug(6, mac1, ethernet)
	m.plug(7, mac2, ethernet)
	m.plug(8, "02:00:00:00:00:03", ethernet)
	r := m.offering(m.newHarness(
		hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), resource("intel.com/dpdk")),
		hif("b", mac2, 2, mtu(9001)),
	))
	r.reconcile("a", "b", "a")
	all := []v1alpha1.HostInterface{
		*r.get("b"), *r.get("a"),
		*hif("c", "02:00:00:00:00:03", 3, mtu(1400)),
		*hif("d", "02:00:00:00:00:04", 4),
	}
	before, ops := m.String(), m.bus.Ops()
	i := &inspection{host: m.openHost(), policy: desired.Policy{Kinds: []string{"device"}}, plugin: offer.DevicePlugin{File: m.pluginFile()}, node: "node-1"}
	const want = `Node node-1, boot boot-1
Links:
  ens7 02:00:00:00:00:02 mtu 9001 up; also named eni-b; driver ena 0000:00:07.0
  ens8 02:00:00:00:00:03 mtu 1500 down; driver ena 0000:00:08.0
PCI network devices:
  0000:00:06.0 1d0f:ec20 driver vfio-pci; driver_override vfio-pci; IOMMU group 7
  0000:00:07.0 1d0f:ec20 driver ena; IOMMU group 8; link ens7
  0000:00:08.0 1d0f:ec20 driver ena; IOMMU group 9; link ens8
Journal:
  eni-a is 0000:00:06.0, kernel driver ena, bound to vfio-pci
Device plugin's file FILE, pools of this agent: 1
  intel.com/dpdk: 0000:00:06.0 with driver vfio-pci
HostInterfaces: 4

a: eni-a, device index 1, MAC address 02:00:00:00:00:01
  reported: Ready is True, Bound: device 0000:00:06.0 has driver vfio-pci
  device: 0000:00:06.0, without a link on this host
  nothing to do

b: eni-b, device index 2, MAC address 02:00:00:00:00:02
  reported: Ready is True, Configured: link ens7 is configured
  link: ens7
  nothing to do

c: eni-c, device index 3, MAC address 02:00:00:00:00:03
  reported: nothing yet
  link: ens8
  would do: ip link set dev ens8 mtu 1400
  would do: ip link set dev ens8 up
  would do: ip link property add dev ens8 altname eni-c

d: eni-d, device index 4, MAC address 02:00:00:00:00:04
  reported: nothing yet
  link: none has the MAC address
  problem: WaitingForDevice: no link of this host has the MAC address 02:00:00:00:00:04 yet
  nothing to do
`
	got := i.write(t.Context(), all)
	if diff := cmp.Diff(want, strings.ReplaceAll(got, m.pluginFile(), "FILE")); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	check(t, "Operations on devices", ops, m.bus.Ops())
	if diff := cmp.Diff(before, m.String()); diff != "" {
		t.Errorf("An inspection changes nothing.\n-before, +after:\n%s", diff)
	}
}
