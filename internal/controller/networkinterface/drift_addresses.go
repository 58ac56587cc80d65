// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"slices"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
)

// An addressChange is a change of a set of addresses or prefixes: items to add, a number
// of items to add, and items to remove.
type addressChange struct {
	add    []string
	count  int32
	remove []string
}

// compareAddresses returns the change from have to the list want or, if want is nil, to
// count items. If both are nil there is no change. With a count, the last items in order
// are removed, so that the result is stable.
func compareAddresses(want []string, count *int32, have []string) addressChange {
	var c addressChange
	switch {
	case len(want) > 0:
		for _, a := range want {
			if !slices.Contains(have, a) {
				c.add = append(c.add, a)
			}
		}
		for _, a := range have {
			if !slices.Contains(want, a) {
				c.remove = append(c.remove, a)
			}
		}
	case count != nil:
		n := int(*count)
		if len(have) > n {
			c.remove = slices.Clone(have[n:])
		}
		c.count = int32(max(0, n-len(have))) //nolint:gosec // the CRD bounds counts to 50
	}
	return c
}

// ipv4Drift compares secondary addresses and prefixes. EC2 cannot change the primary
// address.
func ipv4Drift(w wanted, n *ec2types.NetworkInterface, id string) changes {
	addresses := secondaryAddresses(&w.parameters, n)
	prefixes := prefixChange(w, n)

	var cs changes
	if len(addresses.remove) > 0 || len(prefixes.remove) > 0 {
		in := &awsec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: &id, PrivateIpAddresses: addresses.remove, Ipv4Prefixes: prefixes.remove}
		cs = append(cs, change{what: "private IPv4 addresses", action: ec2.ActionUnassignIPv4, apply: func(ctx context.Context, api ec2.Mutations) error {
			_, err := api.UnassignPrivateIpAddresses(ctx, in)
			if awserr.IsNotAssigned(err) {
				return nil // removed by a call whose response was lost
			}
			return err
		}})
	}
	assign := func(what string, in *awsec2.AssignPrivateIpAddressesInput) {
		in.NetworkInterfaceId = &id
		cs = append(cs, change{what: what, action: ec2.ActionAssignIPv4, apply: func(ctx context.Context, api ec2.Mutations) error {
			_, err := api.AssignPrivateIpAddresses(ctx, in)
			return err
		}})
	}
	if len(addresses.add) > 0 {
		assign("private IPv4 addresses", &awsec2.AssignPrivateIpAddressesInput{PrivateIpAddresses: addresses.add})
	}
	if addresses.count > 0 {
		assign("private IPv4 addresses", &awsec2.AssignPrivateIpAddressesInput{SecondaryPrivateIpAddressCount: &addresses.count})
	}
	if len(prefixes.add) > 0 {
		assign("IPv4 prefixes", &awsec2.AssignPrivateIpAddressesInput{Ipv4Prefixes: prefixes.add})
	}
	if prefixes.count > 0 {
		assign("IPv4 prefixes", &awsec2.AssignPrivateIpAddressesInput{Ipv4PrefixCount: &prefixes.count})
	}
	return cs
}

// secondaryAddresses returns the change of the secondary IPv4 addresses.
func secondaryAddresses(p *v1alpha1.NetworkInterfaceParameters, n *ec2types.NetworkInterface) addressChange {
	primary := ptr.Deref(n.PrivateIpAddress, "")
	notPrimary := func(all []string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(a string) bool { return a == primary })
	}
	_, all := wantedIPv4(p)
	secondary := notPrimary(all)
	count := p.PrivateIPsCount
	if len(all) > 0 && len(secondary) == 0 {
		count = new(int32(0)) // a list with only the primary address has no secondary ones
	}
	return compareAddresses(secondary, count, notPrimary(eniview.PrivateIPs(n)))
}

// prefixChange returns the change of the IPv4 prefixes.
func prefixChange(w wanted, n *ec2types.NetworkInterface) addressChange {
	p := &w.parameters
	c := compareAddresses(eniview.CanonicalPrefixes(p.IPv4Prefixes), p.IPv4PrefixCount, eniview.IPv4Prefixes(n))
	if w.pooled {
		c.remove = idleAmong(w.idlePrefixes, eniview.IPv4Prefixes(n), len(c.remove))
	}
	return c
}

// idleAmong returns up to most of the assigned prefixes that no pod uses.
func idleAmong(idle, assigned []string, most int) []string {
	out := slices.DeleteFunc(slices.Clone(assigned), func(p string) bool { return !slices.Contains(idle, p) })
	return out[:min(most, len(out))]
}

// primaryDrift returns a change that fails if the primary address of the spec differs from
// the ENI's: EC2 cannot change it. A list that contains the primary address, but not
// first, belongs to an imported ENI.
func primaryDrift(p *v1alpha1.NetworkInterfaceParameters, have string) changes {
	want, all := wantedIPv4(p)
	if want == "" || have == "" || want == have || (p.PrivateIP == nil && slices.Contains(all, have)) {
		return nil
	}
	field := "privateIp"
	if p.PrivateIP == nil {
		field = "the first of privateIps"
	}
	return changes{{what: "primary address", apply: func(context.Context, ec2.Mutations) error {
		return errors.Errorf("%s is %s, but the primary address of the network interface is %s, which EC2 cannot change: set the field to that address, or create another NetworkInterface", field, want, have)
	}}}
}

func ipv6Drift(p *v1alpha1.NetworkInterfaceParameters, n *ec2types.NetworkInterface, id string) changes {
	var want []string
	for _, a := range p.IPv6Addresses {
		want = append(want, eniview.CanonicalIP(string(a)))
	}
	addresses := compareAddresses(want, p.IPv6AddressCount, eniview.IPv6Addresses(n))
	prefixes := compareAddresses(eniview.CanonicalPrefixes(p.IPv6Prefixes), p.IPv6PrefixCount, eniview.IPv6Prefixes(n))

	var cs changes
	if len(addresses.remove) > 0 || len(prefixes.remove) > 0 {
		in := &awsec2.UnassignIpv6AddressesInput{NetworkInterfaceId: &id, Ipv6Addresses: addresses.remove, Ipv6Prefixes: prefixes.remove}
		cs = append(cs, change{what: "IPv6 addresses", action: ec2.ActionUnassignIPv6, apply: func(ctx context.Context, api ec2.Mutations) error {
			_, err := api.UnassignIpv6Addresses(ctx, in)
			if awserr.IsNotAssigned(err) {
				return nil // removed by a call whose response was lost
			}
			return err
		}})
	}
	assign := func(what string, in *awsec2.AssignIpv6AddressesInput) {
		in.NetworkInterfaceId = &id
		cs = append(cs, change{what: what, action: ec2.ActionAssignIPv6, apply: func(ctx context.Context, api ec2.Mutations) error {
			_, err := api.AssignIpv6Addresses(ctx, in)
			return err
		}})
	}
	if len(addresses.add) > 0 || addresses.count > 0 {
		in := &awsec2.AssignIpv6AddressesInput{Ipv6Addresses: addresses.add}
		if addresses.count > 0 {
			in.Ipv6AddressCount = &addresses.count
		}
		assign("IPv6 addresses", in)
	}
	if len(prefixes.add) > 0 || prefixes.count > 0 {
		in := &awsec2.AssignIpv6AddressesInput{Ipv6Prefixes: prefixes.add}
		if prefixes.count > 0 {
			in.Ipv6PrefixCount = &prefixes.count
		}
		assign("IPv6 prefixes", in)
	}
	return cs
}
