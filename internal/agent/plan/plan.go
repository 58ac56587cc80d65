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

// A Plan is what to do, and what cannot be done.
type Plan struct {
	// Link that the plan is about; its zero value if there is none.
	Link  link.Link
	Steps []host.Step
	// OriginalMTU that the link had before the agent changed it; 0 if it has that MTU
	// once the steps are done.
	OriginalMTU int
	// Problem is nil if the host is as wanted once the steps are done.
	Problem *desired.Problem
	// InOtherNetNS says that the link is in another network namespace, as that of a pod
	// which was given the device.
	InOtherNetNS bool
}

// Blocked says that the device is none that this HostInterface may give away.
func (p Plan) Blocked() bool {
	return p.Problem != nil && slices.Contains([]xpv2.ConditionReason{
		v1alpha1.ReasonProtectedInterface, v1alpha1.ReasonInvalidConfig, v1alpha1.ReasonOutOfBounds,
	}, p.Problem.Reason)
}

// Make decides what to do. It looks at nothing but its arguments, and the
// steps it returns are in an order that is safe to be interrupted in.
func Make(w desired.State, p desired.Policy, o host.Observed) Plan {
	l, pr := desired.MatchLink(w, p, o.Snapshot)
	pl := &planner{desired: w, policy: p, observed: o, link: l, problem: pr, originalMTU: w.OriginalMTU}
	pl.routes = slices.DeleteFunc(slices.Clone(o.Routes), func(r link.Route) bool { return r.LinkIndex != l.Index || !bounds.InBand(r.Table) })
	pl.addresses = slices.DeleteFunc(slices.Clone(o.Addresses), func(a link.Address) bool { return a.LinkIndex != l.Index })

	waiting := pr != nil && pr.Reason == v1alpha1.ReasonWaitingForDevice
	switch {
	case waiting && o.Device.Found:
		pl.withoutLink()
	case pr != nil && (w.Release || waiting):
		// Rules outlive their link; everything else of it went with it.
		pl.setRules(nil)
		pl.dropJournalEntry()
		pl.reportOrphan()
	case pr != nil:
	case w.Release:
		pl.release()
	case w.NeedsUserspaceDriver():
		pl.bindUserspaceDriver()
	case w.BindFailure != nil:
		// Nobody wants the link as the kernel's: it is left as a new one is.
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
	return Plan{Link: l, Steps: pl.steps, Problem: pl.problem, InOtherNetNS: pl.inOtherNetNS, OriginalMTU: pl.originalMTU}
}

// A planner collects the steps, and keeps track of what the link will be like
// after them.
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

	// originalMTU is Plan.OriginalMTU.
	originalMTU int

	// withheld are addresses and prefixes of the ENI that the host has elsewhere.
	withheld []netip.Prefix
}

func (p *planner) add(s host.Step) { p.steps = append(p.steps, s) }

// configure makes the link as wanted.
func (p *planner) configure() {
	if p.addressMismatch() {
		return
	}
	mtu := p.policy.MTUFor(p.desired.MTU, p.desired.InterfaceName, p.link.Name)
	if p.mtuTooSmall(mtu) {
		return
	}
	p.withhold()
	// Sysctls of the mode before are put back first: while its addresses and
	// rules are there, they show that the agent had set them.
	if len(p.desired.LinkAddresses()) == 0 && !p.desired.PolicyRouted() && p.wasConfigured() {
		p.restoreSysctls(host.AddressingSettings())
	}
	// A rename takes the link down, which costs it its routes and its IPv6
	// addresses, so it comes before all that would have to be done twice.
	p.rename()
	p.setMTU(mtu)
	// Before up, as the kernel asks routers for advertisements on the way up.
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
	// Rules last: until the table is filled they would lead nowhere.
	p.setRules(p.desiredRules())
	p.restoreDriverOverride()
}

// setMTU gives the link an MTU, or for 0 the MTU that it had before the agent changed
// it.
func (p *planner) setMTU(mtu int) {
	switch {
	case mtu == 0:
		mtu, p.originalMTU = p.originalMTU, 0
	case p.originalMTU == 0 && p.link.MTU != mtu:
		p.originalMTU = p.link.MTU
	}
	// An ENA device resets its queues for a new MTU: best while nothing flows.
	if mtu != 0 && p.link.MTU != mtu {
		p.add(host.SetMTU{Index: p.link.Index, Link: p.link.Name, MTU: mtu})
	}
}

// mtuTooSmall says whether the MTU would take IPv6 from a link that needs it.
func (p *planner) mtuTooSmall(mtu int) bool {
	six := slices.ContainsFunc(p.desired.LinkAddresses(), netip.Addr.Is6)
	if mtu == 0 || mtu >= minIPv6MTU || !six {
		return false
	}
	p.problem = desired.Problemf(v1alpha1.ReasonInvalidConfig, "an MTU of %d is too small for the ENI's IPv6 addresses: use %d or more, or addressing None", mtu, minIPv6MTU)
	return true
}

// rename gives the link the name asked for.
func (p *planner) rename() {
	name := p.desired.InterfaceName
	if name == "" || name == p.link.Name || p.nameTaken(name) {
		return
	}
	// A link cannot have one name twice.
	if slices.Contains(p.link.AltNames, name) {
		p.removeAltName(name)
	}
	if p.link.Up {
		p.setDown()
	}
	p.add(host.Rename{Index: p.link.Index, From: p.link.Name, To: name})
	p.link.Name = name
}

// setDown takes the link down and forgets what goes with it.
func (p *planner) setDown() {
	p.add(host.SetUp{Index: p.link.Index, Link: p.link.Name})
	p.link.Up = false
	p.routes = nil
	// A host with keep_addr_on_down keeps them; then adding finds it done.
	p.addresses = slices.DeleteFunc(p.addresses, func(a link.Address) bool { return a.Prefix.Addr().Is6() })
}

// nameTaken says whether another link has a name, and notes the problem. The link
// is configured in all other respects.
func (p *planner) nameTaken(name string) bool {
	// With one of these names the agent would not find the link again.
	if name != "" && !p.link.Answers(name) && (name == p.policy.Primary || slices.Contains(p.policy.Ignored, name)) {
		if p.problem == nil {
			p.problem = desired.Problemf(v1alpha1.ReasonNameTaken, "the name %s belongs to a link that the agent never touches (--primary-interface, --ignore-interfaces); use another name", name)
		}
		return true
	}
	for _, l := range p.observed.Links {
		if l.Index == p.link.Index || !l.Answers(name) {
			continue
		}
		if p.problem == nil {
			p.problem = desired.Problemf(v1alpha1.ReasonNameTaken, "link %s has the name %s, which this link should have; rename that link (ip link property del dev %s altname %s) or ask for another name", l.Name, name, l.Name, name)
			if l.Name == name {
				p.problem.Message = "another link has the name " + name + ", which this link should have; rename that link (ip link set dev " + name + " name ...) or ask for another name"
			}
		}
		p.problem.Indexes = append(p.problem.Indexes, l.Index)
		return true
	}
	return false
}

// setAltNames adds the alternative names asked for and removes those that are no
// longer.
func (p *planner) setAltNames() {
	for _, n := range slices.Clone(p.link.AltNames) {
		if slices.Contains(p.desired.StaleAltNames, n) && !slices.Contains(p.desired.AltNames, n) {
			p.removeAltName(n)
		}
	}
	for _, n := range p.desired.AltNames {
		if p.link.Answers(n) || p.nameTaken(n) {
			continue
		}
		p.add(host.SetAltName{Index: p.link.Index, Link: p.link.Name, Name: n})
	}
}

func (p *planner) removeAltName(name string) {
	p.add(host.SetAltName{Index: p.link.Index, Link: p.link.Name, Name: name, Remove: true})
	p.link.AltNames = slices.DeleteFunc(slices.Clone(p.link.AltNames), func(n string) bool { return n == name })
}

// setSysctls gives settings the agent's values, where the kernel offers them.
func (p *planner) setSysctls(settings []host.Setting) {
	for _, s := range settings {
		if v, ok := p.observed.Settings[s]; ok && v != s.Value() {
			p.add(host.SetSysctl{Index: p.link.Index, Sysctl: s.Sysctl(p.link.Name), Value: s.Value()})
		}
	}
}

// restoreSysctls gives settings that have the agent's value that of a new link.
func (p *planner) restoreSysctls(settings []host.Setting) {
	for _, s := range settings {
		v, was := p.observed.Settings[s], p.observed.NewLink[s]
		if v == s.Value() && was != "" && was != v {
			p.add(host.SetSysctl{Index: p.link.Index, Sysctl: s.Sysctl(p.link.Name), Value: was})
		}
	}
}
