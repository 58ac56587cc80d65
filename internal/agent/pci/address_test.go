package pci

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ExampleParseAddress() {
	a, err := ParseAddress("00:1F.6")
	fmt.Println(a, err)
	_, err = ParseAddress("0000:00:06")
	fmt.Println(err)
	// Output:
	// 0000:00:1f.6 <nil>
	// cannot parse PCI address "0000:00:06": want domain:bus:device.function, such as 0000:00:06.0
}

func TestParseAddress(t *testing.T) {
	cases := map[string]struct {
		reason string
		text   string
		want   Address
		refuse bool
	}{
		"Full":          {reason: "An address has a domain, a bus, a device and a function.", text: "0000:00:06.0", want: Address{Device: 6}},
		"NoDomain":      {reason: "The domain may be left out, as lspci does.", text: "af:00.1", want: Address{Bus: 0xaf, Function: 1}},
		"UpperCase":     {reason: "Digits are of either case.", text: "0000:AF:1F.7", want: Address{Bus: 0xaf, Device: 0x1f, Function: 7}},
		"VMD":           {reason: "A domain behind a VMD controller has five digits.", text: "10000:e1:00.0", want: Address{Domain: 0x10000, Bus: 0xe1}},
		"Empty":         {reason: "Nothing is no address.", refuse: true},
		"NoFunction":    {reason: "A device without a function is no address.", text: "0000:00:06", refuse: true},
		"EmptyDomain":   {reason: "A domain that is begun has digits.", text: ":00:06.0", refuse: true},
		"ShortDomain":   {reason: "A domain has four digits at least.", text: "0:00:06.0", refuse: true},
		"LongDomain":    {reason: "A domain has eight digits at most.", text: "000000000:00:06.0", refuse: true},
		"ShortBus":      {reason: "A bus has two digits.", text: "0000:0:06.0", refuse: true},
		"LargeDevice":   {reason: "A bus has 32 devices.", text: "0000:00:20.0", refuse: true},
		"LargeFunction": {reason: "A device has eight functions.", text: "0000:00:06.8", refuse: true},
		"Sign":          {reason: "A number has no sign.", text: "0000:+0:06.0", refuse: true},
		"Prefix":        {reason: "A number has no prefix.", text: "0x00:00:06.0", refuse: true},
		"Path":          {reason: "What climbs out of a folder is no address.", text: "../0:00:06.0", refuse: true},
		"Space":         {reason: "Space is not left out.", text: "0000:00:06.0\n", refuse: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := ParseAddress(tc.text)
			if diff := cmp.Diff(tc.want, got); diff != "" || (err != nil) != tc.refuse {
				t.Errorf("\n%s\n%v\n-want, +got:\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestAddressInFiles(t *testing.T) {
	byAddress := map[Address]string{{Device: 6}: "ena"}
	b, err := json.Marshal(byAddress)
	if want := `{"0000:00:06.0":"ena"}`; string(b) != want || err != nil {
		t.Errorf("An address is a key in JSON: %s, %v", b, err)
	}
	var got map[Address]string
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(byAddress, got); diff != "" {
		t.Errorf("What was written is read.\n-want, +got:\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"eth1":"ena"}`), &got); err == nil {
		t.Error("What is no address is refused.")
	}
}

func TestCompare(t *testing.T) {
	want := []Address{{}, {Function: 1}, {Device: 1}, {Bus: 1}, {Domain: 1}}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Address.Compare)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Addresses are in the order of their names.\n-want, +got:\n%s", diff)
	}
}
