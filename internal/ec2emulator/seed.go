// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"cmp"
	"net/netip"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// change calls f on the settled cloud, and wakes the scheduler.
func (s *Server) change(f func(*cloud) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloud.settle(s.clock.Now())
	defer s.changed()
	return f(s.cloud)
}

// Seed adds the resources of the seed, and stops at the first error.
func (s *Server) Seed(seed Seed) error {
	for _, v := range seed.VPCs {
		if _, err := s.AddVPC(v); err != nil {
			return err
		}
	}
	for _, v := range seed.Subnets {
		if _, err := s.AddSubnet(v); err != nil {
			return err
		}
	}
	for _, g := range seed.SecurityGroups {
		if _, err := s.AddSecurityGroup(g); err != nil {
			return err
		}
	}
	for _, i := range seed.Instances {
		if _, err := s.AddInstance(i); err != nil {
			return err
		}
	}
	for _, n := range seed.NetworkInterfaces {
		if _, err := s.AddNetworkInterface(n); err != nil {
			return err
		}
	}
	return nil
}

// AddVPC adds a VPC and its default security group, and returns it with its identifier.
func (s *Server) AddVPC(v VPC) (VPC, error) {
	err := s.change(func(c *cloud) error {
		made, err := c.addVPC(v, widestSeeded)
		if err == nil {
			v = made.snapshot()
		}
		return err
	})
	return v, errors.Wrapf(err, "cannot add VPC %q", v.ID)
}

// AddSubnet adds a subnet, and returns it with its identifier.
func (s *Server) AddSubnet(v Subnet) (Subnet, error) {
	err := s.change(func(c *cloud) error {
		made, err := c.addSubnet(v)
		if err == nil {
			v = made.snapshot()
		}
		return err
	})
	return v, errors.Wrapf(err, "cannot add subnet %q", v.ID)
}

// AddSecurityGroup adds a security group, and returns it with its identifier.
func (s *Server) AddSecurityGroup(g SecurityGroup) (SecurityGroup, error) {
	err := s.change(func(c *cloud) error {
		made, err := c.addGroup(g)
		if err == nil {
			g = made.snapshot()
		}
		return err
	})
	return g, errors.Wrapf(err, "cannot add security group %q", g.ID)
}

// AddInstance adds an instance with its primary network interface, attached, and returns it with its identifier.
func (s *Server) AddInstance(i Instance) (Instance, error) {
	err := s.change(func(c *cloud) error {
		made, err := c.addInstance(i)
		if err == nil {
			i = made.snapshot()
		}
		return err
	})
	return i, errors.Wrapf(err, "cannot add instance %q", i.ID)
}

// AddNetworkInterface adds a network interface, attached at once if it has an Attachment, and returns it with its
// identifiers. Unlike CreateNetworkInterface it can add interfaces of a service or an operator.
func (s *Server) AddNetworkInterface(n NetworkInterface) (NetworkInterface, error) {
	err := s.change(func(c *cloud) error {
		made, err := c.addENI(n)
		if err == nil {
			n = made.snapshot(c.now)
		}
		return err
	})
	return n, errors.Wrapf(err, "cannot add network interface %q", n.ID)
}

// SetInstanceState sets the state of an instance immediately, without transitional states. Terminated ends its
// attachments.
func (s *Server) SetInstanceState(id, state string) error {
	err := s.change(func(c *cloud) error {
		i, err := lookup(c.instances, kindInstance, id)
		if err != nil {
			return err
		}
		switch state {
		case stateTerminated:
			if i.state != stateTerminated {
				c.terminate(i)
			}
		case statePending, stateRunning, stateStopping, stateStopped, stateShuttingDown:
			i.state = state
		default:
			return errInvalid("Unknown instance state '%s'", state)
		}
		return nil
	})
	return errors.Wrapf(err, "cannot set state of instance %q", id)
}

// claimID returns the requested identifier, or a new one. It returns an error if the identifier is in use or malformed.
func claimID[T any](c *cloud, k kind, id string, m map[string]T) (string, error) {
	if id == "" {
		return c.newID(k), nil
	}
	if k.malformed(id) {
		return "", k.errMalformed(id)
	}
	if _, taken := m[id]; taken {
		return "", errInvalid("The %s '%s' exists already", k.names().noun, id)
	}
	return id, nil
}

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
