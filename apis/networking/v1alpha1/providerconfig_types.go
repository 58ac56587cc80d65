package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

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
	// Where credentials come from. None: the AWS SDK's default chain
	// (environment, shared files, container and instance metadata). Secret:
	// an AWS shared credentials file, or JSON with aws_access_key_id and
	// aws_secret_access_key, in a Secret. IRSA: the role of the pod's service
	// account. WebIdentity: the pod's token exchanged for webIdentity.roleARN.
	// PodIdentity: the EKS Pod Identity agent.
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

	// File with the token. Default: that of AWS_WEB_IDENTITY_TOKEN_FILE.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
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

	// Roles to assume, one after the other.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	AssumeRoleChain []AssumeRoleOptions `json:"assumeRoleChain,omitempty"`

	// Where AWS is reached, for VPC endpoints and emulators. Default: AWS's
	// own endpoints of the region.
	// +optional
	Endpoint *EndpointConfig `json:"endpoint,omitempty"`
}

// A ProviderConfigStatus counts the users of a ProviderConfig.
type ProviderConfigStatus struct {
	xpv2.ProviderConfigStatus `json:",inline"`
}

// A ProviderConfig says how to reach an AWS account, for the managed resources
// of its namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,categories={crossplane,provider,aws}
// +kubebuilder:printcolumn:name="SOURCE",type="string",JSONPath=".spec.credentials.source"
// +kubebuilder:printcolumn:name="USERS",type="integer",JSONPath=".status.users"
// +kubebuilder:printcolumn:name="SECRET-NAME",type="string",JSONPath=".spec.credentials.secretRef.name",priority=1
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp"
type ProviderConfig struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// How to reach the account.
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
// resources of any namespace. The one named default is used by resources that
// name none.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories={crossplane,provider,aws}
// +kubebuilder:printcolumn:name="SOURCE",type="string",JSONPath=".spec.credentials.source"
// +kubebuilder:printcolumn:name="USERS",type="integer",JSONPath=".status.users"
// +kubebuilder:printcolumn:name="SECRET-NAME",type="string",JSONPath=".spec.credentials.secretRef.name",priority=1
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp"
type ClusterProviderConfig struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// How to reach the account.
	// +kubebuilder:validation:XValidation:rule="!has(self.credentials.secretRef) || self.credentials.source == 'Secret'",message="secretRef is only used with source: Secret"
	Spec ProviderConfigSpec `json:"spec"`
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
