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
		t.Errorf("MTUs are by name.\n-want, +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"device"}, p.Kinds); diff != "" {
		t.Errorf("Only devices are ENIs.\n-want, +got:\n%s", diff)
	}
	if len(p.Ignored) != 9 || p.Primary != "ens5" || p.Pattern.String() != "^e" {
		t.Errorf("The other flags are passed on: %v", p)
	}
	if f.metricsAddress != "127.0.0.1:8080" || f.healthAddress != "127.0.0.1:8081" {
		t.Errorf("Nothing is served to the network unless a flag says so: %s, %s", f.metricsAddress, f.healthAddress)
	}
	for _, flag := range app.Model().Flags {
		if !flag.Hidden && flag.Name != "help" && (flag.Envar == "" || !strings.HasSuffix(flag.Help, ".")) {
			t.Errorf("Every flag has an environment variable and a sentence: --%s", flag.Name)
		}
	}
}

func TestBadFlags(t *testing.T) {
	cases := map[string]struct {
		reason string
		flags  flags
	}{
		"Pattern": {reason: "A pattern must be a regular expression.", flags: flags{pattern: "("}},
		"NoMTU":   {reason: "A name without MTU is refused.", flags: flags{mtus: "eth1"}},
		"NoName":  {reason: "An MTU without name is refused.", flags: flags{mtus: ":9000"}},
		"BadMTU":  {reason: "An MTU is a number.", flags: flags{mtus: "eth1:jumbo"}},
		"LowMTU":  {reason: "An MTU is positive.", flags: flags{mtus: "eth1:0"}},
		"TinyMTU": {reason: "IPv4 needs an MTU of 68.", flags: flags{mtus: "eth1:67"}},
		"HugeMTU": {reason: "ENA has an MTU of 9216 at most.", flags: flags{mtus: "eth1:9217"}},
		"Default": {reason: "The same holds for the default.", flags: flags{defaultMTU: 9217}},
		"TooLow":  {reason: "0 alone leaves the driver's.", flags: flags{defaultMTU: 67}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := tc.flags.policy(); err == nil {
				t.Error(tc.reason)
			}
		})
	}
}
