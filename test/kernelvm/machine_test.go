// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOptions(t *testing.T) {
	cases := map[string]struct {
		reason  string
		options Options
		wantErr bool
	}{
		"Default":   {reason: "A machine needs no options."},
		"PCIOMMU":   {reason: "The older machine has no IOMMU.", options: Options{Machine: PC, IOMMU: true}, wantErr: true},
		"Machine":   {reason: "There are two machine types.", options: Options{Machine: "microvm"}, wantErr: true},
		"Systemd":   {reason: "Systemd is in /usr.", options: Options{Systemd: true}, wantErr: true},
		"MostPorts": {reason: "Sixteen ports are supported.", options: Options{Ports: maxPorts}},
		"Ports":     {reason: "More ports are not supported.", options: Options{Ports: maxPorts + 1}, wantErr: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := tc.options.withDefaults(); (err != nil) != tc.wantErr {
				t.Errorf("%s Got %v", tc.reason, err)
			}
		})
	}
}

func TestArguments(t *testing.T) {
	cases := map[string]struct {
		reason  string
		options Options
		want    []string
		never   []string
	}{
		"Default": {
			reason: "The machine is emulated, even if there is /dev/kvm, and has a port for each NIC.",
			want:   []string{"-accel tcg", "-machine q35 ", "id=port3,bus=pcie.0,chassis=4,slot=4,addr=0xb", "no_timer_check"},
			never:  []string{"iommu", "id=port4", "hugepages"},
		},
		"IOMMU": {
			reason:  "The IOMMU is in the machine, and the kernel uses it.",
			options: Options{IOMMU: true, Ports: 1, HugePages: 8},
			want:    []string{"kernel-irqchip=split", "-device intel-iommu,intremap=on", "intel_iommu=on", "hugepages=8"},
			never:   []string{"id=port1"},
		},
		"Usr": {
			reason:  "Programs are on a second, read-only disk.",
			options: Options{Usr: "/usr.img"},
			want:    []string{"readonly=on,file=/usr.img", "virtio-blk-pci,drive=usr,bus=pcie.0,addr=0x4"},
		},
		"PC": {
			reason:  "NICs are plugged into the bus itself.",
			options: Options{Machine: PC},
			want:    []string{"-machine pc ", "bus=pci.0,addr=0x2"},
			never:   []string{"pcie"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o, err := tc.options.withDefaults()
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join((&Kit{kernel: "vmlinuz"}).arguments(o, "/dir", "/dir/disk.img"), " ") + " "
			for _, w := range tc.want {
				if !strings.Contains(got, w) {
					t.Errorf("%s %q is not in\n%s", tc.reason, w, got)
				}
			}
			for _, w := range tc.never {
				if strings.Contains(got, w) {
					t.Errorf("%s %q is in\n%s", tc.reason, w, got)
				}
			}
		})
	}
}

func TestNetworksOf(t *testing.T) {
	cases := map[string]struct {
		reason string
		nic    NIC
		want   []string
		hub    int
	}{
		"Segment": {reason: "Cards of a segment share a hub.", nic: NIC{ID: "a", Segment: 3}, want: []string{"wire-a"}, hub: 3},
		"Router": {
			reason: "A card with a router has its own hub, to which the router is connected first.",
			nic:    NIC{ID: "a", Subnet: netip.MustParsePrefix("10.0.1.4/24"), Address: netip.MustParseAddr("10.0.1.4")},
			want:   []string{"router-a", "routerport-a", "wire-a"}, hub: firstRouterHub + 2,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			g := &Guest{nics: map[string]*nic{"a": {}}}
			var got []string
			for _, x := range networksOf(tc.nic, 2) {
				got = append(got, x.id)
				if hub, ok := x.arguments["hubid"]; ok && hub != tc.hub {
					t.Errorf("%s The hub of %s: want %d, got %v", tc.reason, x.id, tc.hub, hub)
				}
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("%s -want, +got:\n%s", tc.reason, d)
			}
			g.nics["a"].networks = got
			router := g.takeNetworks("a", routerOf("a"), routerPortOf("a"))
			rest := g.takeNetworks("a")
			if d := cmp.Diff(tc.want, append(router, rest...)); d != "" {
				t.Errorf("Each network is deleted once, -want, +got:\n%s", d)
			}
		})
	}
}
