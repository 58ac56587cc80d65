// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
)

// TestBackoff fails a request for an hour.
func TestBackoff(t *testing.T) {
	l := newLimiter()
	var longest, total time.Duration
	for total < time.Hour {
		d := l.When(request("a"))
		longest, total = max(longest, d), total+d
	}
	if diff := cmp.Diff(30*time.Second, longest); diff != "" {
		t.Errorf("The backoff has a maximum.\n-want, +got:\n%s", diff)
	}
	if d := l.When(request("b")); d > 10*time.Millisecond {
		t.Errorf("The first failure is retried at once, not after %s.", d)
	}
}

// TestRecovery simulates an outage of the API server of one hour.
func TestRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, q, r := newTracker(), newQueue(newLimiter()), &reachable{}
		var mu sync.Mutex // guards what follows
		up := true
		isUp := func() bool { mu.Lock(); defer mu.Unlock(); return up }
		r.onRecovery(func() { requeueAll(q, m) })
		transport := r.wrap(roundTripper(func(*http.Request) (*http.Response, error) {
			if !isUp() {
				return nil, errors.New("connection refused")
			}
			return &http.Response{StatusCode: http.StatusOK}, nil
		}))
		call := func() error {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://kube/", nil)
			if err != nil {
				return err
			}
			_, err = transport.RoundTrip(req) //nolint:bodyclose // It has no body.
			return err
		}
		done := map[string]time.Duration{}
		var again time.Time
		go loop(t.Context(), q, reconcile.Func(func(_ context.Context, req reconcile.Request) (reconcile.Result, error) {
			m.beginReconcile(req.Name, desired.State{})
			mu.Lock()
			defer mu.Unlock()
			if !up {
				return reconcile.Result{}, errors.New("connection refused")
			}
			if !again.IsZero() {
				done[req.Name] = time.Since(again)
			}
			return reconcile.Result{}, nil
		}), newProgress())
		for _, n := range []string{"a", "b", "c"} {
			q.Add(request(n))
		}
		synctest.Wait()
		mu.Lock()
		up = false
		mu.Unlock()
		_ = call()
		q.Add(request("a"))
		q.Add(request("b"))
		time.Sleep(time.Hour + time.Second)

		mu.Lock()
		up, again = true, time.Now()
		mu.Unlock()
		if err := call(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if diff := cmp.Diff(map[string]time.Duration{"": 0, "a": 0, "b": 0, "c": 0}, done); diff != "" {
			t.Errorf("When the API server has recovered, all HostInterfaces are reconciled at once.\n-want, +got:\n%s", diff)
		}
		if n := q.NumRequeues(request("a")); n != 0 {
			t.Errorf("The backoff is reset, not after %d failures.", n)
		}
		q.ShutDown()
	})
}

// TestReachable observes responses.
func TestReachable(t *testing.T) {
	type answer struct {
		code int
		err  error
		// canceled: the agent canceled the request.
		canceled bool
		// after the previous response.
		after time.Duration
	}
	down := answer{err: errors.New("connection refused")}
	cases := map[string]struct {
		reason  string
		answers []answer
		want    int
	}{
		"Up":       {reason: "Without an outage no HostInterface is requeued.", answers: []answer{{code: 200}, {code: 200}}},
		"Down":     {reason: "During an outage no HostInterface is requeued.", answers: []answer{{code: 200}, down, down}},
		"Again":    {reason: "After an outage HostInterfaces are requeued once.", answers: []answer{down, down, {code: 200}, {code: 200}}, want: 1},
		"Error":    {reason: "A server error counts as an outage.", answers: []answer{{code: 503}, {code: 500}, {code: 200}}, want: 1},
		"Rejected": {reason: "A rejected request is no outage.", answers: []answer{{code: 409}, {code: 200}}},
		"Conflict": {reason: "A rejected request ends an outage.", answers: []answer{down, {code: 409}}, want: 1},
		"Canceled": {reason: "A canceled request is no outage.", answers: []answer{{err: context.Canceled, canceled: true}, {code: 200}}},
		"Flapping": {reason: "An API server that fails every other request does not disable the backoff.", answers: []answer{down, {code: 200}, down, {code: 200}, down, {code: 200}}, want: 1},
		"Later":    {reason: "A suppressed recovery is made up for by a later response.", answers: []answer{down, {code: 200}, down, {code: 200}, {code: 200, after: recoveryPeriod}}, want: 2},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, woken := &reachable{}, 0
				r.onRecovery(func() { woken++ })
				for _, a := range tc.answers {
					time.Sleep(a.after)
					ctx, cancel := context.WithCancel(t.Context())
					if a.canceled {
						cancel()
					}
					req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://kube/", nil)
					if err != nil {
						t.Fatal(err)
					}
					next := roundTripper(func(*http.Request) (*http.Response, error) {
						if a.err != nil {
							return nil, a.err
						}
						return &http.Response{StatusCode: a.code}, nil
					})
					_, _ = r.wrap(next).RoundTrip(req) //nolint:bodyclose // It has no body.
					cancel()
				}
				if diff := cmp.Diff(tc.want, woken); diff != "" {
					t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
				}
			})
		})
	}
}

// TestRequeueAll requeues failed HostInterfaces before any is reconciled.
func TestRequeueAll(t *testing.T) {
	m, q := newTracker(), newQueue(newLimiter())
	m.beginReconcile("a", desired.State{})
	for range 20 {
		q.AddRateLimited(request("a"))
	}
	requeueAll(q, m)
	if n := q.NumRequeues(request("a")); n != 0 {
		t.Errorf("The backoff is reset, not after %d failures.", n)
	}
	q.ShutDown()
	var got []string
	for r, down := q.Get(); !down; r, down = q.Get() {
		got = append(got, r.Name)
		q.Done(r)
	}
	if diff := cmp.Diff([]string{"a", ""}, got); diff != "" {
		t.Errorf("All HostInterfaces and the request without a HostInterface are requeued.\n-want, +got:\n%s", diff)
	}
}
