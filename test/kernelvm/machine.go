// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"fmt"
	"path/filepath"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Machine types.
const (
	// Q35 has PCI Express, with a root port for each NIC.
	Q35 = "q35"
	// PC has one PCI bus, and no IOMMU.
	PC = "pc"
)

// Addresses of the link between guest and host, in a documentation range that no test's
// VPC uses.
const (
	// HostAddress is the host's loopback as seen from the guest.
	HostAddress = "192.0.2.2"

	guestNetwork = "192.0.2.0/24"
	guestAddress = "192.0.2.15"
	primaryMAC   = "52:54:00:00:02:0f"
)

// Slots of devices on the first bus. The first two slots belong to the chipset on one
// machine type, the last on the other.
const (
	slotPrimary = 2
	slotDisk    = 3
	slotUsr     = 4
	slotPorts   = 8
	maxPorts    = 16
)

// Options configure a machine.
type Options struct {
	// Machine is Q35 or PC. Default: Q35.
	Machine string
	// IOMMU adds an IOMMU to a Q35 machine.
	IOMMU bool
	// NoIOMMUModule replaces vfio.ko with a build that supports no-IOMMU mode, as not
	// every distribution enables it.
	NoIOMMUModule bool
	// Ports is the number of NICs that can be plugged at once, at most 16. Default: 4.
	Ports int
	// MemoryMiB of the machine. Default: 512.
	MemoryMiB int
	// HugePages is the number of 2 MiB pages to allocate at boot.
	HugePages int
	// Files maps paths in the guest, below /var/lib, to files of the host to copy.
	Files map[string]string
	// Usr is a file system image for the guest's /usr, with the libraries of
	// dynamically linked programs. It is read-only: machines can share it.
	Usr string
	// Systemd makes systemd of Usr the guest's init, which starts udev. Otherwise no
	// process runs but the processes of the test.
	Systemd bool
}

func (o Options) withDefaults() (Options, error) {
	if o.Machine == "" {
		o.Machine = Q35
	}
	if o.Ports == 0 {
		o.Ports = 4
	}
	if o.MemoryMiB == 0 {
		o.MemoryMiB = 512
	}
	switch {
	case o.Machine != Q35 && o.Machine != PC:
		return o, errors.Errorf("unknown machine type %q", o.Machine)
	case o.Machine == PC && o.IOMMU:
		return o, errors.New("a pc machine has no IOMMU: use q35")
	case o.Systemd && o.Usr == "":
		return o, errors.New("systemd needs a /usr with it")
	case o.Ports > maxPorts:
		return o, errors.Errorf("%d ports exceed the limit of %d", o.Ports, maxPorts)
	}
	return o, nil
}

// Names of files in a machine's directory.
const (
	fileConsole = "console.log"
	fileErrors  = "qemu.log"
	fileControl = "control"
	fileMonitor = "monitor"
	fileInitrd  = "initrd"
)

// arguments returns the command line of a machine that starts paused.
func (k *Kit) arguments(o Options, dir, disk string) []string {
	at := func(name string) string { return filepath.Join(dir, name) }
	args := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-S",
		// A guest that panics reboots, which terminates the machine.
		"-action", "reboot=shutdown",
		"-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", fmt.Sprint(o.MemoryMiB),
		"-kernel", k.kernel, "-initrd", at(fileInitrd), "-append", o.commandLine(),
		// The serial ports, in this order: the console, and the channel for requests.
		"-chardev", "file,id=console,path=" + at(fileConsole), "-serial", "chardev:console",
		"-chardev", "socket,id=control,path=" + at(fileControl), "-serial", "chardev:control",
		"-chardev", "socket,id=monitor,path=" + at(fileMonitor), "-mon", "chardev=monitor,mode=control",
		"-netdev", "user,id=primary,ipv6=off,net=" + guestNetwork + ",host=" + HostAddress,
		"-drive", "if=none,id=disk,format=raw,cache=unsafe,file=" + disk,
	}
	root := "pcie.0"
	switch {
	case o.Machine == PC:
		root = "pci.0"
		args = append(args, "-machine", PC)
	case o.IOMMU:
		args = append(args, "-machine", "q35,kernel-irqchip=split", "-device", "intel-iommu,intremap=on")
	default:
		args = append(args, "-machine", Q35)
	}
	// Without a ROM: nothing boots from the network, and probing for it takes time.
	args = append(args,
		"-device", fmt.Sprintf("virtio-net-pci,netdev=primary,mac=%s,romfile=,bus=%s,addr=%#x", primaryMAC, root, slotPrimary),
		"-device", fmt.Sprintf("virtio-blk-pci,drive=disk,bus=%s,addr=%#x", root, slotDisk))
	if o.Usr != "" {
		args = append(args, "-drive", "if=none,id=usr,format=raw,readonly=on,file="+o.Usr,
			"-device", fmt.Sprintf("virtio-blk-pci,drive=usr,bus=%s,addr=%#x", root, slotUsr))
	}
	if o.Machine == Q35 {
		// A root port holds one device, and is not hotpluggable.
		for i := range o.Ports {
			args = append(args, "-device", fmt.Sprintf("pcie-root-port,id=%s,bus=%s,chassis=%d,slot=%d,addr=%#x", portName(i), root, i+1, i+1, slotPorts+i))
		}
	}
	return args
}

// commandLine returns the kernel command line.
func (o Options) commandLine() string {
	// panic: reboot immediately after a panic. no_timer_check: with an IOMMU the kernel
	// counts timer interrupts in a busy loop, misses some on a loaded machine, and
	// panics.
	line := "console=ttyS0 panic=-1 random.trust_cpu=on no_timer_check"
	if o.IOMMU {
		line += " intel_iommu=on"
	}
	if o.HugePages > 0 {
		line += fmt.Sprintf(" hugepages=%d", o.HugePages)
	}
	return line
}

func portName(i int) string { return fmt.Sprintf("port%d", i) }
