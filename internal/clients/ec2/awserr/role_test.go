// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package awserr

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

func TestRoleError(t *testing.T) {
	const role = "arn:aws:iam::123456789012:role/eni"
	// of returns the error of a call to EC2 whose credentials STS did not return.
	of := func(action string, err error) error {
		return fmt.Errorf("operation error EC2: DescribeSubnets, get identity: %w", &RoleError{Role: role, Action: action, Err: err})
	}
	type want struct {
		Text   string
		Class  Class
		Reason xpv2.ConditionReason
		Advice string // a part
	}
	cases := map[string]struct {
		reason string
		args   error
		want   want
	}{
		"Denied": {
			reason: "The advice for a denied AssumeRole is about the role, not about EC2's policy.",
			args:   of("AssumeRole", apiError("AccessDenied", "User: a is not authorized to perform: sts:AssumeRole", "1")),
			want:   want{"cannot assume role " + role + " with sts:AssumeRole: AccessDenied: User: a is not authorized to perform: sts:AssumeRole", ClassBackoff, networkingv1alpha1.ReasonMissingPermission, "trust policy"},
		},
		"DeniedToken": {
			reason: "A role for a token trusts the cluster's OIDC provider.",
			args:   of("AssumeRoleWithWebIdentity", apiError("AccessDenied", "Not authorized", "1")),
			want:   want{"cannot assume role " + role + " with sts:AssumeRoleWithWebIdentity: AccessDenied: Not authorized", ClassBackoff, networkingv1alpha1.ReasonMissingPermission, "OIDC provider"},
		},
		"InvalidToken": {
			reason: "A token with another audience is rejected.",
			args:   of("AssumeRoleWithWebIdentity", apiError("InvalidIdentityToken", "Incorrect token audience", "1")),
			want:   want{"cannot assume role " + role + " with sts:AssumeRoleWithWebIdentity: InvalidIdentityToken: Incorrect token audience", ClassBackoff, networkingv1alpha1.ReasonCredentialsRejected, "audience"},
		},
		"Expired": {
			reason: "The credentials that assume the role may have expired.",
			args:   of("AssumeRole", apiError("ExpiredToken", "The security token included in the request is expired", "1")),
			want:   want{"cannot assume role " + role + " with sts:AssumeRole: ExpiredToken: The security token included in the request is expired", ClassBackoff, networkingv1alpha1.ReasonCredentialsRejected, "with which the role is assumed"},
		},
		"Unreachable": {
			reason: "STS may not be reachable.",
			args:   of("AssumeRole", errors.New("no such host")),
			want:   want{"cannot assume role " + role + " with sts:AssumeRole: no such host", ClassTransient, networkingv1alpha1.ReasonEC2Unavailable, ""},
		},
		"NoToken": {
			reason: "A token that cannot be read is an error of the configuration.",
			args:   of("AssumeRoleWithWebIdentity", fmt.Errorf("failed to retrieve jwt: %w", &TokenError{Err: errors.New("cannot read token file \"/t\"")})),
			want:   want{"cannot assume role " + role + " with sts:AssumeRoleWithWebIdentity: cannot read token file \"/t\"", ClassBackoff, networkingv1alpha1.ReasonCredentialsRejected, "mount a projected token"},
		},
		"PodIdentityDenied": {
			reason: "The agent rejects a pod without an association. It returns no code.",
			args:   of(PodIdentityAction, &smithy.GenericAPIError{Message: "no association", Fault: smithy.FaultClient}),
			want:   want{"cannot get credentials from the EKS Pod Identity agent: no association", ClassBackoff, networkingv1alpha1.ReasonMissingPermission, "create a pod identity association"},
		},
		"PodIdentityFails": {
			reason: "The agent may fail.",
			args:   of(PodIdentityAction, &smithy.GenericAPIError{Message: "try again", Fault: smithy.FaultServer}),
			want:   want{"cannot get credentials from the EKS Pod Identity agent: try again", ClassTransient, networkingv1alpha1.ReasonEC2Unavailable, ""},
		},
		"Throttled": {
			reason: "STS may throttle.",
			args:   of("AssumeRole", apiError("Throttling", "Rate exceeded", "1")),
			want:   want{"cannot assume role " + role + " with sts:AssumeRole: Throttling: Rate exceeded", ClassThrottled, networkingv1alpha1.ReasonEC2Throttled, ""},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := Classify(tc.args)
			got := want{Text: Clean(tc.args).Error(), Class: c.Class, Reason: c.Reason, Advice: tc.want.Advice}
			if diff := cmp.Diff(tc.want, got); diff != "" || !strings.Contains(c.Advice, tc.want.Advice) {
				t.Errorf("\n%s\nClassify(...), Clean(...): advice %q, -want, +got:\n%s", tc.reason, c.Advice, diff)
			}
		})
	}
}
