// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package pci reads the PCI devices of a host, binds them to drivers, and loads kernel
// modules. It reads and writes sysfs, and calls finit_module(2).
//
// It does not decide which device is bound to which driver: a Bus executes one
// operation and returns the kernel's error. It does not depend on ENIs, MAC addresses
// or netlink; of a device's links it reads only names and indexes.
package pci
