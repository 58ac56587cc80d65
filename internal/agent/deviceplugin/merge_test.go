// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

var owner = Owner{Name: "provider-aws-eni"}

func at(device uint8) pci.Address { return pci.Address{Device: device} }

func of(name, driver string, devices ...pci.Address) Pool {
	return Pool{Resource: Resource{Prefix: "intel.com", Name: name}, Driver: driver, Devices: devices}
}

func replacing(p Pool) Pool {
	p.Replaces = true
	return p
}

const (
	// predecessors is a pool as aws-multi-eni-controller writes it.
	predecessors = `{"resourcePrefix":"intel.com","resourceName":"dpdk","selectors":[{"drivers":["vfio-pci"],"pciAddresses":["0000:00:06.0"]}]}`

	ownDPDK = `{"resourcePrefix":"intel.com","resourceName":"dpdk","deviceType":"netDevice","selectors":{"drivers":["vfio-pci"],"pciAddresses":["0000:00:06.0"]},"additionalInfo":{"*":{"managedBy":"provider-aws-eni"}}}`
	theirs  = `{ "resourceName": "theirs", "selectors": {"vendors": ["8086"], "unknown": [ 1 ] }, "later": 1.50 }`
)

func TestMerge(t *testing.T) {
	cases := map[string]struct {
		reason    string
		file      string
		pools     []Pool
		want      string
		unchanged bool
		rejected  []string
		shadowed  []Shadow
		err       error
	}{
		"New": {
			reason: "A missing file becomes a new one.",
			pools:  []Pool{of("dpdk", "vfio-pci", at(6))},
			want:   "{\n  \"resourceList\": [\n    " + ownDPDK + "\n  ]\n}\n",
		},
		"Replaced": {
			reason: "A pool of aws-multi-eni-controller is replaced by the pool of its devices.",
			file:   `{"resourceList":[` + predecessors + `,` + theirs + `]}`,
			pools:  []Pool{replacing(of("dpdk", "vfio-pci", at(6)))},
			want:   `{"resourceList":[` + "\n    " + ownDPDK + `,` + theirs + `]}`,
		},
		"NotReplaced": {
			reason:    "A pool of that name stays if the devices were not its own before.",
			file:      `{"resourceList":[` + predecessors + `]}`,
			pools:     []Pool{of("dpdk", "vfio-pci", at(6))},
			unchanged: true,
			want:      `{"resourceList":[` + predecessors + `]}`,
			rejected:  []string{`cannot offer devices as "intel.com/dpdk": the device plugin's file has a pool of that name that this agent does not manage: use another name, or remove that pool`},
		},
		"PartlyReplaced": {
			reason:    "The pool stays until all of its devices are the owner's: a device would be missing otherwise.",
			file:      `{"resourceList":[` + strings.Replace(predecessors, `06.0"`, `06.0","0000:00:07.0"`, 1) + `]}`,
			pools:     []Pool{replacing(of("dpdk", "vfio-pci", at(6)))},
			unchanged: true,
			want:      `{"resourceList":[` + strings.Replace(predecessors, `06.0"`, `06.0","0000:00:07.0"`, 1) + `]}`,
			rejected:  []string{`cannot offer devices as "intel.com/dpdk": the device plugin's file has a pool of that name that this agent does not manage: use another name, or remove that pool`},
		},
		"OfAdministrator": {
			reason:    "A pool with other fields is an administrator's.",
			file:      `{"resourceList":[` + strings.Replace(predecessors, `{"resourcePrefix"`, `{"deviceType":"netDevice","resourcePrefix"`, 1) + `]}`,
			pools:     []Pool{replacing(of("dpdk", "vfio-pci", at(6)))},
			unchanged: true,
			want:      `{"resourceList":[` + strings.Replace(predecessors, `{"resourcePrefix"`, `{"deviceType":"netDevice","resourcePrefix"`, 1) + `]}`,
			rejected:  []string{`cannot offer devices as "intel.com/dpdk": the device plugin's file has a pool of that name that this agent does not manage: use another name, or remove that pool`},
		},
		"Nothing": {
			reason: "A file without pools is valid.",
			want:   "{\n  \"resourceList\": []\n}\n",
		},
		"Blank": {
			reason: "A file of white space is treated as missing.",
			file:   " \n",
			want:   "{\n  \"resourceList\": []\n}\n",
		},
		"First": {
			reason: "Own pools come first; foreign pools are preserved with the white space between them.",
			file:   `{"a":[1 , 2],"resourceList" : [ ` + theirs + "\n,\n\t" + `{"resourceName":"x"}  ] , "z": "` + "\xff" + `"}` + "\n\n",
			pools:  []Pool{of("dpdk", "vfio-pci", at(6))},
			want:   `{"a":[1 , 2],"resourceList" : [` + "\n    " + ownDPDK + `, ` + theirs + "\n,\n\t" + `{"resourceName":"x"}  ] , "z": "` + "\xff" + `"}` + "\n\n",
		},
		"Removed": {
			reason: "Pools that are no longer desired are removed, also if they were moved.",
			file:   `{"resourceList":[` + theirs + `, ` + ownDPDK + ` , {"resourceName":"x"} ]}`,
			want:   `{"resourceList":[` + theirs + `, {"resourceName":"x"} ]}`,
		},
		"RemovedAll": {
			reason: "Without pools the list is empty.",
			file:   "{\n  \"resourceList\": [\n    " + ownDPDK + "\n  ]\n}\n",
			want:   "{\n  \"resourceList\": []\n}\n",
		},
		"Same": {
			reason:    "A file with an equivalent configuration is not changed.",
			file:      `{"resourceList":[` + strings.ReplaceAll(ownDPDK, `":`, "\" :\n") + `,` + theirs + `]}`,
			pools:     []Pool{of("dpdk", "vfio-pci", at(6))},
			unchanged: true,
			want:      `{"resourceList":[` + strings.ReplaceAll(ownDPDK, `":`, "\" :\n") + `,` + theirs + `]}`,
		},
		"NoList": {
			reason: "A list is added to a file without one.",
			file:   `{"a": 1 }`,
			pools:  []Pool{of("dpdk", "vfio-pci", at(6))},
			want:   "{\"a\": 1,\n  \"resourceList\": [\n    " + ownDPDK + "\n  ]\n}",
		},
		"Empty": {
			reason: "A list is added to an empty object.",
			file:   `{}`,
			pools:  []Pool{of("dpdk", "vfio-pci", at(6))},
			want:   "{\n  \"resourceList\": [\n    " + ownDPDK + "\n  ]\n}",
		},
		"NullList": {
			reason: "A null list has no pools, and keys are case-insensitive, as in the plugin.",
			file:   `{"RESOURCELIST":null}`,
			pools:  []Pool{of("dpdk", "vfio-pci", at(6))},
			want:   "{\"RESOURCELIST\":[\n    " + ownDPDK + "\n  ]}",
		},
		"Together": {
			reason: "Pools of one resource are merged, with sorted unique devices.",
			file:   `{"resourceList":[]}`,
			pools:  []Pool{of("eni", "ena", at(8)), of("eni", "ena", at(7), at(8))},
			want:   "{\"resourceList\":[\n    " + `{"resourcePrefix":"intel.com","resourceName":"eni","deviceType":"netDevice","selectors":{"drivers":["ena"],"pciAddresses":["0000:00:07.0","0000:00:08.0"]},"additionalInfo":{"*":{"managedBy":"provider-aws-eni"}}}` + "\n  ]}",
		},
		"TwoDrivers": {
			reason: "Devices of one resource may have different drivers; each is selected with its own driver.",
			file:   `{"resourceList":[]}`,
			pools:  []Pool{of("eni", "vfio-pci", at(8)), of("eni", "ena", at(7))},
			want:   "{\"resourceList\":[\n    " + `{"resourcePrefix":"intel.com","resourceName":"eni","deviceType":"netDevice","selectors":[{"drivers":["ena"],"pciAddresses":["0000:00:07.0"]},{"drivers":["vfio-pci"],"pciAddresses":["0000:00:08.0"]}],"additionalInfo":{"*":{"managedBy":"provider-aws-eni"}}}` + "\n  ]}",
		},
		"NoDevices": {
			reason:    "A pool without devices is not written: the plugin would ignore it.",
			file:      `{"resourceList":[]}`,
			pools:     []Pool{of("eni", "ena")},
			unchanged: true,
			want:      `{"resourceList":[]}`,
		},
		"Taken": {
			reason:    "A resource of a foreign pool is rejected: for a duplicate the plugin exits.",
			file:      `{"resourceList":[{"resourceName":"dpdk"}]}`,
			pools:     []Pool{of("dpdk", "vfio-pci", at(6))},
			unchanged: true,
			want:      `{"resourceList":[{"resourceName":"dpdk"}]}`,
			rejected:  []string{`cannot offer devices as "intel.com/dpdk": the device plugin's file has a pool of that name that this agent does not manage: use another name, or remove that pool`},
		},
		"Twice": {
			reason:   "A device is offered once, by the first pool; other devices are offered.",
			file:     `{"resourceList":[]}`,
			pools:    []Pool{of("dpdk", "vfio-pci", at(6)), of("eni", "vfio-pci", at(6))},
			want:     "{\"resourceList\":[\n    " + ownDPDK + "\n  ]}",
			rejected: []string{`cannot offer devices as "intel.com/eni": PCI device "0000:00:06.0" is already offered as "intel.com/dpdk" with driver "vfio-pci"`},
		},
		"OtherDriver": {
			reason:   "A device has one driver.",
			file:     `{"resourceList":[]}`,
			pools:    []Pool{of("dpdk", "vfio-pci", at(6)), of("dpdk", "ena", at(6)), of("dpdk", "vfio-pci", at(6))},
			want:     "{\"resourceList\":[\n    " + ownDPDK + "\n  ]}",
			rejected: []string{`cannot offer devices as "intel.com/dpdk": PCI device "0000:00:06.0" is already offered as "intel.com/dpdk" with driver "vfio-pci"`},
		},
		"BadName": {
			reason:   "A name for which the plugin exits is rejected; other pools are offered.",
			file:     `{"resourceList":[]}`,
			pools:    []Pool{of("my.eni", "ena", at(7)), of("dpdk", "vfio-pci", at(6))},
			want:     "{\"resourceList\":[\n    " + ownDPDK + "\n  ]}",
			rejected: []string{`cannot offer devices as "intel.com/my.eni": name "my.eni" is not supported by the device plugin: use letters, digits, '-' and '_', with a letter or digit at both ends, such as "my_eni"`},
		},
		"NoDriver": {
			reason:    "A device with an unknown driver is rejected: it would be offered with any driver.",
			file:      `{"resourceList":[]}`,
			pools:     []Pool{of("eni", "", at(7))},
			unchanged: true,
			want:      `{"resourceList":[]}`,
			rejected:  []string{`cannot offer devices as "intel.com/eni": the driver of the devices is not known`},
		},
		"Shadowed": {
			reason: "A device that a foreign pool selects is offered by the own pool, and reported.",
			file:   `{"resourceList":[{"resourcePrefix":"a.b","resourceName":"x","selectors":{"pciAddresses":["00:06.0","what"]}},{"resourceName":"y","selectors":[{"pciAddresses":["0000:00:07.0"]},{"pciAddresses":["0000:00:06.0"]}]}]}`,
			pools:  []Pool{of("dpdk", "vfio-pci", at(6))},
			want:   "{\"resourceList\":[\n    " + ownDPDK + `,{"resourcePrefix":"a.b","resourceName":"x","selectors":{"pciAddresses":["00:06.0","what"]}},{"resourceName":"y","selectors":[{"pciAddresses":["0000:00:07.0"]},{"pciAddresses":["0000:00:06.0"]}]}]}`,
			shadowed: []Shadow{
				{Device: at(6), Resource: Resource{"a.b", "x"}, Now: Resource{"intel.com", "dpdk"}},
				{Device: at(6), Resource: Resource{"intel.com", "y"}, Now: Resource{"intel.com", "dpdk"}},
			},
		},
		"NoPools": {
			reason:    "Items that are not pools are foreign.",
			file:      `{"resourceList":[null, 1 ,"x",[],{"additionalInfo":1},{"selectors":1},{"selectors":{"pciAddresses":1}}]}`,
			unchanged: true,
			want:      `{"resourceList":[null, 1 ,"x",[],{"additionalInfo":1},{"selectors":1},{"selectors":{"pciAddresses":1}}]}`,
		},
		"AnotherMark": {
			reason:    "Pools of another owner are foreign.",
			file:      `{"resourceList":[{"resourceName":"x","additionalInfo":{"*":{"managedBy":"another"}}}]}`,
			unchanged: true,
			want:      `{"resourceList":[{"resourceName":"x","additionalInfo":{"*":{"managedBy":"another"}}}]}`,
		},
		"NotJSON":   {reason: "A file that is not JSON is corrupt.", file: `{"resourceList":[}`, err: ErrCorrupt},
		"Trailing":  {reason: "A file with two values is corrupt.", file: `{} {}`, err: ErrCorrupt},
		"NoObject":  {reason: "A file that is not an object is corrupt.", file: `[]`, err: ErrCorrupt},
		"NoListing": {reason: "A list of another type is corrupt.", file: `{"resourceList":{}}`, err: ErrCorrupt},
		"TwoLists": {
			reason: "The plugin reads the last list. Earlier lists become empty, as the plugin would merge their pools into the new ones.",
			file:   `{"resourceList":[{"resourceName":"a","excludeTopology":true}],"ResourceList":[]}`, pools: []Pool{of("dpdk", "vfio-pci", at(6))},
			want: `{"resourceList":[],"ResourceList":[` + "\n    " + ownDPDK + "\n  ]}",
		},
		"TwoListsMerged": {
			reason: "A pool of the last list keeps the members of the earlier pool at its position.",
			file:   `{"resourceList":[{"resourceName":"a","excludeTopology":true}, ` + theirs + `],"b":1,"ResourceList":[ {"resourceName":"c","selectors":{"vendors":["1"]}} ]}`,
			pools:  []Pool{of("dpdk", "vfio-pci", at(6))},
			want:   `{"resourceList":[],"b":1,"ResourceList":[` + "\n    " + ownDPDK + `, {"resourceName":"c","excludeTopology":true,"selectors":{"vendors":["1"]}} ]}`,
		},
		"TwoListsUnchanged": {
			reason: "A file with two lists is not changed without need.",
			file:   `{"resourceList":[{"resourceName":"a","excludeTopology":true}],"ResourceList":[ ` + theirs + ` ]}`, unchanged: true,
			want: `{"resourceList":[{"resourceName":"a","excludeTopology":true}],"ResourceList":[ ` + theirs + ` ]}`,
		},
		"TwoListsNull": {
			reason: "null is an empty list.", file: `{"resourceList":[` + theirs + `],"ResourceList":null}`, pools: []Pool{of("dpdk", "vfio-pci", at(6))},
			want: `{"resourceList":[],"ResourceList":[` + "\n    " + ownDPDK + "\n  ]}",
		},
		"TwoListsWrong": {reason: "The plugin exits if any list has the wrong type.", file: `{"resourceList":7,"ResourceList":[]}`, err: ErrCorrupt},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Merge([]byte(tc.file), tc.pools, owner)
			if diff := cmp.Diff(tc.err, err, cmpopts.EquateErrors()); diff != "" {
				t.Fatalf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want, string(got.File)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if err == nil && got.Changed == tc.unchanged {
				t.Errorf("\n%s\nchanged: %t", tc.reason, got.Changed)
			}
			var rejected []string
			for _, r := range got.Rejected {
				rejected = append(rejected, r.Err.Error())
			}
			if diff := cmp.Diff(tc.rejected, rejected); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.shadowed, got.Shadowed); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	if _, err := Merge(nil, nil, Owner{}); err == nil {
		t.Error("An owner without a name is rejected.")
	}
}

func TestDefaultPrefix(t *testing.T) {
	file := []byte(`{"resourceList":[{"resourceName":"dpdk"}]}`)
	got, err := Merge(file, []Pool{of("dpdk", "vfio-pci", at(6))}, Owner{Name: "m", DefaultPrefix: "example.com"})
	if err != nil || len(got.Rejected) != 0 {
		t.Errorf("A pool without a prefix has the prefix of the plugin's flag: %v, %v", err, got.Rejected)
	}
}
