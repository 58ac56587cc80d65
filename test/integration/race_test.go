// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package integration

// patience multiplies the deadlines of the tests: the race detector slows them down, on two cores by more
// than four times when six control planes start. Without it, the deadlines are what the tests state.
const patience = 8
