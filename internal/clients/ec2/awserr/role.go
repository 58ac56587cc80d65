// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package awserr

import (
	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// A RoleError is a rejected or failed request to STS for the credentials of a role. The
// call to EC2 that needed them was not sent.
type RoleError struct {
	// Role is the ARN of the role.
	Role string
	// Action is STS's action, such as AssumeRole.
	Action string
	// Err is the error of STS.
	Err error
}

// Error implements error. The text is the same at each retry.
func (e *RoleError) Error() string {
	return "cannot assume role " + e.Role + " with sts:" + e.Action + ": " + Clean(e.Err).Error()
}

// Unwrap returns the error of STS.
func (e *RoleError) Unwrap() error { return e.Err }

// classifyRole returns the classification of a RoleError. The advice for EC2's errors does
// not apply: the role's policies are not the cause.
func classifyRole(e *RoleError) Classification {
	c := Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonCredentialsRejected}
	switch {
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
