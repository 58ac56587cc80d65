// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package link reads and changes the links of a host over netlink: their names,
// addresses, routes and rules, and the kernel's notifications about them.
//
// It does not decide which link is an ENI or how to configure it: it reports the
// current state and executes single changes.
//
// It also reports the links of other network namespaces that the host's has an id for: it
// enters none of them, and changes nothing there.
//
// It reports only default routes, and the routes and rules with Protocol, the protocol
// number of this agent. Packages above it cannot remove routes and rules that it does
// not report.
package link
