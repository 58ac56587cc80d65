// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package host observes and changes a Linux host: its links, PCI devices, drivers,
// sysctls and the agent's journal. It makes no decision; package plan does.
//
//	host.go         the interfaces of a host, and how it is opened
//	observe.go      the observed state of a link (device.go: of its PCI device)
//	step.go         one change, printed as a command (step_device.go: of a device)
package host
