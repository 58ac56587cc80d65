// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A launch is a network interface of a new instance: a new or an existing network interface.
type launch struct {
	request    *eniRequest
	existing   *eni
	attachment *attachment
}

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

// readLaunches reads NetworkInterface.N, or the parameters that stand for a single primary interface.
func (c *call) readLaunches(tags map[string]string) ([]launch, error) {
	items := c.params.structs("NetworkInterface")
	for _, p := range [][2]string{
		{"SubnetId", "subnet ID"},
		{"SecurityGroupId", "security groups"},
		{"SecurityGroup", "security groups"},
		{"PrivateIpAddress", "private IP address"},
		{"Ipv6AddressCount", "IPv6 address count"},
		{"Ipv6Address", "IPv6 addresses"},
		{"EnablePrimaryIpv6", "primary IPv6 address"},
	} {
		if len(items) > 0 && c.params.has(p[0]) {
			return nil, errCombination("Network interfaces and an instance-level %s may not be specified on the same request", p[1])
		}
	}
	if len(items) == 0 {
		if c.params.has("SecurityGroup") && c.params.has("SubnetId") {
			return nil, errCombination("The parameter groupName cannot be used with the parameter subnet")
		}
		items = []params{c.onlyInterface()}
	}
	out := []launch{}
	for _, p := range items {
		l, err := c.readLaunch(p)
		if err != nil {
			return nil, err
		}
		if l.request != nil {
			l.request.tags = tags
		}
		if err := c.place(l.subnet()); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// onlyInterface returns the NetworkInterface.N that is equivalent to the parameters of the instance.
func (c *call) onlyInterface() params {
	out := params{"DeviceIndex": {"0"}}
	for k, v := range c.params {
		name, rest, _ := strings.Cut(k, ".")
		switch name {
		case "SubnetId", "SecurityGroupId", "PrivateIpAddress", "Ipv6AddressCount":
			out[k] = v
		case "Ipv6Address":
			out["Ipv6Addresses."+rest] = v
		case "EnablePrimaryIpv6":
			out["PrimaryIpv6"] = v
		}
	}
	return out
}

// errNoDefaultVPC returns the error for a call without a VPC: the emulator has no default VPC.
func errNoDefaultVPC() error {
	return failf("VPCIdNotSpecified", "No default VPC for this user")
}

// place returns an error for a placement in a zone other than the subnet's.
func (c *call) place(s *subnet) error {
	p := c.params.below("Placement")
	for _, pair := range [][2]string{{"AvailabilityZone", s.zone}, {"AvailabilityZoneId", c.zoneID(s.zone)}} {
		zone, want := p.str(pair[0]), pair[1]
		known := slices.ContainsFunc(c.zones(), func(z string) bool { return zone == z || zone == c.zoneID(z) })
		switch {
		case zone == "" || zone == want:
		case !known:
			return errInvalid("Invalid availability zone: [%s]", zone)
		default:
			return errCombination("The availability zone '%s' does not match the zone '%s' of the subnet '%s'", zone, want, s.id)
		}
	}
	return nil
}

func (c *call) readLaunch(p params) (launch, error) {
	a, err := readAttachment(p)
	if err != nil {
		return launch{}, err
	}
	l := launch{attachment: a}
	if id := p.str("NetworkInterfaceId"); id != "" {
		l.existing, err = lookup(c.enis, kindENI, id)
		if err == nil && l.existing.attachment != nil {
			err = failf("InvalidNetworkInterface.InUse", "Interface: [%s] in use.", id)
		}
		return l, err
	}
	// An interface created with an instance is deleted on termination by default.
	if a.deleteOnTermination, err = p.boolean("DeleteOnTermination", true); err != nil {
		return l, err
	}
	if p.str("SubnetId") == "" {
		return l, errNoDefaultVPC()
	}
	r, err := c.readENI(p)
	if err != nil {
		return l, err
	}
	l.request = &r
	// RunInstances has a different parameter name for EnablePrimaryIpv6.
	r.primaryV6, err = p.boolean("PrimaryIpv6", false)
	return l, err
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

func (l launch) subnet() *subnet {
	if l.existing != nil {
		return l.existing.subnet
	}
	return l.request.subnet
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
