// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/bounds"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// A Problem is the reason and message of a HostInterface that is not Ready.
type Problem struct {
	Reason  xpv2.ConditionReason
	Message string
	// Indexes of links whose change may resolve the problem.
	Indexes []int
	// Transient is true if the problem may pass within seconds, without a change by a user.
	Transient bool
}

// Problemf returns a Problem with a formatted message.
func Problemf(r xpv2.ConditionReason, format string, args ...any) *Problem {
	return &Problem{Reason: r, Message: fmt.Sprintf(format, args...)}
}

// State is the desired state of a host for one HostInterface.
type State struct {
	NetworkInterfaceID string
	MAC                string
	DeviceIndex        int32
	Driver             v1alpha1.DriverKind
	// DPDKDriver is the userspace driver, where Driver is dpdk.
	DPDKDriver   string
	AllowNoIOMMU bool
	// PCIAddress that the device must have, or nil if it is not checked.
	PCIAddress *pci.Address
	// ResourceName is the resource that pods request to get the device; empty if the
	// device is not offered.
	ResourceName string
	// ResourceExplicit is true if ResourceName is from the spec, not a default.
	ResourceExplicit bool

	// InterfaceName is empty to leave the name as it is.
	InterfaceName string
	// AltNames that the link must have.
	AltNames []string
	// StaleAltNames are alternative names that the link must not have.
	StaleAltNames []string
	// MTU is 0 if the HostInterface has none.
	MTU int
	// OriginalMTU is the MTU that the link had before the agent changed it; 0 if it
	// did not.
	OriginalMTU int

	// PodPrefixes are the prefixes of which pods may use addresses.
	PodPrefixes []netip.Prefix
	// Network is the network for pods on the link, or nil.
	Network *v1alpha1.HostNetwork
	// Readiness is the extended resource that the node advertises, or nil.
	Readiness *v1alpha1.HostReadiness

	Addressing v1alpha1.AddressingMode
	// Addresses of the ENI, the primary one first.
	Addresses []netip.Addr
	// Prefixes delegated to the ENI.
	Prefixes []netip.Prefix
	// Subnets are the ranges of the ENI's subnet.
	Subnets []netip.Prefix
	// Table is the ENI's routing table and the priority of its rules; 0 if there is
	// none for its device index and network card.
	Table int
	// TableTaken is true if the table and its routes belong to another HostInterface.
	TableTaken bool

	// TakeOver is the device that other software configured before this provider adopted
	// the ENI, or nil. Others are the other HostInterfaces of the node; they are set only
	// with TakeOver.
	TakeOver *TakeOver
	Others   []TakeOver

	// StatusAddress is the PCI address in the status, if the status has a userspace
	// driver.
	StatusAddress *pci.Address

	// Release is true if the configuration has to be removed.
	Release bool
	// TimedOut is true if the releasePolicy's timeout has passed.
	TimedOut bool
	// ReleaseTimedOut is TimedOut, of a release.
	ReleaseTimedOut bool
	// ReleaseUnbound is true if the device is released without a driver, because its
	// kernel driver cannot be bound.
	ReleaseUnbound bool
	// WaitForPods is true if the device must not be reclaimed from pods.
	WaitForPods bool
	// BindFailure is why binding the userspace driver failed; until the next retry the
	// device keeps its kernel driver.
	BindFailure *Problem
}

// NeedsUserspaceDriver reports whether the device has to be bound to a userspace driver.
func (w *State) NeedsUserspaceDriver() bool {
	return !w.Release && w.Driver == v1alpha1.DriverDPDK && w.BindFailure == nil
}

// Parse returns the desired state of a HostInterface. An invalid HostInterface has a
// Problem; the valid part of its state is returned too, because it may have to be
// released.
func Parse(hi *v1alpha1.HostInterface) (State, *Problem) {
	s := hi.Spec
	w := State{
		NetworkInterfaceID: s.NetworkInterfaceID,
		MAC:                s.MACAddress,
		DeviceIndex:        s.DeviceIndex,
		Driver:             s.Config.Driver,
		Addressing:         s.Config.Addressing,
		Network:            s.Config.Network,
		Readiness:          s.Config.Readiness,
		Table:              bounds.Table(s.NetworkCardIndex, s.DeviceIndex),
		Release:            hi.DeletionTimestamp != nil,
		OriginalMTU:        int(hi.Status.OriginalMTU),
	}
	w.readDPDK(s.Config)
	pr := cmp.Or(checkNames(s), w.readPCIAddress(s.Config))
	w.ResourceName, w.ResourceExplicit = resourceName(hi)
	if s.Config.InterfaceName != nil {
		w.InterfaceName = *s.Config.InterfaceName
	}
	if s.Config.MTU != nil {
		w.MTU = int(*s.Config.MTU)
	}
	// The ENI's id is always a name of the link, independent of the configuration.
	w.AltNames = slices.Compact(slices.Sorted(slices.Values(append([]string{s.NetworkInterfaceID}, s.Config.AltNames...))))
	if a, err := pci.ParseAddress(hi.Status.PCIAddress); err == nil && IsUserspaceDriver(hi.Status.Driver) {
		w.StatusAddress = &a
	}
	pr = cmp.Or(pr, w.readAddresses(s), w.validate(s))
	w.PodPrefixes = w.Prefixes
	if out := checkReadiness(s.Config.Readiness); out != nil {
		w.Readiness, pr = nil, cmp.Or(pr, out)
	}
	return w, pr
}

// resourceName returns the configured resource, or the default of a device with a
// userspace driver, and whether it is configured.
func resourceName(hi *v1alpha1.HostInterface) (string, bool) {
	c := hi.Spec.Config
	switch {
	case c.ResourceName != nil:
		return string(*c.ResourceName), true
	case c.Driver != v1alpha1.DriverDPDK:
		return "", false
	case hi.Labels[v1alpha1.LabelNodeENI] != "":
		return deviceplugin.DefaultName(hi.Labels[v1alpha1.LabelNodeENI]), false
	default:
		return deviceplugin.DefaultName(hi.Spec.AttachmentRef.Name), false
	}
}

// readPCIAddress reads the expected PCI address from either field.
func (w *State) readPCIAddress(c v1alpha1.HostConfig) *Problem {
	field, text := "spec.config.pciAddress", c.PCIAddress
	if text == nil && c.DPDK != nil {
		field, text = "spec.config.dpdk.pciAddress", c.DPDK.PCIAddress
	}
	if text == nil {
		return nil
	}
	a, err := pci.ParseAddress(string(*text))
	if err != nil {
		return Problemf(v1alpha1.ReasonInvalidConfig, "%s: %s", field, err)
	}
	w.PCIAddress = &a
	return nil
}

func (w *State) readDPDK(c v1alpha1.HostConfig) {
	if w.Driver != v1alpha1.DriverDPDK {
		return
	}
	w.DPDKDriver = string(v1alpha1.DPDKDriverVFIO)
	if c.DPDK == nil {
		return
	}
	if c.DPDK.Driver != "" {
		w.DPDKDriver = string(c.DPDK.Driver)
	}
	w.AllowNoIOMMU = c.DPDK.AllowNoIOMMU
}

// readAddresses reads subnets, addresses and prefixes, and returns the first problem.
// Addresses out of bounds are read too, so that a release removes them. Ranges out of
// bounds are not: addresses inside a range count as the ENI's.
func (w *State) readAddresses(s v1alpha1.HostInterfaceSpec) *Problem {
	var pr *Problem
	addresses := func(field string, values []string, four bool) {
		pr = cmp.Or(pr, tooMany(field, values, bounds.MaxAddresses))
		for _, v := range values {
			a, err := netip.ParseAddr(v)
			if err != nil || a.Is4() != four {
				pr = cmp.Or(pr, unparsable(field, v))
				continue
			}
			w.Addresses = append(w.Addresses, a)
			if allowed := bounds.CheckAddress(a, w.Subnets); allowed != "" {
				pr = cmp.Or(pr, outOfBounds(field, v, allowed))
			}
		}
	}
	prefixes := func(into *[]netip.Prefix, field string, values []string, four bool, check func(netip.Prefix) string) {
		for _, v := range values {
			p, err := netip.ParsePrefix(v)
			if err != nil || p.Addr().Is4() != four {
				pr = cmp.Or(pr, unparsable(field, v))
				continue
			}
			if allowed := check(p); allowed != "" {
				pr = cmp.Or(pr, outOfBounds(field, v, allowed))
				continue
			}
			*into = append(*into, p)
		}
	}
	delegated := func(p netip.Prefix) string { return bounds.CheckPrefix(p, w.Subnets) }

	// Subnets first: the rest is validated against them.
	if s.SubnetCIDR != "" {
		prefixes(&w.Subnets, "subnetCidr", []string{s.SubnetCIDR}, true, bounds.CheckSubnet)
	}
	pr = cmp.Or(pr, tooMany("subnetIpv6Cidrs", s.SubnetIPv6CIDRs, bounds.MaxSubnets))
	prefixes(&w.Subnets, "subnetIpv6Cidrs", s.SubnetIPv6CIDRs, false, bounds.CheckSubnet)
	addresses("privateIps", s.PrivateIPs, true)
	addresses("ipv6Addresses", s.IPv6Addresses, false)
	pr = cmp.Or(pr, tooMany("ipv4Prefixes", s.IPv4Prefixes, bounds.MaxAddresses), tooMany("ipv6Prefixes", s.IPv6Prefixes, bounds.MaxAddresses))
	prefixes(&w.Prefixes, "ipv4Prefixes", s.IPv4Prefixes, true, delegated)
	prefixes(&w.Prefixes, "ipv6Prefixes", s.IPv6Prefixes, false, delegated)
	return pr
}

func unparsable(field, value string) *Problem {
	return Problemf(v1alpha1.ReasonInvalidConfig, "spec.%s: cannot parse %q", field, value)
}

// SourcePrefixes returns the source addresses and prefixes of the ENI, of one family.
func (w *State) SourcePrefixes(four bool) []netip.Prefix {
	var out []netip.Prefix
	for _, a := range w.Addresses {
		if a.Is4() == four {
			out = append(out, bounds.SingleIP(a))
		}
	}
	for _, p := range w.Prefixes {
		if p.Addr().Is4() == four {
			out = append(out, p)
		}
	}
	return out
}

// LinkAddresses returns the addresses to add to the link.
func (w *State) LinkAddresses() []netip.Addr {
	if w.Release || w.Addressing != v1alpha1.AddressingAddresses && w.Addressing != v1alpha1.AddressingPolicyRouted {
		return nil
	}
	return w.Addresses
}

// PolicyRouted reports whether the ENI has a routing table.
func (w *State) PolicyRouted() bool {
	return !w.Release && w.Addressing == v1alpha1.AddressingPolicyRouted
}

// IsUserspaceDriver reports whether a driver gives userspace programs access to devices.
func IsUserspaceDriver(name string) bool {
	switch v1alpha1.DPDKDriver(name) {
	case v1alpha1.DPDKDriverVFIO, v1alpha1.DPDKDriverIGBUIO, v1alpha1.DPDKDriverUIOGeneric:
		return true
	default:
		return false
	}
}
