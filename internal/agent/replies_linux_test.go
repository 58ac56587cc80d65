// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// TestReplies connects to every address of a host with three links in
// one subnet. The network drops packets that leave through another link.
func TestReplies(t *testing.T) {
	r := newHarness(t,
		hif("a", mac1, 1, addressing(v1alpha1.AddressingAddresses, "10.0.1.5", "10.0.1.6", "2001:db8:1::5"), func(hi *v1alpha1.HostInterface) {
			hi.Spec.IPv4Prefixes, hi.Spec.IPv6Prefixes = []string{"10.0.1.64/28"}, []string{"2001:db8:1:0:a::/80"}
		}),
		hif("b", mac2, 2, addressing(v1alpha1.AddressingAddresses, "10.0.1.7", "2001:db8:1::7")))
	h := r.net
	h.PlugIn("eth1", mac1)
	h.PlugIn("eth2", mac2)
	// A pod has an address of each prefix.
	h.Do(h.Netlink.AddrAdd(h.Link("lo"), h.Address("10.0.1.65/32")))
	h.Do(h.Netlink.AddrAdd(h.Link("lo"), h.Address("2001:db8:1:0:a::5/128")))
	foreign := cniRules(r)
	vpc := h.NewRouter([]string{"10.0.1.1/32", "fe80:ec2::1/64"}, []string{"192.0.2.1/32", "2001:db8:99::1/128"})
	vpc.Owns("eth0", "10.0.1.2")
	vpc.Owns("eth1", "10.0.1.5", "10.0.1.6", "10.0.1.65", "2001:db8:1::5", "2001:db8:1:0:a::5")
	vpc.Owns("eth2", "10.0.1.7", "2001:db8:1::7")
	port := h.ServeEcho(t.Context())

	works := func(address string) bool {
		from := "192.0.2.1"
		if net.ParseIP(address).To4() == nil {
			from = "2001:db8:99::1"
		}
		const times = 20
		answers, err := vpc.Ping(from, address, times)
		h.Do(err)
		return vpc.Echo(t.Context(), from, net.JoinHostPort(address, port)) == nil && answers == times
	}
	// A link-local address, the source of neighbor solicitations, is tentative for a
	// second or two.
	comes := func(address string) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); !works(address); {
			if time.Now().After(deadline) {
				t.Fatalf("There is no reply from %s.", address)
			}
		}
	}
	r.reconcile("a", "b")
	comes("10.0.1.2")
	for _, a := range []string{"10.0.1.5", "10.0.1.7", "2001:db8:1::5"} {
		if works(a) {
			t.Errorf("Without policy routing there is no reply from %s: the test needs this to fail.", a)
		}
	}

	for _, name := range []string{"a", "b"} {
		r.change(name, func(hi *v1alpha1.HostInterface) {
			hi.Spec.Config.Addressing = v1alpha1.AddressingPolicyRouted
		})
	}
	r.reconcile("a", "b")
	for address, by := range map[string]string{
		"10.0.1.2": "eth0", "10.0.1.5": "eth1", "10.0.1.6": "eth1", "10.0.1.65": "eth1", "10.0.1.7": "eth2",
		"2001:db8:1::5": "eth1", "2001:db8:1:0:a::5": "eth1", "2001:db8:1::7": "eth2",
	} {
		comes(address)
		before := map[string]uint64{}
		for _, l := range []string{"eth0", "eth1", "eth2"} {
			before[l] = vpc.Received(l)
		}
		if !works(address) {
			t.Errorf("There is no second reply from %s.", address)
		}
		for l, n := range before {
			if got := vpc.Received(l) - n; (got >= 20) != (l == by) {
				t.Errorf("Replies of %s leave by %s; %d packets left by %s.", address, by, got, l)
			}
		}
	}
	r.delete("b")
	r.reconcile("b")
	if diff := cmp.Diff(foreign, rulesOfOthers(r)); diff != "" {
		t.Errorf("Foreign rules are not changed.\n-want, +got:\n%s", diff)
	}
}

// cniRules adds the rules of the VPC CNI and EKS's udev helper, around the
// agent's priorities, and returns all foreign rules.
func cniRules(r *harness) []string {
	r.t.Helper()
	h := r.net
	for _, x := range []struct {
		priority, table int
		from, to        string
		mark            uint32
	}{
		{priority: 512, to: "10.0.1.201/32", table: unix.RT_TABLE_MAIN},
		{priority: 1024, mark: 0x80, table: unix.RT_TABLE_MAIN},
		{priority: 1536, from: "10.0.1.201/32", table: 2},
		{priority: 32765, from: "10.0.1.202/32", table: 3},
	} {
		rule := netlink.NewRule()
		rule.Priority, rule.Table, rule.Mark = x.priority, x.table, x.mark
		if x.mark != 0 {
			rule.Mask = &x.mark
		}
		if x.from != "" {
			rule.Src = h.Address(x.from).IPNet
		}
		if x.to != "" {
			rule.Dst = h.Address(x.to).IPNet
		}
		h.Do(h.Netlink.RuleAdd(rule))
	}
	return rulesOfOthers(r)
}

func rulesOfOthers(r *harness) []string {
	r.t.Helper()
	all, err := r.net.Netlink.RuleList(netlink.FAMILY_ALL)
	r.net.Do(err)
	var out []string
	for _, x := range all {
		if x.Protocol != link.Protocol {
			out = append(out, fmt.Sprintf("%s mark %#x", x, x.Mark))
		}
	}
	return sorted(out)
}
