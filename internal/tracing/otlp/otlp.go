// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package otlp exports traces with OpenTelemetry's protocol over HTTP.
package otlp

import (
	"context"
	"net/url"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/tracing"
	"github.com/nodeeni/provider-aws-eni/internal/version"
)

// shutdownTimeout bounds the export of the last spans.
const shutdownTimeout = 5 * time.Second

// RegisterFlag registers the flag of the endpoint.
func RegisterFlag(app *kingpin.Application, endpoint *string) {
	app.Flag("tracing-endpoint", "URL to which traces of new ENIs are exported with OTLP over HTTP, such as http://collector.monitoring:4318. OpenTelemetry's environment variables apply. Default: no traces.").Default("").Envar("TRACING_ENDPOINT").StringVar(endpoint)
}

// Start returns a Tracer that exports the spans of a service to an OTLP endpoint over HTTP, such
// as http://collector.monitoring:4318, and a function that exports the last spans. Without an
// endpoint it returns nil, which traces nothing. OpenTelemetry's environment variables apply, for
// example OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES and OTEL_EXPORTER_OTLP_HEADERS. If the
// endpoint does not respond, spans are dropped, and nothing waits for them.
func Start(ctx context.Context, endpoint, service string, log logr.Logger) (t *tracing.Tracer, stop func(), err error) {
	if endpoint == "" {
		return nil, func() {}, nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, nil, errors.Errorf("invalid --tracing-endpoint %q: write a URL such as http://collector.monitoring:4318", endpoint)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/v1/traces"
	}
	e, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.String()))
	if err != nil {
		return nil, nil, errors.Wrap(err, "cannot export traces")
	}
	r, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", service), attribute.String("service.version", version.Version)), resource.WithFromEnv())
	if err != nil {
		return nil, nil, errors.Wrap(err, "cannot read OTEL_RESOURCE_ATTRIBUTES")
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.V(1).Info("Cannot export traces", "error", err.Error()) }))
	p := sdktrace.NewTracerProvider(sdktrace.WithBatcher(e), sdktrace.WithResource(r))
	return tracing.New(p), func() {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		if err := p.Shutdown(bounded); err != nil {
			log.V(1).Info("Cannot export the last traces", "error", err.Error())
		}
	}, nil
}
