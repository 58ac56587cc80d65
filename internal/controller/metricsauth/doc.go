// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package metricsauth serves metrics only to clients that the API server authenticates and
// authorizes, like controller-runtime's own filter. That filter would link a large part of
// k8s.io/apiserver.
package metricsauth
