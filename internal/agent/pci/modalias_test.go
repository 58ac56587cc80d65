// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const enaModalias = "pci:v00001D0Fd0000EC20sv00001D0Fsd0000EC20bc02sc00i00"

func TestParseModalias(t *testing.T) {
	cases := map[string]struct {
		reason  string
		text    string
		want    Modalias
		wantErr bool
	}{
		"ENA": {
			reason: "Numbers are in lower case, as in other attributes of a device.",
			text:   enaModalias,
			want:   Modalias{Vendor: "1d0f", Product: "ec20", SubsystemVendor: "1d0f", Subsystem: "ec20", Class: "020000"},
		},
		"AnySubsystem": {
			reason: "A number with more than four significant digits keeps all of them.",
			text:   "pci:v00001AF4d00001041svFFFFFFFFsd00000000bc02sc00i00",
			want:   Modalias{Vendor: "1af4", Product: "1041", SubsystemVendor: "ffffffff", Subsystem: "0000", Class: "020000"},
		},
		"Virtio":   {reason: "The modalias of another bus is rejected.", text: "virtio:d00000001v00001AF4", wantErr: true},
		"Short":    {reason: "All fields are required.", text: "pci:v00001D0Fd0000EC20", wantErr: true},
		"Trailing": {reason: "Trailing text is rejected.", text: enaModalias + "x", wantErr: true},
		"Digits":   {reason: "Fields are hexadecimal.", text: "pci:v0000000Gd0000EC20sv00001D0Fsd0000EC20bc02sc00i00", wantErr: true},
		"Empty":    {reason: "The empty string is not a modalias.", wantErr: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := ParseModalias(tc.text)
			if diff := cmp.Diff(tc.want, got); diff != "" || (err != nil) != tc.wantErr {
				t.Errorf("\n%s\n%v\n-want, +got:\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestParseUevent(t *testing.T) {
	got := ParseUevent("DRIVER=ena\nPCI_ID=1D0F:EC20\nnonsense\n=x\nEMPTY=\nDRIVER=vfio-pci\nA=b=c")
	want := map[string]string{"DRIVER": "vfio-pci", "PCI_ID": "1D0F:EC20", "EMPTY": "", "A": "b=c"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("KEY=VALUE lines are parsed, the last line of a key wins, and other lines are skipped.\n-want, +got:\n%s", diff)
	}
}
