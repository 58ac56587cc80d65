// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"encoding/json"
	"io/fs"
	"os"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// Own returns the pools of an owner in the file: one for each resource and driver. A file
// that does not exist, or that the plugin cannot read, has none.
func (f *File) Own(o Owner) ([]Pool, error) {
	root, err := os.OpenRoot(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.Wrapf(err, "cannot open directory of the device plugin's file %q", f.name)
	}
	defer root.Close() //nolint:errcheck // Nothing was written.
	b, _, err := f.read(root)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot read the device plugin's file %q", f.name)
	}
	d, err := scan(b)
	if err != nil {
		return nil, nil // Apply replaces the file.
	}
	var out []Pool
	for _, x := range d.items {
		if o.owns(x.raw) {
			out = append(out, o.pools(x.raw)...)
		}
	}
	return out, nil
}

// pools is the inverse of item.
func (o Owner) pools(raw []byte) []Pool {
	var p struct {
		Selectors json.RawMessage `json:"selectors"`
	}
	if json.Unmarshal(raw, &p) != nil {
		return nil
	}
	type selected struct {
		Drivers      []string `json:"drivers"`
		PCIAddresses []string `json:"pciAddresses"`
	}
	var list []selected
	if json.Unmarshal(p.Selectors, &list) != nil {
		list = make([]selected, 1)
		if json.Unmarshal(p.Selectors, &list[0]) != nil {
			return nil
		}
	}
	var out []Pool
	for _, s := range list {
		pool := Pool{Resource: o.resource(raw)}
		if len(s.Drivers) > 0 {
			pool.Driver = s.Drivers[0]
		}
		for _, text := range s.PCIAddresses {
			if a, err := pci.ParseAddress(text); err == nil {
				pool.Devices = append(pool.Devices, a)
			}
		}
		out = append(out, pool)
	}
	return out
}
