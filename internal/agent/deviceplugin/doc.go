// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package deviceplugin writes the configuration file of the SR-IOV network device
// plugin (k8snetworkplumbingwg/sriov-network-device-plugin), which lists the devices to
// offer to pods and their extended resources.
//
// It does not decide which devices are offered, and does not restart the plugin: the
// plugin reads the file only at its start, so the caller restarts it after a change.
//
// # How the plugin reads the file
//
//   - Keys are case-insensitive, and unknown keys are ignored. With several lists of
//     pools, the last one counts, and its pools have the members of the earlier pools at
//     their position that they do not have themselves.
//   - The plugin exits, and offers no pool, if the file is not JSON or a value has the
//     wrong type; if a pool has no selectors, an unknown deviceType, a name with a
//     character other than a letter, a digit, a hyphen (since v3.6.0) or an underscore,
//     the same resource as another one, or both isRdma and vdpaType; and if the prefix
//     and the name of a pool with a device have more than 67 characters, because of the
//     path of its socket.
//   - The plugin also exits, with code 0, if the file has no pool ("no resource
//     configuration; exiting"). The kubelet restarts it in each case.
//   - A pool whose selectors cannot be decoded is skipped.
//   - The keys of a selector are ANDed, and the values of a key are ORed. Pools select
//     devices in the order of the file; a device is in the first pool that selects it.
//     A pool without devices is ignored: pods that request its resource stay pending.
//   - The device of the default route of the main table is never offered while it is
//     bound to a kernel driver.
//
// # Format of the pools
//
// A pool of this agent selects devices by PCI address, which is exact and does not
// depend on link names, and by the driver that they must be bound to when the plugin
// starts, so that a pod never gets a device with another driver. It does not use
// pfNames, which selects by link name: a device with a userspace driver has no link,
// and a link may be renamed.
//
// A device is added to a pool only after it is bound to its driver: a plugin that
// starts earlier would skip the device, and the unchanged file would not cause another
// restart.
//
// Pools of this agent come first, so that a foreign pool that selects devices by vendor
// or driver does not get them. They are marked in additionalInfo, which the plugin does
// not interpret: a pod sees it in PCIDEVICE_…_INFO, and nothing else reads it. Pools
// without the mark are preserved byte for byte.
package deviceplugin
