// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package ec2

// raced is true if the race detector watches the tests.
const raced = true
