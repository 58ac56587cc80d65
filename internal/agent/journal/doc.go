// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package journal records, on the node, which PCI device belongs to which ENI.
//
// A device is identified by the MAC address of its link. While a userspace driver or a
// pod uses the device, the host has no such link. The device is therefore recorded
// before it is bound or moved, so that the agent identifies it after a restart.
//
// An entry is valid for one boot of the node: after a reboot all devices are bound to
// their kernel drivers, possibly at other addresses.
package journal
