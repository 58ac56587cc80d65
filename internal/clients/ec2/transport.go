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
	"sync/atomic"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

const (
	// callTimeout bounds one attempt of one call, so that a lost answer does
	// not use up a whole reconcile. Waiting for a token is not part of it.
	callTimeout = 15 * time.Second

	// patience is for how long a call on behalf of one object waits for a
	// token before the object is told to come back, and sharedPatience for how
	// long one that serves many does.
	patience       = 250 * time.Millisecond
	sharedPatience = 20 * time.Second

	// maxErrorBody bounds how much of an error is read to find its code.
	maxErrorBody = 64 << 10
)

// traffic governs the calls of all Clients to EC2. One account in one region
// has one set of token buckets and one breaker, however many Clients reach it.
type traffic struct {
	limiter *throttle.Limiter
	metrics *Metrics
	calls   atomic.Uint64 // made on nobody's behalf, each with a place of its own

	mu       sync.Mutex
	breakers map[place]*throttle.Breaker
}

// A place is where EC2 counts calls.
type place struct{ account, region string }

func newTraffic(share float64, m *Metrics) *traffic {
	l := throttle.NewLimiter(share)
	l.Waited = func(k throttle.Key, d time.Duration) { m.waited(k.Action, d) }
	return &traffic{limiter: l, metrics: m, breakers: map[place]*throttle.Breaker{}}
}

func (t *traffic) breaker(p place) *throttle.Breaker {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.breakers[p]
	if !ok {
		b = throttle.NewBreaker(p.region)
		t.breakers[p] = b
	}
	return b
}

// transport passes requests on when their turn has come. The SDK sends each of
// its retries through it, so they pay like first attempts.
type transport struct {
	next        http.RoundTripper
	traffic     *traffic
	credentials *renewable
}

// RoundTrip makes one attempt.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if awsmiddleware.GetServiceID(ctx) != awsec2.ServiceID {
		return t.send(r)
	}
	action := awsmiddleware.GetOperationName(ctx)
	where := placeOf(r)
	b := t.traffic.breaker(where)
	if err := b.Allow(throttle.ReadOnly(action)); err != nil {
		told(ctx, err)
		return nil, err
	}
	k := throttle.Key{Account: where.account, Region: where.region, Action: action}
	if err := t.wait(ctx, k); err != nil {
		told(ctx, err)
		return nil, err
	}
	resp, err := t.send(r)
	code := t.outcome(ctx, resp, err, b, k)
	if isCredentialsCode(code) {
		t.credentials.reject()
	}
	noteAnswer(ctx, action, resp, code)
	t.traffic.metrics.called(action, code)
	return resp, err
}

// wait takes a token, or returns the error that says when to come back. Who has a
// turn does so and keeps his place. A call made for many has a place for itself
// alone, and leaves it when it goes.
func (t *transport) wait(ctx context.Context, k throttle.Key) error {
	turn := throttle.TurnOf(ctx)
	if turn != nil && turn.Use(k) {
		return nil
	}
	who, limit := fmt.Sprintf("call-%d", t.traffic.calls.Add(1)), time.Now().Add(sharedPatience)
	if turn != nil {
		who, limit = turn.Who(), time.Now().Add(patience)
	}
	for {
		wait := t.traffic.limiter.Take(k, who, throttle.PriorityOf(ctx, k.Action))
		if wait == 0 {
			return nil
		}
		deadline, ok := ctx.Deadline()
		if until := time.Now().Add(wait); until.After(limit) || (ok && until.After(deadline)) {
			if turn == nil {
				t.traffic.limiter.Leave(k, who)
			}
			return &throttle.WaitError{Action: k.Action, After: wait}
		}
		if err := sleep(ctx, wait); err != nil {
			t.traffic.limiter.Leave(k, who)
			return err
		}
	}
}

// sleep waits for a short time. Longer waits are the caller's: he requeues.
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

// outcome tells limiter and breaker how an attempt went, and returns its code
// for the metrics.
func (t *transport) outcome(ctx context.Context, resp *http.Response, err error, b *throttle.Breaker, k throttle.Key) string {
	if err != nil {
		if ctx.Err() == nil { // else it is the caller who gave up
			b.Failed(k.Action)
		}
		return codeNoAnswer
	}
	code := "OK"
	if resp.StatusCode >= http.StatusBadRequest {
		code = errorCode(resp)
	}
	switch {
	case isThrottleCode(code):
		t.traffic.limiter.Refused(k)
	case resp.StatusCode >= http.StatusInternalServerError:
		b.Failed(k.Action)
		return code
	}
	b.Answered(k.Action, func() { t.traffic.limiter.Empty(k.Account, k.Region) })
	return code
}

// send sends the request, within callTimeout.
func (t *transport) send(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), callTimeout)
	resp, err := t.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = &cancelBody{ReadCloser: resp.Body, cancel: cancel}
	return resp, nil
}

// cancelBody ends an attempt's context with its body.
type cancelBody struct {
	io.ReadCloser

	cancel context.CancelFunc
}

func (b *cancelBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

func told(ctx context.Context, err error) {
	turn := throttle.TurnOf(ctx)
	if turn == nil {
		return
	}
	if after, ok := RetryAfter(err); ok {
		turn.Told(after)
	}
}

// errorCode reads EC2's code from an error answer and leaves the answer as it
// was.
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

// placeOf reads from a request's signature on whose account and region it will
// count.
func placeOf(r *http.Request) place {
	// AWS4-HMAC-SHA256 Credential=<access key>/<date>/<region>/<service>/…
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.SplitN(credential, "/", 4)
	if len(parts) < 4 {
		return place{}
	}
	return place{account: accountOf(parts[0]), region: parts[2]}
}

// accountOf returns what stands for the account of an access key. Since 2019
// AWS puts the account's number into the ids of its keys, which makes all keys
// of an account, temporary ones too, count together. An id of another form
// stands for itself.
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
