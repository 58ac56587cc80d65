// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

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

// CallRecord records the attempts of the calls made with a context. The SDK may make
// several attempts for one call, and returns the result of the last attempt only.
type CallRecord struct {
	outcomeUnknown atomic.Bool

	mu       sync.Mutex
	mutating []string // actions, sorted
}

type callRecordKey struct{}

// WithCallRecord returns a context whose calls are recorded.
func WithCallRecord(ctx context.Context) (context.Context, *CallRecord) {
	a := &CallRecord{}
	return context.WithValue(ctx, callRecordKey{}, a), a
}

// OutcomeUnknown reports whether an attempt of a mutating call had no readable response, or
// a server error. EC2 may have carried it out, or may still do so.
func (a *CallRecord) OutcomeUnknown() bool { return a.outcomeUnknown.Load() }

// MutatingActions returns the mutating actions that were called, successfully or not,
// sorted. Throttled calls are not included.
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

// recordAttempt records an attempt that was sent.
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

// recordUnreadable records attempts whose response has a success status and cannot be
// deserialized. The middleware runs between deserialization and the wrapping of its errors.
func recordUnreadable(s *middleware.Stack) error {
	return s.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("RecordUnreadable", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		if err == nil && lacksID(out.Result) {
			// The SDK accepts an empty response.
			err = &smithy.DeserializationError{Err: errors.New("it has no resource id")}
		}
		a, ok := ctx.Value(callRecordKey{}).(*CallRecord)
		resp, answered := out.RawResponse.(*smithyhttp.Response)
		if err != nil && ok && answered && resp.StatusCode < http.StatusMultipleChoices && !throttle.ReadOnly(awsmiddleware.GetOperationName(ctx)) {
			a.outcomeUnknown.Store(true)
		}
		return out, metadata, err
	}), "OperationDeserializer", middleware.Before)
}

// lacksID reports whether a response lacks the id of the created resource.
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
