// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package host

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/journal"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// takeOver identifies the device of an ENI that other software bound to a userspace driver,
// so that neither a link nor the journal identifies it. The address in the HostInterface is
// what that software recorded, which may be wrong. It is accepted only if everything else
// agrees:
//
//   - the node has not been booted since;
//   - every HostInterface of the node without a link and a journal entry has a recorded
//     address, and these are exactly the addresses of the network devices with a userspace
//     driver and no journal entry;
//   - on each network card the order of the addresses is the order of the device indexes:
//     EC2 plugs devices in that order, unless they were attached in another one.
//
// If they do not, it returns the reason. It changes nothing.
func takeOver(h *Host, w desired.State, links []link.Link) (Device, string, error) {
	t := w.TakeOver
	if t == nil || t.Address == nil || t.Boot != h.Boot {
		return Device{}, "", nil
	}
	candidates, foreign, err := userspaceDevices(h)
	if err != nil {
		return Device{}, "", err
	}
	open := []desired.TakeOver{*t}
	for _, o := range w.Others {
		if _, known := h.Journal.Entry(o.NetworkInterfaceID); known || hasLink(links, o.MAC) {
			continue
		}
		if o.Address == nil || o.Boot != h.Boot {
			return Device{}, fmt.Sprintf("HostInterface %s has no link on the node either, and no recorded PCI address", o.HostInterface), nil
		}
		open = append(open, o)
	}
	if why := agree(open, candidates); why != "" {
		return Device{}, why, nil
	}
	i := slices.IndexFunc(candidates, func(d pci.Device) bool { return d.Address == *t.Address })
	d := candidates[i]
	kernel := kernelDriver(d, foreign)
	if kernel == "" {
		return Device{}, fmt.Sprintf("the kernel driver of device %s (%s:%s) is not known", d.Address, d.Vendor, d.Product), nil
	}
	return Device{Device: d, Found: true, TakenOver: true, Caching: memoryCaching(h, d), Entry: &journal.Entry{
		NetworkInterfaceID: w.NetworkInterfaceID, MAC: w.MAC, Address: d.Address, Vendor: d.Vendor, Product: d.Product,
		KernelDriver: kernel, Driver: d.Driver, Boot: h.Boot,
	}}, "", nil
}

// userspaceDevices returns the network devices with a userspace driver and no journal entry,
// sorted by address, and all other network devices.
func userspaceDevices(h *Host) (candidates, others []pci.Device, err error) {
	addresses, err := h.PCI.Addresses()
	if err != nil {
		return nil, nil, err
	}
	for _, a := range addresses {
		d, err := h.PCI.Device(a)
		if err != nil {
			return nil, nil, err
		}
		if !d.IsNetwork() {
			continue
		}
		_, known := h.Journal.At(a)
		if known || !desired.IsUserspaceDriver(d.Driver) {
			others = append(others, d)
			continue
		}
		candidates = append(candidates, d)
	}
	return candidates, others, nil
}

// agree returns why the recorded addresses do not identify the devices, or "".
func agree(open []desired.TakeOver, candidates []pci.Device) string {
	recorded := make([]pci.Address, 0, len(open))
	for _, o := range open {
		recorded = append(recorded, *o.Address)
	}
	slices.SortFunc(recorded, pci.Address.Compare)
	found := make([]pci.Address, 0, len(candidates))
	for _, d := range candidates {
		found = append(found, d.Address)
	}
	if !slices.Equal(recorded, found) {
		return fmt.Sprintf("the recorded PCI addresses (%s) differ from the addresses of the network devices with a userspace driver (%s)", joinAddresses(recorded), joinAddresses(found))
	}
	for _, a := range open {
		for _, b := range open {
			if a.Card == b.Card && a.Index < b.Index && a.Address.Compare(*b.Address) > 0 {
				return fmt.Sprintf("PCI address %s of device index %d is above PCI address %s of device index %d", a.Address, a.Index, b.Address, b.Index)
			}
		}
	}
	return ""
}

// kernelDriver returns the kernel driver of a device: the driver of another device of the same
// vendor and product, such as the node's primary interface, or the known driver. "" if it
// is not known.
func kernelDriver(d pci.Device, others []pci.Device) string {
	for _, o := range others {
		if o.Vendor == d.Vendor && o.Product == d.Product && o.Driver != "" && !desired.IsUserspaceDriver(o.Driver) {
			return o.Driver
		}
	}
	// https://github.com/amzn/amzn-drivers/blob/master/kernel/linux/ena/ena_pci_id_tbl.h
	if d.Vendor == "1d0f" && slices.Contains([]string{"0ec2", "1ec2", "ec20", "ec21"}, d.Product) {
		return "ena"
	}
	return ""
}

func hasLink(links []link.Link, mac string) bool {
	return slices.ContainsFunc(links, func(l link.Link) bool { return l.MAC == mac && l.Kind == link.KindDevice })
}

func joinAddresses(addresses []pci.Address) string {
	if len(addresses) == 0 {
		return "none"
	}
	out := make([]string, 0, len(addresses))
	for _, a := range addresses {
		out = append(out, a.String())
	}
	return strings.Join(out, ", ")
}
