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
}

// resolve finds the subnets of a NodeENI. vpc is asked for only where names or
// tags lead to several VPCs, and returns the one of the nodes.
func resolve(ctx context.Context, c subnets, s *v1alpha1.NodeENISpec, vpc func() (string, error)) (resolution, error) {
	var r resolution
	seen := map[string]bool{}
	add := func(s ec2.Subnet) {
		if !seen[s.ID] {
			seen[s.ID] = true
			r.subnets = append(r.subnets, eni.Subnet{ID: s.ID, Zone: s.AvailabilityZone, VPCID: s.VPCID, FreeAddresses: s.FreeAddresses})
		}
	}
	for _, id := range ids(s) {
		found, err := c.Subnet(ctx, id)
		if err != nil {
			return r, err
		}
		if found == nil {
			r.missing = append(r.missing, fmt.Sprintf("subnet %q does not exist", id))
			continue
		}
		add(*found)
	}
	for _, name := range names(s) {
		found, err := inVPC(ctx, c, map[string]string{"Name": name}, vpc)
		if err != nil {
			return r, err
		}
		if len(found) == 0 {
			r.missing = append(r.missing, fmt.Sprintf("no subnet of the nodes' VPC has the Name tag %q", name))
			continue
		}
		if twice := sameZone(found); len(twice) > 0 {
			r.ambiguous = append(r.ambiguous, fmt.Sprintf("subnet name %q stands for several subnets of one zone: %s; name the one meant with subnetID", name, strings.Join(twice, ", ")))
			continue
		}
		for _, s := range found {
			add(s)
		}
	}
	if s.SubnetSelector != nil {
		found, err := inVPC(ctx, c, s.SubnetSelector.Tags, vpc)
		if err != nil {
			return r, err
		}
		if len(found) == 0 {
			r.missing = append(r.missing, "subnetSelector matches no subnet of the nodes' VPC")
		}
		for _, s := range found {
			add(s)
		}
	}
	if s.SubnetPolicy == v1alpha1.SubnetPolicyOnePerZone {
		return r, r.count(ctx, c)
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
	free, err := c.FreeAddresses(ctx, ids)
	if err != nil {
		return err
	}
	for i := range r.subnets {
		if f, ok := free[r.subnets[i].ID]; ok {
			r.subnets[i].FreeAddresses = f
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

// inVPC finds subnets by tags. A tag may be used in several VPCs of an account;
// only the nodes' one counts.
func inVPC(ctx context.Context, c subnets, tags map[string]string, vpc func() (string, error)) ([]ec2.Subnet, error) {
	found, err := c.SubnetsTagged(ctx, tags)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(found, func(s ec2.Subnet) bool { return s.VPCID != found[0].VPCID }) {
		return found, nil
	}
	id, err := vpc()
	if err != nil || id == "" {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(found), func(s ec2.Subnet) bool { return s.VPCID != id }), nil
}

// sameZone returns the ids of subnets that share a zone, at most three.
func sameZone(ss []ec2.Subnet) []string {
	byZone := map[string][]string{}
	for _, s := range ss {
		byZone[s.AvailabilityZone] = append(byZone[s.AvailabilityZone], s.ID)
	}
	var out []string
	for _, s := range ss {
		if len(byZone[s.AvailabilityZone]) > 1 && len(out) < 3 {
			out = append(out, s.ID)
		}
	}
	return out
}
