// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package tracing traces an ENI from its NodeENI to the configured link, with OpenTelemetry.
//
// The controller of NodeENIs starts a trace for each ENI that it creates. An annotation of the
// ENI's objects carries the trace context to the other controllers and to the agent, until the
// ENI is ready. An object without the annotation is not traced.
package tracing

import (
	"context"
	"regexp"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// Scope is the instrumentation scope of all spans.
const Scope = "github.com/nodeeni/provider-aws-eni"

// Attributes of spans. Names outside networking.k8s.aws are defined by OpenTelemetry's semantic
// conventions.
const (
	AttributeNodeENI   = attribute.Key("networking.k8s.aws.nodeeni")
	AttributeSlot      = attribute.Key("networking.k8s.aws.slot")
	AttributeNode      = attribute.Key("k8s.node.name")
	AttributeObject    = attribute.Key("k8s.object.name")
	AttributeAction    = attribute.Key("rpc.method")
	AttributeRequestID = attribute.Key("aws.request_id")
	AttributeErrorCode = attribute.Key("error.type")
	// AttributeTokenWait is how long a call waited for a token of the provider's rate limit,
	// in seconds. It is part of the span's duration.
	AttributeTokenWait = attribute.Key("networking.k8s.aws.token_wait")
)

// Names of spans, in the order in which an ENI becomes ready. The spans of calls have the
// names of EC2's actions.
const (
	SpanObjects   = "create objects"
	SpanInterface = "create NetworkInterface"
	SpanAttach    = "create NetworkInterfaceAttachment"
	SpanHost      = "create HostInterface"
	SpanConfigure = "configure link"
	SpanReady     = "ready"
)

// traceParent is the key of W3C Trace Context.
const traceParent = "traceparent"

// A Tracer starts spans. A nil Tracer starts none.
type Tracer struct{ tracer trace.Tracer }

// New returns a Tracer, or nil without a provider.
func New(p trace.TracerProvider) *Tracer {
	if p == nil {
		return nil
	}
	return &Tracer{p.Tracer(Scope)}
}

// Root starts a trace, and returns the value of the annotation that carries its context, and
// a function that ends its first span. Without a Tracer, or if the trace is not sampled, the
// value is "".
func (t *Tracer) Root(ctx context.Context, attrs ...attribute.KeyValue) (parent string, end func(error)) {
	if t == nil {
		return "", func(error) {}
	}
	ctx, span := t.tracer.Start(ctx, SpanObjects, trace.WithNewRoot(), trace.WithAttributes(attrs...))
	if !span.SpanContext().IsSampled() {
		return "", ender(span)
	}
	c := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, c)
	return c[traceParent], ender(span)
}

// Start starts a span in the trace of an object. Without a Tracer, or if the object has no
// trace, it returns ctx and a function that does nothing.
func (t *Tracer) Start(ctx context.Context, o metav1.Object, name string, attrs ...attribute.KeyValue) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	parent := ParentOf(o)
	if parent == "" {
		return ctx, func(error) {}
	}
	remote := propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{traceParent: parent})
	if !trace.SpanContextFromContext(remote).IsRemote() {
		return ctx, func(error) {} // its ids are zero
	}
	ctx, span := t.tracer.Start(remote, name, trace.WithAttributes(append(attrs, AttributeObject.String(o.GetName()))...)) //nolint:spancheck // the returned function ends it
	return ctx, ender(span)                                                                                                //nolint:spancheck // see above
}

// Record records in the trace of an object that something has happened now, as a span without
// a duration.
func (t *Tracer) Record(ctx context.Context, o metav1.Object, name string, attrs ...attribute.KeyValue) {
	_, end := t.Start(ctx, o, name, attrs...)
	end(nil)
}

// parentPattern is the format of version 00 of W3C Trace Context.
var parentPattern = regexp.MustCompile("^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")

// ParentOf returns the trace context that an object's annotation carries, or "" if it has none
// or one in another format.
func ParentOf(o metav1.Object) string {
	if v := o.GetAnnotations()[v1alpha1.AnnotationTraceParent]; parentPattern.MatchString(v) {
		return v
	}
	return ""
}

// Call starts the span of an attempt of a call to AWS in the span of ctx. If none is recorded, it
// returns a span that records nothing.
func Call(ctx context.Context, action string) trace.Span {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return parent
	}
	attrs := trace.WithAttributes(AttributeAction.String(action), attribute.String("rpc.system", "aws-api"))
	_, span := parent.TracerProvider().Tracer(Scope).Start(ctx, action, trace.WithSpanKind(trace.SpanKindClient), attrs) //nolint:spancheck // the caller ends it
	return span                                                                                                          //nolint:spancheck // see above
}

// ender returns a function that ends a span, with an error if it is not nil.
func ender(span trace.Span) func(error) {
	return func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}
