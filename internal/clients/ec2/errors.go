package ec2

import (
	"net"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
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
	return hasCode(err, "InvalidParameterValue") && strings.Contains(message(err), "attached at device index")
}

// IsInUse says that the ENI is attached.
func IsInUse(err error) bool {
	return hasCode(err, "InvalidNetworkInterface.InUse") ||
		hasCode(err, "InvalidParameterValue") && strings.Contains(message(err), "currently in use")
}

// IsAttachmentLimit says that the instance takes no further ENI.
func IsAttachmentLimit(err error) bool {
	return hasCode(err, "AttachmentLimitExceeded")
}

// IsIncorrectState says that the instance or attachment is in between states
// and the same call may work later.
func IsIncorrectState(err error) bool {
	return hasCode(err, "IncorrectInstanceState", "IncorrectState") ||
		hasCode(err, "InvalidParameterValue") && strings.Contains(message(err), "is not 'running'")
}

// IsTokenMismatch says that a client token was used before with other
// parameters.
func IsTokenMismatch(err error) bool {
	return hasCode(err, "IdempotentParameterMismatch")
}

// IsThrottled says that AWS wants fewer calls.
func IsThrottled(err error) bool {
	return hasCode(err, "RequestLimitExceeded", "Throttling", "ThrottlingException", "EC2ThrottledException", "TooManyRequestsException")
}

// IsSubnetFull says that the subnet has no address or prefix left.
func IsSubnetFull(err error) bool {
	return hasCode(err, "InsufficientFreeAddressesInSubnet", "InsufficientCidrBlocks")
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
// problem: AWS's code and message, without the request id that the SDK adds to
// every answer and that would make a condition change at each retry, and a
// failed connection without its ports.
func Clean(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		return &cleanError{text: api.ErrorCode() + ": " + strings.TrimSuffix(api.ErrorMessage(), "."), cause: err}
	}
	var op *net.OpError
	if errors.As(err, &op) {
		// The operation's text has the ports of the connection that failed.
		return &cleanError{text: "no answer from EC2: " + innermost(op.Err).Error(), cause: err}
	}
	return err
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
