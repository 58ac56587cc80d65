// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fake

import (
	"slices"
	"syscall"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// AddAddress adds an address to a link.
func (l *Links) AddAddress(a link.Address) error {
	return l.change("AddAddress", a.LinkIndex, func(x *link.Link) error {
		switch {
		case !a.Prefix.IsValid():
			return syscall.EINVAL
		case a.Prefix.Addr().Is6() && x.MTU < minIPv6MTU:
			return syscall.EINVAL
		case slices.ContainsFunc(l.state.Addresses, sameAddress(a)):
			return link.ErrExists
		}
		a.Permanent = true
		l.state.Addresses = append(l.state.Addresses, a)
		return nil
	})
}

// DelAddress removes an address from a link.
func (l *Links) DelAddress(a link.Address) error {
	return l.change("DelAddress", a.LinkIndex, func(*link.Link) error {
		before := len(l.state.Addresses)
		l.state.Addresses = slices.DeleteFunc(l.state.Addresses, sameAddress(a))
		if len(l.state.Addresses) == before {
			return link.ErrNotFound
		}
		return nil
	})
}

// AddRoute adds a route, replacing a route to the same destination in its table. The
// link must be up, and the gateway must be reachable.
func (l *Links) AddRoute(r link.Route) error {
	return l.change("AddRoute", r.LinkIndex, func(x *link.Link) error {
		switch {
		case !x.Up:
			return syscall.ENETDOWN
		case !r.Destination.IsValid() || r.Table == 0:
			return syscall.EINVAL
		case r.Gateway.IsValid() && !r.OnLink && !r.Gateway.IsLinkLocalUnicast():
			return syscall.EINVAL
		}
		same := func(o link.Route) bool { return o.Table == r.Table && o.Destination == r.Destination }
		l.state.Routes = append(slices.DeleteFunc(l.state.Routes, same), r)
		return nil
	})
}

// DelRoute removes a route.
func (l *Links) DelRoute(r link.Route) error {
	return l.change("DelRoute", r.LinkIndex, func(*link.Link) error {
		before := len(l.state.Routes)
		l.state.Routes = slices.DeleteFunc(l.state.Routes, func(o link.Route) bool {
			return o.LinkIndex == r.LinkIndex && o.Table == r.Table && o.Destination == r.Destination && o.Gateway == r.Gateway
		})
		if len(l.state.Routes) == before {
			return link.ErrNotFound
		}
		return nil
	})
}

// AddRule adds a rule.
func (l *Links) AddRule(r link.Rule) error {
	return l.changeRules("AddRule", r.Table, func() error {
		if !r.From.IsValid() || r.From != r.From.Masked() {
			return syscall.EINVAL
		}
		if slices.Contains(l.state.Rules, r) {
			return link.ErrExists
		}
		l.state.Rules = append(l.state.Rules, r)
		return nil
	})
}

// DelRule removes a rule.
func (l *Links) DelRule(r link.Rule) error {
	return l.changeRules("DelRule", r.Table, func() error {
		i := slices.Index(l.state.Rules, r)
		if i < 0 {
			return link.ErrNotFound
		}
		l.state.Rules = slices.Delete(l.state.Rules, i, i+1)
		return nil
	})
}

func (l *Links) changeRules(method string, table int, f func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Fault != nil {
		if err := l.Fault(method); err != nil {
			return err
		}
	}
	if err := f(); err != nil {
		return err
	}
	l.notify(link.Event{Subject: link.SubjectTable, Table: table})
	return nil
}

func sameAddress(a link.Address) func(link.Address) bool {
	return func(o link.Address) bool { return o.LinkIndex == a.LinkIndex && o.Prefix == a.Prefix }
}
