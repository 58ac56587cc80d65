// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"net/netip"
	"slices"
)

// An eniRequest is a request of CreateNetworkInterface, RunInstances or a seed for a network interface.
type eniRequest struct {
	// id and mac are set by a seed; if empty, they are generated.
	id  string
	mac string

	subnet      *subnet
	description string
	kind        string
	v4          demand
	// primaryNamed is true if the first address is the primary address.
	primaryNamed bool
	v6           demand
	primaryV6    bool
	groups       []string
	noCheck      bool
	requester    string
	// requesterManaged is true if the requester is a service that manages the interface.
	requesterManaged bool
	operator         string
	tracking         ConnectionTracking
	tags             map[string]string
	token            string
}

// readENI reads the common parameters of CreateNetworkInterface and of a NetworkInterface.N of RunInstances.
func (c *cloud) readENI(p params) (eniRequest, error) {
	r := eniRequest{description: p.str("Description"), kind: p.str("InterfaceType"), groups: p.list("SecurityGroupId"), operator: p.str("Operator.Principal")}
	id, err := p.required("SubnetId")
	if err != nil {
		return r, err
	}
	if err := notLonger("description", r.description); err != nil {
		return r, err
	}
	if r.subnet, err = lookup(c.subnets, kindSubnet, id); err != nil {
		return r, err
	}
	switch r.kind {
	case "":
		r.kind = "interface"
	case "interface", "efa", "efa-only", "trunk", "branch":
	default:
		return r, errInvalid("Invalid value '%s' for InterfaceType", r.kind)
	}
	if r.v4, r.primaryNamed, err = readIPv4(p); err != nil {
		return r, err
	}
	if r.v6, err = readIPv6(p); err != nil {
		return r, err
	}
	if r.primaryV6, err = p.boolean("EnablePrimaryIpv6", false); err != nil {
		return r, err
	}
	r.tracking, err = readTracking(p.below("ConnectionTrackingSpecification"), ConnectionTracking{})
	return r, err
}

// readIPv4 reads the three forms of addresses and the two forms of prefixes; true if the first address is the primary.
func readIPv4(p params) (demand, bool, error) {
	d := demand{}
	primary := p.str("PrivateIpAddress")
	others := []string{}
	for _, s := range p.structs("PrivateIpAddresses") {
		is, err := s.boolean("Primary", false)
		if err != nil {
			return d, false, err
		}
		switch {
		case is && primary != "":
			return d, false, errCombination("Only one primary private IP address can be specified.")
		case is:
			primary = s.str("PrivateIpAddress")
		default:
			others = append(others, s.str("PrivateIpAddress"))
		}
	}
	named := others
	if primary != "" {
		named = append([]string{primary}, others...)
	}
	var err error
	if d.addrs, err = addrs(named, false); err != nil {
		return d, false, err
	}
	if d.count, err = p.integerIn("SecondaryPrivateIpAddressCount", 0, 0, 255); err != nil {
		return d, false, err
	}
	if d.count > 0 && p.has("PrivateIpAddresses") {
		return d, false, errCombination("The parameter privateIpAddresses cannot be used with the parameter secondaryPrivateIpAddressCount")
	}
	err = readPrefixes(p, "Ipv4Prefix", len(others) > 0 || d.count > 0, &d)
	return d, primary != "", err
}

// readIPv6 reads addresses or a count, or prefixes or a count.
func readIPv6(p params) (demand, error) {
	d := demand{}
	named := []string{}
	for _, s := range p.structs("Ipv6Addresses") {
		if v := s.str("Ipv6Address"); v != "" {
			named = append(named, v)
		}
	}
	if len(named) == 0 {
		named = plain(p, "Ipv6Addresses")
	}
	var err error
	if d.addrs, err = addrs(named, true); err != nil {
		return d, err
	}
	if d.count, err = p.integerIn("Ipv6AddressCount", 0, 0, 255); err != nil {
		return d, err
	}
	if d.count > 0 && len(named) > 0 {
		return d, errCombination("The parameter ipv6AddressCount cannot be used with the parameter ipv6Addresses")
	}
	err = readPrefixes(p, "Ipv6Prefix", len(named) > 0 || d.count > 0, &d)
	return d, err
}

// readPrefixes reads prefixes by value, structured (N.Ipv4Prefix) or scalar (N), or by count.
func readPrefixes(p params, name string, others bool, d *demand) error {
	named := []string{}
	for _, s := range p.structs(name) {
		if v := s.str(name); v != "" {
			named = append(named, v)
		}
	}
	if len(named) == 0 {
		named = plain(p, name)
	}
	var err error
	if d.blocks, err = blocks(named, name == "Ipv6Prefix"); err != nil {
		return err
	}
	if d.blockCount, err = p.integerIn(name+"Count", 0, 0, 64); err != nil {
		return err
	}
	switch {
	case d.blockCount > 0 && len(named) > 0:
		return errCombination("The parameter %sCount cannot be used with the parameter %ses", name, name)
	case others && (d.blockCount > 0 || len(named) > 0):
		return errCombination("Addresses and prefixes cannot be specified in the same request")
	}
	return nil
}

// plain returns the scalar values of name.1, name.2, ...
func plain(p params, name string) []string {
	return slices.DeleteFunc(p.list(name), func(v string) bool { return v == "" })
}

func addrs(values []string, six bool) ([]netip.Addr, error) {
	var out []netip.Addr
	for _, v := range values {
		a, err := netip.ParseAddr(v)
		if err != nil || a.Is6() != six {
			return nil, errInvalid("Invalid value '%s' for address", v)
		}
		out = append(out, a)
	}
	return out, nil
}

func blocks(values []string, six bool) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, v := range values {
		b, err := netip.ParsePrefix(v)
		if err != nil || b.Addr().Is6() != six {
			return nil, errInvalid("The prefix '%s' is not valid", v)
		}
		out = append(out, b)
	}
	return out, nil
}

// readTracking reads a connection tracking specification; unset fields keep their values.
func readTracking(p params, t ConnectionTracking) (ConnectionTracking, error) {
	var err error
	if t.TCPEstablishedTimeoutSeconds, err = p.integerIn("TcpEstablishedTimeout", t.TCPEstablishedTimeoutSeconds, 60, 432000); err != nil {
		return t, err
	}
	if t.UDPStreamTimeoutSeconds, err = p.integerIn("UdpStreamTimeout", t.UDPStreamTimeoutSeconds, 60, 180); err != nil {
		return t, err
	}
	t.UDPTimeoutSeconds, err = p.integerIn("UdpTimeout", t.UDPTimeoutSeconds, 30, 60)
	return t, err
}

// checkGroups returns the groups of an interface in the VPC: the requested groups, or the default group.
func (c *cloud) checkGroups(ids []string, v *vpc) ([]string, error) {
	if len(ids) == 0 {
		return []string{v.defaultGroup}, nil
	}
	if len(ids) > c.opts.SecurityGroupsPerInterface {
		return nil, failf("SecurityGroupsPerInterfaceLimitExceeded", "The maximum number of security groups per interface has been reached.")
	}
	seen := map[string]bool{}
	for _, id := range ids {
		g, err := lookup(c.groups, kindGroup, id)
		if err != nil {
			return nil, err
		}
		if g.vpc != v {
			return nil, failf("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
		}
		if seen[id] {
			return nil, errInvalid("The same security group was specified more than once: %s", id)
		}
		seen[id] = true
	}
	return slices.Clone(ids), nil
}
