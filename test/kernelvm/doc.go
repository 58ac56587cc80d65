// Package kernelvm runs a Linux kernel of its own in qemu, for tests of what
// network namespaces cannot show: PCI devices that come and go, drivers that are
// bound to them, modules, and a boot.
//
//	kit, err := kernelvm.Prepare(ctx, folder)     // what test/kernelvm/ensure.sh printed
//	guest, err := kit.Start(ctx, kernelvm.Options{Ports: 4})
//	address, err := guest.Plug(ctx, kernelvm.NIC{ID: "a", MAC: "02:00:00:00:00:01"})
//	text, err := guest.Read(ctx, "/sys/bus/pci/devices/"+address+"/vendor")
//
// It reads top to bottom: kit.go and modules.go what there is to boot,
// initramfs.go and disk.go what the guest finds, machine.go the command line,
// guest.go a machine's life, nics.go its hardware, files.go and host.go what it
// can be asked. The other side is the command in guest, and package wire what
// they say to each other.
//
// The machine is emulated throughout. That there is a /dev/kvm says little: on
// a machine that is virtual itself it may be there and a kernel hang on it.
//
// It decides nothing and asserts nothing. Whatever takes longer than it may is
// an error that ends with the console's last lines.
package kernelvm
