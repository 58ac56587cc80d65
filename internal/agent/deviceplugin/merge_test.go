package deviceplugin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

var owner = Owner{Mark: "provider-aws-eni"}

func at(device uint8) pci.Address { return pci.Address{Device: device} }

func of(name, driver string, devices ...pci.Address) Pool {
	return Pool{Resource: Resource{Prefix: "intel.com", Name: name}, Driver: driver, Devices: devices}
}

const (
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
		refused   []string
		shadowed  []Shadow
		err       error
	}{
		"New": {
			reason: "Where there is no file there is a new one.",
			pools:  []Pool{of("dpdk", "vfio-pci", at(6))},
			want:   "{\n  \"resourceList\": [\n    " + ownDPDK + "\n  ]\n}\n",
		},
		"Nothing": {
			reason: "A file that offers nothing is one that can be read.",
			want:   "{\n  \"resourceList\": []\n}\n",
		},
		"Blank": {
			reason: "A file of space is none.",
			file:   " \n",
			want:   "{\n  \"resourceList\": []\n}\n",
		},
		"First": {
			reason: "Pools come before those of others, which stay as they are, to the space between them.",
			file:   `{"a":[1 , 2],"resourceList" : [ ` + theirs + "\n,\n\t" + `{"resourceName":"x"}  ] , "z": "` + "\xff" + `"}` + "\n\n",
			pools:  []Pool{of("dpdk", "vfio-pci", at(6))},
			want:   `{"a":[1 , 2],"resourceList" : [` + "\n    " + ownDPDK + `, ` + theirs + "\n,\n\t" + `{"resourceName":"x"}  ] , "z": "` + "\xff" + `"}` + "\n\n",
		},
		"Removed": {
			reason: "Pools that are no longer wanted go, also where somebody has put them elsewhere.",
			file:   `{"resourceList":[` + theirs + `, ` + ownDPDK + ` , {"resourceName":"x"} ]}`,
			want:   `{"resourceList":[` + theirs + `, {"resourceName":"x"} ]}`,
		},
		"RemovedAll": {
			reason: "Where no pool is left the list is empty.",
			file:   "{\n  \"resourceList\": [\n    " + ownDPDK + "\n  ]\n}\n",
			want:   "{\n  \"resourceList\": []\n}\n",
		},
		"Same": {
			reason:    "A file that says the same in other words is left alone.",
			file:      `{"resourceList":[` + strings.ReplaceAll(ownDPDK, `":`, "\" :\n") + `,` + theirs + `]}`,
			pools:     []Pool{of("dpdk", "vfio-pci", at(6))},
			unchanged: true,
			want:      `{"resourceList":[` + strings.ReplaceAll(ownDPDK, `":`, "\" :\n") + `,` + theirs + `]}`,
		},
		"NoList": {
			reason: "A file without a list is given one.",
			file:   `{"a": 1 }`,
			pools:  []Pool{of("dpdk", "vfio-pci", at(6))},
			want:   "{\"a\": 1,\n  \"resourceList\": [\n    " + ownDPDK + "\n  ]\n}",
		},
		"Empty": {
			reason: "A file without anything is given a list.",
			file:   `{}`,
			pools:  []Pool{of("dpdk", "vfio-pci", at(6))},
			want:   "{\n  \"resourceList\": [\n    " + ownDPDK + "\n  ]\n}",
		},
		"NullList": {
			reason: "A list that is null is one without pools, and keys are of either case, as for the plugin.",
			file:   `{"RESOURCELIST":null}`,
			pools:  []Pool{of("dpdk", "vfio-pci", at(6))},
			want:   "{\"RESOURCELIST\":[\n    " + ownDPDK + "\n  ]}",
		},
		"Together": {
			reason: "Pools of one resource are offered together, devices in order and once.",
			file:   `{"resourceList":[]}`,
			pools:  []Pool{of("eni", "ena", at(8)), of("eni", "ena", at(7), at(8))},
			want:   "{\"resourceList\":[\n    " + `{"resourcePrefix":"intel.com","resourceName":"eni","deviceType":"netDevice","selectors":{"drivers":["ena"],"pciAddresses":["0000:00:07.0","0000:00:08.0"]},"additionalInfo":{"*":{"managedBy":"provider-aws-eni"}}}` + "\n  ]}",
		},
		"TwoDrivers": {
			reason: "Devices of one resource may have different drivers, and each is offered with its own alone.",
			file:   `{"resourceList":[]}`,
			pools:  []Pool{of("eni", "vfio-pci", at(8)), of("eni", "ena", at(7))},
			want:   "{\"resourceList\":[\n    " + `{"resourcePrefix":"intel.com","resourceName":"eni","deviceType":"netDevice","selectors":[{"drivers":["ena"],"pciAddresses":["0000:00:07.0"]},{"drivers":["vfio-pci"],"pciAddresses":["0000:00:08.0"]}],"additionalInfo":{"*":{"managedBy":"provider-aws-eni"}}}` + "\n  ]}",
		},
		"NoDevices": {
			reason:    "A pool without devices is not offered: the plugin would leave it out.",
			file:      `{"resourceList":[]}`,
			pools:     []Pool{of("eni", "ena")},
			unchanged: true,
			want:      `{"resourceList":[]}`,
		},
		"Taken": {
			reason:    "A name that somebody else's pool has, with the plugin's prefix or its own, would end the plugin.",
			file:      `{"resourceList":[{"resourceName":"dpdk"}]}`,
			pools:     []Pool{of("dpdk", "vfio-pci", at(6))},
			unchanged: true,
			want:      `{"resourceList":[{"resourceName":"dpdk"}]}`,
			refused:   []string{`cannot offer devices as "intel.com/dpdk": the device plugin's file has a pool of that name, which is not of this agent: choose another name, or remove that pool`},
		},
		"Twice": {
			reason:  "A device is offered once, as what comes first; the rest is offered.",
			file:    `{"resourceList":[]}`,
			pools:   []Pool{of("dpdk", "vfio-pci", at(6)), of("eni", "vfio-pci", at(6))},
			want:    "{\"resourceList\":[\n    " + ownDPDK + "\n  ]}",
			refused: []string{`cannot offer devices as "intel.com/eni": PCI device "0000:00:06.0" is offered as "intel.com/dpdk" with driver "vfio-pci" already`},
		},
		"OtherDriver": {
			reason:  "A device has one driver.",
			file:    `{"resourceList":[]}`,
			pools:   []Pool{of("dpdk", "vfio-pci", at(6)), of("dpdk", "ena", at(6)), of("dpdk", "vfio-pci", at(6))},
			want:    "{\"resourceList\":[\n    " + ownDPDK + "\n  ]}",
			refused: []string{`cannot offer devices as "intel.com/dpdk": PCI device "0000:00:06.0" is offered as "intel.com/dpdk" with driver "vfio-pci" already`},
		},
		"BadName": {
			reason:  "A name that the plugin does not take would end it, and is left out; the rest is offered.",
			file:    `{"resourceList":[]}`,
			pools:   []Pool{of("my-eni", "ena", at(7)), of("dpdk", "vfio-pci", at(6))},
			want:    "{\"resourceList\":[\n    " + ownDPDK + "\n  ]}",
			refused: []string{`cannot offer devices as "intel.com/my-eni": its name "my-eni" is not one that the device plugin takes: write "my_eni", of letters, digits and '_', with a letter or digit at both ends`},
		},
		"NoDriver": {
			reason:    "A device whose driver is not known could be offered with any.",
			file:      `{"resourceList":[]}`,
			pools:     []Pool{of("eni", "", at(7))},
			unchanged: true,
			want:      `{"resourceList":[]}`,
			refused:   []string{`cannot offer devices as "intel.com/eni": their driver is not known`},
		},
		"Shadowed": {
			reason: "A device that somebody else's pool names is offered as ours, and that is said.",
			file:   `{"resourceList":[{"resourcePrefix":"a.b","resourceName":"x","selectors":{"pciAddresses":["00:06.0","what"]}},{"resourceName":"y","selectors":[{"pciAddresses":["0000:00:07.0"]},{"pciAddresses":["0000:00:06.0"]}]}]}`,
			pools:  []Pool{of("dpdk", "vfio-pci", at(6))},
			want:   "{\"resourceList\":[\n    " + ownDPDK + `,{"resourcePrefix":"a.b","resourceName":"x","selectors":{"pciAddresses":["00:06.0","what"]}},{"resourceName":"y","selectors":[{"pciAddresses":["0000:00:07.0"]},{"pciAddresses":["0000:00:06.0"]}]}]}`,
			shadowed: []Shadow{
				{Device: at(6), Resource: Resource{"a.b", "x"}, Now: Resource{"intel.com", "dpdk"}},
				{Device: at(6), Resource: Resource{"intel.com", "y"}, Now: Resource{"intel.com", "dpdk"}},
			},
		},
		"NoPools": {
			reason:    "What is no pool is somebody else's.",
			file:      `{"resourceList":[null, 1 ,"x",[],{"additionalInfo":1},{"selectors":1},{"selectors":{"pciAddresses":1}}]}`,
			unchanged: true,
			want:      `{"resourceList":[null, 1 ,"x",[],{"additionalInfo":1},{"selectors":1},{"selectors":{"pciAddresses":1}}]}`,
		},
		"AnotherMark": {
			reason:    "Pools of another owner are somebody else's.",
			file:      `{"resourceList":[{"resourceName":"x","additionalInfo":{"*":{"managedBy":"another"}}}]}`,
			unchanged: true,
			want:      `{"resourceList":[{"resourceName":"x","additionalInfo":{"*":{"managedBy":"another"}}}]}`,
		},
		"NotJSON":   {reason: "What is not JSON is no file of the plugin's.", file: `{"resourceList":[}`, err: ErrCorrupt},
		"Trailing":  {reason: "A file is one value.", file: `{} {}`, err: ErrCorrupt},
		"NoObject":  {reason: "A file is an object.", file: `[]`, err: ErrCorrupt},
		"NoListing": {reason: "A list is a list.", file: `{"resourceList":{}}`, err: ErrCorrupt},
		"TwoLists":  {reason: "Of two lists none is the plugin's for certain.", file: `{"resourceList":[],"ResourceList":[]}`, err: ErrCorrupt},
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
			var refused []string
			for _, r := range got.Refused {
				refused = append(refused, r.Err.Error())
			}
			if diff := cmp.Diff(tc.refused, refused); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.shadowed, got.Shadowed); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	if _, err := Merge(nil, nil, Owner{}); err == nil {
		t.Error("An owner without a mark owns nothing.")
	}
}

func TestPluginsPrefix(t *testing.T) {
	file := []byte(`{"resourceList":[{"resourceName":"dpdk"}]}`)
	got, err := Merge(file, []Pool{of("dpdk", "vfio-pci", at(6))}, Owner{Mark: "m", DefaultPrefix: "example.com"})
	if err != nil || len(got.Refused) != 0 {
		t.Errorf("A pool without prefix has the one that the plugin was started with: %v, %v", err, got.Refused)
	}
}
