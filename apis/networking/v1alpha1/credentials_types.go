// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
)

// A CredentialsSource is a source of AWS credentials.
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

	// CredentialsSourceWebIdentity assumes a given role with a web identity token.
	CredentialsSourceWebIdentity CredentialsSource = "WebIdentity"

	// CredentialsSourcePodIdentity uses the EKS Pod Identity agent.
	CredentialsSourcePodIdentity CredentialsSource = "PodIdentity"
)

// ProviderCredentials configures the credentials that sign requests.
//
// +kubebuilder:validation:XValidation:rule="self.source != 'Secret' || has(self.secretRef)",message="source Secret needs secretRef, with the name, namespace and key of the Secret"
// +kubebuilder:validation:XValidation:rule="self.source != 'WebIdentity' || has(self.webIdentity)",message="source WebIdentity needs webIdentity.roleARN"
type ProviderCredentials struct {
	// Source of the credentials. A source never falls back to another source; an
	// incomplete source is reported in the conditions of the objects that use it.
	// None: the AWS SDK's default chain (environment, shared files, container and
	// instance metadata). Secret: an AWS shared credentials file, or JSON with
	// aws_access_key_id and aws_secret_access_key, in a Secret. IRSA: the role and
	// token of the provider's service account, from AWS_ROLE_ARN and
	// AWS_WEB_IDENTITY_TOKEN_FILE. WebIdentity: webIdentity.roleARN, assumed with a
	// token of the provider's pod. PodIdentity: the EKS Pod Identity agent, from
	// AWS_CONTAINER_CREDENTIALS_FULL_URI. A ProviderConfig accepts only Secret: the
	// other sources are identities of the provider itself, which require a
	// ClusterProviderConfig.
	Source CredentialsSource `json:"source"`

	// Key of the Secret, with source Secret. For a ProviderConfig the Secret
	// must be in its namespace.
	// +optional
	SecretRef *xpv2.SecretKeySelector `json:"secretRef,omitempty"`

	// Role to assume with the pod's token, with source WebIdentity.
	// +optional
	WebIdentity *WebIdentity `json:"webIdentity,omitempty"`
}

// A RoleARN is the ARN of an IAM role.
//
// +kubebuilder:validation:MaxLength=2048
// +kubebuilder:validation:XValidation:rule="self.matches('^arn:aws[a-zA-Z-]*:iam::[0-9]{12}:role/.+$')",message="must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/eni"
type RoleARN string

// WebIdentity configures a role to assume with a web identity token.
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
	// sts.amazonaws.com there. Default: the value of the environment variable
	// AWS_WEB_IDENTITY_TOKEN_FILE.
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

	// External id that the role's trust policy requires.
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

	// Keys of the session tags that are passed to the next role in the chain.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	TransitiveTagKeys []string `json:"transitiveTagKeys,omitempty"`
}
