// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package kubectl is the kubectl plugin kubectl-eni: commands for operators. It uses the
// API server only, and needs no credentials of AWS.
//
//	command.go  the commands and their flags
//	status.go   the state of the nodes of a NodeENI
//	table.go    tables for terminals
//	plan.go     NodeENIPlans
//	map.go      pictures, which package topology draws
//	migrate.go  migration from aws-multi-eni-controller, by package migrate
//
// Package fleet has the objects that the commands read.
package kubectl
