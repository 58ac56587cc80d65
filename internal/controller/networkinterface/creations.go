// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"maps"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// creations are the creations of ENIs for instances that are in progress, or whose result may
// not be in the cache yet. Without them, two NetworkInterfaces of which each sees the other
// as not created yet could both take the last place.
type creations struct {
	mu         sync.Mutex
	byInstance map[string]map[types.UID]time.Time // the time at which each ends
	swept      time.Time
}

// creationTTL is how long a creation counts: the EC2 call, and the delay of the cache.
const creationTTL = time.Minute

func newCreations() *creations {
	return &creations{byInstance: map[string]map[types.UID]time.Time{}}
}

// begin registers a creation, and returns the creations for the instance that began before.
func (c *creations) begin(instanceID string, uid types.UID, now time.Time) map[types.UID]bool {
	if c == nil || instanceID == "" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.swept) > creationTTL {
		c.sweep(now)
	}
	of := c.byInstance[instanceID]
	if of == nil {
		of = map[types.UID]time.Time{}
		c.byInstance[instanceID] = of
	}
	before := map[types.UID]bool{}
	for other, ends := range of {
		if other != uid && now.Before(ends) {
			before[other] = true
		}
	}
	of[uid] = now.Add(creationTTL)
	return before
}

// sweep drops creations that have ended.
func (c *creations) sweep(now time.Time) {
	c.swept = now
	for id, of := range c.byInstance {
		maps.DeleteFunc(of, func(_ types.UID, ends time.Time) bool { return !now.Before(ends) })
		if len(of) == 0 {
			delete(c.byInstance, id)
		}
	}
}

// end removes a creation that has failed.
func (c *creations) end(instanceID string, uid types.UID) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byInstance[instanceID], uid)
	if len(c.byInstance[instanceID]) == 0 {
		delete(c.byInstance, instanceID)
	}
}
