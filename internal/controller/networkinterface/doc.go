// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package networkinterface reconciles NetworkInterface objects with ENIs in EC2. It does
// not depend on nodes or hosts.
package networkinterface
