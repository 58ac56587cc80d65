// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package multus

import (
	"encoding/json"
	"net/netip"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// cniVersion is the version of the CNI specification of the files. CNI plugins v1.0.0 and
// later support it.
const cniVersion = "1.0.0"

// routerIPv6 is the VPC's IPv6 router on every subnet:
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
const routerIPv6 = "fe80:ec2::1"

// ErrNoAddresses means that the ENI has no address or prefix for pods yet.
var ErrNoAddresses = errors.New("the ENI has no addresses for pods yet")

// A Network is a network for pods on one link.
type Network struct {
	// Name of the network.
	Name string
	// Link is a name of the link, at most 15 characters long, which CNI plugins before
	// v1.6.0 require.
	Link string
	// Config of the interfaces of pods. Its range is the node's part.
	Config v1alpha1.PodNetwork
	// Addresses of the ENI that pods may use, without its primary addresses.
	Addresses []netip.Addr
	// Prefixes delegated to the ENI that pods may use.
	Prefixes []netip.Prefix
	// Subnets are the ranges of the ENI's subnet.
	Subnets []netip.Prefix
}

// A configList is a CNI network configuration list.
type configList struct {
	CNIVersion string   `json:"cniVersion"`
	Name       string   `json:"name"`
	Plugins    []plugin `json:"plugins"`
}

// A plugin is the configuration of a CNI plugin.
type plugin struct {
	Type string `json:"type"`

	// Of ipvlan, macvlan and host-device.
	Master string `json:"master,omitempty"`
	Device string `json:"device,omitempty"`
	Mode   string `json:"mode,omitempty"`
	MTU    int32  `json:"mtu,omitempty"`
	IPAM   *ipam  `json:"ipam,omitempty"`

	// Of tuning.
	Sysctl map[string]string `json:"sysctl,omitempty"`

	// Of sbr.
	AddSourceHints bool     `json:"addSourceHints,omitempty"`
	Gateways       []string `json:"gateways,omitempty"`
}

// An ipam is the configuration of an IPAM plugin.
type ipam struct {
	Type   string       `json:"type,omitempty"`
	Ranges [][]ipRange  `json:"ranges,omitempty"`
	Routes []routeEntry `json:"routes,omitempty"`
}

// A routeEntry is a route of an IPAM plugin's result.
type routeEntry struct {
	Destination string `json:"dst"`
	Gateway     string `json:"gw,omitempty"`
}

// Render returns the content of the file of a network. It returns ErrNoAddresses if the
// ENI has no addresses that the network needs.
func Render(n Network) ([]byte, error) {
	sets, err := n.rangeSets()
	if err != nil {
		return nil, err
	}
	main := plugin{Type: string(n.Config.Type), Mode: n.Config.Mode, IPAM: n.ipam(sets)}
	if n.Config.MTU != nil {
		main.MTU = *n.Config.MTU
	}
	if n.Config.Type == v1alpha1.NetworkTypeHostDevice {
		main.Device = n.Link
	} else {
		main.Master = n.Link
	}
	l := configList{CNIVersion: cniVersion, Name: n.Name, Plugins: []plugin{main}}
	if len(sets) > 0 && sets.ipv6() {
		// The VPC's router advertisements would add a default route through this
		// interface to the pod's main table.
		l.Plugins = append(l.Plugins, plugin{Type: "tuning", Sysctl: map[string]string{"net.ipv6.conf.IFNAME.accept_ra": "0"}})
	}
	if len(sets) > 0 && n.routing() == v1alpha1.PodRoutingSource {
		s := plugin{Type: "sbr", AddSourceHints: true}
		if sets.ipv6() {
			s.Gateways = []string{routerIPv6}
		}
		l.Plugins = append(l.Plugins, s)
	}
	raw, err := json.MarshalIndent(l, "", "  ")
	return append(raw, '\n'), errors.Wrap(err, "cannot encode the configuration of the network")
}

// routing returns the routing with its default.
func (n Network) routing() v1alpha1.PodRouting {
	if n.Config.Routing != "" {
		return n.Config.Routing
	}
	switch n.Config.IPAM.Source {
	case v1alpha1.IPAMSourcePrefix, v1alpha1.IPAMSourceSecondaryAddresses, "":
		return v1alpha1.PodRoutingSource
	default:
		return v1alpha1.PodRoutingMain
	}
}

// ipam returns the configuration of the IPAM plugin. An empty one configures no address.
func (n Network) ipam(sets rangeSets) *ipam {
	switch n.Config.IPAM.Source {
	case v1alpha1.IPAMSourceNone:
		return &ipam{}
	case v1alpha1.IPAMSourceDHCP:
		return &ipam{Type: "dhcp"}
	default:
		return &ipam{Type: "host-local", Ranges: sets, Routes: n.routes()}
	}
}

// routes returns the routes of the pod. Without a gateway, an IPAM plugin's result uses the
// gateway of the first range of the family; for IPv6 that is not the VPC's router.
func (n Network) routes() []routeEntry {
	var out []routeEntry
	for _, r := range n.Config.Routes {
		e := routeEntry{Destination: r.Destination, Gateway: r.Gateway}
		if p, err := netip.ParsePrefix(r.Destination); err == nil && p.Addr().Is6() && e.Gateway == "" && n.routed() {
			e.Gateway = routerIPv6
		}
		out = append(out, e)
	}
	return out
}

// routed reports whether the VPC routes the addresses of pods.
func (n Network) routed() bool {
	return n.Config.IPAM.Source != v1alpha1.IPAMSourceRange
}
