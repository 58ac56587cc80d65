package ec2emulator

import (
	"cmp"
	"net/netip"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// change runs f on the settled cloud, and wakes the timekeeper.
func (s *Server) change(f func(*cloud) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloud.settle(s.clock.Now())
	defer s.changed()
	return f(s.cloud)
}

// Seed adds everything in the seed, and stops at the first that cannot be.
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
		made, err := c.addVPC(v)
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
// identifiers. It may be of kinds that CreateNetworkInterface cannot make: of a service, or of an operator.
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

// SetInstanceState puts an instance into a state at once, without the steps between. Terminated ends its attachments.
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

// claimID is the identifier asked for, or a new one; a taken or malformed one is an error.
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

func (c *cloud) addVPC(v VPC) (*vpc, error) {
	id, err := claimID(c, kindVPC, v.ID, c.vpcs)
	if err != nil {
		return nil, err
	}
	made := &vpc{id: id, tags: newTags(v.Tags)}
	if made.cidr, err = readCIDR(cmp.Or(v.CIDR, "10.0.0.0/16"), 8, 28); err != nil {
		return nil, err
	}
	if v.IPv6CIDR != "" {
		if made.cidr6, err = readCIDR(v.IPv6CIDR, 44, 60); err != nil {
			return nil, err
		}
	}
	c.vpcs[id] = made
	g := &group{id: c.newID(kindGroup), name: "default", description: "default VPC security group", vpc: made, tags: tags{}}
	c.groups[g.id], made.defaultGroup = g, g.id
	return made, nil
}

func (c *cloud) addSubnet(v Subnet) (*subnet, error) {
	id, err := claimID(c, kindSubnet, v.ID, c.subnets)
	if err != nil {
		return nil, err
	}
	made := &subnet{id: id, zone: cmp.Or(v.AvailabilityZone, c.opts.Region+"a"), tags: newTags(v.Tags)}
	if made.vpc, err = c.vpcOrOnly(v.VPCID); err != nil {
		return nil, err
	}
	cidr, err := readCIDR(v.CIDR, 16, 28)
	if err != nil {
		return nil, err
	}
	if !made.vpc.cidr.Contains(cidr.Addr()) || cidr.Bits() < made.vpc.cidr.Bits() {
		return nil, failf("InvalidSubnet.Range", "The CIDR '%s' is invalid.", cidr)
	}
	for _, other := range c.subnets {
		if other.vpc == made.vpc && other.v4.cidr.Overlaps(cidr) {
			return nil, failf("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", cidr)
		}
	}
	made.v4 = newPool(cidr)
	if v.IPv6CIDR != "" {
		cidr6, err := readCIDR(v.IPv6CIDR, 44, 64)
		if err != nil {
			return nil, err
		}
		made.v6 = newPool(cidr6)
	}
	c.subnets[id] = made
	return made, nil
}

func (c *cloud) addGroup(v SecurityGroup) (*group, error) {
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
		if other.vpc == made.vpc && other.name == made.name {
			return nil, failf("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", made.name, made.vpc.id)
		}
	}
	c.groups[id] = made
	return made, nil
}

// vpcOrOnly is the VPC named, or the only one.
func (c *cloud) vpcOrOnly(id string) (*vpc, error) {
	if id == "" && len(c.vpcs) == 1 {
		return sorted(c.vpcs)[0], nil
	}
	return lookup(c.vpcs, kindVPC, id)
}

func readCIDR(text string, shortest, longest int) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Masked() != p || p.Bits() < shortest || p.Bits() > longest {
		return p, errInvalid("Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", text)
	}
	return p, nil
}
