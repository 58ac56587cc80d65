// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"testing"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

func TestObservation(t *testing.T) {
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.FixedZone("east", 60*60))

	type args struct {
		there  *ec2types.NetworkInterface
		subnet *ec2.Subnet
	}
	cases := map[string]struct {
		reason string
		args   args
		want   v1alpha1.NetworkInterfaceObservation
	}{
		"Everything": {
			reason: "The observed state has all attributes a user needs, with unordered lists sorted.",
			args: args{
				there: &ec2types.NetworkInterface{
					NetworkInterfaceId: new("eni-1"), Status: ec2types.NetworkInterfaceStatusInUse, InterfaceType: ec2types.NetworkInterfaceTypeInterface,
					MacAddress: new("02:AB:00:00:00:01"), Description: new("data"), PrivateIpAddress: new("10.0.0.9"),
					PrivateIpAddresses: []ec2types.NetworkInterfacePrivateIpAddress{
						{PrivateIpAddress: new("10.0.0.6")}, {PrivateIpAddress: new("10.0.0.9"), Primary: new(true)}, {PrivateIpAddress: new("10.0.0.5")},
					},
					Ipv4Prefixes: []ec2types.Ipv4PrefixSpecification{{Ipv4Prefix: new("10.0.0.32/28")}, {Ipv4Prefix: new("10.0.0.16/28")}},
					Ipv6Addresses: []ec2types.NetworkInterfaceIpv6Address{
						{Ipv6Address: new("2600::10")}, {Ipv6Address: new("2600:0::11"), IsPrimaryIpv6: new(true)},
					},
					Ipv6Prefixes:   []ec2types.Ipv6PrefixSpecification{{Ipv6Prefix: new("2600:0:0:1:1::/80")}},
					PrivateDnsName: new("ip-10-0-0-9.ec2.internal"), SubnetId: new("subnet-1"), VpcId: new("vpc-1"), AvailabilityZone: new("us-east-1a"),
					Groups: []ec2types.GroupIdentifier{{GroupId: new("sg-b")}, {GroupId: new("sg-a")}}, SourceDestCheck: new(false),
					OwnerId: new("123456789012"), RequesterManaged: new(true), OutpostArn: new("arn:outpost"),
					Association: &ec2types.NetworkInterfaceAssociation{PublicIp: new("198.51.100.1")},
					Attachment: &ec2types.NetworkInterfaceAttachment{
						AttachmentId: new("eni-attach-1"), InstanceId: new("i-1"), InstanceOwnerId: new("123456789012"), DeviceIndex: new(int32(1)),
						NetworkCardIndex: new(int32(0)), Status: ec2types.AttachmentStatusAttached, DeleteOnTermination: new(true), AttachTime: &at,
					},
				},
				subnet: &ec2.Subnet{ID: "subnet-1", CIDR: "10.0.0.0/24", IPv6CIDRs: []string{"2600::/64"}},
			},
			want: v1alpha1.NetworkInterfaceObservation{
				ID: "eni-1", ARN: "arn:aws:ec2:us-east-1:123456789012:network-interface/eni-1", Status: "in-use", InterfaceType: "interface",
				MACAddress: "02:ab:00:00:00:01", Description: "data", PrivateIP: "10.0.0.9", PrivateIPs: []string{"10.0.0.9", "10.0.0.5", "10.0.0.6"},
				IPv4Prefixes: []string{"10.0.0.16/28", "10.0.0.32/28"}, IPv6Addresses: []string{"2600::11", "2600::10"}, IPv6Prefixes: []string{"2600:0:0:1:1::/80"},
				PrivateDNSName: "ip-10-0-0-9.ec2.internal", PublicIP: "198.51.100.1", SubnetID: "subnet-1", SubnetCIDR: "10.0.0.0/24", SubnetIPv6CIDRs: []string{"2600::/64"},
				VPCID: "vpc-1", AvailabilityZone: "us-east-1a", SecurityGroups: []string{"sg-a", "sg-b"}, SourceDestCheck: new(false),
				OwnerID: "123456789012", RequesterManaged: true, OutpostARN: "arn:outpost",
				Attachment: &v1alpha1.NetworkInterfaceAttachmentState{
					AttachmentID: "eni-attach-1", InstanceID: "i-1", InstanceOwnerID: "123456789012", DeviceIndex: new(int32(1)), NetworkCardIndex: new(int32(0)),
					Status: "attached", DeleteOnTermination: new(true), AttachTime: &metav1.Time{Time: at.UTC()},
				},
			},
		},
		"Nothing": {
			reason: "Attributes that EC2 does not return, and an unknown subnet, are omitted.",
			args:   args{there: &ec2types.NetworkInterface{NetworkInterfaceId: new("eni-1")}},
			want:   v1alpha1.NetworkInterfaceObservation{ID: "eni-1"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, observation(tc.args.there, tc.args.subnet)); diff != "" {
				t.Errorf("\n%s\nobservation(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestARN(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   v1alpha1.NetworkInterfaceObservation
		want   string
	}{
		"Zone":       {reason: "The region is in the zone's name.", args: v1alpha1.NetworkInterfaceObservation{ID: "eni-1", OwnerID: "1", AvailabilityZone: "ap-southeast-2b"}, want: "arn:aws:ec2:ap-southeast-2:1:network-interface/eni-1"},
		"LocalZone":  {reason: "A Local Zone's name extends the region's.", args: v1alpha1.NetworkInterfaceObservation{ID: "eni-1", OwnerID: "1", AvailabilityZone: "us-west-2-lax-1a"}, want: "arn:aws:ec2:us-west-2:1:network-interface/eni-1"},
		"Wavelength": {reason: "A Wavelength Zone's does too.", args: v1alpha1.NetworkInterfaceObservation{ID: "eni-1", OwnerID: "1", AvailabilityZone: "us-east-1-wl1-bos-wlz-1"}, want: "arn:aws:ec2:us-east-1:1:network-interface/eni-1"},
		"China":      {reason: "China is a partition of its own.", args: v1alpha1.NetworkInterfaceObservation{ID: "eni-1", OwnerID: "1", AvailabilityZone: "cn-north-1a"}, want: "arn:aws-cn:ec2:cn-north-1:1:network-interface/eni-1"},
		"GovCloud":   {reason: "GovCloud is a partition of its own.", args: v1alpha1.NetworkInterfaceObservation{ID: "eni-1", OwnerID: "1", AvailabilityZone: "us-gov-west-1a"}, want: "arn:aws-us-gov:ec2:us-gov-west-1:1:network-interface/eni-1"},
		"NoOwner":    {reason: "Without an owner there is no ARN.", args: v1alpha1.NetworkInterfaceObservation{ID: "eni-1", AvailabilityZone: "us-east-1a"}, want: ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, arn(&tc.args)); diff != "" {
				t.Errorf("\n%s\narn(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestGateway(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   string
		want   string
	}{
		"Subnet":   {reason: "The VPC router has the network's first address.", args: "10.0.1.0/24", want: "10.0.1.1"},
		"Small":    {reason: "It does so in a small subnet too.", args: "10.0.1.240/28", want: "10.0.1.241"},
		"HostBits": {reason: "The network begins where its range does.", args: "10.0.1.77/24", want: "10.0.1.1"},
		"Empty":    {reason: "Without a range there is no router.", args: "", want: ""},
		"NoRange":  {reason: "An address is no range.", args: "10.0.1.1", want: ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, gateway(tc.args)); diff != "" {
				t.Errorf("\n%s\ngateway(%q): -want, +got:\n%s", tc.reason, tc.args, diff)
			}
		})
	}
}

func TestManagedTagKeys(t *testing.T) {
	type args struct {
		want, have map[string]string
		before     []string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   []string
	}{
		"Found":    {reason: "Tags that we want and find are ours.", args: args{want: map[string]string{"b": "", "a": ""}, have: map[string]string{"a": "", "b": "other"}}, want: []string{"a", "b"}},
		"NotYet":   {reason: "Tags that we want and that are not there yet are about to be: they are ours before the call that sets them, whose answer may be lost.", args: args{want: map[string]string{"a": ""}, have: map[string]string{}}, want: []string{"a"}},
		"OfOthers": {reason: "Tags that others put there are not.", args: args{have: map[string]string{"a": ""}}},
		"Before":   {reason: "Tags that were ours stay ours until they are removed.", args: args{have: map[string]string{"a": ""}, before: []string{"a", "b"}}, want: []string{"a"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := managedTagKeys(tc.args.want, tc.args.have, tc.args.before)
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nmanagedTagKeys(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestReadiness(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   ec2types.NetworkInterfaceStatus
		want   xpv2.Condition
	}{
		"Pending":   {reason: "An ENI that EC2 is still making is being created.", args: "pending", want: xpv2.Creating()},
		"Unknown":   {reason: "An ENI without a status counts as being created.", args: "", want: xpv2.Creating()},
		"Available": {reason: "An ENI is available before it is attached.", args: ec2types.NetworkInterfaceStatusAvailable, want: xpv2.Available()},
		"InUse":     {reason: "An ENI is available while it is attached.", args: ec2types.NetworkInterfaceStatusInUse, want: xpv2.Available()},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := readiness(&ec2types.NetworkInterface{Status: tc.args})
			if diff := cmp.Diff(tc.want, got, cmpopts.IgnoreTypes(metav1.Time{})); diff != "" {
				t.Errorf("\n%s\nreadiness(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestLateInitialize(t *testing.T) {
	type want struct {
		changed bool
		subnet  *v1alpha1.SubnetID
	}
	cases := map[string]struct {
		reason string
		args   *v1alpha1.SubnetID
		there  *string
		want   want
	}{
		"Chosen":  {reason: "The subnet that was chosen is written down.", there: new("subnet-1"), want: want{changed: true, subnet: ptr.To(v1alpha1.SubnetID("subnet-1"))}},
		"Given":   {reason: "A subnet that is given is left as it is.", args: ptr.To(v1alpha1.SubnetID("subnet-2")), there: new("subnet-1"), want: want{subnet: ptr.To(v1alpha1.SubnetID("subnet-2"))}},
		"Unknown": {reason: "A subnet that EC2 does not name is not written down."},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := of(v1alpha1.NetworkInterfaceParameters{SubnetID: tc.args})
			got := want{changed: lateInitialize(mg, &ec2types.NetworkInterface{SubnetId: tc.there}), subnet: mg.Spec.ForProvider.SubnetID}
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("\n%s\nlateInitialize(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestConnectionDetails(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   v1alpha1.NetworkInterfaceObservation
		want   managed.ConnectionDetails
	}{
		"Everything": {
			reason: "The connection details allow the use of the ENI outside Kubernetes.",
			args:   v1alpha1.NetworkInterfaceObservation{ID: "eni-1", MACAddress: "02:00:00:00:00:01", PrivateIP: "10.0.1.4", SubnetCIDR: "10.0.1.0/24"},
			want: managed.ConnectionDetails{
				"networkInterfaceId": []byte("eni-1"), "macAddress": []byte("02:00:00:00:00:01"), "privateIp": []byte("10.0.1.4"),
				"subnetCidr": []byte("10.0.1.0/24"), "gateway": []byte("10.0.1.1"),
			},
		},
		"NotYet": {
			reason: "Unknown values are omitted, not written as empty.",
			args:   v1alpha1.NetworkInterfaceObservation{ID: "eni-1"},
			want:   managed.ConnectionDetails{"networkInterfaceId": []byte("eni-1")},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := of(v1alpha1.NetworkInterfaceParameters{})
			mg.Status.AtProvider = tc.args
			if diff := cmp.Diff(tc.want, connectionDetails(mg)); diff != "" {
				t.Errorf("\n%s\nconnectionDetails(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
