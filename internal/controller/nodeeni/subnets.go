// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A resolution is the result of resolving a NodeENI's subnets: the subnets in order,
// without duplicates, and problems with the others.
type resolution struct {
	subnets   []eni.Subnet
	missing   []string
	ambiguous []string
	// undecided are names and tags of subnets in several VPCs, while the VPC of no
	// node is known.
	undecided []string
}

// complete reports whether all subnets of the NodeENI were found.
func (r *resolution) complete() bool {
	return len(r.missing)+len(r.ambiguous)+len(r.undecided) == 0
}

// add adds a subnet unless it is a duplicate.
func (r *resolution) add(s *ec2.Subnet) {
	if !slices.ContainsFunc(r.subnets, func(o eni.Subnet) bool { return o.ID == s.ID }) {
		r.subnets = append(r.subnets, eni.Subnet{ID: s.ID, Zone: s.AvailabilityZone, VPCID: s.VPCID, FreeAddresses: s.FreeAddresses})
	}
}

// resolve finds the subnets of a NodeENI. vpcs are the known VPCs of its nodes; used are
// the subnets of its children.
//
// EC2 sometimes returns only some of the subnets that match a name or tags. The children
// in the other subnets must not be released: a subnet no longer matches only if EC2
// returns it with other tags. A used subnet that EC2 does not return at all is missing:
// EC2 does not delete a subnet before its ENIs.
func resolve(ctx context.Context, c subnets, s *v1alpha1.NodeENISpec, vpcs, used []string) (resolution, error) {
	r, err := lookup(ctx, c, s, vpcs)
	if err != nil {
		return r, err
	}
	unreturned := slices.DeleteFunc(slices.Clone(used), func(id string) bool {
		return slices.ContainsFunc(r.subnets, func(o eni.Subnet) bool { return o.ID == id })
	})
	if len(unreturned) > 0 && (len(names(s)) > 0 || s.SubnetSelector != nil) { // ids are unambiguous
		now, err := c.SubnetsByID(ctx, unreturned)
		if err != nil {
			return r, err
		}
		if r, err = lookup(ctx, supplemented{subnets: c, more: now}, s, vpcs); err != nil {
			return r, err
		}
		for _, id := range unreturned {
			if _, ok := now[id]; !ok {
				r.missing = append(r.missing, fmt.Sprintf("EC2 does not return subnet %q, which contains network interfaces of this NodeENI", id))
			}
		}
	}
	if s.SubnetPolicy == v1alpha1.SubnetPolicyOnePerZone {
		return r, r.count(ctx, c)
	}
	return r, nil
}

// supplemented adds known subnets to the result of a search by tags.
type supplemented struct {
	subnets

	more map[string]ec2.Subnet
}

// SubnetsTagged returns the subnets that have all the tags, sorted by id.
func (c supplemented) SubnetsTagged(ctx context.Context, tags map[string]string) ([]ec2.Subnet, error) {
	found, err := c.subnets.SubnetsTagged(ctx, tags)
	if err != nil {
		return nil, err
	}
	found = slices.Clone(found)
	for id, s := range c.more {
		if s.Tagged(tags) && !slices.ContainsFunc(found, func(o ec2.Subnet) bool { return o.ID == id }) {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b ec2.Subnet) int { return strings.Compare(a.ID, b.ID) })
	return found, nil
}

// lookup finds the subnets of a NodeENI with one EC2 response for each id, name or
// selector.
func lookup(ctx context.Context, c subnets, s *v1alpha1.NodeENISpec, vpcs []string) (resolution, error) {
	var r resolution
	for _, id := range ids(s) {
		found, err := c.Subnet(ctx, id)
		if err != nil {
			return r, err
		}
		if found == nil {
			r.missing = append(r.missing, fmt.Sprintf("subnet %q does not exist", id))
			continue
		}
		r.add(found)
	}
	for _, name := range names(s) {
		found, several, err := inVPCs(ctx, c, map[string]string{"Name": name}, vpcs)
		if err != nil {
			return r, err
		}
		if several {
			r.undecided = append(r.undecided, fmt.Sprintf("subnet name %q", name))
			continue
		}
		if len(found) == 0 {
			r.missing = append(r.missing, fmt.Sprintf("no subnet%s has the Name tag %q", ofVPC(vpcs), name))
			continue
		}
		if twice := sameZone(found); len(twice) > 0 {
			r.ambiguous = append(r.ambiguous, fmt.Sprintf("subnet name %q matches several subnets in one zone: %s; use subnetID instead", name, strings.Join(twice, ", ")))
			continue
		}
		for i := range found {
			r.add(&found[i])
		}
	}
	if s.SubnetSelector != nil {
		found, several, err := inVPCs(ctx, c, s.SubnetSelector.Tags, vpcs)
		switch {
		case err != nil:
			return r, err
		case several:
			r.undecided = append(r.undecided, "subnetSelector")
		case len(found) == 0:
			r.missing = append(r.missing, "subnetSelector matches no subnet"+ofVPC(vpcs))
		}
		for i := range found {
			r.add(&found[i])
		}
	}
	return r, nil
}

// count reads the number of free addresses of the subnets, which decides between the
// subnets of a zone.
func (r *resolution) count(ctx context.Context, c subnets) error {
	ids := make([]string, len(r.subnets))
	for i, s := range r.subnets {
		ids[i] = s.ID
	}
	now, err := c.SubnetsByID(ctx, ids)
	if err != nil {
		return err
	}
	for i := range r.subnets {
		if s, ok := now[r.subnets[i].ID]; ok {
			r.subnets[i].FreeAddresses = s.FreeAddresses
		}
		r.subnets[i].Full = c.SubnetFull(r.subnets[i].ID)
	}
	return nil
}

func ids(s *v1alpha1.NodeENISpec) []string {
	var out []string
	if s.SubnetID != nil {
		out = append(out, string(*s.SubnetID))
	}
	for _, id := range s.SubnetIDs {
		if !slices.Contains(out, string(id)) {
			out = append(out, string(id))
		}
	}
	return out
}

func names(s *v1alpha1.NodeENISpec) []string {
	var out []string
	if s.SubnetName != nil {
		out = append(out, *s.SubnetName)
	}
	for _, n := range s.SubnetNames {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// inVPCs finds subnets by tags. If subnets in several VPCs have the tags, only those in
// the nodes' VPCs are returned. several is true if no VPC of a node is known and the
// subnets are in several VPCs.
func inVPCs(ctx context.Context, c subnets, tags map[string]string, vpcs []string) (found []ec2.Subnet, several bool, err error) {
	found, err = c.SubnetsTagged(ctx, tags)
	if err != nil {
		return nil, false, err
	}
	if len(vpcs) == 0 {
		if slices.ContainsFunc(found, func(s ec2.Subnet) bool { return s.VPCID != found[0].VPCID }) {
			return nil, true, nil
		}
		return found, false, nil
	}
	return slices.DeleteFunc(slices.Clone(found), func(s ec2.Subnet) bool { return !slices.Contains(vpcs, s.VPCID) }), false, nil
}

// ofVPC returns the part of a message that names the searched VPCs.
func ofVPC(vpcs []string) string {
	if len(vpcs) == 0 {
		return ""
	}
	return " of the nodes' VPC, " + strings.Join(vpcs, " or ") + ","
}

// sameZone returns the ids of subnets in the same VPC and zone, at most three.
func sameZone(ss []ec2.Subnet) []string {
	type place struct{ vpc, zone string }
	byPlace := map[place][]string{}
	for _, s := range ss {
		p := place{s.VPCID, s.AvailabilityZone}
		byPlace[p] = append(byPlace[p], s.ID)
	}
	var out []string
	for _, s := range ss {
		if len(byPlace[place{s.VPCID, s.AvailabilityZone}]) > 1 && len(out) < 3 {
			out = append(out, s.ID)
		}
	}
	return out
}
