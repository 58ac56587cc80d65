// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestServing(t *testing.T) {
	type want struct {
		Secure, Authorized bool
		Error              string
	}
	const refused = "use an address on loopback"
	cases := map[string]struct {
		reason string
		args   func(*Settings)
		want   want
	}{
		"Default":        {reason: "Metrics are served over TLS to authorized clients, and profiles not at all.", args: func(*Settings) {}, want: want{Secure: true, Authorized: true}},
		"PlainMetrics":   {reason: "Plain metrics have to be requested.", args: func(s *Settings) { s.MetricsSecure = false }},
		"Pprof":          {reason: "Profiles are served on loopback.", args: func(s *Settings) { s.PprofBindAddress = "127.0.0.1:6060" }, want: want{Secure: true, Authorized: true}},
		"PprofIPv6":      {reason: "Over IPv6 too.", args: func(s *Settings) { s.PprofBindAddress = "[::1]:6060" }, want: want{Secure: true, Authorized: true}},
		"PprofName":      {reason: "Localhost is loopback by name.", args: func(s *Settings) { s.PprofBindAddress = "localhost:6060" }, want: want{Secure: true, Authorized: true}},
		"PprofEverybody": {reason: "An address without a host is every address.", args: func(s *Settings) { s.PprofBindAddress = ":6060" }, want: want{Secure: true, Authorized: true, Error: refused}},
		"PprofElsewhere": {reason: "Another address is not on loopback.", args: func(s *Settings) { s.PprofBindAddress = "10.0.0.1:6060" }, want: want{Secure: true, Authorized: true, Error: refused}},
		"PprofExplicit":  {reason: "Unless that is explicit.", args: func(s *Settings) { s.PprofBindAddress, s.PprofAnyAddress = ":6060", true }, want: want{Secure: true, Authorized: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := DefaultSettings()
			tc.args(&s)
			o := s.metricsServer()
			got := want{Secure: o.SecureServing, Authorized: o.FilterProvider != nil}
			if err := s.validate(); err != nil && strings.Contains(err.Error(), refused) {
				got.Error = refused
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nserving: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
