// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

// attachInput returns the request that attaches the ENI.
func attachInput(mg *v1alpha1.NetworkInterfaceAttachment, n *ec2types.NetworkInterface, t target, index int32) *awsec2.AttachNetworkInterfaceInput {
	p := mg.Spec.ForProvider
	in := &awsec2.AttachNetworkInterfaceInput{
		NetworkInterfaceId: n.NetworkInterfaceId,
		InstanceId:         new(t.instance.ID),
		DeviceIndex:        &index,
		// Without it EC2 considers a device index as taken if it is on any card.
		NetworkCardIndex: new(ptr.Deref(p.NetworkCardIndex, 0)),
		EnaQueueCount:    p.EnaQueueCount,
	}
	if p.EnaSrdSpecification != nil {
		in.EnaSrdSpecification = ec2.EnaSrdSpecification(p.EnaSrdSpecification)
	}
	return in
}
