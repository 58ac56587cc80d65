package ec2

import (
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// A Class says when a call that EC2 refused is worth another try.
type Class string

const (
	// ClassSoon means: EC2 is in between states, or had a hiccup. Again in seconds.
	ClassSoon Class = "Soon"
	// ClassSlow means: nothing of ours changes it, but somebody may. Again after
	// minutes.
	ClassSlow Class = "Slow"
	// ClassTerminal means: the same call will be refused again. Again when the
	// object changes, or after an hour.
	ClassTerminal Class = "Terminal"
	// ClassThrottled means: fewer calls. It is no failure of the object's.
	ClassThrottled Class = "Throttled"
	// ClassOutage means: EC2 answers nothing but failures, and is being left alone.
	ClassOutage Class = "Outage"
	// ClassMissing means: what a user named is not there, or is several things.
	ClassMissing Class = "Missing"
	// ClassUnknown means: a code that is not in the table. Handled like ClassSoon at
	// first, and like ClassSlow when it lasts.
	ClassUnknown Class = "Unknown"
)

// A Verdict says what to make of an error of EC2.
type Verdict struct {
	Class  Class
	Reason xpv2.ConditionReason
	// Advice tells the reader of a condition what to do about it, if there is
	// anything.
	Advice string
}

// held says that the call was not made, or should not have been yet.
func (v Verdict) held() bool { return v.Class == ClassThrottled || v.Class == ClassOutage }

// Judge returns what to make of err, which came from a call to EC2.
func Judge(err error) Verdict {
	var wait *throttle.WaitError
	if errors.As(err, &wait) {
		return Verdict{Class: ClassThrottled, Reason: networkingv1alpha1.ReasonEC2Throttled}
	}
	var outage *throttle.OutageError
	if errors.As(err, &outage) {
		return Verdict{Class: ClassOutage, Reason: networkingv1alpha1.ReasonEC2Unavailable}
	}
	var lookup *LookupError
	if errors.As(err, &lookup) {
		if lookup.Ambiguous {
			return Verdict{Class: ClassMissing, Reason: networkingv1alpha1.ReasonAmbiguous}
		}
		return Verdict{Class: ClassMissing, Reason: networkingv1alpha1.ReasonNotFound}
	}
	code, text := Code(err), message(err)
	if code == "" {
		return Verdict{Class: ClassSoon, Reason: networkingv1alpha1.ReasonEC2Unavailable}
	}
	for _, r := range table() {
		if r.matches(code, text) {
			return r.verdict
		}
	}
	return Verdict{Class: ClassUnknown, Reason: networkingv1alpha1.ReasonEC2Refused}
}

// RetryAfter returns after how long a call that was held back may be tried
// again, and whether err is of such a call.
func RetryAfter(err error) (time.Duration, bool) {
	var wait *throttle.WaitError
	if errors.As(err, &wait) {
		return wait.After, true
	}
	var outage *throttle.OutageError
	if errors.As(err, &outage) {
		return outage.After, true
	}
	return 0, false
}

// IsRefusal says that err is EC2's answer to a call, or that there was none, or
// that something a user named is not there: not an error of another kind.
func IsRefusal(err error) bool {
	var sent *smithyhttp.RequestSendError
	var answered *smithyhttp.ResponseError
	var op *net.OpError
	return Code(err) != "" || IsLookup(err) || errors.As(err, &sent) || errors.As(err, &answered) || errors.As(err, &op)
}

// IsWait says that a call was not made because it would have exceeded this
// provider's share of EC2's request rate.
func IsWait(err error) bool {
	var wait *throttle.WaitError
	return errors.As(err, &wait)
}

// IsOutage says that a call was not made because EC2 answers nothing but
// failures.
func IsOutage(err error) bool {
	var outage *throttle.OutageError
	return errors.As(err, &outage)
}

// Outage returns what EC2's silence means for err, without what was about to be
// asked: an object says it once, whatever it would have asked next.
func Outage(err error) error {
	var outage *throttle.OutageError
	if errors.As(err, &outage) {
		return outage
	}
	return err
}

// table returns the table of refusals, which is made once: in a storm there is one
// to look up for each call.
var table = sync.OnceValue(refusals) //nolint:gochecknoglobals // nobody changes it

// A refusal is a row of the table of EC2's error codes.
type refusal struct {
	codes []string
	// hint narrows a code that EC2 uses for different problems by a part of
	// its message, in lower case.
	hint    string
	verdict Verdict
}

func (r *refusal) matches(code, text string) bool {
	return slices.Contains(r.codes, code) && (r.hint == "" || strings.Contains(strings.ToLower(text), r.hint))
}
