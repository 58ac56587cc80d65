package deviceplugin

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// A Merged is a file with the pools of an owner in it.
type Merged struct {
	// File is what the file must be.
	File []byte
	// Changed says that the plugin reads something else in it than before: it
	// has to be started again. Otherwise File is the file as it was.
	Changed bool
	// Refused are pools, or devices of them, that are not in File.
	Refused []Refusal
	// Shadowed are devices that a pool of somebody else names and no longer
	// gets, as pools of the owner come first.
	Shadowed []Shadow
	// Fatal are pools of other owners for which the device plugin exits, so that it
	// offers nothing. Merge does not change them.
	Fatal []Fatal
}

// A Fatal is a pool for which the device plugin exits.
type Fatal struct {
	// Pool names it: its resource, or its place in the file, from 1.
	Pool string
	Err  error
}

// A Refusal says why something is not offered.
type Refusal struct {
	Resource Resource
	// Devices that are meant: those of the pool, or fewer.
	Devices []pci.Address
	Err     error
}

// A Shadow is a device that two pools name.
type Shadow struct {
	Device pci.Address
	// Resource that it was offered as, by somebody else's pool.
	Resource Resource
	// Now is what it is offered as.
	Now Resource
}

// Merge puts the pools of an owner into a file in place of all that it had
// there. Nothing else of the file changes; an empty file is a new one. The error
// is ErrCorrupt if the plugin could not read the file.
//
// What cannot be offered is left out and reported, and the rest is offered:
// pools are in the order of their right, so that of two that have one device the
// first gets it.
func Merge(file []byte, pools []Pool, o Owner) (Merged, error) {
	if o.Mark == "" {
		return Merged{}, errors.New("cannot merge pools: their owner has no mark")
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
		if !o.owns(x.raw) {
			foreign = append(foreign, x)
		}
	}
	offers, refused := o.offers(pools, foreign)
	items, err := o.items(offers)
	if err != nil {
		return Merged{}, err
	}
	m := Merged{File: file, Changed: fresh, Refused: refused, Shadowed: o.shadowed(offers, foreign), Fatal: o.fatal(d.items)}
	items = append(items, foreign...)
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

// sameItem says whether two items are the same to who reads them. What differs
// in nothing but space is no reason to start the plugin again.
func sameItem(a, b item) bool {
	var x, y bytes.Buffer
	if json.Compact(&x, a.raw) != nil || json.Compact(&y, b.raw) != nil {
		return false
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}

// offers are devices by resource and driver.
type offers map[Resource]map[string][]pci.Address

func (o Owner) offers(pools []Pool, foreign []item) (offers, []Refusal) {
	taken := map[Resource]bool{}
	for _, x := range foreign {
		taken[o.resource(x.raw)] = true
	}
	all := offers{}
	var refused []Refusal
	type offer struct {
		resource Resource
		driver   string
	}
	made := map[pci.Address]offer{}
	for _, p := range pools {
		refuse := func(devices []pci.Address, err error) {
			refused = append(refused, Refusal{Resource: p.Resource, Devices: devices, Err: errors.Wrapf(err, "cannot offer devices as %q", p.Resource)})
		}
		if err := p.Resource.validate(); err != nil {
			refuse(p.Devices, err)
			continue
		}
		if p.Driver == "" {
			refuse(p.Devices, errors.New("their driver is not known"))
			continue
		}
		if taken[p.Resource] {
			refuse(p.Devices, errors.New("the device plugin's file has a pool of that name, which is not of this agent: choose another name, or remove that pool"))
			continue
		}
		for _, a := range p.Devices {
			this := offer{p.Resource, p.Driver}
			other, twice := made[a]
			if twice && other != this {
				refuse([]pci.Address{a}, errors.Errorf("PCI device %q is offered as %q with driver %q already", a, other.resource, other.driver))
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
	return all, refused
}

func (o Owner) items(all offers) ([]item, error) {
	var items []item
	for _, r := range slices.SortedFunc(maps.Keys(all), Resource.Compare) {
		raw, err := o.item(r, all[r])
		if err != nil {
			return nil, errors.Wrapf(err, "cannot write pool %q", r)
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
