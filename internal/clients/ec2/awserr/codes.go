package awserr

import (
	"maps"
	"slices"
	"strings"
	"sync"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// OK stands for a call that EC2 carried out, where a code is expected.
const OK = "OK"

// invalidValue is the code that EC2 uses for the most different problems.
const invalidValue = "InvalidParameterValue"

// A problem is what rows of the table with different codes or advice have in common.
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
	problemIncorrectState
	problemNotPermitted
	problemTokenMismatch
	problemUnauthorized
	problemCredentials
)

// A errorRule is what some of EC2's codes mean.
type errorRule struct {
	codes []string
	// hint narrows a code that EC2 uses for different problems by a part of
	// its message, in lower case.
	hint           string
	problem        problem
	classification Classification
}

// rulesByCode returns the rows by code in lower case, which is made once: in a storm there
// is one to look up for each call.
var rulesByCode = sync.OnceValue(func() map[string][]errorRule { //nolint:gochecknoglobals // nobody changes it
	byCode := map[string][]errorRule{}
	for _, r := range errorTable() {
		for _, c := range r.codes {
			c = strings.ToLower(c)
			byCode[c] = append(byCode[c], r)
		}
	}
	return byCode
})

// match returns the first row for a code and a message.
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

// IsThrottleCode reports whether a code is EC2's for a call that came too soon.
func IsThrottleCode(code string) bool {
	r, _ := match(code, "")
	return r.problem == problemThrottled
}

// IsCredentialsCode reports whether a code is EC2's for credentials that are not
// valid, or not any more.
func IsCredentialsCode(code string) bool {
	r, _ := match(code, "")
	return r.problem == problemCredentials
}

// errorTable returns the table of the codes with which EC2 rejects calls. The first row that
// matches counts. A code that is not here is treated as transient, and counted.
func errorTable() []errorRule {
	var out []errorRule
	for _, part := range [][]errorRule{serviceErrors(), idErrors(), stateErrors(), limitErrors(), parameterErrors(), accessErrors()} {
		out = append(out, part...)
	}
	return out
}

// serviceErrors are the codes for calls that the service could not carry out now.
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

// idErrors are the codes for ids that are malformed or name nothing.
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

// stateErrors are the codes for resources that are in use, or in another state than the
// call needs.
func stateErrors() []errorRule {
	inUse := Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonInUse}
	waiting := Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonWaitingForInstance}
	return []errorRule{
		{codes: []string{"InvalidNetworkInterface.InUse"}, problem: problemInUse, classification: inUse},
		{codes: []string{invalidValue}, hint: "currently in use", problem: problemInUse, classification: inUse},
		{
			codes: []string{invalidValue}, hint: "attached at device index", problem: problemIndexTaken,
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonDeviceIndexTaken, Advice: "detach what is there, or use minDeviceIndex to take the next free index"},
		},
		{codes: []string{invalidValue, "IncorrectState"}, hint: "is not 'running'", problem: problemIncorrectState, classification: waiting},
		{codes: []string{"IncorrectInstanceState", "IncorrectState"}, problem: problemIncorrectState, classification: waiting},
		{
			codes:          []string{"OperationNotPermitted"},
			problem:        problemNotPermitted,
			classification: Classification{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonNotOurs, Advice: "the network interface belongs to an AWS service: remove Create, Update and Delete from spec.managementPolicies to only observe it"},
		},
		{codes: []string{"DependencyViolation"}, classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonInUse, Advice: "remove first what depends on it"}},
		{codes: []string{"IdempotentParameterMismatch"}, problem: problemTokenMismatch, classification: Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonEC2Refused}},
		{codes: []string{"ConcurrentTagAccess"}, classification: Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonEC2Refused}},
	}
}

// limitErrors are the codes for limits, quotas and addresses that are used up.
func limitErrors() []errorRule {
	const fullSubnet = "free addresses in the subnet, or use another one"
	full := Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonSubnetFull, Advice: fullSubnet}
	return []errorRule{
		{
			codes:          []string{"AttachmentLimitExceeded"},
			problem:        problemAttachmentLimit,
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonInstanceENILimit, Advice: "detach another network interface, or use a larger instance type"},
		},
		{
			codes:          []string{"NetworkInterfaceLimitExceeded", "ResourceLimitExceeded"},
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonQuotaExceeded, Advice: "raise the quota \"Network interfaces per Region\" of the account, or delete unused network interfaces"},
		},
		{
			codes:          []string{"SecurityGroupsPerInterfaceLimitExceeded"},
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonQuotaExceeded, Advice: "use fewer security groups, or raise the quota \"Security groups per network interface\""},
		},
		{
			codes:          []string{"PrivateIpAddressLimitExceeded", "InvalidInterface.IpAddressLimitExceeded"},
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonAddressLimit, Advice: "ask for fewer addresses, or use a larger instance type"},
		},
		{codes: []string{"InsufficientFreeAddressesInSubnet", "InsufficientCidrBlocks"}, problem: problemSubnetFull, classification: full},
		{codes: []string{invalidValue}, hint: "sufficient free ipv4", problem: problemSubnetFull, classification: full},
		{
			codes:          []string{"InvalidIPAddress.InUse", "Resource.AlreadyAssigned"},
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonAddressInUse, Advice: "choose another address, or free this one"},
		},
		{
			codes: []string{invalidValue}, hint: "reserved",
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonAddressInUse, Advice: "choose an address that the subnet does not reserve"},
		},
	}
}

// parameterErrors are the codes for requests that EC2 does not take as they are.
func parameterErrors() []errorRule {
	invalid := Classification{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonInvalidParameters, Advice: "correct the spec"}
	otherZone := Classification{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonInstanceInOtherZone, Advice: "use a subnet of the instance's zone"}
	return []errorRule{
		{codes: []string{"ZonesMismatched"}, classification: otherZone},
		{codes: []string{"InvalidParameterCombination"}, hint: "availability zone", classification: otherZone},
		{
			codes: []string{"UnsupportedOperation"}, hint: "while it is stopped",
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonUnsupported, Advice: "stop the instance: the network interface is attached within minutes"},
		},
		{
			codes:          []string{"UnsupportedOperation", "Unsupported"},
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonUnsupported, Advice: "the instance type does not support this: leave the setting out, or use another type"},
		},
		{
			codes:          []string{"TagLimitExceeded", "InvalidTagKey.Malformed"},
			classification: Classification{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonInvalidParameters, Advice: "EC2 takes at most 50 tags, 12 of which this provider needs: use fewer of your own"},
		},
		{codes: []string{invalidValue}, hint: "not assigned to interface", problem: problemNotAssigned, classification: invalid},
		{
			codes:          []string{"InvalidParameterCombination", invalidValue, "InvalidParameter", "MissingParameter", "UnknownParameter", "InvalidPermission.NotFound", "InvalidClientToken"},
			classification: invalid,
		},
	}
}

// accessErrors are the codes for credentials and accounts.
func accessErrors() []errorRule {
	missing := Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonMissingPermission, Advice: "give the provider's IAM identity the policy of docs/iam.md"}
	return []errorRule{
		{codes: []string{"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"}, problem: problemUnauthorized, classification: missing},
		{codes: []string{"InvalidNetworkInterfacePermission.NotFound"}, classification: missing},
		{
			// For temporary credentials whose time is up as well as for a signature whose time is.
			codes:          []string{"RequestExpired"},
			problem:        problemCredentials,
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonCredentialsRejected, Advice: "the credentials have expired, or the clock of the provider's node differs from AWS's by more than five minutes: renew them, or correct it"},
		},
		{
			codes:          []string{"AuthFailure", "InvalidClientTokenId", "ExpiredToken", "ExpiredTokenException", "SignatureDoesNotMatch", "IncompleteSignature"},
			problem:        problemCredentials,
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonCredentialsRejected, Advice: "correct the credentials that the provider config names"},
		},
		{
			codes:          []string{"OptInRequired", "PendingVerification", "Blocked"},
			classification: Classification{Class: ClassBackoff, Reason: networkingv1alpha1.ReasonAccountNotEnabled, Advice: "AWS has not enabled EC2 for this account and region: ask AWS support"},
		},
	}
}
