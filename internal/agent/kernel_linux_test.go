// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/vishvananda/netlink"
	kerrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// eth1With returns the expected lines of a configured link without addresses.
func eth1With(lines ...string) []string {
	return append([]string{
		"ip link set dev eth1 address " + mac1 + " mtu 9001 up",
		"ip link property add dev eth1 altname eni-a",
		"sysctl -w net.ipv6.conf.eth1.accept_ra=0",
	}, lines...)
}

func addressed() []string {
	return []string{
		"sysctl -w net.ipv4.conf.eth1.rp_filter=2",
		"sysctl -w net.ipv4.conf.eth1.arp_ignore=1",
		"sysctl -w net.ipv4.conf.eth1.arp_announce=2",
		"ip address add 10.0.1.5/32 dev eth1 noprefixroute",
		"ip address add 10.0.1.6/32 dev eth1 noprefixroute",
		"ip address add 2001:db8:1::5/128 dev eth1 noprefixroute",
	}
}

func routedBy(dev, table string) []string {
	end := " dev " + dev + " table " + table + " proto 200"
	return []string{
		"ip route add 10.0.1.0/24" + end,
		"ip route add default via 10.0.1.1" + end,
		"ip route add 2001:db8:1::/64" + end,
		"ip route add default via fe80:ec2::1" + end,
	}
}

func TestModes(t *testing.T) {
	r := newHarness(t, hif("a", mac1, 1, mtu(9001)))
	h := r.net
	h.PlugIn("eth1", mac1)
	start := h.String()

	r.reconcile("a")
	r.checkHost("The link is up and has its MTU and the ENI's id.", h.Of("eth1"), eth1With()...)
	r.checkReady("a", "True Configured: link eth1 is configured")
	r.checkIdle("a")

	addresses := []string{"10.0.1.5", "10.0.1.6", "2001:db8:1::5"}
	r.change("a", addressing(v1alpha1.AddressingAddresses, addresses...))
	r.reconcile("a")
	r.checkHost("The link has its addresses, without a route in the main table.", h.Of("eth1"), eth1With(addressed()...)...)
	r.checkIdle("a")

	r.change("a", addressing(v1alpha1.AddressingPolicyRouted, addresses...))
	r.reconcile("a")
	r.checkHost("The link has its routing table and rules.", h.Of("eth1"), eth1With(append(addressed(), routedBy("eth1", "20001")...)...)...)
	r.checkIdle("a")
	for src, dev := range map[string]string{"10.0.1.5": "eth1", "10.0.1.2": "eth0"} {
		got, err := h.Netlink.RouteGetWithOptions(h.Address("192.0.2.1/32").IP, &netlink.RouteGetOptions{SrcAddr: h.Address(src + "/32").IP})
		h.Do(err)
		if want := h.Link(dev).Attrs().Index; len(got) != 1 || got[0].LinkIndex != want {
			t.Errorf("Packets from %s leave through %s: %v", src, dev, got)
		}
	}

	r.change("a", addressing(v1alpha1.AddressingNone, addresses...))
	r.reconcile("a")
	r.checkHost("Without addressing its configuration is removed.", h.Of("eth1"), eth1With()...)
	r.checkIdle("a")

	r.change("a", addressing(v1alpha1.AddressingPolicyRouted, addresses...), altNames("data0"))
	r.reconcile("a")
	h.Do(h.Netlink.LinkSetMTU(h.Link("eth1"), 1500))
	r.reconcile("a")
	r.delete("a")
	r.reconcile("a")
	if err := r.client.Get(t.Context(), request("a").NamespacedName, &v1alpha1.HostInterface{}); !kerrors.IsNotFound(err) {
		t.Errorf("A released HostInterface is deleted: %v", err)
	}
	if diff := cmp.Diff(start, h.String()); diff != "" {
		t.Errorf("The release restores the host.\n-want, +got:\n%s", diff)
	}
}

func TestNames(t *testing.T) {
	r := newHarness(t, hif("a", mac1, 1, mtu(9001), rename("data0"), altNames("eth1", "blue"),
		addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5", "10.0.1.6", "2001:db8:1::5")))
	h := r.net
	h.PlugIn("eth1", mac1)
	h.Do(h.Netlink.LinkSetUp(h.Link("eth1")))
	r.reconcile("a")
	want := append([]string{
		"ip link set dev data0 address " + mac1 + " mtu 9001 up",
		"ip link property add dev data0 altname eni-a",
		"ip link property add dev data0 altname eth1",
		"ip link property add dev data0 altname blue",
		"sysctl -w net.ipv6.conf.data0.accept_ra=0",
		"sysctl -w net.ipv4.conf.data0.rp_filter=2",
		"sysctl -w net.ipv4.conf.data0.arp_ignore=1",
		"sysctl -w net.ipv4.conf.data0.arp_announce=2",
		"ip address add 10.0.1.5/32 dev data0 noprefixroute",
		"ip address add 10.0.1.6/32 dev data0 noprefixroute",
		"ip address add 2001:db8:1::5/128 dev data0 noprefixroute",
	}, routedBy("data0", "20001")...)
	r.checkHost("A link is renamed, set up and configured again.", h.Of("data0"), want...)
	r.checkIdle("a")

	r.change("a", altNames("eth1"))
	r.reconcile("a")
	want = append(want[:3:3], want[4:]...)
	r.checkHost("A removed alternative name is deleted.", h.Of("data0"), want...)

	h.Do(h.Netlink.LinkSetName(h.Link("data0"), "wrong"))
	r.reconcile("a")
	r.checkHost("A renamed link gets its configured name again.", h.Of("data0"), want...)
	r.checkIdle("a")

	r.change("a", rename("eth1"))
	r.reconcile("a")
	r.checkReady("a", "True Configured: link eth1 is configured")
	r.change("a", rename("eth0"))
	r.reconcile("a")
	r.checkReady("a", "False NameTaken: the name eth0 is in use by another link; rename that link (ip link set dev eth0 name ...) or configure another name")
	r.checkIdle("a")
}

func TestTwoInOneSubnet(t *testing.T) {
	r := newHarness(t,
		hif("a", mac1, 1, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5", "2001:db8:1::5")),
		hif("b", mac2, 2, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.7", "2001:db8:1::7")))
	h := r.net
	h.PlugIn("eth1", mac1)
	h.PlugIn("eth2", mac2)
	before := h.Of("eth0")
	r.reconcile("a", "b")
	r.checkIdle("a", "b")
	for src, dev := range map[string]string{"10.0.1.5": "eth1", "10.0.1.7": "eth2", "10.0.1.2": "eth0"} {
		got, err := h.Netlink.RouteGetWithOptions(h.Address("10.0.1.77/32").IP, &netlink.RouteGetOptions{SrcAddr: h.Address(src + "/32").IP})
		h.Do(err)
		if want := h.Link(dev).Attrs().Index; len(got) != 1 || got[0].LinkIndex != want {
			t.Errorf("Packets from %s to the shared subnet leave through %s: %v", src, dev, got)
		}
	}
	if diff := cmp.Diff(before, h.Of("eth0")); diff != "" {
		t.Errorf("The primary interface is not changed.\n-want, +got:\n%s", diff)
	}
	r.delete("a")
	r.reconcile("a", "b")
	r.checkIdle("b")
	r.checkHost("The release of one link does not change the other.", h.Of("eth2"), append([]string{
		"ip link set dev eth2 address " + mac2 + " mtu 1500 up",
		"ip link property add dev eth2 altname eni-b",
		"sysctl -w net.ipv6.conf.eth2.accept_ra=0",
		"sysctl -w net.ipv4.conf.eth2.rp_filter=2",
		"sysctl -w net.ipv4.conf.eth2.arp_ignore=1",
		"sysctl -w net.ipv4.conf.eth2.arp_announce=2",
		"ip address add 10.0.1.7/32 dev eth2 noprefixroute",
		"ip address add 2001:db8:1::7/128 dev eth2 noprefixroute",
	}, routedBy("eth2", "20002")...)...)
}

func TestMissingLink(t *testing.T) {
	r := newHarness(t, hif("a", mac1, 1, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5")))
	h := r.net
	before := h.String()
	r.reconcile("a")
	r.checkReady("a", "False WaitingForDevice: no link of this host has the MAC address "+mac1+" yet")
	r.checkIdle("a")

	h.PlugIn("eth1", mac1)
	r.reconcile("a")
	r.checkReady("a", "True Configured: link eth1 is configured")
	h.PullOut("eth1")
	r.reconcile("a")
	r.checkReady("a", "False WaitingForDevice: no link of this host has the MAC address "+mac1+" yet")
	if diff := cmp.Diff(before, h.String()); diff != "" {
		t.Errorf("The rules of a deleted link are removed.\n-want, +got:\n%s", diff)
	}

	h.PlugIn("eth7", mac1)
	r.reconcile("a")
	r.checkReady("a", "True Configured: link eth7 is configured")
	h.PullOut("eth7")
	r.delete("a")
	r.reconcile("a")
	if diff := cmp.Diff(before, h.String()); diff != "" {
		t.Errorf("A HostInterface whose link was deleted is released, and its rules are removed.\n-want, +got:\n%s", diff)
	}
}

func TestUpperLinks(t *testing.T) {
	r := newHarness(t, hif("a", mac1, 1))
	h := r.net
	h.PlugIn("eth1", mac1)
	h.Do(h.Netlink.LinkSetUp(h.Link("eth1")))
	parent := h.Link("eth1").Attrs()
	h.Do(h.Netlink.LinkAdd(&netlink.Macvlan{LinkAttrs: netlink.LinkAttrs{Name: "upper", ParentIndex: parent.Index, HardwareAddr: parent.HardwareAddr, TxQLen: -1}, Mode: netlink.MACVLAN_MODE_PASSTHRU}))
	before := h.Of("upper")
	r.reconcile("a")
	r.checkReady("a", "True Configured: link eth1 is configured")
	if diff := cmp.Diff(before, h.Of("upper")); diff != "" {
		t.Errorf("A macvlan with the link's MAC address is not changed.\n-want, +got:\n%s", diff)
	}

	h.PlugIn("eth2", mac1)
	before = h.Of("eth1", "eth2", "upper")
	r.reconcile("a")
	r.checkReady("a", "False ProtectedInterface: links eth1, eth2 have the same MAC address "+mac1+": change the address of all but one, or remove them from their bond")
	if diff := cmp.Diff(before, h.Of("eth1", "eth2", "upper")); diff != "" {
		t.Errorf("Two links with the same MAC address are not changed.\n-want, +got:\n%s", diff)
	}
}

// TestSysctlOfRenamedLink renames links between the observation and the
// change, and immediately before the write.
func TestSysctlOfRenamedLink(t *testing.T) {
	r := newHarness(t)
	h := r.net
	h.PlugIn("eth1", mac1)
	h.PlugIn("eth2", mac2)
	was := h.Link("eth1").Attrs().Index
	swap := func() {
		for _, names := range [][2]string{{"eth1", "eth3"}, {"eth2", "eth1"}} {
			h.Do(h.Netlink.LinkSetName(h.Link(names[0]), names[1]))
		}
	}
	setting := sysfs.Sysctl{Family: "ipv4", Link: "eth1", Name: "rp_filter"}
	unchanged := func(reason string) {
		t.Helper()
		for _, l := range []string{"eth1", "eth3"} {
			v, _, err := r.host.Sysctls.Get(sysfs.Sysctl{Family: "ipv4", Link: l, Name: "rp_filter"})
			h.Do(err)
			if v == "2" {
				t.Errorf("%s %s: %s", reason, l, v)
			}
		}
	}

	err := r.host.Sysctls.Set(setting, "2", func() error { swap(); return nil })
	if diff := cmp.Diff(fs.ErrNotExist, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("Open files of a renamed link do not exist any more.\n-want, +got:\n%s", diff)
	}
	unchanged("Nothing is written to a renamed link.")

	step := host.SetSysctl{Index: was, Sysctl: setting, Value: "2"}
	_, err = host.Apply(r.host, []host.Step{step})
	want := fmt.Sprintf("cannot apply %q: cannot write %q to %q: cannot set net.ipv4.conf.eth1.rp_filter: the name belongs to link %d now, not to link %d",
		step, "2", "sys/net/ipv4/conf/eth1/rp_filter", h.Link("eth1").Attrs().Index, was)
	if err == nil || err.Error() != want {
		t.Errorf("A name of another link is an error, which causes another round.\nwant %s\ngot  %v", want, err)
	}
	unchanged("The sysctls of another link are not changed.")
	gone := setting
	gone.Link = "eth2"
	if _, err := host.Apply(r.host, []host.Step{host.SetSysctl{Index: was, Sysctl: gone, Value: "2"}}); err != nil {
		t.Errorf("The sysctls of a deleted link are ignored: %v", err)
	}
}
