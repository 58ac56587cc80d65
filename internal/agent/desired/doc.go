// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package desired derives the desired state of a host from HostInterfaces. It is pure:
// it reads neither the host nor the API server.
//
//	desired.go    the State of one HostInterface
//	check.go      validation of its fields
//	conflicts.go  conflicts between the HostInterfaces of a node
//	match.go      the link of a HostInterface, and links that are protected
//	policy.go     settings of the agent's flags
package desired
