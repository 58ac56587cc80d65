// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

func creatingGroup(vpcID, name, description string) func(context.Context, *awsec2.Client) error {
	return func(ctx context.Context, c *awsec2.Client) error {
		in := &awsec2.CreateSecurityGroupInput{GroupName: aws.String(name), Description: aws.String(description)}
		if vpcID != "" {
			in.VpcId = aws.String(vpcID)
		}
		_, err := c.CreateSecurityGroup(ctx, in)
		return err
	}
}

func running(change func(*awsec2.RunInstancesInput)) func(context.Context, *awsec2.Client) error {
	return func(ctx context.Context, c *awsec2.Client) error {
		in := &awsec2.RunInstancesInput{
			ImageId: aws.String("ami-1"), InstanceType: "t3.medium", MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: aws.String("subnet-a"),
		}
		change(in)
		_, err := c.RunInstances(ctx, in)
		return err
	}
}

func creatingVPC(cidr string) func(context.Context, *awsec2.Client) error {
	return func(ctx context.Context, c *awsec2.Client) error {
		_, err := c.CreateVpc(ctx, &awsec2.CreateVpcInput{CidrBlock: aws.String(cidr)})
		return err
	}
}

func creatingSubnet(vpcID, cidr string, change func(*awsec2.CreateSubnetInput)) func(context.Context, *awsec2.Client) error {
	return func(ctx context.Context, c *awsec2.Client) error {
		in := &awsec2.CreateSubnetInput{VpcId: aws.String(vpcID), CidrBlock: aws.String(cidr)}
		if change != nil {
			change(in)
		}
		_, err := c.CreateSubnet(ctx, in)
		return err
	}
}

// post sends a form, and returns the body of the answer.
func post(ctx context.Context, url, form string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=A/20300102/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// posting sends a form that the client could not send, to the endpoint of the client.
func posting(form string) func(context.Context, *awsec2.Client) error {
	return func(ctx context.Context, c *awsec2.Client) error {
		body, err := post(ctx, aws.ToString(c.Options().BaseEndpoint), form)
		if err != nil {
			return err
		}
		answer := struct {
			Code    string `xml:"Errors>Error>Code"`
			Message string `xml:"Errors>Error>Message"`
		}{}
		if err := xml.Unmarshal(body, &answer); err != nil || answer.Code == "" {
			return err
		}
		return &smithy.GenericAPIError{Code: answer.Code, Message: answer.Message}
	}
}

// strictRejections are calls with a defect that is easy to miss. Each has the source of the rule beside it.
func strictRejections() map[string]rejection {
	long := strings.Repeat("x", 256)
	return map[string]rejection{
		"TagSpecificationWithoutTag": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TagSpecification.html
			reason: "A tag specification has at least one tag.",
			call: creating(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.TagSpecifications = tagSpecs("network-interface")
			}),
			code: "InvalidParameterValue", message: "Tag specification must have at least one tag",
		},
		"TagSpecificationWithoutType": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TagSpecification.html
			reason: "A tag specification has a resource type.",
			call: creating(func(in *awsec2.CreateNetworkInterfaceInput) {
				in.TagSpecifications = tagSpecs("", "a", "b")
			}),
			code: "InvalidParameterValue", message: "Tag specification resource type must have a value",
		},
		"LongDescription": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidParameterValue)
			reason: "The description of a network interface has at most 255 characters.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.Description = aws.String(long) }),
			code:   "InvalidParameterValue",
		},
		"ModifyLongDescription": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidParameterValue)
			reason: "A new description of a network interface has at most 255 characters.",
			call: modifying("eni-free", func(in *awsec2.ModifyNetworkInterfaceAttributeInput) {
				in.Description = &ec2types.AttributeValue{Value: aws.String(long)}
			}),
			code: "InvalidParameterValue",
		},
		"LongGroupDescription": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html (GroupDescription)
			reason: "The description of a security group has at most 255 characters.",
			call:   creatingGroup("vpc-a", "g", long),
			code:   "InvalidParameterValue",
		},
		"LongGroupName": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html (GroupName)
			reason: "The name of a security group has at most 255 characters.",
			call:   creatingGroup("vpc-a", long, "d"),
			code:   "InvalidParameterValue",
		},
		"LongClientToken": {
			// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidClientToken)
			reason: "A client token has at most 64 characters.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.ClientToken = aws.String(long[:65]) }),
			code:   "InvalidClientToken",
		},
		"LongClientTokenOfInstances": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html (ClientToken)
			reason: "A client token of RunInstances has at most 64 characters.",
			call:   running(func(in *awsec2.RunInstancesInput) { in.ClientToken = aws.String(long[:65]) }),
			code:   "InvalidClientToken",
		},
		"WideVPC": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidVpc.Range)
			reason: "The netmask of a VPC is at least /16.",
			call:   creatingVPC("10.0.0.0/15"),
			code:   "InvalidVpc.Range", message: "The CIDR '10.0.0.0/15' is invalid.",
		},
		"NarrowVPC": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidVpc.Range)
			reason: "The netmask of a VPC is at most /28.",
			call:   creatingVPC("10.0.0.0/29"),
			code:   "InvalidVpc.Range",
		},
		"VPCOfNoBlock": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidParameterValue)
			reason: "The block of a VPC is an IPv4 block.",
			call:   creatingVPC("2001:db8::/20"),
			code:   "InvalidParameterValue",
		},
		"SubnetOutsideVPC": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidSubnet.Range)
			reason: "A subnet is inside the block of its VPC.",
			call:   creatingSubnet("vpc-a", "10.9.0.0/24", nil),
			code:   "InvalidSubnet.Range", message: "The CIDR '10.9.0.0/24' is invalid.",
		},
		"NarrowSubnet": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidSubnet.Range)
			reason: "The netmask of a subnet is at most /28.",
			call:   creatingSubnet("vpc-a", "10.0.9.0/29", nil),
			code:   "InvalidSubnet.Range",
		},
		"SubnetOutsideVPCDryRun": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html (DryRun)
			reason: "A dry run checks the block too.",
			call:   creatingSubnet("vpc-a", "10.9.0.0/24", func(in *awsec2.CreateSubnetInput) { in.DryRun = aws.Bool(true) }),
			code:   "InvalidSubnet.Range",
		},
		"IPv6SubnetOfIPv4VPC": {
			// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html (IPv6)
			reason: "An IPv6 subnet needs a VPC with an IPv6 block.",
			call: creatingSubnet("vpc-b", "10.1.9.0/24", func(in *awsec2.CreateSubnetInput) {
				in.Ipv6CidrBlock = aws.String("2600:1f18:1234:5601::/64")
			}),
			code: "InvalidSubnet.Range", message: "The IPv6 CIDR '2600:1f18:1234:5601::/64' is invalid.",
		},
		"IPv6SubnetOutsideVPC": {
			// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html (IPv6)
			reason: "An IPv6 subnet is inside the IPv6 block of its VPC.",
			call: creatingSubnet("vpc-a", "10.0.9.0/24", func(in *awsec2.CreateSubnetInput) {
				in.Ipv6CidrBlock = aws.String("2600:1f18:1234:5700::/64")
			}),
			code: "InvalidSubnet.Range",
		},
		"IPv6SubnetConflict": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidSubnet.Conflict)
			reason: "The IPv6 blocks of two subnets do not overlap.",
			call: creatingSubnet("vpc-a", "10.0.9.0/24", func(in *awsec2.CreateSubnetInput) {
				in.Ipv6CidrBlock = aws.String("2600:1f18:1234:5600::/64")
			}),
			code: "InvalidSubnet.Conflict",
		},
		"IPv6SubnetNetmask": {
			// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html (IPv6)
			reason: "The netmask of an IPv6 subnet is a multiple of 4, at most /64.",
			call: creatingSubnet("vpc-a", "10.0.9.0/24", func(in *awsec2.CreateSubnetInput) {
				in.Ipv6CidrBlock = aws.String("2600:1f18:1234:5602::/63")
			}),
			code: "InvalidParameterValue",
		},
		"UnknownZone": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html (AvailabilityZone)
			reason: "A zone of another Region is rejected.",
			call:   creatingSubnet("vpc-a", "10.0.9.0/24", func(in *awsec2.CreateSubnetInput) { in.AvailabilityZone = aws.String("eu-west-1a") }),
			code:   "InvalidParameterValue",
		},
		"UnknownZoneID": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html (AvailabilityZoneId)
			reason: "A zone identifier of another Region is rejected.",
			call:   creatingSubnet("vpc-a", "10.0.9.0/24", func(in *awsec2.CreateSubnetInput) { in.AvailabilityZoneId = aws.String("euw1-az1") }),
			code:   "InvalidParameterValue", message: "Value (euw1-az1) for parameter availabilityZoneId is invalid. " +
				"Subnets can currently only be created in the following availability zones: use1-az1, use1-az2, use1-az3, use1-az4.",
		},
		"DescribeUnknownZoneID": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html (ZoneId)
			reason: "Zones are described by identifiers that exist.",
			call: func(ctx context.Context, c *awsec2.Client) error {
				_, err := c.DescribeAvailabilityZones(ctx, &awsec2.DescribeAvailabilityZonesInput{ZoneIds: []string{"euw1-az1"}})
				return err
			},
			code: "InvalidParameterValue",
		},
		"PageOfMissingIDs": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html (MaxResults)
			reason: "Identifiers and pages exclude each other, whether or not the identifiers exist.",
			call:   describing(&awsec2.DescribeNetworkInterfacesInput{MaxResults: aws.Int32(5), NetworkInterfaceIds: []string{"eni-nowhere"}}),
			code:   "InvalidParameterCombination", message: "The parameter networkInterfacesSet cannot be used with the parameter maxResults",
		},
		"PageOfMissingInstances": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html (MaxResults)
			reason: "Identifiers and pages exclude each other, whether or not the instances exist.",
			call: func(ctx context.Context, c *awsec2.Client) error {
				_, err := c.DescribeInstances(ctx, &awsec2.DescribeInstancesInput{MaxResults: aws.Int32(5), InstanceIds: []string{"i-nowhere"}})
				return err
			},
			code: "InvalidParameterCombination", message: "The parameter instancesSet cannot be used with the parameter maxResults",
		},
		"UnknownFilterField": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (UnknownParameter)
			reason: "A filter has a name and values.",
			call:   posting("Action=DescribeNetworkInterfaces&Version=2016-11-15&Filter.1.Nme=subnet-id&Filter.1.Value.1=subnet-a"),
			code:   "UnknownParameter", message: "The parameter Filter.1.Nme is not recognized",
		},
		"UnknownTagField": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (UnknownParameter)
			reason: "A tag specification has a resource type and tags.",
			call: posting("Action=CreateNetworkInterface&Version=2016-11-15&SubnetId=subnet-a" +
				"&TagSpecification.1.ResourceType=network-interface&TagSpecification.1.Tagg.1.Key=a"),
			code: "UnknownParameter", message: "The parameter TagSpecification.1.Tagg.1.Key is not recognized",
		},
		"ListWithoutNumber": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html (SecurityGroupId.N)
			reason: "The elements of a list have numbers.",
			call:   posting("Action=CreateNetworkInterface&Version=2016-11-15&SubnetId=subnet-a&SecurityGroupId=sg-a"),
			code:   "UnknownParameter", message: "The parameter SecurityGroupId is not recognized",
		},
		"UnknownFieldOfLaunch": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceNetworkInterfaceSpecification.html
			reason: "A network interface of RunInstances has the fields that are documented.",
			call: posting("Action=RunInstances&Version=2016-11-15&ImageId=ami-1&InstanceType=t3.medium&MinCount=1&MaxCount=1" +
				"&NetworkInterface.1.DeviceIndex=0&NetworkInterface.1.Subnet=subnet-a"),
			code: "UnknownParameter", message: "The parameter NetworkInterface.1.Subnet is not recognized",
		},
		"WrongVersion": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (NoSuchVersion)
			reason: "An unknown version of the API is rejected.",
			call:   posting("Action=DescribeVpcs&Version=2016-11-16"),
			code:   "NoSuchVersion", message: "The requested version (2016-11-16) of service AmazonEC2 does not exist",
		},
		"NoVersion": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/CommonParameters.html (Version)
			reason: "The version of the API is required.",
			call:   posting("Action=DescribeVpcs"),
			code:   "MissingParameter",
		},
		"MissingTypesInOrder": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidInstanceType)
			reason: "Missing instance types are listed in the order of the request.",
			call: func(ctx context.Context, c *awsec2.Client) error {
				_, err := c.DescribeInstanceTypes(ctx, &awsec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{"z9.huge", "a0.tiny", "z9.huge"}})
				return err
			},
			code: "InvalidInstanceType", message: "The following supplied instance types do not exist: [z9.huge, a0.tiny]",
		},
		"MissingInstancesInOrder": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidInstanceID.NotFound)
			reason: "Missing instances are listed once, in the order of the request.",
			call: func(ctx context.Context, c *awsec2.Client) error {
				_, err := c.TerminateInstances(ctx, &awsec2.TerminateInstancesInput{InstanceIds: []string{"i-z", "i-a", "i-y", "i-z"}})
				return err
			},
			code: "InvalidInstanceID.NotFound", message: "The instance IDs 'i-z, i-y' do not exist",
		},
		"MinCountAboveMaxCount": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html (MinCount, MaxCount)
			reason: "At most MaxCount instances are launched, and at least MinCount.",
			call:   running(func(in *awsec2.RunInstancesInput) { in.MinCount = aws.Int32(2) }),
			code:   "InvalidParameterValue",
		},
		"NoMaxCount": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html (MaxCount)
			reason: "MaxCount is required.",
			call:   posting("Action=RunInstances&Version=2016-11-15&ImageId=ami-1&InstanceType=t3.medium&MinCount=1&SubnetId=subnet-a"),
			code:   "MissingParameter",
		},
		"AddressOfManyInstances": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html (PrivateIpAddress)
			reason: "An address is for one instance.",
			call: running(func(in *awsec2.RunInstancesInput) {
				in.MaxCount, in.PrivateIpAddress = aws.Int32(2), aws.String("10.0.0.77")
			}),
			code: "InvalidParameterCombination",
		},
		"LaunchWithoutVPC": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (VPCIdNotSpecified)
			reason: "Without a default VPC, a launch requires a subnet.",
			call:   running(func(in *awsec2.RunInstancesInput) { in.SubnetId = nil }),
			code:   "VPCIdNotSpecified", message: "No default VPC for this user",
		},
		"LaunchInterfaceWithoutVPC": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (VPCIdNotSpecified)
			reason: "Without a default VPC, a new interface of a launch requires a subnet.",
			call: running(func(in *awsec2.RunInstancesInput) {
				in.SubnetId, in.NetworkInterfaces = nil, []ec2types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0)}}
			}),
			code: "VPCIdNotSpecified",
		},
		"LaunchByGroupName": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (VPCIdNotSpecified)
			reason: "Without a default VPC, a launch cannot use a group name.",
			call:   running(func(in *awsec2.RunInstancesInput) { in.SubnetId, in.SecurityGroups = nil, []string{"a"} }),
			code:   "VPCIdNotSpecified",
		},
		"LaunchByGroupNameInSubnet": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html (SecurityGroup.N)
			reason: "A launch in a subnet requires group identifiers.",
			call:   running(func(in *awsec2.RunInstancesInput) { in.SecurityGroups = []string{"a"} }),
			code:   "InvalidParameterCombination", message: "The parameter groupName cannot be used with the parameter subnet",
		},
		"LaunchInAnotherZone": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidParameterCombination)
			reason: "The zone of the placement is the zone of the subnet.",
			call: running(func(in *awsec2.RunInstancesInput) {
				in.Placement = &ec2types.Placement{AvailabilityZone: aws.String("us-east-1b")}
			}),
			code: "InvalidParameterCombination",
		},
		"LaunchInUnknownZone": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Placement.html (AvailabilityZone)
			reason: "The zone of the placement exists.",
			call: running(func(in *awsec2.RunInstancesInput) {
				in.Placement = &ec2types.Placement{AvailabilityZone: aws.String("eu-west-1a")}
			}),
			code: "InvalidParameterValue",
		},
		"LaunchWithIPv6OfIPv4Subnet": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html (Ipv6AddressCount)
			reason: "An IPv6 address needs a subnet with an IPv6 block.",
			call: running(func(in *awsec2.RunInstancesInput) {
				in.SubnetId, in.Ipv6AddressCount = aws.String("subnet-b"), aws.Int32(1)
			}),
			code: "InvalidParameterValue",
		},
		"LaunchWithIPv6TwiceNamed": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html (Ipv6AddressCount)
			reason: "Addresses are parameters of the instance or of its interfaces, not of both.",
			call: running(func(in *awsec2.RunInstancesInput) {
				in.SubnetId, in.Ipv6AddressCount = nil, aws.Int32(1)
				in.NetworkInterfaces = []ec2types.InstanceNetworkInterfaceSpecification{{DeviceIndex: aws.Int32(0), SubnetId: aws.String("subnet-a")}}
			}),
			code: "InvalidParameterCombination",
		},
		"TerminateNothing": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidParameterCombination)
			reason: "TerminateInstances requires an instance.",
			call: func(ctx context.Context, c *awsec2.Client) error {
				_, err := c.TerminateInstances(ctx, &awsec2.TerminateInstancesInput{InstanceIds: []string{}})
				return err
			},
			code: "InvalidParameterCombination", message: "No instances specified",
		},
		"GroupWithoutVPC": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (VPCIdNotSpecified)
			reason: "Without a default VPC, a new group requires a VPC.",
			call:   creatingGroup("", "g", "d"),
			code:   "VPCIdNotSpecified", message: "No default VPC for this user",
		},
		"GroupNamedDefault": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (InvalidGroup.Reserved)
			reason: "The name default is reserved.",
			call:   creatingGroup("vpc-a", "default", "d"),
			code:   "InvalidGroup.Reserved",
		},
		"GroupNamedLikeIdentifier": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html (GroupName)
			reason: "The name of a group does not begin like an identifier.",
			call:   creatingGroup("vpc-a", "sg-new", "d"),
			code:   "InvalidParameterValue",
		},
		"GroupInOtherCase": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html (GroupName)
			reason: "Group names are compared case-insensitively.",
			call:   creatingGroup("vpc-a", "A2", "d"),
			code:   "InvalidGroup.Duplicate",
		},
		"DeleteReservedTag": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html
			reason: "A tag of AWS cannot be deleted.",
			call: func(ctx context.Context, c *awsec2.Client) error {
				_, err := c.DeleteTags(ctx, &awsec2.DeleteTagsInput{Resources: []string{"eni-free"}, Tags: []ec2types.Tag{{Key: aws.String("aws:x")}}})
				return err
			},
			code: "InvalidParameterValue", message: "Value ( aws:x ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use",
		},
	}
}

func TestLimitsOfText(t *testing.T) {
	f := newFixture(t, Options{})
	text := strings.Repeat("é", 255)
	n := f.create(t, &awsec2.CreateNetworkInterfaceInput{Description: aws.String(text), ClientToken: aws.String(strings.Repeat("x", 64))})
	if diff := cmp.Diff(text, aws.ToString(n.Description)); diff != "" {
		t.Errorf("A text is measured in characters, and the limit itself is accepted.\n-want, +got:\n%s", diff)
	}
}

func TestSecurityGroupQuota(t *testing.T) {
	cases := map[string]struct {
		reason string
		quota  int
		groups []string
		want   string
	}{
		"Default": {reason: "A new account allows five groups.", groups: []string{"sg-1", "sg-2", "sg-3", "sg-4", "sg-5"}},
		"Above":   {reason: "A sixth group exceeds the default quota.", groups: []string{"sg-1", "sg-2", "sg-3", "sg-4", "sg-5", "sg-6"}, want: "SecurityGroupsPerInterfaceLimitExceeded"},
		"Raised":  {reason: "A higher quota allows six groups.", quota: 16, groups: []string{"sg-1", "sg-2", "sg-3", "sg-4", "sg-5", "sg-6"}},
		"Lowered": {reason: "A lower quota refuses two groups.", quota: 1, groups: []string{"sg-1", "sg-2"}, want: "SecurityGroupsPerInterfaceLimitExceeded"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{SecurityGroupsPerInterface: tc.quota})
			for _, id := range []string{"sg-1", "sg-2", "sg-3", "sg-4", "sg-5", "sg-6"} {
				if _, err := f.AddSecurityGroup(SecurityGroup{ID: id, VPCID: "vpc-a"}); err != nil {
					t.Fatal(err)
				}
			}
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
			err := creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.Groups = tc.groups })(t.Context(), f.client)
			if diff := cmp.Diff(tc.want, code(err)); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestCanonicalBlocks(t *testing.T) {
	f := newFixture(t, Options{})
	ctx := t.Context()
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html (CidrBlock)
	v, err := f.client.CreateVpc(ctx, &awsec2.CreateVpcInput{CidrBlock: aws.String("10.250.1.0/16"), AmazonProvidedIpv6CidrBlock: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	six := aws.ToString(v.Vpc.Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock)
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html (CidrBlock)
	s, err := f.client.CreateSubnet(ctx, &awsec2.CreateSubnetInput{
		VpcId: v.Vpc.VpcId, CidrBlock: aws.String("10.250.3.9/24"), AvailabilityZoneId: aws.String("use1-az2"),
		Ipv6CidrBlock: aws.String(strings.TrimSuffix(six, "/56") + "/64"),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{aws.ToString(v.Vpc.CidrBlock), aws.ToString(s.Subnet.CidrBlock), aws.ToString(s.Subnet.AvailabilityZone)}
	if diff := cmp.Diff([]string{"10.250.0.0/16", "10.250.3.0/24", "us-east-1b"}, got); diff != "" {
		t.Errorf("A block is modified to its canonical form.\n-want, +got:\n%s", diff)
	}
}

func TestRulesOfNewGroups(t *testing.T) {
	f := newFixture(t, Options{})
	// https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
	// https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
	cases := map[string]struct {
		reason  string
		filters []ec2types.Filter
		want    []string
	}{
		"IPv4":    {reason: "A new group allows all outbound traffic.", filters: filters("group-id", "sg-other"), want: []string{"out -1 0.0.0.0/0"}},
		"IPv6":    {reason: "In a VPC with an IPv6 block, this includes IPv6.", filters: filters("group-id", "sg-a"), want: []string{"out -1 0.0.0.0/0 ::/0"}},
		"Default": {reason: "A default group allows inbound traffic from its members.", filters: filters("group-name", "default", "vpc-id", "vpc-b"), want: []string{"in -1 itself", "out -1 0.0.0.0/0"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			out, err := f.client.DescribeSecurityGroups(t.Context(), &awsec2.DescribeSecurityGroupsInput{Filters: tc.filters})
			if err != nil {
				t.Fatal(err)
			}
			g := out.SecurityGroups[0]
			got := []string{}
			add := func(direction string, rules []ec2types.IpPermission) {
				for _, p := range rules {
					line := direction + " " + aws.ToString(p.IpProtocol)
					for _, r := range p.IpRanges {
						line += " " + aws.ToString(r.CidrIp)
					}
					for _, r := range p.Ipv6Ranges {
						line += " " + aws.ToString(r.CidrIpv6)
					}
					for _, r := range p.UserIdGroupPairs {
						if aws.ToString(r.GroupId) == aws.ToString(g.GroupId) {
							line += " itself"
						}
					}
					got = append(got, line)
				}
			}
			add("in", g.IpPermissions)
			add("out", g.IpPermissionsEgress)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestDeleteAllTags(t *testing.T) {
	f := newFixture(t, Options{})
	if _, err := f.AddNetworkInterface(NetworkInterface{ID: "eni-tags", SubnetID: "subnet-a", Tags: map[string]string{"aws:x": "y", "a": "b"}}); err != nil {
		t.Fatal(err)
	}
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html (Tag)
	if _, err := f.client.DeleteTags(t.Context(), &awsec2.DeleteTagsInput{Resources: []string{"eni-tags"}}); err != nil {
		t.Fatal(err)
	}
	n, _ := f.NetworkInterface("eni-tags")
	if diff := cmp.Diff(map[string]string{"aws:x": "y"}, n.Tags); diff != "" {
		t.Errorf("Without a tag in the request, EC2 deletes the tags of the user.\n-want, +got:\n%s", diff)
	}
}

// TestDocumentedParameters sends each parameter of the network interface actions that the client knows.
func TestDocumentedParameters(t *testing.T) {
	f := newFixture(t, Options{})
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceNetworkInterfaceSpecification.html
	err := running(func(in *awsec2.RunInstancesInput) {
		in.SubnetId = nil
		in.KeyName, in.UserData, in.EbsOptimized = aws.String("k"), aws.String("dQ=="), aws.Bool(true)
		in.BlockDeviceMappings = []ec2types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &ec2types.EbsBlockDevice{VolumeSize: aws.Int32(8)}}}
		in.MetadataOptions = &ec2types.InstanceMetadataOptionsRequest{HttpTokens: "required"}
		in.NetworkInterfaces = []ec2types.InstanceNetworkInterfaceSpecification{{
			DeviceIndex: aws.Int32(0), SubnetId: aws.String("subnet-a"), Groups: []string{"sg-a"}, Description: aws.String("d"),
			DeleteOnTermination: aws.Bool(true), InterfaceType: aws.String("interface"),
			PrivateIpAddresses: []ec2types.PrivateIpAddressSpecification{{PrivateIpAddress: aws.String("10.0.0.77"), Primary: aws.Bool(true)}},
			Ipv6Addresses:      []ec2types.InstanceIpv6Address{{Ipv6Address: aws.String("2600:1f18:1234:5600::77")}},
			ConnectionTrackingSpecification: &ec2types.ConnectionTrackingSpecificationRequest{
				TcpEstablishedTimeout: aws.Int32(60), UdpStreamTimeout: aws.Int32(60), UdpTimeout: aws.Int32(30),
			},
		}}
	})(t.Context(), f.client)
	if err != nil {
		t.Errorf("RunInstances accepts the parameters that are documented: %s", err)
	}
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInterface.html
	n := f.create(t, &awsec2.CreateNetworkInterfaceInput{
		Groups: []string{"sg-a"}, Description: aws.String("d"), InterfaceType: "interface", EnablePrimaryIpv6: aws.Bool(true),
		PrivateIpAddresses: []ec2types.PrivateIpAddressSpecification{{PrivateIpAddress: aws.String("10.0.0.78"), Primary: aws.Bool(true)}},
		Ipv6Addresses:      []ec2types.InstanceIpv6Address{{Ipv6Address: aws.String("2600:1f18:1234:5600::78")}},
		TagSpecifications:  tagSpecs("network-interface", "a", "b"),
	})
	id := aws.ToString(n.NetworkInterfaceId)
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssignPrivateIpAddresses.html
	for name, call := range map[string]func() error{
		"PrivateIpAddress.N": func() error {
			_, err := f.client.AssignPrivateIpAddresses(t.Context(), &awsec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: &id, PrivateIpAddresses: []string{"10.0.0.79"}})
			return err
		},
		"Ipv4Prefix.N": func() error {
			_, err := f.client.AssignPrivateIpAddresses(t.Context(), &awsec2.AssignPrivateIpAddressesInput{NetworkInterfaceId: &id, Ipv4Prefixes: []string{"10.0.0.160/28"}})
			return err
		},
		"Ipv6Addresses.N": func() error {
			_, err := f.client.AssignIpv6Addresses(t.Context(), &awsec2.AssignIpv6AddressesInput{NetworkInterfaceId: &id, Ipv6Addresses: []string{"2600:1f18:1234:5600::79"}})
			return err
		},
		"Ipv6Prefix.N": func() error {
			_, err := f.client.AssignIpv6Addresses(t.Context(), &awsec2.AssignIpv6AddressesInput{NetworkInterfaceId: &id, Ipv6Prefixes: []string{"2600:1f18:1234:5600:9::/80"}})
			return err
		},
	} {
		if err := call(); err != nil {
			t.Errorf("%s is a parameter that EC2 documents: %s", name, err)
		}
	}
}

func TestTagSetOmitted(t *testing.T) {
	f := newFixture(t, Options{})
	cases := map[string]struct {
		reason, form string
		want         bool
	}{
		// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html (tagSet)
		"Untagged": {reason: "A resource without tags has no tag set.", form: "Action=DescribeSubnets&Version=2016-11-15&SubnetId.1=subnet-b"},
		"Tagged":   {reason: "A resource with tags has a tag set.", form: "Action=DescribeSubnets&Version=2016-11-15&SubnetId.1=subnet-a", want: true},
		// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html (tagSet)
		"NoTags": {reason: "DescribeTags answers a list, also an empty one.", form: "Action=DescribeTags&Version=2016-11-15&Filter.1.Name=key&Filter.1.Value.1=none", want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			body, err := post(t.Context(), f.url, tc.form)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, strings.Contains(string(body), "<tagSet>")); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s\n%s", tc.reason, diff, body)
			}
		})
	}
}

func TestRequester(t *testing.T) {
	f := newFixture(t, Options{})
	made := aws.ToString(f.create(t, &awsec2.CreateNetworkInterfaceInput{}).NetworkInterfaceId)
	// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html (requesterId, requesterManaged)
	cases := map[string]struct {
		reason, id, requester string
		managed               bool
		remove                string
	}{
		"User":    {reason: "An interface of a user has a requester, and is the user's to delete.", id: made, requester: "AIDAEMULATEDUSER"},
		"Service": {reason: "An interface of a service is not the user's to delete.", id: "eni-lb", requester: "amazon-elb", managed: true, remove: "OperationNotPermitted"},
		"Seeded":  {reason: "A seeded interface without a requester is the user's to delete.", id: "eni-free"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			n := f.describe(t, tc.id)
			got := []any{aws.ToString(n.RequesterId), aws.ToBool(n.RequesterManaged), code(deleting(tc.id)(t.Context(), f.client))}
			if diff := cmp.Diff([]any{tc.requester, tc.managed, tc.remove}, got); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
