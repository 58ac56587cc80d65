// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
)

// A state is a configuration of one HostInterface.
type state struct {
	mode     v1alpha1.AddressingMode
	mtu      int
	name     string
	altNames []string
	four     []string
	six      []string
	prefixes []string
}

// states are the configurations of the walk.
func states() []state {
	four, six, prefixes := []string{"10.0.1.5", "10.0.1.6"}, []string{"2001:db8:1::5"}, []string{"10.0.1.64/28"}
	var out []state
	for _, mode := range []v1alpha1.AddressingMode{v1alpha1.AddressingNone, v1alpha1.AddressingAddresses, v1alpha1.AddressingPolicyRouted} {
		out = append(out,
			state{mode: mode, mtu: 9001, name: "eth1", four: four, six: six, prefixes: prefixes},
			state{mode: mode, mtu: 1500, name: "eth1", altNames: []string{"blue", "green"}, four: four[:1], six: six},
			state{mode: mode, mtu: 1500, name: "data0", altNames: []string{"blue"}, four: four[1:], prefixes: prefixes},
			state{mode: mode, mtu: 9001, name: "data0", altNames: []string{"eth1"}, six: six},
		)
	}
	return out
}

func (s state) apply(hi *v1alpha1.HostInterface) {
	addressing(s.mode, append(slices.Clone(s.four), s.six...)...)(hi)
	hi.Spec.IPv4Prefixes = s.prefixes
	rename(s.name)(hi)
	altNames(s.altNames...)(hi)
	mtu(int32(s.mtu))(hi)
}

// lines are the expected link and rules of the host in this state.
func (s state) lines() []string {
	out := []string{
		fmt.Sprintf("ip link set dev %s address %s mtu %d up", s.name, mac1, s.mtu),
		"ip link property add dev " + s.name + " altname eni-a",
		"sysctl -w net.ipv6.conf." + s.name + ".accept_ra=0",
	}
	for _, n := range s.altNames {
		out = append(out, "ip link property add dev "+s.name+" altname "+n)
	}
	if s.mode == v1alpha1.AddressingNone {
		return out
	}
	for _, v := range []string{"rp_filter=2", "arp_ignore=1", "arp_announce=2"} {
		out = append(out, "sysctl -w net.ipv4.conf."+s.name+"."+v)
	}
	from := slices.Clone(s.prefixes)
	for _, a := range s.four {
		from = append(from, a+"/32")
		out = append(out, "ip address add "+a+"/32 dev "+s.name+" noprefixroute")
	}
	for _, a := range s.six {
		from = append(from, a+"/128")
		out = append(out, "ip address add "+a+"/128 dev "+s.name+" noprefixroute")
	}
	if s.mode == v1alpha1.AddressingAddresses {
		return out
	}
	for _, f := range from {
		out = append(out, "ip rule add from "+f+" lookup 20001 pref 20001 protocol 200")
	}
	routes := routedBy(s.name, "20001")
	if len(s.four)+len(s.prefixes) > 0 {
		out = append(out, routes[:2]...)
	}
	if len(s.six) > 0 {
		out = append(out, routes[2:]...)
	}
	return out
}

// TestWalk configures every state in turn, and then at random.
// The result must not depend on the previous state.
func TestWalk(t *testing.T) {
	r := newHarness(t, hif("a", mac1, 1))
	r.net.PlugIn("eth1", mac1)
	primary := strings.Split(r.net.Of("eth0"), "\n")

	visit := func(i int) {
		s := states()[i]
		r.change("a", s.apply)
		r.reconcile("a")
		r.checkHost(fmt.Sprintf("State %d is reached.", i), r.net.String(), append(s.lines(), primary...)...)
		r.checkReady("a", "True Configured: link "+s.name+" is configured")
		r.checkIdle("a")
	}
	for i := range states() {
		visit(i)
	}

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 60 {
		if visit(random.IntN(len(states()))); t.Failed() {
			t.FailNow()
		}
	}
	r.delete("a")
	r.reconcile("a")
	got := slices.DeleteFunc(strings.Split(r.net.String(), "\n"), func(l string) bool { return strings.Contains(l, mac1) })
	if diff := cmp.Diff(primary, got); diff != "" {
		t.Errorf("After the release only the link is left.\n-want, +got:\n%s", diff)
	}
}

// TestCrash interrupts the change from one state to another, and the release, after
// each step, and continues with a new agent.
func TestCrash(t *testing.T) {
	r := newHarness(t, hif("a", mac1, 1))
	r.net.PlugIn("eth1", mac1)
	primary := strings.Split(r.net.Of("eth0"), "\n")
	all := states()
	// All states have the same alternative names here: a new agent does not know
	// the names that the previous one has set.
	for i := range all {
		all[i].altNames = all[0].altNames
	}

	for from := range all {
		to := (from + 5) % len(all)
		for crash := 0; ; crash++ {
			r.change("a", all[from].apply)
			r.reconcile("a")
			r.change("a", all[to].apply)
			steps := r.plan("a").Plan.Steps
			if crash >= len(steps) {
				break
			}
			if _, err := host.Apply(r.host, steps[:crash]); err != nil {
				t.Fatal(err)
			}
			r.tracker = newTracker()
			r.reconcile("a")
			r.checkHost(fmt.Sprintf("State %d is reached from %d after a crash at step %d of %v.", to, from, crash, steps),
				r.net.String(), append(all[to].lines(), primary...)...)
			if t.Failed() {
				t.FailNow()
			}
		}
	}

	for from := range all {
		for crash := 0; ; crash++ {
			r.change("a", all[from].apply)
			r.reconcile("a")
			r.delete("a")
			steps := r.plan("a").Plan.Steps
			if crash < len(steps) {
				if _, err := host.Apply(r.host, steps[:crash]); err != nil {
					t.Fatal(err)
				}
			}
			r.tracker = newTracker()
			r.reconcile("a")
			got := slices.DeleteFunc(strings.Split(r.net.String(), "\n"), func(l string) bool { return strings.Contains(l, mac1) })
			if diff := cmp.Diff(primary, got); diff != "" {
				t.Fatalf("Release from %d is complete after a crash at step %d of %v.\n-want, +got:\n%s", from, crash, steps, diff)
			}
			if err := r.client.Create(t.Context(), hif("a", mac1, 1)); err != nil {
				t.Fatal(err)
			}
			if crash >= len(steps) {
				break
			}
		}
	}
}
