// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"cmp"
	"fmt"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/bounds"
)

func outOfBounds(field, value, allowed string) *Problem {
	return Problemf(v1alpha1.ReasonOutOfBounds, "spec.%s: %q is out of bounds: %s", field, value, allowed)
}

// tooMany returns a Problem if a list has more than most items.
func tooMany(field string, values []string, most int) *Problem {
	if len(values) <= most {
		return nil
	}
	return Problemf(v1alpha1.ReasonOutOfBounds, "spec.%s has %d items: at most %d are allowed", field, len(values), most)
}

// checkNames validates the fields that identify and name the link.
func checkNames(s v1alpha1.HostInterfaceSpec) *Problem {
	var pr *Problem
	check := func(field, value, allowed string) {
		if allowed != "" {
			pr = cmp.Or(pr, outOfBounds(field, value, allowed))
		}
	}
	c := s.Config
	check("macAddress", s.MACAddress, bounds.CheckMAC(s.MACAddress))
	check("networkInterfaceId", s.NetworkInterfaceID, bounds.CheckName(s.NetworkInterfaceID, bounds.MaxAltName))
	if c.InterfaceName != nil {
		allowed := bounds.CheckName(*c.InterfaceName, bounds.MaxLinkName)
		if allowed == "" && !bounds.IsLetter(rune((*c.InterfaceName)[0])) {
			allowed = "the name of a link begins with a letter"
		}
		check("config.interfaceName", *c.InterfaceName, allowed)
	}
	if c.MTU != nil {
		check("config.mtu", fmt.Sprint(*c.MTU), bounds.CheckMTU(int(*c.MTU)))
	}
	pr = cmp.Or(pr, tooMany("config.altNames", c.AltNames, bounds.MaxAltNames))
	for _, n := range c.AltNames {
		check("config.altNames", n, bounds.CheckName(n, bounds.MaxAltName))
	}
	if c.Driver == v1alpha1.DriverDPDK && c.DPDK != nil && c.DPDK.Driver != "" && !IsUserspaceDriver(string(c.DPDK.Driver)) {
		check("config.dpdk.driver", string(c.DPDK.Driver), "a userspace driver is vfio-pci, igb_uio or uio_pci_generic")
	}
	return cmp.Or(pr, checkNetwork(c.Network))
}

// checkNetwork validates the network for pods. Its values are arguments of CNI plugins.
func checkNetwork(n *v1alpha1.HostNetwork) *Problem {
	if n == nil {
		return nil
	}
	var pr *Problem
	check := func(field, value, allowed string) {
		if allowed != "" {
			pr = cmp.Or(pr, outOfBounds("config.network."+field, value, allowed))
		}
	}
	check("name", n.Name, bounds.CheckNetworkName(n.Name))
	check("mode", n.Mode, bounds.CheckMode(n.Mode))
	if n.MTU != nil {
		check("mtu", fmt.Sprint(*n.MTU), bounds.CheckMTU(int(*n.MTU)))
	}
	if n.IPAM.Source == v1alpha1.IPAMSourceRange && n.IPAM.Range != "" {
		check("ipam.range", n.IPAM.Range, bounds.CheckRange(n.IPAM.Range))
	}
	pr = cmp.Or(pr, tooMany("config.network.routes", make([]string, len(n.Routes)), bounds.MaxRoutes))
	for _, r := range n.Routes {
		check("routes.destination", r.Destination, bounds.CheckRange(r.Destination))
		if r.Gateway != "" {
			check("routes.gateway", r.Gateway, bounds.CheckIP(r.Gateway))
		}
	}
	return pr
}

// validate returns the first problem with a combination of valid fields.
func (w *State) validate(s v1alpha1.HostInterfaceSpec) *Problem {
	if w.Driver == v1alpha1.DriverDPDK {
		return nil
	}
	routed := w.Addressing == v1alpha1.AddressingPolicyRouted
	switch {
	case routed && w.Table == 0:
		return Problemf(v1alpha1.ReasonInvalidConfig, "device index %d on network card %d has no routing table: addressing PolicyRouted is for device indexes below %d on network cards below %d; use Addresses or None",
			s.DeviceIndex, s.NetworkCardIndex, bounds.TablesPerCard, bounds.MaxCards)
	case routed && len(w.SourcePrefixes(true)) > 0 && s.SubnetCIDR == "":
		return Problemf(v1alpha1.ReasonInvalidConfig, "spec.subnetCidr is empty: addressing PolicyRouted needs it to derive the gateway")
	case w.Addressing == v1alpha1.AddressingAddresses && len(s.PrivateIPs) > 0 && s.SubnetCIDR == "":
		return Problemf(v1alpha1.ReasonInvalidConfig, "spec.subnetCidr is empty: addressing Addresses needs it to check the addresses of spec.privateIps")
	case len(s.SubnetIPv6CIDRs) > 0:
		return nil
	case routed && len(w.SourcePrefixes(false)) > 0, w.Addressing == v1alpha1.AddressingAddresses && len(s.IPv6Addresses) > 0:
		return Problemf(v1alpha1.ReasonInvalidConfig, "spec.subnetIpv6Cidrs is empty: addressing %s needs it to check the ENI's IPv6 addresses and prefixes", w.Addressing)
	default:
		return nil
	}
}

// checkReadiness validates the extended resource that the node advertises. It is registered
// with the kubelet.
func checkReadiness(r *v1alpha1.HostReadiness) *Problem {
	if r == nil {
		return nil
	}
	for _, f := range []struct{ name, value, allowed string }{
		{"resource", r.Resource, bounds.CheckResource(r.Resource)},
		{"capacity", fmt.Sprint(r.Capacity), bounds.CheckCount(r.Capacity, bounds.MaxCapacity)},
		{"interfaces", fmt.Sprint(r.Interfaces), bounds.CheckCount(r.Interfaces, bounds.MaxInterfaces)},
	} {
		if f.allowed != "" {
			return outOfBounds("config.readiness."+f.name, f.value, f.allowed)
		}
	}
	return nil
}
