// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/scheme"
)

// Group and version of the kinds in this package.
const (
	Group   = "ec2.networking.k8s.aws"
	Version = "v1alpha1"
)

// Kinds of this package.
const (
	NetworkInterfaceKind           = "NetworkInterface"
	NetworkInterfaceAttachmentKind = "NetworkInterfaceAttachment"
)

var (
	// SchemeGroupVersion is the group and version used to register these kinds.
	SchemeGroupVersion = schema.GroupVersion{Group: Group, Version: Version}

	// SchemeBuilder adds the kinds of this package to a scheme.
	SchemeBuilder = &scheme.Builder{GroupVersion: SchemeGroupVersion}

	// NetworkInterfaceGroupVersionKind is the GroupVersionKind of NetworkInterface.
	NetworkInterfaceGroupVersionKind = SchemeGroupVersion.WithKind(NetworkInterfaceKind)

	// NetworkInterfaceAttachmentGroupVersionKind is the GroupVersionKind of NetworkInterfaceAttachment.
	NetworkInterfaceAttachmentGroupVersionKind = SchemeGroupVersion.WithKind(NetworkInterfaceAttachmentKind)
)

func init() {
	SchemeBuilder.Register(&NetworkInterface{}, &NetworkInterfaceList{})
	SchemeBuilder.Register(&NetworkInterfaceAttachment{}, &NetworkInterfaceAttachmentList{})
}
