// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// TestParse parses the fields of a HostInterface other than addresses.
func TestParse(t *testing.T) {
	status := func(driver, address string) func(*v1alpha1.HostInterface) {
		return func(hi *v1alpha1.HostInterface) { hi.Status.Driver, hi.Status.PCIAddress = driver, address }
	}
	labelled := func(hi *v1alpha1.HostInterface) {
		hi.Labels = map[string]string{v1alpha1.LabelNodeENI: "multus-eni"}
	}
	attachment := func(hi *v1alpha1.HostInterface) { hi.Spec.AttachmentRef.Name = "by-attachment" }
	cases := map[string]struct {
		reason string
		hi     *v1alpha1.HostInterface
		want   func(w *State)
	}{
		"Plain": {reason: "The ENI's id is an alternative name of every link.", hi: hif("a", mac1, 1), want: func(*State) {}},
		"AltNames": {
			reason: "Alternative names are sorted and unique.",
			hi:     hif("a", mac1, 1, altNames("z", "b", "z")),
			want:   func(w *State) { w.AltNames = []string{"b", "eni-a", "z"} },
		},
		"WasUserspace": {
			reason: "The address of a device with a userspace driver is taken from the status.",
			hi:     hif("a", mac1, 1, status("vfio-pci", "0000:00:06.0")),
			want:   func(w *State) { w.StatusAddress = &pci.Address{Device: 6} },
		},
		"WasKernel":  {reason: "The address of a device with a kernel driver is not: its link identifies it.", hi: hif("a", mac1, 1, status("ena", "0000:00:06.0")), want: func(*State) {}},
		"WasNothing": {reason: "An invalid address is ignored.", hi: hif("a", mac1, 1, status("vfio-pci", "6")), want: func(*State) {}},
		"DPDKOfNodeENI": {
			reason: "The default resource of a device with driver dpdk is the name of its NodeENI.",
			hi:     hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverIGBUIO), labelled, attachment),
			want: func(w *State) {
				w.Driver, w.DPDKDriver, w.ResourceName = v1alpha1.DriverDPDK, "igb_uio", "multus_eni"
			},
		},
		"DPDKOfAttachment": {
			reason: "Without a NodeENI the resource is the name of the attachment, and vfio-pci is the default driver.",
			hi:     hif("a", mac1, 1, userspace(""), attachment),
			want: func(w *State) {
				w.Driver, w.DPDKDriver, w.ResourceName = v1alpha1.DriverDPDK, "vfio-pci", "by_attachment"
			},
		},
		"KernelOffered": {
			reason: "A device with its kernel driver is offered if a resource name is configured.",
			hi:     hif("a", mac1, 1, labelled, resource("intel.com/eni")),
			want:   func(w *State) { w.ResourceName, w.ResourceExplicit = "intel.com/eni", true },
		},
		"SecondCard": {
			reason: "The table is derived from the network card and the device index.",
			hi:     hif("a", mac1, 99, func(hi *v1alpha1.HostInterface) { hi.Spec.NetworkCardIndex = 9 }),
			want:   func(w *State) { w.DeviceIndex, w.Table = 99, 20999 },
		},
		"NoTable": {
			reason: "A device index out of range has no table.",
			hi:     hif("a", mac1, 100),
			want:   func(w *State) { w.DeviceIndex, w.Table = 100, 0 },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, pr := Parse(tc.hi)
			if pr != nil {
				t.Fatal(pr.Message)
			}
			want := State{
				NetworkInterfaceID: "eni-a", MAC: mac1, DeviceIndex: 1, Table: 20001, Driver: v1alpha1.DriverKernel,
				AltNames: []string{"eni-a"}, Addressing: v1alpha1.AddressingNone,
			}
			tc.want(&want)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(State{}, "Subnets"), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	hi := hif("a", mac1, 1, addressing(v1alpha1.AddressingPolicyRouted, "10.0.1.5", "10.0.1.6", "2001:db8:1::5"), altNames("blue", "green"), mtu(9001))
	b.ReportAllocs()
	for b.Loop() {
		if _, pr := Parse(hi); pr != nil {
			b.Fatal(pr.Message)
		}
	}
}
