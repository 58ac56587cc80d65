// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/tracing/collector"
)

const flagTracing = "--tracing-endpoint"

// exportTimeout is the time in which the provider exports the last spans, every 5 s.
const exportTimeout = 30 * time.Second

// traceRollout measures a rollout with traces, and returns a table of the phases of an ENI. The
// agents are simulated and export no traces.
func traceRollout(ctx context.Context, s *stage) (string, error) {
	c := collector.New()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", errors.Wrap(err, "cannot listen for traces")
	}
	server := &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second}
	s.background(ctx, func(context.Context) { _ = server.Serve(l) })
	s.cleanup(func(context.Context) error { return server.Close() })
	s.o.providerFlags = append(s.o.providerFlags, flagTracing+"=http://"+l.Addr().String())

	if err := s.start(ctx); err != nil {
		return "", err
	}
	if err := s.populate(ctx); err != nil {
		return "", err
	}
	if err := s.measureRollout(ctx, &results{}); err != nil {
		return "", err
	}
	var phases [][]collector.Phase
	err = s.wait(ctx, "the last traces", exportTimeout, func() (bool, string, error) {
		phases = phases[:0]
		for _, t := range c.Traces() {
			if p := t.Phases(); p != nil {
				phases = append(phases, p)
			}
		}
		return len(phases) == s.o.enis(), fmt.Sprintf("%d of %d are complete", len(phases), s.o.enis()), nil
	})
	if err != nil {
		return "", err
	}
	return phaseTable(phases), nil
}

// phaseTable returns a Markdown table of the phases of ENIs, which all have the same phases.
func phaseTable(all [][]collector.Phase) string {
	var b strings.Builder
	var sum time.Duration
	totals := make([]time.Duration, len(all))
	for i, phases := range all {
		for _, p := range phases {
			totals[i] += p.Duration
		}
		sum += totals[i]
	}
	fmt.Fprintf(&b, "| Phase of an ENI, of %d | p50 | p99 | Share |\n|---|---:|---:|---:|\n", len(all))
	line := func(name string, ds []time.Duration) {
		var part time.Duration
		for _, d := range ds {
			part += d
		}
		slices.Sort(ds)
		fmt.Fprintf(&b, "| %s | %s | %s | %.1f %% |\n", name, milliseconds(percentile(ds, 0.5)), milliseconds(percentile(ds, 0.99)), 100*float64(part)/float64(max(sum, 1)))
	}
	for i := range all[0] {
		var ds []time.Duration
		for _, phases := range all {
			ds = append(ds, phases[i].Duration)
		}
		line(all[0][i].Name, ds)
	}
	line("from the plan to Ready", totals)
	return b.String()
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }
