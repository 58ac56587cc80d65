// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

// TestWithTracing creates and updates a resource that carries a trace context.
func TestWithTracing(t *testing.T) {
	type span struct{ Name, Error string }
	cases := map[string]struct {
		reason    string
		namespace string
		want      []span
	}{
		"Ours":   {reason: "Creates and updates are traced, with their errors.", namespace: "provider", want: []span{{tracing.SpanInterface, "boom"}, {"update NetworkInterface", ""}}},
		"Tenant": {reason: "A resource of a tenant, who can write any trace context, is not traced.", namespace: "team"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			spans := tracetest.NewInMemoryExporter()
			connector := managed.TypedExternalConnectorFn[*ec2v1alpha1.NetworkInterface](func(context.Context, *ec2v1alpha1.NetworkInterface) (managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface], error) {
				return managed.TypedExternalClientFns[*ec2v1alpha1.NetworkInterface]{
					CreateFn: func(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalCreation, error) {
						return managed.ExternalCreation{}, errors.New("boom")
					},
					UpdateFn: func(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalUpdate, error) {
						return managed.ExternalUpdate{}, nil
					},
				}, nil
			})
			tracer := tracing.New(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
			mg := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: tc.namespace, Annotations: map[string]string{
				networkingv1alpha1.AnnotationTraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
			}}}
			c, err := WithTracing(connector, tracer, "provider", ec2v1alpha1.NetworkInterfaceKind).Connect(t.Context(), mg)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = c.Create(t.Context(), mg)
			_, _ = c.Update(t.Context(), mg)
			var got []span
			for _, s := range spans.GetSpans() {
				got = append(got, span{s.Name, s.Status.Description})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nspans: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
