// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"fmt"
	"maps"
	"sync"
	"time"
)

// outageFailures is the number of consecutive failures of any calls after which an outage
// begins, if they span long enough.
const outageFailures = 6

// A Breaker is a circuit breaker for the calls to one region of one account. It opens when
// all calls fail, and then permits only periodic probes. Failures of one action while
// other actions succeed do not open it. It is safe for concurrent use.
type Breaker struct {
	region                  string
	outageAfter, probeEvery time.Duration

	mu        sync.Mutex
	failures  int
	since     time.Time // first of the consecutive failures
	open      bool
	nextProbe time.Time // time of the next probe

	// failing has the actions that failed consecutively. isolated has the actions whose
	// failures opened the breaker before another action was answered.
	failing, isolated map[string]bool
}

// NewBreaker returns a closed Breaker. An outage begins after consecutive failures that span
// at least outageAfter. During an outage one call is permitted every probeEvery.
func NewBreaker(region string, outageAfter, probeEvery time.Duration) *Breaker {
	return &Breaker{region: region, outageAfter: outageAfter, probeEvery: probeEvery, failing: map[string]bool{}, isolated: map[string]bool{}}
}

// Allow returns an OutageError if a call must not be sent. While the breaker is open, it
// permits one read-only call in each probe interval.
func (b *Breaker) Allow(readOnly bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return nil
	}
	now := time.Now()
	if readOnly && !now.Before(b.nextProbe) {
		b.nextProbe = now.Add(b.probeEvery)
		return nil
	}
	return &OutageError{Region: b.region, Since: b.since, After: max(b.nextProbe.Sub(now), time.Second)}
}

// RecordAnswer records that EC2 answered a call, with success or a client error, and
// closes the breaker. If that ends an outage, ended is called before the next call.
func (b *Breaker) RecordAnswer(action string, ended func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures = 0
	if b.open {
		maps.Copy(b.isolated, b.failing)
		ended()
	}
	delete(b.isolated, action)
	clear(b.failing)
	b.open = false
}

// RecordFailure records that EC2 did not answer a call, or answered with a server error.
// It is ignored for an action that fails while other actions are answered.
func (b *Breaker) RecordFailure(action string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.isolated[action] {
		return
	}
	b.failing[action] = true
	now := time.Now()
	if b.failures == 0 {
		b.since = now
	}
	b.failures++
	if !b.open && b.failures >= outageFailures && now.Sub(b.since) >= b.outageAfter {
		b.open = true
		b.nextProbe = now.Add(b.probeEvery)
	}
}

// Open reports whether there is an outage, and returns since when.
func (b *Breaker) Open() (time.Time, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.since, b.open
}

// An OutageError is the error of a call that was not sent because the breaker is open. Its
// text does not change during one outage.
type OutageError struct {
	Region string
	Since  time.Time
	After  time.Duration
}

// Error implements error.
func (e *OutageError) Error() string {
	return fmt.Sprintf("EC2 in region %s has returned only failures since %s; no resource is created, changed or deleted until it recovers", e.Region, e.Since.UTC().Format(time.RFC3339))
}
