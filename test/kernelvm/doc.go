// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package kernelvm runs a Linux kernel in a QEMU virtual machine, for tests that
// network namespaces do not support: hotplug of PCI devices, drivers, kernel modules
// and reboots.
//
//	kit, err := kernelvm.Prepare(ctx, dir)        // the output of test/kernelvm/ensure.sh
//	guest, err := kit.Start(ctx, kernelvm.Options{Ports: 4})
//	address, err := guest.Plug(ctx, kernelvm.NIC{ID: "a", MAC: "02:00:00:00:00:01"})
//	text, err := guest.Read(ctx, "/sys/bus/pci/devices/"+address+"/vendor")
//
// Start with kit.go and modules.go (kernel and modules), initramfs.go and disk.go (file
// systems of the guest), machine.go (the QEMU command line), guest.go (life cycle of a
// machine), nics.go and networks.go (hotplug), files.go and host.go (operations in the guest). Command
// guest is the init of the guest, package wire the protocol.
//
// The machine is always emulated (TCG). /dev/kvm is not used: in a nested virtual
// machine it may exist and a kernel hang on it.
//
// Without Options.Systemd no process runs in the guest but init and the processes of the test. With it
// systemd is init, and udev runs.
//
// The package makes no assertions. An operation that exceeds its timeout returns an
// error with the last lines of the console.
package kernelvm
