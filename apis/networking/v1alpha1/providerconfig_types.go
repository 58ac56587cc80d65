package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// FinalizerInUse keeps a Secret with credentials while a ProviderConfig or
// ClusterProviderConfig that names it has users: they need it to release their
// network interfaces.
const FinalizerInUse = "networking.k8s.aws/in-use"

// A CredentialsSource says where AWS credentials come from.
//
// +kubebuilder:validation:Enum=None;Secret;IRSA;WebIdentity;PodIdentity
type CredentialsSource string

const (
	// CredentialsSourceNone uses the AWS SDK's default chain.
	CredentialsSourceNone CredentialsSource = "None"

	// CredentialsSourceSecret reads a Secret.
	CredentialsSourceSecret CredentialsSource = "Secret"

	// CredentialsSourceIRSA uses the IAM role of the pod's service account.
	CredentialsSourceIRSA CredentialsSource = "IRSA"

	// CredentialsSourceWebIdentity exchanges a token for a role of choice.
	CredentialsSourceWebIdentity CredentialsSource = "WebIdentity"

	// CredentialsSourcePodIdentity uses the EKS Pod Identity agent.
	CredentialsSourcePodIdentity CredentialsSource = "PodIdentity"
)

// ProviderCredentials say how to sign requests.
//
// +kubebuilder:validation:XValidation:rule="self.source != 'Secret' || has(self.secretRef)",message="source Secret needs secretRef, with the name, namespace and key of the Secret"
// +kubebuilder:validation:XValidation:rule="self.source != 'WebIdentity' || has(self.webIdentity)",message="source WebIdentity needs webIdentity.roleARN"
type ProviderCredentials struct {
	// Source of the credentials. No source falls back to another one; if a
	// source lacks something, its users report what is missing. None: the AWS
	// SDK's default chain (environment, shared files, container and instance
	// metadata). Secret: an AWS shared credentials file, or JSON with
	// aws_access_key_id and aws_secret_access_key, in a Secret. IRSA: the role
	// and token of the provider's service account, from AWS_ROLE_ARN and
	// AWS_WEB_IDENTITY_TOKEN_FILE. WebIdentity: a token of the provider's pod,
	// exchanged for webIdentity.roleARN. PodIdentity: the EKS Pod Identity
	// agent, from AWS_CONTAINER_CREDENTIALS_FULL_URI. A ProviderConfig accepts
	// only Secret: the other sources are identities of the provider itself,
	// and belong in a ClusterProviderConfig.
	Source CredentialsSource `json:"source"`

	// Key of the Secret, with source Secret. For a ProviderConfig the Secret
	// must be in its namespace.
	// +optional
	SecretRef *xpv2.SecretKeySelector `json:"secretRef,omitempty"`

	// Role to assume with the pod's token, with source WebIdentity.
	// +optional
	WebIdentity *WebIdentity `json:"webIdentity,omitempty"`
}

// A RoleARN names an IAM role.
//
// +kubebuilder:validation:MaxLength=2048
// +kubebuilder:validation:XValidation:rule="self.matches('^arn:aws[a-zA-Z-]*:iam::[0-9]{12}:role/.+$')",message="must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/eni"
type RoleARN string

// WebIdentity exchanges a token for a role.
type WebIdentity struct {
	// Role to assume.
	RoleARN RoleARN `json:"roleARN"`

	// Session name. Default: provider-aws-eni.
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=64
	RoleSessionName *string `json:"roleSessionName,omitempty"`

	// File with the token, of at most 64 KiB, below
	// /var/run/secrets/eks.amazonaws.com/serviceaccount/ or
	// /var/run/secrets/provider-aws-eni/tokens/ in the provider's pod. No
	// other file is read, and no symbolic link is followed out of these
	// directories. Mount a projected service account token with the audience
	// sts.amazonaws.com there. Default: the file that
	// AWS_WEB_IDENTITY_TOKEN_FILE names.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	// +kubebuilder:validation:XValidation:rule="(self.startsWith('/var/run/secrets/eks.amazonaws.com/serviceaccount/') || self.startsWith('/var/run/secrets/provider-aws-eni/tokens/')) && !self.contains('..')",message="must be a file below /var/run/secrets/eks.amazonaws.com/serviceaccount/ or /var/run/secrets/provider-aws-eni/tokens/"
	TokenFile *string `json:"tokenFile,omitempty"`
}

// A SessionTag is a tag of an assumed role's session.
type SessionTag struct {
	// Key of the tag.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	Key string `json:"key"`
	// Value of the tag.
	// +kubebuilder:validation:MaxLength=256
	Value string `json:"value"`
}

// AssumeRoleOptions is one role of a chain.
type AssumeRoleOptions struct {
	// Role to assume with the credentials so far.
	RoleARN RoleARN `json:"roleARN"`

	// External id that the role's trust policy asks for.
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=1224
	ExternalID *string `json:"externalID,omitempty"`

	// Session tags.
	// +optional
	// +listType=map
	// +listMapKey=key
	// +kubebuilder:validation:MaxItems=50
	Tags []SessionTag `json:"tags,omitempty"`

	// Keys of the session tags that pass on to the next role.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	TransitiveTagKeys []string `json:"transitiveTagKeys,omitempty"`
}

// EndpointURL is where AWS is reached.
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

// EndpointConfig overrides where AWS is reached.
type EndpointConfig struct {
	// The URL.
	URL EndpointURL `json:"url"`

	// Services reached there: ec2, sts. Default: both.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=2
	// +kubebuilder:validation:items:Enum=ec2;sts
	Services []string `json:"services,omitempty"`
}

// A ProviderConfigSpec says how to reach an AWS account.
type ProviderConfigSpec struct {
	// How to sign requests.
	Credentials ProviderCredentials `json:"credentials"`

	// Roles to assume, one after the other. In a ProviderConfig, used only if
	// the provider's flag --providerconfig-endpoint-namespaces names its
	// namespace.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	AssumeRoleChain []AssumeRoleOptions `json:"assumeRoleChain,omitempty"`

	// Where AWS is reached, for VPC endpoints and emulators. Credentials are
	// sent there. Default: AWS's own endpoints of the region. In a
	// ProviderConfig, used only if the provider's flag
	// --providerconfig-endpoint-namespaces names its namespace.
	// +optional
	Endpoint *EndpointConfig `json:"endpoint,omitempty"`
}

// A NamespaceSelector selects namespaces. It selects a namespace that either
// field selects, and none if both are absent.
type NamespaceSelector struct {
	// Names of namespaces.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=1024
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Names []string `json:"names,omitempty"`

	// Labels of namespaces. An empty selector selects every namespace. A
	// change of a namespace's labels takes effect at the next reconcile.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// A ClusterProviderConfigSpec says how to reach an AWS account, and for which
// namespaces.
type ClusterProviderConfigSpec struct {
	ProviderConfigSpec `json:",inline"`

	// Namespaces whose NetworkInterfaces and NetworkInterfaceAttachments may
	// use this config. Default: every namespace. The provider's own namespace,
	// where the objects of NodeENIs are, always may. If a namespace is no
	// longer selected, its objects report it in their Synced condition; their
	// ENIs stay as they are, and are still released when the objects are
	// deleted.
	// +optional
	AllowedNamespaces *NamespaceSelector `json:"allowedNamespaces,omitempty"`

	// Namespaces whose NetworkInterfaceAttachments may address nodes with this
	// config: set spec.forProvider.nodeName, or spec.host, which configures
	// the node's network. Default: only the provider's own namespace, which
	// always may. A namespace needs to be selected by allowedNamespaces too.
	// +optional
	HostNamespaces *NamespaceSelector `json:"hostNamespaces,omitempty"`
}

// A ProviderConfigStatus counts the users of a ProviderConfig.
type ProviderConfigStatus struct {
	xpv2.ProviderConfigStatus `json:",inline"`

	// AWS account that the credentials were last of. Objects that were created in
	// another account are not changed with them.
	// +optional
	AccountID string `json:"accountID,omitempty"`

	// AWS region that objects without a region of their own were last created in.
	// +optional
	Region string `json:"region,omitempty"`

	// The Secret that this config keeps from being deleted while it has
	// users, by the finalizer networking.k8s.aws/in-use.
	// +optional
	HeldSecret *xpv2.SecretReference `json:"heldSecret,omitempty"`
}

// A ProviderConfig says how to reach an AWS account, for the managed resources
// of its namespace: with credentials from a Secret of that namespace, at AWS's
// own endpoints. Everything else that sends credentials somewhere, or uses the
// provider's own identity, belongs in a ClusterProviderConfig. Objects that use
// a ProviderConfig address nodes (spec.forProvider.nodeName or spec.host of an
// attachment) only in the provider's own namespace and in those that its flag
// --providerconfig-host-namespaces names.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,categories={crossplane,provider,aws}
// +kubebuilder:printcolumn:name="SOURCE",type="string",JSONPath=".spec.credentials.source"
// +kubebuilder:printcolumn:name="USERS",type="integer",JSONPath=".status.users"
// +kubebuilder:printcolumn:name="ACCOUNT",type="string",JSONPath=".status.accountID"
// +kubebuilder:printcolumn:name="REGION",type="string",JSONPath=".status.region",priority=1
// +kubebuilder:printcolumn:name="SECRET-NAME",type="string",JSONPath=".spec.credentials.secretRef.name",priority=1
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp"
type ProviderConfig struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// How to reach the account: with a Secret of the same namespace.
	// +kubebuilder:validation:XValidation:rule="self.credentials.source == 'Secret' && !has(self.credentials.webIdentity)",message="a ProviderConfig takes credentials only from a Secret of its own namespace (source: Secret); None, IRSA, WebIdentity and PodIdentity are the provider's own identity: use a ClusterProviderConfig, whose allowedNamespaces may name this namespace"
	// +kubebuilder:validation:XValidation:rule="!has(self.credentials.secretRef) || self.credentials.source == 'Secret'",message="secretRef is only used with source: Secret"
	Spec ProviderConfigSpec `json:"spec"`
	// Who uses it.
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

// A ClusterProviderConfig says how to reach an AWS account, for the managed
// resources of the namespaces that it allows. The ClusterProviderConfig named
// default is used by resources that name no config.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories={crossplane,provider,aws}
// +kubebuilder:printcolumn:name="SOURCE",type="string",JSONPath=".spec.credentials.source"
// +kubebuilder:printcolumn:name="USERS",type="integer",JSONPath=".status.users"
// +kubebuilder:printcolumn:name="ACCOUNT",type="string",JSONPath=".status.accountID"
// +kubebuilder:printcolumn:name="REGION",type="string",JSONPath=".status.region",priority=1
// +kubebuilder:printcolumn:name="SECRET-NAME",type="string",JSONPath=".spec.credentials.secretRef.name",priority=1
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp"
type ClusterProviderConfig struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// How to reach the account.
	// +kubebuilder:validation:XValidation:rule="!has(self.credentials.secretRef) || self.credentials.source == 'Secret'",message="secretRef is only used with source: Secret"
	Spec ClusterProviderConfigSpec `json:"spec"`
	// Who uses it.
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

// A ProviderConfigUsage says that a managed resource uses a ProviderConfig or
// ClusterProviderConfig, which is kept for as long as it does.
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
