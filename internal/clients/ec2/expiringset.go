// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"sync"
	"time"
)

// subnetFullTTL is how long a subnet without free addresses is avoided if there is another
// subnet.
const subnetFullTTL = 5 * time.Minute

// expiringSet is a set of names that expire.
type expiringSet struct {
	ttl time.Duration

	mu      sync.Mutex
	expires map[string]time.Time
}

func newExpiringSet(ttl time.Duration) *expiringSet {
	return &expiringSet{ttl: ttl, expires: map[string]time.Time{}}
}

func (m *expiringSet) add(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expires[name] = time.Now().Add(m.ttl)
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
