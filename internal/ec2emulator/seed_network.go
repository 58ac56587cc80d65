// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"cmp"
	"net/netip"
	"strings"
)

// widestVPC is the shortest netmask of a VPC that CreateVpc accepts. A seed may use a shorter one, which represents
// all blocks of a VPC.
const (
	widestVPC    = 16
	widestSeeded = 8
)

func (c *cloud) addVPC(v VPC, widest int) (*vpc, error) {
	made, err := c.planVPC(v, widest)
	if err != nil {
		return nil, err
	}
	c.vpcs[made.id] = made
	g := &group{id: c.newID(kindGroup), name: "default", description: "default VPC security group", vpc: made, tags: tags{}}
	c.groups[g.id], made.defaultGroup = g, g.id
	return made, nil
}

// planVPC validates a VPC, without changes.
func (c *cloud) planVPC(v VPC, widest int) (*vpc, error) {
	id, err := claimID(c, kindVPC, v.ID, c.vpcs)
	if err != nil {
		return nil, err
	}
	made := &vpc{id: id, tags: newTags(v.Tags)}
	if made.cidr, err = readCIDR(cmp.Or(v.CIDR, "10.0.0.0/16")); err != nil {
		return nil, err
	}
	if made.cidr.Bits() < widest || made.cidr.Bits() > 28 {
		return nil, failf("InvalidVpc.Range", "The CIDR '%s' is invalid.", v.CIDR)
	}
	if v.IPv6CIDR != "" {
		if made.cidr6, err = readCIDR6(v.IPv6CIDR, 44, 60); err != nil {
			return nil, err
		}
	}
	return made, nil
}

func (c *cloud) addSubnet(v Subnet) (*subnet, error) {
	made, err := c.planSubnet(v)
	if err != nil {
		return nil, err
	}
	c.subnets[made.id] = made
	return made, nil
}

// planSubnet validates a subnet, without changes.
func (c *cloud) planSubnet(v Subnet) (*subnet, error) {
	id, err := claimID(c, kindSubnet, v.ID, c.subnets)
	if err != nil {
		return nil, err
	}
	made := &subnet{id: id, zone: cmp.Or(v.AvailabilityZone, c.opts.Region+"a"), tags: newTags(v.Tags)}
	if made.vpc, err = c.vpcOrOnly(v.VPCID); err != nil {
		return nil, err
	}
	cidr, err := readCIDR(v.CIDR)
	if err != nil {
		return nil, err
	}
	if cidr.Bits() < 16 || cidr.Bits() > 28 || !within(made.vpc.cidr, cidr) {
		return nil, failf("InvalidSubnet.Range", "The CIDR '%s' is invalid.", v.CIDR)
	}
	for _, other := range c.subnets {
		if other.vpc == made.vpc && other.v4.cidr.Overlaps(cidr) {
			return nil, failf("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", cidr)
		}
	}
	made.v4 = newPool(cidr)
	if v.IPv6CIDR != "" {
		made.v6, err = c.planSubnet6(made.vpc, v.IPv6CIDR)
	}
	return made, err
}

// planSubnet6 validates the IPv6 block of a subnet against the VPC and its other subnets.
func (c *cloud) planSubnet6(v *vpc, text string) (*pool, error) {
	cidr, err := readCIDR6(text, 44, 64)
	if err != nil {
		return nil, err
	}
	if !v.cidr6.IsValid() || !within(v.cidr6, cidr) {
		return nil, failf("InvalidSubnet.Range", "The IPv6 CIDR '%s' is invalid.", text)
	}
	for _, other := range c.subnets {
		if other.vpc == v && other.v6 != nil && other.v6.cidr.Overlaps(cidr) {
			return nil, failf("InvalidSubnet.Conflict", "The IPv6 CIDR '%s' conflicts with another subnet", cidr)
		}
	}
	return newPool(cidr), nil
}

func (c *cloud) addGroup(v SecurityGroup) (*group, error) {
	made, err := c.planGroup(v)
	if err != nil {
		return nil, err
	}
	c.groups[made.id] = made
	return made, nil
}

// planGroup validates a security group, without changes.
func (c *cloud) planGroup(v SecurityGroup) (*group, error) {
	id, err := claimID(c, kindGroup, v.ID, c.groups)
	if err != nil {
		return nil, err
	}
	made := &group{id: id, name: cmp.Or(v.Name, id), tags: newTags(v.Tags)}
	made.description = cmp.Or(v.Description, made.name)
	if made.vpc, err = c.vpcOrOnly(v.VPCID); err != nil {
		return nil, err
	}
	for _, other := range c.groups {
		if other.vpc == made.vpc && strings.EqualFold(other.name, made.name) {
			return nil, failf("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", made.name, made.vpc.id)
		}
	}
	return made, nil
}

// vpcOrOnly returns the VPC with the identifier, or the only VPC.
func (c *cloud) vpcOrOnly(id string) (*vpc, error) {
	if id == "" && len(c.vpcs) == 1 {
		return sorted(c.vpcs)[0], nil
	}
	return lookup(c.vpcs, kindVPC, id)
}

// readCIDR reads an IPv4 block, in canonical form, as EC2 does.
func readCIDR(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		return p, errInvalid("Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", text)
	}
	return p.Masked(), nil
}

// readCIDR6 reads an IPv6 block, whose netmask must be a multiple of 4.
func readCIDR6(text string, shortest, longest int) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is6() || p.Bits() < shortest || p.Bits() > longest || p.Bits()%4 != 0 {
		return p, errInvalid("invalid value for parameter ipv6-cidr-block: %s", text)
	}
	return p.Masked(), nil
}

// within reports whether the block outer contains the block inner.
func within(outer, inner netip.Prefix) bool {
	return outer.Contains(inner.Addr()) && inner.Bits() >= outer.Bits()
}
