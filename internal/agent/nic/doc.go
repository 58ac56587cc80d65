// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package nic returns the driver, bus address and speed of a link's device, as reported
// by the ethtool ioctl. It does not interpret them.
package nic
