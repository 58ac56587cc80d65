// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eniview

import (
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestInterface(t *testing.T) {
	attachment := func(s ec2types.AttachmentStatus) *ec2types.NetworkInterfaceAttachment {
		return &ec2types.NetworkInterfaceAttachment{AttachmentId: new("eni-attach-1"), InstanceId: new("i-1"), DeviceIndex: new(int32(2)), NetworkCardIndex: new(int32(1)), Status: s}
	}
	at := &eni.Attachment{ID: "eni-attach-1", InstanceID: "i-1", DeviceIndex: 2, NetworkCardIndex: 1}
	cases := map[string]struct {
		reason string
		args   *ec2types.NetworkInterface
		want   eni.Interface
	}{
		"None": {reason: "An ENI that was not observed is not known."},
		"Available": {
			reason: "Tags, type and owner are returned as in EC2's response.",
			args: &ec2types.NetworkInterface{
				NetworkInterfaceId: new("eni-1"), InterfaceType: ec2types.NetworkInterfaceTypeTrunk, TagSet: []ec2types.Tag{{Key: new("a"), Value: new("b")}},
				RequesterManaged: new(true), RequesterId: new("amazon-elb"), Operator: &ec2types.OperatorResponse{Managed: new(true), Principal: new("eks.amazonaws.com")},
			},
			want: eni.Interface{
				ID: "eni-1", Type: "trunk", Tags: map[string]string{"a": "b"},
				RequesterManaged: true, Requester: "amazon-elb", OperatorManaged: true, Operator: "eks.amazonaws.com",
			},
		},
		"Attaching": {
			reason: "An ENI that is being attached is not available.",
			args:   &ec2types.NetworkInterface{NetworkInterfaceId: new("eni-1"), Attachment: attachment(ec2types.AttachmentStatusAttaching)},
			want:   eni.Interface{ID: "eni-1", Attachment: at},
		},
		"Attached": {
			reason: "An ENI that is attached is not available.",
			args:   &ec2types.NetworkInterface{NetworkInterfaceId: new("eni-1"), Attachment: attachment(ec2types.AttachmentStatusAttached)},
			want:   eni.Interface{ID: "eni-1", Attachment: at},
		},
		"Detaching": {
			reason: "An ENI that is being detached is not available.",
			args:   &ec2types.NetworkInterface{NetworkInterfaceId: new("eni-1"), Attachment: attachment(ec2types.AttachmentStatusDetaching)},
			want:   eni.Interface{ID: "eni-1", Attachment: at},
		},
		"Detached": {
			reason: "An ENI that was detached is available.",
			args:   &ec2types.NetworkInterface{NetworkInterfaceId: new("eni-1"), Attachment: attachment(ec2types.AttachmentStatusDetached)},
			want:   eni.Interface{ID: "eni-1"},
		},
		"NoIndex": {
			reason: "A device index and a network card that EC2 did not return are not known.",
			args:   &ec2types.NetworkInterface{NetworkInterfaceId: new("eni-1"), Attachment: &ec2types.NetworkInterfaceAttachment{AttachmentId: new("eni-attach-1"), InstanceId: new("i-1")}},
			want:   eni.Interface{ID: "eni-1", Attachment: &eni.Attachment{ID: "eni-attach-1", InstanceID: "i-1", DeviceIndex: -1, NetworkCardIndex: -1}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Interface(tc.args), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("\n%s\nInterface(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
