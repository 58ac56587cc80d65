// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// FinalizerInUse keeps a Secret with credentials while a ProviderConfig or
// ClusterProviderConfig that refers to it has users: the provider needs the
// credentials to release their network interfaces.
const FinalizerInUse = "networking.k8s.aws/in-use"

// EndpointURL is the URL of an AWS endpoint.
type EndpointURL struct {
	// Kind of URL; only Static.
	// +kubebuilder:validation:Enum=Static
	// +kubebuilder:default=Static
	Type string `json:"type"`

	// The URL, such as https://ec2.us-east-1.example.org.
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="isURL(self) && (url(self).getScheme() == 'http' || url(self).getScheme() == 'https')",message="must be an http or https URL"
	Static string `json:"static"`
}

// EndpointConfig overrides the AWS endpoints.
type EndpointConfig struct {
	// The URL.
	URL EndpointURL `json:"url"`

	// Services with this endpoint: ec2, sts and servicequotas. Default: ec2 and sts. Quotas are
	// not read from AWS's own endpoint if another service has an endpoint here.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:items:Enum=ec2;sts;servicequotas
	Services []string `json:"services,omitempty"`
}

// A ProviderConfigSpec configures access to an AWS account.
type ProviderConfigSpec struct {
	// Credentials that sign requests.
	Credentials ProviderCredentials `json:"credentials"`

	// Roles to assume, in order. In a ProviderConfig, allowed only if the provider's
	// flag --providerconfig-endpoint-namespaces includes its namespace.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	AssumeRoleChain []AssumeRoleOptions `json:"assumeRoleChain,omitempty"`

	// Endpoint of AWS, for VPC endpoints and emulators. Credentials are sent to it.
	// Default: AWS's own endpoints of the region. In a ProviderConfig, allowed only if
	// the provider's flag --providerconfig-endpoint-namespaces includes its namespace.
	// +optional
	Endpoint *EndpointConfig `json:"endpoint,omitempty"`
}

// A NamespaceSelector selects the namespaces that either field selects. It selects
// no namespace if both fields are unset.
type NamespaceSelector struct {
	// Names of namespaces.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=1024
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Names []string `json:"names,omitempty"`

	// Selector on namespace labels. An empty selector selects every namespace. A
	// change of a namespace's labels takes effect at the next reconcile.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// A ClusterProviderConfigSpec configures access to an AWS account, and which
// namespaces may use it.
type ClusterProviderConfigSpec struct {
	ProviderConfigSpec `json:",inline"`

	// Namespaces whose NetworkInterfaces and NetworkInterfaceAttachments may use this
	// config. Default: every namespace. The provider's own namespace, which contains
	// the objects of NodeENIs, is always allowed. If a namespace is no longer selected,
	// its objects report it in their Synced condition. Their ENIs are no longer
	// reconciled, but are still released when the objects are deleted.
	// +optional
	AllowedNamespaces *NamespaceSelector `json:"allowedNamespaces,omitempty"`

	// Namespaces whose NetworkInterfaceAttachments may set spec.forProvider.nodeName
	// and spec.host, which configures the node's network, with this config. Default:
	// only the provider's own namespace, which is always allowed. A namespace must also
	// be selected by allowedNamespaces.
	// +optional
	HostNamespaces *NamespaceSelector `json:"hostNamespaces,omitempty"`
}

// A LeakedNetworkInterface is an ENI of this cluster that belongs to no object.
type LeakedNetworkInterface struct {
	// ID of the ENI.
	NetworkInterfaceID string `json:"networkInterfaceId"`

	// AWS region of the ENI.
	Region string `json:"region"`

	// Subnet of the ENI.
	// +optional
	SubnetID string `json:"subnetId,omitempty"`

	// State of the ENI in EC2, such as available or in-use.
	// +optional
	State string `json:"state,omitempty"`

	// Instance to which the ENI is attached.
	// +optional
	InstanceID string `json:"instanceId,omitempty"`

	// Public IPv4 address of the ENI, for which AWS charges.
	// +optional
	PublicIP string `json:"publicIp,omitempty"`

	// Namespace and name of the NetworkInterface for which the ENI was created.
	// +optional
	Object string `json:"object,omitempty"`

	// Time at which that NetworkInterface was created.
	// +optional
	CreatedAt *metav1.Time `json:"createdAt,omitempty"`
}

// MaxLeakedNetworkInterfaces is the maximum number of leaked ENIs in a status.
const MaxLeakedNetworkInterfaces = 100

// A NodeGroup is a number of nodes with the same instance type and the same number of ENIs of a
// provider config.
type NodeGroup struct {
	// Instance type of the nodes.
	InstanceType string `json:"instanceType"`

	// ENIs of the provider on each node, on network card 0, attached or not.
	NetworkInterfaces int32 `json:"networkInterfaces"`

	// ENIs that network card 0 supports, the primary one included.
	MaxNetworkInterfaces int32 `json:"maxNetworkInterfaces"`

	// IPv4 addresses that each ENI supports.
	AddressesPerNetworkInterface int32 `json:"addressesPerNetworkInterface"`

	// Number of nodes.
	Nodes int32 `json:"nodes"`

	// Name of one of the nodes.
	ExampleNode string `json:"exampleNode"`

	// Whether the NodeENIs of all these ENIs have a startup taint.
	// +optional
	StartupTaint bool `json:"startupTaint,omitempty"`

	// Pods that the kubelet of this node accepts. Unset if it is not known.
	// +optional
	MaxPods *int32 `json:"maxPods,omitempty"`

	// Settings with which the VPC CNI has an address for each pod and leaves places for the
	// provider's ENIs. Unset if the cluster has no VPC CNI, or if it only uses the primary
	// ENI.
	// +optional
	Recommended *NodeGroupSettings `json:"recommended,omitempty"`
}

// NodeGroupSettings are settings for nodes that have ENIs of the provider and of the VPC CNI.
type NodeGroupSettings struct {
	// MAX_ENI of the VPC CNI. Unset if it need not be set, because the nodes have a startup taint
	// until the provider's ENIs are attached.
	// +optional
	MaxENI *int32 `json:"maxENI,omitempty"`

	// Largest max-pods of the kubelet.
	MaxPods int32 `json:"maxPods"`

	// RESERVED_ENIS of Karpenter.
	ReservedENIs int32 `json:"reservedENIs"`
}

// MaxNodeGroups is the maximum number of node groups in a status.
const MaxNodeGroups = 50

// Names of quotas in a status.
const (
	// QuotaNetworkInterfacesPerRegion is the quota of ENIs of the account in the region.
	QuotaNetworkInterfacesPerRegion = "NetworkInterfacesPerRegion"

	// QuotaSecurityGroupsPerNetworkInterface is the quota of security groups of an ENI.
	QuotaSecurityGroupsPerNetworkInterface = "SecurityGroupsPerNetworkInterface"
)

// A Quota is a quota of the AWS account in the region.
type Quota struct {
	// Name of the quota.
	Name string `json:"name"`

	// Code of the quota in Service Quotas.
	Code string `json:"code"`

	// Value of the quota.
	Limit int32 `json:"limit"`

	// How much of the quota all programs of the account use. Unset if it is not a quota of the
	// region.
	// +optional
	Used *int32 `json:"used,omitempty"`
}

// A SubnetCapacity is the use of a subnet's IPv4 addresses by all programs.
type SubnetCapacity struct {
	// Id of the subnet.
	SubnetID string `json:"subnetId"`

	// Zone of the subnet.
	// +optional
	AvailabilityZone string `json:"availabilityZone,omitempty"`

	// IPv4 addresses of the subnet that EC2 assigns.
	Addresses int32 `json:"addresses"`

	// Free IPv4 addresses. EC2 counts them with a delay.
	FreeAddresses int32 `json:"freeAddresses"`
}

// MaxSubnets is the maximum number of subnets in a status.
const MaxSubnets = 100

// A ProviderConfigStatus is the observed state of a provider config.
type ProviderConfigStatus struct {
	xpv2.ProviderConfigStatus `json:",inline"`

	// AWS account of the credentials when last resolved. The credentials are not used
	// to change objects that were created in another account.
	// +optional
	AccountID string `json:"accountID,omitempty"`

	// AWS region in which objects without a region of their own were last created.
	// +optional
	Region string `json:"region,omitempty"`

	// Secret that the finalizer networking.k8s.aws/in-use protects from deletion while
	// this config has users.
	// +optional
	HeldSecret *xpv2.SecretReference `json:"heldSecret,omitempty"`

	// Number of ENIs of this cluster that belong to no object, as of the last search of
	// the garbage collector. Unset if it never found one.
	// +optional
	LeakedNetworkInterfaceCount *int32 `json:"leakedNetworkInterfaceCount,omitempty"`

	// The first 100 of these ENIs, by their ids.
	// +optional
	// +listType=map
	// +listMapKey=networkInterfaceId
	// +kubebuilder:validation:MaxItems=100
	LeakedNetworkInterfaces []LeakedNetworkInterface `json:"leakedNetworkInterfaces,omitempty"`

	// Quotas of the account in the provider's region. Unset if the credentials have no permission to
	// read them. Updated every hour, or every ten minutes if more than half of a quota is used.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=10
	Quotas []Quota `json:"quotas,omitempty"`

	// Subnets of this config's ENIs in the provider's region, at most 100, with the fewest free
	// addresses first. Updated every five minutes.
	// +optional
	// +listType=map
	// +listMapKey=subnetId
	// +kubebuilder:validation:MaxItems=100
	Subnets []SubnetCapacity `json:"subnets,omitempty"`

	// Kinds of nodes that have ENIs of this config, and settings of the VPC CNI, the kubelet and
	// Karpenter for them. Updated every minute.
	// +optional
	// +listType=map
	// +listMapKey=instanceType
	// +listMapKey=networkInterfaces
	// +kubebuilder:validation:MaxItems=50
	NodeGroups []NodeGroup `json:"nodeGroups,omitempty"`
}

// A ProviderConfig configures access to an AWS account for the managed resources of
// its namespace, with credentials from a Secret of that namespace and AWS's own
// endpoints. The provider's own identity requires a ClusterProviderConfig; other
// endpoints and assumed roles require one too, except in the namespaces of the
// provider's flag --providerconfig-endpoint-namespaces. Attachments that use a
// ProviderConfig may address nodes (spec.forProvider.nodeName or spec.host) only in the
// provider's own namespace and in the namespaces of its flag
// --providerconfig-host-namespaces.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,categories={crossplane,provider,aws}
// +kubebuilder:printcolumn:name="SOURCE",type="string",JSONPath=".spec.credentials.source"
// +kubebuilder:printcolumn:name="USERS",type="integer",JSONPath=".status.users"
// +kubebuilder:printcolumn:name="ACCOUNT",type="string",JSONPath=".status.accountID"
// +kubebuilder:printcolumn:name="PREFLIGHT",type="string",JSONPath=".status.conditions[?(@.type=='Preflight')].reason"
// +kubebuilder:printcolumn:name="REGION",type="string",JSONPath=".status.region",priority=1
// +kubebuilder:printcolumn:name="SECRET-NAME",type="string",JSONPath=".spec.credentials.secretRef.name",priority=1
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp"
type ProviderConfig struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Access to the account, with a Secret of the same namespace.
	// +kubebuilder:validation:XValidation:rule="self.credentials.source == 'Secret' && !has(self.credentials.webIdentity)",message="a ProviderConfig accepts credentials only from a Secret of its own namespace (source: Secret); None, IRSA, WebIdentity and PodIdentity are the provider's own identity: use a ClusterProviderConfig whose allowedNamespaces select this namespace"
	// +kubebuilder:validation:XValidation:rule="!has(self.credentials.secretRef) || self.credentials.source == 'Secret'",message="secretRef is only used with source: Secret"
	Spec ProviderConfigSpec `json:"spec"`
	// Observed state of the config, with the number of its users.
	Status ProviderConfigStatus `json:"status,omitempty"`
}

// A ProviderConfigList is a list of ProviderConfigs.
//
// +kubebuilder:object:root=true
type ProviderConfigList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ProviderConfig `json:"items"`
}

// A ClusterProviderConfig configures access to an AWS account for the managed
// resources of the namespaces that it allows. Resources without a providerConfigRef use
// the ClusterProviderConfig named default.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories={crossplane,provider,aws}
// +kubebuilder:printcolumn:name="SOURCE",type="string",JSONPath=".spec.credentials.source"
// +kubebuilder:printcolumn:name="USERS",type="integer",JSONPath=".status.users"
// +kubebuilder:printcolumn:name="ACCOUNT",type="string",JSONPath=".status.accountID"
// +kubebuilder:printcolumn:name="PREFLIGHT",type="string",JSONPath=".status.conditions[?(@.type=='Preflight')].reason"
// +kubebuilder:printcolumn:name="REGION",type="string",JSONPath=".status.region",priority=1
// +kubebuilder:printcolumn:name="SECRET-NAME",type="string",JSONPath=".spec.credentials.secretRef.name",priority=1
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp"
type ClusterProviderConfig struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Access to the account.
	// +kubebuilder:validation:XValidation:rule="!has(self.credentials.secretRef) || self.credentials.source == 'Secret'",message="secretRef is only used with source: Secret"
	Spec ClusterProviderConfigSpec `json:"spec"`
	// Observed state of the config, with the number of its users.
	Status ProviderConfigStatus `json:"status,omitempty"`
}

// A ClusterProviderConfigList is a list of ClusterProviderConfigs.
//
// +kubebuilder:object:root=true
type ClusterProviderConfigList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ClusterProviderConfig `json:"items"`
}

// A ProviderConfigUsage records that a managed resource, or a NodeENI with all its managed
// resources, uses a ProviderConfig or ClusterProviderConfig, and protects the config from
// deletion.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Namespaced,categories={crossplane,provider,aws}
// +kubebuilder:printcolumn:name="CONFIG-KIND",type="string",JSONPath=".providerConfigRef.kind"
// +kubebuilder:printcolumn:name="CONFIG-NAME",type="string",JSONPath=".providerConfigRef.name"
// +kubebuilder:printcolumn:name="RESOURCE-KIND",type="string",JSONPath=".resourceRef.kind"
// +kubebuilder:printcolumn:name="RESOURCE-NAME",type="string",JSONPath=".resourceRef.name"
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp"
type ProviderConfigUsage struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	xpv2.TypedProviderConfigUsage `json:",inline"`
}

// A ProviderConfigUsageList is a list of ProviderConfigUsages.
//
// +kubebuilder:object:root=true
type ProviderConfigUsageList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ProviderConfigUsage `json:"items"`
}
