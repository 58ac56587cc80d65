// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

func TestScanned(t *testing.T) {
	message := func(attributes ...*nl.RtAttr) []byte {
		header := nl.NewIfInfomsg(unix.AF_UNSPEC)
		header.Index = 7
		m := header.Serialize()
		for _, a := range attributes {
			m = append(m, a.Serialize()...)
		}
		return m
	}
	info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
	info.AddRtAttr(nl.IFLA_INFO_KIND, nl.ZeroTerminated("macvlan"))
	name := nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated("net1"))
	mac := []byte{2, 0, 0, 0, 0, 1}
	cases := map[string]struct {
		reason  string
		message []byte
		want    Scanned
	}{
		"Device": {
			reason:  "A device has no kind, and the address of its hardware.",
			message: message(name, nl.NewRtAttr(unix.IFLA_ADDRESS, mac), nl.NewRtAttr(unix.IFLA_PERM_ADDRESS, mac)),
			want:    Scanned{Index: 7, Name: "net1", Kind: KindDevice, MAC: "02:00:00:00:00:01", PermanentMAC: "02:00:00:00:00:01", Peer: NoNamespace},
		},
		"Macvlan": {
			reason:  "The lower link is in the namespace of the id. An address of zeros is none.",
			message: message(info, name, nl.NewRtAttr(unix.IFLA_LINK, nl.Uint32Attr(5)), nl.NewRtAttr(unix.IFLA_LINK_NETNSID, nl.Uint32Attr(0)), nl.NewRtAttr(unix.IFLA_PERM_ADDRESS, make([]byte, 6))),
			want:    Scanned{Index: 7, Name: "net1", Kind: "macvlan", Lower: 5},
		},
		"NoID":  {reason: "A negative id is none.", message: message(nl.NewRtAttr(unix.IFLA_LINK_NETNSID, []byte{255, 255, 255, 255})), want: Scanned{Index: 7, Kind: KindDevice, Peer: NoNamespace}},
		"Short": {reason: "A short number is left out.", message: message(nl.NewRtAttr(unix.IFLA_LINK, []byte{5})), want: Scanned{Index: 7, Kind: KindDevice, Peer: NoNamespace}},
		"Cut":   {reason: "A message that is cut off is read up to there.", message: message(name, info)[:unix.SizeofIfInfomsg+12+6], want: Scanned{Index: 7, Name: "net1", Kind: KindDevice, Peer: NoNamespace}},
		"Zero":  {reason: "An attribute of length 0 ends the message.", message: append(message(name), make([]byte, 8)...), want: Scanned{Index: 7, Name: "net1", Kind: KindDevice, Peer: NoNamespace}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, scanned(tc.message)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestNormalize(t *testing.T) {
	const own = 4
	in := Scan{Links: []Scanned{
		{Namespace: HostNamespace, Index: 2, Name: "eth1", Peer: NoNamespace},
		{Namespace: HostNamespace, Index: 9, Name: "mv0", Lower: 2, Peer: NoNamespace},
		{Namespace: HostNamespace, Index: 8, Name: "veth0", Lower: 2, Peer: 3},
		{Namespace: 3, Index: 2, Name: "net1", Lower: 2, Peer: own},
		{Namespace: 3, Index: 5, Name: "below", Lower: 2, Peer: NoNamespace},
		{Namespace: 3, Index: 6, Name: "across", Lower: 2, Peer: 5},
		{Namespace: own, Index: 2, Name: "eth1", Peer: NoNamespace},
	}}
	want := Scan{Namespaces: []int{3, 5}, Links: []Scanned{
		{Namespace: HostNamespace, Index: 2, Name: "eth1", Peer: NoNamespace},
		{Namespace: HostNamespace, Index: 9, Name: "mv0", Lower: 2, Peer: NoNamespace},
		{Namespace: HostNamespace, Index: 8, Name: "veth0", Peer: 3},
		{Namespace: 3, Index: 2, Name: "net1", Lower: 2, Peer: HostNamespace},
		{Namespace: 3, Index: 5, Name: "below", Peer: NoNamespace},
		{Namespace: 3, Index: 6, Name: "across", Peer: 5},
	}}
	if diff := cmp.Diff(want, normalize(in, []int{3, own, 5}, own)); diff != "" {
		t.Errorf("The host's namespace is listed once, and only links above the host's links have a lower link.\n-want, +got:\n%s", diff)
	}

	below := Scan{Links: []Scanned{{Namespace: 3, Index: 5, Name: "below", Lower: 2, Peer: NoNamespace}}}
	want = Scan{Namespaces: []int{3}, Links: []Scanned{{Namespace: 3, Index: 5, Name: "below", Peer: NoNamespace}}}
	if diff := cmp.Diff(want, normalize(below, []int{3}, NoNamespace)); diff != "" {
		t.Errorf("Without an id, the host's namespace does not equal the namespace of a link without another namespace.\n-want, +got:\n%s", diff)
	}
}
