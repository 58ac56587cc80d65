package ec2

import (
	"sync"
	"time"
)

// fullFor is for how long a subnet without addresses is not tried again where
// there is another one.
const fullFor = 5 * time.Minute

// marks are names that are set for a time.
type marks struct {
	ttl time.Duration

	mu    sync.Mutex
	until map[string]time.Time
}

func newMarks(ttl time.Duration) *marks { return &marks{ttl: ttl, until: map[string]time.Time{}} }

func (m *marks) set(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.until[name] = time.Now().Add(m.ttl)
}

func (m *marks) has(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	until, ok := m.until[name]
	if ok && time.Now().After(until) {
		delete(m.until, name)
		ok = false
	}
	return ok
}
