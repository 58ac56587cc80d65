// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// find returns the resources with the given identifiers, or all visible resources. It returns an error for
// missing ones, in the order of the request.
func find[T any](c *call, parameter string, k kind, m map[string]T, visible func(T) bool) ([]T, error) {
	ids := c.params.list(parameter)
	if len(ids) == 0 {
		return slices.DeleteFunc(sorted(m), func(v T) bool { return !visible(v) }), nil
	}
	rows, missing := map[string]T{}, []string{}
	for _, id := range ids {
		if k.malformed(id) {
			return nil, k.errMalformed(id)
		}
		v, ok := m[id]
		switch {
		case ok && visible(v):
			rows[id] = v
		case !slices.Contains(missing, id):
			missing = append(missing, id)
		}
	}
	c.touch(ids...)
	if len(missing) > 0 {
		return nil, k.errNotFound(missing...)
	}
	return sorted(rows), nil
}

// always is for kinds that are visible immediately.
func always[T any](T) bool { return true }

func (c *call) describeNetworkInterfaces() ([]node, error) {
	if err := idsOrPage(c.params, "NetworkInterfaceId", "networkInterfacesSet"); err != nil {
		return nil, err
	}
	rows, err := find(c, "NetworkInterfaceId", kindENI, c.enis, func(e *eni) bool { return !c.now.Before(e.visible) })
	if err != nil {
		return nil, err
	}
	for i, e := range rows {
		rows[i] = e.described(c.now)
	}
	q := query[*eni]{
		fields:  c.eniFields(),
		id:      func(e *eni) string { return e.id },
		tag:     func(e *eni, key string) (string, bool) { return e.tags.get(key, c.now) },
		tagKeys: func(e *eni) []string { return e.tags.keys(c.now) },
	}
	page, next, err := q.run(c, rows)
	if err != nil {
		return nil, err
	}
	return []node{set("networkInterfaceSet", page, func(e *eni) []node { return e.nodes(c.cloud) }), opt("nextToken", next)}, nil
}

func (c *cloud) eniFields() map[string]func(*eni) []string {
	attach := func(f func(*attachment) string) func(*eni) []string {
		return func(e *eni) []string {
			if e.attachment == nil {
				return nil
			}
			return []string{f(e.attachment)}
		}
	}
	fields := map[string]func(*eni) []string{
		"addresses.primary":                func(e *eni) []string { return []string{"true", strconv.FormatBool(len(e.v4.addrs) < 2)} },
		"addresses.private-ip-address":     func(e *eni) []string { return strs(e.v4.addrs) },
		"attachment.attach-time":           attach(func(a *attachment) string { return a.since.UTC().Format(timeFormat) }),
		"attachment.attachment-id":         attach(func(a *attachment) string { return a.id }),
		"attachment.delete-on-termination": attach(func(a *attachment) string { return strconv.FormatBool(a.deleteOnTermination) }),
		"attachment.device-index":          attach(func(a *attachment) string { return strconv.Itoa(a.device) }),
		"attachment.instance-id":           attach(func(a *attachment) string { return a.instance.id }),
		"attachment.instance-owner-id":     attach(func(*attachment) string { return c.opts.AccountID }),
		"attachment.network-card-index":    attach(func(a *attachment) string { return strconv.Itoa(a.card) }),
		"attachment.status":                attach(func(a *attachment) string { return a.status }),
		"availability-zone":                one(func(e *eni) string { return e.subnet.zone }),
		"availability-zone-id":             one(func(e *eni) string { return c.zoneID(e.subnet.zone) }),
		"description":                      one(func(e *eni) string { return e.description }),
		"group-id":                         func(e *eni) []string { return e.groups },
		"group-name":                       func(e *eni) []string { return c.groupNames(e.groups) },
		"interface-type":                   one(func(e *eni) string { return e.kind }),
		"ipv6-addresses.ipv6-address":      func(e *eni) []string { return strs(e.v6.addrs) },
		"mac-address":                      one(func(e *eni) string { return e.mac }),
		"network-interface-id":             one(func(e *eni) string { return e.id }),
		"operator.managed":                 yes(func(e *eni) bool { return e.operator != "" }),
		"operator.principal":               one(func(e *eni) string { return e.operator }),
		"owner-id":                         one(func(*eni) string { return c.opts.AccountID }),
		"private-dns-name":                 one(func(e *eni) string { return c.privateDNS(e.primary()) }),
		"private-ip-address":               one(func(e *eni) string { return addrText(e.primary()) }),
		"requester-id":                     one(func(e *eni) string { return e.requester }),
		"requester-managed":                yes(func(e *eni) bool { return e.requesterManaged }),
		"source-dest-check":                yes(func(e *eni) bool { return !e.noCheck }),
		"status":                           one(func(e *eni) string { return e.status(c.now) }),
		"subnet-id":                        one(func(e *eni) string { return e.subnet.id }),
		"vpc-id":                           one(func(e *eni) string { return e.subnet.vpc.id }),
	}
	// DescribeInstances has the other filters on public addresses.
	all := c.associationFields()
	for _, name := range []string{"association.allocation-id", "association.association-id", "association.ip-owner-id", "association.public-dns-name", "association.public-ip", "addresses.association.owner-id", "addresses.association.public-ip"} {
		fields[name] = all[name]
	}
	return fields
}

// primary returns the primary IPv4 address; the zero address if the interface has none.
func (e *eni) primary() netip.Addr {
	if len(e.v4.addrs) == 0 {
		return netip.Addr{}
	}
	return e.v4.addrs[0]
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// privateDNS returns the private DNS name of an address; us-east-1 has its own suffix.
func (c *cloud) privateDNS(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	name := "ip-" + strings.ReplaceAll(a.String(), ".", "-")
	if c.opts.Region == "us-east-1" {
		return name + ".ec2.internal"
	}
	return name + "." + c.opts.Region + ".compute.internal"
}

func (c *cloud) groupNames(ids []string) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, c.groups[id].name)
	}
	return out
}

// nodes returns the elements of the network interface in DescribeNetworkInterfaces and CreateNetworkInterface.
func (e *eni) nodes(c *cloud) []node {
	return append(e.commonNodes(c),
		opt("availabilityZone", e.subnet.zone),
		leaf("availabilityZoneId", c.zoneID(e.subnet.zone)),
		when(e.attachment != nil, e.attachmentNode(c)),
		when(len(e.associated) > 0, texts("associatedSubnetSet", e.associated)),
		opt("requesterId", e.requester),
		leaf("requesterManaged", e.requesterManaged),
		leaf("ipv6Native", false),
		opt("ipv6Address", first(strs(e.v6.addrs))),
		e.tags.node(c.now),
	)
}

// commonNodes returns the elements that DescribeInstances also contains.
func (e *eni) commonNodes(c *cloud) []node {
	t := e.tracking
	return []node{
		leaf("networkInterfaceId", e.id), leaf("subnetId", e.subnet.id), leaf("vpcId", e.subnet.vpc.id),
		leaf("description", e.description), leaf("ownerId", c.opts.AccountID), leaf("status", e.status(c.now)),
		leaf("macAddress", e.mac), leaf("interfaceType", e.kind), leaf("sourceDestCheck", !e.noCheck),
		opt("privateIpAddress", addrText(e.primary())), opt("privateDnsName", c.privateDNS(e.primary())),
		e.associationNode(c, e.primary()),
		c.groupSet(e.groups),
		set("privateIpAddressesSet", e.v4.addrs, func(a netip.Addr) []node {
			return []node{leaf("privateIpAddress", a.String()), leaf("privateDnsName", c.privateDNS(a)), leaf("primary", a == e.primary()), e.associationNode(c, a)}
		}),
		set("ipv6AddressesSet", e.v6.addrs, func(a netip.Addr) []node {
			return []node{leaf("ipv6Address", a.String()), leaf("isPrimaryIpv6", e.primaryV6 && a == e.v6.addrs[0])}
		}),
		when(len(e.v4.blocks) > 0, set("ipv4PrefixSet", e.v4.blocks, func(b netip.Prefix) []node { return []node{leaf("ipv4Prefix", b.String())} })),
		when(len(e.v6.blocks) > 0, set("ipv6PrefixSet", e.v6.blocks, func(b netip.Prefix) []node { return []node{leaf("ipv6Prefix", b.String())} })),
		el("operator", leaf("managed", e.operator != ""), opt("principal", e.operator)),
		when(t != ConnectionTracking{}, el("connectionTrackingConfiguration",
			when(t.TCPEstablishedTimeoutSeconds > 0, leaf("tcpEstablishedTimeout", t.TCPEstablishedTimeoutSeconds)),
			when(t.UDPStreamTimeoutSeconds > 0, leaf("udpStreamTimeout", t.UDPStreamTimeoutSeconds)),
			when(t.UDPTimeoutSeconds > 0, leaf("udpTimeout", t.UDPTimeoutSeconds)))),
	}
}

func (c *cloud) groupSet(ids []string) node {
	return set("groupSet", ids, func(id string) []node {
		return []node{leaf("groupId", id), leaf("groupName", c.groups[id].name)}
	})
}

// attachmentNode returns the attachment; in an instance it has no instance ID.
func (e *eni) attachmentNode(c *cloud) node {
	a := e.attachment
	if a == nil {
		return node{}
	}
	return el("attachment", append(a.nodes(),
		leaf("instanceId", a.instance.id), leaf("instanceOwnerId", c.opts.AccountID))...)
}

func (a *attachment) nodes() []node {
	return []node{
		leaf("attachmentId", a.id), leaf("deviceIndex", a.device), leaf("networkCardIndex", a.card), leaf("status", a.status),
		leaf("attachTime", a.since), leaf("deleteOnTermination", a.deleteOnTermination),
		when(a.srd, el("enaSrdSpecification", leaf("enaSrdEnabled", a.srd),
			el("enaSrdUdpSpecification", leaf("enaSrdUdpEnabled", a.srdUDP)))),
		when(a.queues > 0, leaf("enaQueueCount", a.queues)),
	}
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
