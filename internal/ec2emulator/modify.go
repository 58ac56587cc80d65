// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import "strings"

// A change validates one attribute of ModifyNetworkInterfaceAttribute, and returns a function that applies it.
type change func(*call, *eni) (func(), error)

// changes returns the attributes by parameter. EC2 changes one attribute per call.
func changes() map[string]change {
	return map[string]change{
		"Description":                     (*call).changeDescription,
		"SourceDestCheck":                 (*call).changeSourceDestCheck,
		"SecurityGroupId":                 (*call).changeGroups,
		"Attachment":                      (*call).changeAttachment,
		"EnaSrdSpecification":             (*call).changeSRD,
		"EnablePrimaryIpv6":               (*call).changePrimaryIPv6,
		"ConnectionTrackingSpecification": (*call).changeTracking,
		"AssociatedSubnetId":              (*call).changeAssociatedSubnets,
		"AssociatePublicIpAddress":        (*call).changePublicIP,
	}
}

func (c *call) modifyNetworkInterfaceAttribute() ([]node, error) {
	e, err := c.target()
	if err != nil {
		return nil, err
	}
	var chosen change
	for name, ch := range changes() {
		if !c.params.has(name) {
			continue
		}
		if chosen != nil {
			return nil, errCombination("Fields for multiple attribute types specified.")
		}
		chosen = ch
	}
	if chosen == nil {
		return nil, errCombination("No attributes specified.")
	}
	if e.managed() {
		return nil, errManaged(e)
	}
	apply, err := chosen(c, e)
	if err != nil {
		return nil, err
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	apply()
	return []node{leaf("return", true)}, nil
}

// target returns the interface of a call.
func (c *call) target() (*eni, error) {
	id, err := c.params.required("NetworkInterfaceId")
	if err != nil {
		return nil, err
	}
	c.touch(id)
	return lookup(c.enis, kindENI, id)
}

func (c *call) changeDescription(e *eni) (func(), error) {
	v := c.params.str("Description.Value")
	return func() { e.description = v }, notLonger("description", v)
}

func (c *call) changeSourceDestCheck(e *eni) (func(), error) {
	v, err := c.params.boolean("SourceDestCheck.Value", true)
	return func() { e.noCheck = !v }, err
}

func (c *call) changeGroups(e *eni) (func(), error) {
	groups, err := c.checkGroups(c.params.list("SecurityGroupId"), e.subnet.vpc)
	return func() { e.groups = groups }, err
}

func (c *call) changeAttachment(e *eni) (func(), error) {
	p := c.params.below("Attachment")
	id, err := p.required("AttachmentId")
	if err != nil {
		return nil, err
	}
	c.touch(id)
	if kindAttachment.malformed(id) {
		return nil, kindAttachment.errMalformed(id)
	}
	a := e.attachment
	if a == nil || a.id != id {
		return nil, kindAttachment.errNotFound(id)
	}
	if a.status == detaching {
		return nil, failf("IncorrectState", "Network interface attachment '%s' is currently 'detaching'.", id)
	}
	del, err := p.boolean("DeleteOnTermination", a.deleteOnTermination)
	if err != nil {
		return nil, err
	}
	queues, err := p.integerIn("EnaQueueCount", a.queues, 1, 1024)
	if err != nil {
		return nil, err
	}
	back, err := p.boolean("DefaultEnaQueueCount", false)
	if err != nil {
		return nil, err
	}
	switch spec := a.instance.spec; {
	case back && p.has("EnaQueueCount"):
		return nil, errCombination("The parameter enaQueueCount cannot be used with the parameter defaultEnaQueueCount")
	case back:
		queues = 0
	case p.has("EnaQueueCount") && spec.queues == 0:
		return nil, failf("UnsupportedOperation", "%s instances do not support flexible ENA queues", spec.name)
	case queues > spec.queues:
		return nil, errInvalid("EnaQueueCount %d exceeds the limit of %d for %s", queues, spec.queues, spec.name)
	}
	return func() { a.deleteOnTermination, a.queues = del, queues }, nil
}

func (c *call) changeSRD(e *eni) (func(), error) {
	a := e.attachment
	if a == nil {
		return nil, errInvalid("ENA Express cannot be configured: the network interface '%s' is not attached", e.id)
	}
	srd, udp, err := readSRD(c.params.below("EnaSrdSpecification"), a.srd, a.srdUDP)
	if err == nil && srd && !a.instance.spec.srd {
		err = failf("UnsupportedOperation", "%s instances do not support ENA Express", a.instance.spec.name)
	}
	return func() { a.srd, a.srdUDP = srd, udp }, err
}

func (c *call) changePrimaryIPv6(e *eni) (func(), error) {
	v, err := c.params.boolean("EnablePrimaryIpv6", false)
	switch {
	case err != nil:
		return nil, err
	case e.primaryV6 && !v:
		return nil, errCombination("A primary IPv6 address cannot be disabled once it is enabled")
	case v && len(e.v6.addrs) == 0:
		return nil, errCombination("The network interface '%s' has no IPv6 address", e.id)
	}
	return func() { e.primaryV6 = v }, nil
}

func (c *call) changeTracking(e *eni) (func(), error) {
	t, err := readTracking(c.params.below("ConnectionTrackingSpecification"), e.tracking)
	return func() { e.tracking = t }, err
}

func (c *call) changeAssociatedSubnets(e *eni) (func(), error) {
	ids := c.params.list("AssociatedSubnetId")
	for _, id := range ids {
		s, err := lookup(c.subnets, kindSubnet, id)
		if err != nil {
			return nil, err
		}
		if s.vpc != e.subnet.vpc {
			return nil, errInvalid("The subnet '%s' is not in the VPC of the network interface '%s'", id, e.id)
		}
	}
	return func() { e.associated = ids }, nil
}

func (c *call) changePublicIP(e *eni) (func(), error) {
	v, err := c.params.boolean("AssociatePublicIpAddress", false)
	return func() { e.publicIP = v }, err
}

func (c *call) resetNetworkInterfaceAttribute() ([]node, error) {
	e, err := c.target()
	if err != nil {
		return nil, err
	}
	if !c.params.has("SourceDestCheck") {
		return nil, errCombination("No attributes specified.")
	}
	if e.managed() {
		return nil, errManaged(e)
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	e.noCheck = false
	return []node{leaf("return", true)}, nil
}

func (c *call) describeNetworkInterfaceAttribute() ([]node, error) {
	e, err := c.target()
	if err != nil {
		return nil, err
	}
	if c.now.Before(e.visible) {
		return nil, kindENI.errNotFound(e.id)
	}
	value := func(name string, v any) node { return el(name, leaf("value", v)) }
	var answer node
	switch attribute := strings.ToLower(c.params.str("Attribute")); attribute {
	case "description":
		answer = value("description", e.description)
	case "sourcedestcheck":
		answer = value("sourceDestCheck", !e.noCheck)
	case "groupset":
		answer = c.groupSet(e.groups)
	case "attachment":
		answer = e.attachmentNode(c.cloud)
	case "associatepublicipaddress":
		answer = leaf("associatePublicIpAddress", e.publicIP)
	case "":
		return nil, errMissing("attribute")
	default:
		return nil, errInvalid("Value (%s) for parameter attribute is invalid. Unknown attribute.", c.params.str("Attribute"))
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	return []node{leaf("networkInterfaceId", e.id), answer}, nil
}
