// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

// A cloud is the state of one account in one Region. It is not safe for concurrent use: the Server locks it.
type cloud struct {
	opts Options
	rng  *rand.Rand
	now  time.Time
	// timeline schedules transitions.
	timeline timeline
	// emit sends an event to the hooks.
	emit func(Event)

	vpcs      map[string]*vpc
	subnets   map[string]*subnet
	groups    map[string]*group
	instances map[string]*instance
	enis      map[string]*eni
	// elasticIPs by allocation identifier.
	elasticIPs map[string]*elasticIP
	// attachments by attachment identifier.
	attachments map[string]*eni
	macs        map[string]bool
	// tokens maps each ClientToken of an action to the resources created.
	tokens map[string]tokenUse
	// deleted are the deleted network interfaces, oldest first.
	deleted []NetworkInterface
	// deletedByID is used for a repeated ClientToken.
	deletedByID map[string]*eni
}

type vpc struct {
	id           string
	cidr         netip.Prefix
	cidr6        netip.Prefix
	tags         tags
	defaultGroup string
}

type subnet struct {
	id   string
	vpc  *vpc
	zone string
	v4   *pool
	// v6 is nil if the subnet has no IPv6 block.
	v6   *pool
	tags tags
}

type group struct {
	id          string
	name        string
	description string
	vpc         *vpc
	tags        tags
}

type instance struct {
	id       string
	spec     instanceType
	subnet   *subnet
	state    string
	launched time.Time
	// index is the position of the instance in its launch.
	index int
	// token is the ClientToken of RunInstances.
	token       string
	reservation string
	image       string
	tags        tags
	enis        map[string]*eni
}

type eni struct {
	id          string
	subnet      *subnet
	description string
	kind        string
	mac         string
	v4          claim
	v6          claim
	primaryV6   bool
	groups      []string
	noCheck     bool
	// requester is the creator: a user, or the managing service.
	requester        string
	requesterManaged bool
	operator         string
	tracking         ConnectionTracking
	associated       []string
	publicIP         bool
	// public are the public addresses by private address.
	public  map[netip.Addr]publicAddress
	tags    tags
	token   string
	created time.Time
	// visible is when describe calls begin to return the interface.
	visible time.Time
	// available is the end of the state pending.
	available  time.Time
	attachment *attachment
	// past are the attachments before recent changes, which describe calls still return.
	past []pastAttachment
}

type attachment struct {
	id                  string
	instance            *instance
	device              int
	card                int
	anyCard             bool // attached without a network card index
	status              string
	deleteOnTermination bool
	srd                 bool
	srdUDP              bool
	queues              int
	since               time.Time
	// fresh is true if RunInstances created the interface with its instance.
	fresh bool
	// seen is true if the device has appeared on the host.
	seen bool
}

// States of an attachment.
const (
	attaching = "attaching"
	attached  = "attached"
	detaching = "detaching"
)

type tokenUse struct {
	canonical string
	ids       []string
}

func newCloud(o Options, emit func(Event)) *cloud {
	return &cloud{
		opts: o, rng: rand.New(rand.NewPCG(o.Seed, o.Seed)), now: o.Clock.Now(), emit: emit, //nolint:gosec // Not a secret.
		vpcs: map[string]*vpc{}, subnets: map[string]*subnet{}, groups: map[string]*group{},
		instances: map[string]*instance{}, enis: map[string]*eni{}, elasticIPs: map[string]*elasticIP{}, attachments: map[string]*eni{},
		macs: map[string]bool{}, tokens: map[string]tokenUse{}, deletedByID: map[string]*eni{},
	}
}

// settle executes the transitions due at the instant now.
func (c *cloud) settle(now time.Time) {
	if now.After(c.now) {
		c.now = now
	}
	c.timeline.settle(c.now)
}

// newID returns an identifier in EC2's format: a prefix and 17 hexadecimal digits.
func (c *cloud) newID(k kind) string { return c.newIDWith(k.names().prefix) }

func (c *cloud) newIDWith(prefix string) string {
	return fmt.Sprintf("%s0%016x", prefix, c.rng.Uint64())
}

// newMAC returns a unique, locally administered MAC address.
func (c *cloud) newMAC() string {
	for {
		n := c.rng.Uint64()
		//nolint:gosec // conversion to bytes
		mac := fmt.Sprintf("02:%02x:%02x:%02x:%02x:%02x", byte(n>>32), byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
		if !c.macs[mac] {
			return mac
		}
	}
}

// lookup returns a resource by identifier.
func lookup[T any](m map[string]T, k kind, id string) (T, error) {
	var none T
	if k.malformed(id) {
		return none, k.errMalformed(id)
	}
	v, ok := m[id]
	if !ok {
		return none, k.errNotFound(id)
	}
	return v, nil
}

// sorted returns the values of m sorted by identifier, which is the order of pages.
func sorted[T any](m map[string]T) []T {
	out := make([]T, 0, len(m))
	for _, id := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[id])
	}
	return out
}

func (e *eni) status(now time.Time) string {
	switch {
	case e.attachment != nil:
		return "in-use"
	case now.Before(e.available):
		return "pending"
	default:
		return "available"
	}
}

func (e *eni) managed() bool { return e.requesterManaged || e.operator != "" }

// snapshot returns a copy of the network interface.
func (e *eni) snapshot(now time.Time) NetworkInterface {
	n := NetworkInterface{
		ID: e.id, SubnetID: e.subnet.id, VPCID: e.subnet.vpc.id, AvailabilityZone: e.subnet.zone,
		Description: e.description, InterfaceType: e.kind, MACAddress: e.mac,
		PrivateIPAddresses: strs(e.v4.addrs), IPv4Prefixes: strs(e.v4.blocks),
		IPv6Addresses: strs(e.v6.addrs), IPv6Prefixes: strs(e.v6.blocks), PrimaryIPv6: e.primaryV6,
		SecurityGroupIDs: slices.Clone(e.groups), SourceDestCheckDisabled: e.noCheck,
		RequesterID: e.requester, RequesterManaged: e.requesterManaged, OperatorPrincipal: e.operator, ConnectionTracking: e.tracking,
		AssociatedSubnetIDs: slices.Clone(e.associated), AssociatePublicIPAddress: e.publicIP,
		Tags: e.tags.actual(), ClientToken: e.token, Status: e.status(now), CreatedAt: e.created,
	}
	if p, ok := e.public[e.primary()]; ok {
		n.PublicIPAddress, n.AllocationID = p.ip.String(), p.allocation
	}
	if a := e.attachment; a != nil {
		n.Attachment = &Attachment{
			ID: a.id, InstanceID: a.instance.id, DeviceIndex: a.device, NetworkCardIndex: a.card, Status: a.status,
			DeleteOnTermination: a.deleteOnTermination, EnaSrdEnabled: a.srd, EnaSrdUDPEnabled: a.srdUDP,
			EnaQueueCount: a.queues, AttachTime: a.since,
		}
	}
	return n
}

func (i *instance) snapshot() Instance {
	s := Instance{
		ID: i.id, Type: i.spec.name, SubnetID: i.subnet.id, State: i.state, Tags: i.tags.actual(),
		AvailabilityZone: i.subnet.zone, LaunchTime: i.launched,
	}
	if p := i.primary(); p != nil {
		s.PrivateIPAddress = p.v4.addrs[0].String()
		s.SecurityGroupIDs = slices.Clone(p.groups)
	}
	return s
}

func strs[T fmt.Stringer](values []T) []string {
	var out []string
	for _, v := range values {
		out = append(out, v.String())
	}
	return out
}
