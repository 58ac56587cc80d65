// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/scheme"
)

// Group and version of the kinds in this package.
const (
	Group   = "networking.k8s.aws"
	Version = "v1alpha1"
)

// Kinds of this package.
const (
	NodeENIKind                 = "NodeENI"
	NodeENIPlanKind             = "NodeENIPlan"
	HostInterfaceKind           = "HostInterface"
	ProviderConfigKind          = "ProviderConfig"
	ClusterProviderConfigKind   = "ClusterProviderConfig"
	ProviderConfigUsageKind     = "ProviderConfigUsage"
	ProviderConfigUsageListKind = "ProviderConfigUsageList"
)

var (
	// SchemeGroupVersion is the group and version used to register these kinds.
	SchemeGroupVersion = schema.GroupVersion{Group: Group, Version: Version}

	// SchemeBuilder adds the kinds of this package to a scheme.
	SchemeBuilder = &scheme.Builder{GroupVersion: SchemeGroupVersion}

	// NodeENIGroupVersionKind is the GroupVersionKind of NodeENI.
	NodeENIGroupVersionKind = SchemeGroupVersion.WithKind(NodeENIKind)

	// NodeENIPlanGroupVersionKind is the GroupVersionKind of NodeENIPlan.
	NodeENIPlanGroupVersionKind = SchemeGroupVersion.WithKind(NodeENIPlanKind)

	// HostInterfaceGroupVersionKind is the GroupVersionKind of HostInterface.
	HostInterfaceGroupVersionKind = SchemeGroupVersion.WithKind(HostInterfaceKind)

	// ProviderConfigGroupVersionKind is the GroupVersionKind of ProviderConfig.
	ProviderConfigGroupVersionKind = SchemeGroupVersion.WithKind(ProviderConfigKind)

	// ClusterProviderConfigGroupVersionKind is the GroupVersionKind of ClusterProviderConfig.
	ClusterProviderConfigGroupVersionKind = SchemeGroupVersion.WithKind(ClusterProviderConfigKind)
)

func init() {
	SchemeBuilder.Register(&NodeENI{}, &NodeENIList{})
	SchemeBuilder.Register(&NodeENIPlan{}, &NodeENIPlanList{})
	SchemeBuilder.Register(&HostInterface{}, &HostInterfaceList{})
	SchemeBuilder.Register(&ProviderConfig{}, &ProviderConfigList{})
	SchemeBuilder.Register(&ClusterProviderConfig{}, &ClusterProviderConfigList{})
	SchemeBuilder.Register(&ProviderConfigUsage{}, &ProviderConfigUsageList{})
}
