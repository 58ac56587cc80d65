// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link_test

import (
	"context"
	"net/netip"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/vishvananda/netlink"

	"github.com/nodeeni/provider-aws-eni/internal/agent/agenttest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

const mac = "02:00:00:00:00:01"

func TestMain(m *testing.M) { os.Exit(agenttest.Main(m)) }

func open(t *testing.T, h *agenttest.Host) *link.Netlink {
	t.Helper()
	l, err := link.Open(h.Namespace())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// TestChanges makes every change twice, reads it back, and reverts it twice.
func TestChanges(t *testing.T) {
	h := agenttest.NewHost(t)
	h.PlugIn("eth1", mac)
	l, i := open(t, h), h.Link("eth1").Attrs().Index

	four, six := netip.MustParsePrefix("10.0.0.5/32"), netip.MustParsePrefix("2001:db8::5/128")
	everywhere, everywhere6 := netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")
	routes := []link.Route{
		{LinkIndex: i, Table: 20001, Destination: netip.MustParsePrefix("10.0.0.0/24")},
		{LinkIndex: i, Table: 20001, Destination: everywhere, Gateway: netip.MustParseAddr("10.0.0.1"), OnLink: true},
		{LinkIndex: i, Table: 20001, Destination: netip.MustParsePrefix("2001:db8::/64")},
		{LinkIndex: i, Table: 20001, Destination: everywhere6, Gateway: netip.MustParseAddr("fe80:ec2::1")},
	}
	rules := []link.Rule{{Priority: 20001, From: four, Table: 20001}, {Priority: 20001, From: six, Table: 20001}}
	addresses := []link.Address{
		{LinkIndex: i, Prefix: four, NoPrefixRoute: true, Permanent: true},
		{LinkIndex: i, Prefix: six, NoPrefixRoute: true, Permanent: true},
	}

	h.Do(l.SetMTU(i, 9001))
	h.Do(l.SetName(i, "data0"))
	h.Do(l.SetUp(i, true))
	h.Do(l.AddAltName(i, "eni-1"))
	for name, want := range map[string]error{"data0": nil, "eni-1": link.ErrNoLink, "nowhere": link.ErrNoLink} {
		got, err := l.Index(name)
		equate(t, "A link is found by its name, not by an alternative name.", want, err)
		if err == nil && got != i {
			t.Errorf("Link %s has index %d, not %d", name, i, got)
		}
	}
	equate(t, "An existing alternative name cannot be added.", link.ErrExists, l.AddAltName(i, "eni-1"))
	for _, a := range addresses {
		h.Do(l.AddAddress(a))
		equate(t, "An existing address cannot be added.", link.ErrExists, l.AddAddress(a))
	}
	for _, r := range routes {
		h.Do(l.AddRoute(r))
		h.Do(l.AddRoute(r))
	}
	for _, r := range rules {
		h.Do(l.AddRule(r))
		equate(t, "An existing rule cannot be added.", link.ErrExists, l.AddRule(r))
	}

	got, err := l.Snapshot()
	h.Do(err)
	want := link.Snapshot{
		Links:     []link.Link{{Index: i, Name: "data0", AltNames: []string{"eni-1"}, Kind: "veth", MAC: mac, MTU: 9001, Up: true}},
		Addresses: addresses, Routes: routes, Rules: rules,
	}
	only(&got, i)
	opts := cmp.Options{
		cmpopts.EquateComparable(netip.Prefix{}, netip.Addr{}), cmpopts.EquateEmpty(),
		cmpopts.IgnoreFields(link.Route{}, "Metric"),
		cmpopts.SortSlices(func(a, b link.Route) bool { return a.Destination.String() < b.Destination.String() }),
	}
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Errorf("A snapshot contains all changes.\n-want, +got:\n%s", diff)
	}

	for _, r := range rules {
		h.Do(l.DelRule(r))
		equate(t, "A missing rule cannot be removed.", link.ErrNotFound, l.DelRule(r))
	}
	for _, r := range routes {
		h.Do(l.DelRoute(r))
		equate(t, "A missing route cannot be removed.", link.ErrNotFound, l.DelRoute(r))
	}
	for _, a := range addresses {
		h.Do(l.DelAddress(a))
		equate(t, "A missing address cannot be removed.", link.ErrNotFound, l.DelAddress(a))
	}
	h.Do(l.DelAltName(i, "eni-1"))
	if err := l.DelAltName(i, "eni-1"); err == nil {
		t.Error("A missing alternative name cannot be removed.")
	}
	h.Do(l.SetUp(i, false))
	if diff := cmp.Diff("ip link set dev data0 address "+mac+" mtu 9001 down", h.String()); diff != "" {
		t.Errorf("After all changes are reverted, the link is unconfigured.\n-want, +got:\n%s", diff)
	}
	h.PullOut("data0")
	equate(t, "A removed link cannot be changed.", link.ErrNoLink, l.SetUp(i, true))
	equate(t, "A removed link cannot get an address.", link.ErrNoLink, l.AddAddress(addresses[0]))
}

func TestSnapshotFiltersByProtocol(t *testing.T) {
	h := agenttest.NewHost(t)
	h.PlugIn("eth0", mac)
	h.Do(h.Netlink.LinkSetUp(h.Link("eth0")))
	h.Default("eth0", "10.0.0.1", 100)
	rule := netlink.NewRule()
	rule.Src, rule.Table, rule.Priority = h.Address("10.0.0.5/32").IPNet, 20001, 20001
	h.Do(h.Netlink.RuleAdd(rule))

	got, err := open(t, h).Snapshot()
	h.Do(err)
	if len(got.Rules) != 0 || len(got.Routes) != 0 {
		t.Errorf("Rules and routes with another protocol are not reported: %v %v", got.Rules, got.Routes)
	}
	if len(got.Defaults) != 1 || got.Defaults[0].LinkIndex != h.Link("eth0").Attrs().Index || got.Defaults[0].Metric != 100 {
		t.Errorf("Default routes of any protocol are reported: %v", got.Defaults)
	}
}

func TestWatch(t *testing.T) {
	h := agenttest.NewHost(t)
	ctx, stop := context.WithCancel(t.Context())
	events, ended := make(chan link.Event, 100), make(chan error)
	l := open(t, h)
	go func() { ended <- l.Watch(ctx, func(e link.Event) { events <- e }) }()
	if e := <-events; e.Subject != link.SubjectAll {
		t.Fatalf("The first event is SubjectAll, not %q.", e.Subject)
	}

	h.PlugIn("eth1", mac)
	i := h.Link("eth1").Attrs().Index
	next(t, events, "an added link", func(e link.Event) bool {
		return e.Subject == link.SubjectLink && e.LinkIndex == i && e.MAC == mac
	})
	h.Do(l.SetUp(i, true))
	h.Do(h.Netlink.AddrAdd(h.Link("eth1"), h.Address("10.0.0.5/32")))
	next(t, events, "an address", func(e link.Event) bool { return e.Subject == link.SubjectAddress && e.LinkIndex == i })
	h.Do(l.AddRule(link.Rule{Priority: 20001, From: netip.MustParsePrefix("10.0.0.5/32"), Table: 20001}))
	next(t, events, "a rule", func(e link.Event) bool { return e.Subject == link.SubjectTable && e.Table == 20001 })
	h.Do(l.AddRoute(link.Route{LinkIndex: i, Table: 20002, Destination: netip.MustParsePrefix("10.0.0.0/24")}))
	next(t, events, "a route with Protocol", func(e link.Event) bool { return e.Subject == link.SubjectTable && e.Table == 20002 })
	h.Default("eth1", "10.0.0.1", 0)
	next(t, events, "a default route", func(e link.Event) bool { return e.Subject == link.SubjectDefault })
	for len(events) > 0 {
		<-events
	}
	p := h.NewPod("", "")
	p.AddMacvlan("net1", "eth1", "0a:00:00:00:00:01")
	next(t, events, "a macvlan above a link", func(e link.Event) bool { return e.Subject == link.SubjectLink && e.LinkIndex == i })
	h.PlugIn("eth2", "02:00:00:00:00:02")
	p.Adopt("eth2")
	next(t, events, "the id of a network namespace", func(e link.Event) bool { return e.Subject == link.SubjectNamespace })
	p.End()
	next(t, events, "a deleted network namespace", func(e link.Event) bool { return e.Subject == link.SubjectNamespace })
	h.PullOut("eth1")
	next(t, events, "a deleted link", func(e link.Event) bool { return e.Subject == link.SubjectLink && e.MAC == mac })

	stop()
	if err := <-ended; err != nil {
		t.Errorf("A cancelled watch returns no error: %v", err)
	}
}

// next waits for an event until the test's deadline.
func next(t *testing.T, events <-chan link.Event, what string, is func(link.Event) bool) {
	t.Helper()
	for {
		select {
		case e := <-events:
			if is(e) {
				return
			}
		case <-t.Context().Done():
			t.Fatalf("no event for %s", what)
		}
	}
}

func equate(t *testing.T, reason string, want, got error) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("%s\n-want, +got:\n%s", reason, diff)
	}
}

// only reduces a snapshot to one link, without its link-local addresses.
func only(s *link.Snapshot, index int) {
	s.Links = slices.DeleteFunc(s.Links, func(l link.Link) bool { return l.Index != index })
	s.Addresses = slices.DeleteFunc(s.Addresses, func(a link.Address) bool {
		return a.LinkIndex != index || a.Prefix.Addr().IsLinkLocalUnicast()
	})
}
