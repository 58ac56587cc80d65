// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"net"

	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/nodeeni/provider-aws-eni/internal/controller/metricsauth"
)

// metricsServer returns the options of the metrics server. Metrics contain the names of
// nodes, accounts and provider configs. By default, as in kubebuilder, they are served over
// TLS to clients whose token the API server authenticates and authorizes for /metrics.
func (s Settings) metricsServer() metricsserver.Options {
	o := metricsserver.Options{BindAddress: s.MetricsBindAddress}
	if s.MetricsSecure {
		o.SecureServing = true
		o.FilterProvider = metricsauth.New
	}
	return o
}

// isLoopback reports whether only this host, or this pod, reaches an address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
