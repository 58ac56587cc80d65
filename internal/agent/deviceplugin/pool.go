// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// A Pool is a set of devices to offer as a resource. Pools of one resource are merged.
type Pool struct {
	Resource Resource
	// Driver that the devices are bound to: a kernel driver (ena) or a userspace driver
	// (vfio-pci). The plugin adds the device files that a pod needs with it.
	Driver string
	// Devices by address. A pool without devices is not offered.
	Devices []pci.Address
	// Replaces is true if aws-multi-eni-controller offered the devices before. Its pool of
	// the same resource is replaced once each of its devices is in such a pool of the owner.
	Replaces bool
}

// An Owner distinguishes its own pools from foreign ones.
type Owner struct {
	// Name is written into pools to mark them as the owner's. It must not be empty.
	Name string
	// DefaultPrefix is the prefix of pools that have none: the plugin's
	// -resource-prefix. Default: intel.com, as in the plugin.
	DefaultPrefix string
}

const (
	// managedByKey holds the owner's name, below the devices "*", which stand for all
	// devices.
	managedByKey = "managedBy"
	allDevices   = "*"
)

// DefaultPrefix is the plugin's default prefix.
const DefaultPrefix = "intel.com"

// pool is an item of the plugin's list, with the fields that this package writes, in
// the order of the file.
type pool struct {
	ResourcePrefix string                       `json:"resourcePrefix,omitempty"`
	ResourceName   string                       `json:"resourceName"`
	DeviceType     string                       `json:"deviceType,omitempty"`
	Selectors      any                          `json:"selectors,omitempty"`
	AdditionalInfo map[string]map[string]string `json:"additionalInfo,omitempty"`
}

type selector struct {
	Drivers      []string      `json:"drivers,omitempty"`
	PCIAddresses []pci.Address `json:"pciAddresses,omitempty"`
}

// item encodes the pool of a resource, with devices by driver. A single selector is an
// object: versions of the plugin before 3.6 do not accept a list.
func (o Owner) item(r Resource, devices map[string][]pci.Address) ([]byte, error) {
	var list []selector
	for driver, addresses := range devices {
		slices.SortFunc(addresses, pci.Address.Compare)
		list = append(list, selector{Drivers: []string{driver}, PCIAddresses: addresses})
	}
	slices.SortFunc(list, func(a, b selector) int { return strings.Compare(a.Drivers[0], b.Drivers[0]) })
	p := pool{
		ResourcePrefix: r.Prefix,
		ResourceName:   r.Name,
		DeviceType:     "netDevice",
		Selectors:      list,
		AdditionalInfo: map[string]map[string]string{allDevices: {managedByKey: o.Name}},
	}
	if len(list) == 1 {
		p.Selectors = list[0]
	}
	return json.Marshal(p)
}

// owns reports whether an item has the owner's name. An item that cannot be parsed is
// foreign.
func (o Owner) owns(raw []byte) bool {
	var p struct {
		AdditionalInfo map[string]map[string]string `json:"additionalInfo"`
	}
	return json.Unmarshal(raw, &p) == nil && p.AdditionalInfo[allDevices][managedByKey] == o.Name
}

// resource returns the resource of an own or foreign item.
func (o Owner) resource(raw []byte) Resource {
	var p struct {
		ResourcePrefix string `json:"resourcePrefix"`
		ResourceName   string `json:"resourceName"`
	}
	if json.Unmarshal(raw, &p) != nil {
		return Resource{}
	}
	for _, prefix := range []string{p.ResourcePrefix, o.DefaultPrefix, DefaultPrefix} {
		if prefix != "" {
			return Resource{Prefix: prefix, Name: p.ResourceName}
		}
	}
	return Resource{}
}

// named returns the devices that an own or foreign item selects by address.
func named(raw []byte) []pci.Address {
	var addresses []pci.Address
	for _, p := range (Owner{}).pools(raw) {
		addresses = append(addresses, p.Devices...)
	}
	return addresses
}
