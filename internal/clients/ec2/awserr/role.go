// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package awserr

import (
	"strings"

	"github.com/aws/smithy-go"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// A RoleError is a rejected or failed request to STS for the credentials of a role. The
// call to EC2 that needed them was not sent.
type RoleError struct {
	// Role is the ARN of the role, or empty for PodIdentityAction: the agent knows the role.
	Role string
	// Action is STS's action, such as AssumeRole, or PodIdentityAction.
	Action string
	// Err is the error of STS, or a TokenError.
	Err error
}

// PodIdentityAction is the action of the EKS Pod Identity agent, to which the provider sends
// no request to STS.
const PodIdentityAction = "AssumeRoleForPodIdentity"

// A TokenError is a token file that cannot be read.
type TokenError struct{ Err error }

// Error implements error.
func (e *TokenError) Error() string { return e.Err.Error() }

// Unwrap returns the error of reading the file.
func (e *TokenError) Unwrap() error { return e.Err }

// Error implements error. The text is the same at each retry.
func (e *RoleError) Error() string {
	if e.Action == PodIdentityAction {
		return "cannot get credentials from the EKS Pod Identity agent: " + e.cause()
	}
	return "cannot assume role " + e.Role + " with sts:" + e.Action + ": " + e.cause()
}

// cause returns the text of the error of STS, of the agent, or of the token file.
func (e *RoleError) cause() string {
	var token *TokenError
	if errors.As(e.Err, &token) {
		return token.Error()
	}
	var agent smithy.APIError
	if e.Action == PodIdentityAction && errors.As(e.Err, &agent) {
		return strings.TrimSpace(agent.ErrorMessage())
	}
	return Clean(e.Err).Error()
}

// Unwrap returns the error of STS.
func (e *RoleError) Unwrap() error { return e.Err }

// classifyRole returns the classification of a RoleError. The advice for EC2's errors does
// not apply: the role's policies are not the cause.
func classifyRole(e *RoleError) Classification {
	c := Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonCredentialsRejected}
	var token *TokenError
	var answer smithy.APIError
	switch {
	case errors.As(e.Err, &token):
		c.Advice = "mount a projected token of the provider's service account at this path, with the audience of the role's trust policy"
	case e.Action == PodIdentityAction && errors.As(e.Err, &answer) && answer.ErrorFault() == smithy.FaultClient:
		c.Reason = networkingv1alpha1.ReasonMissingPermission
		c.Advice = "create a pod identity association for the provider's service account, with a role that trusts pods.eks.amazonaws.com"
	case Code(e.Err) == "":
		return Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonEC2Unavailable}
	case is(e.Err, problemUnauthorized) && e.Action == "AssumeRole":
		c.Reason = networkingv1alpha1.ReasonMissingPermission
		c.Advice = "allow sts:AssumeRole for this role in a policy of the identity that assumes it, and allow that identity, and the external id if there is one, in the role's trust policy"
	case is(e.Err, problemUnauthorized):
		c.Reason = networkingv1alpha1.ReasonMissingPermission
		c.Advice = "allow sts:" + e.Action + " in the role's trust policy, for the OIDC provider of this cluster and the provider's service account"
	case is(e.Err, problemCredentials) && e.Action == "AssumeRole":
		c.Advice = "correct the credentials with which the role is assumed"
	case is(e.Err, problemCredentials):
		c.Advice = "the token was rejected: check its audience, sts.amazonaws.com, and the OIDC provider of this cluster in IAM"
	default:
		return Classify(e.Err)
	}
	return c
}

// roleError returns the RoleError in err, or nil.
func roleError(err error) *RoleError {
	var r *RoleError
	if errors.As(err, &r) {
		return r
	}
	return nil
}
