package agent

import (
	"slices"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// among finds a HostInterface's place among all those of the node, and says
// what keeps it from the host. The oldest of those with one MAC address has the
// link, also while it is being released: two hands on one link undo each other.
func among(hi *v1alpha1.HostInterface, all []v1alpha1.HostInterface, w *Wanted) *Problem {
	var pr *Problem
	for i := range all {
		o := &all[i]
		if o.Name == hi.Name || o.Spec.NodeName != hi.Spec.NodeName {
			continue
		}
		live := o.DeletionTimestamp == nil
		if o.Spec.MACAddress == w.MAC && older(o, hi) {
			pr = problem(v1alpha1.ReasonInvalidConfig, "HostInterface %s is about the same MAC address; delete one of them", o.Name)
			if !live {
				pr = problem(v1alpha1.ReasonWaitingForDevice, "HostInterface %s has the link until it is released", o.Name)
			}
		}
		if live && sharesTable(o, w) {
			if w.policyRouted() && older(o, hi) && pr == nil {
				pr = problem(v1alpha1.ReasonInvalidConfig, "HostInterface %s is about the same device index and network card, and has their routing table; delete one of them", o.Name)
			}
			w.TableTaken = !w.policyRouted()
		}
		if live {
			w.Unwanted = append(w.Unwanted, o.Spec.Config.AltNames...)
		}
	}
	mine := func(n string) bool { return slices.Contains(w.AltNames, n) }
	w.Unwanted = slices.Compact(slices.Sorted(slices.Values(slices.DeleteFunc(w.Unwanted, mine))))
	return pr
}

func sharesTable(o *v1alpha1.HostInterface, w *Wanted) bool {
	return w.Table != 0 && o.Spec.Config.Addressing == v1alpha1.AddressingPolicyRouted &&
		table(o.Spec.NetworkCardIndex, o.Spec.DeviceIndex) == w.Table
}

// older puts HostInterfaces in an order that never changes. Of two made in one
// second the name decides.
func older(a, b *v1alpha1.HostInterface) bool {
	if a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.Name < b.Name
	}
	return a.CreationTimestamp.Before(&b.CreationTimestamp)
}
