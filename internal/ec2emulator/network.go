// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// zones returns the zones of the Region. Three suffice for most seeds; others are accepted.
func (c *cloud) zones() []string {
	return []string{c.opts.Region + "a", c.opts.Region + "b", c.opts.Region + "c", c.opts.Region + "d"}
}

// zoneID returns the ID of a zone: us-east-1a is use1-az1.
func (c *cloud) zoneID(zone string) string {
	parts := strings.Split(c.opts.Region, "-")
	if len(parts) != 3 || len(zone) <= len(c.opts.Region) {
		return zone
	}
	var direction strings.Builder
	for _, d := range []string{"north", "south", "central", "east", "west"} {
		if strings.Contains(parts[1], d) {
			direction.WriteString(d[:1])
		}
	}
	return parts[0] + direction.String() + parts[2] + "-az" + strconv.Itoa(int(zone[len(zone)-1]-'a')+1)
}

func (c *call) describeAvailabilityZones() ([]node, error) {
	rows := c.zones()
	if names := c.params.list("ZoneName"); len(names) > 0 {
		for _, n := range names {
			if !slices.Contains(rows, n) {
				return nil, errInvalid("Invalid availability zone: [%s]", n)
			}
		}
		rows = names
	}
	if ids := c.params.list("ZoneId"); len(ids) > 0 {
		for _, id := range ids {
			if !slices.ContainsFunc(c.zones(), func(z string) bool { return c.zoneID(z) == id }) {
				return nil, errInvalid("Invalid availability zone-id: [%s]", id)
			}
		}
		rows = slices.DeleteFunc(rows, func(z string) bool { return !slices.Contains(ids, c.zoneID(z)) })
	}
	slices.Sort(rows)
	q := query[string]{
		fields: map[string]func(string) []string{
			"group-name":       constant[string](c.opts.Region),
			"message":          none[string],
			"opt-in-status":    constant[string]("opt-in-not-required"),
			"parent-zone-id":   none[string],
			"parent-zone-name": none[string],
			"region-name":      constant[string](c.opts.Region),
			"state":            constant[string]("available"),
			"zone-id":          one(c.zoneID),
			"zone-name":        one(func(z string) string { return z }),
			"zone-type":        constant[string]("availability-zone"),
		},
		unsupported: []string{"group-long-name"},
		id:          func(z string) string { return z },
	}
	page, _, err := q.run(c, rows)
	if err != nil {
		return nil, err
	}
	return []node{set("availabilityZoneInfo", page, func(z string) []node {
		return []node{
			leaf("zoneName", z), leaf("zoneId", c.zoneID(z)), leaf("zoneState", "available"), leaf("zoneType", "availability-zone"),
			leaf("regionName", c.opts.Region), leaf("groupName", c.opts.Region), leaf("networkBorderGroup", c.opts.Region),
			leaf("optInStatus", "opt-in-not-required"), el("messageSet"),
		}
	})}, nil
}

func (c *call) describeSubnets() ([]node, error) {
	rows, err := find(c, "SubnetId", kindSubnet, c.subnets, always[*subnet])
	if err != nil {
		return nil, err
	}
	cidr := one(func(s *subnet) string { return s.v4.cidr.String() })
	zone := one(func(s *subnet) string { return s.zone })
	q := query[*subnet]{
		fields: map[string]func(*subnet) []string{
			"availability-zone": zone, "availabilityZone": zone,
			"availability-zone-id":       one(func(s *subnet) string { return c.zoneID(s.zone) }),
			"available-ip-address-count": one(func(s *subnet) string { return strconv.Itoa(s.v4.free()) }),
			"cidr-block":                 cidr, "cidr": cidr, "cidrBlock": cidr,
			"customer-owned-ipv4-pool":   none[*subnet],
			"default-for-az":             constant[*subnet]("false"),
			"enable-dns64":               constant[*subnet]("false"),
			"enable-lni-at-device-index": none[*subnet],
			"ipv6-cidr-block-association.association-id": func(s *subnet) []string {
				if s.v6 == nil {
					return nil
				}
				return []string{s.v6Association()}
			},
			"ipv6-cidr-block-association.ipv6-cidr-block": func(s *subnet) []string { return s.v6CIDRs() },
			"ipv6-cidr-block-association.state": func(s *subnet) []string {
				if s.v6 == nil {
					return nil
				}
				return []string{"associated"}
			},
			"ipv6-native":                     constant[*subnet]("false"),
			"map-customer-owned-ip-on-launch": constant[*subnet]("false"),
			"map-public-ip-on-launch":         constant[*subnet]("false"),
			"outpost-arn":                     none[*subnet],
			"owner-id":                        one(func(*subnet) string { return c.opts.AccountID }),
			"private-dns-name-options-on-launch.enable-resource-name-dns-a-record":    constant[*subnet]("false"),
			"private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": constant[*subnet]("false"),
			"private-dns-name-options-on-launch.hostname-type":                        constant[*subnet]("ip-name"),
			"state":      one(func(*subnet) string { return "available" }),
			"subnet-arn": one(func(s *subnet) string { return c.arn(kindSubnet, s.id) }),
			"subnet-id":  one(func(s *subnet) string { return s.id }),
			"vpc-id":     one(func(s *subnet) string { return s.vpc.id }),
		},
		id:      func(s *subnet) string { return s.id },
		tag:     func(s *subnet, key string) (string, bool) { return s.tags.get(key, c.now) },
		tagKeys: func(s *subnet) []string { return s.tags.keys(c.now) },
	}
	page, next, err := q.run(c, rows)
	if err != nil {
		return nil, err
	}
	return []node{set("subnetSet", page, func(s *subnet) []node { return s.nodes(c.cloud) }), opt("nextToken", next)}, nil
}

func (s *subnet) v6CIDRs() []string {
	if s.v6 == nil {
		return nil
	}
	return []string{s.v6.cidr.String()}
}

// v6Association returns the identifier of the association with the IPv6 block.
func (s *subnet) v6Association() string { return "subnet-cidr-assoc-" + s.id }

func (s *subnet) nodes(c *cloud) []node {
	return []node{
		leaf("subnetId", s.id), leaf("subnetArn", c.arn(kindSubnet, s.id)), leaf("vpcId", s.vpc.id), leaf("state", "available"),
		leaf("cidrBlock", s.v4.cidr.String()), leaf("availableIpAddressCount", s.v4.free()), leaf("availabilityZone", s.zone),
		leaf("availabilityZoneId", c.zoneID(s.zone)), leaf("ownerId", c.opts.AccountID), leaf("defaultForAz", false),
		leaf("mapPublicIpOnLaunch", false), leaf("assignIpv6AddressOnCreation", false), leaf("ipv6Native", false),
		leaf("enableDns64", false), leaf("mapCustomerOwnedIpOnLaunch", false),
		el("privateDnsNameOptionsOnLaunch", leaf("hostnameType", "ip-name"), leaf("enableResourceNameDnsARecord", false),
			leaf("enableResourceNameDnsAAAARecord", false)),
		v6Associations("ipv6CidrBlockAssociationSet", s.v6Association(), s.v6CIDRs()),
		s.tags.node(c.now),
	}
}

func v6Associations(name, id string, cidrs []string, more ...node) node {
	return set(name, cidrs, func(cidr string) []node {
		return append([]node{leaf("associationId", id), leaf("ipv6CidrBlock", cidr), el("ipv6CidrBlockState", leaf("state", "associated"))}, more...)
	})
}

func (c *cloud) arn(k kind, id string) string {
	return "arn:aws:ec2:" + c.opts.Region + ":" + c.opts.AccountID + ":" + k.names().resourceType + "/" + id
}

func (c *call) describeSecurityGroups() ([]node, error) {
	rows, err := find(c, "GroupId", kindGroup, c.groups, always[*group])
	if err != nil {
		return nil, err
	}
	if names := c.params.list("GroupName"); len(names) > 0 {
		rows = slices.DeleteFunc(rows, func(g *group) bool { return !slices.Contains(names, g.name) })
		if len(rows) == 0 {
			return nil, failf("InvalidGroup.NotFound", "The security group '%s' does not exist", names[0])
		}
	}
	fields := map[string]func(*group) []string{
		"description": one(func(g *group) string { return g.description }),
		"group-id":    one(func(g *group) string { return g.id }),
		"group-name":  one(func(g *group) string { return g.name }),
		"owner-id":    one(func(*group) string { return c.opts.AccountID }),
		"vpc-id":      one(func(g *group) string { return g.vpc.id }),
	}
	c.permissionFields(fields, "ip-permission.", func(g *group) []permission { return g.ingress(c.opts.AccountID) })
	c.permissionFields(fields, "egress.ip-permission.", (*group).egress)
	q := query[*group]{
		fields:  fields,
		id:      func(g *group) string { return g.id },
		tag:     func(g *group, key string) (string, bool) { return g.tags.get(key, c.now) },
		tagKeys: func(g *group) []string { return g.tags.keys(c.now) },
	}
	page, next, err := q.run(c, rows)
	if err != nil {
		return nil, err
	}
	return []node{set("securityGroupInfo", page, func(g *group) []node {
		return []node{
			leaf("groupId", g.id), leaf("groupName", g.name), leaf("groupDescription", g.description), leaf("vpcId", g.vpc.id),
			leaf("ownerId", c.opts.AccountID), leaf("securityGroupArn", c.arn(kindGroup, g.id)),
			permissions("ipPermissions", g.ingress(c.opts.AccountID)), permissions("ipPermissionsEgress", g.egress()), g.tags.node(c.now),
		}
	}), opt("nextToken", next)}, nil
}

func (c *call) describeVPCs() ([]node, error) {
	rows, err := find(c, "VpcId", kindVPC, c.vpcs, always[*vpc])
	if err != nil {
		return nil, err
	}
	cidr := one(func(v *vpc) string { return v.cidr.String() })
	ifIPv6 := func(f func(*vpc) string) func(*vpc) []string {
		return func(v *vpc) []string {
			if !v.cidr6.IsValid() {
				return nil
			}
			return []string{f(v)}
		}
	}
	q := query[*vpc]{
		fields: map[string]func(*vpc) []string{
			"cidr": cidr, "cidr-block-association.cidr-block": cidr,
			"cidr-block-association.association-id":       one((*vpc).association),
			"cidr-block-association.state":                constant[*vpc]("associated"),
			"dhcp-options-id":                             constant[*vpc](dhcpOptions),
			"ipv6-cidr-block-association.association-id":  ifIPv6((*vpc).v6Association),
			"ipv6-cidr-block-association.ipv6-cidr-block": func(v *vpc) []string { return v.v6CIDRs() },
			"ipv6-cidr-block-association.ipv6-pool":       ifIPv6(func(*vpc) string { return amazonPool }),
			"ipv6-cidr-block-association.state":           ifIPv6(func(*vpc) string { return "associated" }),
			"is-default":                                  yes(func(*vpc) bool { return false }),
			"owner-id":                                    one(func(*vpc) string { return c.opts.AccountID }),
			"state":                                       one(func(*vpc) string { return "available" }),
			"vpc-id":                                      one(func(v *vpc) string { return v.id }),
		},
		id:      func(v *vpc) string { return v.id },
		tag:     func(v *vpc, key string) (string, bool) { return v.tags.get(key, c.now) },
		tagKeys: func(v *vpc) []string { return v.tags.keys(c.now) },
	}
	page, next, err := q.run(c, rows)
	if err != nil {
		return nil, err
	}
	return []node{set("vpcSet", page, func(v *vpc) []node { return v.nodes(c.cloud, "available") }), opt("nextToken", next)}, nil
}

func (v *vpc) v6CIDRs() []string {
	if !v.cidr6.IsValid() {
		return nil
	}
	return []string{v.cidr6.String()}
}

// dhcpOptions is the identifier of the Region's default DHCP options, which every VPC has.
const dhcpOptions = "dopt-00000000000000000"

// amazonPool is the pool of Amazon-provided IPv6 blocks.
const amazonPool = "Amazon"

// association returns the identifier of the association with the IPv4 block.
func (v *vpc) association() string { return "vpc-cidr-assoc-" + v.id }

// v6Association returns the identifier of the association with the IPv6 block.
func (v *vpc) v6Association() string { return "vpc-cidr-assoc6-" + v.id }

func (v *vpc) nodes(c *cloud, state string) []node {
	return []node{
		leaf("vpcId", v.id), leaf("cidrBlock", v.cidr.String()), leaf("state", state), leaf("isDefault", false),
		leaf("ownerId", c.opts.AccountID), leaf("instanceTenancy", "default"), leaf("dhcpOptionsId", dhcpOptions),
		set("cidrBlockAssociationSet", []netip.Prefix{v.cidr}, func(p netip.Prefix) []node {
			return []node{leaf("associationId", v.association()), leaf("cidrBlock", p.String()), el("cidrBlockState", leaf("state", "associated"))}
		}),
		v6Associations("ipv6CidrBlockAssociationSet", v.v6Association(), v.v6CIDRs(), leaf("ipv6Pool", amazonPool), leaf("networkBorderGroup", c.opts.Region)),
		v.tags.node(c.now),
	}
}
