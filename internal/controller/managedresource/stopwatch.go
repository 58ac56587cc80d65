// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"sync"
	"time"
)

// stopwatchForget is the time after the last read of a value after which it is dropped.
const stopwatchForget = 24 * time.Hour

// A Stopwatch measures on the monotonic clock of this process for how long values have
// not changed. It never compares the current time with a timestamp that another machine
// wrote, or this one before its clock was set. After a restart all measurements start
// again, which only makes waits longer.
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

// NewStopwatch returns a Stopwatch. The times of now must have a monotonic reading, as
// time.Now's do.
func NewStopwatch(now func() time.Time) *Stopwatch {
	return &Stopwatch{now: now, byKey: map[string]lap{}}
}

// Unchanged returns for how long this process has read the given value for a key.
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
