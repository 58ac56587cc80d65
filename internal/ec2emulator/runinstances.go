// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"net/netip"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

func (c *call) runInstances() ([]node, error) {
	token := c.params.str("ClientToken")
	ids, err := c.repeated(token)
	if err != nil {
		return nil, err
	}
	if ids != nil {
		return c.launchedBefore(ids)
	}
	if _, err := c.params.required("ImageId"); err != nil {
		return nil, err
	}
	count, err := c.readCount()
	if err != nil {
		return nil, err
	}
	name := c.params.str("InstanceType")
	if name == "" {
		name = "m1.small"
	}
	spec, ok := instanceTypes()[name]
	if !ok {
		return nil, errInvalid("Invalid value '%s' for InstanceType.", name)
	}
	specs, err := readTagSpecifications(c.params, "instance", "network-interface", "volume", "spot-instances-request")
	if err != nil {
		return nil, err
	}
	// Validate before creating resources, so that an invalid request or a dry run changes nothing.
	if _, err := c.readLaunches(specs["network-interface"]); err != nil {
		return nil, err
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	reservation := c.newIDWith("r-")
	made := []*instance{}
	for n := range count {
		launches, err := c.readLaunches(specs["network-interface"])
		if err != nil {
			return nil, c.rollBack(made, err)
		}
		i := &instance{
			id: c.newID(kindInstance), spec: spec, state: statePending, launched: c.now, index: n, token: token,
			reservation: reservation, image: c.params.str("ImageId"), tags: newTags(specs["instance"]), enis: map[string]*eni{},
		}
		made = append(made, i)
		if err := c.equip(i, launches); err != nil {
			return nil, c.rollBack(made, err)
		}
	}
	made = c.begin(made)
	out := []string{}
	for _, i := range made {
		out = append(out, i.id)
	}
	c.remember(token, out...)
	return c.reservation(reservation, made...), nil
}

// readCount reads the number of instances. The emulator always has capacity for MaxCount.
func (c *call) readCount() (int, error) {
	for _, name := range []string{"MinCount", "MaxCount"} {
		if _, err := c.params.required(name); err != nil {
			return 0, err
		}
	}
	least, err := c.params.integerIn("MinCount", 1, 1, 1000)
	if err != nil {
		return 0, err
	}
	most, err := c.params.integerIn("MaxCount", 1, 1, 1000)
	if err != nil {
		return 0, err
	}
	if least > most {
		return 0, errInvalid("The value of minCount (%d) exceeds the value of maxCount (%d)", least, most)
	}
	if most == 1 {
		return most, nil
	}
	for _, p := range append(c.params.structs("NetworkInterface"), c.params) {
		if p.has("PrivateIpAddress") || p.has("PrivateIpAddresses") {
			return 0, errCombination("A private IP address cannot be specified when launching more than one instance")
		}
	}
	return most, nil
}

// begin schedules the transitions of the instances.
func (c *call) begin(made []*instance) []*instance {
	for _, i := range made {
		c.instances[i.id] = i
		c.touch(i.id)
		c.later(i, statePending, func() { i.state = stateRunning })
	}
	return made
}

func (c *call) launchedBefore(ids []string) ([]node, error) {
	if err := c.dry(); err != nil {
		return nil, err
	}
	c.entry.Repeated = true
	found := []*instance{}
	for _, id := range ids {
		i, err := lookup(c.instances, kindInstance, id)
		if err != nil {
			return nil, err
		}
		found = append(found, i)
	}
	c.touch(ids...)
	return c.reservation(found[0].reservation, found...), nil
}

// equip creates and attaches the interfaces of an instance.
func (c *cloud) equip(i *instance, launches []launch) error {
	primary := false
	for _, l := range launches {
		if l.attachment.device == 0 && l.attachment.card == 0 {
			primary = true
			i.subnet = l.subnet()
		}
	}
	if !primary {
		return errInvalid("A primary network interface with device index 0 is required")
	}
	for _, l := range launches {
		e := l.existing
		if l.subnet().zone != i.subnet.zone {
			return errCombination("Network interfaces must be in the same availability zone as the instance")
		}
		if e == nil {
			p, err := c.planENI(*l.request)
			if err != nil {
				return err
			}
			e = c.makeENI(p)
			l.attachment.fresh = true
		}
		l.attachment.instance = i
		if err := fits(e, l.attachment); err != nil {
			if l.existing == nil {
				c.discard(e)
			}
			return err
		}
		c.attach(e, l.attachment)
	}
	return nil
}

// rollBack removes created instances after an error: EC2 launches at least MinCount instances, or none.
func (c *cloud) rollBack(made []*instance, err error) error {
	for _, i := range made {
		for _, e := range i.attached() {
			fresh := e.attachment.fresh
			c.endAttachment(e)
			if fresh {
				c.discard(e)
			}
		}
	}
	return errors.Wrap(err, "cannot launch")
}

// discard removes an interface that no call has returned yet.
func (c *cloud) discard(e *eni) {
	e.subnet.v4.release(e.v4)
	if e.subnet.v6 != nil {
		e.subnet.v6.release(e.v6)
	}
	delete(c.enis, e.id)
	delete(c.macs, e.mac)
}

// address returns the primary IPv4 address of the instance; the zero address if it is terminated.
func (i *instance) address() netip.Addr {
	if p := i.primary(); p != nil {
		return p.primary()
	}
	return netip.Addr{}
}
