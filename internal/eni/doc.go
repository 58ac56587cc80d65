// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package eni computes the desired ENIs of nodes, their device indexes, names and
// tags, and decides which changes to an ENI are allowed. It contains pure functions:
// it does not call EC2, the kernel or the API server.
package eni
