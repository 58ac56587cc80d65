package managedresource

import (
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// repeatAfter is how soon the same event about the same object is sent again.
const repeatAfter = 10 * time.Minute

// WithoutRepeats returns a recorder that drops an event that has just been sent
// about the same object. Crossplane's reconciler sends one at each failure and
// at each look at a deletion under way, and each is a write to the API server.
//
// Crossplane's own event filters would be the place for this, but the recorder
// of crossplane-runtime v2.4 loses them as soon as it is given an annotation.
func WithoutRepeats(r record.EventRecorder) record.EventRecorder {
	return &unrepeating{EventRecorder: r, last: map[said]time.Time{}}
}

// said is an event as a reader knows it.
type said struct{ object, reason, message string }

type unrepeating struct {
	record.EventRecorder

	mu    sync.Mutex
	last  map[said]time.Time
	swept time.Time
}

// Event sends an event, unless it was just sent.
func (u *unrepeating) Event(o runtime.Object, eventType, reason, message string) {
	if u.isNew(o, reason, message) {
		u.EventRecorder.Event(o, eventType, reason, message)
	}
}

// Eventf sends an event, unless it was just sent.
func (u *unrepeating) Eventf(o runtime.Object, eventType, reason, format string, args ...any) {
	u.Event(o, eventType, reason, fmt.Sprintf(format, args...))
}

// AnnotatedEventf sends an event with annotations, unless it was just sent.
func (u *unrepeating) AnnotatedEventf(o runtime.Object, annotations map[string]string, eventType, reason, format string, args ...any) {
	if u.isNew(o, reason, fmt.Sprintf(format, args...)) {
		u.EventRecorder.AnnotatedEventf(o, annotations, eventType, reason, format, args...)
	}
}

func (u *unrepeating) isNew(o runtime.Object, reason, message string) bool {
	obj, ok := o.(client.Object)
	if !ok {
		return true
	}
	k := said{object: string(obj.GetUID()), reason: reason, message: message}
	now := time.Now()
	u.mu.Lock()
	defer u.mu.Unlock()
	if now.Sub(u.swept) > repeatAfter {
		u.swept = now
		for k, at := range u.last {
			if now.Sub(at) > repeatAfter {
				delete(u.last, k)
			}
		}
	}
	if at, ok := u.last[k]; ok && now.Sub(at) < repeatAfter {
		return false
	}
	u.last[k] = now
	return true
}
