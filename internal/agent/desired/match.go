package desired

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// MatchLink returns the link that a HostInterface is about, by its MAC address. A
// link that is there and must not be touched comes with a Problem.
func MatchLink(w State, p Policy, s link.Snapshot) (link.Link, *Problem) {
	var found, others []link.Link
	for _, l := range s.Links {
		switch {
		case l.MAC != w.MAC:
		case p.AllowsKind(l.Kind):
			found = append(found, l)
		default:
			// VLAN, macvlan, ipvlan and bridge links have the address of the
			// link below them, and bonds that of a member.
			others = append(others, l)
		}
	}
	switch len(found) {
	case 0:
		return link.Link{}, notFound(w, others)
	case 1:
		return found[0], protection(w, p, s, found[0])
	default:
		pr := Problemf(v1alpha1.ReasonProtectedInterface, "links %s all have the MAC address %s: give all but one another address, or take them out of their bond", joinNames(found), w.MAC)
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
	return Problemf(v1alpha1.ReasonWaitingForDevice, "no device of this host has the MAC address %s yet; %s has it, but is of a kind that is no ENI (--link-kinds)", w.MAC, joinNames(others))
}

// protection says why a link must not be touched.
func protection(w State, p Policy, s link.Snapshot, l link.Link) *Problem {
	refuse := func(format string, args ...any) *Problem {
		pr := Problemf(v1alpha1.ReasonProtectedInterface, "link %s is not touched: "+format, append([]any{l.Name}, args...)...)
		pr.Indexes = []int{l.Index}
		return pr
	}
	if w.DeviceIndex == 0 {
		return refuse("device index 0 is the node's own interface; ask for an ENI at another index")
	}
	if p.Primary != "" && l.Answers(p.Primary) {
		return refuse("it is the primary interface (--primary-interface %s)", p.Primary)
	}
	if family := DefaultRouteFamily(s.Defaults, l.Index); family != "" {
		return refuse("it carries the node's default route (ip %s route show default); if it should not, remove that route or give it a higher metric than another", family)
	}
	if slices.Contains(p.Ignored, l.Name) {
		return refuse("its name is among --ignore-interfaces")
	}
	if p.Pattern != nil && !matchesPattern(w, p, l) {
		return refuse("its name does not match --interface-pattern %s", p.Pattern)
	}
	return nil
}

// matchesPattern says whether the pattern admits a link. A link that we named keeps its
// admission: it would lose it by the very name that was asked for.
func matchesPattern(w State, p Policy, l link.Link) bool {
	return p.Pattern.MatchString(l.Name) || slices.ContainsFunc(l.AltNames, p.Pattern.MatchString) ||
		l.Name == w.InterfaceName || slices.Contains(l.AltNames, w.NetworkInterfaceID)
}

// DefaultRouteFamily returns the family, as ip spells it, whose default route goes
// through the link. Of several the kernel uses the one with the lowest metric:
// an ENI may have one that is only a fallback. Among equals each counts.
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

// joinNames lists links for a message, at most three of them.
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
