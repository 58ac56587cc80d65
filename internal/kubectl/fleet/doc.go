// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package fleet reads the NodeENIs of a cluster, their nodes, and the objects of each of their
// network interfaces. It only reads from the API server: it needs no credentials of AWS.
//
//	fleet.go    the objects of the cluster
//	child.go    the objects of one network interface
//	problem.go  why a network interface is not ready
//	lease.go    whether the provider and its agents run
package fleet
