// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package fake keeps a host's links in memory. It returns the errors of package link
// where the kernel does, so that an order of steps that would fail on a node fails in a
// test.
package fake
