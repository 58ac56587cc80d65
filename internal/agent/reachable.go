package agent

import (
	"net/http"
	"sync"
	"time"
)

// recoveryPeriod is the shortest time between two wakes, so that an API server that
// answers every other request does not defeat the backoff.
const recoveryPeriod = 10 * time.Second

// reachable notices that the API server answers again after it did not: any
// request shows it, such as a watch that is established again or a renewal of the
// Lease. HostInterfaces whose reconciles failed meanwhile are then reconciled at
// once, and not when their backoff ends.
type reachable struct {
	mu   sync.Mutex
	down bool
	last time.Time
	wake func()
}

// onRecovery sets what is called when the API server is reachable again.
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

// observe records whether the API server answered.
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

// requeueAll reconciles all HostInterfaces, and lets their backoff begin again.
func requeueAll(q queue, m *tracker) {
	for _, n := range append(m.names(), "") {
		q.Forget(request(n))
		q.Add(request(n))
	}
}
