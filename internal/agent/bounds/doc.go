// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package bounds holds the limits of values that the agent applies to a host, and the
// numbering of its routing tables. It is pure: package desired uses it to validate a
// HostInterface, and package plan to check the steps of a plan.
package bounds
