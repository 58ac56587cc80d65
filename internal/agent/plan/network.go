// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"bytes"
	"net/netip"
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/bounds"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/multus"
)

// setNetwork writes the configuration of the network for pods. It is the last step: Multus
// then adds the link to pods.
func (p *planner) setNetwork() {
	if p.desired.Network == nil {
		p.removeNetwork()
		return
	}
	content, pr := p.renderNetwork()
	if pr != nil {
		if p.problem == nil {
			p.problem = pr
		}
		return
	}
	p.network = p.desired.Network.Name
	p.checkPrimary()
	if have := p.networkFile(); have != nil && bytes.Equal(have.Content, content) {
		return
	}
	p.add(host.WriteNetwork{ENI: p.desired.NetworkInterfaceID, Network: p.desired.Network.Name, Content: content})
}

// renderNetwork returns the content of the network's file, or the problem that prevents it.
func (p *planner) renderNetwork() ([]byte, *desired.Problem) {
	n := p.desired.Network
	if !p.observed.NetworkDir {
		return nil, desired.Problemf(v1alpha1.ReasonNoNetworkDirectory, "the agent cannot configure network %s: it has no access to the directory of Multus; set --multus-dir of the agent (Helm value agent.multus.enabled)", n.Name)
	}
	for _, f := range p.observed.Networks {
		if f.Network != n.Name || f.ENI == p.desired.NetworkInterfaceID {
			continue
		}
		if f.ENI != "" {
			return nil, desired.Problemf(v1alpha1.ReasonNetworkNameTaken, "the network %s is on %s of this node: set another network.name", n.Name, f.ENI)
		}
		return nil, desired.Problemf(v1alpha1.ReasonNetworkNameTaken, "the file %s in the directory of Multus already configures a network %s on this node: remove that file, or set another network.name", f.Name, n.Name)
	}
	content, err := multus.Render(multus.Network{
		Name: n.Name, Link: p.stableName(), Config: n.PodNetwork,
		Addresses: p.podAddresses(), Prefixes: p.desired.PodPrefixes, Subnets: p.desired.Subnets,
	})
	switch {
	case errors.Is(err, multus.ErrNoAddresses):
		return nil, desired.Problemf(v1alpha1.ReasonWaitingForAddresses, "waiting for EC2 to assign addresses for pods (network.ipam.source %s) to %s", n.IPAM.Source, p.desired.NetworkInterfaceID)
	case err != nil:
		return nil, desired.Problemf(v1alpha1.ReasonInvalidConfig, "cannot configure network %s: %s", n.Name, err)
	}
	return content, nil
}

// checkPrimary reports a problem if pods start without Multus: they would not get the link,
// even later. A node may start its first pods before the pod of Multus.
func (p *planner) checkPrimary() {
	o := p.observed.Primary
	if o == nil || o.Multus || p.problem != nil {
		return
	}
	found := "has no CNI configuration"
	if o.File != "" {
		found = "starts pods with the CNI configuration " + o.File + ", which does not run Multus"
	}
	p.problem = desired.Problemf(v1alpha1.ReasonMultusNotReady, "the node %s: pods would have no interface in network %s; if this persists, check the pod of Multus on the node", found, p.network)
}

// stableName returns a name of the link that CNI plugins of any version find: the first
// alternative name that is short enough, or else the link's name.
func (p *planner) stableName() string {
	for _, n := range p.desired.AltNames {
		if n == p.desired.NetworkInterfaceID || len(n) > bounds.MaxLinkName || p.nameInUse(n) {
			continue
		}
		return n
	}
	return p.link.Name
}

// nameInUse reports whether another link has a name.
func (p *planner) nameInUse(name string) bool {
	for _, l := range p.observed.Links {
		if l.Index != p.link.Index && l.HasName(name) {
			return true
		}
	}
	return false
}

// podAddresses returns the ENI's addresses without the primary IPv4 address.
func (p *planner) podAddresses() []netip.Addr {
	primary := slices.IndexFunc(p.desired.Addresses, netip.Addr.Is4)
	out := slices.Clone(p.desired.Addresses)
	if primary < 0 {
		return out
	}
	return slices.Delete(out, primary, primary+1)
}

// networkFile returns the file of the HostInterface, or nil.
func (p *planner) networkFile() *multus.File {
	for i, f := range p.observed.Networks {
		if f.ENI == p.desired.NetworkInterfaceID {
			return &p.observed.Networks[i]
		}
	}
	return nil
}

// removeNetwork removes the configuration of the network for pods.
func (p *planner) removeNetwork() {
	p.network = ""
	if f := p.networkFile(); f != nil {
		p.add(host.RemoveNetwork{ENI: f.ENI, Network: f.Network})
	}
}
