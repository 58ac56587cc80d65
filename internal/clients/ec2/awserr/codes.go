// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package awserr

import (
	"maps"
	"slices"
	"strings"
	"sync"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// OK is used as the code of a successful call.
const OK = "OK"

// DryRun is the code with which EC2 responds to a dry run that it would carry out.
const DryRun = "DryRunOperation"

// invalidValue is the code that EC2 uses for the widest range of problems.
const invalidValue = "InvalidParameterValue"

// A problem groups rules of different codes or advice for a predicate.
type problem int

const (
	problemOther problem = iota
	problemThrottled
	problemMalformed
	problemNotFound
	problemInUse
	problemIndexTaken
	problemNotAssigned
	problemAttachmentLimit
	problemSubnetFull
	problemQuota
	problemIncorrectState
	problemNotPermitted
	problemTokenMismatch
	problemUnauthorized
	problemCredentials
	problemElasticIP
	problemNotAssociated
)

// An errorRule classifies some of EC2's codes.
type errorRule struct {
	codes []string
	// hint is a part of the message, in lower case, that the rule also requires. It is
	// set for codes that EC2 uses for different problems.
	hint           string
	problem        problem
	classification Classification
}

// rulesByCode returns the rules by code in lower case. It is built once: each failed call
// uses it.
var rulesByCode = sync.OnceValue(func() map[string][]errorRule { //nolint:gochecknoglobals // never modified
	byCode := map[string][]errorRule{}
	for _, r := range errorTable() {
		for _, c := range r.codes {
			c = strings.ToLower(c)
			byCode[c] = append(byCode[c], r)
		}
	}
	return byCode
})

// match returns the first rule for a code and a message.
func match(code, message string) (errorRule, bool) {
	for _, r := range rulesByCode()[strings.ToLower(code)] {
		if r.hint == "" || strings.Contains(strings.ToLower(message), r.hint) {
			return r, true
		}
	}
	return errorRule{}, false
}

// Codes returns the codes of the table, sorted.
func Codes() []string {
	codes := map[string]bool{}
	for _, r := range errorTable() {
		for _, c := range r.codes {
			codes[c] = true
		}
	}
	return slices.Sorted(maps.Keys(codes))
}

// Known reports whether a code is in the table.
func Known(code string) bool { return len(rulesByCode()[strings.ToLower(code)]) > 0 }

// IsThrottleCode reports whether EC2 returns a code for throttled calls.
func IsThrottleCode(code string) bool {
	r, _ := match(code, "")
	return r.problem == problemThrottled
}

// IsCredentialsCode reports whether AWS returns a code for invalid or expired credentials.
func IsCredentialsCode(code string) bool {
	r, _ := match(code, "")
	return r.problem == problemCredentials
}

// errorTable returns the rules for EC2's error codes. The first rule that matches applies.
// Codes without a rule are treated as transient and counted in a metric.
func errorTable() []errorRule {
	var out []errorRule
	for _, part := range [][]errorRule{serviceErrors(), idErrors(), stateErrors(), limitErrors(), parameterErrors(), elasticIPErrors(), accessErrors()} {
		out = append(out, part...)
	}
	return out
}

// serviceErrors has throttling and failures of the service.
func serviceErrors() []errorRule {
	return []errorRule{
		{
			codes:   []string{"RequestLimitExceeded", "Throttling", "ThrottlingException", "EC2ThrottledException", "TooManyRequestsException"},
			problem: problemThrottled, classification: Classification{Class: ClassThrottled, Reason: networkingv1alpha1.ReasonEC2Throttled},
		},
		{
			codes:          []string{"InternalError", "InternalFailure", "Unavailable", "ServiceUnavailable", "RequestTimeout", "InternalServerError"},
			classification: Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonEC2Unavailable},
		},
	}
}

// idErrors has malformed ids and ids of resources that do not exist.
func idErrors() []errorRule {
	return []errorRule{
		{
			codes: []string{
				"InvalidNetworkInterfaceID.Malformed", "InvalidNetworkInterfaceAttachmentId.Malformed", "InvalidAttachmentID.Malformed",
				"InvalidInstanceID.Malformed", "InvalidSubnetID.Malformed", "InvalidGroupId.Malformed", "InvalidSecurityGroupId.Malformed",
				"InvalidVpcID.Malformed", "InvalidID",
			},
			problem:        problemMalformed,
			classification: Classification{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonInvalidID, Advice: "correct the id in the spec or in the annotation crossplane.io/external-name"},
		},
		{
			codes:   []string{"InvalidNetworkInterfaceID.NotFound", "InvalidNetworkInterface.NotFound", "InvalidAttachmentID.NotFound", "InvalidAttachment.NotFound"},
			problem: problemNotFound, classification: Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonWaitingForNetworkInterface},
		},
		{
			codes:   []string{"InvalidInstanceID.NotFound", "InvalidInstanceID"},
			problem: problemNotFound, classification: Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonWaitingForInstance},
		},
		{
			codes:          []string{"InvalidSubnetID.NotFound", "InvalidSubnet"},
			problem:        problemNotFound,
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonSubnetNotFound, Advice: "name a subnet that exists in this region and account"},
		},
		{
			codes:          []string{"InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound", "InvalidSecurityGroup.NotFound"},
			problem:        problemNotFound,
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonSecurityGroupNotFound, Advice: "name security groups that exist in the subnet's VPC"},
		},
	}
}

// stateErrors has resources that are in use, or not in the required state.
func stateErrors() []errorRule {
	inUse := Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonInUse}
	waiting := Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonWaitingForInstance}
	return []errorRule{
		{codes: []string{"InvalidNetworkInterface.InUse"}, problem: problemInUse, classification: inUse},
		{codes: []string{invalidValue}, hint: "currently in use", problem: problemInUse, classification: inUse},
		{
			codes: []string{invalidValue}, hint: "attached at device index", problem: problemIndexTaken,
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonDeviceIndexTaken, Advice: "detach the network interface at that index, or set minDeviceIndex instead of deviceIndex to use the next free index"},
		},
		{codes: []string{invalidValue, "IncorrectState"}, hint: "is not 'running'", problem: problemIncorrectState, classification: waiting},
		{codes: []string{"IncorrectInstanceState", "IncorrectState"}, problem: problemIncorrectState, classification: waiting},
		{
			codes:          []string{"OperationNotPermitted"},
			problem:        problemNotPermitted,
			classification: Classification{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonNotOurs, Advice: "the network interface belongs to an AWS service: remove Create, Update and Delete from spec.managementPolicies to only observe it"},
		},
		{codes: []string{"DependencyViolation"}, classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonInUse, Advice: "remove the dependent resources first"}},
		{codes: []string{"IdempotentParameterMismatch"}, problem: problemTokenMismatch, classification: Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonEC2Refused}},
		{codes: []string{"ConcurrentTagAccess"}, classification: Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonEC2Refused}},
	}
}

// limitErrors has exceeded limits and quotas, and exhausted or used addresses.
func limitErrors() []errorRule {
	const fullSubnet = "release addresses of the subnet, or use another subnet"
	full := Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonSubnetFull, Advice: fullSubnet}
	return []errorRule{
		{
			codes:          []string{"AttachmentLimitExceeded"},
			problem:        problemAttachmentLimit,
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonInstanceENILimit, Advice: "detach another network interface, or use a larger instance type"},
		},
		{
			codes:          []string{"NetworkInterfaceLimitExceeded", "ResourceLimitExceeded"},
			problem:        problemQuota,
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonQuotaExceeded, Advice: "raise the quota \"Network interfaces per Region\" of the account, or delete unused network interfaces"},
		},
		{
			codes:          []string{"SecurityGroupsPerInterfaceLimitExceeded"},
			problem:        problemQuota,
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonQuotaExceeded, Advice: "use fewer security groups, or raise the quota \"Security groups per network interface\""},
		},
		{
			codes:          []string{"PrivateIpAddressLimitExceeded", "InvalidInterface.IpAddressLimitExceeded"},
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonAddressLimit, Advice: "request fewer addresses, or use a larger instance type"},
		},
		{codes: []string{"InsufficientFreeAddressesInSubnet", "InsufficientCidrBlocks"}, problem: problemSubnetFull, classification: full},
		{codes: []string{invalidValue}, hint: "sufficient free ipv4", problem: problemSubnetFull, classification: full},
		{
			codes:          []string{"InvalidIPAddress.InUse", "Resource.AlreadyAssigned"},
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonAddressInUse, Advice: "choose another address, or release this one"},
		},
		{
			codes: []string{invalidValue}, hint: "reserved",
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonAddressInUse, Advice: "choose an address outside of the subnet's reserved addresses"},
		},
	}
}

// parameterErrors has invalid and unsupported parameters.
func parameterErrors() []errorRule {
	invalid := Classification{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonInvalidParameters, Advice: "correct the spec, or create the object again if the field cannot be changed"}
	otherZone := Classification{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonInstanceInOtherZone, Advice: "use a subnet in the instance's zone"}
	return []errorRule{
		{codes: []string{"ZonesMismatched"}, classification: otherZone},
		{codes: []string{"InvalidParameterCombination"}, hint: "availability zone", classification: otherZone},
		{
			codes: []string{"UnsupportedOperation"}, hint: "while it is stopped",
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonUnsupported, Advice: "stop the instance; the network interface is then attached within minutes"},
		},
		{
			codes:          []string{"UnsupportedOperation", "Unsupported"},
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonUnsupported, Advice: "the instance type does not support this: remove the setting, or use another instance type"},
		},
		{
			codes:          []string{"TagLimitExceeded", "InvalidTagKey.Malformed"},
			classification: Classification{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonInvalidParameters, Advice: "EC2 permits at most 50 tags, 12 of which this provider sets: use fewer tags"},
		},
		{codes: []string{invalidValue}, hint: "not assigned to interface", problem: problemNotAssigned, classification: invalid},
		{
			codes:          []string{"InvalidParameterCombination", invalidValue, "InvalidParameter", "MissingParameter", "UnknownParameter", "InvalidPermission.NotFound", "InvalidClientToken"},
			classification: invalid,
		},
	}
}

// elasticIPErrors has Elastic IPs that cannot be associated.
func elasticIPErrors() []errorRule {
	inUse := Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonElasticIPInUse, Advice: "the Elastic IP is not taken from another resource: disassociate it there, or choose another Elastic IP"}
	notFound := Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonElasticIPNotFound, Advice: "name an Elastic IP that is allocated in the account and region of the network interface"}
	return []errorRule{
		{codes: []string{"Resource.AlreadyAssociated"}, problem: problemElasticIP, classification: inUse},
		{codes: []string{"InvalidAllocationID.NotFound"}, problem: problemElasticIP, classification: notFound},
		// EC2 returns it for addresses of other accounts and of services such as NAT gateways.
		{codes: []string{"AuthFailure"}, hint: "does not belong to you", problem: problemElasticIP, classification: notFound},
		{codes: []string{"AuthFailure"}, hint: "permission to access the specified resource", problem: problemElasticIP, classification: inUse},
		{codes: []string{"InvalidAssociationID.NotFound"}, problem: problemNotAssociated, classification: Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonEC2Refused}},
		{
			codes:          []string{"Gateway.NotAttached"},
			problem:        problemElasticIP,
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonNoInternetGateway, Advice: "attach an internet gateway to the VPC of the network interface"},
		},
	}
}

// accessErrors has credentials, permissions and accounts.
func accessErrors() []errorRule {
	missing := Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonMissingPermission, Advice: "attach the policy in docs/iam.md to the provider's IAM identity"}
	return []errorRule{
		{codes: []string{"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"}, problem: problemUnauthorized, classification: missing},
		{codes: []string{"InvalidNetworkInterfacePermission.NotFound"}, classification: missing},
		{
			// EC2 returns it for expired temporary credentials and for expired signatures.
			codes:          []string{"RequestExpired"},
			problem:        problemCredentials,
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonCredentialsRejected, Advice: "the credentials have expired, or the clock of the provider's node differs from AWS's by more than five minutes: renew the credentials, or correct the clock"},
		},
		{
			codes:          []string{"AuthFailure", "InvalidClientTokenId", "ExpiredToken", "ExpiredTokenException", "SignatureDoesNotMatch", "IncompleteSignature", "InvalidIdentityToken", "IDPRejectedClaim"},
			problem:        problemCredentials,
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonCredentialsRejected, Advice: "correct the credentials of the provider config"},
		},
		{
			codes:          []string{"OptInRequired", "PendingVerification", "Blocked"},
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonAccountNotEnabled, Advice: "AWS has not enabled EC2 for this account and region: contact AWS Support"},
		},
	}
}
