// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package simulation tests the provider's controllers for hours of simulated time on
// the fake clock of package testing/synctest. Controllers, manager, SDK and EC2 emulator
// are real; only the API server is simulated. The package has no code but its tests.
package simulation
