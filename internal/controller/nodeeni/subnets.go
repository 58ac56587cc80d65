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

// A resolution is the subnets that a NodeENI names, in its order and without
// duplicates, and what is wrong with those that are missing.
type resolution struct {
	subnets   []eni.Subnet
	missing   []string
	ambiguous []string
	// undecided are names and tags of subnets in several VPCs, while the VPC of no
	// node is known.
	undecided []string
}

// complete reports whether each subnet that the NodeENI names is known.
func (r *resolution) complete() bool {
	return len(r.missing)+len(r.ambiguous)+len(r.undecided) == 0
}

// add adds a subnet, unless it is there.
func (r *resolution) add(s *ec2.Subnet) {
	if !slices.ContainsFunc(r.subnets, func(o eni.Subnet) bool { return o.ID == s.ID }) {
		r.subnets = append(r.subnets, eni.Subnet{ID: s.ID, Zone: s.AvailabilityZone, VPCID: s.VPCID, FreeAddresses: s.FreeAddresses})
	}
}

// resolve finds the subnets of a NodeENI. vpcs are those of its nodes, as far as they
// are known; used are the subnets that its children are in.
//
// At times EC2 returns only some of the subnets that names and tags lead to, and the
// children in the others must not be released for that: a subnet has left the NodeENI
// if EC2 returns it with other tags. A subnet that EC2 does not return at all is
// missing: a subnet cannot be deleted before the ENIs in it.
func resolve(ctx context.Context, c subnets, s *v1alpha1.NodeENISpec, vpcs, used []string) (resolution, error) {
	r, err := lookUp(ctx, c, s, vpcs)
	if err != nil {
		return r, err
	}
	doubtful := slices.DeleteFunc(slices.Clone(used), func(id string) bool {
		return slices.ContainsFunc(r.subnets, func(o eni.Subnet) bool { return o.ID == id })
	})
	if len(doubtful) > 0 && (len(names(s)) > 0 || s.SubnetSelector != nil) { // ids alone leave no doubt
		now, err := c.SubnetsByID(ctx, doubtful)
		if err != nil {
			return r, err
		}
		if r, err = lookUp(ctx, supplemented{subnets: c, more: now}, s, vpcs); err != nil {
			return r, err
		}
		for _, id := range doubtful {
			if _, ok := now[id]; !ok {
				r.missing = append(r.missing, fmt.Sprintf("subnet %q, which network interfaces of this NodeENI are in, is not returned by EC2", id))
			}
		}
	}
	if s.SubnetPolicy == v1alpha1.SubnetPolicyOnePerZone {
		return r, r.count(ctx, c)
	}
	return r, nil
}

// supplemented adds subnets to what names and tags lead to.
type supplemented struct {
	subnets

	more map[string]ec2.Subnet
}

// SubnetsTagged returns the subnets that carry all the tags, sorted by id.
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

// lookUp finds the subnets of a NodeENI by one answer of EC2 each.
func lookUp(ctx context.Context, c subnets, s *v1alpha1.NodeENISpec, vpcs []string) (resolution, error) {
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
			r.ambiguous = append(r.ambiguous, fmt.Sprintf("subnet name %q stands for several subnets of one zone: %s; name the one meant with subnetID", name, strings.Join(twice, ", ")))
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

// count looks up how many addresses the subnets have free, where that decides
// which one is used.
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

// inVPCs finds subnets by tags. A tag may be used in several VPCs of an account: the
// subnets of the nodes' VPCs count. It returns several = true if none of these is known,
// and the subnets are in several VPCs.
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

// ofVPC names the VPCs in which subnets were searched, for a message.
func ofVPC(vpcs []string) string {
	if len(vpcs) == 0 {
		return ""
	}
	return " of the nodes' VPC, " + strings.Join(vpcs, " or ") + ","
}

// sameZone returns the ids of subnets that share a VPC and a zone, at most three.
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
