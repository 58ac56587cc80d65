// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// PausedMessage states that an object is paused, which kind of object it is, and how to continue. The
// condition of Crossplane's reconciler has no message.
func PausedMessage(mg resource.Managed) string {
	kind := ec2v1alpha1.NetworkInterfaceKind
	if _, ok := mg.(*ec2v1alpha1.NetworkInterfaceAttachment); ok {
		kind = ec2v1alpha1.NetworkInterfaceAttachmentKind
	}
	return kind + " " + mg.GetName() + " is paused: " + networkingv1alpha1.PausedMessage
}
