// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nic

// An Info describes the device of a link.
type Info struct {
	// Driver is the kernel driver, such as ena.
	Driver string
	// Version of the driver, as the driver reports it: the kernel's version or its own.
	Version string
	// SpeedMbps is the speed of the link, or 0 if the driver does not report it.
	SpeedMbps int32
	// Bus is the bus address of the device: a PCI address for an ENI, empty or
	// driver-specific for a link without hardware.
	Bus string
}

// A Reader returns the Info of a link.
type Reader interface {
	Info(link string) (Info, error)
}

// A ReaderFn implements Reader.
type ReaderFn func(link string) (Info, error)

// Info calls f.
func (f ReaderFn) Info(link string) (Info, error) { return f(link) }
