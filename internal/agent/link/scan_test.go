// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUsers(t *testing.T) {
	const index = 5
	cases := map[string]struct {
		reason string
		link   Scanned
		index  int
		want   bool
	}{
		"Macvlan": {reason: "A macvlan of a pod is a user.", link: Scanned{Namespace: 3, Kind: "macvlan", Lower: index, Peer: HostNamespace}, index: index, want: true},
		"IPvlan":  {reason: "An ipvlan of a pod is a user.", link: Scanned{Namespace: 3, Kind: "ipvlan", Lower: index, Peer: HostNamespace}, index: index, want: true},
		"VLAN":    {reason: "Any other kind is a user, too.", link: Scanned{Namespace: 3, Kind: "vlan", Lower: index, Peer: HostNamespace}, index: index, want: true},
		"OnHost":  {reason: "A link on the host is a user.", link: Scanned{Namespace: HostNamespace, Kind: "macvlan", Lower: index, Peer: NoNamespace}, index: index, want: true},
		"Veth":    {reason: "The other end of a veth is not a user.", link: Scanned{Namespace: 3, Kind: "veth", Lower: index, Peer: HostNamespace}, index: index},
		"Other":   {reason: "A link above another link is not a user.", link: Scanned{Namespace: 3, Kind: "macvlan", Lower: 6, Peer: HostNamespace}, index: index},
		"NoLink":  {reason: "A missing link has no users.", link: Scanned{Namespace: 3, Kind: "tun"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := len(Scan{Links: []Scanned{tc.link}}.Users(tc.index)) == 1; got != tc.want {
				t.Errorf("%s is a user: %v", tc.reason, got)
			}
		})
	}
}

func TestMoved(t *testing.T) {
	const mac, other = "02:00:00:00:00:01", "02:00:00:00:00:02"
	cases := map[string]struct {
		reason string
		link   Scanned
		want   bool
	}{
		"Permanent":  {reason: "The link is found by its hardware's address, even if the pod has changed the other.", link: Scanned{Namespace: 3, Kind: KindDevice, MAC: other, PermanentMAC: mac}, want: true},
		"Pretended":  {reason: "Another device that a pod gave the MAC address is not the link.", link: Scanned{Namespace: 3, Kind: KindDevice, MAC: mac, PermanentMAC: other}},
		"MAC":        {reason: "Without a hardware's address, the MAC address decides.", link: Scanned{Namespace: 3, Kind: KindDevice, MAC: mac}, want: true},
		"OtherKind":  {reason: "An ipvlan has the MAC address of its lower link, and is not it.", link: Scanned{Namespace: 3, Kind: "ipvlan", MAC: mac}},
		"OnTheHost":  {reason: "A link on the host has not moved.", link: Scanned{Namespace: HostNamespace, Kind: KindDevice, MAC: mac}},
		"OtherOfPod": {reason: "Another link of a pod is not it.", link: Scanned{Namespace: 3, Kind: KindDevice, MAC: other}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, ok := Scan{Links: []Scanned{tc.link}}.Moved(mac, func(k string) bool { return k == KindDevice })
			want := Scanned{}
			if tc.want {
				want = tc.link
			}
			if diff := cmp.Diff(want, got); diff != "" || ok != tc.want {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
