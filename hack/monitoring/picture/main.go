// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Command picture reads the metrics of a running provider for a while, and draws the panels of
// the Grafana dashboard as an SVG: with Prometheus' storage and query engine, without Grafana.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
)

func main() {
	url := flag.String("metrics", "http://127.0.0.1:18443/metrics", "URL of the provider's metrics")
	during := flag.Duration("for", time.Minute, "time to read metrics")
	every := flag.Duration("every", time.Second, "interval of the reads")
	file := flag.String("dashboard", filepath.Join("cluster", "monitoring", "dashboard.json"), "dashboard")
	out := flag.String("out", "dashboard.svg", "file to write")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *url, *file, *out, *during, *every); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to be done
	}
}

func run(ctx context.Context, url, file, out string, during, every time.Duration) error {
	d, err := readDashboard(file)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "provider-aws-eni-picture-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a directory in /tmp
	db, err := tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // a directory in /tmp
	began := time.Now()
	tick := time.NewTicker(every)
	defer tick.Stop()
	samples := 0
	for time.Since(began) < during && ctx.Err() == nil {
		n, err := scrape(ctx, db, url)
		if err != nil && samples == 0 && time.Since(began) > during/2 {
			return err
		}
		samples += n
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	if samples == 0 {
		return fmt.Errorf("%s has no metrics", url)
	}
	fmt.Printf("%d samples in %s\n", samples, time.Since(began).Round(time.Second))
	p := &painter{db: db, from: began, to: time.Now(), every: every}
	return p.draw(d, out)
}

// scrape appends the metrics of a URL to a database, and returns the number of samples.
func scrape(ctx context.Context, db *tsdb.DB, url string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: %s", url, resp.Status)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		return 0, err
	}
	now := time.Now().UnixMilli()
	app, n := db.Appender(ctx), 0
	for name, f := range families {
		for _, m := range f.GetMetric() {
			for _, s := range samplesOf(name, f.GetType(), m) {
				if _, err := app.Append(0, s.labels, now, s.value); err != nil {
					return 0, err
				}
				n++
			}
		}
	}
	return n, app.Commit()
}

type sample struct {
	labels labels.Labels
	value  float64
}

// samplesOf returns the samples of a metric: several for a histogram.
func samplesOf(name string, kind dto.MetricType, m *dto.Metric) []sample {
	with := func(name string, more ...string) labels.Labels {
		b := labels.NewBuilder(labels.EmptyLabels())
		for _, l := range m.GetLabel() {
			b.Set(l.GetName(), l.GetValue())
		}
		for i := 0; i+1 < len(more); i += 2 {
			b.Set(more[i], more[i+1])
		}
		return b.Set(labels.MetricName, name).Labels()
	}
	switch kind {
	case dto.MetricType_COUNTER:
		return []sample{{with(name), m.GetCounter().GetValue()}}
	case dto.MetricType_GAUGE:
		return []sample{{with(name), m.GetGauge().GetValue()}}
	case dto.MetricType_UNTYPED:
		return []sample{{with(name), m.GetUntyped().GetValue()}}
	case dto.MetricType_HISTOGRAM:
		h := m.GetHistogram()
		out := []sample{{with(name + "_count"), float64(h.GetSampleCount())}, {with(name + "_sum"), h.GetSampleSum()}}
		for _, b := range h.GetBucket() {
			out = append(out, sample{with(name+"_bucket", labels.BucketLabel, model.SampleValue(b.GetUpperBound()).String()), float64(b.GetCumulativeCount())})
		}
		return append(out, sample{with(name+"_bucket", labels.BucketLabel, "+Inf"), float64(h.GetSampleCount())})
	default:
		return nil // no panel shows a summary
	}
}
