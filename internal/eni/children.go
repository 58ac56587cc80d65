package eni

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// A Node is what placement needs to know of a Kubernetes node.
type Node struct {
	Name string
	UID  string

	// InstanceID is empty until the cloud provider has set the node's
	// providerID.
	InstanceID string

	// OtherProviderID is the providerID of a node that is no EC2 instance, such as
	// one on Fargate or a hybrid node; empty for all others.
	OtherProviderID string

	// OtherRegion is the region of a node that is in another one than the NodeENI's
	// config reaches; empty for all others.
	OtherRegion string

	// Zone and VPC of the node; VPC may be empty if it is not known.
	Zone  string
	VPCID string

	// Gone says that the instance is terminated, or that the node object is
	// gone for longer than its grace period.
	Gone bool

	// Missing says that the node object is gone but its instance may run.
	Missing bool

	// Ready is true if the node is ready and is not being deleted.
	Ready bool

	// Deselected is true for a node that exists and has children, but matches no
	// more.
	Deselected bool
}

// A Subnet is a place for ENIs.
type Subnet struct {
	ID            string
	Zone          string
	VPCID         string
	FreeAddresses int32

	// Full says that EC2 has just refused an address in the subnet, whatever
	// it says of free ones.
	Full bool
}

// A Request is what a NodeENI asks for, with names resolved.
type Request struct {
	NodeENI string

	// Subnets in the order of the NodeENI, without duplicates.
	Subnets []Subnet

	// OnePerZone gives a node one ENI rather than one per subnet.
	OnePerZone bool

	// BaseIndex is the device index of the first ENI of a node.
	BaseIndex int32

	// MaxUnavailable bounds how many nodes may lose ENIs at once; 0 is no bound.
	MaxUnavailable int

	// Confirmed is true if the user has chosen MaxUnavailable. Otherwise a change
	// that deselects nodes with more than half of all children is held.
	Confirmed bool

	// Incomplete says that some subnet could not be found. Then nothing is
	// released from nodes that match: what cannot be found may be there again.
	Incomplete bool
}

// A Child is one ENI for one node.
type Child struct {
	Name     string
	NodeName string
	NodeUID  string
	SubnetID string

	// InstanceID of the node.
	InstanceID string

	// Ordinal is the place among the node's ENIs, from 0.
	Ordinal int

	// MinDeviceIndex is the lowest device index to use.
	MinDeviceIndex int32

	// Siblings is how many ENIs the node gets, this one included.
	Siblings int

	// Adopt is the id of an ENI to take over instead of making one.
	Adopt string
}

// An Existing is a child that is there.
type Existing struct {
	Name     string
	NodeName string
	NodeUID  string
	SubnetID string

	// Deleting says that the child is on its way out.
	Deleting bool

	// Attached says that the ENI is on the instance.
	Attached bool

	// Unmade says that no ENI has been made for the child yet.
	Unmade bool
}

// A Plan is what to do about a NodeENI.
type Plan struct {
	// Apply are the children that should be, sorted by name.
	Apply []Child

	// Keep are the names of children of missing nodes, left as they are.
	Keep []string

	// Release are the names of children that should not be, sorted.
	Release []string

	// Held are the names of children that are to be released but wait, for others
	// because of MaxUnavailable or for confirmation.
	Held []string

	// Unconfirmed is how many nodes keep their children until the change that
	// deselected them is confirmed; 0 if none do.
	Unconfirmed int

	// WithoutProviderID are selected nodes that have no instance yet.
	WithoutProviderID []string

	// NotEC2 are selected nodes that are no EC2 instances. They are waited for in
	// nothing.
	NotEC2 []string

	// OtherRegion are selected nodes in a region that the NodeENI's config does not
	// reach.
	OtherRegion []string

	// WithoutSubnet are selected nodes in whose zone no subnet lies.
	WithoutSubnet []string

	// UnusedSubnets lie in a zone, or a VPC, of no selected node.
	UnusedSubnets []string
}

// PlanChildren decides which ENIs should exist, given the nodes that match and
// the children found. Nodes that are not in nodes do not match any more.
func PlanChildren(r Request, nodes []Node, found []Existing) Plan {
	var p Plan
	wanted := map[string]bool{}
	used := map[string]bool{}
	byNode := map[string][]Existing{}
	for _, e := range found {
		byNode[e.NodeUID] = append(byNode[e.NodeUID], e)
	}
	hold := map[string]bool{} // nodes whose children are not touched
	r.Subnets = slices.Clone(r.Subnets)
	for _, n := range nodes {
		switch {
		case n.Gone, n.Deselected:
			continue
		case n.Missing:
			hold[n.UID] = true
			continue
		case n.OtherProviderID != "":
			p.NotEC2 = append(p.NotEC2, n.Name)
			hold[n.UID] = true
			continue
		case n.OtherRegion != "":
			p.OtherRegion = append(p.OtherRegion, n.Name)
			hold[n.UID] = true
			continue
		case n.InstanceID == "":
			p.WithoutProviderID = append(p.WithoutProviderID, n.Name)
			hold[n.UID] = true
			continue
		case n.Zone == "", n.VPCID == "" && r.severalVPCs(): // neither the node nor EC2 states it at the moment
			p.WithoutSubnet = append(p.WithoutSubnet, n.Name)
			hold[n.UID] = true
			continue
		}
		subnets := usable(r, n)
		for _, s := range subnets {
			used[s.ID] = true
		}
		if len(subnets) == 0 {
			p.WithoutSubnet = append(p.WithoutSubnet, n.Name)
		}
		if r.OnePerZone {
			subnets = r.pick(subnets, byNode[n.UID])
		}
		for i, s := range subnets {
			c := Child{
				Name: name(r, n, s, byNode[n.UID]), NodeName: n.Name, NodeUID: n.UID, SubnetID: s.ID, InstanceID: n.InstanceID,
				Ordinal: i, MinDeviceIndex: min(r.BaseIndex+int32(i), maxDeviceIndex), Siblings: len(subnets),
			}
			wanted[c.Name] = true
			p.Apply = append(p.Apply, c)
		}
	}
	for _, s := range r.Subnets {
		if !used[s.ID] {
			p.UnusedSubnets = append(p.UnusedSubnets, s.ID)
		}
	}
	p.release(r, nodes, found, wanted, hold)
	slices.SortFunc(p.Apply, func(a, b Child) int { return cmp.Compare(a.Name, b.Name) })
	slices.Sort(p.WithoutProviderID)
	slices.Sort(p.WithoutSubnet)
	slices.Sort(p.NotEC2)
	slices.Sort(p.OtherRegion)
	return p
}

// release sorts the children that are not desired into those that are released now,
// those that wait, and those that are kept.
func (p *Plan) release(r Request, nodes []Node, found []Existing, wanted, hold map[string]bool) {
	// MaxUnavailable counts the nodes that exist, Ready or not: a node that registers
	// again or is unreachable for a while is NotReady, and its pods still run.
	matching, healthy := map[string]bool{}, map[string]bool{}
	for _, n := range nodes {
		matching[n.UID] = !n.Gone && !n.Deselected
		healthy[n.UID] = matching[n.UID] || (n.Deselected && !n.Gone)
	}
	unavailable := map[string]bool{}
	var leaving []Existing
	for _, e := range found {
		switch {
		case wanted[e.Name]:
		case hold[e.NodeUID], r.Incomplete && matching[e.NodeUID]:
			p.Keep = append(p.Keep, e.Name)
		default:
			leaving = append(leaving, e)
			if e.Deleting && healthy[e.NodeUID] {
				unavailable[e.NodeUID] = true
			}
		}
	}
	slices.SortFunc(leaving, func(a, b Existing) int {
		return cmp.Or(cmp.Compare(a.NodeName, b.NodeName), cmp.Compare(a.Name, b.Name))
	})
	unconfirmed := r.unconfirmed(nodes, found, leaving)
	p.Unconfirmed = len(unconfirmed)
	for _, e := range leaving {
		bounded := r.MaxUnavailable > 0 && healthy[e.NodeUID] && !unavailable[e.NodeUID]
		if (unconfirmed[e.NodeUID] && !e.Deleting) || (bounded && len(unavailable) >= r.MaxUnavailable) {
			p.Held = append(p.Held, e.Name)
			continue
		}
		if healthy[e.NodeUID] {
			unavailable[e.NodeUID] = true
		}
		if !e.Deleting {
			p.Release = append(p.Release, e.Name)
		}
	}
	slices.Sort(p.Release)
	slices.Sort(p.Keep)
	slices.Sort(p.Held)
}

// unconfirmed returns the nodes, by UID, whose children are held because a
// change deselected several nodes that have more than half of all children.
func (r *Request) unconfirmed(nodes []Node, found, leaving []Existing) map[string]bool {
	if r.Confirmed {
		return nil
	}
	deselected := map[string]bool{}
	for _, n := range nodes {
		if n.Deselected && !n.Gone {
			deselected[n.UID] = true
		}
	}
	held, children := map[string]bool{}, 0
	for _, e := range leaving {
		if deselected[e.NodeUID] && !e.Deleting {
			held[e.NodeUID] = true
			children++
		}
	}
	if len(held) < 2 || 2*children <= len(found) {
		return nil
	}
	return held
}

// name returns the name of the child there is, which may have been made under
// an earlier UID of the same node, or else of the one to make.
func name(r Request, n Node, s Subnet, have []Existing) string {
	for _, e := range have {
		if e.SubnetID == s.ID && !e.Deleting {
			return e.Name
		}
	}
	return ChildName(r.NodeENI, n.UID, s.ID)
}

// usable returns the subnets in which an ENI for the node can lie: EC2 attaches
// only within a zone.
func usable(r Request, n Node) []Subnet {
	var out []Subnet
	for _, s := range r.Subnets {
		if s.Zone == n.Zone && (n.VPCID == "" || s.VPCID == n.VPCID) {
			out = append(out, s)
		}
	}
	return out
}

// severalVPCs reports whether the subnets are in several VPCs. Then a node of an
// unknown VPC could get an ENI that EC2 does not attach to it.
func (r *Request) severalVPCs() bool {
	return slices.ContainsFunc(r.Subnets, func(s Subnet) bool { return s.VPCID != r.Subnets[0].VPCID })
}

// pick returns the one subnet for a node: that of an ENI it has, else the one
// with the most free addresses, else the first. A child that waits for an
// address in a full subnet moves to another one, if that is not full. What is
// given to one node is counted as taken for the next.
func (r *Request) pick(subnets []Subnet, have []Existing) []Subnet {
	if len(subnets) == 0 {
		return nil
	}
	best, waiting := -1, -1
	for i, s := range subnets {
		if j := slices.IndexFunc(have, func(e Existing) bool { return e.SubnetID == s.ID && !e.Deleting }); j >= 0 {
			if !s.Full || !have[j].Unmade {
				return []Subnet{s}
			}
			waiting = i
		}
		if !s.Full && (best < 0 || s.FreeAddresses > subnets[best].FreeAddresses) {
			best = i
		}
	}
	switch {
	case best < 0 && waiting >= 0:
		best = waiting
	case best < 0:
		best = 0
	}
	for i := range r.Subnets {
		if r.Subnets[i].ID == subnets[best].ID {
			r.Subnets[i].FreeAddresses--
		}
	}
	return []Subnet{subnets[best]}
}

// maxDeviceIndex is the highest index that a NetworkInterfaceAttachment takes;
// no instance type has as many.
const maxDeviceIndex = 63

// maxChildPrefix leaves room for the hash in a name of at most 63 characters,
// the limit of a label's value.
const maxChildPrefix = 63 - 1 - 10

// ChildName returns the name of the objects for one ENI of one node. It is the
// same each time, so that the API server's AlreadyExists is what keeps a second
// one from being made.
func ChildName(nodeENI, nodeUID, subnetID string) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\x00%s\x00%s", nodeENI, nodeUID, subnetID)))
	prefix := nodeENI
	if len(prefix) > maxChildPrefix {
		prefix = strings.TrimRight(prefix[:maxChildPrefix], "-.")
	}
	return prefix + "-" + hex.EncodeToString(sum[:])[:10]
}

// AltName returns the name by which the link of a child can be named on every
// node, whatever the distribution calls it.
func AltName(nodeENI string, ordinal int) string {
	return fmt.Sprintf("%s-%d", nodeENI, ordinal)
}
