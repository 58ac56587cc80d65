// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// MatchLink returns the link with the MAC address of a HostInterface. A protected link
// is returned with a Problem.
func MatchLink(w State, p Policy, s link.Snapshot) (link.Link, *Problem) {
	var found, others []link.Link
	for _, l := range s.Links {
		switch {
		case l.MAC != w.MAC:
		case p.AllowsKind(l.Kind):
			found = append(found, l)
		default:
			// VLAN, macvlan, ipvlan and bridge links have the MAC address of their
			// lower link, and bonds the MAC address of a member.
			others = append(others, l)
		}
	}
	switch len(found) {
	case 0:
		return link.Link{}, notFound(w, others)
	case 1:
		return found[0], protection(w, p, s, found[0])
	default:
		pr := Problemf(v1alpha1.ReasonProtectedInterface, "links %s have the same MAC address %s: change the address of all but one, or remove them from their bond", joinNames(found), w.MAC)
		for _, l := range found {
			pr.Indexes = append(pr.Indexes, l.Index)
		}
		return link.Link{}, pr
	}
}

func notFound(w State, others []link.Link) *Problem {
	if len(others) == 0 {
		return Problemf(v1alpha1.ReasonWaitingForDevice, "no link of this host has the MAC address %s yet", w.MAC)
	}
	return Problemf(v1alpha1.ReasonWaitingForDevice, "no device of this host has the MAC address %s yet; %s has it, but its kind is not in --link-kinds", w.MAC, joinNames(others))
}

// protection returns why the agent must not change a link, or nil.
func protection(w State, p Policy, s link.Snapshot, l link.Link) *Problem {
	protect := func(format string, args ...any) *Problem {
		pr := Problemf(v1alpha1.ReasonProtectedInterface, "link %s is protected: "+format, append([]any{l.Name}, args...)...)
		pr.Indexes = []int{l.Index}
		return pr
	}
	if w.DeviceIndex == 0 {
		return protect("device index 0 is the node's primary interface; use another device index")
	}
	if p.Primary != "" && l.HasName(p.Primary) {
		return protect("it is the primary interface (--primary-interface %s)", p.Primary)
	}
	if family := DefaultRouteFamily(s.Defaults, l.Index); family != "" {
		pr := protect("it carries the node's default route (ip %s route show default); to manage the link, remove that route or raise its metric", family)
		// A network manager that configures the primary interface again removes its default
		// route for a moment, in which another one has the lowest metric.
		pr.Transient = true
		return pr
	}
	if slices.Contains(p.Ignored, l.Name) {
		return protect("its name is in --ignore-interfaces")
	}
	if p.Pattern != nil && !matchesPattern(w, p, l) {
		return protect("its name does not match --interface-pattern %s", p.Pattern)
	}
	return nil
}

// matchesPattern reports whether the pattern matches a link. A link that the agent has
// renamed still matches: otherwise the configured name would exclude it.
func matchesPattern(w State, p Policy, l link.Link) bool {
	return p.Pattern.MatchString(l.Name) || slices.ContainsFunc(l.AltNames, p.Pattern.MatchString) ||
		l.Name == w.InterfaceName || slices.Contains(l.AltNames, w.NetworkInterfaceID)
}

// DefaultRouteFamily returns the option of ip for the family whose default route uses
// the link, or an empty string. Only routes with the lowest metric count: an ENI may
// have another one as a fallback.
func DefaultRouteFamily(defaults []link.Route, index int) string {
	for _, family := range []struct {
		four   bool
		option string
	}{{true, "-4"}, {false, "-6"}} {
		lowest, of := -1, []int{}
		for _, r := range defaults {
			if r.Destination.Addr().Is4() != family.four || lowest >= 0 && r.Metric > lowest {
				continue
			}
			if r.Metric != lowest {
				lowest, of = r.Metric, nil
			}
			of = append(of, r.LinkIndex)
		}
		if slices.Contains(of, index) {
			return family.option
		}
	}
	return ""
}

// joinNames lists the names of at most three links, for a message.
func joinNames(links []link.Link) string {
	out := make([]string, 0, len(links))
	for _, l := range links {
		out = append(out, l.Name)
	}
	slices.Sort(out)
	if len(out) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(out[:3], ", "), len(out)-3)
	}
	return strings.Join(out, ", ")
}
