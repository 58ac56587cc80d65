// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package plugintest

import (
	"bytes"
	"encoding/json"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

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
		AuxTypes     []string `json:"auxTypes"`
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

// Decode parses a file strictly, and returns its pools and their selectors. It accepts
// only the keys that the plugin documents.
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
