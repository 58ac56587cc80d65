package pci

import (
	"io/fs"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// enaResource has the shape of an ENA device's file: registers in BAR 0, the
// queues of its low latency mode in the prefetchable BAR 2, and no others.
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
		reason string
		text   string
		want   []BAR
		refuse bool
	}{
		"ENA": {
			reason: "BARs of memory are returned; ports, the ROM and what is not there are not.",
			text:   enaResource,
			want:   []BAR{{Index: 0, Start: 0x80004000, End: 0x80007fff}, {Index: 2, Start: 0x80100000, End: 0x801fffff, Prefetchable: true}},
		},
		"Empty":   {reason: "A device without memory has no BARs."},
		"Words":   {reason: "What is no number is refused.", text: "a b c\n", refuse: true},
		"Missing": {reason: "A line has three numbers.", text: "0x0 0x1\n", refuse: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := ParseResource(tc.text)
			if diff := cmp.Diff(tc.want, got); diff != "" || (err != nil) != tc.refuse {
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
		t.Errorf("Both spellings are read, and lines of neither are left out.\n-want, +got:\n%s", diff)
	}
}

func TestCachingOf(t *testing.T) {
	bars := []BAR{{Start: 0x1000, End: 0x1fff}}
	cases := map[string]struct {
		reason string
		types  []Memtype
		want   Caching
	}{
		"Combining": {reason: "A BAR that is mapped as write-combining is.", types: []Memtype{{0x1000, 0x2000, "write-combining"}}, want: CachingWriteCombining},
		"Uncached":  {reason: "A BAR that vfio-pci mapped as uncached is.", types: []Memtype{{0x1000, 0x2000, "uncached-minus"}}, want: CachingUncached},
		"Both":      {reason: "A BAR of which a part is uncached is uncached.", types: []Memtype{{0x1000, 0x1800, "write-combining"}, {0x1800, 0x2000, "uncached"}}, want: CachingUncached},
		"Beside":    {reason: "What is mapped before and behind a BAR says nothing of it.", types: []Memtype{{0, 0x1000, "uncached"}, {0x2000, 0x3000, "uncached"}}, want: CachingUnknown},
		"Unmapped":  {reason: "A BAR that nothing has mapped is unknown.", want: CachingUnknown},
		"Other":     {reason: "Memory that is cached is no answer.", types: []Memtype{{0x1000, 0x2000, "write-back"}}, want: CachingUnknown},
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
		t.Errorf("The memory of a device is looked up in the list of the kernel.\n-want, +got:\n%s", diff)
	}
	if _, err := bus.BARs(Address{Device: 7}); err == nil {
		t.Error("A file that is not understood is an error.")
	}
	_, err = bus.BARs(Address{Device: 8})
	if diff := cmp.Diff(ErrNotFound, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A device that is not there is not found.\n-want, +got:\n%s", diff)
	}
	if err := os.Remove(dir + "/" + memtypes); err != nil {
		t.Fatal(err)
	}
	_, err = bus.Memtypes()
	if diff := cmp.Diff(fs.ErrNotExist, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A kernel without the list says so.\n-want, +got:\n%s", diff)
	}
}
