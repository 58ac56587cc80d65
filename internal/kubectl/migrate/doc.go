// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package migrate moves the NodeENIs of aws-multi-eni-controller to this provider, and back,
// without a detach.
//
// Both have the same kind. The finalizer of aws-multi-eni-controller on a NodeENI decides which
// of them manages it: while it is set, this provider changes nothing. The state of a migration
// is in the objects themselves, so that it can be interrupted and repeated at any step:
//
//	system.go      the installation of aws-multi-eni-controller, stopped and started
//	preflight.go   what would happen to each NodeENI, by NodeENIPlans, and what prevents it
//	migration.go   one NodeENI after the other: a backup, the finalizer, the verification
//	rollback.go    the same in the other direction
//	backup.go      the NodeENIs as they were, in ConfigMaps
package migrate
