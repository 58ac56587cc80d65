package managedresource

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpevent "github.com/crossplane/crossplane-runtime/v2/pkg/event"
)

// repeatAfter is how soon the same event about the same object is sent again.
const repeatAfter = 10 * time.Minute

// WithoutRepeats returns a filter that drops an event that has just been sent
// about the same object. Crossplane's reconciler sends one at each failure and
// at each look at a deletion under way, and each is a write to the API server.
//
// A filter returns true for what is to be dropped: that is what the recorder of
// crossplane-runtime v2.4 does, whatever its comment says.
func WithoutRepeats() xpevent.FilterFn {
	type said struct {
		object  string
		reason  xpevent.Reason
		message string
	}
	var mu sync.Mutex
	last := map[said]time.Time{}
	var swept time.Time
	return func(o runtime.Object, e xpevent.Event) bool {
		obj, ok := o.(client.Object)
		if !ok {
			return false
		}
		k := said{object: string(obj.GetUID()), reason: e.Reason, message: e.Message}
		now := time.Now()
		mu.Lock()
		defer mu.Unlock()
		if now.Sub(swept) > repeatAfter {
			swept = now
			for k, at := range last {
				if now.Sub(at) > repeatAfter {
					delete(last, k)
				}
			}
		}
		if at, ok := last[k]; ok && now.Sub(at) < repeatAfter {
			return true
		}
		last[k] = now
		return false
	}
}
