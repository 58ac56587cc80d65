package managedresource

import (
	"sync"
	"time"
)

// stopwatchForget is after how long a value that is no longer read is forgotten.
const stopwatchForget = 24 * time.Hour

// A Stopwatch measures, on this process's monotonic clock, for how long values have
// not changed. Timestamps that another machine wrote, or that this one wrote before
// its clock was set, are never compared with the time of day. A restart begins all
// measurements again, which makes every wait longer and none shorter.
type Stopwatch struct {
	now func() time.Time

	mu    sync.Mutex
	byKey map[string]lap
	swept time.Time
}

type lap struct {
	value       string
	began, read time.Time
}

// NewStopwatch returns a Stopwatch that reads a clock whose times have a monotonic
// reading, as time.Now's have.
func NewStopwatch(now func() time.Time) *Stopwatch {
	return &Stopwatch{now: now, byKey: map[string]lap{}}
}

// Unchanged returns for how long the value of a key has been the given one, as far
// as this process has read it.
func (s *Stopwatch) Unchanged(key, value string) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if now.Sub(s.swept) > stopwatchForget {
		s.swept = now
		for k, l := range s.byKey {
			if now.Sub(l.read) > stopwatchForget {
				delete(s.byKey, k)
			}
		}
	}
	l, ok := s.byKey[key]
	if !ok || l.value != value {
		l = lap{value: value, began: now}
	}
	l.read = now
	s.byKey[key] = l
	return now.Sub(l.began)
}
