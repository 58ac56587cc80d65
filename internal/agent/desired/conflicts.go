// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"slices"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/bounds"
)

// FindConflict returns the conflict of a HostInterface with another one of the node, and
// sets TableTaken and StaleAltNames. Among HostInterfaces with the same MAC address the
// oldest has the link, also while it is being released: two reconcilers on one link
// would revert each other.
func FindConflict(hi *v1alpha1.HostInterface, all []v1alpha1.HostInterface, w *State) *Problem {
	var pr *Problem
	for i := range all {
		o := &all[i]
		if o.Name == hi.Name || o.Spec.NodeName != hi.Spec.NodeName {
			continue
		}
		live := o.DeletionTimestamp == nil
		if o.Spec.MACAddress == w.MAC && isOlder(o, hi) {
			pr = Problemf(v1alpha1.ReasonInvalidConfig, "HostInterface %s has the same MAC address; delete one of them", o.Name)
			if !live {
				pr = Problemf(v1alpha1.ReasonWaitingForDevice, "HostInterface %s uses the link until it is released", o.Name)
			}
		}
		if live && sharesTable(o, w) {
			if w.PolicyRouted() && isOlder(o, hi) && pr == nil {
				pr = Problemf(v1alpha1.ReasonInvalidConfig, "HostInterface %s has the same device index and network card, and uses their routing table; delete one of them", o.Name)
			}
			w.TableTaken = !w.PolicyRouted()
		}
		if live {
			w.StaleAltNames = append(w.StaleAltNames, o.Spec.Config.AltNames...)
		}
	}
	mine := func(n string) bool { return slices.Contains(w.AltNames, n) }
	w.StaleAltNames = slices.Compact(slices.Sorted(slices.Values(slices.DeleteFunc(w.StaleAltNames, mine))))
	return pr
}

func sharesTable(o *v1alpha1.HostInterface, w *State) bool {
	return w.Table != 0 && o.Spec.Config.Addressing == v1alpha1.AddressingPolicyRouted &&
		bounds.Table(o.Spec.NetworkCardIndex, o.Spec.DeviceIndex) == w.Table
}

// isOlder is a stable order of HostInterfaces: by creation time, then by name.
func isOlder(a, b *v1alpha1.HostInterface) bool {
	if a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.Name < b.Name
	}
	return a.CreationTimestamp.Before(&b.CreationTimestamp)
}
