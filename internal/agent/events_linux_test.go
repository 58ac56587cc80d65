// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/nodeeni/provider-aws-eni/internal/agent/agenttest"
)

// start runs the agent with netlink events and nothing
// else: a resync could hide a missed event.
func (r *harness) start(names ...string) {
	r.t.Helper()
	ctx, stop := context.WithCancel(r.t.Context())
	q := newQueue(newLimiter())
	for _, n := range names {
		q.Add(request(n))
	}
	work := &sync.WaitGroup{}
	work.Go(func() { watchNetlink(ctx, r.host.Links, q, r.tracker) })
	work.Go(func() {
		loop(ctx, q, reconcile.Func(func(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
			res, err := r.Reconcile(ctx, req)
			if res.RequeueAfter >= r.resync {
				res.RequeueAfter = 0
			}
			return res, err
		}), newProgress())
	})
	r.t.Cleanup(func() {
		stop()
		q.ShutDown()
		work.Wait()
	})
}

// eventually polls a condition, for as long as a slow machine
// may need.
func (r *harness) eventually(what string, is func() bool) time.Duration {
	r.t.Helper()
	begin := time.Now()
	for tick := time.NewTicker(200 * time.Microsecond); ; <-tick.C {
		if is() {
			return time.Since(begin)
		}
		if time.Since(begin) > 20*time.Second {
			r.t.Fatalf("%s: the host did not reach the state. It is:\n%s", what, r.net)
		}
	}
}

// disturbances are changes of links by other programs.
func disturbances(h *agenttest.Host) map[string]func(l netlink.Link) error {
	return map[string]func(l netlink.Link) error{
		"down": h.Netlink.LinkSetDown,
		"mtu":  func(l netlink.Link) error { return h.Netlink.LinkSetMTU(l, 1400) },
		// Below 1280 the kernel disables IPv6 on the link.
		"small mtu": func(l netlink.Link) error { return h.Netlink.LinkSetMTU(l, 1000) },
		"address": func(l netlink.Link) error {
			return h.Netlink.AddrDel(l, h.Address("10.0.1.5/32"))
		},
		"altname": func(l netlink.Link) error { return h.Netlink.LinkDelAltName(l, "eni-a") },
		"rename":  func(l netlink.Link) error { return h.Netlink.LinkSetName(l, "wrong0") },
		"route": func(l netlink.Link) error {
			return h.Netlink.RouteDel(&netlink.Route{LinkIndex: l.Attrs().Index, Table: 20001, Dst: h.Address("0.0.0.0/0").IPNet})
		},
		"rule": func(netlink.Link) error {
			rule := netlink.NewRule()
			rule.Src, rule.Table, rule.Priority, rule.Protocol = h.Address("10.0.1.5/32").IPNet, 20001, 20001, 200
			return h.Netlink.RuleDel(rule)
		},
		"replug": func(l netlink.Link) error {
			if err := h.Netlink.LinkDel(l); err != nil {
				return err
			}
			h.PlugIn(l.Attrs().Name, mac1)
			return nil
		},
	}
}

// TestRandomEvents changes a managed link at random, often faster than the
// agent can reconcile. The agent must restore it and change no other link.
func TestRandomEvents(t *testing.T) {
	s := states()[8] // PolicyRouted, both families and a prefix.
	r := newHarness(t, hif("a", mac1, 1, s.apply))
	h := r.net
	h.PlugIn("other0", "02:00:00:00:00:77")
	other := h.Link("other0")
	h.Do(h.Netlink.LinkSetMTU(other, 1234))
	h.Do(h.Netlink.LinkAddAltName(other, "somebodys"))
	h.Do(h.Netlink.LinkSetUp(other))
	h.Do(h.Netlink.AddrAdd(other, h.Address("10.0.1.200/24")))
	h.Do(h.Netlink.RouteAdd(&netlink.Route{LinkIndex: other.Attrs().Index, Table: 20001, Dst: h.Address("198.51.100.0/24").IPNet, Protocol: 4}))
	rule := netlink.NewRule()
	rule.Src, rule.Table, rule.Priority = h.Address("10.0.1.200/32").IPNet, 20001, 20001
	h.Do(h.Netlink.RuleAdd(rule))
	foreign := "ip rule add from 10.0.1.200/32 lookup 20001 pref 20001 protocol 0"
	before := h.Of("eth0", "other0")

	h.PlugIn("eth1", mac1)
	r.start("a")
	want := append(s.lines(), foreign)
	slices.Sort(want)
	configured := func() bool {
		got, err := hostLines(h, "eth1")
		return err == nil && cmp.Equal(want, got)
	}
	r.eventually("first", configured)

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	all := disturbances(h)
	kinds := make([]string, 0, len(all))
	for k := range all {
		kinds = append(kinds, k)
	}
	slices.Sort(kinds)

	var history []string
	for i := range 200 {
		l := linkByMAC(h, mac1)
		kind := kinds[random.IntN(len(kinds))]
		// One disturbance may make another one fail.
		err := all[kind](l)
		history = append(history, fmt.Sprintf("%s (%v)", kind, err))
		// In two of three cases the next one follows at once.
		if i%3 == 0 {
			r.eventually(fmt.Sprintf("after %v", history), configured)
		}
	}
	r.eventually(fmt.Sprintf("after %v", history), configured)
	r.becomesReady("a", "True Configured: link eth1 is configured")
	if diff := cmp.Diff(before, h.Of("eth0", "other0")); diff != "" {
		t.Errorf("Foreign links are not changed.\n-want, +got:\n%s", diff)
	}
}

// TestEventToConfigured measures the time from an event until the link is
// configured again.
func TestEventToConfigured(t *testing.T) {
	s := states()[8]
	r := newHarness(t, hif("a", mac1, 1, s.apply))
	h := r.net
	h.PlugIn("eth1", mac1)
	r.start("a")
	configured := func() bool {
		got, err := hostLines(h, "eth1")
		return err == nil && cmp.Equal(sorted(s.lines()), got)
	}
	r.eventually("first", configured)

	var took []time.Duration
	for range 100 {
		h.PullOut("eth1")
		h.PlugIn("eth1", mac1)
		took = append(took, r.eventually("replug", configured))
	}
	slices.Sort(took)
	t.Logf("a link plugged in is configured after: median %s, p90 %s, p99 %s", took[50], took[90], took[99])
	if len(r.events.Events) > 300 {
		t.Errorf("Kubernetes events are recorded for changes only: %d", len(r.events.Events))
	}
	r.becomesReady("a", "True Configured: link eth1 is configured")
}
