// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package integration tests the whole provider: with a real kube-apiserver, the AWS
// SDK connected to the EC2 emulator over HTTP, and the RBAC roles of the manifests.
package integration
