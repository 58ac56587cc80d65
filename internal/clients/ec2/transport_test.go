// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// fakeTransport carries requests to a handler without a network, whose connections a
// bubble's clock would wait for.
type fakeTransport struct {
	handler http.Handler
	spoil   func(answer io.Reader) io.Reader // nil spoils nothing
}

func (w fakeTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	done := make(chan bool, 1)
	answer := httptest.NewRecorder()
	go func() {
		defer func() { done <- recover() == nil }()
		w.handler.ServeHTTP(answer, r)
	}()
	select {
	case ok := <-done:
		if !ok {
			return nil, io.ErrUnexpectedEOF
		}
		resp := answer.Result()
		if w.spoil != nil {
			resp.Body = io.NopCloser(w.spoil(resp.Body))
		}
		return resp, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// An account is EC2, and a client of it that takes a share of its rate.
type account struct {
	*Client

	ec2  *ec2emulator.Server
	wire *fakeTransport
}

func newAccount(t *testing.T, share float64) account {
	t.Helper()
	s := ec2emulator.New(ec2emulator.Options{Latency: -1})
	if err := s.Seed(ec2emulator.Seed{
		VPCs:    []ec2emulator.VPC{{ID: "vpc-1", CIDR: "10.0.0.0/16"}},
		Subnets: []ec2emulator.Subnet{{ID: "subnet-1", VPCID: "vpc-1", CIDR: "10.0.0.0/20"}},
	}); err != nil {
		t.Fatal(err)
	}
	k := kube(t, credentialsSecret("credentials", credentialsFile), &networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Spec: networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: secretConfig("system", "http://ec2.example")}})
	w := &fakeTransport{handler: s}
	cs := NewClients(k, "us-east-1", WithShare(share), WithTransport(func(http.RoundTripper) http.RoundTripper { return w }))
	c, err := cs.Get(t.Context(), ConfigReference{Kind: networkingv1alpha1.ClusterProviderConfigKind, Name: "default"}, "")
	if err != nil {
		t.Fatal(err)
	}
	return account{Client: c, ec2: s, wire: w}
}

func (a account) create(ctx context.Context) error {
	_, err := a.CreateNetworkInterface(ctx, &awsec2.CreateNetworkInterfaceInput{SubnetId: new("subnet-1")})
	return err
}

func (a account) look(ctx context.Context) error {
	_, err := a.api.DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{MaxResults: new(int32(5))})
	return err
}

// level is the state of an action's bucket.
func (a account) level(t *testing.T, action string) throttle.BucketState {
	t.Helper()
	for _, l := range a.traffic.limiter.States() {
		if l.Action == action {
			return l
		}
	}
	t.Fatalf("there is no bucket of %s", action)
	return throttle.BucketState{}
}

func (a account) calls(action string) int { return a.ec2.Count(ec2emulator.ByAction(action)) }

// within runs a test on an account in a bubble.
func within(t *testing.T, share float64, fn func(t *testing.T, a account)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t, share)
		defer a.ec2.Close()
		fn(t, a)
	})
}

func TestRetriesTakeTokens(t *testing.T) {
	// At this share the bucket holds five tokens and is refilled with one every 4 s.
	within(t, 0.05, func(t *testing.T, a account) {
		a.ec2.Inject(ec2emulator.Fault{Action: ActionCreate, Code: "InternalError"})
		began := time.Now()
		if err := a.create(t.Context()); awserr.Code(err) != "InternalError" {
			t.Errorf("unexpected error: %v", err)
		}
		if n := a.calls(ActionCreate); n != attempts {
			t.Errorf("\nA call that failed for a moment is tried %d times.\n%d calls", attempts, n)
		}
		want := 5 - attempts + time.Since(began).Seconds()/4
		if l := a.level(t, ActionCreate); math.Abs(l.Tokens-want) > 0.001 {
			t.Errorf("\nEach attempt takes a token.\n%.3f tokens are left, want %.3f", l.Tokens, want)
		}
	})
}

func TestCallRecord(t *testing.T) {
	cases := map[string]struct {
		reason string
		fault  ec2emulator.Fault
		fails  bool
		lost   bool
		// throttled calls are no change.
		throttled bool
	}{
		"Answered":   {reason: "All was answered."},
		"Refused":    {reason: "A definite error means no effect.", fault: ec2emulator.Fault{Code: "UnauthorizedOperation"}, fails: true},
		"Throttled":  {reason: "A throttled call has no effect.", fault: ec2emulator.Fault{Code: "RequestLimitExceeded"}, fails: true, throttled: true},
		"Hiccup":     {reason: "A failed attempt may have had an effect, whatever the result of the next attempt.", fault: ec2emulator.Fault{Code: "InternalError", Count: 1}, lost: true},
		"Lost":       {reason: "The answer is lost.", fault: ec2emulator.Fault{LoseResponse: true, Count: 1}, lost: true},
		"Unanswered": {reason: "EC2 does not answer.", fault: ec2emulator.Fault{Drop: true}, fails: true, lost: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			within(t, 1, func(t *testing.T, a account) {
				tc.fault.Action = ActionCreate
				if tc.fault.Code != "" || tc.fault.LoseResponse || tc.fault.Drop {
					a.ec2.Inject(tc.fault)
				}
				ctx, answers := WithCallRecord(t.Context())
				if err := a.create(ctx); (err != nil) != tc.fails {
					t.Errorf("unexpected error: %v", err)
				}
				if answers.OutcomeUnknown() != tc.lost {
					t.Errorf("\n%s\nLost(): %t, want %t", tc.reason, answers.OutcomeUnknown(), tc.lost)
				}
				var want []string
				if !tc.throttled {
					want = []string{ActionCreate}
				}
				if diff := cmp.Diff(want, answers.MutatingActions()); diff != "" {
					t.Errorf("\n%s\nMutating(): -want, +got:\n%s", tc.reason, diff)
				}
			})
		})
	}
}

func TestMutatingActionsOmitReads(t *testing.T) {
	within(t, 1, func(t *testing.T, a account) {
		ctx, answers := WithCallRecord(t.Context())
		if err := a.look(ctx); err != nil {
			t.Fatal(err)
		}
		if got := answers.MutatingActions(); len(got) > 0 {
			t.Errorf("\nA describe action changes nothing.\nMutating(): %v", got)
		}
	})
}

func TestUnreadableAnswers(t *testing.T) {
	cut := func(divisor int64, end error) func(io.Reader) io.Reader {
		return func(answer io.Reader) io.Reader {
			var whole strings.Builder
			n, _ := io.Copy(&whole, answer)
			return io.MultiReader(strings.NewReader(whole.String()[:n/divisor]), iotest.ErrReader(end))
		}
	}
	const half, nothing = 2, math.MaxInt64
	cases := map[string]struct {
		reason string
		call   func(a account, ctx context.Context) error
		spoil  func(io.Reader) io.Reader
		lost   bool
		want   string // of the clean error
	}{
		"Cut": {
			reason: "EC2 may have created a resource whose id was not read.",
			call:   account.create, spoil: cut(half, io.ErrUnexpectedEOF), lost: true, want: "cannot read EC2's answer: unexpected EOF",
		},
		"CutWithoutNotice": {
			reason: "A connection may end without an error.",
			call:   account.create, spoil: cut(half, io.EOF), lost: true, want: "cannot read EC2's answer: XML syntax error on line 2: unexpected EOF",
		},
		"Empty": {
			reason: "An empty response has no id, though the SDK accepts it.",
			call:   account.create, spoil: cut(nothing, io.EOF), lost: true, want: "cannot read EC2's answer: it has no resource id",
		},
		"Look": {
			reason: "A read-only call has no effect.",
			call:   account.look, spoil: cut(half, io.ErrUnexpectedEOF), want: "cannot read EC2's answer: unexpected EOF",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			within(t, 1, func(t *testing.T, a account) {
				a.wire.spoil = tc.spoil
				ctx, answers := WithCallRecord(t.Context())
				err := tc.call(a, ctx)
				if err == nil || !awserr.IsCallError(err) {
					t.Fatalf("\n%s\nunexpected error: %v", tc.reason, err)
				}
				if diff := cmp.Diff(tc.want, awserr.Clean(err).Error()); diff != "" {
					t.Errorf("\n%s\nClean(...): -want, +got:\n%s", tc.reason, diff)
				}
				if answers.OutcomeUnknown() != tc.lost {
					t.Errorf("\n%s\nLost(): %t, want %t", tc.reason, answers.OutcomeUnknown(), tc.lost)
				}
			})
		})
	}
}

func TestRetriesWait(t *testing.T) {
	// At this share the bucket holds two tokens and is refilled with one every 10 s.
	within(t, 0.02, func(t *testing.T, a account) {
		a.ec2.Inject(ec2emulator.Fault{Action: ActionCreate, Code: "InternalError", Count: 2})
		began := time.Now()
		if err := a.create(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 9*time.Second || took > 11*time.Second {
			t.Errorf("\nAn attempt without a token waits for one.\n%s for three attempts, want ten seconds", took)
		}
	})
}

func TestThrottled(t *testing.T) {
	within(t, 1, func(t *testing.T, a account) {
		fault := a.ec2.Inject(ec2emulator.Fault{Action: ActionCreate, Code: "RequestLimitExceeded"})
		if err := a.create(t.Context()); !awserr.IsThrottled(err) {
			t.Errorf("unexpected error: %v", err)
		}
		if n := a.calls(ActionCreate); n != 1 {
			t.Errorf("\nA call that came too soon is not tried again at once.\n%d calls, want 1", n)
		}
		l := a.level(t, ActionCreate)
		if l.Tokens > 0 || l.PerSecond >= throttle.PublishedRate(ActionCreate).PerSecond {
			t.Errorf("\nA call that came too soon empties the bucket and slows it down.\n%.1f tokens, %.1f per second", l.Tokens, l.PerSecond)
		}
		fault.Remove()
		time.Sleep(time.Minute)
		if l := a.level(t, ActionCreate); l.PerSecond != throttle.PublishedRate(ActionCreate).PerSecond {
			t.Errorf("\nThe rate increases again while no call is throttled.\n%.1f per second after a minute", l.PerSecond)
		}
	})
}

func TestCallTimeout(t *testing.T) {
	within(t, 1, func(t *testing.T, a account) {
		a.ec2.Inject(ec2emulator.Fault{Action: ActionCreate, Delay: time.Hour})
		began := time.Now()
		err := a.create(t.Context())
		if err == nil || awserr.Classify(err).Class != awserr.ClassTransient {
			t.Errorf("\nA call that gets no answer fails, and may be made again soon.\n%v", err)
		}
		took := time.Since(began)
		if took < attempts*callTimeout || took > attempts*callTimeout+time.Minute {
			t.Errorf("\nEach attempt waits for its answer for %s, no longer.\n%s for %d attempts", callTimeout, took, attempts)
		}
	})
}

func TestTimeoutExcludesTokenWait(t *testing.T) {
	// At this share the bucket holds one token and is refilled with one every 20 s.
	within(t, 0.0101, func(t *testing.T, a account) {
		for range 2 {
			if err := a.create(t.Context()); err != nil {
				t.Errorf("\nThe wait for a token, longer than a call may take, is not part of the call.\n%v", err)
			}
		}
	})
}

// TestMaxTokenWait takes the only token and makes another call.
func TestMaxTokenWait(t *testing.T) {
	cases := map[string]struct {
		reason string
		share  float64
		ctx    func(ctx context.Context) context.Context
		waits  time.Duration
		sent   bool // away
	}{
		"ForOneObject": {
			reason: "A call of one object does not wait seconds for a token: the object is requeued.",
			share:  0.1, // 0.5 a second
			ctx: func(ctx context.Context) context.Context {
				ctx, _ = throttle.WithReservation(ctx, "me")
				return ctx
			},
			sent: true,
		},
		"ForOneObjectSoon": {
			reason: "A call of one object waits for a token that is available in a moment.",
			share:  1, // 5 a second
			ctx: func(ctx context.Context) context.Context {
				ctx, _ = throttle.WithReservation(ctx, "me")
				return ctx
			},
			waits: 200 * time.Millisecond,
		},
		"ForMany": {
			reason: "A call that serves many waits for seconds.",
			share:  0.1,
			ctx:    func(ctx context.Context) context.Context { return ctx },
			waits:  2 * time.Second,
		},
		"WithoutTurn": {
			reason: "A shared call waits longer, even if one object starts it.",
			share:  0.1,
			ctx: func(ctx context.Context) context.Context {
				ctx, _ = throttle.WithReservation(ctx, "me")
				return throttle.WithoutReservation(ctx)
			},
			waits: 2 * time.Second,
		},
		"Deadline": {
			reason: "A call does not wait for a token beyond its deadline.",
			share:  0.1,
			ctx: func(ctx context.Context) context.Context {
				ctx, cancel := context.WithTimeout(ctx, time.Second)
				time.AfterFunc(time.Minute, cancel)
				return ctx
			},
			sent: true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			within(t, tc.share, func(t *testing.T, a account) {
				for range int(throttle.PublishedRate(ActionCreate).Burst * tc.share) {
					if err := a.create(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				began := time.Now()
				err := a.create(tc.ctx(t.Context()))
				if awserr.IsRateLimited(err) != tc.sent || (err != nil) != tc.sent {
					t.Errorf("\n%s\nunexpected error: %v", tc.reason, err)
				}
				if took := time.Since(began).Round(10 * time.Millisecond); took != tc.waits {
					t.Errorf("\n%s\nwaited %s, want %s", tc.reason, took, tc.waits)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

func TestReserve(t *testing.T) {
	within(t, 1, func(t *testing.T, a account) {
		full := throttle.PublishedRate(ActionCreate).Burst
		ctx, turn := throttle.WithReservation(t.Context(), "me")
		if err := a.Reserve(ctx, ActionCreate); err != nil {
			t.Fatal(err)
		}
		if err := a.Reserve(ctx, ActionCreate); err != nil {
			t.Fatal(err)
		}
		if err := a.create(ctx); err != nil {
			t.Fatal(err)
		}
		if wait := turn.End(); wait > 0 {
			t.Errorf("\nA reserved call is not delayed.\nEnd(): %s", wait)
		}
		if l := a.level(t, ActionCreate); l.Tokens != full-1 {
			t.Errorf("\nA reserved call takes no second token.\n%.1f tokens are left of %.0f", l.Tokens, full)
		}
		ctx, turn = throttle.WithReservation(t.Context(), "me")
		if err := a.Reserve(ctx, ActionCreate); err != nil {
			t.Fatal(err)
		}
		turn.End()
		if l := a.level(t, ActionCreate); l.Tokens != full-1 {
			t.Errorf("\nAn unused token is returned to the bucket.\n%.1f tokens are left of %.0f", l.Tokens, full)
		}
		if err := a.Reserve(t.Context(), ActionDelete); err != nil || len(a.traffic.limiter.States()) != 1 {
			t.Errorf("\nWithout a reservation no token is taken.\n%v, %v", err, a.traffic.limiter.States())
		}
	})
}

// fail makes failing calls until the breaker opens.
func (a account) fail(t *testing.T) {
	t.Helper()
	for range 10 {
		if err := a.look(t.Context()); awserr.IsOutage(err) {
			return
		}
		time.Sleep(2 * time.Second)
	}
	t.Fatal("an outage was not noticed")
}

func TestOutage(t *testing.T) {
	for name, outage := range map[string]ec2emulator.Outage{"Unavailable": ec2emulator.OutageUnavailable, "Cut": ec2emulator.OutageCut} {
		t.Run(name, func(t *testing.T) {
			within(t, 1, func(t *testing.T, a account) {
				a.ec2.SetOutage(outage)
				a.fail(t)
				m := a.ec2.Mark()
				began := time.Now()
				// A probe is up to one step late: twelve fit in this time, thirteen do
				// not.
				for time.Since(began) < 62*time.Second {
					if err := a.create(t.Context()); !awserr.IsOutage(err) {
						t.Fatalf("\nDuring an outage no call is made that changes anything.\n%v", err)
					}
					ctx, turn := throttle.WithReservation(t.Context(), "me")
					if err := a.Reserve(ctx, ActionCreate); !awserr.IsOutage(err) {
						t.Fatalf("\nDuring an outage no token is reserved.\n%v", err)
					}
					if wait := turn.End(); wait < time.Second || wait > 5*time.Second {
						t.Errorf("\nThe delay ends with the next probe.\nEnd(): %s", wait)
					}
					_ = a.look(t.Context())
					time.Sleep(100 * time.Millisecond)
				}
				if n := len(a.ec2.Since(m)); n != 12 {
					t.Errorf("\nDuring an outage one read-only call is made every five seconds, without retries.\n%d in a minute", n)
				}

				a.ec2.SetOutage(ec2emulator.OutageNone)
				time.Sleep(5 * time.Second)
				if err := a.create(t.Context()); !awserr.IsOutage(err) {
					t.Errorf("\nOnly a read-only call ends an outage.\n%v", err)
				}
				if err := a.look(t.Context()); err != nil {
					t.Errorf("\nThe first answer ends an outage.\n%v", err)
				}
				if l := a.level(t, "DescribeSubnets"); l.Tokens > 0 {
					t.Errorf("\nNo burst follows an outage.\n%.1f tokens", l.Tokens)
				}
				if err := a.create(t.Context()); err != nil {
					t.Errorf("\nAfter an outage calls are made again.\n%v", err)
				}
			})
		})
	}
}

// TestFailuresWithoutOutage has calls fail in ways that are no outage.
func TestFailuresWithoutOutage(t *testing.T) {
	cases := map[string]struct {
		reason string
		call   func(ctx context.Context, a account)
	}{
		"Refused": {
			reason: "An error of the caller's making is an answer.",
			call: func(ctx context.Context, a account) {
				defer a.ec2.Inject(ec2emulator.Fault{Code: "UnauthorizedOperation"}).Remove()
				_ = a.look(ctx)
			},
		},
		"TooSoon": {
			reason: "A call that came too soon was answered, though with the status of a failure.",
			call: func(ctx context.Context, a account) {
				defer a.ec2.Inject(ec2emulator.Fault{Code: "RequestLimitExceeded", HTTPStatus: http.StatusServiceUnavailable}).Remove()
				_ = a.look(ctx)
			},
		},
		"GivenUp": {
			reason: "A call that its caller cancelled is not a failure of EC2.",
			call: func(ctx context.Context, a account) {
				defer a.ec2.Inject(ec2emulator.Fault{Delay: time.Hour}).Remove()
				ctx, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				_ = a.look(ctx)
			},
		},
		"AnsweredInBetween": {
			reason: "One response among failures shows that EC2 is available.",
			call: func(ctx context.Context, a account) {
				fault := a.ec2.Inject(ec2emulator.Fault{Code: "InternalError"})
				_ = a.look(ctx)
				fault.Remove()
				_ = a.look(ctx)
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			within(t, 1, func(t *testing.T, a account) {
				for range 20 {
					tc.call(t.Context(), a)
					time.Sleep(time.Second)
				}
				time.Sleep(time.Minute)
				if err := a.create(t.Context()); err != nil {
					t.Errorf("\n%s\n%v", tc.reason, err)
				}
			})
		})
	}
}

// TestOneOutagePerPlace has the calls of one account fail and makes a call in another.
func TestOneOutagePerPlace(t *testing.T) {
	within(t, 1, func(t *testing.T, a account) {
		a.ec2.SetOutage(ec2emulator.OutageCut)
		a.fail(t)
		other := &transport{traffic: a.traffic, next: fakeTransport{handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://sts.example", strings.NewReader(""))
		resp, err := other.RoundTrip(r)
		if err != nil {
			t.Fatalf("\nCalls of other services are not held back.\n%v", err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		if err := a.traffic.breaker(rateScope{account: "other", region: "us-east-1"}).Allow(false); err != nil {
			t.Errorf("\nAn outage is limited to one account and region.\n%v", err)
		}
	})
}

func TestScopeOf(t *testing.T) {
	cases := map[string]struct {
		reason        string
		authorization string
		want          rateScope
	}{
		"Signed": {
			reason:        "A request's signature names the access key and the region.",
			authorization: "AWS4-HMAC-SHA256 Credential=AKIA/20260102/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=0",
			want:          rateScope{account: "AKIA", region: "eu-west-1"},
		},
		"KeyOfAnAccount": {
			reason:        "The id of an access key holds the number of its account.",
			authorization: "AWS4-HMAC-SHA256 Credential=ASIAQNZGKIQY56JQ7WML/20260102/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0",
			want:          rateScope{account: "029608264753", region: "us-east-1"},
		},
		"OldKey": {
			reason:        "The id of a key from before 2019 stands for itself.",
			authorization: "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260102/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0",
			want:          rateScope{account: "AKIAIOSFODNN7EXAMPLE", region: "us-east-1"},
		},
		"Unsigned": {reason: "A request without a signature has no account and region."},
		"Nonsense": {reason: "A signature in another format has no account and region.", authorization: "Credential=AKIA/2026"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://ec2.example", strings.NewReader(""))
			r.Header.Set("Authorization", tc.authorization)
			if diff := cmp.Diff(tc.want, (&transport{}).scope(signatureOf(r)), cmp.AllowUnexported(rateScope{})); diff != "" {
				t.Errorf("\n%s\nplace(signatureOf(...)): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestErrorCode reads the code of a response, and then the response.
func TestErrorCode(t *testing.T) {
	long := strings.Repeat("x", 2*maxErrorBody)
	cases := map[string]struct {
		reason string
		body   string
		want   string
	}{
		"EC2":      {reason: "EC2's errors carry a code.", body: "<Response><Errors><Error><Code>InternalError</Code></Error></Errors></Response>", want: "InternalError"},
		"Proxy":    {reason: "An answer that is not EC2's is known by its status.", body: "<html>Bad Gateway</html>", want: "502 Bad Gateway"},
		"Empty":    {reason: "The status is the code of an empty error.", want: "502 Bad Gateway"},
		"Unending": {reason: "Only the beginning of a long error is read.", body: long + "<Code>TooLate</Code>", want: "502 Bad Gateway"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			resp := &http.Response{Status: "502 Bad Gateway", Body: io.NopCloser(strings.NewReader(tc.body))}
			if got := errorCode(resp); got != tc.want {
				t.Errorf("\n%s\nerrorCode(...): %q, want %q", tc.reason, got, tc.want)
			}
			left, err := io.ReadAll(resp.Body)
			if err = errors.Join(err, resp.Body.Close()); err != nil || string(left) != tc.body {
				t.Errorf("\nThe answer is left as it was for the SDK.\n%d bytes of %d, %v", len(left), len(tc.body), err)
			}
		})
	}
}
