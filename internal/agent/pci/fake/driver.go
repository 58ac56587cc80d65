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

// AddDriver loads a driver that is in no module. It takes the devices that it
// matches and that have none, as a driver does when it is loaded.
func (b *Bus) AddDriver(name string, d Driver) {
	b.mu.Lock()
	var n news
	b.register(name, d, &n)
	b.mu.Unlock()
	b.tell(n)
}

func (b *Bus) register(name string, d Driver, n *news) {
	if _, ok := b.drivers[name]; ok {
		return
	}
	b.drivers[name] = d
	for _, a := range slices.SortedFunc(maps.Keys(b.devices), pci.Address.Compare) {
		if x := b.devices[a]; x.Driver == "" && b.matches(name, x) {
			_ = b.probe(name, x, n) // The kernel logs it.
		}
	}
}

// matches says whether a driver may have a device: the one that its override
// names, or else one that knows it.
func (b *Bus) matches(driver string, d *device) bool {
	if d.Override != "" {
		return d.Override == driver
	}
	return slices.Contains(b.drivers[driver].Knows, d.id())
}

// attach gives a device that has no driver to the first that takes it.
func (b *Bus) attach(d *device, n *news) {
	for _, name := range slices.Sorted(maps.Keys(b.drivers)) {
		if d.Driver == "" && b.matches(name, d) {
			_ = b.probe(name, d, n) // The kernel logs it, and asks the next.
		}
	}
}

// probe gives a device to a driver that may have it.
func (b *Bus) probe(name string, d *device, n *news) error {
	if err := d.Fails[name]; err != nil {
		return err
	}
	driver := b.drivers[name]
	if driver.VFIO && d.IOMMUGroup == "" {
		if !b.noIOMMU() {
			return syscall.EINVAL
		}
		// As without the parameter, the group is a number; the name of its file
		// below /dev/vfio is another.
		d.IOMMUGroup, d.borrowed = strconv.Itoa(b.groups), true
		d.NoIOMMU = true
		b.groups++
	}
	d.Driver = name
	if driver.Net {
		b.index++
		d.link = &Link{Address: d.Address, Index: b.index, Name: b.linkName(d), MAC: d.MAC}
		d.Netdevs = []pci.Netdev{{Name: d.link.Name, Index: d.link.Index}}
		n.appeared = append(n.appeared, *d.link)
	}
	return nil
}

// detach takes a device from its driver, if it has one.
func (b *Bus) detach(d *device, n *news) {
	if d.link != nil {
		n.vanished = append(n.vanished, *d.link)
	}
	d.Driver, d.Netdevs, d.link = "", nil, nil
	if d.borrowed {
		d.IOMMUGroup, d.NoIOMMU, d.borrowed = "", false, false
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

// news are the links that came and went with one change.
type news struct {
	vanished, appeared []Link
}

func (b *Bus) tell(n news) {
	for _, l := range n.vanished {
		if b.Vanished != nil {
			b.Vanished(l)
		}
	}
	for _, l := range n.appeared {
		if b.Appeared == nil {
			continue
		}
		index := b.Appeared(l)
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

// isName says whether a name may be a driver's, or a module's.
func isName(s string) bool {
	ok := s != "" && s != "." && s != ".." && len(s) < 64
	for _, r := range s {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-.", r))
	}
	return ok
}
