// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/metrics"
)

func TestHandlers(t *testing.T) {
	is, alive := false, true
	health := healthHandler(func() bool { return alive }, func() bool { return is })
	registry := metricsHandler(newRegistry())
	metrics.RequestResult.Increment(t.Context(), "200", "GET", "kube")
	get := func(h http.Handler, path string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	if code, _ := get(health, "/healthz"); code != http.StatusOK {
		t.Errorf("/healthz returns 200 for a live agent: %d", code)
	}
	if code, body := get(health, "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "HostInterfaces") {
		t.Errorf("/readyz returns 503 before HostInterfaces are read: %d %s", code, body)
	}
	is = true
	if code, _ := get(health, "/readyz"); code != http.StatusOK {
		t.Errorf("/readyz returns 200 for a ready agent: %d", code)
	}
	alive = false
	if code, body := get(health, "/healthz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "no reconcile") {
		t.Errorf("/healthz returns 503 for a blocked agent: %d %s", code, body)
	}
	_, body := get(registry, "/metrics")
	for _, want := range []string{`rest_client_requests_total{code="200",host="kube",method="GET"} 1`, "process_resident_memory_bytes", "go_goroutines"} {
		if !strings.Contains(body, want) {
			t.Errorf("Metric %s is missing in:\n%s", want, body)
		}
	}
}

func TestServe(t *testing.T) {
	for _, none := range []string{"", "0"} {
		if err := serve(t.Context(), none, nil); err != nil {
			t.Errorf("%q disables the server: %v", none, err)
		}
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := serve(t.Context(), address, nil); err == nil || !strings.Contains(err.Error(), address) {
		t.Errorf("The error names an address that is in use: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error)
	go func() {
		served <- serve(ctx, address, healthHandler(func() bool { return true }, func() bool { return true }))
	}()
	for begun := time.Now(); ; time.Sleep(time.Millisecond) {
		r, err := http.Get("http://" + address + "/readyz")
		if err == nil {
			_ = r.Body.Close()
			break
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatal(err)
		}
	}
	stop()
	if err := <-served; err != nil {
		t.Errorf("A shutdown is no error: %v", err)
	}
}

// TestPrograms rejects imports that would make the binary much larger: most of the
// agent's memory on each node is its binary.
func TestPrograms(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for p := range strings.FieldsSeq(string(out)) {
		for _, not := range []string{
			"k8s.io/client-go/informers", "k8s.io/client-go/kubernetes/typed", "k8s.io/client-go/tools/leaderelection",
			"sigs.k8s.io/controller-runtime/pkg/manager", "github.com/aws/",
		} {
			if strings.HasPrefix(p, not) && p != "sigs.k8s.io/controller-runtime/pkg/manager/signals" {
				t.Errorf("The agent must not import %s.", p)
			}
		}
	}
}
