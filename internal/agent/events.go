package agent

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// eventTimeout is how long the API server may take to take an event.
const eventTimeout = 10 * time.Second

// An eventSink writes events by controller-runtime's client. The one that comes
// with client-go brings a client for every kind there is.
type eventSink struct {
	client client.Client
	// bounded returns the context of one request.
	bounded func() (context.Context, context.CancelFunc)
}

var _ record.EventSink = &eventSink{}

// Create makes an event.
func (s *eventSink) Create(e *corev1.Event) (*corev1.Event, error) {
	ctx, done := s.bounded()
	defer done()
	out := e.DeepCopy()
	return out, s.client.Create(ctx, out)
}

// Update writes the whole of an event.
func (s *eventSink) Update(e *corev1.Event) (*corev1.Event, error) {
	ctx, done := s.bounded()
	defer done()
	out := e.DeepCopy()
	return out, s.client.Update(ctx, out)
}

// Patch writes what differs of an event that has happened again.
func (s *eventSink) Patch(e *corev1.Event, data []byte) (*corev1.Event, error) {
	ctx, done := s.bounded()
	defer done()
	out := e.DeepCopy()
	return out, s.client.Patch(ctx, out, client.RawPatch(types.StrategicMergePatchType, data))
}
