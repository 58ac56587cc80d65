// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package crossplane tests the Crossplane package on a real Crossplane.
package crossplane
