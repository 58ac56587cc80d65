// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package fake keeps a host's PCI devices, drivers and modules in memory. It returns
// the errors of package pci and the errno of the kernel for the same operations, so
// that an order of steps that would fail on a node fails in a test.
//
// Bus implements pci.Bus, and the methods of *pci.Modules that load modules and set
// parameters.
package fake
