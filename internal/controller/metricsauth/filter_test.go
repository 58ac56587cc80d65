// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package metricsauth

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// tokens are what the API server thinks of tokens.
type tokens struct {
	status map[string]int
	asked  int
}

func (r *tokens) Review(_ context.Context, token, path, verb string) (int, error) {
	r.asked++
	if path != "/metrics" || verb != "get" {
		return http.StatusForbidden, nil
	}
	if token == "broken" {
		return 0, errors.New("no API server")
	}
	if s, ok := r.status[token]; ok {
		return s, nil
	}
	return http.StatusUnauthorized, nil
}

func serve(t *testing.T, r reviewer) func(method, authorization string) int {
	t.Helper()
	h, err := filter(r)(logr.Discard(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	if err != nil {
		t.Fatal(err)
	}
	return func(method, authorization string) int {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), method, "/metrics", nil)
		r.Header.Set("Authorization", authorization)
		h.ServeHTTP(w, r)
		return w.Code
	}
}

func TestFilter(t *testing.T) {
	cases := map[string]struct {
		reason        string
		method        string
		authorization string
		want          int
	}{
		"Allowed":   {reason: "A user who may get /metrics gets them.", authorization: "Bearer scraper", want: http.StatusTeapot},
		"Lower":     {reason: "The scheme is not case-sensitive.", authorization: "bearer scraper", want: http.StatusTeapot},
		"Anonymous": {reason: "Anonymous requests are rejected.", want: http.StatusUnauthorized},
		"Basic":     {reason: "Other schemes are rejected too.", authorization: "Basic scraper", want: http.StatusUnauthorized},
		"NoToken":   {reason: "An empty token is rejected too.", authorization: "Bearer ", want: http.StatusUnauthorized},
		"Unknown":   {reason: "A token that the API server does not know is rejected too.", authorization: "Bearer unknown", want: http.StatusUnauthorized},
		"Forbidden": {reason: "A known user needs to be allowed to get /metrics.", authorization: "Bearer other", want: http.StatusForbidden},
		"Post":      {reason: "The verb is the request's.", method: http.MethodPost, authorization: "Bearer scraper", want: http.StatusForbidden},
		"Broken":    {reason: "Without the API server no client is authorized.", authorization: "Bearer broken", want: http.StatusInternalServerError},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if tc.method == "" {
				tc.method = http.MethodGet
			}
			get := serve(t, &tokens{status: map[string]int{"scraper": http.StatusOK, "other": http.StatusForbidden}})
			if diff := cmp.Diff(tc.want, get(tc.method, tc.authorization)); diff != "" {
				t.Errorf("\n%s\nstatus: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestFilterCaches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &tokens{status: map[string]int{"scraper": http.StatusOK}}
		get := serve(t, r)
		for range 3 {
			get(http.MethodGet, "Bearer scraper")
		}
		if r.asked != 1 {
			t.Errorf("\nA decision is kept for a minute.\n%d reviews", r.asked)
		}
		r.status["scraper"] = http.StatusForbidden
		time.Sleep(decisionTTL)
		if got := get(http.MethodGet, "Bearer scraper"); got != http.StatusForbidden {
			t.Errorf("\nA permission that is withdrawn ends within a minute.\nstatus %d", got)
		}
	})
}
