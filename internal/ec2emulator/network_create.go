// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"cmp"
	"slices"
	"strings"
)

func (c *call) createVPC() ([]node, error) {
	cidr, err := c.params.required("CidrBlock")
	if err != nil {
		return nil, err
	}
	specs, err := readTagSpecifications(c.params, kindVPC.names().resourceType)
	if err != nil {
		return nil, err
	}
	six, err := c.params.boolean("AmazonProvidedIpv6CidrBlock", false)
	if err != nil {
		return nil, err
	}
	v := VPC{CIDR: cidr, IPv6CIDR: c.params.str("Ipv6CidrBlock"), Tags: specs[kindVPC.names().resourceType]}
	if six {
		v.IPv6CIDR = "2600:1f18:" + c.newIDWith("")[1:5] + ":" + c.newIDWith("")[1:3] + "00::/56"
	}
	if _, err := c.planVPC(v, widestVPC); err != nil {
		return nil, err
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	made, err := c.addVPC(v, widestVPC)
	if err != nil {
		return nil, err
	}
	c.touch(made.id)
	return []node{el("vpc", made.nodes(c.cloud, "pending")...)}, nil
}

func (c *call) createSubnet() ([]node, error) {
	id, err := c.params.required("VpcId")
	if err != nil {
		return nil, err
	}
	if _, err := lookup(c.vpcs, kindVPC, id); err != nil {
		return nil, err
	}
	cidr, err := c.params.required("CidrBlock")
	if err != nil {
		return nil, err
	}
	specs, err := readTagSpecifications(c.params, kindSubnet.names().resourceType)
	if err != nil {
		return nil, err
	}
	zone, err := c.zoneOf(c.params.str("AvailabilityZone"), c.params.str("AvailabilityZoneId"))
	if err != nil {
		return nil, err
	}
	v := Subnet{
		VPCID: id, CIDR: cidr, IPv6CIDR: c.params.str("Ipv6CidrBlock"), AvailabilityZone: zone, Tags: specs[kindSubnet.names().resourceType],
	}
	if _, err := c.planSubnet(v); err != nil {
		return nil, err
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	made, err := c.addSubnet(v)
	if err != nil {
		return nil, err
	}
	c.touch(made.id, id)
	return []node{el("subnet", made.nodes(c.cloud)...)}, nil
}

// zoneOf returns the zone by name or identifier; "" if the call has neither.
func (c *cloud) zoneOf(name, id string) (string, error) {
	if id != "" {
		ids := []string{}
		for _, z := range c.zones() {
			if c.zoneID(z) == id {
				return z, nil
			}
			ids = append(ids, c.zoneID(z))
		}
		return "", errZone("availabilityZoneId", id, ids)
	}
	if name != "" && !slices.Contains(c.zones(), name) {
		return "", errZone("availabilityZone", name, c.zones())
	}
	return name, nil
}

func errZone(parameter, value string, known []string) error {
	return errInvalid("Value (%s) for parameter %s is invalid. Subnets can currently only be created in the following availability zones: %s.",
		value, parameter, strings.Join(known, ", "))
}

func (c *call) createSecurityGroup() ([]node, error) {
	name, err := c.params.required("GroupName")
	if err != nil {
		return nil, err
	}
	description, err := c.params.required("GroupDescription")
	if err != nil {
		return nil, err
	}
	if err := notLonger("groupName", name); err != nil {
		return nil, err
	}
	if err := notLonger("groupDescription", description); err != nil {
		return nil, err
	}
	specs, err := readTagSpecifications(c.params, kindGroup.names().resourceType)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.EqualFold(name, "default"):
		return nil, failf("InvalidGroup.Reserved", "Cannot use reserved security group name: %s", name)
	case strings.HasPrefix(strings.ToLower(name), kindGroup.names().prefix):
		return nil, errInvalid("Value (%s) for parameter GroupName is invalid. Group names may not be in the format sg-*.", name)
	case c.params.str("VpcId") == "":
		return nil, errNoDefaultVPC()
	}
	v := SecurityGroup{Name: name, Description: description, VPCID: c.params.str("VpcId"), Tags: specs[kindGroup.names().resourceType]}
	if _, err := c.planGroup(v); err != nil {
		return nil, err
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	made, err := c.addGroup(v)
	if err != nil {
		return nil, err
	}
	c.touch(made.id, made.vpc.id)
	return []node{leaf("groupId", made.id), leaf("securityGroupArn", c.arn(kindGroup, made.id)), made.tags.node(c.now)}, nil
}

func (v *vpc) snapshot() VPC {
	return VPC{ID: v.id, CIDR: v.cidr.String(), IPv6CIDR: cmp.Or(v.v6CIDRs()...), Tags: v.tags.actual()}
}

func (s *subnet) snapshot() Subnet {
	return Subnet{
		ID: s.id, VPCID: s.vpc.id, CIDR: s.v4.cidr.String(), IPv6CIDR: cmp.Or(s.v6CIDRs()...), AvailabilityZone: s.zone,
		Tags: s.tags.actual(), AvailableIPAddressCount: s.v4.free(),
	}
}

func (g *group) snapshot() SecurityGroup {
	return SecurityGroup{ID: g.id, Name: g.name, Description: g.description, VPCID: g.vpc.id, Tags: g.tags.actual()}
}
