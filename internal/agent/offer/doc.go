// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package offer maintains the devices that the SR-IOV network device plugin may
// allocate to pods.
//
//	offer.go     the pools of the agent in the device plugin's configuration file
//	hold.go      the removal of devices of an earlier boot
//	withdraw.go  the removal of a device before its driver changes
//	plugin.go    the device plugin's pod on the node
package offer
