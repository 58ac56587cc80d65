// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fake

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"syscall"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// Limits of an ENA device and of IPv6.
const (
	minMTU     = 68
	maxMTU     = 9216
	minIPv6MTU = 1280
	maxName    = 15
)

// Links keeps the links of a host in memory.
type Links struct {
	mu       sync.Mutex
	state    link.Snapshot
	next     int
	watchers map[int]func(link.Event)

	others  []link.Scanned
	scanErr error
	scans   int

	// Fault, if set, is called before each change with the name of the method. If it
	// returns an error, the change fails with it.
	Fault func(method string) error
}

var _ link.Links = &Links{}

// New returns a host without links.
func New() *Links { return &Links{watchers: map[int]func(link.Event){}} }

// Add adds a link and returns its index, which is never reused.
func (l *Links) Add(x link.Link) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	x.Index = l.next
	if x.Kind == "" {
		x.Kind = link.KindDevice
	}
	l.state.Links = append(l.state.Links, x)
	l.notify(link.Event{Subject: link.SubjectLink, LinkIndex: x.Index, MAC: x.MAC})
	return x.Index
}

// Index returns the index of the link with a name.
func (l *Links) Index(name string) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.state.Links, func(x link.Link) bool { return x.Name == name })
	if i < 0 {
		return 0, errors.Wrapf(link.ErrNoLink, "cannot find link %q", name)
	}
	return l.state.Links[i].Index, nil
}

// Remove removes a link with its addresses and routes. Rules stay, as they do not refer
// to a link.
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
	l.notify(e)
}

// RemoveDefault removes a default route of the main table.
func (l *Links) RemoveDefault(r link.Route) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.Defaults = slices.DeleteFunc(l.state.Defaults, func(x link.Route) bool { return x == r })
	l.notify(link.Event{Subject: link.SubjectDefault})
}

// AddDefault adds a default route to the main table.
func (l *Links) AddDefault(r link.Route) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Table = link.TableMain
	l.state.Defaults = append(l.state.Defaults, r)
	l.notify(link.Event{Subject: link.SubjectDefault})
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

// Watch calls f for each change until the context is done.
func (l *Links) Watch(ctx context.Context, f func(link.Event)) error {
	l.mu.Lock()
	l.next++
	id := l.next
	l.watchers[id] = f
	f(link.Event{Subject: link.SubjectAll})
	l.mu.Unlock()

	<-ctx.Done()

	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.watchers, id)
	return nil
}

func (l *Links) notify(e link.Event) {
	for _, f := range l.watchers {
		f(e)
	}
}

// change executes one change of a link, unless Fault fails it.
func (l *Links) change(method string, index int, f func(x *link.Link) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Fault != nil {
		if err := l.Fault(method); err != nil {
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
	l.notify(link.Event{Subject: link.SubjectLink, LinkIndex: index, MAC: x.MAC})
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
	return slices.ContainsFunc(l.state.Links, func(x link.Link) bool { return x.HasName(name) })
}

// SetUp sets a link up or down. Down removes its routes and its IPv6 addresses.
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
			return syscall.EBUSY
		case name == "" || len(name) > maxName:
			return syscall.EINVAL
		case l.nameTaken(name):
			return link.ErrExists
		}
		x.Name = name
		return nil
	})
}

// SetMTU sets an MTU. An MTU below 1280 disables IPv6.
func (l *Links) SetMTU(index, mtu int) error {
	return l.change("SetMTU", index, func(x *link.Link) error {
		if mtu < minMTU || mtu > maxMTU {
			return syscall.EINVAL
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
