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
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

func TestDrift(t *testing.T) {
	id := new("eni-1")
	// An ENI with a value of its own in every field that can drift.
	full := func(change ...func(*ec2types.NetworkInterface)) *ec2types.NetworkInterface {
		n := &ec2types.NetworkInterface{
			NetworkInterfaceId: id,
			Description:        new("there"),
			Groups:             []ec2types.GroupIdentifier{{GroupId: new("sg-b")}, {GroupId: new("sg-a")}},
			SourceDestCheck:    new(true),
			PrivateIpAddress:   new("10.0.0.4"),
			PrivateIpAddresses: []ec2types.NetworkInterfacePrivateIpAddress{
				{PrivateIpAddress: new("10.0.0.6")}, {PrivateIpAddress: new("10.0.0.4"), Primary: new(true)}, {PrivateIpAddress: new("10.0.0.5")},
			},
			Ipv4Prefixes:      []ec2types.Ipv4PrefixSpecification{{Ipv4Prefix: new("10.0.0.16/28")}},
			Ipv6Addresses:     []ec2types.NetworkInterfaceIpv6Address{{Ipv6Address: new("2600::10")}, {Ipv6Address: new("2600::11")}},
			Ipv6Prefixes:      []ec2types.Ipv6PrefixSpecification{{Ipv6Prefix: new("2600:0:0:0:1::/80")}},
			AssociatedSubnets: []string{"subnet-b", "subnet-a"},
			ConnectionTrackingConfiguration: &ec2types.ConnectionTrackingConfiguration{
				TcpEstablishedTimeout: new(int32(100)), UdpStreamTimeout: new(int32(100)), UdpTimeout: new(int32(40)),
			},
			Attachment: &ec2types.NetworkInterfaceAttachment{Status: ec2types.AttachmentStatusAttached, EnaSrdSpecification: &ec2types.AttachmentEnaSrdSpecification{
				EnaSrdEnabled: new(true), EnaSrdUdpSpecification: &ec2types.AttachmentEnaSrdUdpSpecification{EnaSrdUdpEnabled: new(false)},
			}},
			TagSet: []ec2types.Tag{{Key: new("a"), Value: new("1")}},
		}
		for _, fn := range change {
			fn(n)
		}
		return n
	}

	type args struct {
		spec    v1alpha1.NetworkInterfaceParameters
		wanted  wanted
		removed []string
		managed []string
		there   *ec2types.NetworkInterface
	}
	type want struct {
		calls []any
		diff  string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   want
	}{
		"Unset": {
			reason: "A field that the spec leaves out is EC2's and never drifts.",
			args:   args{there: full()},
		},
		"Bare": {
			reason: "An empty response does not drift from an empty spec.",
			args:   args{there: &ec2types.NetworkInterface{}},
		},
		"Same": {
			reason: "A field that is as wanted does not drift, in whatever order or spelling EC2 and the spec have it.",
			args: args{
				spec: v1alpha1.NetworkInterfaceParameters{
					Description: new("there"), SourceDestCheck: new(true), PrivateIP: ptr.To(v1alpha1.IPv4Address("10.0.0.4")),
					PrivateIPs:   []v1alpha1.IPv4Address{"10.0.0.5", "10.0.0.4", "10.0.0.6"},
					IPv4Prefixes: []v1alpha1.IPv4Prefix{"10.0.0.16/28"}, IPv6Addresses: []v1alpha1.IPv6Address{"2600:0:0::11", "2600::0010"},
					IPv6Prefixes: []v1alpha1.IPv6Prefix{"2600:0000:0:0:1::/80"}, AssociatedSubnetIDs: []v1alpha1.SubnetID{"subnet-a", "subnet-b"},
					ConnectionTracking:  &v1alpha1.ConnectionTracking{TCPEstablishedTimeoutSeconds: new(int32(100))},
					EnaSrdSpecification: &networkingv1alpha1.EnaSrdSpecification{EnaSrdEnabled: new(true)},
				},
				wanted: wanted{groups: []string{"sg-a", "sg-b"}, tags: map[string]string{"a": "1"}},
				there:  full(),
			},
		},
		"SameCounts": {
			reason: "As many addresses as wanted are the wanted ones; the primary one does not count.",
			args: args{
				spec: v1alpha1.NetworkInterfaceParameters{
					PrivateIPsCount: new(int32(2)), IPv4PrefixCount: new(int32(1)), IPv6AddressCount: new(int32(2)), IPv6PrefixCount: new(int32(1)),
				},
				there: full(),
			},
		},
		"Description": {
			reason: "A description that differs is set, to nothing if that is wanted.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{Description: new("")}, there: full()},
			want: want{diff: "description", calls: []any{
				&awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: id, Description: &ec2types.AttributeValue{Value: new("")}},
			}},
		},
		"Groups": {
			reason: "Groups that differ are set, all of them at once.",
			args:   args{wanted: wanted{groups: []string{"sg-a", "sg-c"}}, there: full()},
			want: want{diff: "security groups", calls: []any{
				&awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: id, Groups: []string{"sg-a", "sg-c"}},
			}},
		},
		"SourceDestCheck": {
			reason: "The check of source and destination, which no create can set, is set after it.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{SourceDestCheck: new(false)}, there: full()},
			want: want{diff: "sourceDestCheck", calls: []any{
				&awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: id, SourceDestCheck: &ec2types.AttributeBooleanValue{Value: new(false)}},
			}},
		},
		"SourceDestCheckUnknown": {
			reason: "A check that EC2 does not mention is on.",
			args: args{
				spec:  v1alpha1.NetworkInterfaceParameters{SourceDestCheck: new(true)},
				there: full(func(n *ec2types.NetworkInterface) { n.SourceDestCheck = nil }),
			},
		},
		"EnablePrimaryIPv6": {
			reason: "Without a primary IPv6 address one is enabled.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{EnablePrimaryIPv6: new(true)}, there: full()},
			want: want{diff: "enablePrimaryIpv6", calls: []any{
				&awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: id, EnablePrimaryIpv6: new(true)},
			}},
		},
		"EnablePrimaryIPv6Already": {
			reason: "Any IPv6 address may be the primary one.",
			args: args{
				spec:  v1alpha1.NetworkInterfaceParameters{EnablePrimaryIPv6: new(true)},
				there: full(func(n *ec2types.NetworkInterface) { n.Ipv6Addresses[1].IsPrimaryIpv6 = new(true) }),
			},
		},
		"EnablePrimaryIPv6WithoutAddress": {
			reason: "Without an IPv6 address none can be primary.",
			args: args{
				spec:  v1alpha1.NetworkInterfaceParameters{EnablePrimaryIPv6: new(true)},
				there: full(func(n *ec2types.NetworkInterface) { n.Ipv6Addresses = nil }),
			},
		},
		"ENAExpress": {
			reason: "ENA Express is set on an attached ENI.",
			args: args{
				spec: v1alpha1.NetworkInterfaceParameters{EnaSrdSpecification: &networkingv1alpha1.EnaSrdSpecification{
					EnaSrdEnabled: new(true), EnaSrdUdpSpecification: &networkingv1alpha1.EnaSrdUdpSpecification{EnaSrdUdpEnabled: new(true)},
				}},
				there: full(),
			},
			want: want{diff: "enaSrdSpecification", calls: []any{
				&awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: id, EnaSrdSpecification: &ec2types.EnaSrdSpecification{
					EnaSrdEnabled: new(true), EnaSrdUdpSpecification: &ec2types.EnaSrdUdpSpecification{EnaSrdUdpEnabled: new(true)},
				}},
			}},
		},
		"ENAExpressAttaching": {
			reason: "ENA Express waits until the ENI is attached: before, EC2 has nothing to set it on.",
			args: args{
				spec:  v1alpha1.NetworkInterfaceParameters{EnaSrdSpecification: &networkingv1alpha1.EnaSrdSpecification{EnaSrdEnabled: new(false)}},
				there: full(func(n *ec2types.NetworkInterface) { n.Attachment.Status = ec2types.AttachmentStatusAttaching }),
			},
		},
		"ENAExpressDetached": {
			reason: "ENA Express of an ENI that is attached to nothing is not set.",
			args: args{
				spec:  v1alpha1.NetworkInterfaceParameters{EnaSrdSpecification: &networkingv1alpha1.EnaSrdSpecification{EnaSrdEnabled: new(true)}},
				there: full(func(n *ec2types.NetworkInterface) { n.Attachment = nil }),
			},
		},
		"ENAExpressOff": {
			reason: "An attached ENI of which EC2 does not mention ENA Express has it off.",
			args: args{
				spec:  v1alpha1.NetworkInterfaceParameters{EnaSrdSpecification: &networkingv1alpha1.EnaSrdSpecification{EnaSrdEnabled: new(false)}},
				there: full(func(n *ec2types.NetworkInterface) { n.Attachment.EnaSrdSpecification = nil }),
			},
		},
		"ConnectionTracking": {
			reason: "Timeouts that differ are set; those not given are not mentioned.",
			args: args{
				spec:  v1alpha1.NetworkInterfaceParameters{ConnectionTracking: &v1alpha1.ConnectionTracking{UDPTimeoutSeconds: new(int32(50))}},
				there: full(),
			},
			want: want{diff: "connectionTracking", calls: []any{
				&awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: id, ConnectionTrackingSpecification: &ec2types.ConnectionTrackingSpecificationRequest{UdpTimeout: new(int32(50))}},
			}},
		},
		"ConnectionTrackingUnknown": {
			reason: "Timeouts that EC2 does not return differ from the desired ones.",
			args: args{
				spec:  v1alpha1.NetworkInterfaceParameters{ConnectionTracking: &v1alpha1.ConnectionTracking{UDPTimeoutSeconds: new(int32(50))}},
				there: full(func(n *ec2types.NetworkInterface) { n.ConnectionTrackingConfiguration = nil }),
			},
			want: want{diff: "connectionTracking", calls: []any{
				&awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: id, ConnectionTrackingSpecification: &ec2types.ConnectionTrackingSpecificationRequest{UdpTimeout: new(int32(50))}},
			}},
		},
		"AssociatedSubnets": {
			reason: "Associated subnets that differ are set, all of them at once.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{AssociatedSubnetIDs: []v1alpha1.SubnetID{"subnet-c", "subnet-a"}}, there: full()},
			want: want{diff: "associatedSubnetIds", calls: []any{
				&awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: id, AssociatedSubnetIds: []string{"subnet-a", "subnet-c"}},
			}},
		},
		"PrivateIPs": {
			reason: "Addresses are removed before others are added, or an ENI at its limit could never change.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{PrivateIPs: []v1alpha1.IPv4Address{"10.0.0.4", "10.0.0.6", "10.0.0.7"}}, there: full()},
			want: want{diff: "private IPv4 addresses, private IPv4 addresses", calls: []any{
				&awsec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: id, PrivateIpAddresses: []string{"10.0.0.5"}},
				&awsec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: id, PrivateIpAddresses: []string{"10.0.0.7"}},
			}},
		},
		"PrimaryAlone": {
			reason: "A list of the primary address alone wants no others.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{PrivateIPs: []v1alpha1.IPv4Address{"10.0.0.4"}}, there: full()},
			want: want{diff: "private IPv4 addresses", calls: []any{
				&awsec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: id, PrivateIpAddresses: []string{"10.0.0.5", "10.0.0.6"}},
			}},
		},
		"PrimaryOnly": {
			reason: "privateIp does not manage secondary addresses.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{PrivateIP: ptr.To(v1alpha1.IPv4Address("10.0.0.4"))}, there: full()},
		},
		"MorePrivateIPs": {
			reason: "Missing addresses are assigned by count.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{PrivateIPsCount: new(int32(5))}, there: full()},
			want: want{diff: "private IPv4 addresses", calls: []any{
				&awsec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: id, SecondaryPrivateIpAddressCount: new(int32(3))},
			}},
		},
		"FewerPrivateIPs": {
			reason: "Surplus addresses are removed from the end.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{PrivateIPsCount: new(int32(1))}, there: full()},
			want: want{diff: "private IPv4 addresses", calls: []any{
				&awsec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: id, PrivateIpAddresses: []string{"10.0.0.6"}},
			}},
		},
		"IPv4Prefixes": {
			reason: "Listed prefixes are removed and added.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{IPv4Prefixes: []v1alpha1.IPv4Prefix{"10.0.0.32/28"}}, there: full()},
			want: want{diff: "private IPv4 addresses, IPv4 prefixes", calls: []any{
				&awsec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: id, Ipv4Prefixes: []string{"10.0.0.16/28"}},
				&awsec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: id, Ipv4Prefixes: []string{"10.0.0.32/28"}},
			}},
		},
		"FromAddressesToPrefixes": {
			reason: "Addresses go before prefixes come, since EC2 has room for one kind.",
			args: args{
				spec:  v1alpha1.NetworkInterfaceParameters{PrivateIPsCount: new(int32(0)), IPv4PrefixCount: new(int32(2))},
				there: full(),
			},
			want: want{diff: "private IPv4 addresses, IPv4 prefixes", calls: []any{
				&awsec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: id, PrivateIpAddresses: []string{"10.0.0.5", "10.0.0.6"}},
				&awsec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: id, Ipv4PrefixCount: new(int32(1))},
			}},
		},
		"IPv6Addresses": {
			reason: "Listed IPv6 addresses are removed, then others added.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{IPv6Addresses: []v1alpha1.IPv6Address{"2600::10", "2600::12"}}, there: full()},
			want: want{diff: "IPv6 addresses, IPv6 addresses", calls: []any{
				&awsec2.UnassignIpv6AddressesInput{NetworkInterfaceId: id, Ipv6Addresses: []string{"2600::11"}},
				&awsec2.AssignIpv6AddressesInput{NetworkInterfaceId: id, Ipv6Addresses: []string{"2600::12"}},
			}},
		},
		"MoreIPv6": {
			reason: "IPv6 addresses and prefixes are assigned by count.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{IPv6AddressCount: new(int32(3)), IPv6PrefixCount: new(int32(3))}, there: full()},
			want: want{diff: "IPv6 addresses, IPv6 prefixes", calls: []any{
				&awsec2.AssignIpv6AddressesInput{NetworkInterfaceId: id, Ipv6AddressCount: new(int32(1))},
				&awsec2.AssignIpv6AddressesInput{NetworkInterfaceId: id, Ipv6PrefixCount: new(int32(2))},
			}},
		},
		"NoIPv6": {
			reason: "Addresses that the subnet gave by itself go when none is wanted.",
			args:   args{spec: v1alpha1.NetworkInterfaceParameters{IPv6AddressCount: new(int32(0)), IPv6PrefixCount: new(int32(0))}, there: full()},
			want: want{diff: "IPv6 addresses", calls: []any{
				&awsec2.UnassignIpv6AddressesInput{NetworkInterfaceId: id, Ipv6Addresses: []string{"2600::10", "2600::11"}, Ipv6Prefixes: []string{"2600::1:0:0:0/80"}},
			}},
		},
		"Removed": {
			reason: "Each field that is removed returns to its default: the subnet assigns one IPv6 address.",
			args:   args{removed: []string{fieldDescription, fieldSourceDestCheck, fieldPrivateIPs, fieldIPv4Prefixes, fieldIPv6Addresses, fieldIPv6Prefixes, fieldEnaSrd, fieldConnectionTracking}, there: full(func(n *ec2types.NetworkInterface) { n.SourceDestCheck = new(false) })},
			want: want{diff: "description, sourceDestCheck, enaSrdSpecification, connectionTracking, private IPv4 addresses, IPv6 addresses", calls: []any{
				&awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: id, Description: &ec2types.AttributeValue{Value: new("")}},
				&awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: id, SourceDestCheck: &ec2types.AttributeBooleanValue{Value: new(true)}},
				&awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: id, EnaSrdSpecification: &ec2types.EnaSrdSpecification{
					EnaSrdEnabled: new(false), EnaSrdUdpSpecification: &ec2types.EnaSrdUdpSpecification{EnaSrdUdpEnabled: new(false)},
				}},
				&awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: id, ConnectionTrackingSpecification: &ec2types.ConnectionTrackingSpecificationRequest{
					TcpEstablishedTimeout: new(int32(432000)), UdpStreamTimeout: new(int32(180)), UdpTimeout: new(int32(30)),
				}},
				&awsec2.UnassignPrivateIpAddressesInput{NetworkInterfaceId: id, PrivateIpAddresses: []string{"10.0.0.5", "10.0.0.6"}, Ipv4Prefixes: []string{"10.0.0.16/28"}},
				&awsec2.UnassignIpv6AddressesInput{NetworkInterfaceId: id, Ipv6Addresses: []string{"2600::11"}, Ipv6Prefixes: []string{"2600::1:0:0:0/80"}},
			}},
		},
		"Tags": {
			reason: "Our tags that are no longer wanted are removed, then the wanted ones set.",
			args:   args{wanted: wanted{tags: map[string]string{"c": "3", "b": "2"}}, managed: []string{"a"}, there: full()},
			want: want{diff: "tags, tags", calls: []any{
				&awsec2.DeleteTagsInput{Resources: []string{"eni-1"}, Tags: []ec2types.Tag{{Key: new("a")}}},
				&awsec2.CreateTagsInput{Resources: []string{"eni-1"}, Tags: []ec2types.Tag{{Key: new("b"), Value: new("2")}, {Key: new("c"), Value: new("3")}}},
			}},
		},
		"TagsOfOthers": {
			reason: "Tags that others put on the ENI are left alone.",
			args:   args{wanted: wanted{tags: map[string]string{}}, there: full()},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.args.wanted.parameters = withDefaults(tc.args.spec, tc.args.removed, 1)
			cs := drift(tc.args.wanted, tc.args.managed, tc.args.there)
			if diff := cmp.Diff(tc.want.diff, cs.String()); diff != "" {
				t.Errorf("\n%s\ndrift(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want.calls, applied(t, cs), ignoreMetadata()); diff != "" {
				t.Errorf("\n%s\ndrift(...): calls: -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(len(tc.want.calls) == 0, cs.Empty()); diff != "" {
				t.Errorf("\n%s\nEmpty(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestCompareAddresses(t *testing.T) {
	type args struct {
		want  []string
		count *int32
		have  []string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   addressChange
	}{
		"Nothing":   {reason: "An empty spec changes nothing.", args: args{have: []string{"a"}}},
		"Same":      {reason: "The same addresses in another order are the same.", args: args{want: []string{"b", "a"}, have: []string{"a", "b"}}},
		"Add":       {reason: "Missing addresses are added, in the configured order.", args: args{want: []string{"c", "a", "b"}, have: []string{"a"}}, want: addressChange{add: []string{"c", "b"}}},
		"Remove":    {reason: "Addresses beyond the list are removed.", args: args{want: []string{"a"}, have: []string{"a", "b"}}, want: addressChange{remove: []string{"b"}}},
		"Swap":      {reason: "An address can take another's place.", args: args{want: []string{"b"}, have: []string{"a"}}, want: addressChange{add: []string{"b"}, remove: []string{"a"}}},
		"CountMore": {reason: "Missing addresses are counted.", args: args{count: new(int32(3)), have: []string{"a"}}, want: addressChange{count: 2}},
		"CountLess": {reason: "The last addresses beyond the count go.", args: args{count: new(int32(1)), have: []string{"a", "b", "c"}}, want: addressChange{remove: []string{"b", "c"}}},
		"CountSame": {reason: "As many as wanted are the wanted ones.", args: args{count: new(int32(1)), have: []string{"a"}}},
		"CountZero": {reason: "None wanted takes all away.", args: args{count: new(int32(0)), have: []string{"a"}}, want: addressChange{remove: []string{"a"}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := compareAddresses(tc.args.want, tc.args.count, tc.args.have)
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(addressChange{})); diff != "" {
				t.Errorf("\n%s\ncompareAddresses(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestPrimaryDrift(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   v1alpha1.NetworkInterfaceParameters
		want   string
	}{
		"Unset":     {reason: "Without an address in the spec EC2's choice is kept."},
		"Same":      {reason: "The primary address may be named.", args: v1alpha1.NetworkInterfaceParameters{PrivateIP: ptr.To(v1alpha1.IPv4Address("10.0.0.4"))}},
		"First":     {reason: "It is the first of the list.", args: v1alpha1.NetworkInterfaceParameters{PrivateIPs: []v1alpha1.IPv4Address{"10.0.0.4", "10.0.0.5"}}},
		"Unordered": {reason: "The list of an imported ENI has no order.", args: v1alpha1.NetworkInterfaceParameters{PrivateIPs: []v1alpha1.IPv4Address{"10.0.0.5", "10.0.0.4"}}},
		"Other": {
			reason: "Another primary address is an error.", args: v1alpha1.NetworkInterfaceParameters{PrivateIP: ptr.To(v1alpha1.IPv4Address("10.0.0.5"))},
			want: "privateIp is 10.0.0.5, but the primary address of the network interface is 10.0.0.4, which EC2 cannot change: set the field to that address, or create another NetworkInterface",
		},
		"Dropped": {
			reason: "A list without the primary address is rejected too.", args: v1alpha1.NetworkInterfaceParameters{PrivateIPs: []v1alpha1.IPv4Address{"10.0.0.5", "10.0.0.6"}},
			want: "the first of privateIps is 10.0.0.5, but the primary address of the network interface is 10.0.0.4, which EC2 cannot change: set the field to that address, or create another NetworkInterface",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := ""
			for _, c := range primaryDrift(&tc.args, "10.0.0.4") {
				if err := c.apply(t.Context(), nil); err != nil {
					got = err.Error()
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nprimaryDrift(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestPrimaryStays(t *testing.T) {
	has := &ec2types.NetworkInterface{PrivateIpAddress: new("10.0.0.4"), PrivateIpAddresses: []ec2types.NetworkInterfacePrivateIpAddress{
		{PrivateIpAddress: new("10.0.0.4"), Primary: new(true)}, {PrivateIpAddress: new("10.0.0.5")}, {PrivateIpAddress: new("10.0.0.6")},
	}}
	p := &v1alpha1.NetworkInterfaceParameters{PrivateIPs: []v1alpha1.IPv4Address{"10.0.0.5", "10.0.0.6"}}
	if diff := cmp.Diff("", ipv4Drift(wanted{parameters: *p}, has, "eni-1").String()); diff != "" {
		t.Errorf("\nThe primary address is never unassigned, whatever the list holds.\nipv4Drift(...): -want, +got:\n%s", diff)
	}
}
