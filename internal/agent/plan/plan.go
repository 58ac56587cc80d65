// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"net/netip"
	"slices"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/bounds"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// minIPv6MTU is the smallest MTU at which the kernel keeps IPv6 on a link
// (RFC 8200, section 5).
const minIPv6MTU = 1280

// A Plan is the steps to the desired state, and the problem that prevents it.
type Plan struct {
	// Link of the HostInterface; zero if there is none.
	Link  link.Link
	Steps []host.Step
	// OriginalMTU is the MTU that the link had before the agent changed it; 0 if the link
	// has that MTU after the steps.
	OriginalMTU int
	// Problem is nil if the host has the desired state after the steps.
	Problem *desired.Problem
	// Network is the network for pods whose file exists after the steps.
	Network string
	// InOtherNetNS is true if the link is in another network namespace, such as a pod's.
	InOtherNetNS bool
}

// Blocked reports whether the HostInterface must not offer the device.
func (p Plan) Blocked() bool {
	return p.Problem != nil && slices.Contains([]xpv2.ConditionReason{
		v1alpha1.ReasonProtectedInterface, v1alpha1.ReasonInvalidConfig, v1alpha1.ReasonOutOfBounds,
	}, p.Problem.Reason)
}

// Make returns the plan for one HostInterface. The order of the steps allows an
// interruption after any of them.
func Make(w desired.State, p desired.Policy, o host.Observed) Plan {
	l, pr := desired.MatchLink(w, p, o.Snapshot)
	pl := &planner{desired: w, policy: p, observed: o, link: l, problem: pr, originalMTU: w.OriginalMTU}
	if f := pl.networkFile(); f != nil {
		pl.network = f.Network
	}
	pl.routes = slices.DeleteFunc(slices.Clone(o.Routes), func(r link.Route) bool { return r.LinkIndex != l.Index || !bounds.InBand(r.Table) })
	pl.addresses = slices.DeleteFunc(slices.Clone(o.Addresses), func(a link.Address) bool { return a.LinkIndex != l.Index })

	if w.NeedsUserspaceDriver() {
		pl.removeNetwork()
	}
	waiting := pr != nil && pr.Reason == v1alpha1.ReasonWaitingForDevice
	switch {
	case waiting && o.Device.Found:
		pl.withoutLink()
	case waiting && o.Uses.Moved != nil, waiting && w.Release && o.Uses.Err != nil:
		pl.setRules(nil)
		pl.linkInOtherNetNS()
	case pr != nil && (w.Release || waiting):
		if w.Release {
			pl.removeNetwork()
		}
		// Rules are not deleted with their link; everything else is.
		pl.setRules(nil)
		pl.dropJournalEntry()
		pl.reportOrphan()
	case pr != nil:
	case w.Release:
		pl.release()
	case w.NeedsUserspaceDriver():
		pl.bindUserspaceDriver()
	case w.BindFailure != nil:
		// The link is not used with its kernel driver: remove its configuration.
		pl.unconfigure()
		pl.problem = w.BindFailure
	default:
		pl.configure()
	}
	if l.Index == 0 && !pl.inOtherNetNS {
		pl.originalMTU = 0 // a link that the kernel creates again has the MTU of its driver
	}
	if bad := checkSteps(w, pl.steps); bad != nil {
		return Plan{Link: l, Problem: bad, OriginalMTU: w.OriginalMTU}
	}
	return Plan{Link: l, Steps: pl.steps, Problem: pl.problem, Network: pl.network, InOtherNetNS: pl.inOtherNetNS, OriginalMTU: pl.originalMTU}
}

// A planner collects the steps, and tracks the state of the link after them.
type planner struct {
	desired  desired.State
	policy   desired.Policy
	observed host.Observed

	link      link.Link
	addresses []link.Address
	routes    []link.Route

	steps        []host.Step
	problem      *desired.Problem
	inOtherNetNS bool

	// network is Plan.Network.
	network string

	// originalMTU is Plan.OriginalMTU.
	originalMTU int

	// withheld are addresses and prefixes of the ENI that another link of the host has.
	withheld []netip.Prefix
}

func (p *planner) add(s host.Step) { p.steps = append(p.steps, s) }

// configure plans the desired configuration of the link.
func (p *planner) configure() {
	if p.addressMismatch() {
		return
	}
	mtu := p.policy.MTUFor(p.desired.MTU, p.desired.InterfaceName, p.link.Name)
	if p.mtuTooSmall(mtu) {
		return
	}
	p.withhold()
	// Restore the sysctls of the previous mode first: its addresses and rules are the
	// evidence that the agent has set them.
	if len(p.desired.LinkAddresses()) == 0 && !p.desired.PolicyRouted() && p.wasConfigured() {
		p.restoreSysctls(host.AddressingSettings())
	}
	// Rename early: it sets the link down, which removes routes and IPv6 addresses.
	p.rename()
	p.setMTU(mtu)
	// Before setting the link up, because the kernel then solicits router
	// advertisements.
	p.setSysctls(host.LinkSettings())
	if len(p.desired.LinkAddresses()) > 0 || p.desired.PolicyRouted() {
		p.setSysctls(host.AddressingSettings())
	}
	// Routes need a link that is up.
	if !p.link.Up {
		p.add(host.SetUp{Index: p.link.Index, Link: p.link.Name, Up: true})
	}
	p.setAltNames()
	p.setAddresses()
	p.setRoutes()
	// Rules last: they must not lead to an empty table.
	p.setRules(p.desiredRules())
	p.restoreDriverOverride()
	p.setNetwork()
}

// setMTU sets the MTU of the link; 0 restores the MTU before the agent's first change.
func (p *planner) setMTU(mtu int) {
	switch {
	case mtu == 0:
		mtu, p.originalMTU = p.originalMTU, 0
	case p.originalMTU == 0 && p.link.MTU != mtu:
		p.originalMTU = p.link.MTU
	}
	// An ENA device resets its queues for a new MTU, so set it before the link is up.
	if mtu != 0 && p.link.MTU != mtu {
		p.add(host.SetMTU{Index: p.link.Index, Link: p.link.Name, MTU: mtu})
	}
}

// mtuTooSmall reports whether the MTU would disable IPv6 on a link with IPv6 addresses.
func (p *planner) mtuTooSmall(mtu int) bool {
	six := slices.ContainsFunc(p.desired.LinkAddresses(), netip.Addr.Is6)
	if mtu == 0 || mtu >= minIPv6MTU || !six {
		return false
	}
	p.problem = desired.Problemf(v1alpha1.ReasonInvalidConfig, "an MTU of %d is too small for the ENI's IPv6 addresses: use %d or more, or addressing None", mtu, minIPv6MTU)
	return true
}

// rename sets the configured name of the link.
func (p *planner) rename() {
	name := p.desired.InterfaceName
	if name == "" || name == p.link.Name || p.nameTaken(name) {
		return
	}
	// A name cannot also be an alternative name of the link.
	if slices.Contains(p.link.AltNames, name) {
		p.removeAltName(name)
	}
	if p.link.Up {
		p.setDown()
	}
	p.add(host.Rename{Index: p.link.Index, From: p.link.Name, To: name})
	p.link.Name = name
}

// setDown sets the link down, which removes its routes and IPv6 addresses.
func (p *planner) setDown() {
	p.add(host.SetUp{Index: p.link.Index, Link: p.link.Name})
	p.link.Up = false
	p.routes = nil
	// With keep_addr_on_down the addresses stay, and adding them again is ignored.
	p.addresses = slices.DeleteFunc(p.addresses, func(a link.Address) bool { return a.Prefix.Addr().Is6() })
}

// nameTaken reports whether another link has a name, and sets the problem. The rest of
// the link is configured.
func (p *planner) nameTaken(name string) bool {
	// Under one of these names the link would be protected.
	if name != "" && !p.link.HasName(name) && (name == p.policy.Primary || slices.Contains(p.policy.Ignored, name)) {
		if p.problem == nil {
			p.problem = desired.Problemf(v1alpha1.ReasonNameTaken, "the name %s is reserved for a link that the agent never changes (--primary-interface, --ignore-interfaces); use another name", name)
		}
		return true
	}
	for _, l := range p.observed.Links {
		if l.Index == p.link.Index || !l.HasName(name) {
			continue
		}
		if p.problem == nil {
			p.problem = desired.Problemf(v1alpha1.ReasonNameTaken, "the name %s is in use by link %s; rename that link (ip link property del dev %s altname %s) or configure another name", name, l.Name, l.Name, name)
			if l.Name == name {
				p.problem.Message = "the name " + name + " is in use by another link; rename that link (ip link set dev " + name + " name ...) or configure another name"
			}
		}
		p.problem.Indexes = append(p.problem.Indexes, l.Index)
		return true
	}
	return false
}

// setAltNames adds the configured alternative names and removes stale ones.
func (p *planner) setAltNames() {
	for _, n := range slices.Clone(p.link.AltNames) {
		if slices.Contains(p.desired.StaleAltNames, n) && !slices.Contains(p.desired.AltNames, n) {
			p.removeAltName(n)
		}
	}
	for _, n := range p.desired.AltNames {
		if p.link.HasName(n) || p.nameTaken(n) {
			continue
		}
		p.add(host.SetAltName{Index: p.link.Index, Link: p.link.Name, Name: n})
	}
}

func (p *planner) removeAltName(name string) {
	p.add(host.SetAltName{Index: p.link.Index, Link: p.link.Name, Name: name, Remove: true})
	p.link.AltNames = slices.DeleteFunc(slices.Clone(p.link.AltNames), func(n string) bool { return n == name })
}

// setSysctls sets the agent's values of settings that the kernel has.
func (p *planner) setSysctls(settings []host.Setting) {
	for _, s := range settings {
		if v, ok := p.observed.Settings[s]; ok && v != s.Value() {
			p.add(host.SetSysctl{Index: p.link.Index, Sysctl: s.Sysctl(p.link.Name), Value: s.Value()})
		}
	}
}

// restoreSysctls sets settings with the agent's value to the default of new links.
func (p *planner) restoreSysctls(settings []host.Setting) {
	for _, s := range settings {
		v, was := p.observed.Settings[s], p.observed.NewLink[s]
		if v == s.Value() && was != "" && was != v {
			p.add(host.SetSysctl{Index: p.link.Index, Sysctl: s.Sysctl(p.link.Name), Value: was})
		}
	}
}
