// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// A Node is a Kubernetes node, as input of PlanChildren.
type Node struct {
	Name string
	UID  string

	// InstanceID is empty until the cloud provider has set the node's providerID.
	InstanceID string

	// OtherProviderID is the providerID of a node that is not an EC2 instance, such as
	// a Fargate or hybrid node; empty for EC2 instances.
	OtherProviderID string

	// OtherRegion is the node's region if it differs from the region of the NodeENI's
	// provider config; empty otherwise.
	OtherRegion string

	// Zone and VPC of the node; VPC may be empty if it is not known.
	Zone  string
	VPCID string

	// Gone is true if the instance is terminated, or the Node was deleted longer than
	// the grace period ago.
	Gone bool

	// Missing is true if the Node is deleted but its instance may be running.
	Missing bool

	// Ready is true if the node is ready and is not being deleted.
	Ready bool

	// Deselected is true for a node that exists and has children, but no longer
	// matches.
	Deselected bool
}

// A Subnet is a subnet in which ENIs can be created.
type Subnet struct {
	ID            string
	Zone          string
	VPCID         string
	FreeAddresses int32

	// Full is true if EC2 recently returned an error for lack of free addresses in the
	// subnet, regardless of FreeAddresses.
	Full bool
}

// A Request is the spec of a NodeENI with names resolved.
type Request struct {
	NodeENI string

	// Subnets in the order of the NodeENI, without duplicates.
	Subnets []Subnet

	// OnePerZone is true if a node gets a single ENI instead of one per subnet.
	OnePerZone bool

	// BaseIndex is the device index of the first ENI of a node.
	BaseIndex int32

	// MaxUnavailable limits how many nodes lose ENIs at once; 0 is unlimited.
	MaxUnavailable int

	// Confirmed is true if the user set MaxUnavailable. Otherwise a change that
	// deselects nodes with more than half of all children is held.
	Confirmed bool

	// Incomplete is true if a subnet could not be resolved. No ENI of a matching node
	// is released then, because the ENI may be in the unresolved subnet.
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

	// Ordinal is the position among the node's ENIs, from 0.
	Ordinal int

	// MinDeviceIndex is the lowest device index to use.
	MinDeviceIndex int32

	// Siblings is the number of ENIs of the node, including this ENI.
	Siblings int

	// Adopt is the id of an existing ENI to adopt instead of creating one.
	Adopt string
}

// An Existing is an observed child.
type Existing struct {
	Name     string
	NodeName string
	NodeUID  string
	SubnetID string

	// Deleting is true if the child is being deleted.
	Deleting bool

	// Attached is true if the ENI is attached to the instance.
	Attached bool

	// Unmade is true if the ENI of the child has not been created yet.
	Unmade bool
}

// A Plan lists the children of a NodeENI by the action to take.
type Plan struct {
	// Apply are the desired children, sorted by name.
	Apply []Child

	// Keep are the names of the children that are neither applied nor released, such
	// as the children of missing nodes.
	Keep []string

	// Release are the names of the children to delete, sorted.
	Release []string

	// Held are the names of the children whose release is delayed by MaxUnavailable
	// or until the change is confirmed.
	Held []string

	// Unconfirmed is the number of nodes that keep their children until the change
	// that deselected the nodes is confirmed.
	Unconfirmed int

	// WithoutProviderID are selected nodes that have no instance yet.
	WithoutProviderID []string

	// NotEC2 are selected nodes that are not EC2 instances. They do not count as
	// pending.
	NotEC2 []string

	// OtherRegion are selected nodes in a region other than the region of the
	// NodeENI's provider config.
	OtherRegion []string

	// WithoutSubnet are selected nodes without a subnet in their zone.
	WithoutSubnet []string

	// UnusedSubnets are the subnets in a zone or VPC of no selected node.
	UnusedSubnets []string
}

// PlanChildren computes the desired ENIs, given the matching nodes and the observed
// children. A node that is not in nodes no longer matches.
func PlanChildren(r Request, nodes []Node, found []Existing) Plan {
	var p Plan
	desired := map[string]bool{}
	used := map[string]bool{}
	byNode := map[string][]Existing{}
	for _, e := range found {
		byNode[e.NodeUID] = append(byNode[e.NodeUID], e)
	}
	hold := map[string]bool{} // nodes whose children are neither applied nor released
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
		case n.Zone == "", n.VPCID == "" && r.severalVPCs(): // not known from the node or EC2
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
			desired[c.Name] = true
			p.Apply = append(p.Apply, c)
		}
	}
	for _, s := range r.Subnets {
		if !used[s.ID] {
			p.UnusedSubnets = append(p.UnusedSubnets, s.ID)
		}
	}
	p.release(r, nodes, found, desired, hold)
	slices.SortFunc(p.Apply, func(a, b Child) int { return cmp.Compare(a.Name, b.Name) })
	slices.Sort(p.WithoutProviderID)
	slices.Sort(p.WithoutSubnet)
	slices.Sort(p.NotEC2)
	slices.Sort(p.OtherRegion)
	return p
}

// release sorts the children that are not desired into Release, Held and Keep.
func (p *Plan) release(r Request, nodes []Node, found []Existing, desired, hold map[string]bool) {
	// MaxUnavailable counts the nodes that exist, Ready or not: the pods of a node that
	// registers again or is temporarily unreachable are still running.
	matching, healthy := map[string]bool{}, map[string]bool{}
	for _, n := range nodes {
		matching[n.UID] = !n.Gone && !n.Deselected
		healthy[n.UID] = matching[n.UID] || (n.Deselected && !n.Gone)
	}
	unavailable := map[string]bool{}
	var leaving []Existing
	for _, e := range found {
		switch {
		case desired[e.Name]:
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

// name returns the name of the existing child, which may have been created with an
// earlier UID of the same node, or else of a new child.
func name(r Request, n Node, s Subnet, have []Existing) string {
	for _, e := range have {
		if e.SubnetID == s.ID && !e.Deleting {
			return e.Name
		}
	}
	return ChildName(r.NodeENI, n.UID, s.ID)
}

// usable returns the subnets from which an ENI can be attached to the node: EC2
// attaches ENIs only within a zone.
func usable(r Request, n Node) []Subnet {
	var out []Subnet
	for _, s := range r.Subnets {
		if s.Zone == n.Zone && (n.VPCID == "" || s.VPCID == n.VPCID) {
			out = append(out, s)
		}
	}
	return out
}

// severalVPCs reports whether the subnets are in several VPCs. A node in an unknown VPC
// could then get an ENI that EC2 cannot attach to it.
func (r *Request) severalVPCs() bool {
	return slices.ContainsFunc(r.Subnets, func(s Subnet) bool { return s.VPCID != r.Subnets[0].VPCID })
}

// pick returns the subnet of a node under OnePerZone: the subnet of its existing ENI,
// else the subnet with the most free addresses, else the first. A child without an ENI
// moves from a full subnet to a subnet that is not full. The picked subnet's free
// addresses are decremented, so that nodes spread over the subnets.
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

// maxDeviceIndex is the highest device index of a NetworkInterfaceAttachment. No
// instance type supports that many ENIs.
const maxDeviceIndex = 63

// maxChildPrefix leaves room for the hash in a name of at most 63 characters,
// the limit of a label's value.
const maxChildPrefix = 63 - 1 - 10

// ChildName returns the name of the objects for one ENI of one node. It is
// deterministic, so that the API server rejects a duplicate with AlreadyExists.
func ChildName(nodeENI, nodeUID, subnetID string) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\x00%s\x00%s", nodeENI, nodeUID, subnetID)))
	prefix := nodeENI
	if len(prefix) > maxChildPrefix {
		prefix = strings.TrimRight(prefix[:maxChildPrefix], "-.")
	}
	return prefix + "-" + hex.EncodeToString(sum[:])[:10]
}

// AltName returns the alternative name of a child's link, which is the same on every
// node regardless of the distribution's interface names.
func AltName(nodeENI string, ordinal int) string {
	return fmt.Sprintf("%s-%d", nodeENI, ordinal)
}
