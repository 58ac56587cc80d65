package ec2

import (
	"bytes"
	"context"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

const (
	// callTimeout bounds one attempt of one call, so that a lost answer does
	// not use up a whole reconcile. Waiting for a token is not part of it.
	callTimeout = 15 * time.Second

	// maxTokenWait is for how long a call on behalf of one object waits for a
	// token before the object is told to come back, and sharedPatience for how
	// long one that serves many does.
	maxTokenWait       = 250 * time.Millisecond
	maxSharedTokenWait = 20 * time.Second
)

// traffic governs the calls of all Clients to EC2. Each place has one set of token
// buckets and one breaker, however many Clients reach it.
type traffic struct {
	limiter *throttle.Limiter
	metrics *Metrics
	calls   atomic.Uint64 // made on nobody's behalf, each with a place of its own

	mu       sync.Mutex
	breakers map[rateScope]*throttle.Breaker
}

// A rateScope is where calls are counted together: EC2 does so by account and region,
// and an endpoint of a config's own by itself. An account is what a key id claims;
// EC2 checks that, so calls of a tenant have a place of their own until it has.
type rateScope struct {
	account, region string
	endpoint        string // host of the config's endpoint; "" is AWS's own
	tenant          string // config whose calls are counted apart
}

// key returns the token bucket of an action.
func (p rateScope) key(action string) throttle.Key {
	return throttle.Key{Account: p.account, Region: p.region, Endpoint: p.endpoint, Tenant: p.tenant, Action: action}
}

func newTraffic(share float64, m *Metrics) *traffic {
	l := throttle.NewLimiter(share)
	l.ObserveWait = func(k throttle.Key, d time.Duration) { m.observeWait(k.Action, d) }
	return &traffic{limiter: l, metrics: m, breakers: map[rateScope]*throttle.Breaker{}}
}

func (t *traffic) breaker(p rateScope) *throttle.Breaker {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.breakers[p]
	if !ok {
		b = throttle.NewBreaker(p.region)
		t.breakers[p] = b
	}
	return b
}

// forget drops what is kept of the calls of a config that does not exist any more.
func (t *traffic) forget(ref ConfigReference) {
	if ref.Kind != networkingv1alpha1.ProviderConfigKind {
		return
	}
	t.limiter.Forget(ref.String())
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.breakers, func(p rateScope, _ *throttle.Breaker) bool { return p.tenant == ref.String() })
}

// transport passes requests on when their turn has come. The SDK sends each of
// its retries through it, so they pay like first attempts.
type transport struct {
	next        http.RoundTripper
	traffic     *traffic
	credentials *renewableCredentials

	// plain is true for requests that are not to an AWS API, though their
	// contexts may be those of calls to EC2 that need their answers.
	plain bool

	endpoint string // host of the config's endpoint of EC2, if it has one
	tenant   string // config of a tenant, if it is one

	mu       sync.Mutex
	verified string // access key id with which the tenant's last call succeeded
}

// scope returns where the calls count that are signed with a key. Only a call that
// EC2 has carried out shows that the key is what its id claims: a tenant may write
// any id into a Secret, and at an endpoint of his own have any answer to it.
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

// verify notes that EC2 has carried out a call signed with a key, or rejected
// the key.
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
		// What the tenant's calls have used counts at the account.
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
	where := t.scope(accessKeyID, region)
	b := t.traffic.breaker(where)
	if err := b.Allow(throttle.ReadOnly(action)); err != nil {
		delayRequeue(ctx, err)
		return nil, err
	}
	k := where.key(action)
	if err := t.wait(ctx, k); err != nil {
		delayRequeue(ctx, err)
		return nil, err
	}
	resp, err := t.send(r, maxAnswer)
	code := t.recordOutcome(ctx, resp, err, b, k)
	switch {
	case awserr.IsCredentialsCode(code):
		t.credentials.reject()
		t.verify(accessKeyID, region, false)
		t.traffic.limiter.Cancel(k) // EC2 counts no call of which it does not know the account
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

// wait takes a token, or returns the error that says when to come back. Who has a
// turn does so and keeps his place. A call made for many has a place for itself
// alone, and leaves it when it goes.
func (t *transport) wait(ctx context.Context, k throttle.Key) error {
	turn := throttle.FromContext(ctx)
	if turn != nil && turn.Consume(k) {
		return nil
	}
	who, limit := fmt.Sprintf("call-%d", t.traffic.calls.Add(1)), time.Now().Add(maxSharedTokenWait)
	if turn != nil {
		who, limit = turn.Owner(), time.Now().Add(maxTokenWait)
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
			return &throttle.RateLimitError{Action: k.Action, After: wait}
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

// recordOutcome tells limiter and breaker how an attempt went, and returns its code
// for the metrics.
func (t *transport) recordOutcome(ctx context.Context, resp *http.Response, err error, b *throttle.Breaker, k throttle.Key) string {
	if err != nil {
		if ctx.Err() == nil { // else it is the caller who gave up
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
		t.traffic.limiter.Throttled(k)
	case resp.StatusCode >= http.StatusInternalServerError:
		b.RecordFailure(k.Action)
		return code
	}
	b.RecordAnswer(k.Action, func() { t.traffic.limiter.Drain(k) })
	return code
}

// send sends the request, within callTimeout, and bounds the answer.
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

func (b *cancelBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

func delayRequeue(ctx context.Context, err error) {
	turn := throttle.FromContext(ctx)
	if turn == nil {
		return
	}
	if after, ok := awserr.RetryAfter(err); ok {
		turn.DelayRequeue(after)
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

// signatureOf reads from a request's signature with which access key and for which
// region it was signed.
func signatureOf(r *http.Request) (accessKeyID, region string) {
	// AWS4-HMAC-SHA256 Credential=<access key>/<date>/<region>/<service>/…
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.SplitN(credential, "/", 4)
	if len(parts) < 4 {
		return "", ""
	}
	return parts[0], parts[2]
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
