// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command guest is the init of the kernel tests' virtual machine: it mounts, loads and
// configures what a host has before its node agent starts, and then executes requests
// from the second serial port (package wire).
//
// It does not do the agent's work: it loads no module of vfio or uio, and configures
// only the primary link.
//
// It does not reap orphaned processes.
//
// If configured, it replaces itself with systemd, and a child executes the requests
// (systemd_linux.go).
package main
