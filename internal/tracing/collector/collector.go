// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package collector is a collector of traces for tests and measurements: it keeps all spans that
// are exported to it, and computes how long each phase of an ENI takes.
package collector

import (
	"encoding/hex"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// maxRequest bounds the size of a request.
const maxRequest = 64 << 20

// A Span is a span and the service that exported it.
type Span struct {
	Name    string
	Service string
	// ID of the span, and of its parent, which is empty for the first span of a trace.
	ID, Parent string
	Start, End time.Time
	Failed     bool
}

// A Trace has the spans of a trace, sorted by their start.
type Trace []Span

// A Collector serves OpenTelemetry's protocol over HTTP at /v1/traces.
type Collector struct {
	mu    sync.Mutex
	spans map[string]Trace
}

// New returns a Collector without spans.
func New() *Collector { return &Collector{spans: map[string]Trace{}} }

// ServeHTTP keeps the spans of a request.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	in := &collectorv1.ExportTraceServiceRequest{}
	if err = errors.Join(err, proto.Unmarshal(raw, in)); err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, "want OTLP at /v1/traces", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range in.GetResourceSpans() {
		service := ""
		for _, a := range r.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				service = a.GetValue().GetStringValue()
			}
		}
		for _, s := range r.GetScopeSpans() {
			for _, span := range s.GetSpans() {
				id := hex.EncodeToString(span.GetTraceId())
				c.spans[id] = append(c.spans[id], spanOf(span, service))
			}
		}
	}
}

func spanOf(s *tracev1.Span, service string) Span {
	return Span{
		Name: s.GetName(), Service: service, ID: hex.EncodeToString(s.GetSpanId()), Parent: hex.EncodeToString(s.GetParentSpanId()),
		Start: nanos(s.GetStartTimeUnixNano()), End: nanos(s.GetEndTimeUnixNano()), Failed: s.GetStatus().GetCode() == tracev1.Status_STATUS_CODE_ERROR,
	}
}

func nanos(n uint64) time.Time { return time.Unix(0, int64(n)) } //nolint:gosec // it overflows in 2262

// Traces returns all traces.
func (c *Collector) Traces() []Trace {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Trace, 0, len(c.spans))
	for _, spans := range c.spans {
		out = append(out, slices.SortedFunc(slices.Values(spans), func(a, b Span) int { return a.Start.Compare(b.Start) }))
	}
	return out
}

// First returns the first span of a name that has not failed, or nil.
func (t Trace) First(name string) *Span {
	for i := range t {
		if t[i].Name == name && !t[i].Failed {
			return &t[i]
		}
	}
	return nil
}
