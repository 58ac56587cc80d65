// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// An Association is the public address of the primary private IPv4 address of an ENI.
type Association struct {
	PublicIP string

	// ID and AllocationID are empty for a public address that EC2 assigned when it launched
	// the instance.
	ID           string
	AllocationID string
}

// CoversAssociation returns the ENI of the association if the permit is for its end, or "".
func (p Permit) CoversAssociation(associationID string) string {
	if associationID == "" || p.association != associationID || p.action != ActionDisassociate {
		return ""
	}
	return p.id
}

// wrongAssociation returns the reason why the actor may not change the Elastic IP of the
// ENI, or nil. EC2 replaces the public address of an ENI by another one, so a public address
// that the actor did not associate prevents an association.
func wrongAssociation(a Actor, action Action, n Interface) *RefusalError {
	as := n.Association
	switch {
	case a.Attaches:
		return foreign("a NetworkInterfaceAttachment does not change the Elastic IP of network interface %s", n.ID)
	case action == ActionAssociate && as != nil:
		return foreign("the primary private address of network interface %s has the public address %s", n.ID, as.PublicIP)
	case action == ActionDisassociate && as == nil:
		return foreign("network interface %s has no Elastic IP", n.ID)
	case action == ActionDisassociate && (as.AllocationID == "" || as.AllocationID != a.AllocationID):
		return foreign("the public address %s of network interface %s was not associated by this object", as.PublicIP, n.ID)
	}
	return nil
}

// An ElasticIP is an Elastic IP of a pool.
type ElasticIP struct {
	AllocationID string

	// NetworkInterfaceID is the ENI with which EC2 has associated the address, or empty.
	NetworkInterfaceID string
}

// An ElasticIPHolder is an object whose spec has an Elastic IP.
type ElasticIPHolder struct {
	AllocationID string

	// Name is the namespace and name of the object.
	Name string

	// Child is the name of the desired child of the pool's NodeENI, or empty for another
	// object.
	Child string

	// Associated is true if EC2 has associated the address with the ENI of the object.
	Associated bool

	// Created is when the object was created.
	Created time.Time
}

// AssignElasticIPs assigns Elastic IPs of a pool to children, at most one each. A child keeps
// its address if the address is in the pool. The other children get free addresses, in
// the order of the children. An address is not free if it is in the spec of another object,
// or associated with an ENI of another object.
//
// enis has the ENI of each child, by the name of the child. AssignElasticIPs returns the
// names of the children that get no address.
func AssignElasticIPs(pool []ElasticIP, children []Child, holders []ElasticIPHolder, enis map[string]string) []string {
	owners := elasticIPOwners(holders)
	byName := make(map[string]*Child, len(children))
	for i := range children {
		byName[children[i].Name] = &children[i]
	}
	var free []string
	for _, ip := range pool {
		owner, held := owners[ip.AllocationID]
		c := byName[owner.Child]
		switch {
		case held && (c == nil || c.ElasticIP != ""):
		case held && (owner.Associated || ip.NetworkInterfaceID == "" || ip.NetworkInterfaceID == enis[c.Name]):
			c.ElasticIP = ip.AllocationID
		case !held && ip.NetworkInterfaceID == "":
			free = append(free, ip.AllocationID)
		}
	}
	adoptAssociated(pool, children, owners, enis)
	var without []string
	for i := range children {
		switch c := &children[i]; {
		case c.ElasticIP != "":
		case len(free) > 0:
			c.ElasticIP, free = free[0], free[1:]
		default:
			without = append(without, c.Name)
		}
	}
	return without
}

// adoptAssociated assigns to children without an address the address of the pool that is
// associated with their ENI and in no spec.
func adoptAssociated(pool []ElasticIP, children []Child, owners map[string]ElasticIPHolder, enis map[string]string) {
	at := map[string]string{}
	for _, ip := range pool {
		if _, held := owners[ip.AllocationID]; !held && ip.NetworkInterfaceID != "" {
			at[ip.NetworkInterfaceID] = ip.AllocationID
		}
	}
	for i := range children {
		if c := &children[i]; c.ElasticIP == "" && enis[c.Name] != "" {
			c.ElasticIP = at[enis[c.Name]]
		}
	}
}

// elasticIPOwners returns the object that keeps each address: if several specs have an
// address, the object with whose ENI it is associated, or else the oldest.
func elasticIPOwners(holders []ElasticIPHolder) map[string]ElasticIPHolder {
	sorted := slices.SortedFunc(slices.Values(holders), func(a, b ElasticIPHolder) int {
		return cmp.Or(compareBool(b.Associated, a.Associated), a.Created.Compare(b.Created), strings.Compare(a.Name, b.Name))
	})
	owners := map[string]ElasticIPHolder{}
	for _, h := range sorted {
		if _, ok := owners[h.AllocationID]; !ok {
			owners[h.AllocationID] = h
		}
	}
	return owners
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}
