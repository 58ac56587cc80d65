// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
	"github.com/nodeeni/provider-aws-eni/internal/tracing/collector"
)

func TestStart(t *testing.T) {
	c := collector.New()
	server := httptest.NewServer(c)
	defer server.Close()
	for _, endpoint := range []string{server.URL, server.URL + "/", server.URL + "/v1/traces"} {
		before := len(c.Traces())
		tracer, stop, err := Start(t.Context(), endpoint, "provider", logr.Discard())
		if err != nil {
			t.Fatal(err)
		}
		parent, end := tracer.Root(t.Context())
		end(nil)
		tracer.Record(t.Context(), &metav1.ObjectMeta{Annotations: map[string]string{v1alpha1.AnnotationTraceParent: parent}}, tracing.SpanReady)
		stop()
		if got := len(c.Traces()) - before; got != 1 {
			t.Errorf("\nThe last spans are exported at the end.\nStart(%q): %d traces are exported, want 1", endpoint, got)
		}
	}
}

func TestStartWithout(t *testing.T) {
	tracer, stop, err := Start(t.Context(), "", "provider", logr.Discard())
	if err != nil || tracer != nil {
		t.Fatalf("\nWithout an endpoint nothing is traced.\nStart(...): %v, %v", tracer, err)
	}
	stop()
	for _, endpoint := range []string{"collector:4318", "grpc://collector:4317", "http://", "://"} {
		if _, _, err := Start(t.Context(), endpoint, "provider", logr.Discard()); err == nil || !strings.Contains(err.Error(), "write a URL such as http://") {
			t.Errorf("\nAn invalid endpoint is rejected, with an example.\nStart(%q): %v", endpoint, err)
		}
	}
}
