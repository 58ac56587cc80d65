// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package plugintest simulates the SR-IOV network device plugin: it parses the plugin's
// file, more strictly than the plugin, and assigns devices to pools.
package plugintest

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// defaultPrefix is the plugin's default resource prefix.
const defaultPrefix = "intel.com"

// The plugin's file according to its documentation, with every known key. The plugin
// itself is not usable as a library, and ignores unknown keys.
type (
	file struct {
		ResourceList []Pool `json:"resourceList"`
	}
	// A Pool is an entry of the file's list.
	Pool struct {
		ResourcePrefix  string                       `json:"resourcePrefix"`
		ResourceName    string                       `json:"resourceName"`
		DeviceType      string                       `json:"deviceType"`
		ExcludeTopology bool                         `json:"excludeTopology"`
		Selectors       json.RawMessage              `json:"selectors"`
		AdditionalInfo  map[string]map[string]string `json:"additionalInfo"`
	}
	// A Selector selects the devices of a pool.
	Selector struct {
		Vendors      []string `json:"vendors"`
		Devices      []string `json:"devices"`
		Drivers      []string `json:"drivers"`
		PCIAddresses []string `json:"pciAddresses"`
		ACPIIndexes  []string `json:"acpiIndexes"`
		PFNames      []string `json:"pfNames"`
		RootDevices  []string `json:"rootDevices"`
		LinkTypes    []string `json:"linkTypes"`
		DDPProfiles  []string `json:"ddpProfiles"`
		PKeys        []string `json:"pKeys"`
		IsRDMA       bool     `json:"isRdma"`
		NeedVhostNet bool     `json:"needVhostNet"`
		VDPAType     string   `json:"vdpaType"`
	}
)

func strictly(b []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("there is more than one value")
	}
	return nil
}

// Decode parses a file strictly, and returns its pools and their selectors.
func Decode(b []byte) ([]Pool, [][]Selector, error) {
	var f file
	if err := strictly(b, &f); err != nil {
		return nil, nil, err
	}
	var all [][]Selector
	for _, p := range f.ResourceList {
		var list []Selector
		if err := strictly(p.Selectors, &list); err != nil {
			list = make([]Selector, 1)
			if err := strictly(p.Selectors, &list[0]); err != nil {
				return nil, nil, err
			}
		}
		all = append(all, list)
	}
	return f.ResourceList, all, nil
}

// Offered simulates the plugin: it assigns each device of a host, given with its
// driver, to the first pool that selects it by address and driver. It returns the
// devices by resource.
func Offered(file []byte, host map[string]string) (map[string][]string, error) {
	pools, selectors, err := Decode(file)
	if err != nil {
		return nil, err
	}
	got, taken := map[string][]string{}, map[string]bool{}
	for i, p := range pools {
		prefix := p.ResourcePrefix
		if prefix == "" {
			prefix = defaultPrefix
		}
		name := prefix + "/" + p.ResourceName
		if _, twice := got[name]; twice {
			return nil, errors.Errorf("the plugin exits for the duplicate resource %s", name)
		}
		got[name] = nil
		for _, s := range selectors[i] {
			for address, driver := range host {
				if !taken[address] && allows(s.PCIAddresses, address) && allows(s.Drivers, driver) {
					taken[address] = true
					got[name] = append(got[name], address)
				}
			}
		}
	}
	return got, nil
}

func allows(values []string, value string) bool {
	return len(values) == 0 || slices.Contains(values, value)
}
