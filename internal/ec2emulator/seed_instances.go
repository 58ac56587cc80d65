// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
)

func (c *cloud) addInstance(v Instance) (*instance, error) {
	id, err := claimID(c, kindInstance, v.ID, c.instances)
	if err != nil {
		return nil, err
	}
	spec, ok := instanceTypes()[cmp.Or(v.Type, "m5.large")]
	if !ok {
		return nil, errNoType([]string{v.Type}, instanceTypes())
	}
	i := &instance{
		id: id, spec: spec, state: cmp.Or(v.State, stateRunning), launched: c.now, reservation: c.newIDWith("r-"),
		image: "ami-00000000000000000", tags: newTags(v.Tags), enis: map[string]*eni{},
	}
	if i.subnet, err = lookup(c.subnets, kindSubnet, v.SubnetID); err != nil {
		return nil, err
	}
	r := eniRequest{subnet: i.subnet, kind: "interface", groups: v.SecurityGroupIDs, primaryNamed: v.PrivateIPAddress != ""}
	if r.primaryNamed {
		if r.v4.addrs, err = addrs([]string{v.PrivateIPAddress}, false); err != nil {
			return nil, err
		}
	}
	p, err := c.planENI(r)
	if err != nil {
		return nil, err
	}
	e := c.makeENI(p)
	e.visible, e.available = c.now, c.now
	c.instances[id] = i
	c.attachNow(e, &attachment{instance: i, deleteOnTermination: true})
	switch i.state {
	case stateTerminated:
		c.terminate(i)
	case stateRunning, statePending, stateStopping, stateStopped, stateShuttingDown:
	default:
		return nil, errInvalid("Unknown instance state '%s'", i.state)
	}
	return i, nil
}

// attachNow attaches without delay.
func (c *cloud) attachNow(e *eni, a *attachment) {
	if a.id == "" {
		a.id = c.newID(kindAttachment)
	}
	a.since = c.now
	e.attachment = a
	a.instance.enis[e.id] = e
	c.attachments[a.id] = e
	c.show(e)
}

func (c *cloud) addENI(n NetworkInterface) (*eni, error) {
	id, err := claimID(c, kindENI, n.ID, c.enis)
	if err != nil {
		return nil, err
	}
	if n.MACAddress != "" && c.macs[n.MACAddress] {
		return nil, errInvalid("The MAC address '%s' is taken", n.MACAddress)
	}
	r, err := c.seedRequest(n)
	if err != nil {
		return nil, err
	}
	r.id = id
	p, err := c.planENI(r)
	if err != nil {
		return nil, err
	}
	a, err := c.seedAttachment(n)
	if err != nil {
		return nil, err
	}
	e := c.makeENI(p)
	e.visible, e.available = c.now, c.now
	e.associated, e.publicIP = slices.Clone(n.AssociatedSubnetIDs), n.AssociatePublicIPAddress
	if n.PublicIPAddress != "" {
		ip, err := netip.ParseAddr(n.PublicIPAddress)
		if err != nil {
			c.discard(e)
			return nil, errInvalid("Invalid value '%s' for publicIPAddress", n.PublicIPAddress)
		}
		e.public = withPublic(nil, e.primary(), publicAddress{ip: ip})
	}
	if a == nil {
		return e, nil
	}
	if err := fits(e, a); err != nil {
		c.discard(e)
		return nil, err
	}
	c.attachNow(e, a)
	return e, nil
}

// seedRequest returns the request for a seeded interface.
func (c *cloud) seedRequest(n NetworkInterface) (eniRequest, error) {
	r := eniRequest{
		mac: n.MACAddress, description: n.Description, kind: cmp.Or(n.InterfaceType, "interface"), primaryV6: n.PrimaryIPv6,
		groups: n.SecurityGroupIDs, noCheck: n.SourceDestCheckDisabled, requester: n.RequesterID,
		requesterManaged: n.RequesterID != "", operator: n.OperatorPrincipal,
		tracking: n.ConnectionTracking, tags: n.Tags, primaryNamed: len(n.PrivateIPAddresses) > 0,
	}
	var err error
	if r.subnet, err = lookup(c.subnets, kindSubnet, n.SubnetID); err != nil {
		return r, err
	}
	if r.v4.addrs, err = addrs(n.PrivateIPAddresses, false); err != nil {
		return r, err
	}
	if r.v6.addrs, err = addrs(n.IPv6Addresses, true); err != nil {
		return r, err
	}
	if r.v4.blocks, err = blocks(n.IPv4Prefixes, false); err != nil {
		return r, err
	}
	r.v6.blocks, err = blocks(n.IPv6Prefixes, true)
	return r, err
}

func (c *cloud) seedAttachment(n NetworkInterface) (*attachment, error) {
	if n.Attachment == nil {
		return nil, nil //nolint:nilnil // Not attached.
	}
	v := n.Attachment
	i, err := lookup(c.instances, kindInstance, v.InstanceID)
	if err != nil {
		return nil, err
	}
	id := v.ID
	if id != "" {
		if id, err = claimID(c, kindAttachment, id, c.attachments); err != nil {
			return nil, err
		}
	}
	return &attachment{
		id: id, instance: i, device: v.DeviceIndex, card: v.NetworkCardIndex, deleteOnTermination: v.DeleteOnTermination,
		srd: v.EnaSrdEnabled, srdUDP: v.EnaSrdUDPEnabled, queues: v.EnaQueueCount,
	}, nil
}

// DefaultSeed returns a small Region for experiments: a VPC in three zones, two subnets and two instances in each, and
// two security groups.
func DefaultSeed(region string) Seed {
	const vpcID = "vpc-0a1b2c3d4e5f60718"
	seed := Seed{
		VPCs: []VPC{{ID: vpcID, CIDR: "10.0.0.0/16", IPv6CIDR: "2600:1f18:1234:5600::/56", Tags: map[string]string{"Name": "emulated"}}},
		SecurityGroups: []SecurityGroup{
			{ID: "sg-05da196f3314d4af8", Name: "nodes", VPCID: vpcID, Tags: map[string]string{"Name": "nodes"}},
			{ID: "sg-0b1c2d3e4f5061728", Name: "tenants", VPCID: vpcID, Tags: map[string]string{"Name": "tenants"}},
		},
	}
	for n, zone := range []string{"a", "b", "c"} {
		nodes, tenant := "subnet-nodes-"+zone, "subnet-tenant-"+zone
		seed.Subnets = append(seed.Subnets,
			Subnet{
				ID: nodes, VPCID: vpcID, CIDR: "10.0." + strconv.Itoa(n) + ".0/24", IPv6CIDR: "2600:1f18:1234:560" + strconv.Itoa(n) + "::/64",
				AvailabilityZone: region + zone, Tags: map[string]string{"Name": "nodes-" + zone},
			},
			Subnet{
				ID: tenant, VPCID: vpcID, CIDR: "10.0.1" + strconv.Itoa(n) + ".0/24", IPv6CIDR: "2600:1f18:1234:561" + strconv.Itoa(n) + "::/64",
				AvailabilityZone: region + zone, Tags: map[string]string{"Name": "tenant-" + zone},
			})
		for _, half := range []string{"1", "2"} {
			seed.Instances = append(seed.Instances, Instance{
				ID: "i-000000000000000" + zone + half, Type: "m5.xlarge", SubnetID: nodes,
				SecurityGroupIDs: []string{"sg-05da196f3314d4af8"}, Tags: map[string]string{"Name": "node-" + zone + half},
			})
		}
	}
	return seed
}
