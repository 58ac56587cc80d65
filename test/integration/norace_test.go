// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package integration

// patience multiplies the deadlines of the tests.
const patience = 1
