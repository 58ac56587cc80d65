// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

// A rejection is a call that EC2 rejects.
type rejection struct {
	reason  string
	call    func(context.Context, *awsec2.Client) error
	code    string
	message string
}

func TestRejections(t *testing.T) {
	for name, tc := range createRejections() {
		t.Run(name, func(t *testing.T) { tc.check(t) })
	}
	for name, tc := range attachRejections() {
		t.Run(name, func(t *testing.T) { tc.check(t) })
	}
	for name, tc := range strictRejections() {
		t.Run(name, func(t *testing.T) { tc.check(t) })
	}
	for name, tc := range elasticIPRejections() {
		t.Run(name, func(t *testing.T) { tc.check(t) })
	}
	for name, tc := range otherRejections() {
		t.Run(name, func(t *testing.T) { tc.check(t) })
	}
}

// check also verifies that a rejected call changes nothing.
func (tc rejection) check(t *testing.T) {
	t.Helper()
	f := newFixture(t, Options{})
	before := f.State()
	err := tc.call(t.Context(), f.client)
	if diff := cmp.Diff(tc.code, code(err)); diff != "" {
		t.Errorf("%s\ncode: -want, +got:\n%s\n%v", tc.reason, diff, err)
	}
	if diff := cmp.Diff(tc.message, message(err)); tc.message != "" && diff != "" {
		t.Errorf("%s\nmessage: -want, +got:\n%s", tc.reason, diff)
	}
	if diff := cmp.Diff(before, f.State()); diff != "" {
		t.Errorf("%s\nstate: -before, +after:\n%s", tc.reason, diff)
	}
	calls := f.Calls()
	if diff := cmp.Diff(tc.code, calls[len(calls)-1].Code); diff != "" {
		t.Errorf("%s\nledger: -want, +got:\n%s", tc.reason, diff)
	}
}

func creating(change func(*awsec2.CreateNetworkInterfaceInput)) func(context.Context, *awsec2.Client) error {
	return func(ctx context.Context, c *awsec2.Client) error {
		in := &awsec2.CreateNetworkInterfaceInput{SubnetId: aws.String("subnet-a")}
		change(in)
		_, err := c.CreateNetworkInterface(ctx, in)
		return err
	}
}

func createRejections() map[string]rejection {
	many := []string{}
	manyTags := []string{}
	for i := range 51 {
		many = append(many, "sg-a")
		manyTags = append(manyTags, fmt.Sprintf("k%d", i), "v")
	}
	return map[string]rejection{
		"UnknownSubnet": {
			reason: "An interface needs a subnet that exists.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.SubnetId = aws.String("subnet-nowhere") }),
			code:   "InvalidSubnetID.NotFound", message: "The subnet ID 'subnet-nowhere' does not exist",
		},
		"MalformedSubnet": {
			reason: "An identifier of another kind is malformed, not missing.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.SubnetId = aws.String("vpc-a") }),
			code:   "InvalidSubnetID.Malformed",
		},
		"UnknownGroup": {
			reason: "Security groups must exist.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.Groups = []string{"sg-nowhere"} }),
			code:   "InvalidSecurityGroupID.NotFound", message: "The securityGroup ID 'sg-nowhere' does not exist",
		},
		"GroupOfAnotherVPC": {
			reason: "Security groups must be in the subnet's VPC.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.Groups = []string{"sg-other"} }),
			code:   "InvalidGroup.NotFound", message: "You have specified two resources that belong to different networks.",
		},
		"TooManyGroups": {
			// https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
			reason: "An interface has at most 5 security groups.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.Groups = many[:6] }),
			code:   "SecurityGroupsPerInterfaceLimitExceeded",
		},
		"AddressInUse": {
			reason: "An address is assigned once.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.PrivateIpAddress = aws.String("10.0.0.100") }),
			code:   "InvalidIPAddress.InUse",
		},
		"AddressOutside": {
			reason: "An address must be in the subnet.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.PrivateIpAddress = aws.String("10.0.9.9") }),
			code:   "InvalidParameterValue", message: "Address 10.0.9.9 does not fall within the subnet's address range",
		},
		"AddressReservedFirst": {
			reason: "EC2 keeps the first four addresses of a subnet.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.PrivateIpAddress = aws.String("10.0.0.3") }),
			code:   "InvalidParameterValue", message: "Address 10.0.0.3 is in subnet's reserved address range",
		},
		"AddressReservedLast": {
			reason: "EC2 keeps the last address of a subnet.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.PrivateIpAddress = aws.String("10.0.0.255") }),
			code:   "InvalidParameterValue",
		},
		"SubnetFull": {
			reason: "A /28 has 11 addresses to give.",
			call: creating(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.SubnetId, in.SecondaryPrivateIpAddressCount = aws.String("subnet-tiny"), aws.Int32(11)
			}),
			code: "InsufficientFreeAddressesInSubnet",
		},
		"NoPrefixFree": {
			reason: "A /28 subnet has addresses, but no whole /28 to delegate.",
			call: creating(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.SubnetId, in.Ipv4PrefixCount = aws.String("subnet-tiny"), aws.Int32(1)
			}),
			code: "InvalidParameterValue", message: "There aren't sufficient free Ipv4 addresses or prefixes",
		},
		"CountAndList": {
			reason: "Secondary addresses are requested by value or by count, not both.",
			call: creating(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.SecondaryPrivateIpAddressCount = aws.Int32(1)
				in.PrivateIpAddresses = []ec2types.PrivateIpAddressSpecification{{PrivateIpAddress: aws.String("10.0.0.50"), Primary: aws.Bool(true)}}
			}),
			code: "InvalidParameterCombination",
		},
		"TwoPrimaries": {
			reason: "An interface has one primary address.",
			call: creating(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.PrivateIpAddress = aws.String("10.0.0.51")
				in.PrivateIpAddresses = []ec2types.PrivateIpAddressSpecification{{PrivateIpAddress: aws.String("10.0.0.50"), Primary: aws.Bool(true)}}
			}),
			code: "InvalidParameterCombination",
		},
		"IPv6WithoutBlock": {
			reason: "IPv6 needs a subnet with an IPv6 block.",
			call: creating(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.SubnetId, in.Ipv6AddressCount = aws.String("subnet-b"), aws.Int32(1)
			}),
			code: "InvalidParameterValue",
		},
		"PrimaryIPv6WithoutAddress": {
			reason: "A primary IPv6 address has to be an address.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.EnablePrimaryIpv6 = aws.Bool(true) }),
			code:   "InvalidParameterCombination",
		},
		"ConnectionTracking": {
			reason: "Connection tracking timeouts have ranges.",
			call: creating(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.ConnectionTrackingSpecification = &ec2types.ConnectionTrackingSpecificationRequest{UdpTimeout: aws.Int32(61)}
			}),
			code: "InvalidParameterValue",
		},
		"ReservedTag": {
			reason: "Tags of AWS itself cannot be set.",
			call: creating(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.TagSpecifications = tagSpecs("network-interface", "aws:x", "y")
			}),
			code: "InvalidParameterValue", message: "Tag keys starting with 'aws:' are reserved for internal use",
		},
		"TooManyTags": {
			reason: "A resource has at most 50 tags.",
			call: creating(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.TagSpecifications = tagSpecs("network-interface", manyTags...)
			}),
			code: "TagLimitExceeded",
		},
		"TagsOfAnotherKind": {
			reason: "A tag specification must have a resource type that the action creates.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.TagSpecifications = tagSpecs("instance", "a", "b") }),
			code:   "InvalidParameterValue",
		},
		"DryRun": {
			reason: "A dry run that would succeed is answered as one, and changes nothing.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.DryRun = aws.Bool(true) }),
			code:   "DryRunOperation", message: "Request would have succeeded, but DryRun flag is set.",
		},
		"DryRunThatFails": {
			reason: "A dry run that would fail is answered with the reason.",
			call: creating(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.DryRun, in.PrivateIpAddress = aws.Bool(true), aws.String("10.0.0.100")
			}),
			code: "InvalidIPAddress.InUse",
		},
		"AddressesOfEFAOnly": {
			reason: "An interface of type efa-only has no addresses.",
			call: creating(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.InterfaceType, in.PrivateIpAddress = "efa-only", aws.String("10.0.0.60")
			}),
			code: "InvalidParameterCombination",
		},
		"InterfaceType": {
			reason: "Interface types are a closed list.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.InterfaceType = "quantum" }),
			code:   "InvalidParameterValue",
		},
	}
}
