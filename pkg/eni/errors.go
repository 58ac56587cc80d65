// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"context"
	"fmt"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// IsNotFound reports whether a network interface, attachment, instance, subnet or security
// group does not exist, or is not returned by EC2 yet.
func IsNotFound(err error) bool {
	var lookup *awserr.LookupError
	return awserr.IsNotFound(err) || (errors.As(err, &lookup) && !lookup.Ambiguous)
}

// IsAmbiguous reports whether a filter for one resource matches several.
func IsAmbiguous(err error) bool {
	var lookup *awserr.LookupError
	return errors.As(err, &lookup) && lookup.Ambiguous
}

// IsThrottled reports whether EC2 throttled the call, or the Client did not send it because its
// share of EC2's request rate is used up. See RetryAfter.
func IsThrottled(err error) bool { return awserr.IsThrottled(err) || awserr.IsRateLimited(err) }

// IsUnavailable reports whether the call was not sent because EC2 returns only failures. See
// RetryAfter.
func IsUnavailable(err error) bool { return awserr.IsOutage(err) }

// IsInUse reports whether the network interface is attached, or attached elsewhere than
// requested.
func IsInUse(err error) bool { return awserr.IsInUse(err) || is(err, problemInUse) }

// IsDeviceIndexTaken reports whether another network interface has the requested device index.
func IsDeviceIndexTaken(err error) bool {
	return awserr.IsIndexTaken(err) || is(err, problemIndexTaken)
}

// IsAttachmentLimitExceeded reports whether the instance type supports no further network
// interface on the instance or network card.
func IsAttachmentLimitExceeded(err error) bool {
	return awserr.IsAttachmentLimit(err) || is(err, problemAttachmentLimit)
}

// IsQuotaExceeded reports whether the call would exceed a quota of the account, such as
// "Network interfaces per Region".
func IsQuotaExceeded(err error) bool { return awserr.IsQuotaExceeded(err) }

// IsSubnetFull reports whether the subnet has no free address.
func IsSubnetFull(err error) bool { return awserr.IsSubnetFull(err) }

// IsUnauthorized reports whether the credentials are invalid or expired, or do not allow the
// call.
func IsUnauthorized(err error) bool { return awserr.IsUnauthorized(err) }

// IsIncorrectState reports whether the instance or the attachment is in transition, after
// which the same call may succeed.
func IsIncorrectState(err error) bool { return awserr.IsIncorrectState(err) }

// IsClientTokenMismatch reports whether a ClientToken was used before with other parameters.
func IsClientTokenMismatch(err error) bool {
	return awserr.IsTokenMismatch(err) || is(err, problemTokenMismatch)
}

// IsInvalid reports whether an input or an option is invalid. No call was made.
func IsInvalid(err error) bool { return is(err, problemInvalid) }

// IsNotOwned reports whether the Client must not change the network interface: it was not
// created by the Client's owner and is not adopted, or IsProtected. No changing call was made.
func IsNotOwned(err error) bool {
	var refused *eni.RefusalError
	return errors.As(err, &refused)
}

// IsProtected reports whether no Client may change the network interface, with or without
// adoption: it is the primary network interface of an instance, or is managed by an AWS service
// or another controller.
func IsProtected(err error) bool {
	var refused *eni.RefusalError
	return errors.As(err, &refused) && refused.Protected
}

// IsTransient reports whether the same call may succeed within seconds or minutes: EC2 throttled
// it, failed, or did not answer, or a resource is in transition. It is false if a context has
// ended.
func IsTransient(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if !awserr.IsCallError(err) && !awserr.IsRateLimited(err) && !awserr.IsOutage(err) {
		return false
	}
	c := awserr.Classify(err)
	return c.Deferred() || c.Class == awserr.ClassTransient || c.Class == awserr.ClassUnknown
}

// RetryAfter returns the time after which to repeat a call that was not sent, and whether err is
// the error of such a call: see IsThrottled and IsUnavailable.
func RetryAfter(err error) (time.Duration, bool) { return awserr.RetryAfter(err) }

// A problem is a cause of an error that this package detects without a call.
type problem int

const (
	problemInvalid problem = iota
	problemInUse
	problemIndexTaken
	problemAttachmentLimit
	problemTokenMismatch
)

// A localError is an error that this package detects itself.
type localError struct {
	problem problem
	text    string
}

// Error returns the text.
func (e *localError) Error() string { return e.text }

func is(err error, p problem) bool {
	var local *localError
	return errors.As(err, &local) && local.problem == p
}

func failed(p problem, format string, args ...any) error {
	return &localError{problem: p, text: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error { return failed(problemInvalid, format, args...) }

func notFound(id string) error {
	return awserr.NewUnresolved(fmt.Sprintf("network interface %q does not exist", id))
}

// A notSentError is a throttle.RateLimitError without the advice for the provider's flag.
type notSentError struct{ cause *throttle.RateLimitError }

// Error returns the action and the delay.
func (e *notSentError) Error() string {
	return fmt.Sprintf("%s was not sent: the client's share of EC2's request rate is used up; retry after %s", e.cause.Action, e.cause.After.Round(time.Millisecond))
}

// Unwrap returns the wrapped error.
func (e *notSentError) Unwrap() error { return e.cause }

// wrapf returns an error of a call with a context and a stable text.
func wrapf(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	var limited *throttle.RateLimitError
	if errors.As(err, &limited) {
		err = &notSentError{cause: limited}
	} else {
		err = awserr.Clean(err)
	}
	return errors.Wrapf(err, format, args...)
}
