// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package agenttest provides a host for tests: a network namespace in which a test
// plugs and unplugs links. A host prints its configuration as ip(8) and sysctl(8)
// commands.
//
// It does not need root: Main runs the test binary in a user namespace. Where that is
// not permitted, tests are skipped with the reason.
package agenttest
