// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

func TestModify(t *testing.T) {
	type input = awsec2.ModifyNetworkInterfaceAttributeInput
	cases := map[string]struct {
		reason string
		id     string
		change func(*input)
		look   func(ec2types.NetworkInterface) string
		want   string
	}{
		"Description": {
			reason: "A description is replaced.", id: "eni-free",
			change: func(in *input) { in.Description = &ec2types.AttributeValue{Value: aws.String("new & <odd>")} },
			look:   func(n ec2types.NetworkInterface) string { return aws.ToString(n.Description) }, want: "new & <odd>",
		},
		"EmptyDescription": {
			reason: "A description can be emptied.", id: "eni-free",
			change: func(in *input) { in.Description = &ec2types.AttributeValue{Value: aws.String("")} },
			look:   func(n ec2types.NetworkInterface) string { return aws.ToString(n.Description) }, want: "",
		},
		"SourceDestCheck": {
			reason: "Source and destination checks can be switched off.", id: "eni-free",
			change: func(in *input) { in.SourceDestCheck = &ec2types.AttributeBooleanValue{Value: aws.Bool(false)} },
			look:   func(n ec2types.NetworkInterface) string { return fmt.Sprint(aws.ToBool(n.SourceDestCheck)) }, want: "false",
		},
		"Groups": {
			reason: "Security groups are replaced as a whole.", id: "eni-free",
			change: func(in *input) { in.Groups = []string{"sg-a2", "sg-a"} },
			look: func(n ec2types.NetworkInterface) string {
				return fmt.Sprint(len(n.Groups), aws.ToString(n.Groups[0].GroupId), aws.ToString(n.Groups[0].GroupName))
			}, want: "2sg-a2a2",
		},
		"DeleteOnTermination": {
			reason: "deleteOnTermination is a property of the attachment.", id: "eni-used",
			change: func(in *input) {
				in.Attachment = &ec2types.NetworkInterfaceAttachmentChanges{AttachmentId: aws.String("eni-attach-used"), DeleteOnTermination: aws.Bool(true)}
			},
			look: func(n ec2types.NetworkInterface) string {
				return fmt.Sprint(aws.ToBool(n.Attachment.DeleteOnTermination))
			}, want: "true",
		},
		"ConnectionTracking": {
			reason: "Connection tracking timeouts are set together.", id: "eni-free",
			change: func(in *input) {
				in.ConnectionTrackingSpecification = &ec2types.ConnectionTrackingSpecificationRequest{TcpEstablishedTimeout: aws.Int32(600), UdpTimeout: aws.Int32(45)}
			},
			look: func(n ec2types.NetworkInterface) string {
				c := n.ConnectionTrackingConfiguration
				return fmt.Sprint(aws.ToInt32(c.TcpEstablishedTimeout), " ", aws.ToInt32(c.UdpTimeout), " ", c.UdpStreamTimeout == nil)
			}, want: "600 45 true",
		},
		"AssociatedSubnets": {
			reason: "Subnets of the VPC can be associated.", id: "eni-free",
			change: func(in *input) { in.AssociatedSubnetIds = []string{"subnet-b"} },
			look:   func(n ec2types.NetworkInterface) string { return fmt.Sprint(n.AssociatedSubnets) }, want: "[subnet-b]",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{})
			if err := modifying(tc.id, tc.change)(t.Context(), f.client); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, tc.look(f.describe(t, tc.id))); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestENAExpress(t *testing.T) {
	f := newFixture(t, Options{})
	in := attachInput("eni-free", "i-cards", 1)
	in.EnaQueueCount = aws.Int32(16)
	in.EnaSrdSpecification = &ec2types.EnaSrdSpecification{EnaSrdEnabled: aws.Bool(true), EnaSrdUdpSpecification: &ec2types.EnaSrdUdpSpecification{EnaSrdUdpEnabled: aws.Bool(true)}}
	if _, err := f.client.AttachNetworkInterface(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	got := []string{}
	look := func() {
		a := f.describe(t, "eni-free").Attachment
		s := "off"
		if a.EnaSrdSpecification != nil {
			s = fmt.Sprint(aws.ToBool(a.EnaSrdSpecification.EnaSrdEnabled), aws.ToBool(a.EnaSrdSpecification.EnaSrdUdpSpecification.EnaSrdUdpEnabled))
		}
		got = append(got, fmt.Sprint(s, " ", aws.ToInt32(a.EnaQueueCount)))
	}
	look()
	if err := modifying("eni-free", func(in *awsec2.ModifyNetworkInterfaceAttributeInput) {
		in.EnaSrdSpecification = &ec2types.EnaSrdSpecification{EnaSrdEnabled: aws.Bool(false)}
	})(t.Context(), f.client); err != nil {
		t.Fatal(err)
	}
	look()
	if diff := cmp.Diff([]string{"true true 16", "off 16"}, got); diff != "" {
		t.Errorf("ENA Express is set with the attachment, and can be changed.\n-want, +got:\n%s", diff)
	}
}

func TestAttributes(t *testing.T) {
	f := newFixture(t, Options{})
	ctx := t.Context()
	if err := modifying("eni-used", func(in *awsec2.ModifyNetworkInterfaceAttributeInput) {
		in.SourceDestCheck = &ec2types.AttributeBooleanValue{Value: aws.Bool(false)}
	})(ctx, f.client); err != nil {
		t.Fatal(err)
	}
	look := func(a ec2types.NetworkInterfaceAttribute) *awsec2.DescribeNetworkInterfaceAttributeOutput {
		out, err := f.client.DescribeNetworkInterfaceAttribute(ctx, &awsec2.DescribeNetworkInterfaceAttributeInput{NetworkInterfaceId: aws.String("eni-used"), Attribute: a})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	got := []any{aws.ToBool(look("sourceDestCheck").SourceDestCheck.Value), aws.ToString(look("attachment").Attachment.InstanceId), len(look("groupSet").Groups)}
	if _, err := f.client.ResetNetworkInterfaceAttribute(ctx, &awsec2.ResetNetworkInterfaceAttributeInput{NetworkInterfaceId: aws.String("eni-used"), SourceDestCheck: aws.String("true")}); err != nil {
		t.Fatal(err)
	}
	got = append(got, aws.ToBool(look("sourceDestCheck").SourceDestCheck.Value))
	if diff := cmp.Diff([]any{false, "i-a", 1, true}, got); diff != "" {
		t.Errorf("Attributes are read one by one, and reset.\n-want, +got:\n%s", diff)
	}
}
