// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package awserr

import (
	"net"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// A Class decides when a failed call is retried.
type Class string

// Classes of errors.
const (
	// ClassTransient is for states and failures that pass: retry after seconds.
	ClassTransient Class = "Soon"
	// ClassBackoff is for causes outside of the object that this provider does not change,
	// such as a quota, a subnet, a security group or an instance's state: back off to
	// minutes.
	ClassBackoff Class = "Slow"
	// ClassTerminal is for calls that fail because of the object's spec: retry when the spec
	// changes, or after ten minutes.
	ClassTerminal Class = "Terminal"
	// ClassThrottled is for rate limits, of EC2 or of this provider. The object has not
	// failed.
	ClassThrottled Class = "Throttled"
	// ClassOutage is for calls that were not sent because EC2 returns only failures.
	ClassOutage Class = "Outage"
	// ClassUnresolved is for a reference of a user that matches no resource, or several.
	ClassUnresolved Class = "Missing"
	// ClassUnknown is for codes that are not in the table: retry after seconds, then back
	// off to minutes.
	ClassUnknown Class = "Unknown"
)

// A Classification states how an error of EC2 is handled.
type Classification struct {
	Class  Class
	Reason xpv2.ConditionReason
	// Advice for the user, appended to a condition's message, or empty.
	Advice string
}

// Deferred reports whether the call was not sent, or must be retried only as the rate
// limit permits.
func (c Classification) Deferred() bool { return c.Class == ClassThrottled || c.Class == ClassOutage }

// Classify returns the classification of the error of a call to EC2.
func Classify(err error) Classification {
	var lookup *LookupError
	if r := roleError(err); r != nil {
		return classifyRole(r)
	}
	switch {
	case IsRateLimited(err):
		return Classification{Class: ClassThrottled, Reason: networkingv1alpha1.ReasonEC2Throttled}
	case IsOutage(err):
		return Classification{Class: ClassOutage, Reason: networkingv1alpha1.ReasonEC2Unavailable}
	case errors.As(err, &lookup) && lookup.Ambiguous:
		return Classification{Class: ClassUnresolved, Reason: networkingv1alpha1.ReasonAmbiguous}
	case lookup != nil:
		return Classification{Class: ClassUnresolved, Reason: networkingv1alpha1.ReasonNotFound}
	}
	code := Code(err)
	if code == "" {
		return Classification{Class: ClassTransient, Reason: networkingv1alpha1.ReasonEC2Unavailable}
	}
	if r, ok := match(code, message(err)); ok {
		return r.classification
	}
	return Classification{Class: ClassUnknown, Reason: networkingv1alpha1.ReasonEC2Refused}
}

// Code returns the AWS error code of err, or "" if it has none.
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func message(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return ""
}

func is(err error, problems ...problem) bool {
	code := Code(err)
	if code == "" {
		return false
	}
	r, ok := match(code, message(err))
	for _, p := range problems {
		if ok && r.problem == p {
			return true
		}
	}
	return false
}

// IsNotFound reports whether an ENI, attachment, instance, subnet or group does not
// exist, or not yet.
func IsNotFound(err error) bool { return is(err, problemNotFound) }

// IsMalformedID reports whether an id has an invalid format.
func IsMalformedID(err error) bool { return is(err, problemMalformed) }

// IsIndexTaken reports whether another ENI has the requested device index.
func IsIndexTaken(err error) bool { return is(err, problemIndexTaken) }

// IsInUse reports whether the ENI is attached.
func IsInUse(err error) bool { return is(err, problemInUse) }

// IsNotAssigned reports whether an address or prefix to be unassigned is not on the
// ENI.
func IsNotAssigned(err error) bool { return is(err, problemNotAssigned) }

// IsElasticIPRejected reports whether EC2 did not associate an Elastic IP, which is in use or
// does not exist, or has no route to the internet.
func IsElasticIPRejected(err error) bool { return is(err, problemElasticIP) }

// IsNotAssociated reports whether the association of an Elastic IP does not exist.
func IsNotAssociated(err error) bool { return is(err, problemNotAssociated) }

// IsAttachmentLimit reports whether no further ENI can be attached to the instance.
func IsAttachmentLimit(err error) bool { return is(err, problemAttachmentLimit) }

// IsIncorrectState reports whether the instance or attachment is in transition, after
// which the same call may succeed.
func IsIncorrectState(err error) bool { return is(err, problemIncorrectState) }

// IsTokenMismatch reports whether a client token was used before with other
// parameters.
func IsTokenMismatch(err error) bool { return is(err, problemTokenMismatch) }

// IsThrottled reports whether EC2 throttled the call.
func IsThrottled(err error) bool { return is(err, problemThrottled) }

// IsSubnetFull reports whether the subnet has no free address or prefix.
func IsSubnetFull(err error) bool { return is(err, problemSubnetFull) }

// IsQuotaExceeded reports whether the call would exceed a quota of the account.
func IsQuotaExceeded(err error) bool { return is(err, problemQuota) }

// IsNotPermitted reports whether EC2 rejects this change of the ENI for every caller.
func IsNotPermitted(err error) bool { return is(err, problemNotPermitted) }

// IsUnauthorized reports whether the credentials are not valid, or do not allow the
// call.
func IsUnauthorized(err error) bool { return is(err, problemUnauthorized, problemCredentials) }

// IsDenied reports whether IAM does not authorize a call with valid credentials.
func IsDenied(err error) bool { return is(err, problemUnauthorized) }

// IsDryRun reports whether err is the response to a dry run that EC2 authorizes.
func IsDryRun(err error) bool { return Code(err) == DryRun }

// IsState reports whether a call fails because of the state of a resource, which EC2 reads only
// for an authorized caller.
func IsState(err error) bool {
	return is(err, problemInUse, problemIndexTaken, problemNotAssigned, problemAttachmentLimit, problemSubnetFull, problemQuota, problemIncorrectState, problemElasticIP, problemNotAssociated)
}

// IsCallError reports whether err is the result of a call to EC2 or of the request for its
// credentials: an error response, a failed connection, a LookupError or a RoleError.
func IsCallError(err error) bool {
	var sent *smithyhttp.RequestSendError
	var answered *smithyhttp.ResponseError
	var op *net.OpError
	return Code(err) != "" || roleError(err) != nil || IsLookup(err) || errors.As(err, &sent) || errors.As(err, &answered) || errors.As(err, &op)
}

// IsRateLimited reports whether a call was not sent because it would have exceeded this
// provider's share of EC2's request rate.
func IsRateLimited(err error) bool {
	var limited *throttle.RateLimitError
	return errors.As(err, &limited)
}

// IsOutage reports whether a call was not sent because EC2 returns only failures.
func IsOutage(err error) bool {
	var outage *throttle.OutageError
	return errors.As(err, &outage)
}

// WithoutAction returns an outage's error without the wrapping that names the action, so
// that an object's condition is the same for every action. Other errors are returned
// unchanged.
func WithoutAction(err error) error {
	var outage *throttle.OutageError
	if errors.As(err, &outage) {
		return outage
	}
	return err
}

// ForCondition returns an error as a condition states it: WithoutAction, and with the advice of
// its classification.
func ForCondition(err error) error {
	if advice := Classify(err).Advice; advice != "" {
		return errors.Errorf("%w; %s", WithoutAction(err), advice)
	}
	return WithoutAction(err)
}

// RetryAfter returns the delay of a call that was not sent, and whether err is the error of
// such a call.
func RetryAfter(err error) (time.Duration, bool) {
	var limited *throttle.RateLimitError
	if errors.As(err, &limited) {
		return limited.After, true
	}
	var outage *throttle.OutageError
	if errors.As(err, &outage) {
		return outage.After, true
	}
	return 0, false
}

// A LookupError is the error of a reference that matches no resource, or several.
type LookupError struct {
	Ambiguous bool
	text      string
}

// NewUnresolved returns the error of a reference that matches no resource.
func NewUnresolved(text string) error { return &LookupError{text: text} }

// NewAmbiguous returns the error of a reference that matches several resources.
func NewAmbiguous(text string) error { return &LookupError{Ambiguous: true, text: text} }

// Error returns the text for the user.
func (e *LookupError) Error() string { return e.text }

// IsLookup reports whether err is a LookupError.
func IsLookup(err error) bool {
	var l *LookupError
	return errors.As(err, &l)
}
