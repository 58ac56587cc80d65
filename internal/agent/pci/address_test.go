// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

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
	// cannot parse PCI address "0000:00:06": must be domain:bus:device.function, such as 0000:00:06.0
}

func TestParseAddress(t *testing.T) {
	cases := map[string]struct {
		reason  string
		text    string
		want    Address
		wantErr bool
	}{
		"Full":          {reason: "An address has a domain, a bus, a device and a function.", text: "0000:00:06.0", want: Address{Device: 6}},
		"NoDomain":      {reason: "The domain is optional, as in lspci output.", text: "af:00.1", want: Address{Bus: 0xaf, Function: 1}},
		"UpperCase":     {reason: "Digits may be in upper case.", text: "0000:AF:1F.7", want: Address{Bus: 0xaf, Device: 0x1f, Function: 7}},
		"VMD":           {reason: "A domain behind a VMD controller has five digits.", text: "10000:e1:00.0", want: Address{Domain: 0x10000, Bus: 0xe1}},
		"Empty":         {reason: "The empty string is not an address.", wantErr: true},
		"NoFunction":    {reason: "An address has a function.", text: "0000:00:06", wantErr: true},
		"EmptyDomain":   {reason: "An empty domain is rejected.", text: ":00:06.0", wantErr: true},
		"ShortDomain":   {reason: "A domain has at least four digits.", text: "0:00:06.0", wantErr: true},
		"LongDomain":    {reason: "A domain has at most eight digits.", text: "000000000:00:06.0", wantErr: true},
		"ShortBus":      {reason: "A bus has two digits.", text: "0000:0:06.0", wantErr: true},
		"LargeDevice":   {reason: "A bus has 32 devices.", text: "0000:00:20.0", wantErr: true},
		"LargeFunction": {reason: "A device has eight functions.", text: "0000:00:06.8", wantErr: true},
		"Sign":          {reason: "A number has no sign.", text: "0000:+0:06.0", wantErr: true},
		"Prefix":        {reason: "A number has no prefix.", text: "0x00:00:06.0", wantErr: true},
		"Path":          {reason: "A path is not an address.", text: "../0:00:06.0", wantErr: true},
		"Space":         {reason: "White space is not trimmed.", text: "0000:00:06.0\n", wantErr: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := ParseAddress(tc.text)
			if diff := cmp.Diff(tc.want, got); diff != "" || (err != nil) != tc.wantErr {
				t.Errorf("\n%s\n%v\n-want, +got:\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestAddressInFiles(t *testing.T) {
	byAddress := map[Address]string{{Device: 6}: "ena"}
	b, err := json.Marshal(byAddress)
	if want := `{"0000:00:06.0":"ena"}`; string(b) != want || err != nil {
		t.Errorf("An address is usable as a JSON key: %s, %v", b, err)
	}
	var got map[Address]string
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(byAddress, got); diff != "" {
		t.Errorf("Marshalling round-trips.\n-want, +got:\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"eth1":"ena"}`), &got); err == nil {
		t.Error("An invalid address in JSON is an error.")
	}
}

func TestCompare(t *testing.T) {
	want := []Address{{}, {Function: 1}, {Device: 1}, {Bus: 1}, {Domain: 1}}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Address.Compare)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Addresses sort in the order of their names.\n-want, +got:\n%s", diff)
	}
}
