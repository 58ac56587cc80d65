// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

func carrying(parent string) *metav1.ObjectMeta {
	return &metav1.ObjectMeta{Name: "n", Annotations: map[string]string{v1alpha1.AnnotationTraceParent: parent}}
}

// TestTrace starts a trace, continues it with another Tracer, and makes a call in it.
func TestTrace(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	here, there := New(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))), New(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	parent, end := here.Root(t.Context())
	end(nil)
	ctx, end := there.Start(t.Context(), carrying(parent), SpanInterface)
	Call(ctx, "CreateNetworkInterface").End()
	end(errors.New("boom"))
	there.Record(t.Context(), carrying(parent), SpanReady)

	type span struct{ Name, Parent, Error string }
	got, names, traces := []span{}, map[string]string{}, map[string]bool{}
	for _, s := range spans.GetSpans() {
		names[s.SpanContext.SpanID().String()] = s.Name
		traces[s.SpanContext.TraceID().String()] = true
	}
	for _, s := range spans.GetSpans() {
		got = append(got, span{s.Name, names[s.Parent.SpanID().String()], s.Status.Description})
	}
	want := []span{{SpanObjects, "", ""}, {"CreateNetworkInterface", SpanInterface, ""}, {SpanInterface, SpanObjects, "boom"}, {SpanReady, SpanObjects, ""}}
	if diff := cmp.Diff(want, got); diff != "" || len(traces) != 1 {
		t.Errorf("\nThe annotation continues the trace in another process.\nspans of %d traces: -want, +got:\n%s", len(traces), diff)
	}
}

// TestNoTrace starts spans where nothing is to be traced.
func TestNoTrace(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	on := New(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	never := New(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans), sdktrace.WithSampler(sdktrace.NeverSample())))
	const valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	cases := map[string]struct {
		reason string
		tracer *Tracer
		o      *metav1.ObjectMeta
	}{
		"Off":           {reason: "Without a provider of traces, an object's trace is not continued.", tracer: New(nil), o: carrying(valid)},
		"NoAnnotation":  {reason: "An object without the annotation has no trace.", tracer: on, o: &metav1.ObjectMeta{}},
		"Invalid":       {reason: "An invalid annotation, which a user can write, is ignored.", tracer: on, o: carrying("00-zz-01")},
		"OtherVersions": {reason: "A trace context that is too long is ignored.", tracer: on, o: carrying(valid + valid)},
		"Zero":          {reason: "A trace context without ids is ignored.", tracer: on, o: carrying("00-00000000000000000000000000000000-0000000000000000-01")},
		"NotSampled":    {reason: "A trace that is not sampled is not continued.", tracer: on, o: carrying(valid[:len(valid)-1] + "0")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			ctx, end := tc.tracer.Start(t.Context(), tc.o, SpanInterface)
			Call(ctx, "CreateNetworkInterface").End()
			end(nil)
			if got := spans.GetSpans().Snapshots(); len(got) > 0 {
				t.Errorf("\n%s\nStart(...): %d spans", tc.reason, len(got))
				spans.Reset()
			}
		})
	}
	for reason, tracer := range map[string]*Tracer{"Without a provider of traces, objects carry no context.": New(nil), "Without a sample, objects carry no context.": never} {
		parent, end := tracer.Root(t.Context())
		end(nil)
		if parent != "" {
			t.Errorf("\n%s\nRoot(...): %q", reason, parent)
		}
	}
}
