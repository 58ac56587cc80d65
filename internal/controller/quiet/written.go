package quiet

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// A cache that is behind our own write is asked again each cacheWait, for
	// cachePatience. It mostly needs a few milliseconds.
	cacheWait     = 5 * time.Millisecond
	cachePatience = 200 * time.Millisecond
)

// written remembers the versions that our own writes made, until the cache
// shows them.
type written struct {
	mu       sync.Mutex
	versions map[string]uint64
}

// note remembers the version that a write made, and returns the write's error.
func (w *written) note(o client.Object, err error) error {
	v, ok := version(o)
	if err != nil || !ok {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.versions[name(o, client.ObjectKeyFromObject(o))] = v
	return nil
}

// behind says whether o is from before our own last write of it.
func (w *written) behind(o client.Object) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := name(o, client.ObjectKeyFromObject(o))
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

// forget drops what is known of an object that is gone.
func (w *written) forget(o client.Object, key client.ObjectKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.versions, name(o, key))
}

func name(o client.Object, key client.ObjectKey) string { return fmt.Sprintf("%T/%s", o, key) }

// version returns an object's resource version as a number, which since
// Kubernetes 1.35 every API server promises it to be, and every one before that
// kept in etcd was.
func version(o client.Object) (uint64, bool) {
	v, err := strconv.ParseUint(o.GetResourceVersion(), 10, 64)
	return v, err == nil
}
