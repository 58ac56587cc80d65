package throttle

import (
	"fmt"
	"maps"
	"sync"
	"time"
)

const (
	// An outage begins with so many failures in a row, of whatever calls, over
	// at least so long a time.
	outageFailures = 6
	outageAfter    = 5 * time.Second

	// probeEvery is how often one call is let through during an outage.
	probeEvery = 5 * time.Second
)

// A Breaker stops the calls to one region of one account while it answers
// nothing but failures, except for a probe from time to time. One action that
// fails while others are answered is no outage. It is safe for concurrent use.
type Breaker struct {
	region string

	mu        sync.Mutex
	failures  int
	since     time.Time // of the first failure in a row
	open      bool
	nextProbe time.Time // when the next one may go

	// failing are the actions that failed in a row, and alone those that were
	// taken for an outage until another one was answered.
	failing, isolated map[string]bool
}

// NewBreaker returns a Breaker that lets calls pass.
func NewBreaker(region string) *Breaker {
	return &Breaker{region: region, failing: map[string]bool{}, isolated: map[string]bool{}}
}

// Allow says whether a call may be made. During an outage only a call that
// changes nothing may, and only one at a time: the probe.
func (b *Breaker) Allow(readOnly bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return nil
	}
	now := time.Now()
	if readOnly && !now.Before(b.nextProbe) {
		b.nextProbe = now.Add(probeEvery)
		return nil
	}
	return &OutageError{Region: b.region, Since: b.since, After: max(b.nextProbe.Sub(now), time.Second)}
}

// RecordAnswer tells that EC2 answered a call, be it with an error of the caller's
// making. If that ends an outage, ended is called before the first call passes.
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

// RecordFailure tells that EC2 did not answer a call, or only that it cannot. It says
// nothing of the region if it did before while other actions were answered.
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
	if !b.open && b.failures >= outageFailures && now.Sub(b.since) >= outageAfter {
		b.open = true
		b.nextProbe = now.Add(probeEvery)
	}
}

// Open returns since when there is an outage, and whether there is one.
func (b *Breaker) Open() (time.Time, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.since, b.open
}

// An OutageError says that a call was not made, because EC2 answers nothing but
// failures. Its text stays the same during one outage.
type OutageError struct {
	Region string
	Since  time.Time
	After  time.Duration
}

func (e *OutageError) Error() string {
	return fmt.Sprintf("EC2 in region %s has answered nothing but failures since %s; nothing is changed, created or deleted until it answers", e.Region, e.Since.UTC().Format(time.RFC3339))
}
