package pci

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const enaModalias = "pci:v00001D0Fd0000EC20sv00001D0Fsd0000EC20bc02sc00i00"

func TestParseModalias(t *testing.T) {
	cases := map[string]struct {
		reason string
		text   string
		want   Modalias
		refuse bool
	}{
		"ENA": {
			reason: "Numbers are in lower case, as in all other files of a device.",
			text:   enaModalias,
			want:   Modalias{Vendor: "1d0f", Product: "ec20", SubsystemVendor: "1d0f", Subsystem: "ec20", Class: "020000"},
		},
		"AnySubsystem": {
			reason: "A number of more than four digits keeps them.",
			text:   "pci:v00001AF4d00001041svFFFFFFFFsd00000000bc02sc00i00",
			want:   Modalias{Vendor: "1af4", Product: "1041", SubsystemVendor: "ffffffff", Subsystem: "0000", Class: "020000"},
		},
		"Virtio":   {reason: "A device of another bus is refused.", text: "virtio:d00000001v00001AF4", refuse: true},
		"Short":    {reason: "All fields are there.", text: "pci:v00001D0Fd0000EC20", refuse: true},
		"Trailing": {reason: "There are no other fields.", text: enaModalias + "x", refuse: true},
		"Digits":   {reason: "Fields are hexadecimal.", text: "pci:v0000000Gd0000EC20sv00001D0Fsd0000EC20bc02sc00i00", refuse: true},
		"Empty":    {reason: "Nothing is no modalias.", refuse: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := ParseModalias(tc.text)
			if diff := cmp.Diff(tc.want, got); diff != "" || (err != nil) != tc.refuse {
				t.Errorf("\n%s\n%v\n-want, +got:\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestParseUevent(t *testing.T) {
	got := ParseUevent("DRIVER=ena\nPCI_ID=1D0F:EC20\nnonsense\n=x\nEMPTY=\nDRIVER=vfio-pci\nA=b=c")
	want := map[string]string{"DRIVER": "vfio-pci", "PCI_ID": "1D0F:EC20", "EMPTY": "", "A": "b=c"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Lines KEY=VALUE are read, the last of a key counts, and others are left out.\n-want, +got:\n%s", diff)
	}
}
