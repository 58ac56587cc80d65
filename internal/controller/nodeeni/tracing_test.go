// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

// TestTraceOf has the objects of a child in each state.
func TestTraceOf(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	carrying := metav1.ObjectMeta{Name: "c", Annotations: map[string]string{v1alpha1.AnnotationTraceParent: parent}}
	ni := func(m metav1.ObjectMeta) *ec2v1alpha1.NetworkInterface {
		return &ec2v1alpha1.NetworkInterface{ObjectMeta: m}
	}
	at := func(m metav1.ObjectMeta, c ...xpv2.Condition) *ec2v1alpha1.NetworkInterfaceAttachment {
		a := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: m}
		a.SetConditions(c...)
		return a
	}
	type want struct {
		Carries string // new for the context of a new trace
		Spans   []string
	}
	cases := map[string]struct {
		reason string
		off    bool
		child  eni.Child
		ni     *ec2v1alpha1.NetworkInterface
		at     *ec2v1alpha1.NetworkInterfaceAttachment
		failed bool
		want   want
	}{
		"New":          {reason: "A child without objects starts a trace.", want: want{Carries: "new", Spans: []string{tracing.SpanObjects}}},
		"Retained":     {reason: "An ENI without a node is not traced.", child: eni.Child{Retained: true}},
		"Off":          {reason: "Without tracing, objects carry no context.", off: true},
		"TurnedOff":    {reason: "After tracing was turned off, objects carry no context any more.", off: true, ni: ni(carrying), at: at(carrying)},
		"InProgress":   {reason: "The objects carry their context until the ENI is ready.", ni: ni(carrying), at: at(carrying), want: want{Carries: parent}},
		"NoAttachment": {reason: "After a crash between both objects, the second one continues the trace.", ni: ni(carrying), want: want{Carries: parent}},
		"NotTraced":    {reason: "An ENI from before tracing was turned on is not traced.", ni: ni(metav1.ObjectMeta{}), at: at(metav1.ObjectMeta{})},
		"Ready":        {reason: "The trace ends when the ENI is ready.", ni: ni(carrying), at: at(carrying, xpv2.Available()), want: want{Spans: []string{tracing.SpanReady}}},
		"ReadyFailed":  {reason: "The trace does not end before the context is removed: it would end twice.", ni: ni(carrying), at: at(carrying, xpv2.Available()), failed: true},
		"ReadyBefore":  {reason: "A trace ends once.", ni: ni(carrying), at: at(metav1.ObjectMeta{}, xpv2.Available())},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			spans := tracetest.NewInMemoryExporter()
			r := &Reconciler{}
			if !tc.off {
				r.o.Tracer = tracing.New(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
			}
			var err error
			if tc.failed {
				err = errors.New("boom")
			}
			trace := r.traceOf(t.Context(), &v1alpha1.NodeENI{}, tc.child, tc.ni, tc.at)
			trace.end(t.Context(), err == nil, err)
			got := want{Carries: trace.parent}
			for _, s := range spans.GetSpans() {
				got.Spans = append(got.Spans, s.Name)
			}
			if tc.want.Carries == "new" && got.Carries != "" {
				got.Carries = "new"
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\ntraceOf(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
