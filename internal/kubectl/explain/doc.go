// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package explain follows a network interface from the selector of its NodeENI to the link on
// the host, step by step. Each step has its evidence: fields and conditions of objects. It ends
// at the first step that is not done, with what to do.
//
//	explain.go  the subjects: a node, a NodeENI, an ENI
//	steps.go    the steps
//	text.go     the steps as text
package explain
