// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"fmt"
	"io/fs"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/sysfs"
)

// A Step is one idempotent change of the host. Its String is the equivalent command.
type Step interface {
	fmt.Stringer
	// Kind is the value of the metrics' label for the type of a step.
	Kind() string

	apply(h *Host) error
}

// SetUp brings a link up or down.
type SetUp struct {
	Index int
	Link  string
	Up    bool
}

// Kind of the step.
func (s SetUp) Kind() string { return "state" }

// String returns the step as a command that an administrator could run.
func (s SetUp) String() string {
	if s.Up {
		return fmt.Sprintf("ip link set dev %s up", s.Link)
	}
	return fmt.Sprintf("ip link set dev %s down", s.Link)
}

func (s SetUp) apply(h *Host) error { return h.Links.SetUp(s.Index, s.Up) }

// Rename gives a link another name.
type Rename struct {
	Index    int
	From, To string
}

// Kind of the step.
func (s Rename) Kind() string { return "name" }

// String returns the step as a command that an administrator could run.
func (s Rename) String() string      { return fmt.Sprintf("ip link set dev %s name %s", s.From, s.To) }
func (s Rename) apply(h *Host) error { return h.Links.SetName(s.Index, s.To) }

// SetMTU sets the MTU of a link.
type SetMTU struct {
	Index int
	Link  string
	MTU   int
}

// Kind of the step.
func (s SetMTU) Kind() string { return "mtu" }

// String returns the step as a command that an administrator could run.
func (s SetMTU) String() string      { return fmt.Sprintf("ip link set dev %s mtu %d", s.Link, s.MTU) }
func (s SetMTU) apply(h *Host) error { return h.Links.SetMTU(s.Index, s.MTU) }

// SetAltName adds or removes an alternative name.
type SetAltName struct {
	Index  int
	Link   string
	Name   string
	Remove bool
}

// Kind of the step.
func (s SetAltName) Kind() string { return "altname" }

// String returns the step as a command that an administrator could run.
func (s SetAltName) String() string {
	return fmt.Sprintf("ip link property %s dev %s altname %s", verb(s.Remove), s.Link, s.Name)
}

func (s SetAltName) apply(h *Host) error {
	if s.Remove {
		return ignore(h.Links.DelAltName(s.Index, s.Name), link.ErrNotFound)
	}
	return ignore(h.Links.AddAltName(s.Index, s.Name), link.ErrExists)
}

// SetSysctl writes a setting of a link.
type SetSysctl struct {
	Index  int
	Sysctl sysfs.Sysctl
	Value  string
}

// Kind of the step.
func (s SetSysctl) Kind() string { return "sysctl" }

// String returns the step as a command that an administrator could run.
func (s SetSysctl) String() string { return fmt.Sprintf("sysctl -w %s=%s", s.Sysctl, s.Value) }

// A deleted link has no sysctls, so their absence is not an error. Sysctls identify a
// link by name, and udev may be renaming links: check the link's index.
func (s SetSysctl) apply(h *Host) error {
	return ignore(h.Sysctls.Set(s.Sysctl, s.Value, func() error {
		switch index, err := h.Links.Index(s.Sysctl.Link); {
		case err != nil:
			return err
		case index != s.Index:
			return errors.Errorf("cannot set %s: the name belongs to link %d now, not to link %d", s.Sysctl, index, s.Index)
		default:
			return nil
		}
	}), fs.ErrNotExist, link.ErrNoLink)
}

// SetAddress adds or removes an address of a link.
type SetAddress struct {
	Link    string
	Address link.Address
	Remove  bool
}

// Kind of the step.
func (s SetAddress) Kind() string { return "address" }

// String returns the step as a command that an administrator could run.
func (s SetAddress) String() string {
	flags := ""
	switch {
	case s.Remove:
	case s.Address.Prefix.Addr().Is6():
		flags = " nodad noprefixroute"
	default:
		flags = " noprefixroute"
	}
	return fmt.Sprintf("ip address %s %s dev %s%s", verb(s.Remove), s.Address.Prefix, s.Link, flags)
}

func (s SetAddress) apply(h *Host) error {
	if s.Remove {
		return ignore(h.Links.DelAddress(s.Address), link.ErrNotFound)
	}
	return ignore(h.Links.AddAddress(s.Address), link.ErrExists)
}

// SetRoute adds or removes a route of the ENI's table.
type SetRoute struct {
	Link   string
	Route  link.Route
	Remove bool
}

// Kind of the step.
func (s SetRoute) Kind() string { return "route" }

// String returns the step as a command that an administrator could run.
func (s SetRoute) String() string {
	family, do, to, how := "", "replace", s.Route.Destination.String(), ""
	if s.Route.Destination.Addr().Is6() {
		family = "-6 "
	}
	if s.Remove {
		do = "del"
	}
	if s.Route.Destination.Bits() == 0 {
		to = "default"
	}
	if s.Route.Gateway.IsValid() {
		how = " via " + s.Route.Gateway.String()
	}
	how += " dev " + s.Link
	if s.Route.OnLink {
		how += " onlink"
	}
	return fmt.Sprintf("ip %sroute %s %s%s table %d proto %d", family, do, to, how, s.Route.Table, link.Protocol)
}

func (s SetRoute) apply(h *Host) error {
	if s.Remove {
		return ignore(h.Links.DelRoute(s.Route), link.ErrNotFound)
	}
	return ignore(h.Links.AddRoute(s.Route), link.ErrExists)
}

// SetRule adds or removes a rule that leads to the ENI's table.
type SetRule struct {
	Rule   link.Rule
	Remove bool
}

// Kind of the step.
func (s SetRule) Kind() string { return "rule" }

// String returns the step as a command that an administrator could run.
func (s SetRule) String() string {
	family := ""
	if s.Rule.From.Addr().Is6() {
		family = "-6 "
	}
	return fmt.Sprintf("ip %srule %s from %s lookup %d pref %d protocol %d",
		family, verb(s.Remove), s.Rule.From, s.Rule.Table, s.Rule.Priority, link.Protocol)
}

func (s SetRule) apply(h *Host) error {
	if s.Remove {
		return ignore(h.Links.DelRule(s.Rule), link.ErrNotFound)
	}
	return ignore(h.Links.AddRule(s.Rule), link.ErrExists)
}

func verb(remove bool) string {
	if remove {
		return "del"
	}
	return "add"
}

// Apply applies steps until one fails, and returns the steps it tried.
func Apply(h *Host, steps []Step) ([]Step, error) {
	for i, s := range steps {
		if err := s.apply(h); err != nil {
			return steps[:i+1], errors.Wrapf(err, "cannot apply %q", s)
		}
	}
	return steps, nil
}

// ignore returns nil for errors of a step that is already done, by an earlier agent that
// crashed or by another program. The next observation shows the result.
func ignore(err error, ignored ...error) error {
	for _, f := range ignored {
		if errors.Is(err, f) {
			return nil
		}
	}
	return err
}
