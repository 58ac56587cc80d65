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
	return pr
}
