// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

func TestElementsOfAnswers(t *testing.T) {
	f := newFixture(t, Options{})
	err := running(func(in *awsec2.RunInstancesInput) {
		in.SubnetId = aws.String("subnet-a")
		in.Ipv6Addresses = []ec2types.InstanceIpv6Address{{Ipv6Address: aws.String("2600:1f18:1234:5600::30")}}
		in.TagSpecifications = tagSpecs("instance", "Name", "v6")
	})(t.Context(), f.client)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.AddInstance(Instance{ID: "i-terminated", SubnetID: "subnet-a", State: stateTerminated}); err != nil {
		t.Fatal(err)
	}
	assigned := &awsec2.AssignIpv6AddressesInput{NetworkInterfaceId: aws.String("eni-free"), Ipv6Prefixes: []string{"2600:1f18:1234:5600:8::/80"}}
	if _, err := f.client.AssignIpv6Addresses(t.Context(), assigned); err != nil {
		t.Fatal(err)
	}
	assigned.Ipv6Prefixes, assigned.Ipv6Addresses = nil, []string{"2600:1f18:1234:5600::40"}
	if _, err := f.client.AssignIpv6Addresses(t.Context(), assigned); err != nil {
		t.Fatal(err)
	}
	const v6Instance = "DescribeInstances&Filter.1.Name=tag:Name&Filter.1.Value.1=v6"
	cases := map[string]struct {
		reason, form, text string
		absent             bool
	}{
		"DHCPOptions": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Vpc.html (dhcpOptionsId)
			reason: "A VPC has DHCP options.", form: "DescribeVpcs&VpcId.1=vpc-b", text: "<dhcpOptionsId>dopt-",
		},
		"IPv6Pool": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcIpv6CidrBlockAssociation.html
			reason: "An IPv6 block has a pool and a network border group.", form: "DescribeVpcs&VpcId.1=vpc-a",
			text: "<ipv6Pool>Amazon</ipv6Pool><networkBorderGroup>us-east-1</networkBorderGroup>",
		},
		"NewVPC": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html (Example 1)
			reason: "A new VPC is pending.", form: "CreateVpc&CidrBlock=10.3.0.0/16", text: "<state>pending</state>",
		},
		"ZoneMessages": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AvailabilityZone.html (messageSet)
			reason: "A zone has a list of messages, also an empty one.", form: "DescribeAvailabilityZones", text: "<messageSet></messageSet>",
		},
		"InstanceIPv6": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html (ipv6Address)
			reason: "An instance has the IPv6 address of its primary network interface.", form: v6Instance,
			text: "<ipv6Address>2600:1f18:1234:5600::30</ipv6Address><groupSet>",
		},
		"InstanceInterfaceIPv6": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceNetworkInterface.html
			reason: "The network interface of an instance has a list of IPv6 addresses, and no element for the first.", form: v6Instance,
			text: "</ipv6AddressesSet><ipv6Address>", absent: true,
		},
		"InterfaceIPv6": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html (ipv6Address)
			reason: "A network interface that is described itself has an element for its first IPv6 address.",
			form:   "DescribeNetworkInterfaces&NetworkInterfaceId.1=eni-v6", text: "<ipv6Address>2600:1f18:1234:5600::10</ipv6Address><",
		},
		"TerminatedInstance": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html (groupSet, networkInterfaceSet)
			reason: "The lists of a terminated instance are empty, not missing.", form: "DescribeInstances&InstanceId.1=i-terminated",
			text: "<privateDnsName></privateDnsName><groupSet></groupSet><networkInterfaceSet></networkInterfaceSet>",
		},
		"PageOfTypes": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html (MaxResults)
			reason: "A page has at most 100 instance types.", form: "DescribeInstanceTypes&MaxResults=101", text: "<Code>InvalidParameterValue</Code>",
		},
		"UnassignAddressAndPrefix": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UnassignIpv6Addresses.html
			reason: "One call unassigns IPv6 addresses and prefixes.",
			form:   "UnassignIpv6Addresses&NetworkInterfaceId=eni-free&Ipv6Addresses.1=2600:1f18:1234:5600::40&Ipv6Prefix.1=2600:1f18:1234:5600:8::/80",
			text:   "<unassignedIpv6PrefixSet><item>2600:1f18:1234:5600:8::/80</item>",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			body, err := post(t.Context(), f.url, "Version="+ec2Version+"&Action="+tc.form)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(!tc.absent, strings.Contains(string(body), tc.text)); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s\n%s", tc.reason, diff, body)
			}
		})
	}
}
