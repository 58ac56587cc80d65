// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kingpin/v2"
	"github.com/google/go-cmp/cmp"
)

func TestFlags(t *testing.T) {
	f := &flags{}
	app := kingpin.New("agent", "")
	f.register(app)
	if _, err := app.Parse([]string{"--node-name=n", "--interface-mtus=eth1:9000, eth2:1500", "--interface-pattern=^e", "--primary-interface=ens5"}); err != nil {
		t.Fatal(err)
	}
	p, err := f.policy()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"eth1": 9000, "eth2": 1500}, p.MTUs); diff != "" {
		t.Errorf("MTUs are parsed by name.\n-want, +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"device"}, p.Kinds); diff != "" {
		t.Errorf("The default kind is device.\n-want, +got:\n%s", diff)
	}
	if len(p.Ignored) != 9 || p.Primary != "ens5" || p.Pattern.String() != "^e" {
		t.Errorf("The other flags are in the policy: %v", p)
	}
	if f.metricsAddress != "127.0.0.1:8080" || f.healthAddress != "127.0.0.1:8081" {
		t.Errorf("By default servers listen on loopback only: %s, %s", f.metricsAddress, f.healthAddress)
	}
	for _, flag := range app.Model().Flags {
		if !flag.Hidden && flag.Name != "help" && (flag.Envar == "" || !strings.HasSuffix(flag.Help, ".")) {
			t.Errorf("Every flag has an environment variable and a help text that ends with a full stop: --%s", flag.Name)
		}
	}
}

// TestInherit adds the flags of a running agent to the flags of inspect.
func TestInherit(t *testing.T) {
	cases := map[string]struct {
		reason             string
		own, running, want []string
	}{
		"All": {
			reason:  "kubectl exec passes no flags.",
			own:     []string{"inspect"},
			running: []string{"--proc-root=/host/proc", "--load-modules", "--state-dir", "/var/lib/x"},
			want:    []string{"inspect", "--proc-root=/host/proc", "--load-modules", "--state-dir", "/var/lib/x"},
		},
		"Own": {
			reason:  "A flag of inspect replaces the agent's.",
			own:     []string{"inspect", "--node-name=n", "--no-load-modules"},
			running: []string{"run", "--node-name", "m", "--load-modules", "--debug"},
			want:    []string{"inspect", "--node-name=n", "--no-load-modules", "--debug"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, inherit(tc.own, tc.running)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	if diff := cmp.Diff([]string{"run", "--x"}, arguments([]string{"run", "--x"})); diff != "" {
		t.Errorf("\nOther commands inherit nothing.\n-want, +got:\n%s", diff)
	}
}

func TestBadFlags(t *testing.T) {
	cases := map[string]struct {
		reason string
		flags  flags
	}{
		"Pattern": {reason: "An invalid regular expression is rejected.", flags: flags{pattern: "("}},
		"NoMTU":   {reason: "A name without an MTU is rejected.", flags: flags{mtus: "eth1"}},
		"NoName":  {reason: "An MTU without a name is rejected.", flags: flags{mtus: ":9000"}},
		"BadMTU":  {reason: "An MTU that is not a number is rejected.", flags: flags{mtus: "eth1:jumbo"}},
		"LowMTU":  {reason: "An MTU of 0 is rejected.", flags: flags{mtus: "eth1:0"}},
		"TinyMTU": {reason: "The minimum MTU of IPv4 is 68.", flags: flags{mtus: "eth1:67"}},
		"HugeMTU": {reason: "The maximum MTU of ENA is 9216.", flags: flags{mtus: "eth1:9217"}},
		"Default": {reason: "The default MTU has the same maximum.", flags: flags{defaultMTU: 9217}},
		"TooLow":  {reason: "The default MTU has the same minimum, except 0.", flags: flags{defaultMTU: 67}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := tc.flags.policy(); err == nil {
				t.Error(tc.reason)
			}
		})
	}
}
