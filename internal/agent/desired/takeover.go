// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// A TakeOver describes a device that other software configured before this provider
// adopted the ENI.
type TakeOver struct {
	// HostInterface of the ENI.
	HostInterface string
	// NetworkInterfaceID and MAC of the ENI.
	NetworkInterfaceID, MAC string
	// Card and Index of the ENI's attachment.
	Card, Index int32
	// Address at which the other software bound the device to a userspace driver, or nil
	// if it did not.
	Address *pci.Address
	// Boot is the boot ID of the node for which the address is valid.
	Boot string
}

// takeOver returns the TakeOver of a HostInterface. It has neither an address nor a boot ID
// if the spec has none, or an invalid one.
func takeOver(hi *v1alpha1.HostInterface) TakeOver {
	out := TakeOver{
		HostInterface: hi.Name, NetworkInterfaceID: hi.Spec.NetworkInterfaceID, MAC: hi.Spec.MACAddress,
		Card: hi.Spec.NetworkCardIndex, Index: hi.Spec.DeviceIndex,
	}
	t := hi.Spec.TakeOver
	if t == nil {
		return out
	}
	out.Boot = t.BootID
	if t.PCIAddress != nil {
		if a, err := pci.ParseAddress(string(*t.PCIAddress)); err == nil {
			out.Address = &a
		}
	}
	return out
}

// ReadTakeOver sets TakeOver and Others of the desired state, if the HostInterface has a
// device to take over. all are the HostInterfaces of the node.
func (w *State) ReadTakeOver(hi *v1alpha1.HostInterface, all []v1alpha1.HostInterface) {
	if hi.Spec.TakeOver == nil {
		return
	}
	t := takeOver(hi)
	w.TakeOver = &t
	for i := range all {
		if o := &all[i]; o.Name != hi.Name && o.Spec.NodeName == hi.Spec.NodeName {
			w.Others = append(w.Others, takeOver(o))
		}
	}
}
