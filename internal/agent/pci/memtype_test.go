// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"io/fs"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// enaResource is like the file of an ENA device: registers in BAR 0, the queues of its
// low latency mode in the prefetchable BAR 2, and no other BARs.
const enaResource = `0x0000000080004000 0x0000000080007fff 0x0000000000040200
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x0000000080100000 0x00000000801fffff 0x0000000000042208
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x000000000000c000 0x000000000000c01f 0x0000000000040101
0x0000000000000000 0x0000000000000000 0x0000000000000000
0x0000000080200000 0x000000008020ffff 0x0000000000046200
`

func TestParseResource(t *testing.T) {
	cases := map[string]struct {
		reason  string
		text    string
		want    []BAR
		wantErr bool
	}{
		"ENA": {
			reason: "Memory BARs are returned; I/O ports, the ROM and absent BARs are not.",
			text:   enaResource,
			want:   []BAR{{Index: 0, Start: 0x80004000, End: 0x80007fff}, {Index: 2, Start: 0x80100000, End: 0x801fffff, Prefetchable: true}},
		},
		"Empty":   {reason: "A device without memory has no BARs."},
		"Words":   {reason: "A field that is not a number is rejected.", text: "a b c\n", wantErr: true},
		"Missing": {reason: "A line has three numbers.", text: "0x0 0x1\n", wantErr: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := ParseResource(tc.text)
			if diff := cmp.Diff(tc.want, got); diff != "" || (err != nil) != tc.wantErr {
				t.Errorf("\n%s\n%v\n-want, +got:\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestParseMemtypes(t *testing.T) {
	got := ParseMemtypes(`PAT memtype list:
PAT: [mem 0x0000000080004000-0x0000000080008000] uncached-minus
PAT: [mem 0x0000000080100000-0x0000000080200000] write-combining
write-back @ 0x1000-0x2000
PAT: [mem 0x2000-0x1000] write-back
PAT: [mem 0x1000-0x2000]
PAT: [mem what-0x2000] write-back
PAT: [mem 0x1000-what] write-back
`)
	want := []Memtype{
		{Start: 0x80004000, End: 0x80008000, Kind: "uncached-minus"},
		{Start: 0x80100000, End: 0x80200000, Kind: "write-combining"},
		{Start: 0x1000, End: 0x2000, Kind: "write-back"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Both formats are parsed, and other lines are skipped.\n-want, +got:\n%s", diff)
	}
}

func TestCachingOf(t *testing.T) {
	bars := []BAR{{Start: 0x1000, End: 0x1fff}}
	cases := map[string]struct {
		reason string
		types  []Memtype
		want   Caching
	}{
		"Combining": {reason: "A BAR that is mapped as write-combining is reported as such.", types: []Memtype{{0x1000, 0x2000, "write-combining"}}, want: CachingWriteCombining},
		"Uncached":  {reason: "A BAR that vfio-pci mapped as uncached is reported as such.", types: []Memtype{{0x1000, 0x2000, "uncached-minus"}}, want: CachingUncached},
		"Both":      {reason: "A partly uncached BAR is uncached.", types: []Memtype{{0x1000, 0x1800, "write-combining"}, {0x1800, 0x2000, "uncached"}}, want: CachingUncached},
		"Beside":    {reason: "Ranges before and after a BAR do not count.", types: []Memtype{{0, 0x1000, "uncached"}, {0x2000, 0x3000, "uncached"}}, want: CachingUnknown},
		"Unmapped":  {reason: "The caching of an unmapped BAR is unknown.", want: CachingUnknown},
		"Other":     {reason: "A write-back range does not count.", types: []Memtype{{0x1000, 0x2000, "write-back"}}, want: CachingUnknown},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff([]Caching{tc.want}, CachingOf(bars, tc.types)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestMemoryOfADevice(t *testing.T) {
	f, dir := tree(t, map[string]string{
		"bus/pci/devices/0000:00:06.0/resource": enaResource,
		"bus/pci/devices/0000:00:07.0/resource": "nonsense\n",
		memtypes:                                "PAT: [mem 0x80100000-0x80200000] write-combining\n",
	})
	bus := NewMemory(f, dir)
	bars, err := bus.BARs(Address{Device: 6})
	if err != nil {
		t.Fatal(err)
	}
	types, err := bus.Memtypes()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Caching{CachingUnknown, CachingWriteCombining}, CachingOf(bars, types)); diff != "" {
		t.Errorf("The BARs of a device are matched with the kernel's list.\n-want, +got:\n%s", diff)
	}
	if _, err := bus.BARs(Address{Device: 7}); err == nil {
		t.Error("A malformed resource file is an error.")
	}
	_, err = bus.BARs(Address{Device: 8})
	if diff := cmp.Diff(ErrNotFound, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A missing device is ErrNotFound.\n-want, +got:\n%s", diff)
	}
	if err := os.Remove(dir + "/" + memtypes); err != nil {
		t.Fatal(err)
	}
	_, err = bus.Memtypes()
	if diff := cmp.Diff(fs.ErrNotExist, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A kernel without the list is fs.ErrNotExist.\n-want, +got:\n%s", diff)
	}
}
