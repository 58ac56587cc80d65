// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestAssignRanges(t *testing.T) {
	have := func(pairs ...string) map[string]netip.Prefix {
		m := map[string]netip.Prefix{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = netip.MustParsePrefix(pairs[i+1])
		}
		return m
	}
	cases := map[string]struct {
		reason   string
		whole    string
		bits     int
		children []string
		have     map[string]netip.Prefix
		want     []string
		without  []string
	}{
		"New":        {reason: "New children get the lowest parts, /24 by default.", whole: "192.168.0.0/16", children: []string{"a", "b"}, want: []string{"192.168.0.0/24", "192.168.1.0/24"}},
		"Keep":       {reason: "A child keeps its part, and a new child gets the lowest free part.", whole: "192.168.0.0/16", children: []string{"a", "b", "c"}, have: have("b", "192.168.0.0/24"), want: []string{"192.168.1.0/24", "192.168.0.0/24", "192.168.2.0/24"}},
		"Released":   {reason: "The part of a child that is being released stays taken.", whole: "192.168.0.0/16", children: []string{"a"}, have: have("old", "192.168.0.0/24"), want: []string{"192.168.1.0/24"}},
		"OtherSize":  {reason: "Parts of an earlier length are not overlapped.", whole: "192.168.0.0/16", bits: 25, children: []string{"a", "b"}, have: have("a", "192.168.0.0/24"), want: []string{"192.168.0.0/24", "192.168.1.0/25"}},
		"OtherRange": {reason: "A part outside the range is replaced.", whole: "10.9.0.0/16", children: []string{"a"}, have: have("a", "192.168.0.0/24"), want: []string{"10.9.0.0/24"}},
		"Twice":      {reason: "Of two children with one part, the first keeps it.", whole: "192.168.0.0/16", children: []string{"a", "b"}, have: have("a", "192.168.0.0/24", "b", "192.168.0.0/24"), want: []string{"192.168.0.0/24", "192.168.1.0/24"}},
		"Exhausted":  {reason: "Without a free part, a child gets none.", whole: "192.168.0.0/25", bits: 26, children: []string{"a", "b", "c"}, want: []string{"192.168.0.0/26", "192.168.0.64/26", ""}, without: []string{"c"}},
		"Small":      {reason: "A range longer than the default length is one part.", whole: "192.168.0.0/25", children: []string{"a", "b"}, want: []string{"192.168.0.0/25", ""}, without: []string{"b"}},
		"IPv6":       {reason: "Parts of IPv6 are /64 by default.", whole: "fd00:1::/48", children: []string{"a", "b"}, want: []string{"fd00:1::/64", "fd00:1:0:1::/64"}},
		"Top":        {reason: "The last part of the address space is usable.", whole: "255.255.254.0/23", children: []string{"a", "b", "c"}, want: []string{"255.255.254.0/24", "255.255.255.0/24", ""}, without: []string{"c"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			children := make([]eni.Child, len(tc.children))
			for i, c := range tc.children {
				children[i].Name = c
			}
			without := eni.AssignRanges(netip.MustParsePrefix(tc.whole), tc.bits, children, tc.have)
			got := make([]string, len(children))
			for i := range children {
				got[i] = children[i].PodRange
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.without, without); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestAssignRangesProperties adds and removes children at random: no two parts overlap, and
// no child changes its part.
func TestAssignRangesProperties(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, seed))
	whole := netip.MustParsePrefix("172.16.0.0/20")
	have := map[string]netip.Prefix{}
	for round := range 300 {
		var children []eni.Child
		for i := range 40 {
			if r.IntN(2) == 0 {
				children = append(children, eni.Child{Name: fmt.Sprintf("c%02d", i)})
			}
		}
		eni.AssignRanges(whole, 24+r.IntN(4), children, have)
		now := map[string]netip.Prefix{}
		for _, c := range children {
			if c.PodRange == "" {
				continue
			}
			p := netip.MustParsePrefix(c.PodRange)
			for other, o := range have {
				if other != c.Name && o.Overlaps(p) {
					t.Fatalf("seed %d, round %d: %s has %s, which overlaps %s of %s", seed, round, c.Name, p, o, other)
				}
			}
			if o, ok := have[c.Name]; ok && o != p {
				t.Fatalf("seed %d, round %d: %s had %s and has %s", seed, round, c.Name, o, p)
			}
			now[c.Name], have[c.Name] = p, p
		}
		have = now
	}
}
