// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package plugintest simulates the SR-IOV network device plugin (v3.11): it reads the
// plugin's file, assigns devices to pools, and exits where the plugin does.
//
//	plugin.go  the start of the plugin
//	strict.go  a stricter parser, for the pools that the agent writes
package plugintest

import (
	"encoding/json"
	"regexp"
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

const (
	// defaultPrefix is the plugin's default resource prefix.
	defaultPrefix = "intel.com"

	// socketDir is where the plugin listens, in a directory of the kubelet.
	socketDir = "/var/lib/kubelet/plugins_registry/"

	// maxSocketPath is the length of the path of a socket, without the final zero.
	maxSocketPath = 107
)

var resourceName = regexp.MustCompile(`^[a-zA-Z0-9-_]+$`)

// An exit is why the plugin exits.
type exit struct {
	error

	code int
}

func exitf(code int, format string, args ...any) error {
	return &exit{error: errors.Errorf(format, args...), code: code}
}

// Exits reports whether an error is the exit of the plugin.
func Exits(err error) bool {
	var e *exit
	return errors.As(err, &e)
}

// ExitCode returns the exit code of the plugin for an error of this package.
func ExitCode(err error) int {
	var e *exit
	if errors.As(err, &e) {
		return e.code
	}
	return 0
}

// The plugin's file as the plugin declares it.
type (
	config struct {
		ResourceList []resource `json:"resourceList"`
	}
	resource struct {
		ResourcePrefix  string                       `json:"resourcePrefix,omitempty"`
		ResourceName    string                       `json:"resourceName"`
		DeviceType      string                       `json:"deviceType,omitempty"`
		ExcludeTopology bool                         `json:"excludeTopology,omitempty"`
		Selectors       *json.RawMessage             `json:"selectors,omitempty"`
		AdditionalInfo  map[string]map[string]string `json:"additionalInfo,omitempty"`

		selectors []Selector
	}
)

// A Resource is a pool that the plugin serves.
type Resource struct {
	// Prefix and Name of the resource.
	Prefix, Name string
	// Selectors of the pool's devices.
	Selectors []Selector
	// Devices of the pool. The plugin does not serve a pool without devices.
	Devices []string
}

// String returns prefix/name, as pods request it.
func (r Resource) String() string { return r.Prefix + "/" + r.Name }

// Read reads and validates a file as the plugin does at its start. The error is the
// reason of its exit.
func Read(file []byte) ([]Resource, error) {
	var c config
	if err := json.Unmarshal(file, &c); err != nil {
		return nil, exitf(0, "error unmarshalling raw bytes %v please make sure the config is in json format", err)
	}
	var list []resource
	for _, r := range c.ResourceList {
		if r.DeviceType == "" {
			r.DeviceType = "netDevice"
		} else if !slices.Contains([]string{"netDevice", "accelerator", "auxNetDevice"}, r.DeviceType) {
			return nil, exitf(0, "unsupported deviceType: %q", r.DeviceType)
		}
		if r.Selectors == nil {
			return nil, exitf(2, "panic: runtime error: invalid memory address or nil pointer dereference")
		}
		r.selectors = make([]Selector, 1)
		if json.Unmarshal(*r.Selectors, &r.selectors[0]) != nil && (json.Unmarshal(*r.Selectors, &r.selectors) != nil || len(r.selectors) == 0) {
			continue
		}
		list = append(list, r)
	}
	if len(list) == 0 {
		return nil, exitf(0, "no resource configuration; exiting")
	}
	out := make([]Resource, 0, len(list))
	seen := map[string]bool{}
	for _, r := range list {
		x := Resource{Prefix: r.ResourcePrefix, Name: r.ResourceName, Selectors: r.selectors}
		if x.Prefix == "" {
			x.Prefix = defaultPrefix
		}
		switch {
		case !resourceName.MatchString(r.ResourceName):
			return nil, exitf(255, "resource name %q contains invalid characters", r.ResourceName)
		case seen[x.String()]:
			return nil, exitf(255, "resource name %q already exists", x)
		}
		for _, s := range r.selectors {
			if r.DeviceType == "netDevice" && s.IsRDMA && s.VDPAType != "" {
				return nil, exitf(255, "invalid config: VdpaType and IsRdma are mutually exclusive options")
			}
			if r.DeviceType == "auxNetDevice" && (len(s.AuxTypes) == 0 || slices.ContainsFunc(s.AuxTypes, func(t string) bool { return t != "sf" })) {
				return nil, exitf(255, "Only \"sf\" auxiliary device type currently supported")
			}
		}
		seen[x.String()] = true
		out = append(out, x)
	}
	return out, nil
}

// Listen returns why the plugin exits after its start because it cannot listen for a
// pool, or nil. It listens for pools with a device.
func (r Resource) Listen() error {
	path := socketDir + r.Prefix + "_" + r.Name + ".sock"
	if len(path) > maxSocketPath {
		return exitf(0, "error starting %s device plugin endpoint: listen unix %s: bind: invalid argument", r.Name, path)
	}
	return nil
}

// Start simulates the plugin: it assigns each device of a host, given with its driver,
// to the first pool that selects it by address and driver. It returns the pools.
func Start(file []byte, host map[string]string) ([]Resource, error) {
	all, err := Read(file)
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for i := range all {
		for _, s := range all[i].Selectors {
			for address, driver := range host {
				if !taken[address] && allows(s.PCIAddresses, address) && allows(s.Drivers, driver) {
					taken[address] = true
					all[i].Devices = append(all[i].Devices, address)
				}
			}
		}
		if len(all[i].Devices) > 0 {
			if err := all[i].Listen(); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func allows(values []string, value string) bool {
	return len(values) == 0 || slices.Contains(values, value)
}

// Offered returns the devices by resource of a started plugin. A file without pools,
// for which the plugin exits with code 0, offers none.
func Offered(file []byte, host map[string]string) (map[string][]string, error) {
	got := map[string][]string{}
	all, err := Start(file, host)
	if err != nil && err.Error() == "no resource configuration; exiting" {
		return got, nil
	}
	for _, r := range all {
		got[r.String()] = r.Devices
	}
	return got, err
}
