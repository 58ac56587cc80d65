// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// A mode is a configuration of the provider for some rounds.
type mode struct {
	// replicas is true for two replicas with leader election.
	replicas bool
	// defaultPoll is true for the provider's default poll interval, which is longer
	// than any round: the provider must converge by events and requeues.
	defaultPoll bool
}

func (o mode) String() string {
	s := "one replica"
	if o.replicas {
		s = "two replicas"
	}
	if o.defaultPoll {
		return s + ", default poll interval"
	}
	return s + ", short poll interval"
}

// flags are the provider's flags that rounds change.
type flags struct {
	mode

	region string
}

func (f flags) args() []string {
	a := []string{
		"--region", f.region, "--namespace", testbed.Namespace, "--node-grace-period", nodeGracePeriod.String(),
		"--metrics-bind-address", "0", "--health-probe-bind-address", "0", "--max-reconcile-rate", "20",
		"--absence-period", absencePeriod.String(), "--timings", shortTimings().String(),
	}
	if !f.replicas {
		a = append(a, "--no-leader-election")
	}
	if !f.defaultPoll {
		a = append(a, "--poll", "2s", "--poll-jitter", "0s")
	}
	return a
}

// switchMode restarts the provider in another mode.
func (p *planner) switchMode(to mode) {
	p.m.mode = to
	p.add(step{what: "the provider is restarted: " + to.String(), do: func(_ context.Context, w *world) error { return w.setMode(to) }}, nil)
}

// modes changes the mode in some rounds.
func (p *planner) modes(n int) {
	switch {
	case p.m.mode != mode{}:
		if n%3 == 0 {
			p.switchMode(mode{})
		}
	case n < 4:
		p.switchMode(mode{replicas: true})
	case n < 9:
		p.switchMode(mode{defaultPoll: true})
	case n < 10:
		p.switchMode(mode{replicas: true, defaultPoll: true})
	}
}

func (w *world) setMode(to mode) error {
	w.killAll()
	w.flags.mode = to
	return w.startAll()
}

// replicas returns the replicas of the current mode.
func (w *world) replicas() []*provider {
	if w.flags.replicas {
		return []*provider{w.provider, w.second}
	}
	return []*provider{w.provider}
}

func (w *world) killAll() {
	w.provider.kill()
	w.second.kill()
}

// startAll starts all replicas that are not running.
func (w *world) startAll() error {
	for _, r := range w.replicas() {
		r.use(w.flags.args())
		if err := r.start(); err != nil {
			return err
		}
	}
	return nil
}

// leader returns the elected replica, or the first one.
func (w *world) leader() *provider {
	for _, r := range w.replicas() {
		if r.leading() {
			return r
		}
	}
	return w.provider
}

// pauseLeader stops the leader for longer than its Lease, so that another replica is
// elected before it continues.
func (p *planner) pauseLeader() {
	last := leaseDuration + time.Second + time.Duration(p.IntN(1500))*time.Millisecond
	inside := p.IntN(2) == 0
	p.add(step{what: fmt.Sprintf("SIGSTOP of the leader, after a call that changes EC2 %t; SIGCONT after %s", inside, last), do: func(ctx context.Context, w *world) error {
		if inside {
			w.awaitMutation(ctx, 500*time.Millisecond)
		}
		l := w.leader()
		if !l.signal(syscall.SIGSTOP) {
			return nil
		}
		w.later(last, func() { l.signal(syscall.SIGCONT) })
		return nil
	}}, nil)
}

// resumeReplicas continues all stopped replicas.
func (w *world) resumeReplicas() {
	for _, r := range []*provider{w.provider, w.second} {
		r.signal(syscall.SIGCONT)
	}
}
