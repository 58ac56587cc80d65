// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"strings"
	"sync"
	"time"
)

// missingSince records since when nodes are missing. A restart resets it, which only makes a
// grace period longer.
type missingSince struct {
	mu    sync.Mutex
	first map[string]time.Time
}

func newMissingSince() *missingSince { return &missingSince{first: map[string]time.Time{}} }

func (s *missingSince) since(key string, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.first[key]
	if !ok {
		s.first[key] = now
		return 0
	}
	return now.Sub(t)
}

// prune drops the entries with the prefix whose nodes are no longer missing.
func (s *missingSince) prune(prefix string, missing map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.first {
		if rest, ok := strings.CutPrefix(k, prefix); ok && !missing[rest] {
			delete(s.first, k)
		}
	}
}
