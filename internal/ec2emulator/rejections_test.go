// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func attachingTo(eniID, instanceID string, index int32, change func(*awsec2.AttachNetworkInterfaceInput)) func(context.Context, *awsec2.Client) error {
	return func(ctx context.Context, c *awsec2.Client) error {
		in := attachInput(eniID, instanceID, index)
		if change != nil {
			change(in)
		}
		_, err := c.AttachNetworkInterface(ctx, in)
		return err
	}
}

func attachRejections() map[string]rejection {
	return map[string]rejection{
		"AttachUnknownENI": {
			reason: "The interface must exist.",
			call:   attachingTo("eni-nowhere", "i-a", 2, nil),
			code:   "InvalidNetworkInterfaceID.NotFound", message: "The networkInterface ID 'eni-nowhere' does not exist",
		},
		"AttachUnknownInstance": {
			reason: "The instance must exist.",
			call:   attachingTo("eni-free", "i-nowhere", 2, nil),
			code:   "InvalidInstanceID.NotFound", message: "The instance ID 'i-nowhere' does not exist",
		},
		"AttachMalformedInstance": {
			reason: "A node name is not an instance identifier.",
			call:   attachingTo("eni-free", "ip-10-0-0-4", 2, nil),
			code:   "InvalidInstanceID.Malformed",
		},
		"AttachAttachmentID": {
			reason: "An attachment identifier is not an interface identifier, though it begins alike.",
			call:   attachingTo("eni-attach-used", "i-a", 2, nil),
			code:   "InvalidNetworkInterfaceId.Malformed",
		},
		"AttachPending": {
			reason: "Only running and stopped instances take attachments.",
			call:   attachingTo("eni-free", "i-pending", 1, nil),
			code:   "IncorrectState", message: "Instance 'i-pending' is not 'running'.",
		},
		"AttachInUse": {
			reason: "An interface has one attachment.",
			call:   attachingTo("eni-used", "i-cards", 1, nil),
			code:   "InvalidNetworkInterface.InUse", message: "Interface: [eni-used] in use.",
		},
		"AttachOtherZone": {
			reason: "Instance and interface must share a zone.",
			call:   attachingTo("eni-zone-b", "i-a", 2, nil),
			code:   "InvalidParameterCombination",
		},
		"AttachTakenIndex": {
			reason: "A device index is used once on a card.",
			call:   attachingTo("eni-free", "i-a", 1, nil),
			code:   "InvalidParameterValue", message: "Instance 'i-a' already has an interface attached at device index '1'.",
		},
		"AttachNoSuchCard": {
			reason: "Only some types have a second network card.",
			call:   attachingTo("eni-free", "i-a", 2, func(in *awsec2.AttachNetworkInterfaceInput) { in.NetworkCardIndex = aws.Int32(1) }),
			code:   "InvalidParameterValue",
		},
		"AttachHotEFA": {
			reason: "An EFA cannot be attached to a running instance.",
			call:   attachingTo("eni-efa", "i-efa", 1, nil),
			code:   "UnsupportedOperation",
		},
		"AttachManaged": {
			reason: "An interface of a service is the service's to attach.",
			call:   attachingTo("eni-lb", "i-a", 2, nil),
			code:   "OperationNotPermitted",
		},
		"AttachBranch": {
			reason: "A branch interface belongs to a trunk, not to an instance.",
			call:   attachingTo("eni-branch", "i-a", 2, nil),
			code:   "OperationNotPermitted",
		},
		"AttachSRDUnsupported": {
			reason: "ENA Express needs a type that supports it.",
			call: attachingTo("eni-free", "i-a", 2, func(in *awsec2.AttachNetworkInterfaceInput) {
				in.EnaSrdSpecification = &ec2types.EnaSrdSpecification{EnaSrdEnabled: aws.Bool(true)}
			}),
			code: "UnsupportedOperation",
		},
		"AttachSRDOnlyUDP": {
			reason: "ENA Express for UDP needs ENA Express.",
			call: attachingTo("eni-free", "i-cards", 2, func(in *awsec2.AttachNetworkInterfaceInput) {
				in.EnaSrdSpecification = &ec2types.EnaSrdSpecification{EnaSrdUdpSpecification: &ec2types.EnaSrdUdpSpecification{EnaSrdUdpEnabled: aws.Bool(true)}}
			}),
			code: "InvalidParameterCombination",
		},
		"AttachQueuesUnsupported": {
			reason: "Queue counts can be chosen on some types only.",
			call:   attachingTo("eni-free", "i-a", 2, func(in *awsec2.AttachNetworkInterfaceInput) { in.EnaQueueCount = aws.Int32(2) }),
			code:   "UnsupportedOperation",
		},
		"AttachTooManyQueues": {
			reason: "Queue counts have a limit by type.",
			call:   attachingTo("eni-free", "i-cards", 2, func(in *awsec2.AttachNetworkInterfaceInput) { in.EnaQueueCount = aws.Int32(33) }),
			code:   "InvalidParameterValue",
		},
		"AttachDryRun": {
			reason: "A dry run attaches nothing.",
			call:   attachingTo("eni-free", "i-a", 2, func(in *awsec2.AttachNetworkInterfaceInput) { in.DryRun = aws.Bool(true) }),
			code:   "DryRunOperation",
		},
	}
}

func modifying(id string, change func(*awsec2.ModifyNetworkInterfaceAttributeInput)) func(context.Context, *awsec2.Client) error {
	return func(ctx context.Context, c *awsec2.Client) error {
		in := &awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: aws.String(id)}
		change(in)
		_, err := c.ModifyNetworkInterfaceAttribute(ctx, in)
		return err
	}
}

func deleting(id string) func(context.Context, *awsec2.Client) error {
	return func(ctx context.Context, c *awsec2.Client) error {
		_, err := c.DeleteNetworkInterface(ctx, &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: aws.String(id)})
		return err
	}
}

func detachingFrom(id string) func(context.Context, *awsec2.Client) error {
	return func(ctx context.Context, c *awsec2.Client) error {
		_, err := c.DetachNetworkInterface(ctx, &awsec2.DetachNetworkInterfaceInput{AttachmentId: aws.String(id)})
		return err
	}
}

func describing(in *awsec2.DescribeNetworkInterfacesInput) func(context.Context, *awsec2.Client) error {
	return func(ctx context.Context, c *awsec2.Client) error {
		_, err := c.DescribeNetworkInterfaces(ctx, in)
		return err
	}
}

func otherRejections() map[string]rejection {
	return map[string]rejection{
		"DeleteAttached": {
			reason: "An attached interface cannot be deleted.", call: deleting("eni-used"),
			code: "InvalidParameterValue", message: "Network interface 'eni-used' is currently in use.",
		},
		"DeleteMissing":  {reason: "A deleted interface is not found.", call: deleting("eni-nowhere"), code: "InvalidNetworkInterfaceID.NotFound"},
		"DeleteManaged":  {reason: "An interface of a service cannot be deleted.", call: deleting("eni-lb"), code: "OperationNotPermitted"},
		"DeleteOperator": {reason: "An interface of an operator cannot be deleted.", call: deleting("eni-op"), code: "OperationNotPermitted"},
		"DetachMissing": {
			reason: "A deleted attachment is not found.", call: detachingFrom("eni-attach-nowhere"), code: "InvalidAttachmentID.NotFound",
		},
		"DetachMalformed": {
			reason: "An interface identifier is not an attachment identifier.", call: detachingFrom("eni-used"),
			code: "InvalidNetworkInterfaceAttachmentId.Malformed",
		},
		"ModifyNothing": {
			reason: "A change requires an attribute.", call: modifying("eni-free", func(*awsec2.ModifyNetworkInterfaceAttributeInput) {}),
			code: "InvalidParameterCombination", message: "No attributes specified.",
		},
		"ModifyTwo": {
			reason: "EC2 changes one attribute in a call.",
			call: modifying("eni-free", func(in *awsec2.ModifyNetworkInterfaceAttributeInput) {
				in.Groups, in.Description = []string{"sg-a"}, &ec2types.AttributeValue{Value: aws.String("x")}
			}),
			code: "InvalidParameterCombination", message: "Fields for multiple attribute types specified.",
		},
		"ModifyWrongAttachment": {
			reason: "deleteOnTermination requires the interface's own attachment.",
			call: modifying("eni-free", func(in *awsec2.ModifyNetworkInterfaceAttributeInput) {
				in.Attachment = &ec2types.NetworkInterfaceAttachmentChanges{AttachmentId: aws.String("eni-attach-used"), DeleteOnTermination: aws.Bool(true)}
			}),
			code: "InvalidAttachmentID.NotFound",
		},
		"ModifyManaged": {
			reason: "An interface of a service cannot be changed.",
			call:   modifying("eni-lb", func(in *awsec2.ModifyNetworkInterfaceAttributeInput) { in.Groups = []string{"sg-a"} }),
			code:   "OperationNotPermitted",
		},
		"DescribeMissing": {
			reason: "All missing identifiers are listed in the order of the request, and no result is returned.",
			call:   describing(&awsec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{"eni-y", "eni-free", "eni-x"}}),
			code:   "InvalidNetworkInterfaceID.NotFound", message: "The networkInterface IDs 'eni-y, eni-x' do not exist",
		},
		"DescribeMalformed": {
			reason: "An identifier of another kind is malformed.",
			call:   describing(&awsec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{"i-a"}}),
			code:   "InvalidNetworkInterfaceId.Malformed",
		},
		"DescribeUnknownFilter": {
			reason: "Filters are a closed list.",
			call:   describing(&awsec2.DescribeNetworkInterfacesInput{Filters: filters("colour", "blue")}),
			code:   "InvalidParameterValue", message: "The filter 'colour' is invalid",
		},
		"DescribePageTooSmall": {
			reason: "A page has at least 5 entries.",
			call:   describing(&awsec2.DescribeNetworkInterfacesInput{MaxResults: aws.Int32(4)}),
			code:   "InvalidParameterValue",
		},
		"DescribePageTooLarge": {
			reason: "A page has at most 1000 entries.",
			call:   describing(&awsec2.DescribeNetworkInterfacesInput{MaxResults: aws.Int32(1001)}),
			code:   "InvalidParameterValue",
		},
		"DescribePageOfIDs": {
			reason: "Identifiers and pages exclude each other.",
			call:   describing(&awsec2.DescribeNetworkInterfacesInput{MaxResults: aws.Int32(5), NetworkInterfaceIds: []string{"eni-free"}}),
			code:   "InvalidParameterCombination", message: "The parameter networkInterfacesSet cannot be used with the parameter maxResults",
		},
		"DescribeBadToken": {
			reason: "A token that EC2 did not return is rejected.",
			call:   describing(&awsec2.DescribeNetworkInterfacesInput{MaxResults: aws.Int32(5), NextToken: aws.String("zzz")}),
			code:   "InvalidParameterValue",
		},
		"DescribeDryRun": {
			reason: "Descriptions can be dry runs too.",
			call:   describing(&awsec2.DescribeNetworkInterfacesInput{DryRun: aws.Bool(true)}),
			code:   "DryRunOperation",
		},
		"UnknownInstanceType": {
			reason: "Instance types are a closed list.",
			call: func(ctx context.Context, c *awsec2.Client) error {
				_, err := c.DescribeInstanceTypes(ctx, &awsec2.DescribeInstanceTypesInput{InstanceTypes: []ec2types.InstanceType{"z9.huge"}})
				return err
			},
			code: "InvalidInstanceType", message: "The following supplied instance types do not exist: [z9.huge]",
		},
		"UnknownAction": {
			reason: "An action that is not served is not an action.",
			call: func(ctx context.Context, c *awsec2.Client) error {
				_, err := c.DescribeRegions(ctx, &awsec2.DescribeRegionsInput{})
				return err
			},
			code: "InvalidAction",
		},
		"TagNothing": {
			reason: "Only existing resources are tagged.",
			call: func(ctx context.Context, c *awsec2.Client) error {
				_, err := c.CreateTags(ctx, &awsec2.CreateTagsInput{Resources: []string{"eni-nowhere"}, Tags: []ec2types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
				return err
			},
			code: "InvalidNetworkInterfaceID.NotFound",
		},
	}
}
