// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"net/netip"
	"slices"
)

func (c *call) assignPrivateIPAddresses() ([]node, error) {
	e, err := c.addressable()
	if err != nil {
		return nil, err
	}
	d := demand{}
	if d.addrs, err = addrs(c.params.list("PrivateIpAddress"), false); err != nil {
		return nil, err
	}
	if d.count, err = c.params.integerIn("SecondaryPrivateIpAddressCount", 0, 0, 255); err != nil {
		return nil, err
	}
	if d.count > 0 && len(d.addrs) > 0 {
		return nil, errCombination("The parameter secondaryPrivateIpAddressCount cannot be used with the parameter privateIpAddresses")
	}
	if err := readPrefixes(c.params, "Ipv4Prefix", d.count > 0 || len(d.addrs) > 0, &d); err != nil {
		return nil, err
	}
	if d.empty() {
		return nil, errMissing("secondaryPrivateIpAddressCount or privateIpAddress")
	}
	reassign, err := c.params.boolean("AllowReassignment", false)
	if err != nil {
		return nil, err
	}
	named := d.addrs
	// An address that the interface already has is unchanged.
	d.addrs = slices.DeleteFunc(slices.Clone(named), func(a netip.Addr) bool { return e.subnet.v4.used[a] == e.id })
	moved, err := c.taken(e, d.addrs, reassign)
	if err != nil {
		return nil, err
	}
	got, err := e.subnet.v4.planMoving(d, moved)
	if err != nil {
		return nil, err
	}
	if err := e.limit(got, claim{}); err != nil {
		return nil, err
	}
	for a, owner := range moved {
		c.moveElasticIPs(owner, e, a)
		owner.v4.addrs = without(owner.v4.addrs, []netip.Addr{a})
		e.subnet.v4.release(claim{addrs: []netip.Addr{a}})
		c.touch(owner.id)
	}
	e.subnet.v4.take(got, e.id)
	e.v4.add(got)
	return []node{
		leaf("networkInterfaceId", e.id),
		set("assignedPrivateIpAddressesSet", slices.Concat(named, without(got.addrs, named)), func(a netip.Addr) []node { return []node{leaf("privateIpAddress", a.String())} }),
		set("assignedIpv4PrefixSet", got.blocks, func(b netip.Prefix) []node { return []node{leaf("ipv4Prefix", b.String())} }),
		leaf("return", true),
	}, nil
}

// addressable returns the call's interface, or an error if its addresses cannot be changed.
func (c *call) addressable() (*eni, error) {
	e, err := c.target()
	switch {
	case err != nil:
		return nil, err
	case e.managed():
		return nil, errManaged(e)
	case e.kind == "efa-only":
		return nil, failf("UnsupportedOperation", "An interface of type efa-only has no IP addresses")
	}
	return e, nil
}

// taken returns the requested addresses that are secondary addresses of another interface and may be reassigned.
func (c *call) taken(e *eni, wanted []netip.Addr, reassign bool) (map[netip.Addr]*eni, error) {
	moved := map[netip.Addr]*eni{}
	for _, a := range wanted {
		id, held := e.subnet.v4.used[a]
		if !held {
			continue
		}
		owner := c.enis[id]
		if !reassign || owner.primary() == a || owner.managed() {
			return nil, failf("Resource.AlreadyAssigned", "The private IP address %s is already assigned to a resource.", a)
		}
		moved[a] = owner
	}
	return moved, nil
}

// planMoving is like plan, and releases the moved addresses first.
func (p *pool) planMoving(d demand, moved map[netip.Addr]*eni) (claim, error) {
	fresh := d
	fresh.addrs = slices.DeleteFunc(slices.Clone(d.addrs), func(a netip.Addr) bool { return moved[a] != nil })
	got, err := p.plan(fresh)
	for _, a := range d.addrs {
		if moved[a] != nil {
			got.addrs = append(got.addrs, a)
		}
	}
	return got, err
}

// limit returns an error for addresses beyond the limit of the instance type. An unattached interface has no limit.
func (e *eni) limit(v4, v6 claim) error {
	if e.attachment == nil {
		return nil
	}
	four := claim{addrs: slices.Concat(e.v4.addrs, v4.addrs), blocks: slices.Concat(e.v4.blocks, v4.blocks)}
	six := claim{addrs: slices.Concat(e.v6.addrs, v6.addrs), blocks: slices.Concat(e.v6.blocks, v6.blocks)}
	return e.attachment.instance.spec.addressesFit(four, six)
}

func (c *call) unassignPrivateIPAddresses() ([]node, error) {
	e, err := c.addressable()
	if err != nil {
		return nil, err
	}
	removed := claim{}
	if removed.addrs, err = addrs(c.params.list("PrivateIpAddress"), false); err != nil {
		return nil, err
	}
	d := demand{}
	if err := readPrefixes(c.params, "Ipv4Prefix", false, &d); err != nil {
		return nil, err
	}
	removed.blocks = d.blocks
	if len(removed.addrs)+len(removed.blocks) == 0 {
		return nil, errMissing("privateIpAddress")
	}
	if slices.Contains(removed.addrs, e.primary()) {
		return nil, errInvalid("The primary private IP address %s of a network interface cannot be unassigned", e.primary())
	}
	if err := e.v4.holds(removed, e.id); err != nil {
		return nil, err
	}
	c.disassociateFrom(e, removed.addrs...)
	e.subnet.v4.release(removed)
	e.v4.remove(removed)
	return []node{leaf("return", true)}, nil
}

func (c *call) assignIPv6Addresses() ([]node, error) {
	e, err := c.addressable()
	if err != nil {
		return nil, err
	}
	d, err := readIPv6(c.params)
	if err != nil {
		return nil, err
	}
	if d.empty() {
		return nil, errMissing("ipv6Addresses or ipv6AddressCount")
	}
	got, err := e.subnet.planV6(d)
	if err != nil {
		return nil, err
	}
	if err := e.limit(claim{}, got); err != nil {
		return nil, err
	}
	e.subnet.v6.take(got, e.id)
	e.v6.add(got)
	return []node{
		leaf("networkInterfaceId", e.id),
		texts("assignedIpv6Addresses", strs(got.addrs)),
		texts("assignedIpv6PrefixSet", strs(got.blocks)),
	}, nil
}

func (c *call) unassignIPv6Addresses() ([]node, error) {
	e, err := c.addressable()
	if err != nil {
		return nil, err
	}
	removed := claim{}
	if removed.addrs, err = addrs(c.params.list("Ipv6Addresses"), true); err != nil {
		return nil, err
	}
	if removed.blocks, err = blocks(c.params.list("Ipv6Prefix"), true); err != nil {
		return nil, err
	}
	if len(removed.addrs)+len(removed.blocks) == 0 {
		return nil, errMissing("ipv6Addresses")
	}
	if err := e.v6.holds(removed, e.id); err != nil {
		return nil, err
	}
	if e.primaryV6 && slices.Contains(removed.addrs, e.v6.addrs[0]) {
		return nil, errInvalid("The primary IPv6 address %s of a network interface cannot be unassigned", e.v6.addrs[0])
	}
	e.subnet.v6.release(removed)
	e.v6.remove(removed)
	return []node{
		leaf("networkInterfaceId", e.id),
		texts("unassignedIpv6Addresses", strs(removed.addrs)),
		texts("unassignedIpv6PrefixSet", strs(removed.blocks)),
	}, nil
}

// holds returns an error if the interface does not have all of the addresses.
func (c *claim) holds(other claim, id string) error {
	for _, a := range other.addrs {
		if !slices.Contains(c.addrs, a) {
			return errInvalid("Some of the specified addresses are not assigned to interface %s: %s", id, a)
		}
	}
	for _, b := range other.blocks {
		if !slices.Contains(c.blocks, b) {
			return errInvalid("Some of the specified prefixes are not assigned to interface %s: %s", id, b)
		}
	}
	return nil
}

func (c *claim) add(other claim) {
	c.addrs = slices.Concat(c.addrs, other.addrs)
	c.blocks = slices.Concat(c.blocks, other.blocks)
}

func (c *claim) remove(other claim) {
	c.addrs = without(c.addrs, other.addrs)
	c.blocks = without(c.blocks, other.blocks)
}

func without[T comparable](from, values []T) []T {
	return slices.DeleteFunc(slices.Clone(from), func(v T) bool { return slices.Contains(values, v) })
}
