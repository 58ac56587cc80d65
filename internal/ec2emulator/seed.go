// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
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
	for _, a := range seed.ElasticIPs {
		if _, err := s.AddElasticIP(a); err != nil {
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

// AddElasticIP adds an Elastic IP address, associated if it names a network interface, and returns it with its
// identifiers.
func (s *Server) AddElasticIP(a ElasticIP) (ElasticIP, error) {
	err := s.change(func(c *cloud) error {
		made, err := c.addElasticIP(a)
		if err == nil {
			a = made.snapshot()
		}
		return err
	})
	return a, errors.Wrapf(err, "cannot add Elastic IP %q", a.AllocationID)
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
