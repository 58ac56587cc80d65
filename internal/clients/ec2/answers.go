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

// Answers notes how the attempts of the calls went that were made with one
// context. The SDK makes several for one call and tells of the last alone.
type Answers struct {
	lost atomic.Bool

	mu       sync.Mutex
	mutating []string // actions, sorted
}

type answersKey struct{}

// WithAnswers returns a context whose calls are noted.
func WithAnswers(ctx context.Context) (context.Context, *Answers) {
	a := &Answers{}
	return context.WithValue(ctx, answersKey{}, a), a
}

// Lost says that there was an attempt to change something to which no answer came
// that could be read, or only that EC2 failed. It may have been carried out, or may
// yet be.
func (a *Answers) Lost() bool { return a.lost.Load() }

// Mutating returns the mutating actions that were called, sorted, whether EC2 carried
// them out or not. A call that EC2 throttled is not among them.
func (a *Answers) Mutating() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.mutating)
}

func (a *Answers) addMutating(action string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i, found := slices.BinarySearch(a.mutating, action); !found {
		a.mutating = slices.Insert(a.mutating, i, action)
	}
}

// noteAnswer notes how an attempt went that was sent.
func noteAnswer(ctx context.Context, action string, resp *http.Response, code string) {
	a, ok := ctx.Value(answersKey{}).(*Answers)
	if !ok || throttle.ReadOnly(action) || awserr.IsThrottleCode(code) {
		return
	}
	a.addMutating(action)
	if code == codeNoAnswer || resp != nil && resp.StatusCode >= http.StatusInternalServerError {
		a.lost.Store(true)
	}
}

// readAnswers has each attempt noted whose answer says that it was carried out,
// and cannot be read further. It stands between what reads answers and what wraps
// their errors.
func readAnswers(s *middleware.Stack) error {
	return s.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("NoteUnread", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		if err == nil && namesNothing(out.Result) {
			// The SDK takes an answer that ends before it has begun for one.
			err = &smithy.DeserializationError{Err: errors.New("it names nothing")}
		}
		a, ok := ctx.Value(answersKey{}).(*Answers)
		resp, answered := out.RawResponse.(*smithyhttp.Response)
		if err != nil && ok && answered && resp.StatusCode < http.StatusMultipleChoices && !throttle.ReadOnly(awsmiddleware.GetOperationName(ctx)) {
			a.lost.Store(true)
		}
		return out, metadata, err
	}), "OperationDeserializer", middleware.Before)
}

// namesNothing says that an answer lacks the id of what was made.
func namesNothing(answer any) bool {
	switch o := answer.(type) {
	case *awsec2.CreateNetworkInterfaceOutput:
		return o.NetworkInterface == nil || ptr.Deref(o.NetworkInterface.NetworkInterfaceId, "") == ""
	case *awsec2.AttachNetworkInterfaceOutput:
		return ptr.Deref(o.AttachmentId, "") == ""
	default:
		return false
	}
}
