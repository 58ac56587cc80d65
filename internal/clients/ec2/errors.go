package ec2

import (
	"net"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// This is the only file that spells an AWS error code. A message is looked at
// only where EC2 answers one code for different problems. Codes:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html

// Code returns the AWS error code of err, or "" if it is none of AWS's.
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func hasCode(err error, codes ...string) bool {
	c := Code(err)
	return c != "" && slices.Contains(codes, c)
}

func message(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return ""
}

// IsNotFound says that the ENI, attachment, instance, subnet or group named
// does not exist, or not yet.
func IsNotFound(err error) bool {
	return hasCode(err, "InvalidNetworkInterfaceID.NotFound", "InvalidAttachmentID.NotFound",
		"InvalidInstanceID.NotFound", "InvalidSubnetID.NotFound", "InvalidGroup.NotFound",
		"InvalidSecurityGroupID.NotFound", "InvalidSecurityGroup.NotFound", "InvalidSubnet")
}

// IsMalformedID says that an id is not of the form of its kind.
func IsMalformedID(err error) bool {
	return hasCode(err, "InvalidNetworkInterfaceID.Malformed", "InvalidNetworkInterfaceAttachmentId.Malformed",
		"InvalidAttachmentID.Malformed", "InvalidInstanceID.Malformed", "InvalidSubnetID.Malformed", "InvalidGroupId.Malformed")
}

// IsIndexTaken says that another ENI holds the device index asked for.
func IsIndexTaken(err error) bool {
	return hasCode(err, invalidValue) && strings.Contains(message(err), "attached at device index")
}

// IsInUse says that the ENI is attached.
func IsInUse(err error) bool {
	return hasCode(err, "InvalidNetworkInterface.InUse") ||
		hasCode(err, invalidValue) && strings.Contains(message(err), "currently in use")
}

// IsNotAssigned says that an address or prefix that was to be taken from an ENI
// is not on it.
func IsNotAssigned(err error) bool {
	return hasCode(err, invalidValue) && strings.Contains(message(err), "not assigned to interface")
}

// IsAttachmentLimit says that the instance takes no further ENI.
func IsAttachmentLimit(err error) bool {
	return hasCode(err, "AttachmentLimitExceeded")
}

// IsIncorrectState says that the instance or attachment is in between states
// and the same call may work later.
func IsIncorrectState(err error) bool {
	return hasCode(err, "IncorrectInstanceState", "IncorrectState") ||
		hasCode(err, invalidValue) && strings.Contains(message(err), "is not 'running'")
}

// IsTokenMismatch says that a client token was used before with other
// parameters.
func IsTokenMismatch(err error) bool {
	return hasCode(err, "IdempotentParameterMismatch")
}

// IsThrottled says that AWS wants fewer calls.
func IsThrottled(err error) bool {
	return isThrottleCode(Code(err))
}

// IsSubnetFull says that the subnet has no address or prefix left.
func IsSubnetFull(err error) bool {
	return Judge(err).Reason == networkingv1alpha1.ReasonSubnetFull
}

// IsNotPermitted says that EC2 lets nobody do this to this ENI.
func IsNotPermitted(err error) bool {
	return hasCode(err, "OperationNotPermitted")
}

// IsUnauthorized says that the credentials may not make this call.
func IsUnauthorized(err error) bool {
	return hasCode(err, "UnauthorizedOperation", "AccessDenied", "AuthFailure", "InvalidClientTokenId",
		"ExpiredToken", "RequestExpired", "SignatureDoesNotMatch")
}

// Clean returns err as a short text that is the same each time for the same
// problem and so makes no condition change at each retry: AWS's code and message,
// without the request id that the SDK adds to every answer, nor what EC2 encodes
// for those who may know why a call is not allowed; why an answer cannot be read;
// a failed connection without its ports.
func Clean(err error) error {
	var wait *throttle.WaitError
	if errors.As(err, &wait) {
		return wait
	}
	var outage *throttle.OutageError
	if errors.As(err, &outage) {
		return outage
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return &cleanError{text: api.ErrorCode() + ": " + lasting(api.ErrorMessage()), cause: err}
	}
	var op *net.OpError
	if errors.As(err, &op) {
		// The operation's text has the ports of the connection that failed.
		return &cleanError{text: "no answer from EC2: " + innermost(op.Err).Error(), cause: err}
	}
	var sent *smithyhttp.RequestSendError
	if errors.As(err, &sent) {
		return &cleanError{text: "no answer from EC2: " + innermost(sent).Error(), cause: err}
	}
	var answered *smithyhttp.ResponseError
	if errors.As(err, &answered) {
		return &cleanError{text: "cannot read EC2's answer: " + innermost(answered).Error(), cause: err}
	}
	return err
}

// lasting returns a message of EC2 without what EC2 encodes anew each time.
func lasting(message string) string {
	message, _ = decipher(message)
	return strings.TrimSuffix(strings.TrimSpace(message), ".")
}

// decipher takes apart a message of EC2 into what anybody may read and what EC2
// encodes.
func decipher(message string) (plain, encoded string) {
	before, after, ok := strings.Cut(message, "Encoded authorization failure message:")
	if !ok {
		return message, ""
	}
	encoded, rest, _ := strings.Cut(strings.TrimSpace(after), " ")
	return before + rest, strings.TrimSuffix(encoded, ".")
}

// maxEncoded bounds what is passed on of what EC2 encodes: it stands in several
// conditions of each object that is refused. A part of it cannot be decoded.
const maxEncoded = 4096

// decode is the command that tells why EC2 did not allow a call. It needs the
// permission sts:DecodeAuthorizationMessage, which this provider has not.
const decode = "; for AWS's reasons run: aws sts decode-authorization-message --encoded-message "

// Decode returns how to learn why EC2 did not allow a call, to be put after the
// text of err, or "" if EC2 says no more than that. It is another one each time.
func Decode(err error) string {
	_, encoded := decipher(message(err))
	if encoded == "" || len(encoded) > maxEncoded {
		return ""
	}
	return decode + encoded
}

// Brief returns a text without what Decode returned.
func Brief(text string) string {
	text, _, _ = strings.Cut(text, decode)
	return text
}

func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

type cleanError struct {
	text  string
	cause error
}

func (e *cleanError) Error() string { return e.text }
func (e *cleanError) Unwrap() error { return e.cause }

// codeOK stands for a call that EC2 carried out.
const codeOK = "OK"

func isThrottleCode(code string) bool { return slices.Contains(throttleCodes(), code) }

// throttleCodes say that a call came too soon.
func throttleCodes() []string {
	return []string{"RequestLimitExceeded", "Throttling", "ThrottlingException", "EC2ThrottledException", "TooManyRequestsException"}
}

// isCredentialsCode says whether a code is EC2's for credentials that are not good,
// or not any more.
func isCredentialsCode(code string) bool {
	return code == requestExpired || slices.Contains(credentialsCodes(), code)
}

func credentialsCodes() []string {
	return []string{"AuthFailure", "InvalidClientTokenId", "ExpiredToken", "ExpiredTokenException", "SignatureDoesNotMatch", "IncompleteSignature"}
}

// requestExpired is the code for temporary credentials whose time is up as well as
// for a signature whose time is.
const requestExpired = "RequestExpired"

// invalidValue is the code that EC2 uses for the most different problems.
const invalidValue = "InvalidParameterValue"

// refusals returns the table of the codes with which EC2 refuses calls. The first
// row that matches counts. A code that is not here is treated as transient, and
// counted.
func refusals() []refusal {
	return []refusal{
		{codes: throttleCodes(), verdict: Verdict{Class: ClassThrottled, Reason: networkingv1alpha1.ReasonEC2Throttled}},
		{
			codes:   []string{"InternalError", "InternalFailure", "Unavailable", "ServiceUnavailable", "RequestTimeout", "InternalServerError"},
			verdict: Verdict{Class: ClassSoon, Reason: networkingv1alpha1.ReasonEC2Unavailable},
		},

		{
			codes: []string{
				"InvalidNetworkInterfaceID.Malformed", "InvalidNetworkInterfaceAttachmentId.Malformed", "InvalidAttachmentID.Malformed",
				"InvalidInstanceID.Malformed", "InvalidSubnetID.Malformed", "InvalidGroupId.Malformed",
			},
			verdict: Verdict{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonInvalidID, Advice: "correct the id in the spec or in the annotation crossplane.io/external-name"},
		},
		{codes: []string{"InvalidNetworkInterfaceID.NotFound", "InvalidAttachmentID.NotFound"}, verdict: Verdict{Class: ClassSoon, Reason: networkingv1alpha1.ReasonWaitingForNetworkInterface}},
		{codes: []string{"InvalidInstanceID.NotFound"}, verdict: Verdict{Class: ClassSoon, Reason: networkingv1alpha1.ReasonWaitingForInstance}},
		{
			codes:   []string{"InvalidSubnetID.NotFound", "InvalidSubnet"},
			verdict: Verdict{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonSubnetNotFound, Advice: "name a subnet that exists in this region and account"},
		},
		{
			codes:   []string{"InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound", "InvalidSecurityGroup.NotFound"},
			verdict: Verdict{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonSecurityGroupNotFound, Advice: "name security groups that exist in the subnet's VPC"},
		},

		{codes: []string{"InvalidNetworkInterface.InUse"}, verdict: Verdict{Class: ClassSoon, Reason: networkingv1alpha1.ReasonInUse}},
		{codes: []string{invalidValue}, hint: "currently in use", verdict: Verdict{Class: ClassSoon, Reason: networkingv1alpha1.ReasonInUse}},
		{
			codes: []string{invalidValue}, hint: "attached at device index",
			verdict: Verdict{Class: ClassSlow, Reason: networkingv1alpha1.ReasonDeviceIndexTaken, Advice: "detach what is there, or use minDeviceIndex to take the next free index"},
		},
		{
			codes:   []string{"AttachmentLimitExceeded"},
			verdict: Verdict{Class: ClassSlow, Reason: networkingv1alpha1.ReasonInstanceENILimit, Advice: "detach another network interface, or use a larger instance type"},
		},
		{
			codes:   []string{"NetworkInterfaceLimitExceeded", "ResourceLimitExceeded"},
			verdict: Verdict{Class: ClassSlow, Reason: networkingv1alpha1.ReasonQuotaExceeded, Advice: "raise the quota \"Network interfaces per Region\" of the account, or delete unused network interfaces"},
		},
		{
			codes:   []string{"SecurityGroupsPerInterfaceLimitExceeded"},
			verdict: Verdict{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonQuotaExceeded, Advice: "use fewer security groups, or raise the quota \"Security groups per network interface\""},
		},
		{
			codes:   []string{"PrivateIpAddressLimitExceeded", "InvalidInterface.IpAddressLimitExceeded"},
			verdict: Verdict{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonAddressLimit, Advice: "ask for fewer addresses, or use a larger instance type"},
		},
		{
			codes:   []string{"InsufficientFreeAddressesInSubnet", "InsufficientCidrBlocks"},
			verdict: Verdict{Class: ClassSlow, Reason: networkingv1alpha1.ReasonSubnetFull, Advice: "free addresses in the subnet, or use another one"},
		},
		{
			codes: []string{invalidValue}, hint: "sufficient free ipv4",
			verdict: Verdict{Class: ClassSlow, Reason: networkingv1alpha1.ReasonSubnetFull, Advice: "free addresses in the subnet, or use another one"},
		},
		{
			codes:   []string{"InvalidIPAddress.InUse", "Resource.AlreadyAssigned"},
			verdict: Verdict{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonAddressInUse, Advice: "choose another address, or free this one"},
		},
		{
			codes: []string{invalidValue}, hint: "reserved",
			verdict: Verdict{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonAddressInUse, Advice: "choose an address that the subnet does not reserve"},
		},

		{
			codes:   []string{"ZonesMismatched"},
			verdict: Verdict{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonInstanceInOtherZone, Advice: "use a subnet of the instance's zone"},
		},
		{
			codes: []string{"InvalidParameterCombination"}, hint: "availability zone",
			verdict: Verdict{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonInstanceInOtherZone, Advice: "use a subnet of the instance's zone"},
		},
		{codes: []string{invalidValue, "IncorrectState"}, hint: "is not 'running'", verdict: Verdict{Class: ClassSoon, Reason: networkingv1alpha1.ReasonWaitingForInstance}},
		{codes: []string{"IncorrectInstanceState", "IncorrectState"}, verdict: Verdict{Class: ClassSoon, Reason: networkingv1alpha1.ReasonWaitingForInstance}},
		{
			codes:   []string{"UnsupportedOperation", "Unsupported"},
			verdict: Verdict{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonUnsupported, Advice: "the instance type does not support this: leave the setting out, or use another type"},
		},
		{
			codes:   []string{"OperationNotPermitted"},
			verdict: Verdict{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonNotOurs, Advice: "the network interface belongs to an AWS service: remove Create, Update and Delete from spec.managementPolicies to only observe it"},
		},
		{codes: []string{"DependencyViolation"}, verdict: Verdict{Class: ClassSlow, Reason: networkingv1alpha1.ReasonInUse, Advice: "remove first what depends on it"}},
		{codes: []string{"IdempotentParameterMismatch"}, verdict: Verdict{Class: ClassSoon, Reason: networkingv1alpha1.ReasonEC2Refused}},
		{codes: []string{"ConcurrentTagAccess"}, verdict: Verdict{Class: ClassSoon, Reason: networkingv1alpha1.ReasonEC2Refused}},
		{
			codes:   []string{"TagLimitExceeded", "InvalidTagKey.Malformed"},
			verdict: Verdict{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonInvalidParameters, Advice: "EC2 takes at most 50 tags, 12 of which this provider needs: use fewer of your own"},
		},

		{
			codes:   []string{"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "InvalidNetworkInterfacePermission.NotFound"},
			verdict: Verdict{Class: ClassSlow, Reason: networkingv1alpha1.ReasonMissingPermission, Advice: "give the provider's IAM identity the policy of docs/iam.md"},
		},
		{
			codes:   []string{requestExpired},
			verdict: Verdict{Class: ClassSlow, Reason: networkingv1alpha1.ReasonCredentialsRejected, Advice: "the credentials have expired, or the clock of the provider's node differs from AWS's by more than five minutes: renew them, or correct it"},
		},
		{
			codes:   credentialsCodes(),
			verdict: Verdict{Class: ClassSlow, Reason: networkingv1alpha1.ReasonCredentialsRejected, Advice: "correct the credentials that the provider config names"},
		},
		{
			codes:   []string{"OptInRequired", "PendingVerification", "Blocked"},
			verdict: Verdict{Class: ClassSlow, Reason: networkingv1alpha1.ReasonAccountNotEnabled, Advice: "AWS has not enabled EC2 for this account and region: ask AWS support"},
		},
		{
			codes:   []string{"InvalidParameterCombination", invalidValue, "InvalidParameter", "MissingParameter", "UnknownParameter", "InvalidPermission.NotFound"},
			verdict: Verdict{Class: ClassTerminal, Reason: networkingv1alpha1.ReasonInvalidParameters, Advice: "correct the spec"},
		},
	}
}

// known says whether a code is in the table.
func known(code string) bool {
	return slices.ContainsFunc(refusals(), func(r refusal) bool { return slices.Contains(r.codes, code) })
}
