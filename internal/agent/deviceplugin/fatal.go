// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// An entry is an item of the plugin's list as the plugin decodes it.
type entry struct {
	ResourcePrefix  string                       `json:"resourcePrefix,omitempty"`
	ResourceName    string                       `json:"resourceName"`
	DeviceType      string                       `json:"deviceType,omitempty"`
	ExcludeTopology bool                         `json:"excludeTopology,omitempty"`
	Selectors       *json.RawMessage             `json:"selectors,omitempty"`
	AdditionalInfo  map[string]map[string]string `json:"additionalInfo,omitempty"`
}

// Device types of the plugin. The default is netDevice.
const (
	netDevice    = "netDevice"
	accelerator  = "accelerator"
	auxNetDevice = "auxNetDevice"
)

// pluginName is the plugin's own check of a name.
var pluginName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// fatal returns the foreign pools for which the device plugin exits, in the order of the
// file. It repeats the plugin's checks:
// https://github.com/k8snetworkplumbingwg/sriov-network-device-plugin/blob/master/cmd/sriovdp/manager.go
func (o Owner) fatal(items []item) []Fatal {
	var out []Fatal
	seen := map[Resource]bool{}
	for i, x := range items {
		if o.owns(x.raw) {
			continue
		}
		f := Fatal{Pool: fmt.Sprintf("pool %d", i+1)}
		r := o.resource(x.raw)
		if r.Name != "" {
			f.Pool += " (" + r.String() + ")"
		}
		skipped, err := checkEntry(x.raw)
		if err == nil && skipped {
			continue
		}
		if err == nil && seen[r] {
			err = errors.New("another pool has the same resource: rename one of them")
		}
		seen[r] = true
		if err == nil {
			err = r.validateLength()
			f.IfSelected = err != nil
		}
		if f.Err = err; err != nil {
			out = append(out, f)
		}
	}
	return out
}

// checkEntry returns why the plugin exits because of an item of its list, and whether it
// skips the item otherwise, because it cannot decode the selectors.
func checkEntry(raw []byte) (bool, error) {
	var e entry
	if err := decodeEntry(raw, &e); err != nil {
		return false, err
	}
	if e.DeviceType == "" {
		e.DeviceType = netDevice
	}
	if e.DeviceType != netDevice && e.DeviceType != accelerator && e.DeviceType != auxNetDevice {
		return false, errors.Errorf("deviceType %q is not supported: use netDevice, accelerator or auxNetDevice", e.DeviceType)
	}
	if e.Selectors == nil {
		return false, errors.New("it has no selectors: add them, such as {\"vendors\": [\"1d0f\"]}, or remove the pool")
	}
	selectors, ok := decodeSelectors(e.DeviceType, *e.Selectors)
	switch {
	case !ok:
		return true, nil
	case !pluginName.MatchString(e.ResourceName):
		return false, errors.Errorf("resourceName %q does not consist of letters, digits, '-' and '_': rename it", e.ResourceName)
	default:
		return false, checkSelectors(e.DeviceType, selectors)
	}
}

// decodeEntry decodes an item. The plugin exits if it cannot decode one.
func decodeEntry(raw []byte, into *entry) error {
	err := json.Unmarshal(raw, into)
	var typed *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &typed) && typed.Field != "":
		return errors.Errorf("%s is a JSON %s: correct its type", typed.Field, typed.Value)
	default:
		return errors.New("the pool is not a JSON object: remove it")
	}
}

// A foreignSelector has the keys of a selector that the plugin decodes. It skips a pool
// if one of them has the wrong type.
type foreignSelector struct {
	common  commonKeys
	network networkKeys
	aux     auxKeys
}

type commonKeys struct {
	Vendors      []string `json:"vendors"`
	Devices      []string `json:"devices"`
	Drivers      []string `json:"drivers"`
	PCIAddresses []string `json:"pciAddresses"`
}

type networkKeys struct {
	PFNames      []string `json:"pfNames"`
	RootDevices  []string `json:"rootDevices"`
	LinkTypes    []string `json:"linkTypes"`
	ACPIIndexes  []string `json:"acpiIndexes"`
	DDPProfiles  []string `json:"ddpProfiles"`
	PKeys        []string `json:"pKeys"`
	IsRDMA       bool     `json:"isRdma"`
	NeedVhostNet bool     `json:"needVhostNet"`
	VDPAType     string   `json:"vdpaType"`
}

type auxKeys struct {
	AuxTypes []string `json:"auxTypes"`
}

func decodeSelector(deviceType string, raw []byte) (foreignSelector, error) {
	var s foreignSelector
	err := json.Unmarshal(raw, &s.common)
	switch {
	case err == nil && deviceType == netDevice:
		err = json.Unmarshal(raw, &s.network)
	case err == nil && deviceType == auxNetDevice:
		err = json.Unmarshal(raw, &s.aux)
	}
	return s, err
}

// decodeSelectors decodes an object, or a list of at least one. It reports false if the
// plugin skips the pool.
func decodeSelectors(deviceType string, raw []byte) ([]foreignSelector, bool) {
	if one, err := decodeSelector(deviceType, raw); err == nil {
		return []foreignSelector{one}, true
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || len(list) == 0 {
		return nil, false
	}
	out := make([]foreignSelector, 0, len(list))
	for _, x := range list {
		s, err := decodeSelector(deviceType, x)
		if err != nil {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

// checkSelectors returns why the plugin exits because of the selectors of a pool.
func checkSelectors(deviceType string, selectors []foreignSelector) error {
	for _, s := range selectors {
		switch {
		case deviceType == netDevice && s.network.IsRDMA && s.network.VDPAType != "":
			return errors.New("its selectors have both isRdma and vdpaType: remove one of them")
		case deviceType == auxNetDevice && len(s.aux.AuxTypes) == 0:
			return errors.New("its selectors have no auxTypes: add \"sf\", the only one that the plugin supports")
		case deviceType == auxNetDevice:
			for _, t := range s.aux.AuxTypes {
				if t != "sf" {
					return errors.Errorf("its selectors have auxType %q: the plugin supports only \"sf\"", t)
				}
			}
		}
	}
	return nil
}
