// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// A count contains the numbers of calls to an EC2 action.
type count struct {
	Total int `json:"total"`
	// Throttled by a token bucket.
	Throttled int `json:"throttled,omitempty"`
	// Failed for another reason.
	Failed   int  `json:"failed,omitempty"`
	Mutating bool `json:"mutating,omitempty"`
}

// calls are counts by action.
type calls map[string]count

// add counts a call. Dry runs, which verify permissions once an hour, are not counted.
func (c calls) add(x *ec2emulator.Call) {
	if x.DryRun {
		return
	}
	n := c[x.Action]
	n.Total++
	n.Mutating = x.Mutating
	switch {
	case x.Throttled:
		n.Throttled++
	case x.Code != "" || x.Lost:
		n.Failed++
	}
	c[x.Action] = n
}

// since returns the difference from an earlier snapshot.
func (c calls) since(before calls) calls {
	out := calls{}
	for a, n := range c {
		b := before[a]
		if n.Total > b.Total {
			out[a] = count{Total: n.Total - b.Total, Throttled: n.Throttled - b.Throttled, Failed: n.Failed - b.Failed, Mutating: n.Mutating}
		}
	}
	return out
}

// sum returns the sum over all actions, or over mutating actions only.
func (c calls) sum(mutating bool) count {
	var s count
	for _, n := range c {
		if n.Mutating || !mutating {
			s.Total += n.Total
			s.Throttled += n.Throttled
			s.Failed += n.Failed
		}
	}
	return s
}

// A meter counts the calls to the emulator. The ledger is limited, and
// read periodically.
type meter struct {
	ec2 *ec2emulator.Server

	mu     sync.Mutex
	mark   ec2emulator.Mark
	counts calls
	last   time.Time
	// lastDeleted is the time of the last successful DeleteNetworkInterface, and deleted
	// the number of them.
	lastDeleted time.Time
	deleted     int
	// kept are the calls recorded while keep is set, for a replay.
	keep bool
	kept []ec2emulator.Call
}

func newMeter(s *ec2emulator.Server) *meter { return &meter{ec2: s, counts: calls{}} }

// run reads the ledger until ctx ends.
func (m *meter) run(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			m.read()
		}
	}
}

func (m *meter) read() {
	m.mu.Lock()
	defer m.mu.Unlock()
	fresh := m.ec2.Since(m.mark)
	for i := range fresh {
		c := &fresh[i]
		m.mark = ec2emulator.Mark(c.Sequence)
		m.counts.add(c)
		m.last = c.Time
		if c.Action == actionDelete && c.Committed {
			m.deleted++
			m.lastDeleted = c.Time
		}
	}
	if m.keep {
		m.kept = append(m.kept, fresh...)
	}
}

// snapshot returns the counts so far.
func (m *meter) snapshot() calls {
	m.read()
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.counts)
}

// lastCall returns the time of the last call.
func (m *meter) lastCall() time.Time {
	m.read()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// deletions returns the number of deleted ENIs, and the time of the last deletion.
func (m *meter) deletions() (int, time.Time) {
	m.read()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.deleted, m.lastDeleted
}

// record records calls until stop is called, which returns them.
func (m *meter) record() (stop func() []ec2emulator.Call) {
	m.read()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep, m.kept = true, nil
	return func() []ec2emulator.Call {
		m.read()
		m.mu.Lock()
		defer m.mu.Unlock()
		kept := m.kept
		m.keep, m.kept = false, nil
		return kept
	}
}
