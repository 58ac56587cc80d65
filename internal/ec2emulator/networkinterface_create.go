// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import "unicode/utf8"

// An eniPlan contains the validated properties of a new network interface; its addresses are free but not taken yet.
type eniPlan struct {
	eniRequest

	v4claim claim
	v6claim claim
}

// planENI validates a request against the state, without changes.
func (c *cloud) planENI(r eniRequest) (eniPlan, error) {
	p := eniPlan{eniRequest: r}
	if len(c.enis) >= c.opts.NetworkInterfacesPerRegion {
		return p, failf("NetworkInterfaceLimitExceeded", "The maximum number of network interfaces has been reached.")
	}
	var err error
	if p.groups, err = c.checkGroups(r.groups, r.subnet.vpc); err != nil {
		return p, err
	}
	if r.kind == "efa-only" {
		if !r.v4.empty() || !r.v6.empty() {
			return p, errCombination("IP addresses cannot be specified for an interface of type efa-only")
		}
		return p, nil
	}
	if p.v4claim, err = planPrimary(r); err != nil {
		return p, err
	}
	p.v6claim, err = r.subnet.planV6(r.v6)
	if err == nil && r.primaryV6 && len(p.v6claim.addrs) == 0 {
		return p, errCombination("A primary IPv6 address requires an IPv6 address in the request")
	}
	return p, err
}

// planPrimary adds a primary address to the demand if none is requested, and sorts it first.
func planPrimary(r eniRequest) (claim, error) {
	d := r.v4
	if r.primaryNamed {
		return r.subnet.v4.plan(d)
	}
	d.count++
	got, err := r.subnet.v4.plan(d)
	if err != nil {
		return claim{}, err
	}
	named := len(d.addrs)
	primary := got.addrs[named]
	copy(got.addrs[1:named+1], got.addrs[:named])
	got.addrs[0] = primary
	return got, nil
}

func (d demand) empty() bool {
	return len(d.addrs) == 0 && d.count == 0 && len(d.blocks) == 0 && d.blockCount == 0
}

// planV6 plans addresses in the subnet's IPv6 block, if any.
func (s *subnet) planV6(d demand) (claim, error) {
	if d.empty() {
		return claim{}, nil
	}
	if s.v6 == nil {
		return claim{}, errInvalid("The subnet '%s' does not have an IPv6 CIDR block associated with it", s.id)
	}
	return s.v6.plan(d)
}

// makeENI creates the network interface of a plan.
func (c *cloud) makeENI(p eniPlan) *eni {
	e := &eni{
		id: p.id, subnet: p.subnet, description: p.description, kind: p.kind, mac: p.mac, v4: p.v4claim, v6: p.v6claim,
		primaryV6: p.primaryV6, groups: p.groups, noCheck: p.noCheck, requester: p.requester,
		requesterManaged: p.requesterManaged, operator: p.operator,
		tracking: p.tracking, tags: newTags(p.tags), token: p.token, created: c.now,
		visible: c.now.Add(c.opts.VisibilityDelay), available: c.now.Add(c.opts.AvailableDelay),
	}
	if e.id == "" {
		e.id = c.newID(kindENI)
	}
	if e.mac == "" {
		e.mac = c.newMAC()
	}
	c.macs[e.mac] = true
	c.enis[e.id] = e
	e.subnet.v4.take(e.v4, e.id)
	if e.subnet.v6 != nil {
		e.subnet.v6.take(e.v6, e.id)
	}
	return e
}

// dropENI deletes an unattached interface, and records its last state.
func (c *cloud) dropENI(e *eni) {
	last := e.snapshot(c.now)
	last.Status, last.DeletedAt = "deleted", c.now
	c.deleted = append(c.deleted, last)
	c.deletedByID[e.id] = e
	c.disassociateFrom(e, e.v4.addrs...)
	e.subnet.v4.release(e.v4)
	if e.subnet.v6 != nil {
		e.subnet.v6.release(e.v6)
	}
	delete(c.enis, e.id)
	delete(c.macs, e.mac)
}

func (c *call) createNetworkInterface() ([]node, error) {
	token := c.params.str("ClientToken")
	if ids, err := c.repeated(token); err != nil || ids != nil {
		return c.createdBefore(ids, token, err)
	}
	r, err := c.readENI(c.params)
	if err != nil {
		return nil, err
	}
	specs, err := readTagSpecifications(c.params, kindENI.names().resourceType)
	if err != nil {
		return nil, err
	}
	r.tags, r.token, r.requester = specs[kindENI.names().resourceType], token, c.who.userID
	p, err := c.planENI(r)
	if err != nil {
		return nil, groupError(r, err)
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	e := c.makeENI(p)
	c.touch(e.id, e.subnet.id)
	c.remember(token, e.id)
	return []node{el("networkInterface", e.nodes(c.cloud)...), opt("clientToken", token)}, nil
}

// createdBefore returns the network interface of a repeated token, even if it was deleted.
func (c *call) createdBefore(ids []string, token string, err error) ([]node, error) {
	if err != nil {
		return nil, err
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	e := c.enis[ids[0]]
	if e == nil {
		e = c.deletedByID[ids[0]]
	}
	c.touch(e.id)
	c.entry.Repeated = true
	return []node{el("networkInterface", e.nodes(c.cloud)...), opt("clientToken", token)}, nil
}

// maxClientToken is the maximum number of characters in a ClientToken.
const maxClientToken = 64

// repeated returns the resources that an earlier call with this token created, if any.
func (c *call) repeated(token string) ([]string, error) {
	if utf8.RuneCountInString(token) > maxClientToken {
		return nil, failf("InvalidClientToken", "The client token exceeds the maximum length of %d characters", maxClientToken)
	}
	use, ok := c.tokens[c.entry.Action+"/"+token]
	if token == "" || !ok {
		return nil, nil
	}
	if use.canonical != c.params.canonical() {
		return nil, failf("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
	}
	return use.ids, nil
}

func (c *call) remember(token string, ids ...string) {
	if token != "" {
		c.tokens[c.entry.Action+"/"+token] = tokenUse{canonical: c.params.canonical(), ids: ids}
	}
}

func (c *call) deleteNetworkInterface() ([]node, error) {
	id, err := c.params.required("NetworkInterfaceId")
	if err != nil {
		return nil, err
	}
	c.touch(id)
	e, err := lookup(c.enis, kindENI, id)
	if err != nil {
		return nil, err
	}
	switch {
	case e.attachment != nil:
		return nil, errInvalid("Network interface '%s' is currently in use.", id)
	case e.managed():
		return nil, errManaged(e)
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	c.dropENI(e)
	return []node{leaf("return", true)}, nil
}

// errManaged returns the error for an action that only the managing service may call.
func errManaged(e *eni) error {
	if e.operator != "" {
		return errNotPermitted("The network interface '%s' is managed by '%s' and cannot be modified or deleted directly", e.id, e.operator)
	}
	return errNotPermitted("You do not have permission to manage the network interface '%s': it is managed by '%s'", e.id, e.requester)
}

// groupError returns CreateNetworkInterface's error for a security group that does not exist, which differs from
// other actions.
func groupError(r eniRequest, err error) error {
	for _, id := range r.groups {
		if err.Error() == kindGroup.errNotFound(id).Error() {
			return failf("InvalidSecurityGroupID.NotFound", "The securityGroup ID '%s' does not exist", id)
		}
	}
	return err
}
