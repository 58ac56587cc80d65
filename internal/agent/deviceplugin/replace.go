// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// replaced reports whether the owner's pools replace a foreign item: the item has only the
// fields that aws-multi-eni-controller writes, and each device that it selects is in a pool
// of its resource with Replaces. Until then it stays, so that no device is offered less than
// before.
func (o Owner) replaced(raw []byte, pools []Pool) bool {
	devices := map[pci.Address]bool{}
	for _, p := range pools {
		if p.Replaces && p.Resource == o.resource(raw) {
			for _, a := range p.Devices {
				devices[a] = true
			}
		}
	}
	if len(devices) == 0 || !ofMultiENIController(raw) {
		return false
	}
	selected := named(raw)
	return len(selected) > 0 && !slices.ContainsFunc(selected, func(a pci.Address) bool { return !devices[a] })
}

// ofMultiENIController reports whether an item has only the fields that
// aws-multi-eni-controller writes, and selects devices only by driver and address.
func ofMultiENIController(raw []byte) bool {
	var p struct {
		ResourcePrefix string `json:"resourcePrefix"`
		ResourceName   string `json:"resourceName"`
		Selectors      []struct {
			Drivers      []string      `json:"drivers"`
			PCIAddresses []pci.Address `json:"pciAddresses"`
		} `json:"selectors"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if d.Decode(&p) != nil {
		return false
	}
	for _, s := range p.Selectors {
		if len(s.PCIAddresses) == 0 {
			return false // it selects every device of the driver
		}
	}
	return true
}
