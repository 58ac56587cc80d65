package link

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// KindDevice is the kind of a link that the kernel gives no kind: a device,
// such as an ENI. It is the word that ip link uses for the field's absence.
const KindDevice = "device"

// Protocol marks the routes and rules that this agent made, as "proto" does
// for every routing daemon. The number is this project's choice: none of
// /etc/iproute2/rt_protos and of the daemons listed in linux/rtnetlink.h has it.
const Protocol = 200

// TableMain is the table that the kernel and the host's own tools route by.
const TableMain = 254

// Errors that callers tell apart.
var (
	// ErrExists says that what should be made is there already.
	ErrExists = errors.New("exists already")

	// ErrNotFound says that what should be removed is not there.
	ErrNotFound = errors.New("not found")

	// ErrNoLink says that the link itself is gone.
	ErrNoLink = errors.New("no such link")
)

// A Link is a network device as the kernel shows it.
type Link struct {
	Index    int
	Name     string
	AltNames []string
	// Kind is KindDevice for a device, and veth, vlan, macvlan, ... otherwise.
	Kind string
	// MAC is in lower case with colons.
	MAC string
	MTU int
	// Up is the administrative state. The carrier is not the host's to decide.
	Up bool
}

// Answers says whether the link answers to a name: its own or an alternative.
func (l Link) Answers(name string) bool {
	return l.Name == name || slices.Contains(l.AltNames, name)
}

// An Address is an address of a link.
type Address struct {
	LinkIndex int
	Prefix    netip.Prefix
	// NoPrefixRoute keeps the kernel from routing the prefix in the main table.
	NoPrefixRoute bool
	// Permanent is false for an address with a lifetime, which a DHCP client or
	// a router advertisement gave and will take away.
	Permanent bool
}

// A Route is a route of one link.
type Route struct {
	LinkIndex int
	Table     int
	// Destination is 0.0.0.0/0 or ::/0 for a default route.
	Destination netip.Prefix
	// Gateway is invalid for a route to a network on the link.
	Gateway netip.Addr
	// OnLink takes the gateway to be on the link, whatever other routes say.
	OnLink bool
	// Metric decides between default routes: the kernel uses the lowest. It is
	// not set on routes of this agent.
	Metric int
}

// A Rule sends what comes from a prefix to a table.
type Rule struct {
	Priority int
	From     netip.Prefix
	Table    int
}

// A Snapshot is one look at the host.
type Snapshot struct {
	Links     []Link
	Addresses []Address
	// Defaults are the default routes of the main table, of both families.
	Defaults []Route
	// Routes are those marked with Protocol.
	Routes []Route
	// Rules are those marked with Protocol.
	Rules []Rule
}

// A Reader looks at the host.
type Reader interface {
	Snapshot() (Snapshot, error)

	// Index returns the index of the link that has a name, or ErrNoLink, also for
	// one that only answers to it as an alternative name. It may be another's in a
	// moment.
	Index(name string) (int, error)
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

// A Router changes the routes and rules that carry Protocol, and no others.
type Router interface {
	AddRoute(r Route) error
	DelRoute(r Route) error
	AddRule(r Rule) error
	DelRule(r Rule) error
}

// A Watcher tells what changes on the host. It calls f for each change, one at
// a time, until the context is done or the kernel can no longer be heard. Its
// first call says Resync, after which nothing is missed.
type Watcher interface {
	Watch(ctx context.Context, f func(Event)) error
}

// Links is everything that can be asked of a host's links.
type Links interface {
	Reader
	Setter
	Addresser
	Router
	Watcher
}

// Subject is what an Event is about.
type Subject string

// Subjects of events.
const (
	// SubjectAll: news may have been missed; look at everything.
	SubjectAll Subject = "all"
	// SubjectLink: a link appeared, changed or went.
	SubjectLink Subject = "link"
	// SubjectAddress: an address of a link appeared or went.
	SubjectAddress Subject = "address"
	// SubjectDefault: a default route of the main table appeared or went.
	SubjectDefault Subject = "default"
	// SubjectTable: a marked route, or a rule, of a table appeared or went.
	SubjectTable Subject = "table"
)

// An Event says that something changed, not how: whoever cares looks again.
type Event struct {
	Subject   Subject
	LinkIndex int
	MAC       string
	Table     int
	// Received is when the event was read from the kernel.
	Received time.Time
}
