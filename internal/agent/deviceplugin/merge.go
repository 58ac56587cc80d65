// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// A Merged is the result of Merge.
type Merged struct {
	// File is the content to write.
	File []byte
	// Changed is true if the plugin would read another configuration, so that it has to
	// be restarted. Otherwise File is the unchanged input.
	Changed bool
	// Rejected are pools, or devices of pools, that are not in File.
	Rejected []Rejection
	// Shadowed are devices that a foreign pool selects by address and no longer gets,
	// as the pools of the owner come first.
	Shadowed []Shadow
	// Fatal are foreign pools for which the device plugin exits, so that it offers
	// nothing. Merge does not change them.
	Fatal []Fatal
}

// A Fatal is a pool for which the device plugin exits, and the reason.
type Fatal struct {
	// Pool is its position in the file, from 1, and its resource.
	Pool string
	Err  error
	// IfSelected is true if the plugin exits only if the pool selects a device.
	IfSelected bool
}

// Exits reports whether the device plugin exits in any case.
func (m Merged) Exits() bool {
	return slices.ContainsFunc(m.Fatal, func(f Fatal) bool { return !f.IfSelected })
}

// A Rejection is the reason why devices are not offered.
type Rejection struct {
	Resource Resource
	// Devices are all devices of the pool, or some of them.
	Devices []pci.Address
	Err     error
}

// A Shadow is a device that two pools select.
type Shadow struct {
	Device pci.Address
	// Resource of the foreign pool that selects the device.
	Resource Resource
	// Now is the resource that the device is offered as.
	Now Resource
}

// Merge replaces the owner's pools in a file. It preserves the rest of the file; an
// empty file becomes a new one. The error is ErrCorrupt if the plugin could not read
// the file.
//
// Merge rejects pools and devices that cannot be offered, and adds the others. If two
// pools have the same device, the first gets it.
func Merge(file []byte, pools []Pool, o Owner) (Merged, error) {
	if o.Name == "" {
		return Merged{}, errors.New("cannot merge pools: their owner has no name")
	}
	fresh := len(bytes.TrimSpace(file)) == 0
	if fresh {
		file = []byte("{\n  \"" + listKey + "\": []\n}\n")
	}
	d, err := scan(file)
	if err != nil {
		return Merged{}, err
	}
	var foreign []item
	for _, x := range d.items {
		if !o.owns(x.raw) && !o.replaced(x.raw, pools) {
			foreign = append(foreign, x)
		}
	}
	offers, rejected := o.offers(pools, foreign)
	items, err := o.items(offers)
	if err != nil {
		return Merged{}, err
	}
	m := Merged{File: file, Changed: fresh, Rejected: rejected, Shadowed: o.shadowed(offers, foreign)}
	items = append(items, foreign...)
	m.Fatal = o.fatal(items)
	if slices.EqualFunc(d.items, items, sameItem) {
		return m, nil
	}
	if len(foreign) == 0 && len(items) > 0 {
		items[len(items)-1].trail = []byte("\n  ")
	}
	d.items = items
	m.File, m.Changed = d.text(), true
	return m, nil
}

// sameItem reports whether two items differ at most in white space, which is no reason
// to restart the plugin.
func sameItem(a, b item) bool {
	var x, y bytes.Buffer
	if json.Compact(&x, a.raw) != nil || json.Compact(&y, b.raw) != nil {
		return false
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}

// offers are the devices by resource and driver.
type offers map[Resource]map[string][]pci.Address

func (o Owner) offers(pools []Pool, foreign []item) (offers, []Rejection) {
	taken := map[Resource]bool{}
	for _, x := range foreign {
		taken[o.resource(x.raw)] = true
	}
	all := offers{}
	var rejected []Rejection
	type offer struct {
		resource Resource
		driver   string
	}
	made := map[pci.Address]offer{}
	for _, p := range pools {
		reject := func(devices []pci.Address, err error) {
			rejected = append(rejected, Rejection{Resource: p.Resource, Devices: devices, Err: errors.Wrapf(err, "cannot offer devices as %q", p.Resource)})
		}
		if err := p.Resource.validate(); err != nil {
			reject(p.Devices, err)
			continue
		}
		if p.Driver == "" {
			reject(p.Devices, errors.New("the driver of the devices is not known"))
			continue
		}
		if taken[p.Resource] {
			reject(p.Devices, errors.New("the device plugin's file has a pool of that name that this agent does not manage: use another name, or remove that pool"))
			continue
		}
		for _, a := range p.Devices {
			this := offer{p.Resource, p.Driver}
			other, twice := made[a]
			if twice && other != this {
				reject([]pci.Address{a}, errors.Errorf("PCI device %q is already offered as %q with driver %q", a, other.resource, other.driver))
			}
			if twice {
				continue
			}
			made[a] = this
			if all[p.Resource] == nil {
				all[p.Resource] = map[string][]pci.Address{}
			}
			all[p.Resource][p.Driver] = append(all[p.Resource][p.Driver], a)
		}
	}
	return all, rejected
}

func (o Owner) items(all offers) ([]item, error) {
	var items []item
	for _, r := range slices.SortedFunc(maps.Keys(all), Resource.Compare) {
		raw, err := o.item(r, all[r])
		if err != nil {
			return nil, errors.Wrapf(err, "cannot encode pool %q", r)
		}
		items = append(items, item{lead: []byte("\n    "), raw: raw})
	}
	return items, nil
}

func (o Owner) shadowed(all offers, foreign []item) []Shadow {
	now := map[pci.Address]Resource{}
	for r, byDriver := range all {
		for _, devices := range byDriver {
			for _, a := range devices {
				now[a] = r
			}
		}
	}
	var shadows []Shadow
	for _, x := range foreign {
		for _, a := range named(x.raw) {
			if r, ok := now[a]; ok {
				shadows = append(shadows, Shadow{Device: a, Resource: o.resource(x.raw), Now: r})
			}
		}
	}
	return shadows
}
