// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package multus

import (
	"net/netip"
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/bounds"
)

// An ipRange is a range of host-local. Addresses have the length of the subnet's prefix:
// the VPC's router resolves every address of the subnet on the link.
type ipRange struct {
	Subnet  string `json:"subnet"`
	Start   string `json:"rangeStart,omitempty"`
	End     string `json:"rangeEnd,omitempty"`
	Gateway string `json:"gateway,omitempty"`
}

// rangeSets are the ranges of each address family. host-local allocates an address of each
// set.
type rangeSets [][]ipRange

// ipv6 reports whether a set is of IPv6.
func (s rangeSets) ipv6() bool {
	return slices.ContainsFunc(s, func(set []ipRange) bool {
		p, err := netip.ParsePrefix(set[0].Subnet)
		return err == nil && p.Addr().Is6()
	})
}

// rangeSets returns the ranges from which host-local allocates addresses.
func (n Network) rangeSets() (rangeSets, error) {
	var spans []netip.Prefix
	switch n.Config.IPAM.Source {
	case v1alpha1.IPAMSourceNone, v1alpha1.IPAMSourceDHCP:
		return nil, nil
	case v1alpha1.IPAMSourceRange:
		p, err := netip.ParsePrefix(n.Config.IPAM.Range)
		if err != nil {
			return nil, ErrNoAddresses // the controller has not assigned the node's part yet
		}
		return rangeSets{{{Subnet: p.String()}}}, nil
	case v1alpha1.IPAMSourceSecondaryAddresses:
		for _, a := range n.Addresses {
			spans = append(spans, netip.PrefixFrom(a, a.BitLen()))
		}
	default:
		spans = slices.Clone(n.Prefixes)
	}
	slices.SortFunc(spans, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	return n.inSubnets(spans)
}

// inSubnets returns the ranges of spans of the ENI's subnet, IPv4 first.
func (n Network) inSubnets(spans []netip.Prefix) (rangeSets, error) {
	var four, six []ipRange
	for _, s := range spans {
		i := slices.IndexFunc(n.Subnets, func(subnet netip.Prefix) bool { return subnet.Contains(s.Addr()) })
		if i < 0 {
			return nil, errors.Errorf("%s is not in the ENI's subnet", s)
		}
		first, last := usable(s, n.Subnets[i])
		if last.Less(first) {
			continue
		}
		r := ipRange{Subnet: n.Subnets[i].String(), Start: first.String(), End: last.String()}
		if s.Addr().Is4() {
			r.Gateway = n.Subnets[i].Addr().Next().String()
			four = append(four, r)
			continue
		}
		six = append(six, r)
	}
	var out rangeSets
	for _, set := range [][]ipRange{four, six} {
		if len(set) > 0 {
			out = append(out, set)
		}
	}
	if len(out) == 0 {
		return nil, ErrNoAddresses
	}
	return out, nil
}

// usable returns the first and the last address of a span that EC2 does not reserve.
func usable(span, subnet netip.Prefix) (first, last netip.Addr) {
	first, last = span.Masked().Addr(), lastAddress(span)
	lowest, highest := subnet.Masked().Addr(), lastAddress(subnet).Prev()
	for range bounds.ReservedAddresses {
		lowest = lowest.Next()
	}
	if first.Less(lowest) {
		first = lowest
	}
	if highest.Less(last) {
		last = highest
	}
	return first, last
}

// lastAddress returns the last address of a range.
func lastAddress(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
