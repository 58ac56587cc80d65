// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package testbed runs this provider's environment for tests and the demo: a real
// kube-apiserver with etcd, the EC2 emulator with a small VPC, and network
// namespaces as nodes. It contains no assertions.
package testbed
