package plan

import (
	"slices"

	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// release lets the link go.
func (p *planner) release() {
	if p.ensureUnheld() {
		p.unconfigure()
	}
}

// unconfigure undoes what configure did.
func (p *planner) unconfigure() {
	configured := p.wasConfigured() || slices.Contains(p.link.AltNames, p.desired.NetworkInterfaceID)
	// Down first: nothing is sent from an address that is about to go.
	if p.link.Up {
		p.setDown()
	}
	if configured {
		p.restoreSysctls(host.AddressingSettings())
		p.restoreSysctls(host.LinkSettings())
	}
	p.setMTU(0)
	p.setAddresses()
	p.setRoutes()
	p.setRules(nil)
	// The ENI's id goes last, as it shows that the rest was ours.
	for _, n := range slices.Concat(p.desired.StaleAltNames, p.desired.AltNames) {
		if n != p.desired.NetworkInterfaceID && slices.Contains(p.link.AltNames, n) {
			p.removeAltName(n)
		}
	}
	if slices.Contains(p.link.AltNames, p.desired.NetworkInterfaceID) {
		p.removeAltName(p.desired.NetworkInterfaceID)
	}
	p.restoreDriverOverride()
}

// wasConfigured says whether the host shows that the agent had put addresses on
// the link or routed them.
func (p *planner) wasConfigured() bool {
	ours := func(a link.Address) bool { return isOwn(a) && p.isStale(a, false) }
	return len(p.routes) > 0 || slices.ContainsFunc(p.addresses, ours) ||
		slices.ContainsFunc(p.observed.Rules, func(r link.Rule) bool { return r.Table == p.desired.Table })
}
