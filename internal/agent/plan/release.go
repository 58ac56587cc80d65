// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// release removes the configuration of the link, unless a pod uses the device.
func (p *planner) release() {
	// First: no further pod may get the link.
	p.removeNetwork()
	if p.ensureUnheld() {
		p.unconfigure()
	}
}

// unconfigure removes the configuration of the link.
func (p *planner) unconfigure() {
	configured := p.wasConfigured() || slices.Contains(p.link.AltNames, p.desired.NetworkInterfaceID)
	// Down first: nothing is sent from an address that is about to be removed.
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
	// Remove the ENI's id last: it is the evidence that the agent set the rest.
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

// wasConfigured reports whether the host has addresses, routes or rules that the agent
// added for the link.
func (p *planner) wasConfigured() bool {
	ours := func(a link.Address) bool { return isOwn(a) && p.isStale(a, false) }
	return len(p.routes) > 0 || slices.ContainsFunc(p.addresses, ours) ||
		slices.ContainsFunc(p.observed.Rules, func(r link.Rule) bool { return r.Table == p.desired.Table })
}
