// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package plan computes the steps from the observed state of a host to the desired
// state of a HostInterface. It is pure: it reads and changes nothing.
//
//	plan.go        the order of steps for a link with its kernel driver
//	addressing.go  addresses, routes and rules
//	release.go     the removal of the configuration
//	userspace.go   the binding of a PCI device to a userspace driver and back
//	allowed.go     a second check of the steps, independent of the rest
package plan
