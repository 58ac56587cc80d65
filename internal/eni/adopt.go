package eni

// An Adoptable is an ENI that nobody manages and that a NodeENI may take over.
type Adoptable struct {
	ID         string
	InstanceID string // that it is attached to
	SubnetID   string
}

// AdoptInto gives the children that are not made yet the ENIs that are on their
// instances already, in their subnets. Each ENI is given once. made says whether
// a child has its object.
func AdoptInto(children []Child, found []Adoptable, made func(name string) bool) {
	type place struct{ instance, subnet string }
	free := map[place][]string{}
	for _, a := range found {
		if a.InstanceID != "" {
			p := place{a.InstanceID, a.SubnetID}
			free[p] = append(free[p], a.ID)
		}
	}
	for i := range children {
		c := &children[i]
		p := place{c.InstanceID, c.SubnetID}
		if ids := free[p]; len(ids) > 0 && !made(c.Name) {
			c.Adopt = ids[0]
			free[p] = ids[1:]
		}
	}
}
