// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"testing"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

func TestCreateInput(t *testing.T) {
	type args struct {
		spec   v1alpha1.NetworkInterfaceParameters
		groups []string
		tags   map[string]string
	}
	input := func(fn func(*awsec2.CreateNetworkInterfaceInput)) *awsec2.CreateNetworkInterfaceInput {
		in := &awsec2.CreateNetworkInterfaceInput{
			SubnetId:          new("subnet-1"),
			TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeNetworkInterface, Tags: []ec2types.Tag{}}},
		}
		fn(in)
		return in
	}
	address := func(a string, primary bool) ec2types.PrivateIpAddressSpecification {
		return ec2types.PrivateIpAddressSpecification{PrivateIpAddress: &a, Primary: &primary}
	}

	cases := map[string]struct {
		reason string
		args   args
		want   *awsec2.CreateNetworkInterfaceInput
	}{
		"Least": {
			reason: "Fields that are not in the spec are not sent.",
			want:   input(func(*awsec2.CreateNetworkInterfaceInput) {}),
		},
		"Most": {
			reason: "One call creates the ENI with all attributes and tags of the spec.",
			args: args{
				spec: v1alpha1.NetworkInterfaceParameters{
					Description: new("data"), InterfaceType: new("efa"), EnablePrimaryIPv6: new(true),
					ConnectionTracking: &v1alpha1.ConnectionTracking{TCPEstablishedTimeoutSeconds: new(int32(60)), UDPTimeoutSeconds: new(int32(30))},
				},
				groups: []string{"sg-1", "sg-2"},
				tags:   map[string]string{"b": "2", "a": "1"},
			},
			want: input(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.Description = new("data")
				in.InterfaceType = ec2types.NetworkInterfaceCreationTypeEfa
				in.EnablePrimaryIpv6 = new(true)
				in.Groups = []string{"sg-1", "sg-2"}
				in.ConnectionTrackingSpecification = &ec2types.ConnectionTrackingSpecificationRequest{TcpEstablishedTimeout: new(int32(60)), UdpTimeout: new(int32(30))}
				in.TagSpecifications[0].Tags = []ec2types.Tag{{Key: new("a"), Value: new("1")}, {Key: new("b"), Value: new("2")}}
			}),
		},
		"DefaultType": {
			reason: "EC2's default type is not named: EC2 does not take it by name.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{InterfaceType: new("interface")}},
			want:   input(func(*awsec2.CreateNetworkInterfaceInput) {}),
		},
		"PrimaryAddress": {
			reason: "A primary address alone is requested as PrivateIpAddress.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{PrivateIP: ptr.To(v1alpha1.IPv4Address("10.0.0.4")), PrivateIPsCount: new(int32(2))}},
			want: input(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.PrivateIpAddress, in.SecondaryPrivateIpAddressCount = new("10.0.0.4"), new(int32(2))
			}),
		},
		"AddressList": {
			reason: "The first of a list of addresses is the primary one.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{PrivateIPs: []v1alpha1.IPv4Address{"10.0.0.5", "10.0.0.4"}}},
			want: input(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.PrivateIpAddresses = []ec2types.PrivateIpAddressSpecification{address("10.0.0.5", true), address("10.0.0.4", false)}
			}),
		},
		"PrimaryOfList": {
			reason: "privateIp selects the primary address of the list.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{PrivateIP: ptr.To(v1alpha1.IPv4Address("10.0.0.4")), PrivateIPs: []v1alpha1.IPv4Address{"10.0.0.5", "10.0.0.4"}}},
			want: input(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.PrivateIpAddresses = []ec2types.PrivateIpAddressSpecification{address("10.0.0.5", false), address("10.0.0.4", true)}
			}),
		},
		"Counts": {
			reason: "Addresses and prefixes are requested by count.",
			args: args{spec: v1alpha1.NetworkInterfaceParameters{
				IPv4PrefixCount: new(int32(1)), IPv6PrefixCount: new(int32(3)),
			}},
			want: input(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.Ipv4PrefixCount, in.Ipv6PrefixCount = new(int32(1)), new(int32(3))
			}),
		},
		"IPv6Both": {
			reason: "EC2 rejects IPv6 addresses and prefixes in one request: the prefixes are assigned later.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{IPv6AddressCount: new(int32(2)), IPv6PrefixCount: new(int32(3))}},
			want:   input(func(in *awsec2.CreateNetworkInterfaceInput) { in.Ipv6AddressCount = new(int32(2)) }),
		},
		"IPv6BothByName": {
			reason: "Also if the addresses are listed.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{IPv6Addresses: []v1alpha1.IPv6Address{"2600::10"}, IPv6Prefixes: []v1alpha1.IPv6Prefix{"2600:0:0:1:1::/80"}}},
			want: input(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.Ipv6Addresses = []ec2types.InstanceIpv6Address{{Ipv6Address: new("2600::10")}}
			}),
		},
		"ZeroCounts": {
			reason: "A count of 0 is omitted: EC2 rejects it.",
			args: args{spec: v1alpha1.NetworkInterfaceParameters{
				PrivateIPsCount: new(int32(0)), IPv4PrefixCount: new(int32(0)), IPv6AddressCount: new(int32(0)), IPv6PrefixCount: new(int32(0)),
			}},
			want: input(func(*awsec2.CreateNetworkInterfaceInput) {}),
		},
		"ByName": {
			reason: "Prefixes are requested by name.",
			args: args{spec: v1alpha1.NetworkInterfaceParameters{
				IPv4Prefixes: []v1alpha1.IPv4Prefix{"10.0.0.16/28"}, IPv6Prefixes: []v1alpha1.IPv6Prefix{"2600:0:0:1:1::/80"},
			}},
			want: input(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.Ipv4Prefixes = []ec2types.Ipv4PrefixSpecificationRequest{{Ipv4Prefix: new("10.0.0.16/28")}}
				in.Ipv6Prefixes = []ec2types.Ipv6PrefixSpecificationRequest{{Ipv6Prefix: new("2600:0:0:1:1::/80")}}
			}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := createInput(&tc.args.spec, "subnet-1", tc.args.groups, tc.args.tags)
			if diff := cmp.Diff(tc.want, got, ignoreMetadata()); diff != "" {
				t.Errorf("\n%s\ncreateInput(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// Two requests that EC2 must not take for one another have two fingerprints.
func TestFingerprint(t *testing.T) {
	one, two := new(int32(1)), new("two")
	specs := map[string]v1alpha1.NetworkInterfaceParameters{
		"Nothing":       {},
		"Description":   {Description: two},
		"Type":          {InterfaceType: new("efa")},
		"Primary":       {PrivateIP: ptr.To(v1alpha1.IPv4Address("10.0.0.4"))},
		"Addresses":     {PrivateIPs: []v1alpha1.IPv4Address{"10.0.0.4"}},
		"Count":         {PrivateIPsCount: one},
		"PrefixCount":   {IPv4PrefixCount: one},
		"Prefixes":      {IPv4Prefixes: []v1alpha1.IPv4Prefix{"10.0.0.16/28"}},
		"IPv6Count":     {IPv6AddressCount: one},
		"IPv6Addresses": {IPv6Addresses: []v1alpha1.IPv6Address{"2600::10"}},
		"IPv6Prefix":    {IPv6PrefixCount: one},
		"IPv6Prefixes":  {IPv6Prefixes: []v1alpha1.IPv6Prefix{"2600:0:0:1:1::/80"}},
		"PrimaryIPv6":   {EnablePrimaryIPv6: new(true)},
		"Tracking":      {ConnectionTracking: &v1alpha1.ConnectionTracking{UDPTimeoutSeconds: new(int32(30))}},
	}
	seen := map[string]string{}
	for name, p := range specs {
		f := fingerprint(createInput(&p, "subnet-1", nil, nil))
		if other, ok := seen[f]; ok {
			t.Errorf("\nTwo requests that EC2 must not take for one another have two fingerprints.\nfingerprint(...): %s and %s share %q", name, other, f)
		}
		seen[f] = name
	}
}
