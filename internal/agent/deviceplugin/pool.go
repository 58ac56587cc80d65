package deviceplugin

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// A Pool is devices to be offered as a resource. Several pools may be of one
// resource: they are offered together.
type Pool struct {
	Resource Resource
	// Driver that the devices have, of the kernel's (ena) or userspace's
	// (vfio-pci). The plugin itself knows what a pod needs for which.
	Driver string
	// Devices by address. A pool without any is not offered.
	Devices []pci.Address
}

// An Owner tells pools of its own from those of others.
type Owner struct {
	// Mark is put into pools, and makes them the owner's. It must not be empty.
	Mark string
	// DefaultPrefix is of pools that have no prefix: what the plugin is started
	// with as -resource-prefix. Empty means intel.com, its default.
	DefaultPrefix string
}

const (
	// markKey is where the mark is, below the devices "*", which are all.
	markKey    = "managedBy"
	allDevices = "*"
)

// DefaultPrefix is the plugin's own, of pools that have no prefix.
const DefaultPrefix = "intel.com"

// pool is an item of the plugin's list, as far as it is written here. The order
// of fields is that of the file.
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

// item writes the pool of a resource, of devices by their driver. A selector is
// an object where one is enough: versions of the plugin before 3.6 know no list.
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
		AdditionalInfo: map[string]map[string]string{allDevices: {markKey: o.Mark}},
	}
	if len(list) == 1 {
		p.Selectors = list[0]
	}
	return json.Marshal(p)
}

// owns says whether an item carries the owner's mark. One that cannot be read is
// somebody else's.
func (o Owner) owns(raw []byte) bool {
	var p struct {
		AdditionalInfo map[string]map[string]string `json:"additionalInfo"`
	}
	return json.Unmarshal(raw, &p) == nil && p.AdditionalInfo[allDevices][markKey] == o.Mark
}

// resource of an item of anybody.
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

// named returns the devices that an item of anybody selects by address.
func named(raw []byte) []pci.Address {
	var p struct {
		Selectors json.RawMessage `json:"selectors"`
	}
	if json.Unmarshal(raw, &p) != nil {
		return nil
	}
	type selected struct {
		PCIAddresses []string `json:"pciAddresses"`
	}
	var list []selected
	if json.Unmarshal(p.Selectors, &list) != nil {
		var one selected
		if json.Unmarshal(p.Selectors, &one) != nil {
			return nil
		}
		list = []selected{one}
	}
	var addresses []pci.Address
	for _, s := range list {
		for _, text := range s.PCIAddresses {
			if a, err := pci.ParseAddress(text); err == nil {
				addresses = append(addresses, a)
			}
		}
	}
	return addresses
}
