// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"net/netip"
	"slices"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/cnicache"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

func planOfAddresses() map[string]planCase {
	other := func(address string, change ...func(*link.Address)) func(*host.Observed) {
		return func(o *host.Observed) {
			a := link.Address{LinkIndex: 2, Prefix: netip.MustParsePrefix(address), Permanent: true}
			for _, c := range change {
				c(&a)
			}
			o.Addresses = append(o.Addresses, a)
		}
	}
	routed := desiredState(mode(v1alpha1.AddressingPolicyRouted))
	return map[string]planCase{
		"Addresses": {
			reason:   "Addresses are added without a prefix route, after the settings that keep two links from answering for each other.",
			desired:  desiredState(mode(v1alpha1.AddressingAddresses)),
			observed: observed(settledLink),
			want: []string{
				"sysctl -w net.ipv4.conf.eth1.rp_filter=2",
				"sysctl -w net.ipv4.conf.eth1.arp_ignore=1",
				"sysctl -w net.ipv4.conf.eth1.arp_announce=2",
				"ip address add 10.0.1.5/32 dev eth1 noprefixroute",
				"ip address add 10.0.1.6/32 dev eth1 noprefixroute",
				"ip address add 2001:db8:1::5/128 dev eth1 nodad noprefixroute",
			},
		},
		"PolicyRouted": {
			reason:   "Routes are added before rules, and every address and prefix has a rule.",
			desired:  routed,
			observed: observed(settledLink),
			want: []string{
				"sysctl -w net.ipv4.conf.eth1.rp_filter=2",
				"sysctl -w net.ipv4.conf.eth1.arp_ignore=1",
				"sysctl -w net.ipv4.conf.eth1.arp_announce=2",
				"ip address add 10.0.1.5/32 dev eth1 noprefixroute",
				"ip address add 10.0.1.6/32 dev eth1 noprefixroute",
				"ip address add 2001:db8:1::5/128 dev eth1 nodad noprefixroute",
				"ip route replace 10.0.1.0/24 dev eth1 table 20001 proto 200",
				"ip route replace default via 10.0.1.1 dev eth1 onlink table 20001 proto 200",
				"ip -6 route replace 2001:db8:1::/64 dev eth1 table 20001 proto 200",
				"ip -6 route replace default via fe80:ec2::1 dev eth1 table 20001 proto 200",
				"ip rule add from 10.0.1.5/32 lookup 20001 pref 20001 protocol 200",
				"ip rule add from 10.0.1.6/32 lookup 20001 pref 20001 protocol 200",
				"ip rule add from 10.0.1.64/28 lookup 20001 pref 20001 protocol 200",
				"ip -6 rule add from 2001:db8:1::5/128 lookup 20001 pref 20001 protocol 200",
			},
		},
		"Settled": {
			reason:   "A configured host has no steps.",
			desired:  routed,
			observed: observed(settled),
		},
		"Lease": {
			reason:   "The address of a DHCP lease is removed when the lease ends: the agent adds the address without a lifetime.",
			desired:  routed,
			observed: observed(settled, func(o *host.Observed) { o.Addresses[0] = lease(o.Addresses[0].LinkIndex, "10.0.1.5/24") }),
			want:     []string{"ip address add 10.0.1.5/32 dev eth1 noprefixroute"},
		},
		"LeaseOfIPv6": {
			reason:   "The kernel does not accept an IPv6 address that the link has with another length.",
			desired:  routed,
			observed: observed(settled, func(o *host.Observed) { o.Addresses[2] = lease(o.Addresses[2].LinkIndex, "2001:db8:1::5/64") }),
		},
		"MainTable": {
			reason:  "A route of the main table is not the agent's, even with its protocol number.",
			desired: routed,
			observed: observed(settled, func(o *host.Observed) {
				o.Routes = append(o.Routes, link.Route{LinkIndex: 2, Table: link.TableMain, Destination: netip.MustParsePrefix("10.9.0.0/16")})
			}),
		},
		"Unassigned": {
			reason:   "An address that was unassigned from the ENI is removed with its rule.",
			desired:  desiredState(mode(v1alpha1.AddressingPolicyRouted), func(w *desired.State) { w.Addresses = slices.Delete(w.Addresses, 1, 2) }),
			observed: observed(settled),
			want: []string{
				"ip address del 10.0.1.6/32 dev eth1",
				"ip rule del from 10.0.1.6/32 lookup 20001 pref 20001 protocol 200",
			},
		},
		"Foreign": {
			reason:  "Addresses outside the subnet, of a delegated prefix, with a lifetime or link-local are not the agent's.",
			desired: routed,
			observed: observed(settled, other("192.168.0.1/24"), other("10.0.1.65/32"), other("fe80::1/64"),
				other("10.0.1.99/24", func(a *link.Address) { a.Permanent = false })),
		},
		"Stale": {
			reason:   "An address of the subnet that is not assigned to the ENI is removed: EC2 drops its packets.",
			desired:  routed,
			observed: observed(settled, other("10.0.1.99/24")),
			want:     []string{"ip address del 10.0.1.99/24 dev eth1"},
		},
		"OtherLength": {
			reason:   "An existing permanent address of the ENI is not changed.",
			desired:  routed,
			observed: observed(settled, func(o *host.Observed) { o.Addresses = o.Addresses[1:] }, other("10.0.1.5/24")),
		},
		"BackToNone": {
			reason:   "With addressing None the agent removes its configuration, sysctls first, and keeps foreign addresses.",
			desired:  desiredState(),
			observed: observed(settled, other("10.0.1.99/24")),
			want: []string{
				"sysctl -w net.ipv4.conf.eth1.rp_filter=0",
				"sysctl -w net.ipv4.conf.eth1.arp_ignore=0",
				"sysctl -w net.ipv4.conf.eth1.arp_announce=0",
				"ip address del 10.0.1.5/32 dev eth1",
				"ip address del 10.0.1.6/32 dev eth1",
				"ip address del 2001:db8:1::5/128 dev eth1",
				"ip route del 10.0.1.0/24 dev eth1 table 20001 proto 200",
				"ip route del default via 10.0.1.1 dev eth1 table 20001 proto 200",
				"ip -6 route del 2001:db8:1::/64 dev eth1 table 20001 proto 200",
				"ip -6 route del default via fe80:ec2::1 dev eth1 table 20001 proto 200",
				"ip rule del from 10.0.1.5/32 lookup 20001 pref 20001 protocol 200",
				"ip rule del from 10.0.1.6/32 lookup 20001 pref 20001 protocol 200",
				"ip -6 rule del from 2001:db8:1::5/128 lookup 20001 pref 20001 protocol 200",
				"ip rule del from 10.0.1.64/28 lookup 20001 pref 20001 protocol 200",
			},
		},
		"AddressesBackToNone": {
			reason:  "An address of the agent's form is sufficient evidence that it has set the sysctls.",
			desired: desiredState(),
			observed: observed(settled, func(o *host.Observed) {
				o.Routes, o.Rules, o.Addresses = nil, nil, o.Addresses[:1]
			}),
			want: []string{
				"sysctl -w net.ipv4.conf.eth1.rp_filter=0",
				"sysctl -w net.ipv4.conf.eth1.arp_ignore=0",
				"sysctl -w net.ipv4.conf.eth1.arp_announce=0",
				"ip address del 10.0.1.5/32 dev eth1",
			},
		},
		"SettingsOfOthers": {
			reason:  "Without evidence, sysctls with the agent's values are not restored.",
			desired: desiredState(),
			observed: observed(settledLink, func(o *host.Observed) {
				for _, s := range host.AddressingSettings() {
					o.Settings[s] = s.Value()
				}
			}),
		},
		"MTUTooSmall": {
			reason:   "An MTU that would disable IPv6 on the link is rejected before any step.",
			desired:  desiredState(mode(v1alpha1.AddressingAddresses), func(w *desired.State) { w.MTU = 1000 }),
			observed: observed(),
			problem:  "InvalidConfig: an MTU of 1000 is too small for the ENI's IPv6 addresses: use 1280 or more, or addressing None",
		},
	}
}

func planOfRelease() map[string]planCase {
	routed := mode(v1alpha1.AddressingPolicyRouted)
	return map[string]planCase{
		"Release": {
			reason:  "A released link is set down first, and the ENI's id is removed last.",
			desired: desiredState(routed, release, func(w *desired.State) { w.AltNames = []string{"data0", "eni-1"} }),
			observed: observed(settled, func(o *host.Observed) {
				o.Links[1].AltNames = []string{"data0", "eni-1", "enp0s6"}
			}),
			want: []string{
				"ip link set dev eth1 down",
				"sysctl -w net.ipv4.conf.eth1.rp_filter=0",
				"sysctl -w net.ipv4.conf.eth1.arp_ignore=0",
				"sysctl -w net.ipv4.conf.eth1.arp_announce=0",
				"sysctl -w net.ipv6.conf.eth1.accept_ra=1",
				"ip address del 10.0.1.5/32 dev eth1",
				"ip address del 10.0.1.6/32 dev eth1",
				"ip rule del from 10.0.1.5/32 lookup 20001 pref 20001 protocol 200",
				"ip rule del from 10.0.1.6/32 lookup 20001 pref 20001 protocol 200",
				"ip -6 rule del from 2001:db8:1::5/128 lookup 20001 pref 20001 protocol 200",
				"ip rule del from 10.0.1.64/28 lookup 20001 pref 20001 protocol 200",
				"ip link property del dev eth1 altname data0",
				"ip link property del dev eth1 altname eni-1",
			},
		},
		"ReleaseHeld": {
			reason:  "A device in use by a pod is not released before the timeout.",
			desired: desiredState(routed, release, waitForPods),
			observed: observed(settled, func(o *host.Observed) {
				o.Uses.Users = []host.User{{Pod: cnicache.Pod{Namespace: "apps", Name: "fw-0"}, Container: "main"}}
			}),
			problem: "WaitingForPods: link eth1 is in use by pod apps/fw-0 (main); released when the pod terminates or after releasePolicy.timeout",
		},
		"ReleaseNames": {
			reason:  "The ENI's id is removed after all other names.",
			desired: desiredState(release, func(w *desired.State) { w.AltNames = []string{"eni-1", "zeta"} }),
			observed: observed(func(o *host.Observed) {
				o.Links[1].AltNames = []string{"eni-1", "zeta"}
				o.Settings[host.LinkSettings()[0]] = "1"
			}),
			want: []string{
				"ip link property del dev eth1 altname zeta",
				"ip link property del dev eth1 altname eni-1",
			},
		},
		"Released": {
			reason:   "A released link has no steps.",
			desired:  desiredState(routed, release),
			observed: observed(),
		},
		"ReleaseGone": {
			reason:   "The rules of a deleted link are removed.",
			desired:  desiredState(routed, release),
			observed: observed(settled, func(o *host.Observed) { o.Links, o.Addresses, o.Routes = o.Links[:1], nil, nil }),
			want: []string{
				"ip rule del from 10.0.1.5/32 lookup 20001 pref 20001 protocol 200",
				"ip rule del from 10.0.1.6/32 lookup 20001 pref 20001 protocol 200",
				"ip -6 rule del from 2001:db8:1::5/128 lookup 20001 pref 20001 protocol 200",
				"ip rule del from 10.0.1.64/28 lookup 20001 pref 20001 protocol 200",
			},
			problem: "WaitingForDevice: no link of this host has the MAC address 02:00:00:00:00:01 yet",
		},
		"ReleaseTableTaken": {
			reason:   "Rules of a table that belongs to another HostInterface are kept.",
			desired:  desiredState(routed, release, func(w *desired.State) { w.TableTaken = true }),
			observed: observed(settled, func(o *host.Observed) { o.Links, o.Addresses, o.Routes = o.Links[:1], nil, nil }),
			problem:  "WaitingForDevice: no link of this host has the MAC address 02:00:00:00:00:01 yet",
		},
		"ReleaseProtected": {
			reason:   "A link that now carries the default route is released without a change.",
			desired:  desiredState(release),
			observed: observed(settledLink, defaultRoute(2, 0, "0.0.0.0/0")),
			problem:  "ProtectedInterface: link eth1 is protected: it carries the node's default route (ip -4 route show default); to manage the link, remove that route or raise its metric",
		},
	}
}

// lease returns an address with a lifetime.
func lease(index int, prefix string) link.Address {
	return link.Address{LinkIndex: index, Prefix: netip.MustParsePrefix(prefix)}
}
