// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package statuswriter

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// A stale cache is polled each cachePollInterval, for at most cachePollTimeout. It
	// mostly catches up within a few milliseconds.
	cachePollInterval = 5 * time.Millisecond
	cachePollTimeout  = 200 * time.Millisecond
)

// writeTracker tracks the resource versions of this client's own writes until the cache
// contains them.
type writeTracker struct {
	mu       sync.Mutex
	versions map[string]uint64
}

// record records the version that a write of o returned. It returns err, the write's
// error.
func (w *writeTracker) record(o client.Object, err error) error {
	v, ok := version(o)
	if err != nil || !ok {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.versions[trackerKey(o, client.ObjectKeyFromObject(o))] = v
	return nil
}

// isStale reports whether o is older than this client's last write of it.
func (w *writeTracker) isStale(o client.Object) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := trackerKey(o, client.ObjectKeyFromObject(o))
	wrote, ok := w.versions[k]
	if !ok {
		return false
	}
	have, ok := version(o)
	if ok && have < wrote {
		return true
	}
	delete(w.versions, k)
	return false
}

// forget drops the version of a deleted object.
func (w *writeTracker) forget(o client.Object, key client.ObjectKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.versions, trackerKey(o, key))
}

func trackerKey(o client.Object, key client.ObjectKey) string { return fmt.Sprintf("%T/%s", o, key) }

// version returns an object's resource version as a number. Kubernetes 1.35 and later
// guarantee that it is one; earlier API servers on etcd always used one.
func version(o client.Object) (uint64, bool) {
	v, err := strconv.ParseUint(o.GetResourceVersion(), 10, 64)
	return v, err == nil
}
