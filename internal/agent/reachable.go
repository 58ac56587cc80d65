// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"net/http"
	"sync"
	"time"
)

// recoveryPeriod is the minimum time between two recoveries, so that an API server that
// fails every other request does not disable the backoff.
const recoveryPeriod = 10 * time.Second

// reachable detects that the API server has recovered: any request shows it, such as a
// watch or a renewal of the Lease. HostInterfaces whose reconciles failed are then
// requeued without their backoff.
type reachable struct {
	mu   sync.Mutex
	down bool
	last time.Time
	wake func()
}

// onRecovery sets the function to call when the API server has recovered.
func (r *reachable) onRecovery(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wake = f
}

// wrap returns a transport that observes each response.
func (r *reachable) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(req)
		if req.Context().Err() == nil {
			r.observe(err == nil && resp.StatusCode < http.StatusInternalServerError)
		}
		return resp, err
	})
}

// observe records the result of a request.
func (r *reachable) observe(ok bool) {
	r.mu.Lock()
	if !ok {
		r.down = true
	}
	wake := r.wake
	if !ok || !r.down || wake == nil || !r.last.IsZero() && time.Since(r.last) < recoveryPeriod {
		r.mu.Unlock()
		return
	}
	r.down, r.last = false, time.Now()
	r.mu.Unlock()
	wake()
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// requeueAll requeues all HostInterfaces, and resets their backoff.
func requeueAll(q queue, m *tracker) {
	for _, n := range append(m.names(), "") {
		q.Forget(request(n))
		q.Add(request(n))
	}
}
