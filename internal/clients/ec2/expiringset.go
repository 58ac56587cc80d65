// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"maps"
	"sync"
	"time"
)

// deletedTTL is how long the id of an ENI whose deletion EC2 accepted is kept: until every
// object that refers to the ENI has observed its absence.
const deletedTTL = 10 * time.Minute

// createdTTL is how long EC2's describe actions may not return a new ENI.
const createdTTL = time.Minute

// expiringSet is a set of names that expire.
type expiringSet struct {
	ttl time.Duration

	mu      sync.Mutex
	expires map[string]time.Time
	swept   time.Time
}

func newExpiringSet(ttl time.Duration) *expiringSet {
	return &expiringSet{ttl: ttl, expires: map[string]time.Time{}}
}

func (m *expiringSet) add(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	m.expires[name] = now.Add(m.ttl)
	if now.Sub(m.swept) > m.ttl {
		m.swept = now
		maps.DeleteFunc(m.expires, func(_ string, until time.Time) bool { return now.After(until) })
	}
}

func (m *expiringSet) remove(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.expires, name)
}

func (m *expiringSet) contains(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	until, ok := m.expires[name]
	if ok && time.Now().After(until) {
		delete(m.expires, name)
		ok = false
	}
	return ok
}
