// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
)

// Metrics are the agent's metrics. The number of label values does not depend on links,
// addresses or objects.
type Metrics struct {
	steps    *prometheus.CounterVec
	failures *prometheus.CounterVec
	results  *prometheus.CounterVec
	delay    prometheus.Histogram
}

// NewMetrics registers the agent's metrics. Several agents of one process share them.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	const namespace, subsystem = "provider_aws_eni", "agent"
	m := &Metrics{
		steps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "steps_total",
			Help: "Changes made to the host, by kind.",
		}, []string{"kind"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "refused_steps_total",
			Help: "Changes that the kernel rejected, by kind.",
		}, []string{"kind"}),
		results: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "reconciles_total",
			Help: "Reconciles of a HostInterface, by the reason of its Ready condition.",
		}, []string{"reason"}),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: subsystem, Name: "event_to_configured_seconds",
			Help:    "Time from a kernel event until the link is configured again.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 5},
		}),
	}
	errs := []error{
		register(r, &m.steps), register(r, &m.failures), register(r, &m.results), register(r, &m.delay),
	}
	return m, errors.Wrap(errors.Join(errs...), "cannot register metrics")
}

func register[C prometheus.Collector](r prometheus.Registerer, c *C) error {
	err := r.Register(*c)
	already := prometheus.AlreadyRegisteredError{}
	if errors.As(err, &already) {
		if existing, ok := already.ExistingCollector.(C); ok {
			*c = existing
			return nil
		}
	}
	return err
}

// applied counts steps, the last of which failed if err is not nil.
func (m *Metrics) applied(steps []host.Step, err error) {
	for i, s := range steps {
		if err != nil && i == len(steps)-1 {
			m.failures.WithLabelValues(s.Kind()).Inc()
			continue
		}
		m.steps.WithLabelValues(s.Kind()).Inc()
	}
}

func (m *Metrics) configured(event, now time.Time) {
	if !event.IsZero() {
		m.delay.Observe(now.Sub(event).Seconds())
	}
}
