// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// A publicAddress is the public address of a private address.
type publicAddress struct {
	ip netip.Addr
	// allocation and association are empty for an address that EC2 assigned at the launch.
	allocation  string
	association string
}

// ipOwner returns the owner of the address: the account, or amazon for an address that EC2 assigned.
func (p publicAddress) ipOwner(c *cloud) string {
	if p.allocation == "" {
		return "amazon"
	}
	return c.opts.AccountID
}

func (c *call) associateAddress() ([]node, error) {
	for _, name := range []string{"InstanceId", "PublicIp"} {
		if c.params.has(name) {
			return nil, failf("UnsupportedOperation", "The emulator does not support the parameter %s", name)
		}
	}
	a, err := c.elasticIP()
	if err != nil {
		return nil, err
	}
	if c.params.str("NetworkInterfaceId") == "" {
		return nil, failf("MissingParameter", "Either 'InstanceId' or 'NetworkInterfaceId' must be specified")
	}
	e, err := c.addressable()
	if err != nil {
		return nil, err
	}
	private, err := c.privateAddress(e)
	if err != nil {
		return nil, err
	}
	// EC2 moves an address by default.
	move, err := c.params.boolean("AllowReassociation", true)
	if err != nil {
		return nil, err
	}
	if a.owner == e && a.private == private { // the call is idempotent
		return []node{leaf("return", true), leaf("associationId", a.association)}, c.dry()
	}
	if a.owner != nil && !move {
		return nil, failf("Resource.AlreadyAssociated", "resource %s is already associated with associate-id %s", a.id, a.association)
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	c.disassociate(a)
	// AllowReassociation does not protect another address of the private address.
	c.disassociateFrom(e, private)
	c.associate(a, e, private)
	return []node{leaf("return", true), leaf("associationId", a.association)}, nil
}

// privateAddress returns the private address to associate, the primary address by default.
func (c *call) privateAddress(e *eni) (netip.Addr, error) {
	text := c.params.str("PrivateIpAddress")
	if text == "" {
		return e.primary(), nil
	}
	named, err := addrs([]string{text}, false)
	if err != nil {
		return netip.Addr{}, err
	}
	if !slices.Contains(e.v4.addrs, named[0]) {
		return netip.Addr{}, errInvalid("Some of the specified addresses are not assigned to interface %s: %s", e.id, text)
	}
	return named[0], nil
}

func (c *call) disassociateAddress() ([]node, error) {
	if c.params.has("PublicIp") {
		return nil, errCombination("You may not specify a public IP for an address of a VPC: specify the association ID")
	}
	id, err := c.params.required("AssociationId")
	if err != nil {
		return nil, err
	}
	c.touch(id)
	for _, a := range sorted(c.elasticIPs) {
		if a.owner == nil || a.association != id {
			continue
		}
		c.touch(a.id, a.owner.id)
		if a.owner.managed() {
			return nil, errManaged(a.owner)
		}
		if err := c.dry(); err != nil {
			return nil, err
		}
		c.disassociate(a)
		return []node{leaf("return", true)}, nil
	}
	return nil, failf("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", id)
}

// associate associates a free address. An address that EC2 assigned at the launch is released.
func (c *cloud) associate(a *elasticIP, e *eni, private netip.Addr) {
	c.lag(e)
	c.lagElasticIP(a)
	a.owner, a.private, a.association = e, private, c.newIDWith("eipassoc-")
	e.public = withPublic(e.public, private, publicAddress{ip: a.ip, allocation: a.id, association: a.association})
}

// disassociate ends the association of an address; nil is allowed.
func (c *cloud) disassociate(a *elasticIP) {
	if a == nil || a.owner == nil {
		return
	}
	c.lag(a.owner)
	c.lagElasticIP(a)
	a.owner.public = withoutPublic(a.owner.public, a.private)
	a.owner, a.private, a.association = nil, netip.Addr{}, ""
}

// disassociateFrom ends the associations of private addresses that an interface loses.
func (c *cloud) disassociateFrom(e *eni, private ...netip.Addr) {
	for _, p := range private {
		c.disassociate(c.elasticIPs[e.public[p].allocation])
	}
}

// moveElasticIPs moves the addresses that are associated with private addresses to another interface, as EC2 does with
// reassigned private addresses.
func (c *cloud) moveElasticIPs(from, to *eni, private netip.Addr) {
	a := c.elasticIPs[from.public[private].allocation]
	if a == nil {
		return
	}
	c.disassociate(a)
	c.associate(a, to, private)
}

// withPublic and withoutPublic return a copy: describe calls may still return the former addresses.
func withPublic(m map[netip.Addr]publicAddress, private netip.Addr, p publicAddress) map[netip.Addr]publicAddress {
	out := map[netip.Addr]publicAddress{}
	maps.Copy(out, m)
	out[private] = p
	return out
}

func withoutPublic(m map[netip.Addr]publicAddress, private netip.Addr) map[netip.Addr]publicAddress {
	out := maps.Clone(m)
	delete(out, private)
	return out
}

// A pastElasticIP is an address before its last change, which describe calls return until the change is visible.
type pastElasticIP struct {
	until time.Time
	was   elasticIP
}

func (c *cloud) lagElasticIP(a *elasticIP) {
	if c.opts.VisibilityDelay > 0 {
		was := *a
		was.past = nil
		a.past = append(a.past, pastElasticIP{until: c.now.Add(c.opts.VisibilityDelay), was: was})
	}
}

// described returns the address in the state that describe calls return.
func (a *elasticIP) described(now time.Time) *elasticIP {
	for i := range a.past {
		if now.Before(a.past[i].until) {
			d := a.past[i].was
			d.tags = a.tags
			return &d
		}
	}
	return a
}

// associationNode returns the association of a private address, omitted if it has none.
func (e *eni) associationNode(c *cloud, private netip.Addr) node {
	p, ok := e.public[private]
	if !ok {
		return node{}
	}
	return el("association",
		leaf("publicIp", p.ip.String()), leaf("publicDnsName", c.publicDNS(p.ip)), leaf("ipOwnerId", p.ipOwner(c)),
		opt("allocationId", p.allocation), opt("associationId", p.association),
	)
}

func (c *cloud) publicDNS(ip netip.Addr) string {
	name := "ec2-" + strings.ReplaceAll(ip.String(), ".", "-")
	if c.opts.Region == "us-east-1" {
		return name + ".compute-1.amazonaws.com"
	}
	return name + "." + c.opts.Region + ".compute.amazonaws.com"
}

// associationFields returns the filters on the public addresses of an interface.
func (c *cloud) associationFields() map[string]func(*eni) []string {
	out := map[string]func(*eni) []string{}
	for name, f := range map[string]func(publicAddress) string{
		"allocation-id":   func(p publicAddress) string { return p.allocation },
		"association-id":  func(p publicAddress) string { return p.association },
		"ip-owner-id":     func(p publicAddress) string { return p.ipOwner(c) },
		"public-dns-name": func(p publicAddress) string { return c.publicDNS(p.ip) },
		"public-ip":       func(p publicAddress) string { return p.ip.String() },
	} {
		out["association."+name] = func(e *eni) []string { return values(f, e.public, e.primary()) }
		out["addresses.association."+name] = func(e *eni) []string { return values(f, e.public, e.v4.addrs...) }
	}
	out["addresses.association.owner-id"] = out["addresses.association.ip-owner-id"]
	return out
}

// values returns the values of the public addresses of private addresses.
func values(f func(publicAddress) string, public map[netip.Addr]publicAddress, private ...netip.Addr) []string {
	var out []string
	for _, a := range private {
		if p, ok := public[a]; ok {
			out = append(out, f(p))
		}
	}
	return out
}
