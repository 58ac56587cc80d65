// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"net/netip"
	"slices"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/multus"
	"github.com/nodeeni/provider-aws-eni/internal/agent/prefixpool"
)

// decidePrefixes decides which of the ENI's IPv4 prefixes pods may use, and sets them in the
// desired state. Without a pool these are all prefixes but idle ones. The decision is nil without a network,
// and during a release.
func (r *Reconciler) decidePrefixes(hi *v1alpha1.HostInterface, w *desired.State) (*prefixpool.Decision, *desired.Problem) {
	if w.Release || w.Network == nil {
		return nil, nil
	}
	idle := idlePrefixes(hi, w.Prefixes)
	if w.Network.IPAM.IPv4Prefixes == nil {
		// Prefixes of an earlier pool may be unassigned at any moment.
		w.PodPrefixes = slices.DeleteFunc(slices.Clone(w.Prefixes), func(p netip.Prefix) bool { return slices.Contains(idle, p) })
		return &prefixpool.Decision{Idle: idle}, nil
	}
	if r.host.AllocationsDir == "" || r.host.Networks == nil {
		return nil, desired.Problemf(v1alpha1.ReasonNoNetworkDirectory, "the agent cannot count the addresses of network %s: set --cni-dir and --multus-dir of the agent (Helm values agent.cniDirectory and agent.multus.enabled)", w.Network.Name)
	}
	allocated, err := multus.Allocations(r.host.AllocationsDir, w.Network.Name)
	if err != nil {
		return nil, desired.Problemf(v1alpha1.ReasonNoNetworkDirectory, "%s", err)
	}
	files, err := r.host.Networks.List()
	if err != nil {
		return nil, desired.Problemf(v1alpha1.ReasonNoNetworkDirectory, "%s", err)
	}
	o := prefixpool.Observation{Allocated: allocated, Idle: idle, Now: r.now(), Offered: func(p netip.Prefix) bool {
		i := slices.IndexFunc(files, func(f multus.File) bool { return f.ENI == w.NetworkInterfaceID })
		return i >= 0 && multus.Offers(files[i].Content, p)
	}}
	var others []netip.Prefix
	for _, p := range w.Prefixes {
		if p.Addr().Is4() {
			o.Prefixes = append(o.Prefixes, p)
			continue
		}
		others = append(others, p)
	}
	d := r.tracker.prefixState(hi.Name, w.Network.Name).Decide(r.pool(w.Network.IPAM.IPv4Prefixes), o)
	w.PodPrefixes = slices.Concat(d.Active, others)
	return &d, nil
}

// idlePrefixes returns the assigned prefixes that the status lists as idle.
func idlePrefixes(hi *v1alpha1.HostInterface, assigned []netip.Prefix) []netip.Prefix {
	if hi.Status.Network == nil {
		return nil
	}
	var out []netip.Prefix
	for _, text := range hi.Status.Network.IdleIPv4Prefixes {
		if p, err := netip.ParsePrefix(text); err == nil && slices.Contains(assigned, p) {
			out = append(out, p)
		}
	}
	return out
}

// pool returns a pool with defaults.
func (r *Reconciler) pool(p *v1alpha1.PrefixPool) prefixpool.Pool {
	out := prefixpool.Pool{Min: max(1, int(p.Min)), Max: int(p.Max), MinFree: prefixpool.DefaultMinFree, CoolDown: prefixpool.DefaultCoolDown, Guard: r.prefixGuard}
	if p.MinFree != nil {
		out.MinFree = int(*p.MinFree)
	}
	if p.CoolDown != nil {
		out.CoolDown = max(0, p.CoolDown.Duration)
	}
	return out
}

// networkStatus returns the status of the network for pods, or nil. Without a decision the idle
// prefixes stay idle: the provider may be unassigning them.
func networkStatus(hi *v1alpha1.HostInterface, name string, d *prefixpool.Decision) *v1alpha1.HostNetworkStatus {
	s := &v1alpha1.HostNetworkStatus{}
	if d == nil && hi.Status.Network != nil {
		s = hi.Status.Network.DeepCopy()
	}
	s.Name = name
	if d != nil {
		for _, p := range d.Idle {
			s.IdleIPv4Prefixes = append(s.IdleIPv4Prefixes, p.String())
		}
		if d.Desired > 0 {
			s.DesiredIPv4Prefixes = new(int32(d.Desired)) //nolint:gosec // bounded by the pool
		}
	}
	if s.Name == "" && s.DesiredIPv4Prefixes == nil && len(s.IdleIPv4Prefixes) == 0 {
		return nil
	}
	return s
}
