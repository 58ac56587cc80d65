package eni

// An Adoptable is an ENI that no object manages and that a NodeENI may adopt.
type Adoptable struct {
	ID         string
	InstanceID string // that it is attached to, or empty
	SubnetID   string

	// Node is the node that the ENI was made for, by its ownership tags. It counts
	// only for an ENI that is attached to nothing.
	Node string
}

// AdoptInto gives the children that have no object yet the ENIs that are on their
// instances already, in their subnets, or that were made for their nodes and are
// attached to nothing. Each ENI is given once. made reports whether a child has its
// object.
func AdoptInto(children []Child, found []Adoptable, made func(name string) bool) {
	type place struct{ instance, node, subnet string }
	free := map[place][]string{}
	for _, a := range found {
		p := place{instance: a.InstanceID, subnet: a.SubnetID}
		if a.InstanceID == "" {
			p.node = a.Node
		}
		if p.instance != "" || p.node != "" {
			free[p] = append(free[p], a.ID)
		}
	}
	for i := range children {
		c := &children[i]
		for _, p := range []place{{instance: c.InstanceID, subnet: c.SubnetID}, {node: c.NodeName, subnet: c.SubnetID}} {
			if ids := free[p]; len(ids) > 0 && c.Adopt == "" && !made(c.Name) {
				c.Adopt = ids[0]
				free[p] = ids[1:]
			}
		}
	}
}
