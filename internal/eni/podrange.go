// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"net/netip"
	"slices"
)

// Default lengths of the part of a range that a node gets.
const (
	defaultIPv4PartBits = 24
	defaultIPv6PartBits = 64
)

// AssignRanges assigns each child a part of a range, of the given prefix length or, with 0,
// of the default length. A child keeps the part that it has in have, by name, if the part is
// in the range. No two parts overlap, including parts in have of other children. It returns
// the names of the children for which no part is left.
func AssignRanges(whole netip.Prefix, bits int, children []Child, have map[string]netip.Prefix) []string {
	if bits == 0 {
		bits = defaultIPv4PartBits
		if whole.Addr().Is6() {
			bits = defaultIPv6PartBits
		}
	}
	bits = min(max(bits, whole.Bits()), whole.Addr().BitLen())
	var taken []netip.Prefix
	kept := map[string]bool{}
	names := make([]string, 0, len(have))
	for name := range have {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p := have[name]
		if p.IsValid() && p.Bits() >= whole.Bits() && whole.Contains(p.Addr()) && !slices.ContainsFunc(taken, p.Overlaps) {
			taken, kept[name] = append(taken, p), true
		}
	}
	slices.SortFunc(taken, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	var without []string
	next := netip.PrefixFrom(whole.Masked().Addr(), bits)
	for i := range children {
		c := &children[i]
		if kept[c.Name] {
			c.PodRange = have[c.Name].String()
			continue
		}
		for next.IsValid() {
			j := slices.IndexFunc(taken, next.Overlaps)
			if j < 0 {
				break
			}
			taken = taken[j:] // earlier parts end before next
			next = after(next, whole)
		}
		if !next.IsValid() {
			without = append(without, c.Name)
			continue
		}
		c.PodRange = next.String()
		next = after(next, whole)
	}
	return without
}

// after returns the part that follows a part, or the zero Prefix at the end of the range.
func after(p, whole netip.Prefix) netip.Prefix {
	b := p.Addr().AsSlice()
	for i := p.Bits() - 1; i >= 0; i-- {
		mask := byte(1) << (7 - i%8)
		b[i/8] ^= mask
		if b[i/8]&mask != 0 {
			break
		}
		if i == 0 {
			return netip.Prefix{}
		}
	}
	a, _ := netip.AddrFromSlice(b)
	if !whole.Contains(a) || p.Bits() == 0 {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(a, p.Bits())
}
