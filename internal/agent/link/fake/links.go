package fake

import (
	"context"
	"net/netip"
	"slices"
	"sync"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// Limits of the links here: those of an ENA device, and of IPv6.
const (
	minMTU     = 68
	maxMTU     = 9216
	minIPv6MTU = 1280
	maxName    = 15
)

// Errors that the kernel has and package link does not tell apart.
var (
	ErrBusy    = errors.New("device or resource busy")
	ErrInvalid = errors.New("invalid argument")
	ErrDown    = errors.New("network is down")
)

// Links are the links of a host in memory.
type Links struct {
	mu    sync.Mutex
	state link.Snapshot
	next  int
	ears  map[int]func(link.Event)

	// Refuse, if set, is asked before each change, by the name of the method.
	// What it returns is the change's error.
	Refuse func(method string) error
}

var _ link.Links = &Links{}

// New returns the links of a host that has none.
func New() *Links { return &Links{ears: map[int]func(link.Event){}} }

// Add plugs a link in and returns its index, which no link had before.
func (l *Links) Add(x link.Link) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	x.Index = l.next
	if x.Kind == "" {
		x.Kind = link.KindDevice
	}
	l.state.Links = append(l.state.Links, x)
	l.tell(link.Event{Subject: link.SubjectLink, LinkIndex: x.Index, MAC: x.MAC})
	return x.Index
}

// Index returns the index of the link that has a name.
func (l *Links) Index(name string) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.state.Links, func(x link.Link) bool { return x.Name == name })
	if i < 0 {
		return 0, errors.Wrapf(link.ErrNoLink, "cannot find link %q", name)
	}
	return l.state.Links[i].Index, nil
}

// Remove unplugs a link. Its rules stay, as they name no link.
func (l *Links) Remove(index int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x, err := l.find(index)
	if err != nil {
		return
	}
	e := link.Event{Subject: link.SubjectLink, LinkIndex: index, MAC: x.MAC}
	s := &l.state
	s.Links = slices.DeleteFunc(s.Links, func(x link.Link) bool { return x.Index == index })
	s.Addresses = slices.DeleteFunc(s.Addresses, func(a link.Address) bool { return a.LinkIndex == index })
	s.Routes = slices.DeleteFunc(s.Routes, func(r link.Route) bool { return r.LinkIndex == index })
	s.Defaults = slices.DeleteFunc(s.Defaults, func(r link.Route) bool { return r.LinkIndex == index })
	l.tell(e)
}

// AddDefault adds a default route to the main table.
func (l *Links) AddDefault(r link.Route) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Table = link.TableMain
	l.state.Defaults = append(l.state.Defaults, r)
	l.tell(link.Event{Subject: link.SubjectDefault})
}

// Snapshot returns a copy of the state.
func (l *Links) Snapshot() (link.Snapshot, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := link.Snapshot{
		Links:     slices.Clone(l.state.Links),
		Addresses: slices.Clone(l.state.Addresses),
		Defaults:  slices.Clone(l.state.Defaults),
		Routes:    slices.Clone(l.state.Routes),
		Rules:     slices.Clone(l.state.Rules),
	}
	for i := range s.Links {
		s.Links[i].AltNames = slices.Sorted(slices.Values(s.Links[i].AltNames))
	}
	return s, nil
}

// Watch tells of each change until the context is done.
func (l *Links) Watch(ctx context.Context, f func(link.Event)) error {
	l.mu.Lock()
	l.next++
	id := l.next
	l.ears[id] = f
	f(link.Event{Subject: link.SubjectAll})
	l.mu.Unlock()

	<-ctx.Done()

	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.ears, id)
	return nil
}

func (l *Links) tell(e link.Event) {
	for _, f := range l.ears {
		f(e)
	}
}

// change does one change to one link, unless it is to be refused.
func (l *Links) change(method string, index int, f func(x *link.Link) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Refuse != nil {
		if err := l.Refuse(method); err != nil {
			return err
		}
	}
	x, err := l.find(index)
	if err != nil {
		return err
	}
	if err := f(x); err != nil {
		return err
	}
	l.tell(link.Event{Subject: link.SubjectLink, LinkIndex: index, MAC: x.MAC})
	return nil
}

func (l *Links) find(index int) (*link.Link, error) {
	for i := range l.state.Links {
		if l.state.Links[i].Index == index {
			return &l.state.Links[i], nil
		}
	}
	return nil, link.ErrNoLink
}

func (l *Links) nameTaken(name string) bool {
	return slices.ContainsFunc(l.state.Links, func(x link.Link) bool { return x.Answers(name) })
}

// SetUp brings a link up or down. Down costs the link its routes and its IPv6
// addresses.
func (l *Links) SetUp(index int, up bool) error {
	return l.change("SetUp", index, func(x *link.Link) error {
		x.Up = up
		if !up {
			l.state.Routes = slices.DeleteFunc(l.state.Routes, func(r link.Route) bool { return r.LinkIndex == index })
			l.dropIPv6(index)
		}
		return nil
	})
}

func (l *Links) dropIPv6(index int) {
	six := func(a netip.Addr) bool { return a.Is6() }
	l.state.Addresses = slices.DeleteFunc(l.state.Addresses, func(a link.Address) bool {
		return a.LinkIndex == index && six(a.Prefix.Addr())
	})
	l.state.Routes = slices.DeleteFunc(l.state.Routes, func(r link.Route) bool {
		return r.LinkIndex == index && six(r.Destination.Addr())
	})
}

// SetName renames a link that is down.
func (l *Links) SetName(index int, name string) error {
	return l.change("SetName", index, func(x *link.Link) error {
		switch {
		case x.Up:
			return ErrBusy
		case name == "" || len(name) > maxName:
			return ErrInvalid
		case l.nameTaken(name):
			return link.ErrExists
		}
		x.Name = name
		return nil
	})
}

// SetMTU sets an MTU. A small one costs the link IPv6.
func (l *Links) SetMTU(index, mtu int) error {
	return l.change("SetMTU", index, func(x *link.Link) error {
		if mtu < minMTU || mtu > maxMTU {
			return ErrInvalid
		}
		x.MTU = mtu
		if mtu < minIPv6MTU {
			l.dropIPv6(index)
		}
		return nil
	})
}

// AddAltName adds an alternative name that no link has.
func (l *Links) AddAltName(index int, name string) error {
	return l.change("AddAltName", index, func(x *link.Link) error {
		if l.nameTaken(name) {
			return link.ErrExists
		}
		x.AltNames = append(slices.Clone(x.AltNames), name)
		return nil
	})
}

// DelAltName removes an alternative name of the link.
func (l *Links) DelAltName(index int, name string) error {
	return l.change("DelAltName", index, func(x *link.Link) error {
		if !slices.Contains(x.AltNames, name) {
			return link.ErrNotFound
		}
		x.AltNames = slices.DeleteFunc(slices.Clone(x.AltNames), func(n string) bool { return n == name })
		return nil
	})
}
