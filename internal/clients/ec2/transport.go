// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

const (
	// callTimeout bounds one attempt of a call, so that a lost response does not use up
	// the whole reconcile. It excludes the wait for a token.
	callTimeout = 15 * time.Second

	// maxTokenWait is how long a call of one object waits for a token before the object
	// is requeued. maxSharedTokenWait is how long a call that serves several callers
	// waits.
	maxTokenWait       = 250 * time.Millisecond
	maxSharedTokenWait = 20 * time.Second
)

// transport sends a request when it has a token. The SDK's retries pass through it, and take
// tokens like first attempts.
type transport struct {
	next        http.RoundTripper
	traffic     *traffic
	credentials *renewableCredentials

	// plain is true for requests that are not to an AWS API. Their context may belong
	// to a call to EC2, which waits for credentials.
	plain bool

	endpoint string // host of the config's endpoint of EC2, if it has one
	tenant   string // config of a tenant, if it is one

	mu       sync.Mutex
	verified string // access key id with which the tenant's last call succeeded
}

// scope returns the rateScope of calls that are signed with a key. A tenant can write any
// access key id into a Secret, and a custom endpoint can return any response. Only a
// successful call to AWS proves the key.
func (t *transport) scope(accessKeyID, region string) rateScope {
	p := rateScope{region: region, endpoint: t.endpoint}
	if t.tenant != "" && (t.endpoint != "" || !t.isVerified(accessKeyID)) {
		p.tenant = t.tenant
		return p
	}
	p.account = accountOf(accessKeyID)
	return p
}

func (t *transport) isVerified(accessKeyID string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return accessKeyID != "" && t.verified == accessKeyID
}

// verify records whether EC2 has carried out a call signed with a key, or rejected the key.
func (t *transport) verify(accessKeyID, region string, ok bool) {
	if t.tenant == "" || t.endpoint != "" || t.isVerified(accessKeyID) == ok {
		return
	}
	from := t.scope(accessKeyID, region)
	t.mu.Lock()
	t.verified = ""
	if ok {
		t.verified = accessKeyID
	}
	t.mu.Unlock()
	if ok {
		// The account's buckets take over the tokens that the tenant has used.
		t.traffic.limiter.Merge(from.key(""), t.scope(accessKeyID, region).key(""))
	}
}

// RoundTrip makes one attempt.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if t.plain || awsmiddleware.GetServiceID(ctx) != awsec2.ServiceID {
		return t.send(r, maxSmallAnswer)
	}
	action := awsmiddleware.GetOperationName(ctx)
	accessKeyID, region := signatureOf(r)
	scope := t.scope(accessKeyID, region)
	b := t.traffic.breaker(scope)
	if err := b.Allow(throttle.ReadOnly(action)); err != nil {
		delayRequeue(ctx, err)
		return nil, err
	}
	span := tracing.Call(ctx, action)
	k := scope.key(action)
	started := time.Now()
	if err := t.wait(ctx, k); err != nil {
		span.End()
		delayRequeue(ctx, err)
		return nil, err
	}
	waited := time.Since(started)
	sent := time.Now()
	resp, err := t.send(r, maxAnswer)
	code := t.recordOutcome(ctx, resp, err, b, k, sent)
	endCall(span, waited, resp, code)
	switch {
	case awserr.IsCredentialsCode(code):
		t.credentials.reject()
		t.verify(accessKeyID, region, false)
		t.traffic.limiter.Cancel(k) // EC2 does not count calls of unknown accounts
	case code == awserr.OK:
		t.verify(accessKeyID, region, true)
		if throttle.ReadOnly(action) {
			resp.Body = expectRoot(resp.Body, action)
		}
	}
	recordAttempt(ctx, action, resp, code)
	t.traffic.metrics.observeCall(action, code)
	return resp, err
}

// endCall ends the span of an attempt.
func endCall(span trace.Span, waited time.Duration, resp *http.Response, code string) {
	span.SetAttributes(tracing.AttributeTokenWait.Float64(waited.Seconds()))
	if resp != nil {
		span.SetAttributes(tracing.AttributeRequestID.String(resp.Header.Get("X-Amzn-Requestid")))
	}
	if code != awserr.OK && code != awserr.DryRun {
		span.SetAttributes(tracing.AttributeErrorCode.String(code))
		span.SetStatus(codes.Error, code)
	}
	span.End()
}

// wait takes a token, or returns a RateLimitError. With a reservation in ctx, its owner keeps
// the position in the queue until it retries. A shared call waits under a name of its own,
// and leaves the queue when it fails.
func (t *transport) wait(ctx context.Context, k throttle.Key) error {
	reservation := throttle.FromContext(ctx)
	if reservation != nil && reservation.Consume(k) {
		return nil
	}
	priority, limit := throttle.PriorityOf(ctx, k.Action), time.Now().Add(maxSharedTokenWait)
	r := throttle.Request{Owner: fmt.Sprintf("call-%d", t.traffic.calls.Add(1)), Priority: priority}
	if reservation != nil {
		r, limit = reservation.Request(priority), time.Now().Add(maxTokenWait)
	}
	for {
		wait := t.traffic.limiter.Take(k, r)
		if wait == 0 {
			return nil
		}
		deadline, ok := ctx.Deadline()
		if until := time.Now().Add(wait); until.After(limit) || (ok && until.After(deadline)) {
			if reservation == nil {
				t.traffic.limiter.Leave(k, r.Owner)
			}
			return &throttle.RateLimitError{Action: k.Action, After: wait}
		}
		if err := sleep(ctx, wait); err != nil {
			t.traffic.limiter.Leave(k, r.Owner)
			return err
		}
	}
}

// sleep waits for a short time. For longer waits, requeue.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// recordOutcome reports the result of an attempt to the limiter and the breaker, and returns
// its code for the metrics.
func (t *transport) recordOutcome(ctx context.Context, resp *http.Response, err error, b *throttle.Breaker, k throttle.Key, sent time.Time) string {
	if err != nil {
		if ctx.Err() == nil { // otherwise the caller has cancelled it
			b.RecordFailure(k.Action)
		}
		return codeNoAnswer
	}
	code := awserr.OK
	if resp.StatusCode >= http.StatusMultipleChoices {
		code = errorCode(resp)
	}
	switch {
	case awserr.IsThrottleCode(code):
		t.traffic.limiter.Throttled(k, sent)
	case resp.StatusCode >= http.StatusInternalServerError:
		b.RecordFailure(k.Action)
		return code
	default:
		t.traffic.limiter.Answered(k)
	}
	b.RecordAnswer(k.Action, func() { t.traffic.limiter.Drain(k) })
	return code
}

// send sends the request with callTimeout, and bounds the response.
func (t *transport) send(r *http.Request, limit int64) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	resp, err := t.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = &cancelBody{ReadCloser: bounded(resp.Body, answerLimit(resp, limit)), cancel: cancel}
	return resp, nil
}

// cancelBody ends an attempt's context with its body.
type cancelBody struct {
	io.ReadCloser

	cancel context.CancelFunc
}

// Close closes the body and ends the context of the request.
func (b *cancelBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

func delayRequeue(ctx context.Context, err error) {
	reservation := throttle.FromContext(ctx)
	if reservation == nil {
		return
	}
	if after, ok := awserr.RetryAfter(err); ok {
		reservation.DelayRequeue(after)
	}
}

// errorCode reads EC2's code from an error response. The body can be read again.
func errorCode(resp *http.Response) string {
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	resp.Body = &rereadBody{Reader: io.MultiReader(bytes.NewReader(raw), resp.Body), Closer: resp.Body}
	if err != nil {
		return codeNoAnswer
	}
	// EC2's errors are <Response><Errors><Error><Code>…</Code>.
	_, rest, _ := bytes.Cut(raw, []byte("<Code>"))
	code, _, ok := bytes.Cut(rest, []byte("</Code>"))
	if !ok {
		return resp.Status
	}
	return string(code)
}

type rereadBody struct {
	io.Reader
	io.Closer
}

// signatureOf returns the access key id and the region of a request's signature.
func signatureOf(r *http.Request) (accessKeyID, region string) {
	// AWS4-HMAC-SHA256 Credential=<access key>/<date>/<region>/<service>/…
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.SplitN(credential, "/", 4)
	if len(parts) < 4 {
		return "", ""
	}
	return parts[0], parts[2]
}

// accountOf returns the account of an access key id. Since 2019 the ids of long-term and
// temporary keys contain the account's number. An id in another format is returned
// unchanged.
func accountOf(accessKeyID string) string {
	if len(accessKeyID) != 20 || (!strings.HasPrefix(accessKeyID, "AKIA") && !strings.HasPrefix(accessKeyID, "ASIA")) {
		return accessKeyID
	}
	raw, err := base32.StdEncoding.DecodeString(accessKeyID[4:])
	if err != nil || len(raw) < 6 || raw[0]&0x80 == 0 {
		return accessKeyID
	}
	number := binary.BigEndian.Uint64(append([]byte{0, 0}, raw[:6]...)) & 0x7fffffffff80 >> 7
	return formatAccount(number)
}
