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

// A Server is an EC2 endpoint of one account and Region. It is an http.Handler; Start also gives it an address.
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

	// wake tells the timekeeper that the future has changed.
	wake    chan struct{}
	closing chan struct{}
	// running counts the timekeeper, the listeners and the calls under way.
	running sync.WaitGroup

	// life guards https and closed.
	life   sync.Mutex
	https  []*http.Server
	closed bool
}

// New returns an empty Server: no VPC, no address. It holds goroutines until Close.
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
	go s.keepTime()
	return s
}

// SetThrottle turns Options.Throttle on or off. What was called before does not count.
func (s *Server) SetThrottle(on bool) {
	s.limiter.reset()
	s.throttle.Store(on)
}

// Options in force, defaults filled in.
func (s *Server) Options() Options { return s.opts }

// Start listens on the address, 127.0.0.1 and a free port if it is empty, and returns the endpoint's URL. The context
// is for finding the address; the Server runs until Close.
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
		// Serve always ends in an error: the one of Close.
		_ = h.Serve(l)
	}()
	return "http://" + l.Addr().String(), nil
}

// Close stops listening, cuts the calls under way, and waits for every goroutine to end. Events not yet delivered are
// dropped. Closing twice is harmless.
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

// enter counts a listener or a call as running; false once the Server is closed.
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

// keepTime settles the cloud when something is due, so that hooks fire without a call to provoke them.
func (s *Server) keepTime() {
	defer s.running.Done()
	for {
		s.settle()
		s.mu.Lock()
		next, ok := s.cloud.future.next()
		s.mu.Unlock()
		var due <-chan time.Time
		stop := func() bool { return true }
		if ok {
			t := s.clock.NewTimer(next.Sub(s.clock.Now()))
			due, stop = t.C(), t.Stop
			// A clock stepped by a test between reading it and setting the timer would make the timer late.
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

// changed lets the timekeeper look again.
func (s *Server) changed() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// wait sleeps on the Server's clock; false when the Server closes first. A caller that hangs up does not end the
// wait: EC2 does not know that its caller is gone, and carries the call out.
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
