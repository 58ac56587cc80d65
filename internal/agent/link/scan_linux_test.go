// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"github.com/nodeeni/provider-aws-eni/internal/agent/agenttest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// anyKind accepts the links of the tests: they are veths, as network namespaces have no
// devices.
func anyKind(kind string) bool { return kind == "veth" || kind == link.KindDevice }

// namesOf returns the kinds and names of links, and whether they are on the host.
func namesOf(links []link.Scanned) []string {
	var out []string
	for _, l := range links {
		where := "pod"
		if l.Namespace == link.HostNamespace {
			where = "host"
		}
		out = append(out, l.Kind+" "+l.Name+" of the "+where)
	}
	slices.Sort(out)
	return out
}

// scan returns the users of a link, and the link in another namespace.
func scan(t *testing.T, h *agenttest.Host, name string) []string {
	t.Helper()
	s, err := open(t, h).Scan()
	h.Do(err)
	if found, ok := s.Moved(mac, anyKind); ok {
		return []string{"moved: " + namesOf([]link.Scanned{found})[0]}
	}
	return namesOf(s.Users(h.Link(name).Attrs().Index))
}

func TestScan(t *testing.T) {
	cases := map[string]struct {
		reason string
		do     func(t *testing.T, h *agenttest.Host)
		want   []string
	}{
		"None": {reason: "The other end of a link that is a veth is not its user.", do: func(*testing.T, *agenttest.Host) {}},
		"Macvlan": {
			reason: "A macvlan of a pod is a user.",
			do: func(_ *testing.T, h *agenttest.Host) {
				h.NewPod("veth0", "0a:00:00:00:00:01").AddMacvlan("net1", "eth1", "0a:00:00:00:01:01")
			},
			want: []string{"macvlan net1 of the pod"},
		},
		"TwoPods": {
			reason: "Each pod is counted.",
			do: func(_ *testing.T, h *agenttest.Host) {
				for i := range 2 {
					h.NewPod(fmt.Sprintf("veth%d", i), fmt.Sprintf("0a:00:00:00:00:0%d", i)).AddMacvlan("net1", "eth1", fmt.Sprintf("0a:00:00:00:01:0%d", i))
				}
			},
			want: []string{"macvlan net1 of the pod", "macvlan net1 of the pod"},
		},
		"MovedMacvlan": {
			reason: "A macvlan that is created on the host and moved to a pod is a user: the move assigns an id to the pod's namespace.",
			do: func(_ *testing.T, h *agenttest.Host) {
				h.Do(h.Netlink.LinkAdd(&netlink.Macvlan{LinkAttrs: netlink.LinkAttrs{Name: "mv0", ParentIndex: h.Link("eth1").Attrs().Index, TxQLen: -1}, Mode: netlink.MACVLAN_MODE_BRIDGE}))
				h.NewPod("", "").Adopt("mv0")
			},
			want: []string{"macvlan mv0 of the pod"},
		},
		"OnHost": {
			reason: "A macvlan on the host is a user.",
			do: func(_ *testing.T, h *agenttest.Host) {
				h.Do(h.Netlink.LinkAdd(&netlink.Macvlan{LinkAttrs: netlink.LinkAttrs{Name: "mv0", ParentIndex: h.Link("eth1").Attrs().Index, TxQLen: -1}, Mode: netlink.MACVLAN_MODE_BRIDGE}))
			},
			want: []string{"macvlan mv0 of the host"},
		},
		"NoVeth": {
			reason: "The host has no id for a namespace whose only tie to it is a macvlan: documented in docs/multus.md.",
			do: func(_ *testing.T, h *agenttest.Host) {
				h.NewPod("", "").AddMacvlan("net1", "eth1", "0a:00:00:00:01:01")
			},
		},
		"OtherLink": {
			reason: "A macvlan above another link is not a user.",
			do: func(_ *testing.T, h *agenttest.Host) {
				h.PlugIn("eth2", "02:00:00:00:00:02")
				h.NewPod("veth0", "0a:00:00:00:00:01").AddMacvlan("net1", "eth2", "0a:00:00:00:01:01")
			},
		},
		"SameIndex": {
			reason: "A macvlan above a link of its own pod, or of a third namespace, with the index of the host's link is not a user: indexes are unique only within a namespace.",
			do: func(t *testing.T, h *agenttest.Host) {
				a, b := h.NewPod("veth0", "0a:00:00:00:00:01"), h.NewPod("veth1", "0a:00:00:00:00:02")
				index := h.Link("eth1").Attrs().Index
				if eth0 := a.Link("eth0").Attrs().Index; eth0 != index {
					t.Fatalf("the indexes differ: %d, %d", eth0, index)
				}
				a.AddChild("below", index, a)
				a.AddChild("across", index, b)
			},
		},
		"Taken": {
			reason: "A link that a pod has taken is found by its MAC address, whatever its name.",
			do: func(_ *testing.T, h *agenttest.Host) {
				h.NewPod("veth0", "0a:00:00:00:00:01").Take("eth1", "net1")
			},
			want: []string{"moved: veth net1 of the pod"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := agenttest.NewHost(t)
			h.PlugIn("eth1", mac)
			tc.do(t, h)
			if diff := cmp.Diff(tc.want, scan(t, h, "eth1")); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestScanOfEndedPods ends pods while another program creates further ones.
func TestScanOfEndedPods(t *testing.T) {
	h := agenttest.NewHost(t)
	h.PlugIn("eth1", mac)
	l := open(t, h)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 50 {
			p := h.NewPod(fmt.Sprintf("veth%d", i), "0a:00:00:00:00:01")
			p.AddMacvlan("net1", "eth1", fmt.Sprintf("0a:00:00:00:01:%02x", i))
			p.End()
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if _, err := l.Scan(); err != nil {
			t.Fatalf("A scan leaves out a pod that ends meanwhile: %v", err)
		}
	}
}

// BenchmarkScan scans a node with 100 pods, each with a macvlan.
func BenchmarkScan(b *testing.B) {
	h := agenttest.NewHost(b)
	h.PlugIn("eth1", mac)
	for i := range 100 {
		p := h.NewPod(fmt.Sprintf("veth%d", i), fmt.Sprintf("0a:00:00:00:00:%02x", i))
		p.AddMacvlan("net1", "eth1", fmt.Sprintf("0a:00:00:00:01:%02x", i))
	}
	l, err := link.Open(h.Namespace())
	h.Do(err)
	defer func() { _ = l.Close() }()
	index := h.Link("eth1").Attrs().Index
	b.ReportAllocs()
	var took []time.Duration
	for b.Loop() {
		begin := time.Now()
		s, err := l.Scan()
		if err != nil || len(s.Users(index)) != 100 {
			b.Fatal(len(s.Users(index)), err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs/p99")
}
