// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"testing"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

func TestAttachInput(t *testing.T) {
	input := func(fn func(in *awsec2.AttachNetworkInterfaceInput)) *awsec2.AttachNetworkInterfaceInput {
		in := &awsec2.AttachNetworkInterfaceInput{NetworkInterfaceId: new("eni-1"), InstanceId: new("i-1"), DeviceIndex: new(int32(2)), NetworkCardIndex: new(int32(0))}
		fn(in)
		return in
	}
	cases := map[string]struct {
		reason string
		args   v1alpha1.NetworkInterfaceAttachmentParameters
		want   *awsec2.AttachNetworkInterfaceInput
	}{
		"Default": {reason: "Network card 0 is named: without a card EC2 counts the device indexes of all.", want: input(func(*awsec2.AttachNetworkInterfaceInput) {})},
		"Card": {
			reason: "Another index is sent too.", args: v1alpha1.NetworkInterfaceAttachmentParameters{NetworkCardIndex: new(int32(1))},
			want: input(func(in *awsec2.AttachNetworkInterfaceInput) { in.NetworkCardIndex = new(int32(1)) }),
		},
		"Queues": {
			reason: "The number of ENA queues is set when attaching.", args: v1alpha1.NetworkInterfaceAttachmentParameters{EnaQueueCount: new(int32(8))},
			want: input(func(in *awsec2.AttachNetworkInterfaceInput) { in.EnaQueueCount = new(int32(8)) }),
		},
		"Express": {
			reason: "ENA Express is set too, with UDP.",
			args: v1alpha1.NetworkInterfaceAttachmentParameters{EnaSrdSpecification: &networkingv1alpha1.EnaSrdSpecification{
				EnaSrdEnabled: new(true), EnaSrdUdpSpecification: &networkingv1alpha1.EnaSrdUdpSpecification{EnaSrdUdpEnabled: new(true)},
			}},
			want: input(func(in *awsec2.AttachNetworkInterfaceInput) {
				in.EnaSrdSpecification = &ec2types.EnaSrdSpecification{EnaSrdEnabled: new(true), EnaSrdUdpSpecification: &ec2types.EnaSrdUdpSpecification{EnaSrdUdpEnabled: new(true)}}
			}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := &v1alpha1.NetworkInterfaceAttachment{Spec: v1alpha1.NetworkInterfaceAttachmentSpec{ForProvider: tc.args}}
			got := attachInput(mg, &ec2types.NetworkInterface{NetworkInterfaceId: new("eni-1")}, target{instance: ec2.Instance{ID: "i-1"}}, 2)
			ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".noSmithyDocumentSerde" }, cmp.Ignore())
			if diff := cmp.Diff(tc.want, got, ignore); diff != "" {
				t.Errorf("\n%s\nattachInput(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
