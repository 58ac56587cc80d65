// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"slices"
	"strings"
)

// A launch is a network interface of a new instance: a new or an existing network interface.
type launch struct {
	request    *eniRequest
	existing   *eni
	attachment *attachment
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

func (l launch) subnet() *subnet {
	if l.existing != nil {
		return l.existing.subnet
	}
	return l.request.subnet
}
