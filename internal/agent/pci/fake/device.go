// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fake

import (
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// A Device is a device to plug in.
type Device struct {
	pci.Device

	// MAC address of the link that a network driver creates. Each link of the device
	// has the same.
	MAC string
	// Name of the link, as udev names it by the slot of the device. Default: the first
	// unused of eth0, eth1, ….
	Name string

	// UnbindError, if set, is returned by Unbind, which then leaves the device bound.
	UnbindError error
	// BindErrors are the errors of drivers, by name, whose probe function fails. The
	// device then stays unbound.
	BindErrors map[string]error
}

type device struct {
	Device

	link *Link
	// vfioGroup is true if VFIO created the IOMMU group, which exists while the device
	// is bound.
	vfioGroup bool
}

func (d *device) netdevs() []string {
	names := make([]string, 0, len(d.Netdevs))
	for _, n := range d.Netdevs {
		names = append(names, n.Name)
	}
	return names
}

func (d *device) id() string { return d.Vendor + ":" + d.Product }
