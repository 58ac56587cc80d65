// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// otherSpellings are errors with codes that other AWS services use for the same problem, and
// with codes of parameters that a validated spec does not set.
func otherSpellings() []rejectedCall {
	create := func(code string, reason xpv2.ConditionReason, calls int, recovers time.Duration) rejectedCall {
		return rejectedCall{action: "CreateNetworkInterface", code: code, reason: reason, calls: calls, recovers: recovers}
	}
	edit := func(r rejectedCall) rejectedCall { r.edit = true; return r }
	return []rejectedCall{
		create("InternalServerError", v1alpha1.ReasonEC2Unavailable, soon*thrice, seconds),
		create("AccessDeniedException", v1alpha1.ReasonMissingPermission, slow, minutes),
		create("ExpiredTokenException", v1alpha1.ReasonCredentialsRejected, slow, minutes),
		create("IncompleteSignature", v1alpha1.ReasonCredentialsRejected, slow, minutes),
		edit(create("InvalidSubnetID.Malformed", v1alpha1.ReasonInvalidID, terminal, seconds)),
		edit(create("InvalidGroupId.Malformed", v1alpha1.ReasonInvalidID, terminal, seconds)),
		edit(create("InvalidSecurityGroupId.Malformed", v1alpha1.ReasonInvalidID, terminal, seconds)),
		edit(create("InvalidID", v1alpha1.ReasonInvalidID, terminal, seconds)),
		edit(create("InvalidClientToken", v1alpha1.ReasonInvalidParameters, terminal, seconds)),
		create("InvalidNetworkInterface.NotFound", v1alpha1.ReasonWaitingForNetworkInterface, soon, seconds),
		create("InvalidInstanceID", v1alpha1.ReasonWaitingForInstance, soon, seconds),
		edit(create("InvalidParameter", v1alpha1.ReasonInvalidParameters, terminal, seconds)),
		edit(create("MissingParameter", v1alpha1.ReasonInvalidParameters, terminal, seconds)),
		edit(create("UnknownParameter", v1alpha1.ReasonInvalidParameters, terminal, seconds)),
		edit(create("InvalidTagKey.Malformed", v1alpha1.ReasonInvalidParameters, terminal, seconds)),
	}
}

// notInjected are the codes of the table that no row injects, and why not.
func notInjected() map[string]string {
	return map[string]string{
		"IDPRejectedClaim":                           "Only STS returns it, for a token: TestRoleError.",
		"InvalidIdentityToken":                       "Only STS returns it, for a token: TestRoleError.",
		"InvalidAttachmentID.NotFound":               "TestStaleRelease injects it: for the only call that names an attachment it means that there is nothing to do.",
		"InvalidAssociationID.NotFound":              "TestElasticIPUpdate injects it: for the only call that names an association it means that there is nothing to do.",
		"InvalidAttachment.NotFound":                 "It is how other actions may spell InvalidAttachmentID.NotFound.",
		"InvalidVpcID.Malformed":                     "The provider names no VPC in a call that changes anything.",
		"InvalidAttachmentID.Malformed":              "DetachNetworkInterface has InvalidNetworkInterfaceAttachmentId.Malformed for it; this is how other actions may spell it.",
		"InvalidNetworkInterfacePermission.NotFound": "It is of a permission to use a network interface, and the provider makes no call about those.",
		"InvalidPermission.NotFound":                 "It is of a rule of a security group, and the provider makes no call about those.",
	}
}

// injectedCodes are the codes that the simulations of rejected calls inject.
func injectedCodes() map[string]bool {
	all := append(rejectedCalls(), rejectedBeforeCreate()...)
	for _, c := range lateCalls() {
		all = append(all, lateRejections(c.action)...)
	}
	for _, c := range addressCalls() {
		all = append(all, addressRefusals(c.action)...)
	}
	out := map[string]bool{}
	for _, r := range all {
		out[strings.ToLower(r.code)] = true
	}
	return out
}

// TestEachCodeIsInjected checks that a simulation injects each code of the table.
func TestEachCodeIsInjected(t *testing.T) {
	codes := awserr.Codes()
	if len(codes) < 50 {
		t.Fatalf("%d codes were found in the table: it is written otherwise than this test reads it", len(codes))
	}
	injected, excused := injectedCodes(), notInjected()
	var missing []string
	for _, c := range codes {
		if !injected[strings.ToLower(c)] {
			missing = append(missing, c)
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(excused)), missing); diff != "" {
		t.Errorf("\nEach code of the table is injected by a simulation, unless it is listed with the reason why not.\n-listed, +not injected:\n%s", diff)
	}
}
