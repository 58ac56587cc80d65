// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

const (
	metricsNamespace = "provider_aws_eni"

	// codeNoAnswer and codeOther are the codes in metrics of calls without a response
	// and of responses whose code is not in the table.
	codeNoAnswer = "NoAnswer"
	codeOther    = "Other"

	// maxUnknownCodes bounds the set of logged unknown codes.
	maxUnknownCodes = 1000
)

// Metrics collects the metrics of all Clients of a process. Labels are actions, codes of a
// fixed table, accounts, regions, endpoints and provider configs: their cardinality does not
// grow with the number of objects.
type Metrics struct {
	calls        *prometheus.CounterVec
	unclassified *prometheus.CounterVec
	wait         *prometheus.HistogramVec
	batch        *prometheus.HistogramVec

	tokens, rate, waiting, outage, age, viewOutage *prometheus.Desc

	log logging.Logger

	mu           sync.Mutex
	traffic      []*traffic
	clients      []*Clients
	unknownCodes map[unknownCode]bool
}

// unknownCode is a logged code that is not in the table.
type unknownCode struct{ action, code string }

// NewMetrics returns Metrics for Clients and for registration. Codes that are not in the
// table are logged.
func NewMetrics(log logging.Logger) *Metrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName(metricsNamespace, "", name), help, labels, nil)
	}
	return &Metrics{
		log: log, unknownCodes: map[unknownCode]bool{},
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: metricsNamespace, Name: "ec2_calls_total",
			Help: "Calls to EC2, including retries, by action and code: OK, an error code of EC2, NoAnswer, or Other for an unknown code.",
		}, []string{"action", "code"}),
		unclassified: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: metricsNamespace, Name: "ec2_unclassified_errors_total",
			Help: "Errors of EC2 with an unknown code, which are treated as transient, by action. The codes are logged.",
		}, []string{"action"}),
		wait: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: metricsNamespace, Name: "ec2_throttle_wait_seconds",
			Help: "Time that calls waited for a token of the client-side rate limiter, including requeues of their objects.", Buckets: []float64{.001, .01, .1, .25, 1, 5, 20, 60, 300, 1200},
		}, []string{"action"}),
		batch: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: metricsNamespace, Name: "ec2_describe_batch_size",
			Help: "Number of keys in one describe call, by kind of key.", Buckets: []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000},
		}, []string{"kind"}),
		tokens:     desc("ec2_bucket_tokens", "Tokens that are available in the client-side token bucket.", "account", "region", "endpoint", "action"),
		rate:       desc("ec2_bucket_rate", "Current rate of the client-side token bucket in calls per second; it decreases when EC2 throttles calls.", "account", "region", "endpoint", "action"),
		waiting:    desc("ec2_bucket_waiting", "Objects and calls that wait for a token.", "account", "region", "endpoint", "action"),
		outage:     desc("ec2_outage", "1 while EC2 returns only failures and calls are suspended.", "account", "region", "endpoint"),
		viewOutage: desc("ec2_view_outage", "1 while EC2 does not return many resources of a kind that objects of this cluster record; none of them is then considered deleted.", "config", "region", "kind"),
		age:        desc("snapshot_age_seconds", "Age of the latest complete listing of this cluster's network interfaces.", "config", "region"),
	}
}

// Describe sends the descriptions of all metrics.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range []prometheus.Collector{m.calls, m.unclassified, m.wait, m.batch} {
		c.Describe(ch)
	}
	for _, d := range []*prometheus.Desc{m.tokens, m.rate, m.waiting, m.outage, m.age, m.viewOutage} {
		ch <- d
	}
}

// Collect sends the metrics as they are now.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{m.calls, m.unclassified, m.wait, m.batch} {
		c.Collect(ch)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.traffic {
		for _, l := range t.limiter.States() {
			if l.Tenant != "" {
				continue // a tenant can write any access key id, and can create many configs
			}
			gauge(m.tokens, l.Tokens, l.Account, l.Region, l.Endpoint, l.Action)
			gauge(m.rate, l.PerSecond, l.Account, l.Region, l.Endpoint, l.Action)
			gauge(m.waiting, float64(l.Waiting), l.Account, l.Region, l.Endpoint, l.Action)
		}
		for p, open := range t.outages() {
			gauge(m.outage, open, p.account, p.region, p.endpoint)
		}
	}
	for _, c := range m.clients {
		for _, cached := range c.cachedClients() {
			for _, k := range []Kind{KindNetworkInterface, KindInstance} {
				_, open := cached.client.absences.outage(k)
				switch {
				case open:
					gauge(m.viewOutage, 1, cached.config.String(), cached.client.Region, string(k))
				case cached.config.Kind == networkingv1alpha1.ClusterProviderConfigKind: // tenants add no permanent series
					gauge(m.viewOutage, 0, cached.config.String(), cached.client.Region, string(k))
				}
			}
			if at := cached.client.enis.refreshedAt(); !at.IsZero() {
				gauge(m.age, time.Since(at).Seconds(), cached.config.String(), cached.client.Region)
			}
		}
	}
}

func (m *Metrics) watch(c *Clients, t *traffic) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clients = append(m.clients, c)
	m.traffic = append(m.traffic, t)
}

func (m *Metrics) observeCall(action, code string) {
	if code == awserr.DryRun {
		code = awserr.OK
	}
	if code != awserr.OK && code != codeNoAnswer && !awserr.Known(code) {
		m.unclassified.WithLabelValues(action).Inc()
		m.logOnce(unknownCode{action: action, code: code})
		code = codeOther
	}
	m.calls.WithLabelValues(action, code).Inc()
}

// logOnce logs a code that is not in the table once for each action.
func (m *Metrics) logOnce(u unknownCode) {
	m.mu.Lock()
	fresh := !m.unknownCodes[u] && len(m.unknownCodes) < maxUnknownCodes
	if fresh {
		m.unknownCodes[u] = true
	}
	m.mu.Unlock()
	if fresh {
		m.log.Info("EC2 returned an unknown error code, which is treated as transient", "action", u.action, "code", u.code)
	}
}

func (m *Metrics) observeWait(action string, d time.Duration) {
	m.wait.WithLabelValues(action).Observe(d.Seconds())
}

func (m *Metrics) observeBatch(kind string, n int) { m.batch.WithLabelValues(kind).Observe(float64(n)) }

func (t *traffic) outages() map[rateScope]float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[rateScope]float64{}
	for p, b := range t.breakers {
		if p.tenant != "" {
			continue
		}
		out[p] = 0
		if _, open := b.Open(); open {
			out[p] = 1
		}
	}
	return out
}

// formatAccount returns an account's number in AWS's format.
func formatAccount(number uint64) string { return fmt.Sprintf("%012d", number) }
