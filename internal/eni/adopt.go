// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

// An Adoptable is an unmanaged ENI that a NodeENI may adopt.
type Adoptable struct {
	ID         string
	InstanceID string // empty if the ENI is not attached
	SubnetID   string

	// Node is the node in the ENI's ownership tags. It is used only if the ENI is not
	// attached.
	Node string

	// Slot is the slot in the ENI's ownership tags, or empty: then any slot of the subnet
	// may adopt the ENI.
	Slot string
}

// AdoptInto sets Adopt of the children without an object to an existing ENI in their
// subnet that is attached to their instance or, if unattached, was created for their
// node. Each ENI is adopted once. exists reports whether the object of a child exists.
func AdoptInto(children []Child, found []Adoptable, exists func(name string) bool) {
	type place struct{ instance, node, subnet, slot string }
	free := map[place][]string{}
	for _, a := range found {
		p := place{instance: a.InstanceID, subnet: a.SubnetID, slot: a.Slot}
		if a.InstanceID == "" {
			p.node = a.Node
		}
		if p.instance != "" || p.node != "" {
			free[p] = append(free[p], a.ID)
		}
	}
	for i := range children {
		c := &children[i]
		slot := SlotName(c.SubnetID, c.Position)
		for _, p := range []place{
			{instance: c.InstanceID, subnet: c.SubnetID, slot: slot},
			{instance: c.InstanceID, subnet: c.SubnetID},
			{node: c.NodeName, subnet: c.SubnetID, slot: slot},
			{node: c.NodeName, subnet: c.SubnetID},
		} {
			if ids := free[p]; len(ids) > 0 && c.Adopt == "" && !exists(c.Name) {
				c.Adopt = ids[0]
				free[p] = ids[1:]
			}
		}
	}
}
