package agent

import (
	"slices"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// release lets the link go.
func (p *planner) release() {
	if p.free() {
		p.undo()
	}
}

// undo undoes what configure did.
func (p *planner) undo() {
	configured := p.configured() || slices.Contains(p.link.AltNames, p.wanted.NetworkInterfaceID)
	// Down first: nothing is sent from an address that is about to go.
	if p.link.Up {
		p.down()
	}
	if configured {
		p.restore(addressingSettings())
		p.restore(linkSettings())
	}
	p.setMTU(0)
	p.putAddresses()
	p.route()
	p.rules(nil)
	// The ENI's id goes last, as it shows that the rest was ours.
	for _, n := range slices.Concat(p.wanted.Unwanted, p.wanted.AltNames) {
		if n != p.wanted.NetworkInterfaceID && slices.Contains(p.link.AltNames, n) {
			p.removeAltName(n)
		}
	}
	if slices.Contains(p.link.AltNames, p.wanted.NetworkInterfaceID) {
		p.removeAltName(p.wanted.NetworkInterfaceID)
	}
	p.settleBack()
}

// configured says whether the host shows that the agent had put addresses on
// the link or routed them.
func (p *planner) configured() bool {
	ours := func(a link.Address) bool { return own(a) && p.stale(a, false) }
	return len(p.routes) > 0 || slices.ContainsFunc(p.addresses, ours) ||
		slices.ContainsFunc(p.observed.Rules, func(r link.Rule) bool { return r.Table == p.wanted.Table })
}
