// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"net/netip"
	"slices"
)

// An elasticIP is an allocated Elastic IP address.
type elasticIP struct {
	id   string
	ip   netip.Addr
	tags tags
	// owner is the interface with which the address is associated, nil for none.
	owner *eni
	// private is the private address of the association.
	private     netip.Addr
	association string
	// past are the states before recent changes, which describe calls still return.
	past []pastElasticIP
}

// firstElasticIP precedes the Elastic IP addresses, which are in a range for documentation.
func firstElasticIP() netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, 0}) }

func (c *call) allocateAddress() ([]node, error) {
	for _, name := range []string{"Address", "CustomerOwnedIpv4Pool", "IpamPoolId", "PublicIpv4Pool"} {
		if c.params.has(name) {
			return nil, failf("UnsupportedOperation", "The emulator does not support the parameter %s", name)
		}
	}
	if d := c.params.str("Domain"); d != "" && d != "vpc" {
		return nil, errInvalid("Invalid value '%s' for domain", d)
	}
	if g := c.params.str("NetworkBorderGroup"); g != "" && g != c.opts.Region {
		return nil, errInvalid("Invalid value '%s' for networkBorderGroup", g)
	}
	specs, err := readTagSpecifications(c.params, kindElasticIP.names().resourceType)
	if err != nil {
		return nil, err
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	made, err := c.addElasticIP(ElasticIP{Tags: specs[kindElasticIP.names().resourceType]})
	if err != nil {
		return nil, err
	}
	c.touch(made.id)
	return []node{
		leaf("publicIp", made.ip.String()), leaf("domain", "vpc"), leaf("allocationId", made.id),
		leaf("publicIpv4Pool", "amazon"), leaf("networkBorderGroup", c.opts.Region),
	}, nil
}

// addElasticIP allocates an address, and associates it if it names an interface.
func (c *cloud) addElasticIP(v ElasticIP) (*elasticIP, error) {
	id, err := claimID(c, kindElasticIP, v.AllocationID, c.elasticIPs)
	if err != nil {
		return nil, err
	}
	ip, err := c.publicAddress(v.PublicIP)
	if err != nil {
		return nil, err
	}
	a := &elasticIP{id: id, ip: ip, tags: newTags(v.Tags)}
	if v.NetworkInterfaceID != "" {
		e, err := lookup(c.enis, kindENI, v.NetworkInterfaceID)
		if err != nil {
			return nil, err
		}
		if _, taken := e.public[e.primary()]; taken || !e.primary().IsValid() {
			return nil, errInvalid("The interface %s has no private address without a public address", e.id)
		}
		c.associate(a, e, e.primary())
	}
	c.elasticIPs[id] = a
	return a, nil
}

// publicAddress returns the requested public address, or a free one.
func (c *cloud) publicAddress(text string) (netip.Addr, error) {
	used := map[netip.Addr]bool{}
	for _, a := range c.elasticIPs {
		used[a.ip] = true
	}
	if text != "" {
		ip, err := netip.ParseAddr(text)
		if err != nil || !ip.Is4() || used[ip] {
			return ip, errInvalid("Invalid value '%s' for publicIp", text)
		}
		return ip, nil
	}
	ip := firstElasticIP().Next()
	for used[ip] {
		ip = ip.Next()
	}
	return ip, nil
}

func (c *call) releaseAddress() ([]node, error) {
	if c.params.has("PublicIp") {
		return nil, errCombination("You may not specify a public IP for an address of a VPC: specify the allocation ID")
	}
	a, err := c.elasticIP()
	switch {
	case err != nil:
		return nil, err
	case a.owner != nil:
		return nil, failf("InvalidIPAddress.InUse", "Address %s is in use.", a.ip)
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	delete(c.elasticIPs, a.id)
	return []node{leaf("return", true)}, nil
}

// elasticIP returns the address of the parameter AllocationId.
func (c *call) elasticIP() (*elasticIP, error) {
	id, err := c.params.required("AllocationId")
	if err != nil {
		return nil, err
	}
	c.touch(id)
	return lookup(c.elasticIPs, kindElasticIP, id)
}

func (c *call) describeAddresses() ([]node, error) {
	rows, err := find(c, "AllocationId", kindElasticIP, c.elasticIPs, always[*elasticIP])
	if err != nil {
		return nil, err
	}
	if ips := c.params.list("PublicIp"); len(ips) > 0 {
		for _, ip := range ips {
			if !slices.ContainsFunc(rows, func(a *elasticIP) bool { return a.ip.String() == ip }) {
				return nil, failf("InvalidAddress.NotFound", "Address '%s' not found.", ip)
			}
		}
		rows = slices.DeleteFunc(rows, func(a *elasticIP) bool { return !slices.Contains(ips, a.ip.String()) })
	}
	for i, a := range rows {
		rows[i] = a.described(c.now)
	}
	page, _, err := c.elasticIPQuery().run(c, rows)
	if err != nil {
		return nil, err
	}
	return []node{set("addressesSet", page, func(a *elasticIP) []node { return a.nodes(c.cloud) })}, nil
}

func (c *call) elasticIPQuery() query[*elasticIP] {
	associated := func(f func(*elasticIP) string) func(*elasticIP) []string {
		return func(a *elasticIP) []string {
			if a.owner == nil {
				return nil
			}
			return slices.DeleteFunc([]string{f(a)}, func(v string) bool { return v == "" })
		}
	}
	return query[*elasticIP]{
		fields: map[string]func(*elasticIP) []string{
			"allocation-id":              one(func(a *elasticIP) string { return a.id }),
			"association-id":             associated(func(a *elasticIP) string { return a.association }),
			"instance-id":                associated(func(a *elasticIP) string { return a.instanceID() }),
			"network-border-group":       constant[*elasticIP](c.opts.Region),
			"network-interface-id":       associated(func(a *elasticIP) string { return a.owner.id }),
			"network-interface-owner-id": associated(func(*elasticIP) string { return c.opts.AccountID }),
			"private-ip-address":         associated(func(a *elasticIP) string { return a.private.String() }),
			"public-ip":                  one(func(a *elasticIP) string { return a.ip.String() }),
		},
		id:      func(a *elasticIP) string { return a.id },
		tag:     func(a *elasticIP, key string) (string, bool) { return a.tags.get(key, c.now) },
		tagKeys: func(a *elasticIP) []string { return a.tags.keys(c.now) },
	}
}

// instanceID returns the instance of the associated interface, or "".
func (a *elasticIP) instanceID() string {
	if a.owner == nil || a.owner.attachment == nil {
		return ""
	}
	return a.owner.attachment.instance.id
}

func (a *elasticIP) nodes(c *cloud) []node {
	out := []node{
		leaf("publicIp", a.ip.String()), leaf("allocationId", a.id), leaf("domain", "vpc"),
		leaf("publicIpv4Pool", "amazon"), leaf("networkBorderGroup", c.opts.Region), a.tags.node(c.now),
	}
	if a.owner == nil {
		return append(out, leaf("instanceId", ""))
	}
	return append(out,
		opt("instanceId", a.instanceID()), leaf("associationId", a.association), leaf("networkInterfaceId", a.owner.id),
		leaf("networkInterfaceOwnerId", c.opts.AccountID), leaf("privateIpAddress", a.private.String()),
	)
}

func (a *elasticIP) snapshot() ElasticIP {
	v := ElasticIP{AllocationID: a.id, PublicIP: a.ip.String(), Tags: a.tags.actual()}
	if a.owner != nil {
		v.NetworkInterfaceID, v.PrivateIPAddress, v.AssociationID = a.owner.id, a.private.String(), a.association
	}
	return v
}
