// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
)

// refreshed is longer than a period of the stand-in's timer.
const refreshed = 75 * time.Second

// startNetworkd starts systemd-networkd with a stand-in for amazon-ec2-net-utils 2.x, which
// configures the interfaces of Amazon Linux 2023. The stand-in is in testdata/amazonlinux.
//
// As the real program it configures every interface of a driver by DHCP with MTU 9001, and
// for each interface that udev adds it starts a service and a timer, which write
// /run/systemd/network/70-NAME.network with a route metric, the routes of a table, one rule
// for each address of the instance metadata, and the secondary addresses; it adds alternative
// names, repeats this every minute, and reloads networkd after a change. Tables, priorities,
// metrics and file names are the real program's.
//
// Unlike the real program it reads the metadata from files of the test, matches virtio_net
// instead of ena, and has no IPv6 addresses and prefixes.
func (e *env) startNetworkd() {
	e.t.Helper()
	for file, dir := range map[string]string{
		"80-ec2.network": "/etc/systemd/network", "99-policy-routes.rules": "/etc/udev/rules.d",
		"policy-routes@.service": "/etc/systemd/system", "refresh-policy-routes@.service": "/etc/systemd/system", "refresh-policy-routes@.timer": "/etc/systemd/system",
		"setup-policy-routes": "/var/lib/amazonlinux",
	} {
		raw, err := os.ReadFile(filepath.Join("testdata", "amazonlinux", file))
		e.must(err)
		e.must(e.guest.Create(e.t.Context(), path.Join(dir, file), string(raw)))
	}
	e.sh(`mac=$(cat /sys/class/net/` + wire.PrimaryName + `/address); dir=/run/metadata/$mac; mkdir -p $dir
echo 0 >$dir/device-number; echo eni-0primary >$dir/interface-id; echo 192.0.2.15 >$dir/local-ipv4s; echo 192.0.2.0/24 >$dir/subnet-ipv4-cidr-block
systemctl daemon-reload; udevadm control --reload; systemctl start systemd-networkd policy-routes@` + wire.PrimaryName + `
/usr/lib/systemd/systemd-networkd-wait-online --interface=` + wire.PrimaryName + ` --timeout=30`)
}

// disturbances are what happens to a link on a host with systemd-networkd.
func disturbances() []step {
	run := func(name, script string) step { return step{name, func(e *env) { e.sh(script) }} }
	return []step{
		run("Reload", "networkctl reload"),
		run("Reconfigure", "networkctl reconfigure $(cat /run/link)"),
		run("ReconfigurePrimary", "networkctl reconfigure "+wire.PrimaryName),
		run("Restart", "systemctl restart systemd-networkd"),
		run("Renew", "networkctl renew $(cat /run/link) || true"),
		run("Refresh", "systemctl start refresh-policy-routes@$(cat /run/link)"),
		run("Udev", "udevadm trigger --action=add /sys/class/net/$(cat /run/link); udevadm settle"),
		{"Carrier", (*env).losesCarrier},
		// Last: there is no router after it.
		{"NoServer", func(e *env) {
			e.losesRouter()
			e.sh("networkctl renew $(cat /run/link) || true; networkctl reconfigure $(cat /run/link)")
		}},
	}
}

// losesRouter removes the router of the managed ENI, and its DHCP server.
func (e *env) losesRouter() {
	h, err := e.host(managed)
	e.must(err)
	e.must(e.guest.RemoveRouter(e.t.Context(), e.hardware.card(h.Spec.NetworkInterfaceID).attachment))
}

// losesCarrier disconnects the cable of the managed ENI for longer than networkd waits.
func (e *env) losesCarrier() {
	h, err := e.host(managed)
	e.must(err)
	c := e.hardware.card(h.Spec.NetworkInterfaceID)
	e.must(e.guest.SetCarrier(e.t.Context(), c.attachment, false))
	time.Sleep(5 * time.Second)
	e.must(e.guest.SetCarrier(e.t.Context(), c.attachment, true))
}

// attach creates the managed ENI, and records the name of its link in /run/link.
func (e *env) attach(lines ...string) *v1alpha1.HostInterface {
	e.t.Helper()
	e.apply(nodeENI(managed, append(lines, "mtu: 8500")...))
	h := e.awaitReady(managed, corev1.ConditionTrue, v1alpha1.ReasonConfigured)
	e.settled()
	e.must(e.guest.Create(e.t.Context(), "/run/link", e.link(h.Spec.MACAddress).Name))
	return h
}

const policyRouted = "host: {addressing: PolicyRouted}"

// TestNetworkd tests an ENI on a host like Amazon Linux 2023: systemd-networkd configures
// every ENI, and the agent too. After each disturbance the ENI has its configuration, no
// program changes it again, and the HostInterface stays Ready. With the settings of
// docs/host-network.md networkd does not change it at all.
func TestNetworkd(t *testing.T) {
	e := managersEnv(t)
	e.startNetworkd()
	e.startMonitor()
	e.startAgent()
	h := e.attach(policyRouted)
	if !e.foreign(h) {
		t.Error("networkd does not manage the link: the test would pass without networkd")
	}
	t.Run("Default", func(t *testing.T) {
		e := e.with(t)
		ready := e.staysReady(managed)
		for _, d := range disturbances() {
			t.Run(d.name, func(t *testing.T) {
				e := e.with(t)
				d.do(e)
				e.settled()
			})
		}
		e.quiet(refreshed)
		ready()
	})
	e.deleteNodeENI(managed)
	e.writeDocumented("/etc/systemd/", 2)
	e.sh("systemctl restart systemd-networkd")
	if h = e.attach(policyRouted); e.foreign(h) {
		t.Errorf("networkd manages the link with the documented settings: %+v", e.network())
	}
	t.Run("Documented", func(t *testing.T) {
		e := e.with(t)
		ready := e.staysReady(managed)
		for _, d := range disturbances() {
			t.Run(d.name, func(t *testing.T) {
				e := e.with(t)
				before := e.activity()
				d.do(e)
				e.settled()
				e.untouched(before, d.name == "Carrier")
			})
		}
		if e.foreign(h) {
			t.Errorf("networkd has configured the link: %+v", e.network())
		}
		if state := e.sh("networkctl --no-legend list"); strings.Contains(state, "pending") || strings.Count(state, "configured") != 1 {
			t.Errorf("networkd does not manage the primary link only:\n%s", state)
		}
		ready()
	})
}

// TestNetworkdIPv6 tests an ENI in a subnet with IPv6 on a host like Amazon Linux 2023 whose
// primary interface has no IPv6: networkd makes the ENI the host's IPv6 default route, and the
// agent never changes such a link. The documented settings prevent the route.
func TestNetworkdIPv6(t *testing.T) {
	e := managersEnv(t)
	e.startNetworkd()
	e.startMonitor()
	e.startAgent()
	dual := nodeENI(managed, policyRouted, "mtu: 8500", "addresses: {ipv6AddressCount: 1}")
	e.apply(dual)
	e.awaitReady(managed, corev1.ConditionFalse, v1alpha1.ReasonProtectedInterface)
	e.deleteNodeENI(managed)
	e.writeDocumented("/etc/systemd/", 2)
	e.sh("systemctl restart systemd-networkd")
	e.apply(dual)
	h := e.awaitReady(managed, corev1.ConditionTrue, v1alpha1.ReasonConfigured)
	ready := e.staysReady(managed)
	time.Sleep(advertised)
	ready()
	if e.foreign(h) {
		t.Errorf("another program than the agent has configured the link: %+v", e.network())
	}
	name := e.link(h.Spec.MACAddress).Name
	if out := e.sh("ip -6 route show default; ip -6 rule show; ip -6 route show table 20002; ip -6 address show dev " + name); strings.Contains(out, "default via fe80::2") || !strings.Contains(out, h.Spec.IPv6Addresses[0]+"/128") {
		t.Errorf("the link has a default route in the main table, or not the address of the ENI:\n%s", out)
	}
}

// advertised is longer than the time that a router takes to answer a solicitation.
const advertised = 15 * time.Second

// foreign reports whether another program than the agent has configured the link of a
// HostInterface: it has an address with a prefix, or a route or a rule of another protocol.
func (e *env) foreign(h *v1alpha1.HostInterface) bool {
	e.t.Helper()
	n, name := e.network(), e.link(h.Spec.MACAddress).Name
	const kernel, ours = 2, 200
	return slices.ContainsFunc(n.Addresses, func(a wire.Address) bool { return a.Link == name && strings.HasSuffix(a.Prefix, "/24") }) ||
		slices.ContainsFunc(n.Routes, func(r wire.Route) bool { return r.Link == name && r.Protocol != kernel && r.Protocol != ours })
}

// untouched fails if an address, route or rule was deleted since, or the link changed, other
// than its carrier.
func (e *env) untouched(since activity, carrier bool) {
	e.t.Helper()
	got := e.activity().since(since)
	for _, m := range got.Messages {
		if strings.Contains(m, "Deleted") || strings.Contains(m, "[LINK]") && !carrier {
			e.t.Errorf("a network manager has changed the ENI: %s", m)
		}
	}
	if len(got.Lines) > 0 {
		e.t.Errorf("the agent has logged: %s", got.Lines)
	}
}
