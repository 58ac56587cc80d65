// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"k8s.io/client-go/tools/metrics"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Timeouts of the servers, which listen on the host network.
const (
	headerTimeout   = 10 * time.Second
	idleTimeout     = 90 * time.Second
	shutdownTimeout = 5 * time.Second
)

// serve serves HTTP at an address until the context is done. An address of 0 or the
// empty string disables the server.
func serve(ctx context.Context, address string, h http.Handler) error {
	if address == "" || address == "0" {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return errors.Wrapf(err, "cannot listen at %q", address)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		bounded, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer done()
		_ = s.Shutdown(bounded)
	}()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return errors.Wrapf(err, "cannot serve at %q", address)
	}
	<-stopped
	return nil
}

// requests counts the agent's requests to the API server, with the metric name of all
// Kubernetes components.
type requests struct{ total *prometheus.CounterVec }

// Increment counts one request.
func (r requests) Increment(_ context.Context, code, method, host string) {
	r.total.WithLabelValues(code, method, host).Inc()
}

// newRegistry returns a registry with metrics of the process and of its requests to the
// API server.
func newRegistry() *prometheus.Registry {
	r := requests{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "rest_client_requests_total",
		Help: "Number of HTTP requests, partitioned by status code, method, and host.",
	}, []string{"code", "method", "host"})}
	metrics.Register(metrics.RegisterOpts{RequestResult: r})
	registry := prometheus.NewRegistry()
	registry.MustRegister(r.total, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// metricsHandler serves the registered metrics.
func metricsHandler(r *prometheus.Registry) http.Handler {
	m := http.NewServeMux()
	m.Handle("/metrics", promhttp.HandlerFor(r, promhttp.HandlerOpts{}))
	return m
}

// healthHandler reports whether the agent is alive, and whether it is ready.
func healthHandler(alive, ready func() bool) http.Handler {
	m := http.NewServeMux()
	check := func(ok func() bool, otherwise string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if !ok() {
				http.Error(w, otherwise, http.StatusServiceUnavailable)
				return
			}
			_, _ = w.Write([]byte("ok"))
		}
	}
	m.HandleFunc("/healthz", check(alive, "no reconcile has finished for too long"))
	m.HandleFunc("/readyz", check(ready, "the node's HostInterfaces have not been read yet"))
	return m
}
