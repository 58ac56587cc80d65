// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"net/http"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// A ClientsOption configures Clients.
type ClientsOption func(*Clients)

// WithTransport wraps every HTTP transport, for example to count, delay or reject requests.
// The SDK's retries pass through it.
func WithTransport(wrap func(http.RoundTripper) http.RoundTripper) ClientsOption {
	return func(c *Clients) { c.wrap = wrap }
}

// WithShare sets the share of EC2's published request rates that is used.
func WithShare(share float64) ClientsOption {
	return func(c *Clients) { c.share = share }
}

// WithAdaptiveRate makes Clients exceed their share of EC2's published rates while calls wait and EC2
// throttles none.
func WithAdaptiveRate(adaptive bool) ClientsOption {
	return func(c *Clients) { c.adaptive = adaptive }
}

// WithMetrics sets the metrics that calls are recorded in.
func WithMetrics(m *Metrics) ClientsOption {
	return func(c *Clients) { c.metrics = m }
}

// WithOwnershipTags makes Clients describe the ENIs with the cluster's ownership tags
// together, and serve ENIs in a steady state from that for up to maxAge.
func WithOwnershipTags(m OwnershipTags, maxAge time.Duration) ClientsOption {
	return func(c *Clients) { c.ownershipTags, c.snapshotAge = m, maxAge }
}

// WithTimings sets the timings. The default is timings.Default.
func WithTimings(t timings.Timings) ClientsOption {
	return func(c *Clients) { c.timings = t }
}

// WithTenancy sets the permissions of namespaces. By default the provider has no namespace of
// its own, and no namespace has an exception.
func WithTenancy(t Tenancy) ClientsOption {
	return func(c *Clients) { c.tenancy = t }
}

// WithBaseContext cancels calls that serve several callers when ctx, the manager's context,
// is done. Such calls outlive the caller that starts them.
func WithBaseContext(ctx context.Context) ClientsOption {
	return func(c *Clients) { c.detached = detachTo(ctx) }
}
