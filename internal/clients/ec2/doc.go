// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package ec2 creates the clients of EC2 from provider configs and makes all calls to EC2.
// It signs, throttles, caches and batches calls, classifies errors, resolves names and
// tags to ids within a VPC and zone, and determines the account and region of a client
// and whether a missing resource is deleted. It depends on no Kubernetes object but
// ProviderConfigs and their Secrets. It does not decide which resources exist: changes of
// an ENI require a permit of package eni.
package ec2
