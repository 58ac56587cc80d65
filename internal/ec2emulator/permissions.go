// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

// A permission is a rule of a security group for all protocols: blocks of addresses, or a group.
type permission struct {
	cidrs  []string
	cidrs6 []string
	groups []string
	// owner is the account of the groups.
	owner string
}

// ingress returns the inbound rules of a new security group: none, or the group itself for a default group.
func (g *group) ingress(account string) []permission {
	if g.id != g.vpc.defaultGroup {
		return nil
	}
	return []permission{{groups: []string{g.id}, owner: account}}
}

// egress returns the outbound rules of a new security group: all IPv4 addresses, and all IPv6 addresses if the VPC has
// an IPv6 block.
func (g *group) egress() []permission {
	p := permission{cidrs: []string{"0.0.0.0/0"}}
	if g.vpc.cidr6.IsValid() {
		p.cidrs6 = []string{"::/0"}
	}
	return []permission{p}
}

func permissions(name string, values []permission) node {
	return set(name, values, func(p permission) []node {
		return []node{
			leaf("ipProtocol", "-1"),
			set("groups", p.groups, func(id string) []node { return []node{leaf("userId", p.owner), leaf("groupId", id)} }),
			set("ipRanges", p.cidrs, func(cidr string) []node { return []node{leaf("cidrIp", cidr)} }),
			set("ipv6Ranges", p.cidrs6, func(cidr string) []node { return []node{leaf("cidrIpv6", cidr)} }),
			el("prefixListIds"),
		}
	})
}

// permissionFields adds the filters on the rules of one direction.
func (c *cloud) permissionFields(fields map[string]func(*group) []string, prefix string, rules func(*group) []permission) {
	add := func(name string, f func(permission) []string) {
		fields[prefix+name] = func(g *group) []string {
			var out []string
			for _, p := range rules(g) {
				out = append(out, f(p)...)
			}
			return out
		}
	}
	add("cidr", func(p permission) []string { return p.cidrs })
	add("ipv6-cidr", func(p permission) []string { return p.cidrs6 })
	add("group-id", func(p permission) []string { return p.groups })
	add("group-name", func(p permission) []string { return c.groupNames(p.groups) })
	add("protocol", constant[permission]("-1"))
	add("user-id", func(p permission) []string {
		if len(p.groups) == 0 {
			return nil
		}
		return []string{p.owner}
	})
	// A rule for all protocols has no ports.
	add("from-port", none[permission])
	add("to-port", none[permission])
	add("prefix-list-id", none[permission])
}
