// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// eventTimeout is the timeout of writing an event.
const eventTimeout = 10 * time.Second

// An eventSink writes events with controller-runtime's client. client-go's sink links
// clients of all kinds.
type eventSink struct {
	client client.Client
	// bounded returns the context of one request.
	bounded func() (context.Context, context.CancelFunc)
}

var _ record.EventSink = &eventSink{}

// Create creates an event.
func (s *eventSink) Create(e *corev1.Event) (*corev1.Event, error) {
	ctx, done := s.bounded()
	defer done()
	out := e.DeepCopy()
	return out, s.client.Create(ctx, out)
}

// Update replaces an event.
func (s *eventSink) Update(e *corev1.Event) (*corev1.Event, error) {
	ctx, done := s.bounded()
	defer done()
	out := e.DeepCopy()
	return out, s.client.Update(ctx, out)
}

// Patch updates the count of a repeated event.
func (s *eventSink) Patch(e *corev1.Event, data []byte) (*corev1.Event, error) {
	ctx, done := s.bounded()
	defer done()
	out := e.DeepCopy()
	return out, s.client.Patch(ctx, out, client.RawPatch(types.StrategicMergePatchType, data))
}
