package agent

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// Routing tables and the priorities of rules, one number for both. The band
// lies behind the rules of the VPC CNI (1 to 1536) and before its 32765, and
// away from the tables that the CNI numbers by device index, which are small.
// The scheme, hundreds for the network card and units for the device, is that
// of Amazon's ec2-net-utils, which starts at 10000.
const (
	firstTable   = 20000
	tablesOfCard = 100
	cards        = 10
)

// A Problem is why a HostInterface is not Ready, for a person to read.
type Problem struct {
	Reason  xpv2.ConditionReason
	Message string
	// Indexes of links that the problem is about: it may be over when one of
	// them changes.
	Indexes []int
}

func problem(r xpv2.ConditionReason, format string, args ...any) *Problem {
	return &Problem{Reason: r, Message: fmt.Sprintf(format, args...)}
}

// Wanted is what a HostInterface asks, in the words of a host.
type Wanted struct {
	NetworkInterfaceID string
	MAC                string
	DeviceIndex        int32
	Driver             v1alpha1.DriverKind
	// DPDKDriver is the userspace driver, where Driver is dpdk.
	DPDKDriver   string
	AllowNoIOMMU bool
	// PCIAddress that the device must have, or nil if it is not checked.
	PCIAddress *pci.Address
	// ResourceName under which pods may be given the device, empty if they may
	// not, and ResourceAsked that it was asked for, not made up.
	ResourceName  string
	ResourceAsked bool

	// InterfaceName is empty to leave the name as it is.
	InterfaceName string
	// AltNames that the link must have.
	AltNames []string
	// Unwanted are alternative names that the link must not have.
	Unwanted []string
	// MTU is 0 if the HostInterface says nothing.
	MTU int
	// OriginalMTU is the MTU that the link had before the agent changed it; 0 if it
	// did not.
	OriginalMTU int

	Addressing v1alpha1.AddressingMode
	// Addresses of the ENI, the primary one first.
	Addresses []netip.Addr
	// Prefixes delegated to the ENI.
	Prefixes []netip.Prefix
	// Subnets are the ranges of the ENI's subnet.
	Subnets []netip.Prefix
	// Table is that of the ENI, and the priority of its rules; 0 if its place is
	// outside the band.
	Table int
	// TableTaken says that another HostInterface has the table now, and what is
	// in it.
	TableTaken bool

	// Was is the PCI address of the device when a userspace driver had it, as
	// the status has it from an agent before.
	Was *pci.Address

	// Release asks to undo everything.
	Release bool
	// Overdue says that the device should have been taken away by now, Late the
	// same of a release, and LetGo that the device does not go back to its kernel
	// driver and is released without any.
	Overdue, Late, LetGo bool
	// WaitForPods asks not to take the device from pods.
	WaitForPods bool
	// Refused is why the device stays with its kernel driver for the time being,
	// though a userspace driver is asked for.
	Refused *Problem
}

// handsOver says that the device is to have a userspace driver.
func (w *Wanted) handsOver() bool {
	return !w.Release && w.Driver == v1alpha1.DriverDPDK && w.Refused == nil
}

// Want translates a HostInterface. A HostInterface that cannot be carried out
// as written is a Problem; what could be read of it is returned all the same,
// as it may have to be released.
func Want(hi *v1alpha1.HostInterface) (Wanted, *Problem) {
	s := hi.Spec
	w := Wanted{
		NetworkInterfaceID: s.NetworkInterfaceID,
		MAC:                s.MACAddress,
		DeviceIndex:        s.DeviceIndex,
		Driver:             s.Config.Driver,
		Addressing:         s.Config.Addressing,
		Table:              table(s.NetworkCardIndex, s.DeviceIndex),
		Release:            hi.DeletionTimestamp != nil,
		OriginalMTU:        int(hi.Status.OriginalMTU),
	}
	w.readDPDK(s.Config)
	pr := cmp.Or(checkNames(s), w.readPCIAddress(s.Config))
	w.ResourceName, w.ResourceAsked = resourceName(hi)
	if s.Config.InterfaceName != nil {
		w.InterfaceName = *s.Config.InterfaceName
	}
	if s.Config.MTU != nil {
		w.MTU = int(*s.Config.MTU)
	}
	// The ENI's id is the one name that is the same whatever else is configured.
	w.AltNames = slices.Compact(slices.Sorted(slices.Values(append([]string{s.NetworkInterfaceID}, s.Config.AltNames...))))
	if a, err := pci.ParseAddress(hi.Status.PCIAddress); err == nil && userspaceDriver(hi.Status.Driver) {
		w.Was = &a
	}
	return w, cmp.Or(pr, w.readAddresses(s), w.check(s))
}

// resourceName returns the resource that a HostInterface asks for, or the one
// that a device has which only a program can use.
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

// readPCIAddress reads the PCI address that is expected, by either name.
func (w *Wanted) readPCIAddress(c v1alpha1.HostConfig) *Problem {
	field, text := "spec.config.pciAddress", c.PCIAddress
	if text == nil && c.DPDK != nil {
		field, text = "spec.config.dpdk.pciAddress", c.DPDK.PCIAddress
	}
	if text == nil {
		return nil
	}
	a, err := pci.ParseAddress(string(*text))
	if err != nil {
		return problem(v1alpha1.ReasonInvalidConfig, "%s: %s", field, err)
	}
	w.PCIAddress = &a
	return nil
}

func (w *Wanted) readDPDK(c v1alpha1.HostConfig) {
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

// readAddresses reads subnets, addresses and prefixes, and returns the first
// problem: a HostInterface that cannot be configured can still be released. For this,
// addresses out of bounds are read all the same. Ranges out of bounds are not, as a
// range decides whose other addresses are.
func (w *Wanted) readAddresses(s v1alpha1.HostInterfaceSpec) *Problem {
	var pr *Problem
	addresses := func(field string, values []string, four bool) {
		pr = cmp.Or(pr, tooMany(field, values, maxAddresses))
		for _, v := range values {
			a, err := netip.ParseAddr(v)
			if err != nil || a.Is4() != four {
				pr = cmp.Or(pr, unreadable(field, v))
				continue
			}
			w.Addresses = append(w.Addresses, a)
			if allowed := notAddress(a, w.Subnets); allowed != "" {
				pr = cmp.Or(pr, outOfBounds(field, v, allowed))
			}
		}
	}
	prefixes := func(into *[]netip.Prefix, field string, values []string, four bool, check func(netip.Prefix) string) {
		for _, v := range values {
			p, err := netip.ParsePrefix(v)
			if err != nil || p.Addr().Is4() != four {
				pr = cmp.Or(pr, unreadable(field, v))
				continue
			}
			if allowed := check(p); allowed != "" {
				pr = cmp.Or(pr, outOfBounds(field, v, allowed))
				continue
			}
			*into = append(*into, p)
		}
	}
	delegated := func(p netip.Prefix) string { return notPrefix(p, w.Subnets) }

	// Subnets first, as they bound the rest.
	if s.SubnetCIDR != "" {
		prefixes(&w.Subnets, "subnetCidr", []string{s.SubnetCIDR}, true, notSubnet)
	}
	pr = cmp.Or(pr, tooMany("subnetIpv6Cidrs", s.SubnetIPv6CIDRs, maxSubnets))
	prefixes(&w.Subnets, "subnetIpv6Cidrs", s.SubnetIPv6CIDRs, false, notSubnet)
	addresses("privateIps", s.PrivateIPs, true)
	addresses("ipv6Addresses", s.IPv6Addresses, false)
	pr = cmp.Or(pr, tooMany("ipv4Prefixes", s.IPv4Prefixes, maxAddresses), tooMany("ipv6Prefixes", s.IPv6Prefixes, maxAddresses))
	prefixes(&w.Prefixes, "ipv4Prefixes", s.IPv4Prefixes, true, delegated)
	prefixes(&w.Prefixes, "ipv6Prefixes", s.IPv6Prefixes, false, delegated)
	return pr
}

func unreadable(field, value string) *Problem {
	return problem(v1alpha1.ReasonInvalidConfig, "spec.%s: %q cannot be read", field, value)
}

// check finds what is well written and still cannot be done.
func (w *Wanted) check(s v1alpha1.HostInterfaceSpec) *Problem {
	if w.Driver == v1alpha1.DriverDPDK {
		return nil
	}
	routed := w.Addressing == v1alpha1.AddressingPolicyRouted
	switch {
	case routed && w.Table == 0:
		return problem(v1alpha1.ReasonInvalidConfig, "device index %d on network card %d has no routing table: addressing PolicyRouted is for device indexes below %d on network cards below %d; use Addresses or None",
			s.DeviceIndex, s.NetworkCardIndex, tablesOfCard, cards)
	case routed && len(w.sources(true)) > 0 && s.SubnetCIDR == "":
		return problem(v1alpha1.ReasonInvalidConfig, "spec.subnetCidr is empty: addressing PolicyRouted needs it to know the gateway")
	case w.Addressing == v1alpha1.AddressingAddresses && len(s.PrivateIPs) > 0 && s.SubnetCIDR == "":
		return problem(v1alpha1.ReasonInvalidConfig, "spec.subnetCidr is empty: addressing Addresses needs it to check the addresses of spec.privateIps")
	case len(s.SubnetIPv6CIDRs) > 0:
		return nil
	case routed && len(w.sources(false)) > 0, w.Addressing == v1alpha1.AddressingAddresses && len(s.IPv6Addresses) > 0:
		return problem(v1alpha1.ReasonInvalidConfig, "spec.subnetIpv6Cidrs is empty: addressing %s needs it to check the ENI's IPv6 addresses and prefixes", w.Addressing)
	default:
		return nil
	}
}

// table returns the table of a place on the instance. Outside the band two
// places would share one, and each take the other's rules for its own.
func table(card, device int32) int {
	if device < 0 || device >= tablesOfCard || card < 0 || card >= cards {
		return 0
	}
	return firstTable + tablesOfCard*int(card) + int(device)
}

// sources are the addresses and prefixes of a family that the ENI may send
// from.
func (w *Wanted) sources(four bool) []netip.Prefix {
	var out []netip.Prefix
	for _, a := range w.Addresses {
		if a.Is4() == four {
			out = append(out, host(a))
		}
	}
	for _, p := range w.Prefixes {
		if p.Addr().Is4() == four {
			out = append(out, p)
		}
	}
	return out
}

// addresses are those to put on the link.
func (w *Wanted) addresses() []netip.Addr {
	if w.Release || w.Addressing != v1alpha1.AddressingAddresses && w.Addressing != v1alpha1.AddressingPolicyRouted {
		return nil
	}
	return w.Addresses
}

func (w *Wanted) policyRouted() bool {
	return !w.Release && w.Addressing == v1alpha1.AddressingPolicyRouted
}

// host is the prefix of one address.
func host(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }
