// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"cmp"
	"fmt"
	"net/netip"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/bounds"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/multus"
)

// checkSteps is the last check before steps are applied. It checks the steps alone, so
// that a mistake in parsing a HostInterface or in planning does not reach the host.
func checkSteps(w desired.State, steps []host.Step) *desired.Problem {
	for _, s := range steps {
		if allowed := checkStep(w, s); allowed != "" {
			return desired.Problemf(v1alpha1.ReasonOutOfBounds, "%q is out of bounds: %s", s, allowed)
		}
	}
	return nil
}

// checkStep returns why a step is not allowed, or an empty string.
func checkStep(w desired.State, s host.Step) string {
	switch s := s.(type) {
	case host.SetAddress:
		if s.Remove {
			return ""
		}
		return checkAddress(w, s.Address.Prefix, s.Address.NoPrefixRoute)
	case host.SetRoute:
		return checkRoute(w, s)
	case host.SetRule:
		if s.Rule.Table != w.Table || !bounds.InBand(s.Rule.Table) {
			return fmt.Sprintf("rules lead to the table of the interface, %d to %d", bounds.FirstTable, bounds.FirstTable+bounds.TablesPerCard*bounds.MaxCards-1)
		}
		if s.Remove {
			return ""
		}
		return checkSource(w, s.Rule.From)
	case host.SetMTU:
		return bounds.CheckMTU(s.MTU)
	case host.WriteNetwork:
		return cmp.Or(bounds.CheckName(s.ENI, bounds.MaxAltName), multus.Check(s.Content, w.Prefixes, w.Addresses))
	case host.Rename:
		return bounds.CheckName(s.To, bounds.MaxLinkName)
	case host.SetAltName:
		if s.Remove {
			return ""
		}
		return bounds.CheckName(s.Name, bounds.MaxAltName)
	case host.SetSysctl:
		if l := s.Sysctl.Link; l == "lo" || l == "all" || l == "default" {
			return "settings are of one link"
		}
	case host.LoadModule:
		if !desired.IsUserspaceDriver(s.Name) {
			return "only modules of userspace drivers are loaded"
		}
	}
	return ""
}

func checkAddress(w desired.State, p netip.Prefix, noPrefixRoute bool) string {
	if !p.IsSingleIP() || !noPrefixRoute {
		return "an address is added alone, without a route in the main table"
	}
	return checkSource(w, p)
}

func checkRoute(w desired.State, s host.SetRoute) string {
	switch r := s.Route; {
	case !bounds.InBand(r.Table) || !s.Remove && r.Table != w.Table:
		return fmt.Sprintf("routes are in the table of the interface, %d to %d", bounds.FirstTable, bounds.FirstTable+bounds.TablesPerCard*bounds.MaxCards-1)
	case s.Remove, r.Destination.Bits() == 0 && r.Gateway.IsValid():
		return ""
	default:
		return bounds.CheckSubnet(r.Destination)
	}
}

// checkSource returns why a rule from p is not allowed, or an empty string.
func checkSource(w desired.State, p netip.Prefix) string {
	for _, n := range bounds.OfFamily(w.Subnets, p.Addr().Is4()) {
		if not := bounds.CheckSubnet(n); not != "" {
			return not
		}
	}
	if len(bounds.OfFamily(w.Subnets, p.Addr().Is4())) == 0 {
		return "the range of the subnet is not known"
	}
	if p.IsSingleIP() {
		return bounds.CheckAddress(p.Addr(), w.Subnets)
	}
	return bounds.CheckPrefix(p, w.Subnets)
}
