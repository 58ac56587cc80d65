// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
)

func TestCollect(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bundle.tar.gz")
	out, err := run(t, t.Context(), world(), "collect", "--file", file)
	if err != nil || !strings.HasSuffix(out, file+"\n") {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := gzip.NewReader(f); err != nil {
		t.Errorf("the bundle is no gzip file: %v", err)
	}
	if _, err := run(t, t.Context(), world(), "collect", "--file", file); err == nil || !strings.HasPrefix(err.Error(), "cannot create the bundle: ") {
		t.Errorf("\nA file that exists is not replaced.\ngot %v", err)
	}
	if out, err := run(t, t.Context(), world(), "collect", "--file=-"); err != nil || !strings.HasPrefix(out, "\x1f\x8b") {
		t.Errorf("\nThe bundle is written to the standard output.\ngot %v", err)
	}
}

// TestPodsOf reads logs and metrics of a pod from an API server: metrics through its proxy, over HTTP or
// HTTPS, and without the user's credentials if the pod demands some.
func TestPodsOf(t *testing.T) {
	cases := map[string]struct {
		reason, scheme string
		want, err      string
	}{
		"HTTP":   {reason: "An agent serves metrics over HTTP.", scheme: "http", want: "metrics"},
		"HTTPS":  {reason: "A provider may serve them over TLS to all clients.", scheme: "https", want: "metrics"},
		"Secure": {reason: "By default a provider only serves authenticated clients.", err: "unless --no-metrics-secure is set: copy them from Prometheus: "},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/version":
					_, _ = w.Write([]byte(`{"gitVersion":"v1.35.0"}`))
				case "/api/v1/namespaces/system/pods/p/log":
					_, _ = w.Write([]byte("log of " + r.URL.Query().Get("container") + ", " + r.URL.Query().Get("tailLines") + " lines"))
				case "/api/v1/namespaces/system/pods/" + tc.scheme + ":p:metrics/proxy/metrics":
					_, _ = w.Write([]byte("metrics"))
				default:
					http.Error(w, "Unauthorized", http.StatusUnauthorized)
				}
			}))
			defer s.Close()
			pods, server, err := podsOf(&rest.Config{Host: s.URL})
			if err != nil || server != "API server v1.35.0\n" {
				t.Fatalf("%q, %v", server, err)
			}
			if raw, err := pods.Log(t.Context(), "system", "p", "c"); err != nil || string(raw) != "log of c, 5000 lines" {
				t.Errorf("log: %q, %v", raw, err)
			}
			raw, err := pods.Metrics(t.Context(), "system", "p")
			if string(raw) != tc.want || (err == nil) != (tc.err == "") || (err != nil && !strings.Contains(err.Error(), tc.err)) {
				t.Errorf("\n%s\ngot %q, %v", tc.reason, raw, err)
			}
		})
	}
}
