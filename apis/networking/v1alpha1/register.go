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

	// NodeENIGroupVersionKind names the NodeENI kind.
	NodeENIGroupVersionKind = SchemeGroupVersion.WithKind(NodeENIKind)

	// HostInterfaceGroupVersionKind names the HostInterface kind.
	HostInterfaceGroupVersionKind = SchemeGroupVersion.WithKind(HostInterfaceKind)

	// ProviderConfigGroupVersionKind names the ProviderConfig kind.
	ProviderConfigGroupVersionKind = SchemeGroupVersion.WithKind(ProviderConfigKind)

	// ClusterProviderConfigGroupVersionKind names the ClusterProviderConfig kind.
	ClusterProviderConfigGroupVersionKind = SchemeGroupVersion.WithKind(ClusterProviderConfigKind)

	// ProviderConfigUsageGroupVersionKind names the ProviderConfigUsage kind.
	ProviderConfigUsageGroupVersionKind = SchemeGroupVersion.WithKind(ProviderConfigUsageKind)

	// ProviderConfigUsageListGroupVersionKind names the list of ProviderConfigUsages.
	ProviderConfigUsageListGroupVersionKind = SchemeGroupVersion.WithKind(ProviderConfigUsageListKind)
)

func init() {
	SchemeBuilder.Register(&NodeENI{}, &NodeENIList{})
	SchemeBuilder.Register(&HostInterface{}, &HostInterfaceList{})
	SchemeBuilder.Register(&ProviderConfig{}, &ProviderConfigList{})
	SchemeBuilder.Register(&ClusterProviderConfig{}, &ClusterProviderConfigList{})
	SchemeBuilder.Register(&ProviderConfigUsage{}, &ProviderConfigUsageList{})
}
