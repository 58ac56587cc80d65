// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fake

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// AddDriver registers a driver that is in no module, and binds the unbound devices that
// it matches.
func (b *Bus) AddDriver(name string, d Driver) {
	b.mu.Lock()
	var n linkEvents
	b.register(name, d, &n)
	b.mu.Unlock()
	b.notify(n)
}

func (b *Bus) register(name string, d Driver, n *linkEvents) {
	if _, ok := b.drivers[name]; ok {
		return
	}
	b.drivers[name] = d
	for _, a := range slices.SortedFunc(maps.Keys(b.devices), pci.Address.Compare) {
		if x := b.devices[a]; x.Driver == "" && b.matches(name, x) {
			_ = b.probe(name, x, n) // The kernel only logs the error.
		}
	}
}

// matches reports whether a driver matches a device: by its override if there is one,
// otherwise by its ID.
func (b *Bus) matches(driver string, d *device) bool {
	if d.Override != "" {
		return d.Override == driver
	}
	return slices.Contains(b.drivers[driver].IDs, d.id())
}

// attach binds an unbound device to the first driver that matches and whose probe
// succeeds.
func (b *Bus) attach(d *device, n *linkEvents) {
	for _, name := range slices.Sorted(maps.Keys(b.drivers)) {
		if d.Driver == "" && b.matches(name, d) {
			_ = b.probe(name, d, n) // The kernel only logs the error, and tries the next driver.
		}
	}
}

// probe binds a device to a driver that matches it.
func (b *Bus) probe(name string, d *device, n *linkEvents) error {
	if err := d.BindErrors[name]; err != nil {
		return err
	}
	driver := b.drivers[name]
	if driver.VFIO && d.IOMMUGroup == "" {
		if !b.noIOMMU() {
			return syscall.EINVAL
		}
		// The name of the group is a number, as with an IOMMU; only its file below
		// /dev/vfio has another name.
		d.IOMMUGroup, d.vfioGroup = strconv.Itoa(b.groups), true
		d.NoIOMMU = true
		b.groups++
	}
	d.Driver = name
	if driver.Net {
		b.index++
		d.link = &Link{Address: d.Address, Index: b.index, Name: b.linkName(d), MAC: d.MAC}
		d.Netdevs = []pci.Netdev{{Name: d.link.Name, Index: d.link.Index}}
		n.added = append(n.added, *d.link)
	}
	return nil
}

// detach unbinds a device from its driver, if it has one.
func (b *Bus) detach(d *device, n *linkEvents) {
	if d.link != nil {
		n.removed = append(n.removed, *d.link)
	}
	d.Driver, d.Netdevs, d.link = "", nil, nil
	if d.vfioGroup {
		d.IOMMUGroup, d.NoIOMMU, d.vfioGroup = "", false, false
	}
}

func (b *Bus) linkName(d *device) string {
	taken := func(name string) bool {
		for _, x := range b.devices {
			if x != d && slices.ContainsFunc(x.Netdevs, func(n pci.Netdev) bool { return n.Name == name }) {
				return true
			}
		}
		return false
	}
	if d.Name != "" && !taken(d.Name) {
		return d.Name
	}
	for i := 0; ; i++ {
		if name := fmt.Sprintf("eth%d", i); !taken(name) {
			return name
		}
	}
}

// linkEvents are the links that an operation added and removed.
type linkEvents struct {
	removed, added []Link
}

func (b *Bus) notify(n linkEvents) {
	for _, l := range n.removed {
		if b.LinkRemoved != nil {
			b.LinkRemoved(l)
		}
	}
	for _, l := range n.added {
		if b.LinkAdded == nil {
			continue
		}
		index := b.LinkAdded(l)
		b.mu.Lock()
		if x, ok := b.devices[l.Address]; ok && x.link != nil && x.link.Index == l.Index {
			x.link.Index = index
			for i := range x.Netdevs {
				x.Netdevs[i].Index = index
			}
		}
		b.mu.Unlock()
	}
}

// isName reports whether a string is a valid name of a driver or module.
func isName(s string) bool {
	ok := s != "" && s != "." && s != ".." && len(s) < 64
	for _, r := range s {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.", r))
	}
	return ok
}
