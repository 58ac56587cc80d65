// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// KindDevice is the kind of a link for which the kernel reports no kind: a device, such
// as an ENI. The netlink library uses the same word.
const KindDevice = "device"

// Protocol is the protocol ("proto") of the routes and rules that this agent adds, as
// every routing daemon sets it. No daemon in /etc/iproute2/rt_protos or
// linux/rtnetlink.h has this number.
const Protocol = 200

// TableMain is the main routing table, which the kernel and the host's own tools use.
const TableMain = 254

// Errors that callers distinguish.
var (
	// ErrExists means that the object to add already exists.
	ErrExists = errors.New("already exists")

	// ErrNotFound means that the object to remove does not exist.
	ErrNotFound = errors.New("not found")

	// ErrNoLink means that the link does not exist.
	ErrNoLink = errors.New("no such link")
)

// A Link is a network device as the kernel reports it.
type Link struct {
	Index    int
	Name     string
	AltNames []string
	// Kind is KindDevice for a device, and veth, vlan, macvlan, ... otherwise.
	Kind string
	// MAC is in lower case with colons.
	MAC string
	MTU int
	// Up is true if the link is administratively up. The host does not control the
	// carrier.
	Up bool
}

// HasName reports whether the name or an alternative name of the link is name.
func (l Link) HasName(name string) bool {
	return l.Name == name || slices.Contains(l.AltNames, name)
}

// An Address is an IP address of a link.
type Address struct {
	LinkIndex int
	Prefix    netip.Prefix
	// NoPrefixRoute prevents the kernel from adding a route to the prefix in the main
	// table.
	NoPrefixRoute bool
	// Permanent is false for an address with a lifetime, which a DHCP client or a
	// router advertisement manages.
	Permanent bool
}

// A Route is a route through one link.
type Route struct {
	LinkIndex int
	Table     int
	// Destination is 0.0.0.0/0 or ::/0 for a default route.
	Destination netip.Prefix
	// Gateway is the zero value for a route to an on-link network.
	Gateway netip.Addr
	// OnLink makes the kernel accept a gateway that no other route reaches.
	OnLink bool
	// Metric is the priority among default routes: the kernel uses the lowest. It is
	// not set on routes of this agent.
	Metric int
}

// A Rule selects the routing table for packets with a source address in a prefix.
type Rule struct {
	Priority int
	From     netip.Prefix
	Table    int
}

// A Snapshot is the state of the host's links at one time.
type Snapshot struct {
	Links     []Link
	Addresses []Address
	// Defaults are the default routes of the main table, of both families.
	Defaults []Route
	// Routes are the routes with Protocol.
	Routes []Route
	// Rules are the rules with Protocol.
	Rules []Rule
}

// A Reader reads the state of the host's links.
type Reader interface {
	Snapshot() (Snapshot, error)

	// Index returns the index of the link with a name, or ErrNoLink, also if the name
	// is only an alternative name. The link may be renamed at any time.
	Index(name string) (int, error)

	// Scan reads the links of all network namespaces that the host knows. It costs a
	// request for each of them.
	Scan() (Scan, error)
}

// A Setter changes a link.
type Setter interface {
	SetUp(index int, up bool) error
	SetName(index int, name string) error
	SetMTU(index, mtu int) error
	AddAltName(index int, name string) error
	DelAltName(index int, name string) error
}

// An Addresser changes the addresses of a link.
type Addresser interface {
	AddAddress(a Address) error
	DelAddress(a Address) error
}

// A Router changes routes and rules with Protocol, and no others.
type Router interface {
	AddRoute(r Route) error
	DelRoute(r Route) error
	AddRule(r Rule) error
	DelRule(r Rule) error
}

// A Watcher watches the host's links. It calls f for each event, one at a time, until
// the context is done or netlink fails. The first event has SubjectAll; no later change
// is missed without another SubjectAll.
type Watcher interface {
	Watch(ctx context.Context, f func(Event)) error
}

// Links reads, changes and watches the host's links.
type Links interface {
	Reader
	Setter
	Addresser
	Router
	Watcher
}

// Subject is the kind of object that an Event concerns.
type Subject string

// Subjects of events.
const (
	// SubjectAll: events may have been lost; resync everything.
	SubjectAll Subject = "all"
	// SubjectLink: a link was added, changed or deleted.
	SubjectLink Subject = "link"
	// SubjectAddress: an address of a link was added or deleted.
	SubjectAddress Subject = "address"
	// SubjectDefault: a default route of the main table was added or deleted.
	SubjectDefault Subject = "default"
	// SubjectNamespace: the host has an id for a further network namespace, or one with an
	// id was deleted, such as a pod's.
	SubjectNamespace Subject = "namespace"
	// SubjectTable: a route with Protocol, or a rule, of a table was added or deleted.
	SubjectTable Subject = "table"
)

// An Event reports that something changed, not how: the receiver reads the current
// state.
type Event struct {
	Subject   Subject
	LinkIndex int
	MAC       string
	Table     int
	// Received is when the event was read from the socket.
	Received time.Time
}
