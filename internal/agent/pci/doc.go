// Package pci knows the PCI devices of a host, the drivers that they are bound
// to, and the kernel modules that bring drivers. It reads and writes what the
// kernel shows below /sys, and calls finit_module(2).
//
// It refuses to know which device may be bound to which driver: a Bus does what
// it is told, and says what the kernel answered. It refuses to know ENIs, MAC
// addresses and links too, other than the names of the links that a device has.
package pci
