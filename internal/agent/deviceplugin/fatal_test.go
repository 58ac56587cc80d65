// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin/plugintest"
)

// TestFatal merges no pools into files with foreign pools for which the plugin exits.
func TestFatal(t *testing.T) {
	const selectors = `"selectors":{"vendors":["1d0f"]}`
	long := strings.Repeat("a", 59)
	cases := map[string]struct {
		reason string
		args   string
		want   []string
	}{
		"None":   {reason: "A valid pool is not reported.", args: `{"resourceList":[{"resourceName":"net_a","selectors":{}}]}`},
		"Hyphen": {reason: "The plugin accepts a hyphen in a name.", args: `{"resourceList":[{"resourcePrefix":"example.org","resourceName":"net-a",` + selectors + `}]}`},
		"Dot": {
			reason: "The plugin rejects a dot in a name.", args: `{"resourceList":[{"resourcePrefix":"example.org","resourceName":"net.a",` + selectors + `}]}`,
			want: []string{`pool 1 (example.org/net.a): resourceName "net.a" does not consist of letters, digits, '-' and '_': rename it`},
		},
		"NoName": {
			reason: "A pool needs a name.", args: `{"resourceList":[{` + selectors + `}]}`,
			want: []string{`pool 1: resourceName "" does not consist of letters, digits, '-' and '_': rename it`},
		},
		"Number": {
			reason: "A name must be a string.", args: `{"resourceList":[{"resourceName":"net_a",` + selectors + `},{"resourceName":7}]}`,
			want: []string{"pool 2: resourceName is a JSON number: correct its type"},
		},
		"Info": {
			reason: "The plugin decodes additionalInfo.", args: `{"resourceList":[{"resourceName":"net_a",` + selectors + `,"additionalInfo":{"*":"x"}}]}`,
			want: []string{"pool 1 (intel.com/net_a): additionalInfo is a JSON string: correct its type"},
		},
		"NoObject": {
			reason: "A pool must be an object.", args: `{"resourceList":[7]}`,
			want: []string{"pool 1: the pool is not a JSON object: remove it"},
		},
		"Null": {
			reason: "The plugin dereferences the selectors of a null pool.", args: `{"resourceList":[null]}`,
			want: []string{`pool 1: it has no selectors: add them, such as {"vendors": ["1d0f"]}, or remove the pool`},
		},
		"NoSelectors": {
			reason: "The plugin dereferences the selectors of a pool.", args: `{"resourceList":[{"resourceName":"net_a"}]}`,
			want: []string{`pool 1 (intel.com/net_a): it has no selectors: add them, such as {"vendors": ["1d0f"]}, or remove the pool`},
		},
		"NullSelectors": {
			reason: "Selectors that are null are none.", args: `{"resourceList":[{"resourceName":"net_a","selectors":null}]}`,
			want: []string{`pool 1 (intel.com/net_a): it has no selectors: add them, such as {"vendors": ["1d0f"]}, or remove the pool`},
		},
		"DeviceType": {
			reason: "The plugin knows three types of devices.", args: `{"resourceList":[{"resourceName":"net_a","deviceType":"nic",` + selectors + `}]}`,
			want: []string{`pool 1 (intel.com/net_a): deviceType "nic" is not supported: use netDevice, accelerator or auxNetDevice`},
		},
		"Accelerator": {reason: "A pool may have accelerators.", args: `{"resourceList":[{"resourceName":"net_a","deviceType":"accelerator",` + selectors + `}]}`},
		"Twice": {
			reason: "A resource must be unique.", args: `{"resourceList":[{"resourceName":"net_a",` + selectors + `},{"resourceName":"net_a",` + selectors + `}]}`,
			want: []string{"pool 2 (intel.com/net_a): another pool has the same resource: rename one of them"},
		},
		"RDMA": {
			reason: "isRdma and vdpaType exclude each other.", args: `{"resourceList":[{"resourceName":"net_a","selectors":[{},{"isRdma":true,"vdpaType":"vhost"}]}]}`,
			want: []string{"pool 1 (intel.com/net_a): its selectors have both isRdma and vdpaType: remove one of them"},
		},
		"AuxTypes": {
			reason: "An auxiliary device has a type.", args: `{"resourceList":[{"resourceName":"net_a","deviceType":"auxNetDevice",` + selectors + `}]}`,
			want: []string{`pool 1 (intel.com/net_a): its selectors have no auxTypes: add "sf", the only one that the plugin supports`},
		},
		"AuxType": {
			reason: "Only one type of auxiliary devices is supported.", args: `{"resourceList":[{"resourceName":"net_a","deviceType":"auxNetDevice","selectors":{"auxTypes":["eth"]}}]}`,
			want: []string{`pool 1 (intel.com/net_a): its selectors have auxType "eth": the plugin supports only "sf"`},
		},
		"Skipped":      {reason: "The plugin skips a pool whose selectors it cannot decode, with its name.", args: `{"resourceList":[{"resourceName":"net.a","selectors":7},{"resourceName":"net_a","selectors":[]}]}`},
		"SkippedTwice": {reason: "A skipped pool is no duplicate.", args: `{"resourceList":[{"resourceName":"net_a","selectors":{"vendors":7}},{"resourceName":"net_a",` + selectors + `}]}`},
		"Long": {
			reason: "The path of a socket is limited.", args: `{"resourceList":[{"resourceName":"` + long + `",` + selectors + `}]}`,
			want: []string{"pool 1 (intel.com/" + long + "): prefix and name have 68 characters: use at most 67 together, the limit of the device plugin's socket"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m, err := Merge([]byte(tc.args), nil, Owner{Name: "mine"})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range m.Fatal {
				got = append(got, f.Pool+": "+f.Err.Error())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nFatal: -want, +got:\n%s", tc.reason, diff)
			}
			if string(m.File) != tc.args || m.Changed {
				t.Errorf("\nForeign pools are not changed: %s", m.File)
			}
			// The simulated plugin gives each of its pools a device.
			_, exit := plugintest.Start([]byte(tc.args), map[string]string{"0000:00:06.0": "ena"})
			if code := plugintest.ExitCode(exit); (len(tc.want) > 0) != (exit != nil && code != 0 || exit != nil && !strings.Contains(exit.Error(), "no resource configuration")) {
				t.Errorf("\n%s\nThe simulated plugin: %v", tc.reason, exit)
			}
			if want := len(tc.want) > 0 && name != "Long"; m.Exits() != want {
				t.Errorf("\n%s\nExits() = %t, want %t", tc.reason, m.Exits(), want)
			}
		})
	}
}

// TestFatalPosition merges a pool into a file with a foreign pool for which the plugin
// exits: the position is the one in the new file.
func TestFatalPosition(t *testing.T) {
	m, err := Merge([]byte(`{"resourceList":[{"resourceName":"a.b","selectors":{}}]}`), []Pool{of("dpdk", "vfio-pci", at(6))}, owner)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Fatal) != 1 || !strings.HasPrefix(m.Fatal[0].Pool, "pool 2 ") {
		t.Errorf("Fatal: %+v", m.Fatal)
	}
}
