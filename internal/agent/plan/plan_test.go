// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"net/netip"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

const testMAC = "02:00:00:00:00:01"

// desiredState returns the state of a HostInterface without addressing, with changes.
func desiredState(change ...func(*desired.State)) desired.State {
	w := desired.State{
		NetworkInterfaceID: "eni-1", MAC: testMAC, DeviceIndex: 1, Table: 20001,
		Driver: v1alpha1.DriverKernel, Addressing: v1alpha1.AddressingNone,
		AltNames:  []string{"eni-1"},
		Addresses: []netip.Addr{netip.MustParseAddr("10.0.1.5"), netip.MustParseAddr("10.0.1.6"), netip.MustParseAddr("2001:db8:1::5")},
		Subnets:   []netip.Prefix{netip.MustParsePrefix("10.0.1.0/24"), netip.MustParsePrefix("2001:db8:1::/64")},
		Prefixes:  []netip.Prefix{netip.MustParsePrefix("10.0.1.64/28")},
	}
	for _, c := range change {
		c(&w)
	}
	return w
}

func mode(m v1alpha1.AddressingMode) func(*desired.State) {
	return func(w *desired.State) { w.Addressing = m }
}
func release(w *desired.State) { w.Release = true }

func waitForPods(w *desired.State) { w.WaitForPods = true }

// observed returns a host with a new link, with changes.
func observed(change ...func(*host.Observed)) host.Observed {
	o := host.Observed{Settings: map[host.Setting]string{}, NewLink: map[host.Setting]string{}}
	for _, s := range host.AddressingSettings() {
		o.Settings[s], o.NewLink[s] = "0", "0"
	}
	for _, s := range host.LinkSettings() {
		o.Settings[s], o.NewLink[s] = "1", "1"
	}
	o.Links = []link.Link{{Index: 1, Name: "eth0", Kind: link.KindDevice, MAC: "02:00:00:00:00:99", MTU: 9001, Up: true}, {Index: 2, Name: "eth1", Kind: link.KindDevice, MAC: testMAC, MTU: 1500}}
	for _, c := range change {
		c(&o)
	}
	return o
}

// settled changes the host to a link with addressing PolicyRouted.
func settled(o *host.Observed) {
	l := &o.Links[1]
	l.Up, l.AltNames = true, []string{"eni-1"}
	for s := range o.Settings {
		o.Settings[s] = s.Value()
	}
	gateway := netip.MustParseAddr("10.0.1.1")
	for _, a := range []string{"10.0.1.5/32", "10.0.1.6/32", "2001:db8:1::5/128"} {
		o.Addresses = append(o.Addresses, link.Address{LinkIndex: 2, Prefix: netip.MustParsePrefix(a), NoPrefixRoute: true, Permanent: true})
		o.Rules = append(o.Rules, link.Rule{Priority: 20001, Table: 20001, From: netip.MustParsePrefix(a)})
	}
	o.Rules = append(o.Rules, link.Rule{Priority: 20001, Table: 20001, From: netip.MustParsePrefix("10.0.1.64/28")})
	o.Routes = []link.Route{
		{LinkIndex: 2, Table: 20001, Destination: netip.MustParsePrefix("10.0.1.0/24")},
		{LinkIndex: 2, Table: 20001, Destination: netip.MustParsePrefix("0.0.0.0/0"), Gateway: gateway},
		{LinkIndex: 2, Table: 20001, Destination: netip.MustParsePrefix("2001:db8:1::/64"), Metric: 1024},
		{LinkIndex: 2, Table: 20001, Destination: netip.MustParsePrefix("::/0"), Gateway: netip.MustParseAddr(routerIPv6), Metric: 1024},
	}
}

func defaultRoute(index, metric int, family string) func(*host.Observed) {
	return func(o *host.Observed) {
		o.Defaults = append(o.Defaults, link.Route{LinkIndex: index, Table: link.TableMain, Metric: metric, Destination: netip.MustParsePrefix(family)})
	}
}

func mustAddress(s string) pci.Address {
	a, err := pci.ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

func expects(address string) func(*desired.State) {
	return func(w *desired.State) { a := mustAddress(address); w.PCIAddress = &a }
}

type planCase struct {
	reason   string
	desired  desired.State
	policy   desired.Policy
	observed host.Observed
	want     []string
	problem  string
}

func TestMake(t *testing.T) {
	for _, cases := range []map[string]planCase{planOfNames(), planOfAddresses(), planOfRelease(), planOfProtection(), planOfUsers()} {
		for name, tc := range cases {
			t.Run(name, func(t *testing.T) {
				p := Make(tc.desired, tc.policy, tc.observed)
				var got []string
				for _, s := range p.Steps {
					got = append(got, s.String())
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("\n%s\nsteps: -want, +got:\n%s", tc.reason, diff)
				}
				problem := ""
				if p.Problem != nil {
					problem = string(p.Problem.Reason) + ": " + p.Problem.Message
				}
				if diff := cmp.Diff(tc.problem, problem); diff != "" {
					t.Errorf("\n%s\nproblem: -want, +got:\n%s", tc.reason, diff)
				}
			})
		}
	}
}

func planOfNames() map[string]planCase {
	taken := func(o *host.Observed) { o.Links[0].AltNames = []string{"data0"} }
	return map[string]planCase{
		"New": {
			reason:   "A new link gets its MTU before it is set up, and the ENI's id as an alternative name.",
			desired:  desiredState(func(w *desired.State) { w.MTU = 9001 }),
			observed: observed(),
			want: []string{
				"ip link set dev eth1 mtu 9001",
				"sysctl -w net.ipv6.conf.eth1.accept_ra=0",
				"ip link set dev eth1 up",
				"ip link property add dev eth1 altname eni-1",
			},
		},
		"MTURemoved": {
			reason:  "A link without a configured MTU gets its original MTU again.",
			desired: desiredState(func(w *desired.State) { w.OriginalMTU = 1500 }),
			observed: observed(settled, func(o *host.Observed) {
				o.Links[1].MTU = 9001
				o.Routes, o.Rules, o.Addresses = nil, nil, nil
			}),
			want: []string{"ip link set dev eth1 mtu 1500"},
		},
		"MTUNeverGiven": {
			reason:  "Without a configured MTU, the MTU set by another program is kept.",
			desired: desiredState(),
			observed: observed(settled, func(o *host.Observed) {
				o.Links[1].MTU = 9001
				o.Routes, o.Rules, o.Addresses = nil, nil, nil
			}),
		},
		"AtPCIAddress": {
			reason:  "The configured PCI address is also checked for a kernel driver.",
			desired: desiredState(expects("0000:00:07.0")),
			observed: observed(func(o *host.Observed) {
				o.Device = host.Device{Found: true, Device: pci.Device{Address: mustAddress("0000:00:06.0")}}
			}),
			problem: "InvalidConfig: the device with MAC address 02:00:00:00:00:01 is at PCI address 0000:00:06.0, but pciAddress is 0000:00:07.0: correct or remove the field",
		},
		"NoPCIAddress": {
			reason:   "A link without a PCI device is not the expected device.",
			desired:  desiredState(expects("0000:00:07.0")),
			observed: observed(),
			problem:  "InvalidConfig: the device with MAC address 02:00:00:00:00:01 has no PCI address, but pciAddress is 0000:00:07.0: correct or remove the field",
		},
		"Rename": {
			reason:  "A link is set down to rename it, and an equal alternative name is removed first.",
			desired: desiredState(func(w *desired.State) { w.InterfaceName = "data0" }),
			observed: observed(settled, func(o *host.Observed) {
				o.Links[1].AltNames = []string{"data0", "eni-1"}
				o.Routes, o.Rules, o.Addresses = nil, nil, nil
			}),
			want: []string{
				"ip link property del dev eth1 altname data0",
				"ip link set dev eth1 down",
				"ip link set dev eth1 name data0",
				"ip link set dev data0 up",
			},
		},
		"RenameRouted": {
			reason:   "Routes and IPv6 addresses that are lost when the link is set down are added again.",
			desired:  desiredState(mode(v1alpha1.AddressingPolicyRouted), func(w *desired.State) { w.InterfaceName = "data0" }),
			observed: observed(settled),
			want: []string{
				"ip link set dev eth1 down",
				"ip link set dev eth1 name data0",
				"ip link set dev data0 up",
				"ip address add 2001:db8:1::5/128 dev data0 nodad noprefixroute",
				"ip route replace 10.0.1.0/24 dev data0 table 20001 proto 200",
				"ip route replace default via 10.0.1.1 dev data0 onlink table 20001 proto 200",
				"ip -6 route replace 2001:db8:1::/64 dev data0 table 20001 proto 200",
				"ip -6 route replace default via fe80:ec2::1 dev data0 table 20001 proto 200",
			},
		},
		"NameIgnored": {
			reason:  "A name in --ignore-interfaces would exclude the link.",
			desired: desiredState(func(w *desired.State) { w.InterfaceName = "tunl0" }), policy: desired.Policy{Ignored: []string{"tunl0"}},
			observed: observed(settledLink),
			problem:  "NameTaken: the name tunl0 is reserved for a link that the agent never changes (--primary-interface, --ignore-interfaces); use another name",
		},
		"NamePrimary": {
			reason:  "The name of --primary-interface would exclude the link.",
			desired: desiredState(func(w *desired.State) { w.InterfaceName = "ens5" }), policy: desired.Policy{Primary: "ens5"},
			observed: observed(settledLink),
			problem:  "NameTaken: the name ens5 is reserved for a link that the agent never changes (--primary-interface, --ignore-interfaces); use another name",
		},
		"NameTaken": {
			reason:   "A name in use by another link is not taken, and the rest is configured.",
			desired:  desiredState(func(w *desired.State) { w.InterfaceName = "eth0" }),
			observed: observed(),
			want: []string{
				"sysctl -w net.ipv6.conf.eth1.accept_ra=0",
				"ip link set dev eth1 up",
				"ip link property add dev eth1 altname eni-1",
			},
			problem: "NameTaken: the name eth0 is in use by another link; rename that link (ip link set dev eth0 name ...) or configure another name",
		},
		"AltNameTaken": {
			reason:   "An alternative name in use by another link is not taken.",
			desired:  desiredState(func(w *desired.State) { w.AltNames = []string{"data0", "eni-1"} }),
			observed: observed(taken, settledLink),
			problem:  "NameTaken: the name data0 is in use by link eth0; rename that link (ip link property del dev eth0 altname data0) or configure another name",
		},
		"AltNameDropped": {
			reason:  "Only stale alternative names are removed; unknown names are kept.",
			desired: desiredState(func(w *desired.State) { w.StaleAltNames = []string{"data0", "data1"} }),
			observed: observed(settledLink, func(o *host.Observed) {
				o.Links[1].AltNames = []string{"data0", "eni-1", "enp0s6"}
			}),
			want: []string{"ip link property del dev eth1 altname data0"},
		},
		"MTUs": {
			reason:   "Without a configured MTU a link gets the MTU of its name.",
			desired:  desiredState(),
			policy:   desired.Policy{DefaultMTU: 1400, MTUs: map[string]int{"eth1": 8900}},
			observed: observed(settledLink),
			want:     []string{"ip link set dev eth1 mtu 8900"},
		},
		"DefaultMTU": {
			reason:   "Without an MTU of its name a link gets the default MTU.",
			desired:  desiredState(),
			policy:   desired.Policy{DefaultMTU: 1400, MTUs: map[string]int{"eth2": 8900}},
			observed: observed(settledLink),
			want:     []string{"ip link set dev eth1 mtu 1400"},
		},
	}
}

// settledLink changes the host to a link with addressing None.
func settledLink(o *host.Observed) {
	settings := observed().Settings
	settled(o)
	o.Routes, o.Rules, o.Addresses = nil, nil, nil
	for _, s := range host.AddressingSettings() {
		o.Settings[s] = settings[s]
	}
}

func planOfProtection() map[string]planCase {
	const protected = "ProtectedInterface: link eth1 is protected: "
	none := desiredState()
	return map[string]planCase{
		"Default":       {reason: "The link of the default route is protected.", desired: none, observed: observed(defaultRoute(2, 100, "0.0.0.0/0")), problem: protected + "it carries the node's default route (ip -4 route show default); to manage the link, remove that route or raise its metric"},
		"DefaultIPv6":   {reason: "The link of the IPv6 default route is protected.", desired: none, observed: observed(defaultRoute(1, 100, "0.0.0.0/0"), defaultRoute(2, 1024, "::/0")), problem: protected + "it carries the node's default route (ip -6 route show default); to manage the link, remove that route or raise its metric"},
		"DefaultAsGood": {reason: "Each of two default routes with the same metric protects its link.", desired: none, observed: observed(defaultRoute(1, 100, "0.0.0.0/0"), defaultRoute(2, 100, "0.0.0.0/0")), problem: protected + "it carries the node's default route (ip -4 route show default); to manage the link, remove that route or raise its metric"},
		"Fallback":      {reason: "A default route that is only a fallback does not protect its link.", desired: none, observed: observed(settledLink, defaultRoute(1, 100, "0.0.0.0/0"), defaultRoute(2, 512, "0.0.0.0/0"))},
		"IndexZero":     {reason: "Device index 0 is the node's primary interface.", desired: desiredState(func(w *desired.State) { w.DeviceIndex = 0 }), observed: observed(), problem: protected + "device index 0 is the node's primary interface; use another device index"},
		"Primary":       {reason: "The link of --primary-interface is protected.", desired: none, policy: desired.Policy{Primary: "eth1"}, observed: observed(), problem: protected + "it is the primary interface (--primary-interface eth1)"},
		"Ignored":       {reason: "A link in --ignore-interfaces is protected.", desired: none, policy: desired.Policy{Ignored: []string{"eth1"}}, observed: observed(), problem: protected + "its name is in --ignore-interfaces"},
		"Pattern":       {reason: "A link whose names do not match the pattern is protected.", desired: none, policy: desired.Policy{Pattern: regexp.MustCompile("^ens")}, observed: observed(), problem: protected + "its name does not match --interface-pattern ^ens"},
		"PatternRenamed": {
			reason:  "A renamed link matches even without the ENI's id, for example after a restart of udev.",
			desired: desiredState(func(w *desired.State) { w.InterfaceName = "eth1" }), policy: desired.Policy{Pattern: regexp.MustCompile("^ens")},
			observed: observed(settledLink, func(o *host.Observed) { o.Links[1].AltNames = nil }),
			want:     []string{"ip link property add dev eth1 altname eni-1"},
		},
		"PatternOnce": {reason: "A link with the ENI's id as alternative name matches under its new name.", desired: none, policy: desired.Policy{Pattern: regexp.MustCompile("^ens")}, observed: observed(settledLink)},
		"Missing":     {reason: "A missing link has a Problem, and its rules are removed.", desired: desiredState(mode(v1alpha1.AddressingPolicyRouted)), observed: observed(settled, func(o *host.Observed) { o.Links, o.Addresses, o.Routes, o.Rules = o.Links[:1], nil, nil, o.Rules[:1] }), want: []string{"ip rule del from 10.0.1.5/32 lookup 20001 pref 20001 protocol 200"}, problem: "WaitingForDevice: no link of this host has the MAC address 02:00:00:00:00:01 yet"},
		"OtherKind":   {reason: "A link of another kind with the MAC address does not match.", desired: none, observed: observed(func(o *host.Observed) { o.Links[1].Kind = "macvlan" }), problem: "WaitingForDevice: no device of this host has the MAC address 02:00:00:00:00:01 yet; eth1 has it, but its kind is not in --link-kinds"},
		"Upper": {reason: "A VLAN of the link has the same MAC address and is not changed.", desired: none, observed: observed(settledLink, func(o *host.Observed) {
			o.Links = append(o.Links, link.Link{Index: 3, Name: "eth1.5", Kind: "vlan", MAC: testMAC})
		})},
		"Twins": {reason: "Two devices with the same MAC address are both protected.", desired: none, observed: observed(func(o *host.Observed) { o.Links[0].MAC = testMAC }), problem: "ProtectedInterface: links eth0, eth1 have the same MAC address 02:00:00:00:00:01: change the address of all but one, or remove them from their bond"},
	}
}
