// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A Server is an EC2 endpoint of one account and Region. It is an http.Handler; Start listens on an address.
type Server struct {
	opts     Options
	clock    clock.Clock
	actions  map[string]action
	ledger   *ledger
	faults   *faults
	limiter  *limiter
	throttle atomic.Bool
	hooks    *hooks
	sessions *sessions

	// mu guards cloud.
	mu    sync.Mutex
	cloud *cloud

	// wake wakes the scheduler after a change of the timeline.
	wake    chan struct{}
	closing chan struct{}
	// running counts the scheduler, the listeners and the calls in progress.
	running sync.WaitGroup

	// life guards https and closed.
	life   sync.Mutex
	https  []*http.Server
	closed bool
}

// New returns an empty Server, without a VPC or a listener. Its goroutines run until Close.
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{
		opts: o, clock: o.Clock, actions: actions(), ledger: &ledger{limit: o.LedgerLimit}, faults: newFaults(o.Seed),
		limiter: newLimiter(), hooks: newHooks(), sessions: newSessions(o.Seed),
		wake: make(chan struct{}, 1), closing: make(chan struct{}),
	}
	s.cloud = newCloud(o, s.hooks.send)
	s.throttle.Store(o.Throttle)
	s.running.Add(1)
	go s.runTimeline()
	return s
}

// SetThrottle enables or disables Options.Throttle, with full token buckets.
func (s *Server) SetThrottle(on bool) {
	s.limiter.reset()
	s.throttle.Store(on)
}

// Options returns the options, with defaults.
func (s *Server) Options() Options { return s.opts }

// Start listens on the address, by default 127.0.0.1 and a free port, and returns the endpoint's URL. The context
// applies to the listen call; the Server runs until Close.
func (s *Server) Start(ctx context.Context, address string) (string, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return "", errors.Wrapf(err, "cannot listen on %q", address)
	}
	h := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	if !s.enter(h) {
		_ = l.Close()
		return "", errors.Errorf("cannot listen on %q: the server is closed", address)
	}
	go func() {
		defer s.running.Done()
		// Serve always returns an error, after Close.
		_ = h.Serve(l)
	}()
	return "http://" + l.Addr().String(), nil
}

// Close stops listening, cuts calls in progress, and waits for all goroutines to end. Undelivered events are
// dropped. It is idempotent.
func (s *Server) Close() {
	s.life.Lock()
	first := !s.closed
	s.closed = true
	s.life.Unlock()
	if !first {
		return
	}
	close(s.closing)
	for _, h := range s.https {
		_ = h.Close()
	}
	s.running.Wait()
	s.hooks.close()
}

// enter counts a listener or a call as running; false if the Server is closed.
func (s *Server) enter(listeners ...*http.Server) bool {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	s.https = append(s.https, listeners...)
	return true
}

// runTimeline settles the cloud when a transition is due, so that hooks fire without a call.
func (s *Server) runTimeline() {
	defer s.running.Done()
	for {
		s.settle()
		s.mu.Lock()
		next, ok := s.cloud.timeline.next()
		s.mu.Unlock()
		var due <-chan time.Time
		stop := func() bool { return true }
		if ok {
			t := s.clock.NewTimer(next.Sub(s.clock.Now()))
			due, stop = t.C(), t.Stop
			// A test may step the clock after it was read and before the timer is set, which would delay the timer.
			if !s.clock.Now().Before(next) {
				stop()
				continue
			}
		}
		select {
		case <-due:
		case <-s.wake:
		case <-s.closing:
			stop()
			return
		}
		stop()
	}
}

func (s *Server) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloud.settle(s.clock.Now())
}

// changed wakes the scheduler.
func (s *Server) changed() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// wait sleeps on the Server's clock; false if the Server closes first. A client that disconnects does not end the
// wait: EC2 executes the call regardless.
func (s *Server) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := s.clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C():
		return true
	case <-s.closing:
		return false
	}
}
