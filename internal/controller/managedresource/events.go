// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// repeatAfter is the shortest interval between equal events about one object.
const repeatAfter = 10 * time.Minute

// DedupEvents returns a recorder that drops normal events about the children of NodeENIs, which are
// summarized in events of the NodeENI, and an event if the same event about the same
// object was sent within repeatAfter. Crossplane's reconciler sends an event at each
// failure and at each reconcile of a deletion in progress, and each is a write to the
// API server.
//
// Crossplane's own event filters do not work here: the recorder of crossplane-runtime
// v2.4 drops them when annotations are added to it.
func DedupEvents(r record.EventRecorder) record.EventRecorder {
	return &dedupRecorder{EventRecorder: r, last: map[eventKey]time.Time{}}
}

// An eventKey identifies equal events.
type eventKey struct{ object, reason, message string }

type dedupRecorder struct {
	record.EventRecorder

	mu    sync.Mutex
	last  map[eventKey]time.Time
	swept time.Time
}

// Event sends an event unless it is a duplicate.
func (u *dedupRecorder) Event(o runtime.Object, eventType, reason, message string) {
	if !isSummarized(o, eventType) && u.isNew(o, reason, message) {
		u.EventRecorder.Event(o, eventType, reason, message)
	}
}

// Eventf sends an event unless it is a duplicate.
func (u *dedupRecorder) Eventf(o runtime.Object, eventType, reason, format string, args ...any) {
	u.Event(o, eventType, reason, fmt.Sprintf(format, args...))
}

// AnnotatedEventf sends an event with annotations unless it is a duplicate.
func (u *dedupRecorder) AnnotatedEventf(o runtime.Object, annotations map[string]string, eventType, reason, format string, args ...any) {
	if !isSummarized(o, eventType) && u.isNew(o, reason, fmt.Sprintf(format, args...)) {
		u.EventRecorder.AnnotatedEventf(o, annotations, eventType, reason, format, args...)
	}
}

// isSummarized reports whether an event is a normal one about a child of a NodeENI.
func isSummarized(o runtime.Object, eventType string) bool {
	child, ok := o.(metav1.Object)
	return ok && eventType == corev1.EventTypeNormal && nodeENIReference(child) != nil
}

func (u *dedupRecorder) isNew(o runtime.Object, reason, message string) bool {
	obj, ok := o.(client.Object)
	if !ok {
		return true
	}
	k := eventKey{object: string(obj.GetUID()), reason: reason, message: message}
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
