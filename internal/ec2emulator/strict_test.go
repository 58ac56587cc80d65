package ec2emulator

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
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

// strictRefusals are calls with a defect that is easy to miss. Each has the source of the rule beside it.
func strictRefusals() map[string]refusal {
	long := strings.Repeat("x", 256)
	return map[string]refusal{
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
			reason: "A client token has at most 64 characters.",
			call:   creating(func(in *awsec2.CreateNetworkInterfaceInput) { in.ClientToken = aws.String(long[:65]) }),
			code:   "InvalidParameterValue",
		},
		"LongClientTokenOfInstances": {
			// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html (ClientToken)
			reason: "A client token of RunInstances has at most 64 characters.",
			call:   running(func(in *awsec2.RunInstancesInput) { in.ClientToken = aws.String(long[:65]) }),
			code:   "InvalidParameterValue",
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
