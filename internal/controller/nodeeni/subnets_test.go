// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"slices"
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A fakeCloud has subnets, or is down.
type fakeCloud struct {
	subnets []ec2.Subnet
	down    error
	omits   []string // ids of subnets and Elastic IPs that answers by tags do not contain

	elasticIPs []ec2.ElasticIP // as EC2 has them now
	old        []ec2.ElasticIP // in a list that may be old, nil for none
	elasticErr error           // of DescribeAddresses
}

// addresses returns the Elastic IPs of a consistency that a filter accepts.
func (c fakeCloud) addresses(consistency ec2.Consistency, keep func(ec2.ElasticIP) bool) ([]ec2.ElasticIP, error) {
	all := c.elasticIPs
	if consistency == ec2.Cached && c.old != nil {
		all = c.old
	}
	return slices.DeleteFunc(slices.Clone(all), func(e ec2.ElasticIP) bool { return !keep(e) }), c.elasticErr
}

func (c fakeCloud) ElasticIPsTagged(_ context.Context, tags map[string]string, consistency ec2.Consistency) ([]ec2.ElasticIP, error) {
	return c.addresses(consistency, func(e ec2.ElasticIP) bool { return e.Tagged(tags) && !slices.Contains(c.omits, e.AllocationID) })
}

func (c fakeCloud) ElasticIPsByID(_ context.Context, ids []string, consistency ec2.Consistency) ([]ec2.ElasticIP, error) {
	return c.addresses(consistency, func(e ec2.ElasticIP) bool { return slices.Contains(ids, e.AllocationID) })
}

func (c fakeCloud) Subnet(_ context.Context, id string) (*ec2.Subnet, error) {
	for _, s := range c.subnets {
		if s.ID == id {
			return &s, c.down
		}
	}
	return nil, c.down
}

func (c fakeCloud) SubnetsTagged(_ context.Context, tags map[string]string) ([]ec2.Subnet, error) {
	var found []ec2.Subnet
	for _, s := range c.subnets {
		if s.Tagged(tags) && !slices.Contains(c.omits, s.ID) {
			found = append(found, s)
		}
	}
	return found, c.down
}

func (c fakeCloud) SubnetsByID(_ context.Context, ids []string) (map[string]ec2.Subnet, error) {
	out := map[string]ec2.Subnet{}
	for _, s := range c.subnets {
		if slices.Contains(ids, s.ID) {
			out[s.ID] = s
		}
	}
	return out, c.down
}

func (c fakeCloud) Adoptable(context.Context, string, string) ([]ec2types.NetworkInterface, error) {
	return nil, c.down
}

func (c fakeCloud) Place(context.Context) (ec2.Place, error) {
	return ec2.Place{AccountID: "123456789012", Region: "us-east-1"}, c.down
}

func (c fakeCloud) NodeENINetworkInterfaces(context.Context, string, string) ([]ec2types.NetworkInterface, error) {
	return nil, c.down
}

func (c fakeCloud) NetworkInterfaceFresh(context.Context, string) (*ec2types.NetworkInterface, error) {
	return nil, c.down
}

func (c fakeCloud) FateOfInstance(context.Context, string, string) (ec2.Absence, error) {
	return ec2.Absence{Fate: eni.FateDoubtful}, c.down
}

func (c fakeCloud) SubnetFull(id string) bool { return id == "subnet-full" }

func (c fakeCloud) Instances(_ context.Context, _, _ []string) (map[string]ec2.Instance, error) {
	return nil, c.down
}

// fakeClouds leads every NodeENI to one fakeCloud.
type fakeClouds struct{ cloud fakeCloud }

func (c fakeClouds) For(context.Context, *v1alpha1.NodeENI) (cloud, error) { return c.cloud, nil }

func TestResolve(t *testing.T) {
	errBoom := errors.New("boom")
	subnet := func(id, zone, vpc, name string) ec2.Subnet {
		return ec2.Subnet{ID: id, Name: name, AvailabilityZone: zone, VPCID: vpc, FreeAddresses: 5, Tags: map[string]string{"Name": name, "role": "data"}}
	}
	of := func(id, zone string) eni.Subnet {
		return eni.Subnet{ID: id, Zone: zone, VPCID: "vpc-1", FreeAddresses: 5}
	}
	one := fakeCloud{subnets: []ec2.Subnet{subnet("subnet-1", "a", "vpc-1", "one"), subnet("subnet-2", "a", "vpc-1", "two"), subnet("subnet-3", "b", "vpc-1", "two")}}
	twice := fakeCloud{subnets: []ec2.Subnet{subnet("subnet-1", "a", "vpc-1", "one"), subnet("subnet-2", "a", "vpc-1", "one")}}
	twoVPCs := fakeCloud{subnets: []ec2.Subnet{subnet("subnet-1", "a", "vpc-1", "one"), subnet("subnet-2", "a", "vpc-2", "one")}}

	omits := func(c fakeCloud, ids ...string) fakeCloud {
		c.omits = ids
		return c
	}
	role := func(value string) v1alpha1.NodeENISpec {
		return v1alpha1.NodeENISpec{SubnetSelector: &v1alpha1.NodeSubnetSelector{Tags: map[string]string{"role": value}}}
	}

	type args struct {
		cloud cloud
		spec  v1alpha1.NodeENISpec
		vpcs  []string
		used  []string
	}
	type want struct {
		resolution resolution
		err        error
	}
	cases := map[string]struct {
		reason string
		args   args
		want   want
	}{
		"ByID": {
			reason: "A subnet is found by its id.",
			args:   args{cloud: one, spec: v1alpha1.NodeENISpec{SubnetID: ptr.To(v1alpha1.SubnetID("subnet-1"))}},
			want:   want{resolution: resolution{subnets: []eni.Subnet{of("subnet-1", "a")}}},
		},
		"ByName": {
			reason: "A name that occurs once in each zone stands for all of its subnets.",
			args:   args{cloud: one, spec: v1alpha1.NodeENISpec{SubnetName: new("two")}},
			want:   want{resolution: resolution{subnets: []eni.Subnet{of("subnet-2", "a"), of("subnet-3", "b")}}},
		},
		"ByTags": {
			reason: "Tags stand for every subnet that carries them, several of a zone too.",
			args:   args{cloud: one, spec: v1alpha1.NodeENISpec{SubnetSelector: &v1alpha1.NodeSubnetSelector{Tags: map[string]string{"role": ""}}}},
			want:   want{resolution: resolution{subnets: []eni.Subnet{of("subnet-1", "a"), of("subnet-2", "a"), of("subnet-3", "b")}}},
		},
		"Union": {
			reason: "All subnet fields form one list in the order of the fields, without duplicates.",
			args: args{cloud: one, spec: v1alpha1.NodeENISpec{
				SubnetID: ptr.To(v1alpha1.SubnetID("subnet-3")), SubnetIDs: []v1alpha1.SubnetID{"subnet-1", "subnet-3", "subnet-1"},
				SubnetName: new("one"), SubnetNames: []string{"two", "one"},
			}},
			want: want{resolution: resolution{subnets: []eni.Subnet{of("subnet-3", "b"), of("subnet-1", "a"), of("subnet-2", "a")}}},
		},
		"NoSuchID": {
			reason: "A subnet that does not exist is named, and does not keep the others from being used.",
			args:   args{cloud: one, spec: v1alpha1.NodeENISpec{SubnetIDs: []v1alpha1.SubnetID{"subnet-9", "subnet-1"}}},
			want:   want{resolution: resolution{subnets: []eni.Subnet{of("subnet-1", "a")}, missing: []string{`subnet "subnet-9" does not exist`}}},
		},
		"NoSuchName": {
			reason: "A name that no subnet has is named.",
			args:   args{cloud: one, spec: v1alpha1.NodeENISpec{SubnetName: new("nine")}},
			want:   want{resolution: resolution{missing: []string{`no subnet has the Name tag "nine"`}}},
		},
		"NoSuchTags": {
			reason: "Tags that no subnet carries are reported.",
			args:   args{cloud: one, spec: v1alpha1.NodeENISpec{SubnetSelector: &v1alpha1.NodeSubnetSelector{Tags: map[string]string{"role": "none"}}}},
			want:   want{resolution: resolution{missing: []string{"subnetSelector matches no subnet"}}},
		},
		"Ambiguous": {
			reason: "A name that occurs twice in a zone means neither, and the candidates are named.",
			args:   args{cloud: twice, spec: v1alpha1.NodeENISpec{SubnetName: new("one")}},
			want: want{resolution: resolution{ambiguous: []string{
				`subnet name "one" matches several subnets in one zone: subnet-1, subnet-2; use subnetID instead`,
			}}},
		},
		"NodesVPC": {
			reason: "If subnets of several VPCs share a name, only the subnets in the nodes' VPC match.",
			args:   args{cloud: twoVPCs, spec: v1alpha1.NodeENISpec{SubnetName: new("one")}, vpcs: []string{"vpc-1"}},
			want:   want{resolution: resolution{subnets: []eni.Subnet{of("subnet-1", "a")}}},
		},
		"Partial": {
			reason: "A subnet that children are in stays in its place though an answer does not contain it.",
			args:   args{cloud: omits(one, "subnet-2"), spec: role("da*"), used: []string{"subnet-1", "subnet-2"}},
			want:   want{resolution: resolution{subnets: []eni.Subnet{of("subnet-1", "a"), of("subnet-2", "a"), of("subnet-3", "b")}}},
		},
		"PartialUnused": {
			reason: "A subnet without children is used when an answer contains it.",
			args:   args{cloud: omits(one, "subnet-2"), spec: role("data"), used: []string{"subnet-1"}},
			want:   want{resolution: resolution{subnets: []eni.Subnet{of("subnet-1", "a"), of("subnet-3", "b")}}},
		},
		"PartialByName": {
			reason: "This applies to names too.",
			args:   args{cloud: omits(one, "subnet-2"), spec: v1alpha1.NodeENISpec{SubnetName: new("two")}, used: []string{"subnet-2"}},
			want:   want{resolution: resolution{subnets: []eni.Subnet{of("subnet-2", "a"), of("subnet-3", "b")}}},
		},
		"PartialOtherVPC": {
			reason: "An answer with the subnets of another VPC alone does not lead there.",
			args:   args{cloud: omits(twoVPCs, "subnet-1"), spec: v1alpha1.NodeENISpec{SubnetName: new("one")}, vpcs: []string{"vpc-1"}, used: []string{"subnet-1"}},
			want:   want{resolution: resolution{subnets: []eni.Subnet{of("subnet-1", "a")}}},
		},
		"Retagged": {
			reason: "A subnet that EC2 returns with other tags has left.",
			args:   args{cloud: one, spec: v1alpha1.NodeENISpec{SubnetName: new("one")}, used: []string{"subnet-1", "subnet-2"}},
			want:   want{resolution: resolution{subnets: []eni.Subnet{of("subnet-1", "a")}}},
		},
		"NotReturned": {
			reason: "A subnet with children is missing, not deleted, if EC2 does not return it.",
			args:   args{cloud: one, spec: v1alpha1.NodeENISpec{SubnetName: new("one")}, used: []string{"subnet-1", "subnet-9"}},
			want: want{resolution: resolution{
				subnets: []eni.Subnet{of("subnet-1", "a")},
				missing: []string{`EC2 does not return subnet "subnet-9", which contains network interfaces of this NodeENI`},
			}},
		},
		"DeselectedByID": {
			reason: "Subnet ids in the spec are used without a search.",
			args:   args{cloud: one, spec: v1alpha1.NodeENISpec{SubnetIDs: []v1alpha1.SubnetID{"subnet-1"}}, used: []string{"subnet-1", "subnet-9"}},
			want:   want{resolution: resolution{subnets: []eni.Subnet{of("subnet-1", "a")}}},
		},
		"TwoVPCs": {
			reason: "If nodes are in several VPCs, a name matches the subnets in all of them.",
			args:   args{cloud: twoVPCs, spec: v1alpha1.NodeENISpec{SubnetName: new("one")}, vpcs: []string{"vpc-1", "vpc-2"}},
			want: want{resolution: resolution{subnets: []eni.Subnet{
				of("subnet-1", "a"), {ID: "subnet-2", Zone: "a", VPCID: "vpc-2", FreeAddresses: 5},
			}}},
		},
		"TwoVPCsUnknown": {
			reason: "Without a known VPC, a name in two VPCs matches none.",
			args:   args{cloud: twoVPCs, spec: v1alpha1.NodeENISpec{SubnetName: new("one")}},
			want:   want{resolution: resolution{undecided: []string{`subnet name "one"`}}},
		},
		"TwoVPCsUnknownByTags": {
			reason: "Without a known VPC, tags in two VPCs match none.",
			args:   args{cloud: twoVPCs, spec: v1alpha1.NodeENISpec{SubnetSelector: &v1alpha1.NodeSubnetSelector{Tags: map[string]string{"Name": "one"}}}},
			want:   want{resolution: resolution{undecided: []string{"subnetSelector"}}},
		},
		"OtherVPC": {
			reason: "A name that only subnets of another VPC have is missing, and the nodes' VPC is named.",
			args:   args{cloud: twoVPCs, spec: v1alpha1.NodeENISpec{SubnetName: new("one")}, vpcs: []string{"vpc-3"}},
			want:   want{resolution: resolution{missing: []string{`no subnet of the nodes' VPC, vpc-3, has the Name tag "one"`}}},
		},
		"Down": {
			reason: "A failed request is an error, not a missing subnet.",
			args:   args{cloud: fakeCloud{down: errBoom}, spec: v1alpha1.NodeENISpec{SubnetID: ptr.To(v1alpha1.SubnetID("subnet-1"))}},
			want:   want{err: errBoom},
		},
		"DownByName": {
			reason: "A failed request by name is an error too.",
			args:   args{cloud: fakeCloud{down: errBoom}, spec: v1alpha1.NodeENISpec{SubnetName: new("one")}},
			want:   want{err: errBoom},
		},
		"DownByTags": {
			reason: "A failed request by tags is an error too.",
			args:   args{cloud: fakeCloud{down: errBoom}, spec: v1alpha1.NodeENISpec{SubnetSelector: &v1alpha1.NodeSubnetSelector{Tags: map[string]string{"a": "b"}}}},
			want:   want{err: errBoom},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := resolve(t.Context(), tc.args.cloud, &tc.args.spec, tc.args.vpcs, tc.args.used)
			if diff := cmp.Diff(tc.want.err, err, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("\n%s\nresolve(...): -want error, +got error:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.resolution, got, cmp.AllowUnexported(resolution{})); diff != "" {
				t.Errorf("\n%s\nresolve(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestComplete(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   resolution
		want   bool
	}{
		"All":       {reason: "Subnets that are all known are complete.", args: resolution{subnets: []eni.Subnet{{ID: "subnet-1"}}}, want: true},
		"Missing":   {reason: "A missing subnet may be there again.", args: resolution{missing: []string{"a"}}},
		"Ambiguous": {reason: "An ambiguous name may be corrected.", args: resolution{ambiguous: []string{"a"}}},
		"Undecided": {reason: "The VPC of the nodes may become known.", args: resolution{undecided: []string{"a"}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.args.complete()); diff != "" {
				t.Errorf("\n%s\ncomplete(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
