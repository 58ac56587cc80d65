package deviceplugin

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// The plugin's file as its documentation and its README describe it: every key
// that it knows, and of which kind each is. The plugin itself cannot be linked
// here, and is less strict: it leaves out what it does not know.
type (
	schemaFile struct {
		ResourceList []schemaPool `json:"resourceList"`
	}
	schemaPool struct {
		ResourcePrefix  string                       `json:"resourcePrefix"`
		ResourceName    string                       `json:"resourceName"`
		DeviceType      string                       `json:"deviceType"`
		ExcludeTopology bool                         `json:"excludeTopology"`
		Selectors       json.RawMessage              `json:"selectors"`
		AdditionalInfo  map[string]map[string]string `json:"additionalInfo"`
	}
	schemaSelector struct {
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

// decode reads a file as strictly as it can be, and returns its pools and what
// each selects.
func decode(b []byte) ([]schemaPool, [][]schemaSelector, error) {
	var f schemaFile
	if err := strictly(b, &f); err != nil {
		return nil, nil, err
	}
	var all [][]schemaSelector
	for _, p := range f.ResourceList {
		var list []schemaSelector
		if err := strictly(p.Selectors, &list); err != nil {
			list = make([]schemaSelector, 1)
			if err := strictly(p.Selectors, &list[0]); err != nil {
				return nil, nil, err
			}
		}
		all = append(all, list)
	}
	return f.ResourceList, all, nil
}

// offered plays the plugin: it gives each device of a host, with the driver that
// it has, to the first pool that selects it, by address and by driver.
func offered(t *testing.T, file []byte, host map[string]string) map[string][]string {
	t.Helper()
	pools, selectors, err := decode(file)
	if err != nil {
		t.Fatalf("%v: %s", err, file)
	}
	got, taken := map[string][]string{}, map[string]bool{}
	for i, p := range pools {
		prefix := p.ResourcePrefix
		if prefix == "" {
			prefix = DefaultPrefix
		}
		name := prefix + "/" + p.ResourceName
		if _, twice := got[name]; twice {
			t.Fatalf("the plugin ends, as %s is there twice: %s", name, file)
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
	return got
}

func allows(values []string, value string) bool {
	return len(values) == 0 || slices.Contains(values, value)
}
