package ec2

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// CallRecord notes how the attempts of the calls went that were made with one
// context. The SDK makes several for one call and tells of the last alone.
type CallRecord struct {
	outcomeUnknown atomic.Bool

	mu       sync.Mutex
	mutating []string // actions, sorted
}

type callRecordKey struct{}

// WithCallRecord returns a context whose calls are noted.
func WithCallRecord(ctx context.Context) (context.Context, *CallRecord) {
	a := &CallRecord{}
	return context.WithValue(ctx, callRecordKey{}, a), a
}

// OutcomeUnknown says that there was an attempt to change something to which no answer came
// that could be read, or only that EC2 failed. It may have been carried out, or may
// yet be.
func (a *CallRecord) OutcomeUnknown() bool { return a.outcomeUnknown.Load() }

// MutatingActions returns the mutating actions that were called, sorted, whether EC2 carried
// them out or not. A call that EC2 throttled is not among them.
func (a *CallRecord) MutatingActions() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.mutating)
}

func (a *CallRecord) addMutating(action string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i, found := slices.BinarySearch(a.mutating, action); !found {
		a.mutating = slices.Insert(a.mutating, i, action)
	}
}

// recordAttempt notes how an attempt went that was sent.
func recordAttempt(ctx context.Context, action string, resp *http.Response, code string) {
	a, ok := ctx.Value(callRecordKey{}).(*CallRecord)
	if !ok || throttle.ReadOnly(action) || awserr.IsThrottleCode(code) {
		return
	}
	a.addMutating(action)
	if code == codeNoAnswer || resp != nil && resp.StatusCode >= http.StatusInternalServerError {
		a.outcomeUnknown.Store(true)
	}
}

// recordUnreadable has each attempt noted whose answer says that it was carried out,
// and cannot be read further. It stands between what reads answers and what wraps
// their errors.
func recordUnreadable(s *middleware.Stack) error {
	return s.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("NoteUnread", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		if err == nil && lacksID(out.Result) {
			// The SDK takes an answer that ends before it has begun for one.
			err = &smithy.DeserializationError{Err: errors.New("it names nothing")}
		}
		a, ok := ctx.Value(callRecordKey{}).(*CallRecord)
		resp, answered := out.RawResponse.(*smithyhttp.Response)
		if err != nil && ok && answered && resp.StatusCode < http.StatusMultipleChoices && !throttle.ReadOnly(awsmiddleware.GetOperationName(ctx)) {
			a.outcomeUnknown.Store(true)
		}
		return out, metadata, err
	}), "OperationDeserializer", middleware.Before)
}

// lacksID says that an answer lacks the id of what was made.
func lacksID(answer any) bool {
	switch o := answer.(type) {
	case *awsec2.CreateNetworkInterfaceOutput:
		return o.NetworkInterface == nil || ptr.Deref(o.NetworkInterface.NetworkInterfaceId, "") == ""
	case *awsec2.AttachNetworkInterfaceOutput:
		return ptr.Deref(o.AttachmentId, "") == ""
	default:
		return false
	}
}
