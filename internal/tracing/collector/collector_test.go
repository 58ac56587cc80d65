// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

func TestPhases(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	span := func(name string, start, end int) Span { return Span{Name: name, Start: at(start), End: at(end)} }
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	whole := Trace{
		span(tracing.SpanObjects, 0, 10),
		{Name: actionCreate, Start: at(20), End: at(21), Failed: true},
		span(actionCreate, 30, 35), span(actionAttach, 50, 54),
		span(tracing.SpanHost, 200, 203), span(tracing.SpanConfigure, 205, 209), span(tracing.SpanConfigure, 210, 211), span(tracing.SpanReady, 220, 220),
		span(tracing.SpanConfigure, 219, 240), // it ends later
	}
	untilHost := []Phase{
		{"create the objects", ms(10)},
		{"wait for CreateNetworkInterface", ms(20)},
		{"CreateNetworkInterface", ms(5)},
		{"wait for AttachNetworkInterface", ms(15)},
		{"AttachNetworkInterface", ms(4)},
		{"EC2 attaches, settings of the attachment", ms(146)},
		{"create the HostInterface", ms(3)},
	}
	cases := map[string]struct {
		reason string
		args   Trace
		want   []Phase
	}{
		"Whole": {
			reason: "The phases follow each other. A failed call belongs to the phase before the successful call.",
			args:   whole,
			want:   slices.Concat(untilHost, []Phase{{"wait for the agent", ms(2)}, {"configure the link", ms(6)}, {"report Ready", ms(9)}}),
		},
		"WithoutAgent": {
			reason: "If the agent exports no traces, its time belongs to the last phase.",
			args:   append(append(Trace{}, whole[:5]...), whole[7]),
			want:   slices.Concat(untilHost, []Phase{{"report Ready", ms(17)}}),
		},
		"NotReady": {reason: "An ENI that is not ready has no phases yet.", args: whole[:7]},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.args.Phases()); diff != "" {
				t.Errorf("\n%s\nPhases(): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestServeHTTPRejects(t *testing.T) {
	w := httptest.NewRecorder()
	New().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/traces", strings.NewReader("no protobuf")))
	if w.Code != http.StatusBadRequest {
		t.Errorf("\nA request that is not OTLP is rejected.\nServeHTTP(...): status %d", w.Code)
	}
}
